//! A vault on read-only media, or in a folder that somebody may only read: it opens, and says what to do where something is saved.

use std::fs;

use crate::support::cli::{Person, names_in, set_mode};

const BIG: usize = 400_000;

/// Somebody with a note, a document in its row and one in a file.
fn somebody() -> Person<'static> {
    let anna = Person::with_vault();
    anna.open(["add", "note", "Kept", "--set", "text=kept"]).ok();
    anna.write("small", "small");
    anna.write("big", vec![7; BIG]);
    anna.open(["put", "small", "big"]).ok();
    anna
}

#[test]
fn a_vault_that_cannot_be_written_is_read() {
    let anna = somebody();
    set_mode(&anna.at("v.sealkeep"), "a-w");
    let before = names_in(&anna.at("v.sealkeep"));
    assert_eq!(anna.unprivileged(["ls"]).ok().text().lines().count(), 3);
    assert_eq!(anna.unprivileged(["show", "Kept", "--field", "text"]).ok().line(), "kept");
    assert_eq!(anna.unprivileged(["get", "small", "-o", "-"]).ok().out, b"small");
    assert_eq!(anna.unprivileged(["get", "big", "-o", "-"]).ok().out.len(), BIG);
    anna.unprivileged(["check"]).ok().says(&["3 items", "every byte"]);
    let status = anna.unprivileged(["status", "--json"]).ok().json();
    assert_eq!((&status["items"], &status["writable"]), (&3.into(), &false.into()));
    assert!(anna.unprivileged(["status"]).ok().text().contains("only to be read"));
    for args in [
        &["add", "note", "N"][..],
        &["put", "big", "--title", "again"],
        &["edit", "Kept", "--title", "Lost"],
        &["rm", "Kept"],
    ] {
        anna.unprivileged(args).refused(1, &["v.sealkeep” can't be written", "writable for yourself", "copy it"]);
    }
    assert_eq!(names_in(&anna.at("v.sealkeep")), before, "nothing was left there");
    set_mode(&anna.at("v.sealkeep"), "u+w");
    assert_eq!(anna.open(["status", "--json"]).ok().json()["writable"], true);
    anna.open(["add", "note", "N"]).ok();
}

#[test]
fn what_may_be_read_and_not_written_in_part_is_read_too() {
    for part in ["bodies", "vault.db"] {
        let anna = somebody();
        let part = anna.at("v.sealkeep").join(part);
        set_mode(&part, "a-w");
        assert_eq!(anna.unprivileged(["ls"]).ok().text().lines().count(), 3);
        anna.unprivileged(["put", "big", "--title", "again"]).refused(1, &["can't be written"]);
        set_mode(&part, "u+w");
    }
}

#[test]
fn a_log_that_was_left_is_read_or_said_to_be_in_the_way() {
    let anna = somebody();
    // As long as somebody looks at older rows, what is saved stays in the log; whoever copies the folder now copies that.
    let database = rusqlite::Connection::open(anna.at("v.sealkeep/vault.db")).unwrap();
    database.execute_batch("BEGIN").unwrap();
    database.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).unwrap();
    anna.open(["add", "note", "Later"]).ok();
    let copy = anna.at("copy.sealkeep");
    fs::create_dir_all(copy.join("bodies")).unwrap();
    for name in ["vault.db", "vault.db-wal", "vault.db-shm"] {
        fs::copy(anna.at("v.sealkeep").join(name), copy.join(name)).unwrap();
    }
    for name in names_in(&anna.at("v.sealkeep/bodies")) {
        fs::copy(anna.at("v.sealkeep/bodies").join(&name), copy.join("bodies").join(&name)).unwrap();
    }
    drop(database);
    set_mode(&copy, "a-w");
    let list = ["ls", "--vault", "copy.sealkeep"];
    assert!(anna.unprivileged(list).ok().text().contains("Later"), "the log is part of the vault");
    set_mode(&copy, "u+w");
    fs::remove_file(copy.join("vault.db-shm")).unwrap();
    set_mode(&copy, "a-w");
    anna.unprivileged(list).refused(1, &["copy.sealkeep” was not closed in order", "Copy the whole folder"]);
    set_mode(&copy, "u+w");
    assert!(anna.open(list).ok().text().contains("Later"));
}
