//! Earlier revisions: what is known of them, and how one comes back.

use std::fs;

use sealkeep::crypto::{CryptoError, NoWatch};
use sealkeep::vault::{Change, Depth, ItemId, SummaryEdit, UnlockedVault, VaultError};

use crate::support::vaults::{
    Bench, add_document, add_login, add_note, block_on, bytes, login, make_writable, read_document, read_field,
    revise_note, secret,
};

const LARGE: usize = 3_000_000;

fn restore(vault: &mut UnlockedVault, item: ItemId, revision: u32) -> Result<(), VaultError> {
    let change = block_on(vault.restore_revision(item, revision))?.seal(&NoWatch)?;
    vault.commit(vec![change]).map(drop)
}

fn revise_document(vault: &mut UnlockedVault, item: ItemId, content: &[u8], media_type: &str) {
    let body = block_on(vault.new_body(Some(item))).unwrap().seal_document(content, &NoWatch).unwrap();
    let edit = SummaryEdit { media_type: Some(media_type.to_owned()), ..SummaryEdit::default() };
    vault.commit(vec![Change::Revise { item, body, edit }]).unwrap();
}

fn document_of(vault: &mut UnlockedVault, item: ItemId, revision: u32) -> Vec<u8> {
    let mut content = Vec::new();
    block_on(vault.body_reader(item, Some(revision))).unwrap().copy_to(&mut content, &NoWatch).unwrap();
    content
}

#[test]
fn an_earlier_revision_comes_back_as_a_new_one_that_is_sealed_anew() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "text 1");
    revise_note(&mut vault, item, "text 2").unwrap();
    revise_note(&mut vault, item, "text 3").unwrap();
    let edit = SummaryEdit { title: Some(secret("Today's title")), trashed: Some(true), ..SummaryEdit::default() };
    vault.commit(vec![Change::Describe { item, edit }]).unwrap();
    restore(&mut vault, item, 1).unwrap();

    assert_eq!(read_field(&mut vault, item, "text").unwrap(), "text 1");
    let summary = vault.summary(item).unwrap();
    assert_eq!((summary.title.expose(), summary.is_trashed(), summary.revision), ("Today's title", false, 4));
    for (number, text) in [(1, "text 1"), (2, "text 2"), (3, "text 3"), (4, "text 1")] {
        let fields = block_on(vault.body_reader(item, Some(number))).unwrap().fields().unwrap();
        assert_eq!(fields.value("text").unwrap().expose(), text, "none is lost");
    }
    let distinct = |column: &str, table: &str| {
        let sql = format!("SELECT count(DISTINCT {column}) FROM {table}");
        bench.database().query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    for column in ["message_id", "commitment", "header", "frames", "digest"] {
        assert_eq!(distinct(column, "revision"), 4, "{column} was copied");
    }
    assert_eq!(distinct("edk", "revision_wrap"), 4);
    let report = block_on(vault.check(Depth::Full, std::sync::Arc::new(NoWatch))).unwrap();
    assert_eq!((report.revisions, report.problems), (4, vec![]));
}

#[test]
fn a_login_that_comes_back_is_listed_by_its_user_of_then() {
    let (_bench, mut vault) = Bench::new();
    let item = add_login(&mut vault, "GitHub", "old");
    let body = block_on(vault.new_body(Some(item))).unwrap().seal_fields(&login("otto", "new")).unwrap();
    let edit = SummaryEdit { subtitle: Some(secret("otto")), ..SummaryEdit::default() };
    vault.commit(vec![Change::Revise { item, body, edit }]).unwrap();
    restore(&mut vault, item, 1).unwrap();
    assert_eq!(read_field(&mut vault, item, "password").unwrap(), "old");
    assert_eq!(vault.summary(item).unwrap().subtitle.expose(), "anna");
    assert!(matches!(restore(&mut vault, item, 7), Err(VaultError::NoSuchRevision(7))));
}

#[test]
fn a_document_comes_back_with_its_length_and_what_it_was() {
    let (bench, mut vault) = Bench::new();
    let large = add_document(&mut vault, "Scan", &bytes(LARGE));
    revise_document(&mut vault, large, b"small now", "text/plain");
    revise_document(&mut vault, large, b"smaller", "text/csv");
    assert_eq!(bench.body_files().len(), 1);
    let history = vault.history(large).unwrap();
    let lengths: Vec<_> = history.iter().map(|revision| (revision.number, revision.length)).collect();
    assert_eq!(lengths, [(3, 7), (2, 9), (1, LARGE as u64)]);
    assert!(history[0].saved > history[1].saved && history[2].saved.is_some());

    restore(&mut vault, large, 1).unwrap();
    assert!(read_document(&mut vault, large).unwrap() == bytes(LARGE));
    let files = bench.body_files();
    let read = |name: &String| fs::read(bench.folder().join("bodies").join(name)).unwrap();
    let [one, two] = files.as_slice() else { panic!("two files: {files:?}") };
    assert!(read(one) != read(two) && read(one).len() == read(two).len(), "the frames were sealed anew");
    let summary = vault.summary(large).unwrap();
    assert_eq!((summary.size, summary.media_type.as_str()), (LARGE as u64, "application/octet-stream"));

    restore(&mut vault, large, 2).unwrap();
    assert_eq!(document_of(&mut vault, large, 5), b"small now");
    let summary = vault.summary(large).unwrap();
    assert_eq!((summary.size, summary.media_type.as_str()), (9, "text/plain"));
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    let report = block_on(vault.check(Depth::Full, std::sync::Arc::new(NoWatch))).unwrap();
    assert_eq!((report.revisions, report.problems), (5, vec![]));
}

#[test]
fn a_revision_that_was_changed_does_not_come_back_and_leaves_nothing() {
    let (bench, mut vault) = Bench::new();
    let item = add_document(&mut vault, "Scan", &bytes(LARGE));
    revise_document(&mut vault, item, b"small now", "text/plain");
    let files = bench.body_files();
    let file = bench.folder().join("bodies").join(&files[0]);
    let mut content = fs::read(&file).unwrap();
    let last = content.len() - 20;
    content[last] ^= 1;
    make_writable(&file);
    fs::write(&file, content).unwrap();
    let refused = restore(&mut vault, item, 1);
    assert!(matches!(refused, Err(VaultError::Crypto(CryptoError::NotAuthentic))), "{refused:?}");
    assert_eq!((bench.body_files(), vault.history(item).unwrap().len()), (files, 2));
    assert_eq!(read_document(&mut vault, item).unwrap(), b"small now");
}
