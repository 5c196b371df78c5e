//! What the database finds rows by, changed by a hostile host: nobody holds it against the manifest, so nothing that it says is taken for
//! what the rows say.

use std::fs;
use std::sync::Arc;

use sealkeep::vault::{Change, Depth, Finding, ItemId, NoWatch, StoreError, VaultError};

use crate::support::tangled::tangle;
use crate::support::vaults::{Bench, add_note, block_on, read_field, revise_note};

/// The indexes by which revisions are found: by their identifiers, and by their items.
const OF_REVISIONS: [&str; 2] = ["sqlite_autoindex_revision_1", "sqlite_autoindex_revision_2"];

/// Changes the page that a tree of one page has.
fn edit_root(bench: &Bench, name: &str, edit: impl FnOnce(&mut [u8])) {
    let database = bench.database();
    let number = |sql: &str| database.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap() as usize;
    assert_eq!(number("PRAGMA wal_checkpoint(TRUNCATE)"), 0);
    let length = number("PRAGMA page_size");
    let root = number(&format!("SELECT rootpage FROM sqlite_schema WHERE name = '{name}'"));
    drop(database);
    let file = bench.folder().join("vault.db");
    let mut content = fs::read(&file).unwrap();
    edit(&mut content[(root - 1) * length..root * length]);
    fs::write(&file, content).unwrap();
}

/// Makes it a leaf without a row.
fn empty(page: &mut [u8]) {
    let length = page.len();
    page[1..8].copy_from_slice(&[0, 0, 0, 0, (length >> 8) as u8, length as u8, 0]);
}

fn is_hidden(done: Result<Vec<ItemId>, VaultError>) {
    assert!(matches!(done, Err(VaultError::Store(StoreError::Damaged(_)) | VaultError::Damaged(_))), "{done:?}");
}

/// `check` compares it with the rows.
#[test]
fn an_index_that_leads_to_no_row_is_named_by_check() {
    let (bench, mut vault) = Bench::new();
    let note = add_note(&mut vault, "Note", "text");
    drop(vault);
    edit_root(&bench, "item_by_page", |page| {
        let at = page.windows(16).position(|window| window == note.0).unwrap();
        page[at + 15] ^= 1;
    });

    let mut vault = bench.unlock().unwrap();
    let report = block_on(vault.check(Depth::Quick, Arc::new(NoWatch))).unwrap();
    assert!(report.problems.iter().any(|problem| matches!(problem.what, Finding::Structure(_))), "{report:?}");
    assert_eq!(read_field(&mut vault, note, "text").unwrap(), "text", "the item itself is found another way");
}

/// What is deleted for good is counted: an index that leads to none of it passes nothing for deleted that is still there.
#[test]
fn what_an_index_hides_is_not_passed_for_deleted() {
    let (bench, mut vault) = Bench::new();
    let note = add_note(&mut vault, "Note", "first");
    revise_note(&mut vault, note, "second").unwrap();
    let other = add_note(&mut vault, "Other", "text");
    drop(vault);
    let file = bench.folder().join("vault.db");
    let intact = fs::read(&file).unwrap();
    let pruning = || Change::Prune { item: note, revisions: [1].into() };
    for index in OF_REVISIONS.into_iter().chain(["item_by_page"]) {
        edit_root(&bench, index, empty);
        let mut vault = bench.unlock().unwrap();
        assert_eq!(vault.problems(), [], "{index}: all rows are there");
        is_hidden(vault.commit(vec![Change::Purge { item: note }]));
        if index != "item_by_page" {
            is_hidden(vault.commit(vec![pruning()]));
        }
        assert_eq!(vault.summaries().len(), 2, "{index}");
        let report = block_on(vault.check(Depth::Quick, Arc::new(NoWatch))).unwrap();
        assert!(report.problems.iter().any(|problem| matches!(problem.what, Finding::Structure(_))), "{index}");
        drop(vault);
        let mut vault = bench.unlock().unwrap();
        assert_eq!((vault.problems(), vault.summaries().len()), (&[][..], 2), "{index}: nothing has happened");
        drop(vault);
        fs::write(&file, &intact).unwrap();
        vault = bench.unlock().unwrap();
        assert_eq!(read_field(&mut vault, note, "text").unwrap(), "second");
    }
    let mut vault = bench.unlock().unwrap();
    vault.commit(vec![pruning()]).unwrap();
    vault.commit(vec![Change::Purge { item: note }]).unwrap();
    assert_eq!(read_field(&mut vault, other, "text").unwrap(), "text");
    assert_eq!(bench.database().query_row("SELECT count(*) FROM revision", [], |row| row.get::<_, u32>(0)).unwrap(), 1);
}

#[test]
fn a_check_ends_where_an_index_does_not_and_what_is_read_by_it_is_damage() {
    for index in ["sqlite_autoindex_page_1", "item_by_page", "item"] {
        let (bench, mut vault) = Bench::new();
        let note = add_note(&mut vault, "Note", "text");
        drop(vault);
        tangle(&bench.folder().join("vault.db"), index);
        let mut vault = bench.unlock().unwrap();
        let report = block_on(vault.check(Depth::Quick, Arc::new(NoWatch))).unwrap();
        assert!(report.problems.iter().any(|problem| matches!(problem.what, Finding::Structure(_))), "{index}");
        assert_eq!(read_field(&mut vault, note, "text").unwrap(), "text", "{index}");
    }
}

/// What is damaged is deleted as far as it is there: what an index hides of it is there.
#[test]
fn what_an_index_hides_of_something_damaged_is_not_passed_for_deleted() {
    let (bench, mut vault) = Bench::new();
    let note = add_note(&mut vault, "Note", "first");
    revise_note(&mut vault, note, "second").unwrap();
    let other = add_note(&mut vault, "Other", "text");
    drop(vault);
    bench.database().execute("UPDATE revision_wrap SET edk = randomblob(length(edk))", []).unwrap();
    bench.unlock().unwrap().accept().unwrap();
    let file = bench.folder().join("vault.db");
    let damaged = fs::read(&file).unwrap();
    for index in OF_REVISIONS {
        edit_root(&bench, index, empty);
        let mut vault = bench.unlock().unwrap();
        assert!(vault.problems().iter().any(|problem| problem.item == Some(note)), "{index}");
        // Looked at page by page, more is missing than before.
        vault.accept().unwrap();
        is_hidden(vault.commit(vec![Change::Purge { item: note }]));
        assert_eq!(vault.summaries().len(), 2, "{index}");
        drop(vault);
        fs::write(&file, &damaged).unwrap();
    }
    let mut vault = bench.unlock().unwrap();
    vault.accept().unwrap();
    vault.commit(vec![Change::Purge { item: note }, Change::Purge { item: other }]).unwrap();
    let left = |table: &str| {
        bench.database().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, u32>(0)).unwrap()
    };
    assert_eq!(["revision", "revision_wrap", "summary", "item"].map(left), [0; 4]);
}
