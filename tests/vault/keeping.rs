//! For how long things are kept: old revisions by a limit, the trash by its days, and nothing before.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sealkeep::crypto::NoWatch;
use sealkeep::vault::{
    Change, ClockDoubt, Depth, ItemId, PruneLimit, Retention, SummaryEdit, UnlockedVault, VaultError,
};

use crate::support::vaults::{
    Bench, add_document, add_note, block_on, bytes, read_field, revise_note, secret, unlock_on,
};

fn numbers(vault: &mut UnlockedVault, item: ItemId) -> Vec<u32> {
    vault.history(item).unwrap().iter().map(|revision| revision.number).collect()
}

fn prune(vault: &mut UnlockedVault, item: ItemId, revisions: &[u32]) -> Result<(), VaultError> {
    let revisions: BTreeSet<u32> = revisions.iter().copied().collect();
    vault.commit(vec![Change::Prune { item, revisions }]).map(drop)
}

fn in_order(vault: &mut UnlockedVault) {
    let report = block_on(vault.check(Depth::Full, Arc::new(NoWatch))).unwrap();
    assert_eq!(report.problems, []);
}

#[test]
fn a_limit_acts_with_the_next_save_and_keeps_the_newest() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "text 1");
    let other = add_note(&mut vault, "Other", "text");
    for number in 2..=5 {
        revise_note(&mut vault, item, &format!("text {number}")).unwrap();
    }
    let mut elsewhere = bench.unlock().unwrap();
    let retention = Retention { revisions: Some(3), ..vault.retention() };
    vault.set_retention(retention).unwrap();
    assert_eq!(numbers(&mut vault, item), [5, 4, 3, 2, 1], "setting it removes nothing");
    let title = SummaryEdit { title: Some(secret("New title")), ..SummaryEdit::default() };
    vault.commit(vec![Change::Describe { item, edit: title }]).unwrap();
    assert_eq!(numbers(&mut vault, item).len(), 5, "and neither does what makes no revision");
    revise_note(&mut vault, item, "text 6").unwrap();
    assert_eq!(numbers(&mut vault, item), [6, 5, 4]);
    assert_eq!(numbers(&mut vault, other), [1]);
    in_order(&mut vault);

    // Another session learns of both, and finds nothing wrong.
    assert!(elsewhere.refresh().unwrap() && elsewhere.problems().is_empty());
    assert_eq!((numbers(&mut elsewhere, item), elsewhere.retention()), (vec![6, 5, 4], retention));
    drop((vault, elsewhere));
    let mut vault = bench.unlock().unwrap();
    assert_eq!((vault.problems(), vault.retention()), (&[][..], retention));
    in_order(&mut vault);
}

#[test]
fn a_restore_removes_nothing_whatever_the_limit_and_can_be_taken_back() {
    let (_bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "first");
    revise_note(&mut vault, item, "second").unwrap();
    vault.set_retention(Retention { revisions: Some(1), ..vault.retention() }).unwrap();
    let restore = |vault: &mut UnlockedVault, revision| {
        let restoring = block_on(vault.restore_revision(item, revision)).unwrap();
        vault.commit(vec![restoring.seal(&NoWatch).unwrap()]).unwrap();
        read_field(vault, item, "text").unwrap()
    };
    assert_eq!(restore(&mut vault, 1), "first");
    assert_eq!(numbers(&mut vault, item), [3, 2, 1], "what it replaced is still there");
    assert_eq!(restore(&mut vault, 2), "second", "and comes back");
    assert_eq!(numbers(&mut vault, item), [4, 3, 2, 1]);
    in_order(&mut vault);
    revise_note(&mut vault, item, "third").unwrap();
    assert_eq!(numbers(&mut vault, item), [5], "the next save keeps to the limit");
    in_order(&mut vault);
}

#[test]
fn nothing_is_old_enough_to_go_by_a_clock_that_cannot_be_right() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "first");
    revise_note(&mut vault, item, "second").unwrap();
    let changed = vault.summary(item).unwrap().modified;
    drop(vault);
    let mut vault = unlock_on(&bench.folder(), changed + SignedDuration::from_hours(24 * 700));
    let limit = |days| PruneLimit { keep: Some(1), keep_documents: Some(1), older_than_days: days };
    assert!(matches!(vault.prunable(None, limit(Some(30))), Err(VaultError::Clock(ClockDoubt::FarAhead(_)))));
    assert_eq!(vault.prunable(None, limit(None)).unwrap()[0].revisions, [1], "a count needs no clock");
}

#[test]
fn nothing_goes_where_nobody_set_a_limit() {
    let (_bench, mut vault) = Bench::new();
    let retention = vault.retention();
    assert_eq!((retention.trash_days, retention.revisions, retention.document_revisions), (Some(30), None, None));
    let item = add_note(&mut vault, "Note", "text");
    for number in 2..40 {
        revise_note(&mut vault, item, &format!("text {number}")).unwrap();
    }
    assert_eq!(numbers(&mut vault, item).len(), 39);
    assert_eq!(vault.prunable(None, PruneLimit::default()).unwrap(), []);
}

#[test]
fn pruned_revisions_take_their_rows_their_files_and_their_titles_with_them() {
    let (bench, mut vault) = Bench::new();
    let item = add_document(&mut vault, "Plan of the bank robbery", &bytes(400_000));
    let title = SummaryEdit { title: Some(secret("Plan")), ..SummaryEdit::default() };
    vault.commit(vec![Change::Describe { item, edit: title }]).unwrap();
    for length in [500_000, 600_000] {
        let body = block_on(vault.new_body(Some(item))).unwrap().seal_document(&bytes(length)[..], &NoWatch).unwrap();
        vault.commit(vec![Change::Revise { item, body, edit: SummaryEdit::default() }]).unwrap();
    }
    let files = bench.body_files();
    let limit = PruneLimit { keep: Some(1), keep_documents: Some(1), older_than_days: None };
    let [prunable] = &vault.prunable(None, limit).unwrap()[..] else { panic!("one item") };
    assert_eq!((prunable.item, prunable.revisions.as_slice()), (item, &[1, 2][..]));
    assert!((900_000..910_000).contains(&prunable.bytes), "{}", prunable.bytes);
    // The clock goes a day further each time it is asked.
    let old = |days| PruneLimit { older_than_days: Some(days), ..limit };
    assert_eq!(vault.prunable(Some(&[item]), old(100)).unwrap(), []);
    assert_eq!(vault.prunable(Some(&[item]), old(3)).unwrap()[0].revisions, [1, 2]);

    let rows = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        bench.database().query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((rows("revision"), rows("summary"), rows("revision_wrap")), (3, 4, 3));
    assert!(matches!(prune(&mut vault, item, &[2, 3]), Err(VaultError::CurrentRevision(3))));
    assert!(matches!(prune(&mut vault, item, &[2, 7]), Err(VaultError::NoSuchRevision(7))));
    assert_eq!((numbers(&mut vault, item), bench.body_files()), (vec![3, 2, 1], files));
    prune(&mut vault, item, &[1, 2]).unwrap();
    assert_eq!((rows("revision"), rows("summary"), rows("revision_wrap")), (1, 1, 1));
    assert_eq!((bench.body_files().len(), vault.remains().is_nothing()), (1, true));
    assert_eq!(vault.summary(item).unwrap().title.expose(), "Plan");
    in_order(&mut vault);
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    assert_eq!(vault.problems(), []);
    assert_eq!(numbers(&mut vault, item), [3]);
}

#[test]
fn a_pruned_revision_that_comes_back_from_outside_is_found() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "text 1");
    revise_note(&mut vault, item, "text 2").unwrap();
    let copy = bench.place.path().join("copy.db");
    std::fs::copy(bench.folder().join("vault.db"), &copy).unwrap();
    prune(&mut vault, item, &[1]).unwrap();
    drop(vault);
    let database = bench.database();
    database.execute("ATTACH ?1 AS old", [copy.to_str().unwrap()]).unwrap();
    for table in ["revision", "revision_wrap", "summary"] {
        database.execute(&format!("INSERT OR IGNORE INTO {table} SELECT * FROM old.{table}"), []).unwrap();
    }
    drop(database);
    let vault = bench.unlock().unwrap();
    assert!(vault.problems().iter().any(|found| found.to_string().contains("revision 1 was added")));
}

#[test]
fn the_time_in_the_trash_begins_when_it_goes_there_and_changes_nothing_else() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "text");
    let made = vault.summary(item).unwrap().modified;
    let trash = |trashed| Change::Describe { item, edit: SummaryEdit { trashed: Some(trashed), ..Default::default() } };
    vault.commit(vec![trash(true)]).unwrap();
    let summary = vault.summary(item).unwrap();
    let since = summary.trashed.unwrap();
    assert!(since > made && summary.modified == made);
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    assert_eq!(vault.summary(item).unwrap().trashed, Some(since));
    // Each look is a day later.
    let days = (0..60).take_while(|_| vault.past_their_time().unwrap().is_empty()).count();
    assert!((27..=30).contains(&days), "{days}");
    assert_eq!(vault.summaries().len(), 1, "and nothing went by itself");
    // Into the trash once more: its time begins anew.
    vault.commit(vec![trash(true)]).unwrap();
    assert_eq!(vault.past_their_time().unwrap(), []);
    vault.commit(vec![trash(false)]).unwrap();
    assert!(!vault.summary(item).unwrap().is_trashed());
    vault.set_retention(Retention { trash_days: None, ..vault.retention() }).unwrap();
    vault.commit(vec![trash(true)]).unwrap();
    assert!((0..90).all(|_| vault.past_their_time().unwrap().is_empty()));
}

/// A question may stand for hours, and an answer is about what was asked.
#[test]
fn what_left_the_trash_meanwhile_is_not_deleted_for_good() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "text");
    let trash = |vault: &mut UnlockedVault, trashed| {
        let edit = SummaryEdit { trashed: Some(trashed), ..SummaryEdit::default() };
        vault.commit(vec![Change::Describe { item, edit }]).unwrap();
        vault.summary(item).unwrap().trashed
    };
    let seen = trash(&mut vault, true);
    let mut elsewhere = bench.unlock().unwrap();
    trash(&mut elsewhere, false);
    assert!(matches!(vault.commit(vec![Change::purge(item, seen)]), Err(VaultError::LeftTrash)));
    let anew = trash(&mut elsewhere, true);
    assert_ne!(anew, seen);
    assert!(matches!(vault.commit(vec![Change::purge(item, seen)]), Err(VaultError::LeftTrash)), "its time began anew");
    assert_eq!(read_field(&mut vault, item, "text").unwrap(), "text");
    vault.commit(vec![Change::purge(item, anew)]).unwrap();
    assert!(vault.summaries().is_empty());
    in_order(&mut vault);
}

/// A machine's clock was years behind when it saved: what it saved is not as old as it says.
#[test]
fn nothing_is_old_because_a_clock_was_behind() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "first");
    add_note(&mut vault, "Other", "text");
    add_note(&mut vault, "Third", "text");
    drop(vault);
    let mut behind = unlock_on(&bench.folder(), Timestamp::UNIX_EPOCH);
    revise_note(&mut behind, item, "second").unwrap();
    let edit = SummaryEdit { trashed: Some(true), ..SummaryEdit::default() };
    behind.commit(vec![Change::Describe { item, edit }]).unwrap();
    drop(behind);
    let mut vault = bench.unlock().unwrap();
    revise_note(&mut vault, item, "third").unwrap();
    let limit = PruneLimit { older_than_days: Some(30), ..PruneLimit::default() };
    assert_eq!(vault.prunable(None, limit).unwrap(), [], "the second came after the first, which is days old");
    assert!(vault.summary(item).unwrap().trashed.unwrap().as_second() < 10);
    assert_eq!(vault.past_their_time().unwrap(), []);
}
