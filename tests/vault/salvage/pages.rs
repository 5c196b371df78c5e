//! Of a manifest of several pages, and of rows that say what can't be.

use std::sync::LazyLock;

use sealkeep::vault::{Alteration, Change, Kind, LockedVault};

use super::{LARGE, Original, Salvaged, victim, victim_of};
use crate::support::tangled::tangle;
use crate::support::vaults::{Bench, block_on, note, revise_note, secret};

/// A vault whose manifest has two pages: 256 notes on the first, and 4 on the second.
static TWO_PAGES: LazyLock<Original> = LazyLock::new(|| {
    let (bench, mut vault) = Bench::new();
    let add = |number: usize| Change::Add {
        kind: Kind::Note,
        title: secret(&format!("Note {number}")),
        tags: vec![],
        subtitle: secret(""),
        media_type: String::new(),
        body: block_on(vault.new_body(None)).unwrap().seal_fields(&note("text")).unwrap(),
    };
    let changes = (0..260).map(add).collect();
    let items = vault.commit(changes).unwrap();
    Original { bench, login: items[0], note: items[1], document: items[2], trashed: items[259] }
});

#[test]
fn a_page_that_is_gone_with_all_its_rows_is_told() {
    let victim = victim_of(&TWO_PAGES);
    let of_page = "WHERE item_id IN (SELECT item_id FROM item WHERE page = 2)";
    let wraps = format!("revision_id IN (SELECT revision_id FROM revision {of_page})");
    victim.edit(&format!("DELETE FROM revision_wrap WHERE {wraps}"), None);
    for table in ["revision", "summary", "item"] {
        victim.edit(&format!("DELETE FROM {table} {of_page}"), None);
    }
    victim.edit("DELETE FROM page WHERE page = 2", None);
    let salvaged = Salvaged::of(&victim);
    assert_eq!(salvaged.report.items, 256);
    assert_eq!(salvaged.lost(), [(None, "page 2 of the manifest is missing".to_owned())]);
    assert!(!salvaged.report.problems.is_empty());
}

/// Neither twice, nor as nobody vouches for it.
#[test]
fn what_an_intact_page_lists_is_not_taken_from_a_damaged_one() {
    for (damaged, moved, unproven) in [(2, TWO_PAGES.login, 4), (1, TWO_PAGES.trashed, 256)] {
        let victim = victim_of(&TWO_PAGES);
        let page = format!("UPDATE page SET sealed = randomblob(length(sealed)) WHERE page = {damaged}");
        victim.edit(&page, None);
        victim.edit(&format!("UPDATE item SET page = {damaged} WHERE item_id = ?1"), Some(moved));
        let salvaged = Salvaged::of(&victim);
        assert_eq!(salvaged.lost(), [(None, format!("page {damaged} of the manifest was changed"))]);
        assert_eq!((salvaged.report.items, salvaged.report.revisions), (260, 260));
        let changed = salvaged.changed();
        assert_eq!(changed.len(), unproven);
        assert!(changed.iter().all(|(item, how)| *item != moved && *how == Alteration::Unproven));
    }
}

#[test]
fn no_number_in_a_row_stops_a_salvage() {
    let victim = victim();
    let sql = "UPDATE revision SET length = 9223372036854775807";
    victim.edit(sql, None);
    assert_eq!(LockedVault::open(&victim.folder()).unwrap().status().unwrap().bytes, i64::MAX as u64);
    assert_eq!(victim.unlock().unwrap().summaries().len(), 4);
    let salvaged = Salvaged::of(&victim);
    assert_eq!((salvaged.report.items, salvaged.lost()), (4, vec![]));

    let victim = super::victim();
    victim.edit(&format!("{sql} WHERE frames IS NOT NULL"), None);
    victim.edit("UPDATE page SET sealed = randomblob(length(sealed))", None);
    victim.edit("INSERT INTO summary VALUES (?1, 4294967295, x'00')", Some(victim.note));
    victim.edit("UPDATE revision SET number = 4294967295 WHERE item_id = ?1 AND number = 3", Some(victim.note));
    let mut salvaged = Salvaged::of(&victim);
    let summary = (Some(victim.note), "summary 4294967295 was changed".to_owned());
    assert_eq!(salvaged.lost(), [(None, "page 1 of the manifest was changed".to_owned()), summary]);
    assert_eq!((salvaged.report.items, salvaged.report.revisions), (4, 6));
    assert!(salvaged.report.bytes < 2 * LARGE as u64);
    revise_note(&mut salvaged.vault, victim.note, "fourth").unwrap();

    let victim = super::victim();
    victim.edit("UPDATE page SET sealed = randomblob(length(sealed))", None);
    victim.edit("UPDATE revision SET number = 0 WHERE item_id = ?1 AND number = 1", Some(victim.note));
    let salvaged = Salvaged::of(&victim);
    assert_eq!((salvaged.report.items, salvaged.report.revisions), (4, 6), "{:?}", salvaged.lost());
    assert_eq!(salvaged.lost(), [(None, "page 1 of the manifest was changed".to_owned())]);
}

#[test]
fn a_salvage_ends_where_the_rows_of_a_damaged_page_do_not() {
    let victim = victim();
    victim.edit("UPDATE page SET sealed = randomblob(length(sealed))", None);
    tangle(&victim.folder().join("vault.db"), "item_by_page");
    let salvaged = Salvaged::of(&victim);
    assert_eq!(salvaged.lost(), [(None, "page 1 of the manifest was changed".to_owned())]);
    assert_eq!(salvaged.report.items, 0, "nobody knows which items stood there");
}

/// What is sealed in the one layout is something else in the other.
#[test]
fn a_row_without_a_page_is_not_taken_in_another_layout() {
    let victim = victim();
    victim.edit("UPDATE page SET sealed = randomblob(length(sealed))", None);
    let database = rusqlite::Connection::open(victim.folder().join("vault.db")).unwrap();
    let (id, frames): ([u8; 16], Vec<u8>) = database
        .query_row("SELECT revision_id, frames FROM revision WHERE item_id = ?1", [victim.login.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    drop(database);
    let file: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(victim.folder().join("bodies").join(file), &frames).unwrap();
    let sql = format!("UPDATE revision SET layout = 2, frames = NULL, length = {} WHERE item_id = ?1", frames.len());
    victim.edit(&sql, Some(victim.login));
    let salvaged = Salvaged::of(&victim);
    let login = (Some(victim.login), "revision 1 was changed".to_owned());
    assert!(salvaged.lost().contains(&login), "{:?}", salvaged.lost());
    assert!(salvaged.vault.summary(victim.login).is_err());
}
