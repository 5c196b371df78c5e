//! Salvage: everything that still verifies is in the new vault as it was, and what is not is listed.

mod keys;
mod pages;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use sealkeep::crypto::{NoWatch, Watch, random};
use sealkeep::providers::{KdfParams, KeyProvider, PassphraseProvider, PassphraseRecord};
use sealkeep::vault::{
    Alteration, Change, Finding, ItemId, Kind, LockedVault, Lost, NewSlot, NewVault, Opening, RevisionView,
    SalvageReport, SlotConfig, SlotId, StoreError, SummaryEdit, UnlockedVault, VaultError, VaultId,
};

use crate::support::vaults::{
    Bench, add_document, add_login, add_note, block_on, bytes, make_writable, read_document, read_field, revise_note,
    secret,
};

const LARGE: usize = 600_000;

/// A vault with a bit of everything.
struct Original {
    bench: Bench,
    login: ItemId,
    note: ItemId,
    document: ItemId,
    trashed: ItemId,
}

/// Made once: each test has a copy, because making it takes longer than all that is done to it.
static ORIGINAL: LazyLock<Original> = LazyLock::new(original);

/// One more, for the test that saves to its copy: what is remembered outside of one vault is the same for all of its copies.
static SAVED_TO: LazyLock<Original> = LazyLock::new(original);

fn original() -> Original {
    let (bench, mut vault) = Bench::new();
    let login = add_login(&mut vault, "GitHub", "hunter2");
    let note = add_note(&mut vault, "Note", "first");
    revise_note(&mut vault, note, "second").unwrap();
    revise_note(&mut vault, note, "third").unwrap();
    let document = add_document(&mut vault, "Doc", &bytes(LARGE));
    let trashed = add_document(&mut vault, "Small", b"a few bytes");
    let edit = SummaryEdit {
        tags: Some(vec![secret("work")]),
        favourite: Some(true),
        title: Some(secret("GitHub, work")),
        ..SummaryEdit::default()
    };
    vault.commit(vec![Change::Describe { item: login, edit }]).unwrap();
    let edit = SummaryEdit { trashed: Some(true), ..SummaryEdit::default() };
    vault.commit(vec![Change::Describe { item: trashed, edit }]).unwrap();
    let gone = add_note(&mut vault, "Gone", "for good");
    vault.commit(vec![Change::Purge { item: gone }]).unwrap();
    Original { bench, login, note, document, trashed }
}

/// A copy of it that may be damaged.
struct Victim {
    bench: &'static Bench,
    place: tempfile::TempDir,
    login: ItemId,
    note: ItemId,
    document: ItemId,
    trashed: ItemId,
}

fn victim() -> Victim {
    victim_of(&ORIGINAL)
}

fn victim_of(original: &'static Original) -> Victim {
    let Original { bench, login, note, document, trashed } = original;
    let place = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-a").arg(bench.folder()).arg(place.path()).status();
    assert!(copied.unwrap().success());
    Victim { bench, place, login: *login, note: *note, document: *document, trashed: *trashed }
}

impl Victim {
    fn folder(&self) -> PathBuf {
        self.place.path().join("Family.sealkeep")
    }

    fn new_folder(&self) -> PathBuf {
        self.place.path().join("New.sealkeep")
    }

    fn unlock(&self) -> Result<UnlockedVault, VaultError> {
        self.bench.unlock_at(&self.folder())
    }

    /// Changes its rows; how many.
    fn edit(&self, sql: &str, item: Option<ItemId>) {
        edit(&self.folder(), sql, item);
    }
}

fn edit(folder: &Path, sql: &str, item: Option<ItemId>) {
    let database = rusqlite::Connection::open(folder.join("vault.db")).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").unwrap();
    let changed = match item {
        Some(item) => database.execute(sql, [item.0]),
        None => database.execute(sql, []),
    };
    assert!(changed.unwrap() > 0, "{sql}");
}

struct Salvaged {
    report: SalvageReport,
    vault: UnlockedVault,
}

impl Salvaged {
    fn of(victim: &Victim) -> Self {
        let (new, opening) = new_vault(victim);
        let report = block_on(open_as_it_is(victim).unwrap().salvage(new, Arc::new(NoWatch))).unwrap();
        let locked = LockedVault::open(&victim.new_folder()).unwrap();
        let confirmed = locked.confirm();
        let vault = block_on(locked.unlock(opening, confirmed)).unwrap();
        assert_eq!(vault.problems(), [], "what was made is in order");
        assert_eq!((vault.id(), vault.summaries().len() as u64), (report.vault, report.items));
        Self { report, vault }
    }

    fn lost(&self) -> Vec<(Option<ItemId>, String)> {
        self.report.lost.iter().map(|lost| (lost.item, lost.what.to_string())).collect()
    }

    fn changed(&self) -> Vec<(ItemId, Alteration)> {
        self.report.changed.iter().map(|changed| (changed.item, changed.how)).collect()
    }
}

fn open_as_it_is(victim: &Victim) -> Result<UnlockedVault, VaultError> {
    open_with(&victim.folder(), victim.bench.opening(Arc::clone(&victim.bench.asked) as _))
}

fn open_with(folder: &Path, opening: Opening) -> Result<UnlockedVault, VaultError> {
    let locked = LockedVault::open_to_salvage(folder)?;
    let confirmed = locked.confirm();
    Ok(run(locked.unlock(opening, confirmed))?)
}

/// As [`block_on`], for what goes over the network.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A slot for every new vault: no test opens one by its passphrase.
static SLOT: LazyLock<(SlotId, SlotConfig, Arc<dyn KeyProvider>)> = LazyLock::new(|| {
    let slot = SlotId::from_random(random::make_bytes().unwrap());
    let (record, key) = PassphraseRecord::make(&secret("another"), KdfParams::FLOOR, b"").unwrap();
    let config = SlotConfig::Passphrase { record: record.to_bytes() };
    (slot, config, Arc::new(PassphraseProvider::for_slot(key, slot.0)))
});

/// A vault to be made, and what opens it.
fn new_vault(victim: &Victim) -> (NewVault, Opening) {
    new_vault_in(victim.bench, victim.new_folder())
}

fn new_vault_in(bench: &Bench, folder: PathBuf) -> (NewVault, Opening) {
    let id = VaultId::from_random(random::make_bytes().unwrap());
    let (slot, config, provider) = (SLOT.0, SLOT.1.clone(), Arc::clone(&SLOT.2));
    let new = NewVault {
        folder,
        id,
        slots: vec![NewSlot { id: slot, config, provider: Arc::clone(&provider) }],
        device: bench.device,
        clock: Arc::clone(&bench.clock) as _,
        pins: Arc::clone(&bench.pins) as _,
    };
    (new, Opening { slot, ..bench.opening(provider) })
}

/// All files below `folder`.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            found.insert(entry.clone(), fs::read(&entry).unwrap());
        }
    }
    found
}

/// What a person sees of an item, its time stamps and its history included.
fn seen(vault: &mut UnlockedVault, item: ItemId) -> (String, Vec<RevisionView>) {
    let summary = Arc::clone(vault.summary(item).unwrap());
    let tags: Vec<_> = summary.tags.iter().map(|tag| tag.expose()).collect();
    let told = format!(
        "{} {:?} {tags:?} {} {} {} {} {:?} {} {} {}",
        summary.kind.name(),
        summary.title.expose(),
        summary.subtitle.expose(),
        summary.media_type,
        summary.size,
        summary.favourite,
        summary.trashed,
        summary.created,
        summary.modified,
        summary.revision
    );
    (told, vault.history(item).unwrap())
}

fn text_of(vault: &mut UnlockedVault, item: ItemId, revision: u32) -> String {
    let fields = block_on(vault.body_reader(item, Some(revision))).unwrap().fields().unwrap();
    fields.value("text").unwrap().expose().to_owned()
}

#[test]
fn a_whole_vault_comes_out_whole_and_the_old_one_is_not_touched() {
    let victim @ Victim { login, note, document, trashed, .. } = &victim();
    let (login, note, document, trashed) = (*login, *note, *document, *trashed);
    let before = files(&victim.folder());
    let Salvaged { report, mut vault } = Salvaged::of(victim);
    assert_eq!((report.items, report.revisions), (4, 6));
    assert!(report.lost.is_empty() && report.changed.is_empty() && report.problems.is_empty(), "{report:?}");
    assert!(report.slots.is_empty() && report.bytes > LARGE as u64);
    assert_eq!(files(&victim.folder()), before);
    let mut old = victim.unlock().unwrap();
    assert_ne!(vault.id(), old.id());
    for item in [login, note, document, trashed] {
        assert_eq!(seen(&mut vault, item), seen(&mut old, item));
    }
    for (number, text) in [(1, "first"), (2, "second"), (3, "third")] {
        assert_eq!(text_of(&mut vault, note, number), text);
    }
    assert_eq!(read_field(&mut vault, login, "password").unwrap(), "hunter2");
    assert!(read_document(&mut vault, document).unwrap() == bytes(LARGE));
    assert_eq!(read_document(&mut vault, trashed).unwrap(), b"a few bytes");
    assert_eq!(vault.collections()[0].name.expose(), old.collections()[0].name.expose());
    // It is a vault like any other.
    let more = add_note(&mut vault, "More", "text");
    revise_note(&mut vault, note, "fourth").unwrap();
    assert_eq!(vault.history(note).unwrap()[0].number, 4);
    assert!(vault.summary(more).is_ok());
    // No ciphertext was carried over, so no data key was either.
    let names = |folder: PathBuf| fs::read_dir(folder.join("bodies")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names(victim.new_folder()).all(|name| names(victim.folder()).all(|old| old != name)));
}

#[test]
fn the_newest_content_that_verifies_takes_the_place_of_what_does_not() {
    let victim = victim();
    let (note, document) = (victim.note, victim.document);
    let sql = "UPDATE revision SET frames = randomblob(length(frames)) WHERE item_id = ?1 AND number = 3";
    victim.edit(sql, Some(note));
    let body = victim.folder().join("bodies").join(&ORIGINAL.bench.body_files()[0]);
    make_writable(&body);
    let mut content = fs::read(&body).unwrap();
    content[LARGE / 2] ^= 1;
    fs::write(&body, content).unwrap();

    let mut salvaged = Salvaged::of(&victim);
    assert_eq!((salvaged.report.items, salvaged.report.revisions), (3, 4));
    assert_eq!(
        salvaged.lost(),
        [
            (Some(note), "the content of revision 3 was changed or cut short".to_owned()),
            (Some(document), "the content of revision 1 was changed or cut short".to_owned()),
        ]
    );
    let titles: Vec<_> = salvaged.report.lost.iter().map(|lost| lost.title.as_ref().unwrap().expose()).collect();
    assert_eq!(titles, ["Note", "Doc"]);
    assert_eq!(salvaged.report.lost.iter().map(|lost| lost.whole_item).collect::<Vec<_>>(), [false, true]);
    assert_eq!(salvaged.changed(), [(note, Alteration::OlderContent { was: 3, now: 2 })]);
    assert_eq!(read_field(&mut salvaged.vault, note, "text").unwrap(), "second");
    let history = salvaged.vault.history(note).unwrap();
    assert_eq!(
        history.iter().map(|revision| (revision.number, revision.current)).collect::<Vec<_>>(),
        [(2, true), (1, false)]
    );
}

/// Damage to what only says what must be there costs nothing of what is there.
#[test]
fn what_is_intact_comes_out_of_a_vault_whose_lists_are_damaged() {
    type Expect = fn(&Victim, &mut Salvaged);
    let all_there = |victim: &Victim, salvaged: &mut Salvaged| {
        let vault = &mut salvaged.vault;
        assert_eq!(read_field(vault, victim.login, "password").unwrap(), "hunter2");
        assert_eq!(read_field(vault, victim.note, "text").unwrap(), "third");
        assert!(read_document(vault, victim.document).unwrap() == bytes(LARGE));
        assert_eq!((salvaged.report.items, salvaged.report.revisions), (4, 6));
        assert_eq!(salvaged.lost(), []);
    };
    let whole: Expect = |_, salvaged| {
        assert_eq!(salvaged.changed(), []);
        assert!(salvaged.vault.summaries().iter().any(|item| item.title.expose() == "GitHub, work" && item.favourite));
        assert!(!salvaged.report.problems.is_empty(), "it is told all the same");
    };
    let unproven: Expect = |_, salvaged| {
        assert_eq!(salvaged.report.changed.len(), 4);
        assert!(salvaged.report.changed.iter().all(|changed| changed.how == Alteration::Unproven));
        assert!(salvaged.vault.summaries().iter().any(|item| item.title.expose() == "GitHub, work" && item.favourite));
    };
    let nameless: Expect = |victim, salvaged| {
        let count = |how| salvaged.report.changed.iter().filter(|changed| changed.how == how).count();
        assert_eq!((count(Alteration::NoSummary), count(Alteration::Unproven)), (4, 4));
        let login = salvaged.vault.summary(victim.login).unwrap();
        assert_eq!((login.subtitle.expose(), &login.kind), ("anna", &Kind::Login), "as far as the content tells");
        assert!(login.title.expose().starts_with("Salvaged "));
        assert_eq!(salvaged.vault.summary(victim.document).unwrap().size, LARGE as u64);
    };
    let edits: [(&str, Expect); 13] = [
        ("UPDATE revision SET header = NULL", whole),
        ("UPDATE revision SET header = randomblob(300), device = randomblob(16), layout = 1, length = 3", whole),
        ("UPDATE revision SET message_id = randomblob(32), commitment = randomblob(32), frame_length = 7", whole),
        ("INSERT INTO revision_wrap SELECT revision_id, randomblob(16), 1, edk FROM revision_wrap", whole),
        ("INSERT INTO item SELECT randomblob(16), collection_id, page FROM item LIMIT 1", whole),
        ("INSERT INTO summary SELECT item_id, 99, sealed FROM summary WHERE number = 1", whole),
        ("INSERT INTO slot SELECT randomblob(16), 1, config FROM slot", whole),
        ("INSERT INTO slot SELECT randomblob(16), 9, x'ff' FROM slot", whole),
        ("UPDATE collection SET name = randomblob(48)", whole),
        ("UPDATE page SET sealed = randomblob(length(sealed))", unproven),
        ("UPDATE collection SET head = randomblob(length(head))", unproven),
        ("UPDATE index_wrap SET edk = randomblob(length(edk))", nameless),
        ("DELETE FROM index_wrap", nameless),
    ];
    for (sql, expect) in edits {
        let victim = victim();
        victim.edit(sql, None);
        let mut salvaged = Salvaged::of(&victim);
        // Without the list's key no summary opens; those are no content.
        if sql.contains("index_wrap") {
            let lost = |lost: &Lost| lost.item.is_none() || lost.what.to_string().contains("summary");
            assert!(salvaged.report.lost.iter().all(lost), "{sql}");
        }
        // Nobody knows what stood on a page that can't be believed, whatever rows are left.
        if sql.contains("index_wrap") || sql.contains("page SET sealed") {
            let page = salvaged.report.lost.iter().find(|lost| lost.item.is_none()).unwrap();
            assert_eq!(page.what, Finding::PageChanged(1), "{sql}");
            salvaged.report.lost.clear();
        }
        all_there(&victim, &mut salvaged);
        expect(&victim, &mut salvaged);
    }
}

#[test]
fn what_is_gone_is_listed_and_the_rest_comes_out() {
    let rows = [
        ("DELETE FROM revision WHERE item_id = :note AND number = 2", "revision 2 is missing", 4, 5),
        (
            "DELETE FROM revision_wrap WHERE revision_id IN (SELECT revision_id FROM revision WHERE item_id = :note)",
            "revision 1 can't be opened",
            3,
            3,
        ),
        ("DELETE FROM summary WHERE item_id = :note AND number = 3", "summary 3 is missing", 4, 6),
        ("UPDATE summary SET sealed = randomblob(80) WHERE item_id = :note", "summary 1 was changed", 4, 6),
    ];
    for (sql, expected, items, revisions) in rows {
        let victim = victim();
        let (note, login) = (victim.note, victim.login);
        victim.edit(&sql.replace(":note", "?1"), Some(note));
        let mut salvaged = Salvaged::of(&victim);
        let lost = salvaged.lost();
        assert!(lost.iter().any(|(item, what)| *item == Some(note) && what.starts_with(expected)), "{sql}: {lost:?}");
        assert_eq!((salvaged.report.items, salvaged.report.revisions), (items, revisions), "{sql}: {lost:?}");
        assert_eq!(read_field(&mut salvaged.vault, login, "password").unwrap(), "hunter2");
    }
}

#[test]
fn an_older_copy_is_told_and_stays_one() {
    let victim = victim_of(&SAVED_TO);
    let copy = files(&victim.folder());
    let mut vault = victim.unlock().unwrap();
    revise_note(&mut vault, victim.note, "newer").unwrap();
    drop(vault);
    for (path, content) in copy.into_iter().filter(|(path, _)| path.ends_with("vault.db")) {
        fs::write(path, content).unwrap();
    }
    let salvaged = Salvaged::of(&victim);
    let found: Vec<_> = salvaged.report.problems.iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|found| found.contains("older copy")), "{found:?}");
    assert!(!victim.unlock().unwrap().problems().is_empty(), "looking at it has not made it right");
}

/// Cancels when it is asked for the `at`th time.
struct Cancels {
    at: usize,
    asked: AtomicUsize,
}

impl Watch for Cancels {
    fn advanced(&self, _: u64) {}

    fn is_cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.at
    }
}

#[test]
fn nothing_is_left_of_a_salvage_that_was_cancelled_or_refused() {
    let victim = victim();
    let names = || {
        let entries = fs::read_dir(victim.place.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let mut at = 0;
    let done = loop {
        let (new, _) = new_vault(&victim);
        let watch = Arc::new(Cancels { at, asked: AtomicUsize::new(0) });
        match block_on(open_as_it_is(&victim).unwrap().salvage(new, watch)) {
            Ok(report) => break report,
            Err(VaultError::Crypto(sealkeep::vault::CryptoError::Cancelled)) => {
                assert_eq!(names(), ["Family.sealkeep"], "cancelled at {at}");
            }
            Err(error) => panic!("{error}"),
        }
        at += 3;
    };
    assert!(at > 20 && done.lost.is_empty(), "{at}");
    assert_eq!(names(), ["Family.sealkeep", "New.sealkeep"]);
    let before = files(&victim.new_folder());
    let (new, _) = new_vault(&victim);
    let refused = block_on(open_as_it_is(&victim).unwrap().salvage(new, Arc::new(NoWatch)));
    assert!(matches!(refused, Err(VaultError::Store(StoreError::Exists { .. }))));
    assert_eq!(files(&victim.new_folder()), before);
}

#[test]
fn what_is_opened_to_be_salvaged_is_not_saved_to() {
    let victim = victim();
    let vault = open_as_it_is(&victim).unwrap();
    assert!(matches!(block_on(vault.new_body(None)).map(|_| ()), Err(VaultError::Unaccepted)));
}
