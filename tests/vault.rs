//! A vault's use cases: what is saved is there after a lock, and nothing of it can be read outside.

mod exchanged;
mod flips;
mod forged;
mod freed;
mod halt;
mod headers;
mod history;
mod indexes;
mod keeping;
mod kms;
mod rekey;
mod salvage;
mod slots;
mod stalled;
mod strangers;
mod tamper;
mod together;
mod unchanged;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::Ordering;

use sealkeep::crypto::{CryptoError, NoWatch, Watch};
use sealkeep::providers::ProviderError;
use sealkeep::vault::{
    Change, Depth, FindError, Kind, LockedVault, LowerQuery, StoreError, SummaryEdit, Trust, VaultError,
};

use crate::support::vaults::{
    Bench, PASSPHRASE, add_document, add_login, add_note, adding, block_on, bytes, login, read_document, read_field,
    revise_note, secret,
};

const LARGE: usize = 900_000;

#[test]
fn what_was_saved_is_there_after_a_lock() {
    let (bench, mut vault) = Bench::new();
    let github = add_login(&mut vault, "GitHub", "hunter2 ✓");
    let codes = add_note(&mut vault, "Door codes", "front 1234\nback 5678");
    let small = add_document(&mut vault, "Small.txt", b"a few bytes");
    let large = add_document(&mut vault, "Passport.pdf", &bytes(LARGE));
    let empty = add_document(&mut vault, "Empty", b"");
    drop(vault);

    let mut vault = bench.unlock_with(PASSPHRASE).unwrap();
    assert_eq!(vault.problems(), []);
    assert_eq!((vault.name(), vault.summaries().len()), ("Family".to_owned(), 5));
    assert_eq!(read_field(&mut vault, github, "password").unwrap(), "hunter2 ✓");
    assert_eq!(read_field(&mut vault, codes, "text").unwrap(), "front 1234\nback 5678");
    assert_eq!(read_document(&mut vault, small).unwrap(), b"a few bytes");
    assert_eq!(read_document(&mut vault, empty).unwrap(), b"");
    assert!(read_document(&mut vault, large).unwrap() == bytes(LARGE));
    let summary = vault.summary(large).unwrap();
    assert_eq!((summary.size, summary.title.expose(), &summary.kind), (LARGE as u64, "Passport.pdf", &Kind::Document));
    assert_eq!(vault.summary(github).unwrap().subtitle.expose(), "anna");
    let found = |typed: &str| {
        let query = LowerQuery::new(&secret(typed));
        vault.summaries().iter().filter(|summary| summary.matches(&query)).map(|found| found.id).collect::<Vec<_>>()
    };
    assert_eq!(found("passp"), [large]);
    assert_eq!(found("anna git"), [github]);
    assert_eq!(bench.body_files().len(), 1, "only what is large is a file");
}

#[test]
fn a_wrong_passphrase_opens_nothing() {
    let (bench, vault) = Bench::new();
    drop(vault);
    let refused = bench.unlock_with("correct horse battery stable");
    assert!(matches!(refused, Err(VaultError::Provider(ProviderError::WrongPassphrase))));
}

#[test]
fn nothing_that_was_typed_is_in_the_folder() {
    let (bench, mut vault) = Bench::new();
    let markers = ["Marker-title-4711", "Marker-user-4711", "Marker-secret-4711", "Marker-tag-4711", "Marker-doc-4711"];
    let change = adding(&vault, Kind::Login, markers[0], &login(markers[1], markers[2]));
    let item = vault.commit(vec![change]).unwrap()[0];
    let tags = Some(vec![secret(markers[3])]);
    vault.commit(vec![Change::Describe { item, edit: SummaryEdit { tags, ..SummaryEdit::default() } }]).unwrap();
    add_document(&mut vault, "Doc", &markers[4].as_bytes().repeat(30_000));
    let mut read = 0;
    for folder in [bench.folder(), bench.folder().join("bodies")] {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            let content = fs::read(entry.path()).unwrap();
            read += content.len();
            for marker in markers {
                assert_eq!(memchr::memmem::find(&content, marker.as_bytes()), None, "{marker} in {:?}", entry.path());
            }
        }
    }
    assert!(read > 400_000, "the files were looked at");
}

#[test]
fn each_save_is_a_revision_under_a_key_of_its_own_and_old_ones_open() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "text 1");
    for number in 2..=5 {
        revise_note(&mut vault, item, &format!("text {number}")).unwrap();
    }
    let history = vault.history(item).unwrap();
    assert_eq!(history.iter().map(|revision| revision.number).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    assert!(history[0].current && !history[1].current && history[0].created > history[4].created);
    assert!(history.iter().all(|revision| revision.author == history[0].author));
    let mut old = |number| block_on(vault.body_reader(item, Some(number)));
    assert_eq!(old(2).unwrap().fields().unwrap().value("text").unwrap().expose(), "text 2");
    assert!(matches!(old(6), Err(VaultError::NoSuchRevision(6))));
    let distinct = |column: &str| {
        let sql = format!("SELECT count(DISTINCT {column}) FROM revision");
        bench.database().query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((distinct("message_id"), distinct("commitment"), distinct("header")), (5, 5, 5));
}

#[test]
fn a_new_title_leaves_the_body_alone() {
    let (bench, mut vault) = Bench::new();
    let item = add_document(&mut vault, "Old title", &bytes(LARGE));
    let before = bench.body_files();
    let title = Some(secret("New title"));
    vault.commit(vec![Change::Describe { item, edit: SummaryEdit { title, ..SummaryEdit::default() } }]).unwrap();
    assert_eq!(bench.body_files(), before);
    assert_eq!(vault.history(item).unwrap().len(), 1);
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    assert_eq!(vault.summary(item).unwrap().title.expose(), "New title");
    assert!(read_document(&mut vault, item).unwrap() == bytes(LARGE));
}

#[test]
fn the_trash_keeps_and_purging_removes() {
    let (bench, mut vault) = Bench::new();
    let item = add_document(&mut vault, "Doc", &bytes(LARGE));
    let trash = |trashed| Change::Describe { item, edit: SummaryEdit { trashed: Some(trashed), ..Default::default() } };
    vault.commit(vec![trash(true)]).unwrap();
    assert_eq!(vault.find("Doc", Some(false)), Err(FindError::NotFound));
    assert_eq!(vault.find("Doc", Some(true)), Ok(item));
    vault.commit(vec![trash(false)]).unwrap();
    assert!(read_document(&mut vault, item).is_ok());
    vault.commit(vec![Change::Purge { item }]).unwrap();
    assert!(vault.summaries().is_empty() && bench.body_files().is_empty());
    assert!(matches!(vault.commit(vec![trash(true)]), Err(VaultError::NoSuchItem(gone)) if gone == item));
    let rows = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        bench.database().query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((rows("item"), rows("summary"), rows("revision"), rows("revision_wrap")), (0, 0, 0, 0));
    drop(vault);
    let vault = bench.unlock().unwrap();
    assert!(vault.summaries().is_empty() && vault.problems().is_empty());
}

#[test]
fn unlocking_and_opening_ask_once_and_listing_never() {
    let (bench, mut vault) = Bench::new();
    let item = add_login(&mut vault, "GitHub", "hunter2");
    for number in 0..20 {
        add_note(&mut vault, &format!("Note {number}"), "text");
    }
    drop(vault);
    let asked = || bench.asked.unwraps.swap(0, Ordering::Relaxed);
    asked();
    let mut vault = bench.unlock().unwrap();
    assert_eq!(asked(), 1);
    let query = LowerQuery::new(&secret("note"));
    assert_eq!(vault.summaries().iter().filter(|summary| summary.matches(&query)).count(), 20);
    assert_eq!(asked(), 0);
    read_field(&mut vault, item, "password").unwrap();
    assert_eq!(asked(), 1);
}

#[test]
fn many_items_fill_several_pages() {
    let (bench, mut vault) = Bench::new();
    let changes = |vault: &_, count| {
        (0..count).map(|at| adding(vault, Kind::Note, &format!("Note {at}"), &login("", "text"))).collect::<Vec<_>>()
    };
    let first = changes(&vault, 300);
    assert_eq!(vault.commit(first).unwrap().len(), 300);
    let second = changes(&vault, 300);
    vault.commit(second).unwrap();
    let pages = bench.database().query_row("SELECT count(*) FROM page", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(pages, 3);
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    assert_eq!((vault.summaries().len(), vault.problems()), (600, &[][..]));
    let report = block_on(vault.check(Depth::Full, std::sync::Arc::new(NoWatch))).unwrap();
    assert_eq!((report.items, report.revisions, report.problems), (600, 600, vec![]));
}

#[test]
fn items_are_found_by_identifier_its_beginning_and_title() {
    let (_bench, mut vault) = Bench::new();
    let one = add_note(&mut vault, "Same", "1");
    let two = add_note(&mut vault, "Same", "2");
    let other = add_note(&mut vault, "Other", "3");
    assert_eq!(vault.find(&one.to_string(), None), Ok(one));
    assert_eq!(vault.find(&two.to_string()[..13].to_uppercase(), None), Ok(two));
    assert_eq!(vault.find("Other", None), Ok(other));
    let mut both = vec![one, two];
    both.sort();
    let Err(FindError::Ambiguous(mut candidates)) = vault.find("Same", None) else { panic!("two") };
    candidates.sort();
    assert_eq!(candidates, both);
    assert_eq!(vault.find("other", None), Err(FindError::NotFound));
    assert_eq!(vault.find(&other.to_string()[..3], None), Err(FindError::NotFound));
}

struct CancelAfter(u64, std::sync::atomic::AtomicU64);

impl Watch for CancelAfter {
    fn advanced(&self, bytes: u64) {
        self.1.fetch_add(bytes, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.1.load(Ordering::Relaxed) >= self.0
    }
}

#[test]
fn a_cancelled_import_leaves_nothing() {
    let (bench, vault) = Bench::new();
    for after in [0, 1, 300_000] {
        let source = bytes(LARGE * 4);
        let watch = CancelAfter(after, Default::default());
        let sealed = block_on(vault.new_body(None)).unwrap().seal_document(&source[..], &watch);
        assert!(matches!(sealed, Err(VaultError::Crypto(CryptoError::Cancelled))));
        assert!(bench.body_files().is_empty());
    }
    let sealed = block_on(vault.new_body(None)).unwrap().seal_document(&bytes(LARGE)[..], &NoWatch).unwrap();
    assert_eq!(bench.body_files().len(), 1);
    drop(sealed);
    assert!(bench.body_files().is_empty(), "sealed, but never committed");
}

#[test]
fn what_a_crash_leaves_is_swept_when_the_vault_is_opened() {
    let (bench, mut vault) = Bench::new();
    let item = add_document(&mut vault, "Doc", &bytes(LARGE));
    let bodies = bench.folder().join("bodies");
    let half_written = bodies.join(".tmp-6f1c0fd2-0000-4000-8000-000000000000");
    let never_committed = bodies.join("6f1c0fd2-1111-4111-8111-111111111111");
    drop(vault);
    let elsewhere = bodies.join("6f1c0fd2-2222-4222-8222-222222222222");
    fs::write(&half_written, b"half").unwrap();
    for (file, mode) in [(&never_committed, 0o1600), (&elsewhere, 0o400)] {
        fs::write(file, b"whole").unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut vault = bench.unlock().unwrap();
    assert!(!half_written.exists() && !never_committed.exists());
    assert!(elsewhere.exists(), "committed once: it may belong to a newer copy of the rows");
    let report = block_on(vault.check(Depth::Quick, std::sync::Arc::new(NoWatch))).unwrap();
    assert!(matches!(&report.problems[..], [found] if found.to_string().contains("6f1c0fd2-2222")));
    fs::remove_file(elsewhere).unwrap();
    assert!(vault.problems().is_empty());
    assert!(read_document(&mut vault, item).unwrap() == bytes(LARGE));
    // One that a living writer holds stays.
    let body = block_on(vault.new_body(None)).unwrap().seal_document(&bytes(LARGE)[..], &NoWatch).unwrap();
    drop(bench.unlock().unwrap());
    assert_eq!(bench.body_files().len(), 2);
    drop(body);
}

#[test]
fn nothing_is_made_where_something_is() {
    let (bench, vault) = Bench::new();
    drop(vault);
    let before = bench.database().query_row("SELECT vault_id FROM vault", [], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    for folder in [bench.folder(), bench.place.path().to_owned()] {
        let refused = bench.create_at(&folder);
        assert!(matches!(refused, Err(VaultError::Store(StoreError::Exists { path })) if path == folder));
    }
    let nowhere = bench.place.path().join("missing/Vault.sealkeep");
    assert!(matches!(bench.create_at(&nowhere), Err(VaultError::Store(StoreError::File { .. }))));
    let after = bench.database().query_row("SELECT vault_id FROM vault", [], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    assert_eq!(before, after);
    let left: Vec<_> = fs::read_dir(bench.place.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half made stays");
}

#[test]
fn what_is_no_vault_or_a_newer_one_is_told() {
    let (bench, vault) = Bench::new();
    drop(vault);
    let open = |path: &std::path::Path| LockedVault::open(path).map(|_| ());
    let not_a_vault = |path: &std::path::Path| {
        assert!(matches!(open(path), Err(VaultError::Store(StoreError::NotAVault { .. }))), "{path:?}");
    };
    not_a_vault(bench.place.path());
    not_a_vault(&bench.place.path().join("nothing here"));
    not_a_vault(&bench.folder().join("vault.db"));
    let other = bench.place.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("vault.db"), b"not a database at all, but long enough to look like a file").unwrap();
    not_a_vault(&other);
    bench.database().pragma_update(None, "user_version", 2).unwrap();
    assert!(matches!(open(&bench.folder()), Err(VaultError::Store(StoreError::Newer { found: 2, known: 1 }))));
    bench.database().pragma_update(None, "user_version", 1).unwrap();
    bench.database().execute_batch("CREATE TRIGGER evil AFTER INSERT ON item BEGIN DELETE FROM item; END").unwrap();
    assert!(matches!(open(&bench.folder()), Err(VaultError::Store(StoreError::Damaged(_)))));
}

#[test]
fn a_vault_that_was_seen_here_is_known() {
    let (bench, vault) = Bench::new();
    drop(vault);
    let locked = LockedVault::open(&bench.folder()).unwrap();
    assert_eq!(locked.trust(&*bench.pins).unwrap(), Trust::Known);
    let (other, vault) = Bench::new();
    drop(vault);
    assert_eq!(locked.trust(&*other.pins).unwrap(), Trust::FirstUse { key_arns: vec![] });
    let status = locked.status().unwrap();
    assert_eq!((status.items, status.schema, status.vault), (0, 1, locked.id()));
    // Another vault in its place.
    drop(locked);
    fs::remove_dir_all(bench.folder()).unwrap();
    fs::rename(other.folder(), bench.folder()).unwrap();
    let locked = LockedVault::open(&bench.folder()).unwrap();
    assert!(matches!(locked.trust(&*bench.pins).unwrap(), Trust::AnotherVault { .. }));
}
