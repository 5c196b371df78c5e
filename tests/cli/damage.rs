//! Vaults that are not what was written: named, told, and ended with 5; what is intact still opens.

use std::fs;

use crate::support::cli::Person;
use crate::support::vaults::{copy_folder, make_writable};

#[test]
fn an_older_copy_is_noticed_and_taken_only_when_accepted() {
    let anna = Person::with_vault();
    anna.open(["add", "note", "Old"]).ok();
    copy_folder(&anna.at("v.sealkeep"), &anna.at("backup"));
    anna.open(["add", "note", "New"]).ok();
    fs::remove_dir_all(anna.at("v.sealkeep")).unwrap();
    copy_folder(&anna.at("backup"), &anna.at("v.sealkeep"));

    let said = anna.open(["ls", "--json"]).ended(5);
    said.says(&["older copy"]);
    assert_eq!(said.json()[0]["title"], "Old");
    anna.open(["add", "note", "More"]).ended(5).says(&["Nothing is saved", "sealkeep-cli accept"]);
    anna.open(["accept"]).ended(2).says(&["--yes"]);
    anna.open(["accept", "--yes"]).ok();
    anna.open(["add", "note", "More"]).ok();
    assert_eq!(anna.open(["ls"]).ok().text().lines().count(), 2);
    anna.open(["accept"]).ok().says(&["nothing to accept"]);
}

#[test]
fn another_vault_in_its_place_is_noticed_before_a_passphrase_is_asked() {
    let anna = Person::with_vault();
    let elsewhere = Person::with_vault();
    fs::remove_dir_all(anna.at("v.sealkeep")).unwrap();
    copy_folder(&elsewhere.at("v.sealkeep"), &anna.at("v.sealkeep"));
    anna.run(["ls"]).refused(3, &["Another vault stood in this folder", "--yes"]);
    anna.open(["ls"]).refused(3, &["Another vault stood in this folder", "--yes"]);
    anna.open(["ls", "--yes"]).ok();
    anna.open(["ls"]).ok();
}

#[test]
fn a_document_that_was_changed_is_named_and_never_written() {
    let anna = Person::with_vault();
    anna.write("large", vec![7; 600_000]);
    anna.write("small", "small");
    anna.open(["put", "large", "small"]).ok();
    let body = anna.at("v.sealkeep/bodies").join(&anna.files_in("v.sealkeep/bodies")[0]);
    let mut bytes = fs::read(&body).unwrap();
    bytes[300_000] ^= 1;
    make_writable(&body);
    fs::write(&body, &bytes).unwrap();

    // Its length is right, which is all that a list looks at.
    anna.open(["ls"]).ok();
    anna.open(["check", "--quick"]).ok();
    anna.open(["get", "large", "-o", "out"]).refused(5, &["changed", "history"]);
    let report = anna.open(["check", "--json"]).ended(5).json();
    assert_eq!(report["problems"].as_array().unwrap().len(), 1);
    let whole = anna.open(["check"]).ended(5);
    assert!(whole.text().contains("revision 1"), "{}", whole.text());

    bytes.truncate(500_000);
    fs::write(&body, &bytes).unwrap();
    let said = anna.open(["ls", "--json"]).ended(5);
    said.says(&["warning", "revision 1"]);
    let list = said.json();
    assert_eq!((&list[0]["title"], list[1].get("damaged")), (&"large".into(), None));
    anna.open(["get", "small", "-o", "out"]).ended(5);
    assert_eq!(anna.read("out"), b"small");
    fs::remove_file(&body).unwrap();
    anna.open(["get", "large", "-o", "gone"]).ended(5);
    assert_eq!(anna.files(), ["large", "out", "small", "v.sealkeep"]);
}

#[test]
fn a_slot_that_was_changed_from_outside_opens_nothing() {
    let anna = Person::with_vault();
    let db = rusqlite::Connection::open(anna.at("v.sealkeep/vault.db")).unwrap();
    db.execute("UPDATE slot SET state = 2", ()).unwrap();
    drop(db);
    anna.open(["ls"]).refused(3, &["changed since it was last seen", "--yes"]);
    anna.open(["ls", "--yes"]).refused(5, &["slots were changed outside Sealkeep", "another copy"]);
}

#[test]
fn salvage_copies_what_is_intact_and_lists_what_is_not() {
    let anna = Person::with_vault();
    anna.write("large", vec![7; 600_000]);
    anna.write("small", "small");
    anna.open(["put", "large", "small"]).ok();
    anna.open_with("one", ["add", "note", "Note", "--set-stdin", "text"]).ok();
    anna.open_with("two", ["edit", "Note", "--set-stdin", "text"]).ok();
    anna.open(["rm", "small"]).ok();

    // A whole vault comes out whole, under the same passphrase.
    let whole = anna.open(["salvage", "whole.sealkeep", "--json"]).ok().json();
    assert_eq!((&whole["items"], &whole["revisions"]), (&3.into(), &4.into()));
    for empty in ["lost", "changed", "problems", "slots_left"] {
        assert!(whole[empty].as_array().unwrap().is_empty(), "{whole}");
    }
    let meant = anna.open(["status", "--json"]).ok().json();
    assert!(meant["folder"].as_str().unwrap().ends_with("/v.sealkeep"), "it is still the one that commands are about");
    anna.open(["--vault", "whole.sealkeep", "check"]).ok();
    assert_eq!(anna.open(["--vault", "whole.sealkeep", "history", "Note"]).ok().text().lines().count(), 2);
    anna.open(["--vault", "v.sealkeep", "salvage", "whole.sealkeep"]).refused(1, &["exists already"]);
    anna.open(["--vault", "v.sealkeep", "salvage", "v.sealkeep/inside"])
        .refused(2, &["inside the vault", "another disk"]);

    let body = anna.at("v.sealkeep/bodies").join(&anna.files_in("v.sealkeep/bodies")[0]);
    let mut bytes = fs::read(&body).unwrap();
    bytes[300_000] ^= 1;
    make_writable(&body);
    fs::write(&body, &bytes).unwrap();
    let db = rusqlite::Connection::open(anna.at("v.sealkeep/vault.db")).unwrap();
    db.execute("UPDATE collection SET head = randomblob(length(head))", ()).unwrap();
    db.execute("UPDATE revision SET frames = randomblob(300) WHERE number = 2", ()).unwrap();
    drop(db);
    anna.open(["--vault", "v.sealkeep", "ls"]).refused(5, &["damaged"]);
    let said = anna.open(["--vault", "v.sealkeep", "salvage", "new.sealkeep"]).ended(5);
    said.says(&["Copied 2 items with 2 revisions", "look in a backup", "head of the manifest"]);
    let lines =
        ["“large”: lost: the content of revision 1", "revision 1 is the current one now", "“Note”: left behind"];
    for line in lines {
        assert!(said.text().contains(line), "{line}\n{}", said.text());
    }
    assert_eq!(anna.open(["--vault", "new.sealkeep", "show", "Note", "--field", "text"]).ok().line(), "one");
    let report = anna.open(["--vault", "v.sealkeep", "salvage", "again.sealkeep", "--json"]).ended(5).json();
    let large = report["lost"].as_array().unwrap().iter().find(|lost| lost["title"] == "large").unwrap();
    assert_eq!((&large["whole_item"], &large["revision"]), (&true.into(), &1.into()));
    anna.open(["--vault", "again.sealkeep", "check"]).ok();
}

#[test]
fn salvage_says_that_it_is_everything_only_of_a_vault_that_is_as_it_was_written() {
    let anna = Person::with_vault();
    anna.open_with("one", ["add", "note", "One", "--set-stdin", "text"]).ok();
    anna.open_with("two", ["add", "note", "Two", "--set-stdin", "text"]).ok();
    anna.open(["salvage", "whole.sealkeep"]).ok().says(&["That is everything"]);
    let damaged = [
        "UPDATE revision SET length = 9223372036854775807",
        "UPDATE collection SET name = randomblob(length(name))",
        "DELETE FROM revision_wrap; DELETE FROM revision; DELETE FROM summary; DELETE FROM item; DELETE FROM page",
    ];
    for (number, sql) in damaged.into_iter().enumerate() {
        let db = rusqlite::Connection::open(anna.at("v.sealkeep/vault.db")).unwrap();
        db.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
        drop(db);
        if number == 0 {
            anna.open(["--vault", "v.sealkeep", "ls"]).ended(5).says(&["revision 1"]);
        }
        let new = format!("new{number}.sealkeep");
        let said = anna.open(["--vault", "v.sealkeep", "salvage", &new]).ended(5);
        said.says(&["backup"]);
        assert!(!said.err.contains("everything"), "{sql}: {}", said.err);
        assert_eq!(said.text().contains("Page 1 of the manifest"), number == 2, "{sql}: {}", said.text());
    }
}

#[test]
fn a_recovery_code_asks_for_a_passphrase_for_what_it_salvages() {
    let anna = Person::with_vault();
    anna.open_with("text", ["add", "note", "Note", "--set-stdin", "text"]).ok();
    let added = anna.open(["slot", "add", "--recovery", "--json"]).ok().json();
    anna.write("code", added["code"].as_str().unwrap());
    anna.write("new-pw", "a passphrase for the new vault");
    anna.run(["--passphrase-file", "code", "salvage", "new.sealkeep"]).refused(2, &["--new-passphrase-file"]);
    assert!(!anna.at("new.sealkeep").exists());
    let made = ["salvage", "new.sealkeep", "--new-passphrase-file", "new-pw", "--json"];
    let report = anna.run(["--passphrase-file", "code"].into_iter().chain(made)).ok().json();
    assert_eq!(report["slots_left"][0]["provider"], "recovery");
    anna.run(["--vault", "new.sealkeep", "--passphrase-file", "new-pw", "check"]).ok();
}

#[test]
fn a_salvage_that_is_killed_leaves_nothing_under_its_name() {
    let anna = Person::with_vault();
    fs::File::create(anna.at("large")).unwrap().set_len(80_000_000).unwrap();
    anna.open(["put", "large"]).ok();
    // With something in it: before that, the place is tried with a folder that goes away again.
    let begun = |name: &String| anna.at(name).join("vault.db").exists();
    let making = || anna.files().iter().any(|name| name.starts_with(".new.sealkeep.making-") && begun(name));
    let mut child = anna.command(["--passphrase-file", "pw", "salvage", "new.sealkeep"]).spawn().unwrap();
    while !making() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!anna.at("new.sealkeep").exists());
    assert!(making(), "what is left says by its name what it is");
    anna.open(["salvage", "new.sealkeep"]).ok();
}
