//! A host exchanges what is whole by itself: rows, parts of rows and files of two items, of two times. Each is found, named for
//! what it is and for whom, at unlock where rows show it and by a check where only bytes do; everything else opens as it was.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, LazyLock};

use rusqlite::types::Value;
use rusqlite::{Connection, params};
use sealkeep::crypto::NoWatch;
use sealkeep::vault::{Change, Depth, Finding, ItemId, LockedVault, Opening, Pins, Problem, UnlockedVault, VaultError};

use crate::support::vaults::{
    Bench, MemoryPins, add_document, add_login, add_note, block_on, bytes, make_writable, note, read_document,
    read_field, revise_note,
};

/// More than fits into a row.
const LARGE: usize = 300_000;

/// An item of the vault, and how to tell what it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// Two notes of one length.
    One,
    Two,
    /// Two documents of one length, in files; the first has two revisions.
    First,
    Second,
    /// Nobody touches it.
    Login,
    /// A document that was purged.
    Gone,
    /// No item.
    Nobody,
}

use Who::{First, Gone, Login, Nobody, One, Second, Two};

/// Made once: each case has a copy.
struct Original {
    bench: Bench,
    /// The folder, before the document was purged.
    before: PathBuf,
    items: Vec<(Who, ItemId)>,
}

static ORIGINAL: LazyLock<Original> = LazyLock::new(|| {
    let (bench, mut vault) = Bench::new();
    let mut items = vec![
        (One, add_note(&mut vault, "One", "text one")),
        (Two, add_note(&mut vault, "Two", "text two")),
        (First, add_document(&mut vault, "First", &bytes(LARGE))),
        (Second, add_document(&mut vault, "Second", &document(Second))),
        (Login, add_login(&mut vault, "GitHub", "hunter2")),
        (Gone, add_document(&mut vault, "Gone", &bytes(LARGE))),
    ];
    items.sort();
    let item = |who| items.iter().find(|(known, _)| *known == who).unwrap().1;
    let body = block_on(vault.new_body(Some(item(First)))).unwrap();
    let body = body.seal_document(&document(First)[..], &NoWatch).unwrap();
    vault.commit(vec![Change::Revise { item: item(First), body, edit: Default::default() }]).unwrap();
    let before = bench.place.path().join("before");
    copy(&bench.folder(), &before);
    vault.commit(vec![Change::Purge { item: item(Gone) }]).unwrap();
    Original { bench, before, items }
});

fn document(who: Who) -> Vec<u8> {
    let mut content = bytes(LARGE);
    content[0] = who as u8;
    content
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

fn id(who: Who) -> ItemId {
    ORIGINAL.items.iter().find(|(known, _)| *known == who).unwrap().1
}

/// A copy that may be changed, and a machine that has seen it.
struct Victim {
    place: tempfile::TempDir,
    pins: Arc<MemoryPins>,
}

impl Victim {
    fn new() -> Self {
        let victim = Self { place: tempfile::tempdir().unwrap(), pins: Arc::default() };
        copy(&ORIGINAL.bench.folder(), &victim.folder());
        let vault = LockedVault::open(&victim.folder()).unwrap().id();
        let seen = ORIGINAL.bench.pins.load(vault, &ORIGINAL.bench.folder()).unwrap().unwrap();
        victim.pins.replace(&seen, &victim.folder()).unwrap();
        victim
    }

    fn folder(&self) -> PathBuf {
        self.place.path().join("Family.sealkeep")
    }

    fn unlock(&self) -> UnlockedVault {
        let bench = &ORIGINAL.bench;
        let locked = LockedVault::open(&self.folder()).unwrap();
        let confirmed = locked.confirm();
        let opening = Opening { pins: Arc::clone(&self.pins) as _, ..bench.opening(Arc::clone(&bench.asked) as _) };
        block_on(locked.unlock(opening, confirmed)).unwrap()
    }

    /// Its rows, and those of before as `before`.
    fn database(&self) -> Connection {
        let database = Connection::open(self.folder().join("vault.db")).unwrap();
        database.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").unwrap();
        database
            .execute(
                "ATTACH ?1 AS before",
                [format!("file:{}?immutable=1", ORIGINAL.before.join("vault.db").display())],
            )
            .unwrap();
        database
    }

    /// The file of a revision, in a folder of bodies.
    fn body(&self, folder: &std::path::Path, who: Who, revision: u32) -> PathBuf {
        let sql = "SELECT revision_id FROM before.revision WHERE item_id = ?1 AND number = ?2";
        let id: [u8; 16] = self.database().query_row(sql, params![id(who).0, revision], |row| row.get(0)).unwrap();
        folder.join("bodies").join(sealkeep::format::v1::RevisionId(id).to_string())
    }

    /// Exchanges columns of the current revisions, or summaries, of two items.
    fn exchange(&self, table: &str, columns: &[&str], one: Who, two: Who) {
        let database = self.database();
        let read = |who: Who| -> Vec<Value> {
            let sql = format!("SELECT {} FROM {table} WHERE {}", columns.join(", "), of_item(table));
            let all = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|at| row.get(at)).collect();
            database.query_row(&sql, [id(who).0], all).unwrap()
        };
        let (ones, twos) = (read(one), read(two));
        assert_ne!(ones, twos, "nothing would change");
        for (who, values) in [(one, twos), (two, ones)] {
            for (column, value) in columns.iter().zip(values) {
                let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {}", of_item(table));
                assert_eq!(database.execute(&sql, params![id(who).0, value]).unwrap(), 1, "{sql}");
            }
        }
    }
}

/// Which row of `table` is an item's, of those that have just one.
fn of_item(table: &str) -> &str {
    if table == "revision_wrap" {
        "revision_id = (SELECT revision_id FROM revision WHERE item_id = ?1)"
    } else {
        "item_id = ?1"
    }
}

/// What somebody does to the folder, and what is to be said of it.
struct Case {
    what: &'static str,
    edit: fn(&Victim),
    /// At unlock, in any order.
    at_unlock: Vec<(Who, Finding)>,
    /// By a check as well.
    by_check: Vec<(Who, Finding)>,
    /// Whose content need not open any more.
    touched: &'static [Who],
}

impl Case {
    fn of_rows(what: &'static str, edit: fn(&Victim), touched: &'static [Who], found: Vec<(Who, Finding)>) -> Self {
        Self { what, edit, at_unlock: found.clone(), by_check: found, touched }
    }

    fn of_bytes(what: &'static str, edit: fn(&Victim), touched: &'static [Who], found: Vec<(Who, Finding)>) -> Self {
        Self { what, edit, at_unlock: vec![], by_check: found, touched }
    }

    fn run(&self) {
        let victim = Victim::new();
        (self.edit)(&victim);
        let mut vault = victim.unlock();
        assert_eq!(named(vault.problems()), sorted(&self.at_unlock), "{}, at unlock", self.what);
        let report = block_on(vault.check(Depth::Full, Arc::new(NoWatch))).unwrap();
        assert_eq!(named(&report.problems), sorted(&self.by_check), "{}, by a check", self.what);
        self.look(&mut vault, "before it is accepted");
        // Saving waits for a person where anything shows, and then goes on beside what is not as it was.
        if !self.at_unlock.is_empty() {
            assert!(matches!(revise_note(&mut vault, id(One), "x"), Err(VaultError::Unaccepted)), "{}", self.what);
            vault.accept().unwrap();
        }
        if self.touched.contains(&Nobody) {
            return;
        }
        let more = add_note(&mut vault, "More", "more");
        drop(vault);
        let mut vault = victim.unlock();
        assert_eq!(read_field(&mut vault, more, "text").unwrap(), "more", "{}", self.what);
        self.look(&mut vault, "after it was accepted");
    }

    /// What nobody touched opens, and is what it was; what was touched is too, or does not open.
    fn look(&self, vault: &mut UnlockedVault, when: &str) {
        for (who, item) in &ORIGINAL.items {
            let right = match who {
                One => read_field(vault, *item, "text").map(|text| text == "text one"),
                Two => read_field(vault, *item, "text").map(|text| text == "text two"),
                First | Second => read_document(vault, *item).map(|content| content == document(*who)),
                Login => read_field(vault, *item, "password").map(|password| password == "hunter2"),
                Gone | Nobody => continue,
            };
            let touched = self.touched.contains(who) || self.touched.contains(&Nobody);
            assert!(touched || right.is_ok(), "{}, {when}: {who:?}: {:?}", self.what, right.err());
            assert!(right.unwrap_or(true), "{}, {when}: {who:?} is not what it was", self.what);
        }
    }
}

/// Problems, by whose they are.
fn named(problems: &[Problem]) -> Vec<String> {
    let who = |problem: &Problem| match problem.item {
        None => Nobody,
        Some(item) => ORIGINAL.items.iter().find(|(_, known)| *known == item).map_or(Nobody, |(who, _)| *who),
    };
    let found: Vec<_> = problems.iter().map(|problem| (who(problem), problem.what.clone())).collect();
    sorted(&found)
}

fn sorted(found: &[(Who, Finding)]) -> Vec<String> {
    let mut found: Vec<_> = found.iter().map(|found| format!("{found:?}")).collect();
    found.sort();
    found
}

/// All that the row of a revision has, but for what says whose it is.
const WHOLE: [&str; 8] = ["device", "layout", "header", "message_id", "commitment", "length", "digest", "frames"];

#[test]
fn parts_of_two_items_that_change_places_are_named() {
    let both = |what: fn(u32) -> Finding| vec![(One, what(1)), (Two, what(1))];
    let cases = [
        Case::of_rows(
            "wrapped keys",
            |victim| victim.exchange("revision_wrap", &["edk"], One, Two),
            &[One, Two],
            both(Finding::WrapsChanged),
        ),
        Case::of_rows(
            "headers",
            |victim| victim.exchange("revision", &["header"], One, Two),
            &[One, Two],
            both(Finding::RevisionChanged),
        ),
        Case::of_rows(
            "bodies of one length",
            |victim| {
                let length = "SELECT count(DISTINCT length(frames)) FROM revision WHERE item_id IN (?1, ?2)";
                let of = params![id(One).0, id(Two).0];
                assert_eq!(victim.database().query_row(length, of, |row| row.get::<_, i64>(0)).unwrap(), 1);
                victim.exchange("revision", &["frames"], One, Two);
            },
            &[One, Two],
            both(Finding::BodyChanged),
        ),
        Case::of_rows(
            "bodies with their digests",
            |victim| victim.exchange("revision", &["frames", "digest"], One, Two),
            &[One, Two],
            both(Finding::RevisionChanged),
        ),
        Case::of_rows(
            "whole revisions, wrapped keys too",
            |victim| {
                victim.exchange("revision", &WHOLE, One, Two);
                victim.exchange("revision_wrap", &["edk"], One, Two);
            },
            &[One, Two],
            both(Finding::RevisionChanged),
        ),
        Case::of_rows(
            "summaries",
            |victim| victim.exchange("summary", &["sealed"], One, Two),
            &[One, Two],
            both(Finding::SummaryChanged),
        ),
        Case::of_rows(
            "whose a revision is",
            |victim| {
                let database = victim.database();
                let (one, two, none) = (id(One).0, id(Two).0, [0; 16]);
                for (from, to) in [(one, none), (two, one), (none, two)] {
                    let moved = database.execute("UPDATE revision SET item_id = ?2 WHERE item_id = ?1", [from, to]);
                    assert_eq!(moved.unwrap(), 1);
                }
            },
            &[One, Two],
            both(Finding::RevisionChanged),
        ),
        Case::of_bytes(
            "files of one length",
            |victim| {
                let (one, two) = (victim.body(&victim.folder(), First, 2), victim.body(&victim.folder(), Second, 1));
                assert_eq!(one.metadata().unwrap().len(), two.metadata().unwrap().len());
                let aside = victim.place.path().join("aside");
                fs::rename(&one, &aside).unwrap();
                fs::rename(&two, &one).unwrap();
                fs::rename(&aside, &two).unwrap();
            },
            &[First, Second],
            vec![(First, Finding::BodyChanged(2)), (Second, Finding::BodyChanged(1))],
        ),
    ];
    cases.iter().for_each(Case::run);
}

#[test]
fn what_comes_back_from_before_is_named() {
    let added = |table, count| (Nobody, Finding::RowsAdded { table, count });
    let put_rows_back: fn(&Victim) = |victim| {
        let database = victim.database();
        for table in ["item", "summary", "revision", "revision_wrap"] {
            let sql = format!("INSERT INTO main.{table} SELECT * FROM before.{table} WHERE {}", of_item_before(table));
            assert_eq!(database.execute(&sql, [id(Gone).0]).unwrap(), 1, "{sql}");
        }
    };
    let put_file_back: fn(&Victim) = |victim| {
        let file = victim.body(&ORIGINAL.before, Gone, 1);
        copy(&file, &victim.folder().join("bodies"));
    };
    let stranger = {
        let victim = Victim::new();
        let name = victim.body(&victim.folder(), Gone, 1).file_name().unwrap().into();
        (Nobody, Finding::Stranger(name))
    };
    let rows_back = [
        vec![(Gone, Finding::ItemAdded)],
        ["item", "summary", "revision", "revision_wrap"].map(|table| added(table, 1)).to_vec(),
    ]
    .concat();
    let older = vec![(Nobody, Finding::OlderCopy { missing: 1 })];
    let cases = [
        Case::of_bytes(
            "an old file of the same document",
            |victim| {
                let (old, new) = (victim.body(&victim.folder(), First, 1), victim.body(&victim.folder(), First, 2));
                assert_eq!(old.metadata().unwrap().len(), new.metadata().unwrap().len());
                make_writable(&new);
                fs::copy(old, new).unwrap();
            },
            &[First],
            vec![(First, Finding::BodyChanged(2))],
        ),
        Case::of_rows("rows of a purged item", put_rows_back, &[], rows_back.clone()),
        Case::of_bytes("the file of a purged item", put_file_back, &[], vec![stranger]),
        Case::of_rows(
            "a page from before somebody was purged: no tombstone",
            |victim| {
                let sql = "UPDATE main.page SET sealed = (SELECT sealed FROM before.page)";
                assert_eq!(victim.database().execute(sql, []).unwrap(), 1);
            },
            // Nobody is, but the page says of all of them what they are.
            &[Nobody],
            vec![(Nobody, Finding::PageChanged(1))],
        ),
        Case {
            what: "head, page, rows and file from before: as if nobody had been purged",
            edit: |victim| {
                let put_rows_back = |table: &str| {
                    let sql = format!(
                        "INSERT INTO main.{table} SELECT * FROM before.{table} WHERE {}",
                        of_item_before(table)
                    );
                    assert_eq!(victim.database().execute(&sql, [id(Gone).0]).unwrap(), 1, "{sql}");
                };
                ["item", "summary", "revision", "revision_wrap"].iter().for_each(|table| put_rows_back(table));
                let sql = "UPDATE main.page SET sealed = (SELECT sealed FROM before.page);
                    UPDATE main.collection SET head = (SELECT head FROM before.collection)";
                victim.database().execute_batch(sql).unwrap();
                copy(&victim.body(&ORIGINAL.before, Gone, 1), &victim.folder().join("bodies"));
            },
            at_unlock: older.clone(),
            by_check: older.clone(),
            touched: &[],
        },
        Case::of_rows(
            "the whole folder from before",
            |victim| {
                fs::remove_dir_all(victim.folder()).unwrap();
                copy(&ORIGINAL.before, &victim.folder());
            },
            &[],
            older,
        ),
    ];
    cases.iter().for_each(Case::run);
}

fn of_item_before(table: &str) -> &str {
    if table == "revision_wrap" {
        "revision_id = (SELECT revision_id FROM before.revision WHERE item_id = ?1)"
    } else {
        "item_id = ?1"
    }
}

/// What was restored on purpose is taken, once somebody says so, and from then on is what was seen here.
#[test]
fn a_backup_that_was_accepted_is_in_order() {
    let victim = Victim::new();
    fs::remove_dir_all(victim.folder()).unwrap();
    copy(&ORIGINAL.before, &victim.folder());
    let mut vault = victim.unlock();
    assert_eq!(named(vault.problems()), sorted(&[(Nobody, Finding::OlderCopy { missing: 1 })]));
    vault.accept().unwrap();
    let text = note("text one again");
    let body = block_on(vault.new_body(Some(id(One)))).unwrap().seal_fields(&text).unwrap();
    vault.commit(vec![Change::Revise { item: id(One), body, edit: Default::default() }]).unwrap();
    drop(vault);
    let mut vault = victim.unlock();
    assert_eq!(vault.problems(), []);
    let report = block_on(vault.check(Depth::Full, Arc::new(NoWatch))).unwrap();
    assert_eq!((report.problems, report.items), (vec![], 6));
    assert!(read_document(&mut vault, id(Gone)).unwrap() == bytes(LARGE), "it was not purged yet");
}
