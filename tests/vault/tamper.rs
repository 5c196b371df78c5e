//! A hostile host edits the folder: every edit is found and named, what is intact still opens, and nothing is saved over it
//! before somebody has seen it.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use sealkeep::vault::{
    Change, Depth, Finding, ItemId, LockedVault, SealedFile, SealedFileError, StoreError, Trust, UnlockedVault,
    VaultError,
};

use crate::support::vaults::{
    Bench, add_document, add_login, add_note, block_on, bytes, copy_folder, make_writable, read_document, read_field,
    revise_note,
};

const LARGE: usize = 900_000;

struct Victim {
    bench: Bench,
    login: ItemId,
    note: ItemId,
    document: ItemId,
}

fn victim() -> Victim {
    let (bench, mut vault) = Bench::new();
    let login = add_login(&mut vault, "GitHub", "hunter2");
    let note = add_note(&mut vault, "Note", "first");
    revise_note(&mut vault, note, "second").unwrap();
    let document = add_document(&mut vault, "Doc", &bytes(LARGE));
    Victim { bench, login, note, document }
}

fn findings(vault: &UnlockedVault) -> Vec<String> {
    vault.problems().iter().map(ToString::to_string).collect()
}

/// Runs each edit on a vault of its own: at unlock something is found that says `expected`.
#[test]
fn every_edit_of_rows_is_named_at_unlock() {
    let edits = [
        ("DELETE FROM summary WHERE item_id = :login", "rows are missing|summary 1 is missing"),
        ("DELETE FROM revision WHERE item_id = :login", "revision 1 is missing"),
        ("DELETE FROM item WHERE item_id = :login", "its rows are missing"),
        ("DELETE FROM revision WHERE item_id = :note AND number = 1", "revision 1 is missing"),
        (
            "UPDATE summary SET sealed = (SELECT sealed FROM summary WHERE item_id = :note AND number = 1) \
          WHERE item_id = :login",
            "summary 1 was changed",
        ),
        (
            "UPDATE summary SET sealed = (SELECT sealed FROM summary WHERE item_id = :note AND number = 1) \
          WHERE item_id = :note AND number = 2",
            "summary 2 was changed",
        ),
        (
            "UPDATE revision SET header = (SELECT header FROM revision WHERE item_id = :note AND number = 1) \
          WHERE item_id = :login",
            "revision 1 was changed",
        ),
        ("UPDATE revision SET header = NULL WHERE item_id = :login", "revision 1 was changed"),
        (
            "UPDATE revision SET frames = (SELECT frames FROM revision WHERE item_id = :note AND number = 1) \
          WHERE item_id = :login",
            "content of revision 1",
        ),
        ("UPDATE revision SET message_id = randomblob(32) WHERE item_id = :login", "revision 1 was changed"),
        ("UPDATE revision SET commitment = randomblob(32) WHERE item_id = :login", "revision 1 was changed"),
        ("UPDATE revision SET length = length + 1 WHERE item_id = :document", "revision 1 was changed"),
        ("UPDATE revision SET number = 7 WHERE item_id = :login", "revision 7 was added"),
        (
            "UPDATE revision_wrap SET edk = (SELECT edk FROM revision_wrap ORDER BY revision_id DESC LIMIT 1)",
            "wrapped keys of revision",
        ),
        ("DELETE FROM revision_wrap", "wrapped keys of revision"),
        ("INSERT INTO revision_wrap SELECT revision_id, randomblob(16), 1, edk FROM revision_wrap", "wrapped keys of"),
        ("INSERT INTO summary SELECT item_id, 9, sealed FROM summary WHERE item_id = :login", "summary 9 was added"),
        ("INSERT INTO item SELECT randomblob(16), collection_id, page FROM item LIMIT 1", "added outside Sealkeep"),
        ("INSERT INTO item SELECT randomblob(16), collection_id, 99 FROM item LIMIT 1", "rows in item"),
        ("INSERT INTO summary SELECT randomblob(16), 1, sealed FROM summary LIMIT 1", "rows in summary"),
        ("DELETE FROM page", "page 1 of the manifest is missing"),
        ("UPDATE page SET sealed = randomblob(length(sealed))", "page 1 of the manifest was changed"),
        ("INSERT INTO page SELECT collection_id, 2, sealed FROM page", "page 2 of the manifest was added"),
        ("UPDATE collection SET name = randomblob(48)", "name was changed"),
        (
            "INSERT INTO index_wrap SELECT collection_id, epoch, randomblob(16), 1, edk FROM index_wrap",
            "wrapped index keys",
        ),
    ];
    for (sql, expected) in edits {
        let Victim { bench, login, note, document } = victim();
        let database = bench.database();
        let mut edit = database.prepare(sql).unwrap();
        for (name, item) in [(":login", login), (":note", note), (":document", document)] {
            if let Some(at) = edit.parameter_index(name).unwrap() {
                edit.raw_bind_parameter(at, item.0).unwrap();
            }
        }
        assert!(edit.raw_execute().unwrap() > 0, "{sql}");
        drop(edit);
        drop(database);
        let mut vault = bench.unlock().unwrap_or_else(|error| panic!("{sql}: {error}"));
        let found = findings(&vault);
        assert!(
            expected.split('|').any(|expected| found.iter().any(|found| found.contains(expected))),
            "{sql}: {found:?} should say {expected}"
        );
        let refused = block_on(vault.new_body(None)).map(|_| ());
        assert!(matches!(refused, Err(VaultError::Unaccepted)), "{sql}");
        // Whatever opens is right.
        for (item, name, values) in [(login, "password", ["hunter2"; 2]), (note, "text", ["first", "second"])] {
            if let Ok(value) = read_field(&mut vault, item, name) {
                assert!(values.contains(&value.as_str()), "{sql}: {value}");
            }
        }
        if let Ok(read) = read_document(&mut vault, document) {
            assert!(read == bytes(LARGE), "{sql}");
        }
    }
}

#[test]
fn what_is_intact_opens_beside_what_is_not() {
    let Victim { bench, login, note, document } = victim();
    let sql = "UPDATE summary SET sealed = randomblob(length(sealed)) WHERE item_id = ?1";
    bench.database().execute(sql, [login.0]).unwrap();
    let mut vault = bench.unlock().unwrap();
    assert!(!vault.summary(login).unwrap().is_intact() && vault.summary(note).unwrap().is_intact());
    assert_eq!(read_field(&mut vault, note, "text").unwrap(), "second");
    assert!(read_document(&mut vault, document).is_ok());
    vault.accept().unwrap();
    let other = add_note(&mut vault, "After", "text");
    assert!(revise_note(&mut vault, login, "over it").is_err(), "nothing is written over what can't be trusted");
    drop(vault);
    let vault = bench.unlock().unwrap();
    assert!(!vault.problems().is_empty(), "saving has not made it right");
    assert!(vault.summary(other).unwrap().is_intact());
}

#[test]
fn a_body_file_that_is_gone_short_or_changed_is_named() {
    type Edit = fn(&Path);
    let change: [(&str, Edit, bool); 5] = [
        ("is missing", |file| fs::remove_file(file).unwrap(), true),
        ("cut short", |file| fs::OpenOptions::new().write(true).open(file).unwrap().set_len(1000).unwrap(), true),
        ("cut short", |file| fs::write(file, [&fs::read(file).unwrap()[..], b"more"].concat()).unwrap(), true),
        (
            "cut short",
            |file| {
                fs::remove_file(file).unwrap();
                std::os::unix::fs::symlink("/dev/zero", file).unwrap();
            },
            true,
        ),
        (
            "content of revision 1",
            |file| {
                let mut content = fs::read(file).unwrap();
                content[500_000] ^= 1;
                fs::write(file, content).unwrap();
            },
            false,
        ),
    ];
    for (expected, change, at_unlock) in change {
        let Victim { bench, note, document, .. } = victim();
        let [name] = &bench.body_files()[..] else { panic!("one file") };
        let body = bench.folder().join("bodies").join(name);
        make_writable(&body);
        change(&body);
        let mut vault = bench.unlock().unwrap();
        assert_eq!(findings(&vault).iter().any(|found| found.contains(expected)), at_unlock, "{expected}");
        assert!(read_document(&mut vault, document).is_err(), "{expected}");
        assert_eq!(read_field(&mut vault, note, "text").unwrap(), "second");
        let report = block_on(vault.check(Depth::Full, std::sync::Arc::new(sealkeep::crypto::NoWatch))).unwrap();
        assert!(report.problems.iter().any(|found| found.to_string().contains(expected)), "{:?}", report.problems);
        assert_eq!(report.problems.len(), 1, "each once: {:?}", report.problems);
    }
}

#[test]
fn an_older_copy_is_noticed_and_can_be_accepted() {
    let Victim { bench, note, .. } = victim();
    let backup = bench.place.path().join("backup");
    copy_folder(&bench.folder(), &backup);
    let mut vault = bench.unlock().unwrap();
    revise_note(&mut vault, note, "third").unwrap();
    revise_note(&mut vault, note, "fourth").unwrap();
    drop(vault);
    fs::remove_dir_all(bench.folder()).unwrap();
    copy_folder(&backup, &bench.folder());

    let mut vault = bench.unlock().unwrap();
    let older = |vault: &UnlockedVault| {
        vault.problems().iter().any(|problem| matches!(problem.what, Finding::OlderCopy { missing: 2 }))
    };
    assert!(older(&vault));
    assert_eq!(read_field(&mut vault, note, "text").unwrap(), "second", "it can be read");
    assert!(matches!(revise_note(&mut vault, note, "x"), Err(VaultError::Unaccepted)));
    drop(vault);
    assert!(older(&bench.unlock().unwrap()), "looking at it does not make it right");
    let mut vault = bench.unlock().unwrap();
    vault.accept().unwrap();
    revise_note(&mut vault, note, "third again").unwrap();
    drop(vault);
    assert!(bench.unlock().unwrap().problems().is_empty());
}

#[test]
fn an_old_page_or_head_alone_is_noticed() {
    for table in ["page SET sealed = ?1", "collection SET head = ?1"] {
        let Victim { bench, note, .. } = victim();
        let column = if table.starts_with("page") { "sealed FROM page" } else { "head FROM collection" };
        let old: Vec<u8> = bench.database().query_row(&format!("SELECT {column}"), [], |row| row.get(0)).unwrap();
        let mut vault = bench.unlock().unwrap();
        revise_note(&mut vault, note, "third").unwrap();
        drop(vault);
        bench.database().execute(&format!("UPDATE {table}"), [old]).unwrap();
        let vault = bench.unlock().unwrap();
        assert!(!vault.problems().is_empty(), "{table}");
    }
}

#[test]
fn rows_that_go_back_while_the_vault_is_open_stop_it() {
    let Victim { bench, note, .. } = victim();
    let mut vault = bench.unlock().unwrap();
    let read = |sql: &str| bench.database().query_row(sql, [], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let old = read("SELECT head FROM collection");
    revise_note(&mut vault, note, "third").unwrap();
    bench.database().execute("UPDATE collection SET head = ?1", [old]).unwrap();
    assert!(matches!(revise_note(&mut vault, note, "fourth"), Err(VaultError::Older)));
}

#[test]
fn a_slot_that_was_added_or_changed_is_refused() {
    let edits = [
        "INSERT INTO slot SELECT randomblob(16), 1, config FROM slot",
        "UPDATE slot SET config = x'010003617274'",
        "UPDATE slot SET state = 2",
    ];
    for sql in edits {
        let Victim { bench, .. } = victim();
        bench.database().execute(sql, []).unwrap();
        let locked = LockedVault::open(&bench.folder()).unwrap();
        assert!(matches!(locked.trust(&*bench.pins).unwrap(), Trust::SlotsChanged { .. }), "{sql}");
        // Even where the person says yes: the slots are sealed in the head.
        assert!(matches!(bench.unlock(), Err(VaultError::SlotsForged)), "{sql}");
    }
}

#[test]
fn what_was_confirmed_must_be_what_is_opened() {
    let Victim { bench, .. } = victim();
    let (other, vault) = Bench::new();
    drop(vault);
    let confirmed = LockedVault::open(&other.folder()).unwrap().confirm();
    let locked = LockedVault::open(&bench.folder()).unwrap();
    let refused = block_on(locked.unlock(bench.opening(bench.asked.clone()), confirmed));
    assert!(matches!(refused.map_err(|failed| failed.error), Err(VaultError::NotConfirmed)));
}

fn replace(from: &Path, to: &Path) {
    fs::remove_dir_all(to).unwrap();
    copy_folder(from, to);
}

#[test]
fn a_database_that_was_replaced_while_it_was_open_is_not_written_to() {
    let Victim { bench, note, .. } = victim();
    let backup = bench.place.path().join("backup");
    copy_folder(&bench.folder(), &backup);
    let mut vault = bench.unlock().unwrap();
    revise_note(&mut vault, note, "third").unwrap();
    assert_eq!(fs::metadata(bench.folder().join("vault.db-wal")).map_or(0, |log| log.len()), 0, "whole by itself");
    fs::rename(backup.join("vault.db"), bench.folder().join("vault.db")).unwrap();
    let replaced = |result: Result<(), VaultError>| {
        assert!(matches!(result, Err(VaultError::Store(StoreError::Replaced { .. }))), "{result:?}");
    };
    replaced(revise_note(&mut vault, note, "lost?"));
    replaced(read_field(&mut vault, note, "text").map(|_| ()));
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    assert!(matches!(vault.problems()[0].what, Finding::OlderCopy { missing: 1 }), "{:?}", vault.problems());
    assert_eq!(read_field(&mut vault, note, "text").unwrap(), "second", "the copy that was put there is whole");
}

#[test]
fn an_older_copy_is_noticed_wherever_on_this_machine_it_stands() {
    let Victim { bench, note, .. } = victim();
    let place = bench.place.path();
    copy_folder(&bench.folder(), &place.join("old"));
    let mut vault = bench.unlock().unwrap();
    revise_note(&mut vault, note, "third").unwrap();
    drop(vault);
    fs::remove_dir_all(bench.folder()).unwrap();
    std::os::unix::fs::symlink(place.join("old"), bench.folder()).unwrap();
    let vault = bench.unlock().unwrap();
    assert!(matches!(vault.problems()[0].what, Finding::OlderCopy { missing: 1 }));
}

#[test]
fn two_copies_on_one_machine_do_not_pass_for_each_other() {
    let Victim { bench, note, .. } = victim();
    let (here, there) = (bench.folder(), bench.place.path().join("there"));
    copy_folder(&here, &there);
    let mut vault = bench.unlock().unwrap();
    revise_note(&mut vault, note, "important").unwrap();
    drop(vault);
    // The other copy goes further, and then takes this one's place.
    let mut other = bench.unlock_at(&there).unwrap();
    other.accept().unwrap();
    revise_note(&mut other, note, "other").unwrap();
    revise_note(&mut other, note, "another").unwrap();
    drop(other);
    replace(&there, &here);
    let vault = bench.unlock().unwrap();
    assert!(matches!(vault.problems()[0].what, Finding::OlderCopy { missing: 1 }), "{:?}", vault.problems());
}

#[test]
fn what_was_accepted_stays_accepted_and_new_damage_does_not() {
    let Victim { bench, login, note, document } = victim();
    let damage = |item: ItemId| {
        let sql = "UPDATE summary SET sealed = randomblob(length(sealed)) WHERE item_id = ?1";
        bench.database().execute(sql, [item.0]).unwrap();
    };
    damage(login);
    let mut vault = bench.unlock().unwrap();
    vault.accept().unwrap();
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    assert_eq!(vault.problems().len(), 1, "it stays marked");
    revise_note(&mut vault, note, "third").unwrap();
    drop(vault);
    damage(document);
    let mut vault = bench.unlock().unwrap();
    assert!(matches!(revise_note(&mut vault, note, "fourth"), Err(VaultError::Unaccepted)));
    vault.accept().unwrap();
    vault.commit(vec![Change::Purge { item: login }, Change::Purge { item: document }]).unwrap();
    drop(vault);
    assert!(bench.unlock().unwrap().problems().is_empty(), "what was damaged is gone");
}

#[test]
fn folders_where_files_belong_stop_nobody() {
    let Victim { bench, note, .. } = victim();
    for name in [".tmp-x", "6f1c0fd2-3333-4333-8333-333333333333"] {
        fs::create_dir(bench.folder().join("bodies").join(name)).unwrap();
    }
    let mut vault = bench.unlock().unwrap();
    assert_eq!(read_field(&mut vault, note, "text").unwrap(), "second");
}

#[test]
fn rows_that_are_longer_than_any_of_ours_are_not_read() {
    for sql in [
        "UPDATE slot SET config = zeroblob(50000000)",
        "UPDATE summary SET sealed = zeroblob(50000000)",
        "UPDATE collection SET head = zeroblob(200000000)",
    ] {
        let Victim { bench, .. } = victim();
        bench.database().execute(sql, []).unwrap();
        match bench.unlock() {
            Ok(vault) => assert!(!vault.problems().is_empty(), "{sql}"),
            Err(error) => assert!(matches!(error, VaultError::Store(_)), "{sql}: {error}"),
        }
    }
}

#[test]
fn a_vault_in_another_state_than_ours_is_refused() {
    let edits: [fn(&Bench); 4] = [
        |bench| bench.database().pragma_update(None, "journal_mode", "delete").unwrap(),
        |bench| fs::write(bench.folder().join("vault.db-journal"), b"").unwrap(),
        |bench| fs::hard_link(bench.folder().join("vault.db"), bench.place.path().join("other")).unwrap(),
        |bench| bench.database().execute_batch("CREATE VIEW sqliteXstat AS SELECT * FROM item").unwrap(),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let Victim { bench, .. } = victim();
        edit(&bench);
        assert!(matches!(bench.unlock(), Err(VaultError::Store(StoreError::Damaged(_)))), "{number}");
    }
}

#[test]
fn a_body_that_is_passed_off_as_a_sealed_file_is_not_opened() {
    let Victim { bench, login, .. } = victim();
    let sql = "SELECT header, frames FROM revision WHERE item_id = ?1";
    let file: Vec<u8> = bench
        .database()
        .query_row(sql, [login.0], |row| Ok([row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?].concat()))
        .unwrap();
    let asked = bench.asked.unwraps.load(Ordering::Relaxed);
    let refused = block_on(SealedFile::read(&file[..]).unwrap().unlock(&*bench.asked)).map(|_| ());
    assert!(matches!(refused, Err(SealedFileError::PartOfVault)), "{refused:?}");
    assert_eq!(bench.asked.unwraps.load(Ordering::Relaxed), asked, "nobody was asked");
}
