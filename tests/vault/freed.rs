//! What was removed is gone from the disk: its room, and its ciphertext.

use std::fs;
use std::path::Path;

use sealkeep::crypto::NoWatch;
use sealkeep::vault::{Change, Depth, Kind, Remains};

use crate::support::vaults::{Bench, add_document, add_note, adding, block_on, bytes, note};

/// Every file of a vault and how long it is together.
fn size_of(folder: &Path) -> u64 {
    let entries = [folder.to_owned(), folder.join("bodies")].into_iter().flat_map(|at| fs::read_dir(at).unwrap());
    entries.map(|entry| entry.unwrap().metadata().unwrap()).filter(|file| file.is_file()).map(|file| file.len()).sum()
}

/// Whether any file of a vault has these bytes.
fn is_in(folder: &Path, marker: &[u8]) -> bool {
    let entries = [folder.to_owned(), folder.join("bodies")].into_iter().flat_map(|at| fs::read_dir(at).unwrap());
    let files = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.into_iter().any(|file| memchr::memmem::find(&fs::read(file).unwrap(), marker).is_some())
}

/// Ciphertext as it stands on the disk: of bodies, summaries, wraps and a file, a few of each.
fn markers(bench: &Bench) -> Vec<Vec<u8>> {
    let database = bench.database();
    let mut markers = Vec::new();
    for (column, table) in
        [("frames", "revision"), ("header", "revision"), ("sealed", "summary"), ("edk", "revision_wrap")]
    {
        // The end: the beginning of an edk and of a record is no secret and the same in all.
        let sql =
            format!("SELECT substr({column}, -40) FROM {table} WHERE length({column}) > 60 ORDER BY random() LIMIT 40");
        let mut query = database.prepare(&sql).unwrap();
        let found = query.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        markers.extend(found.map(Result::unwrap));
    }
    for name in bench.body_files() {
        let content = fs::read(bench.folder().join("bodies").join(name)).unwrap();
        markers.push(content[content.len() / 2..][..40].to_vec());
    }
    markers
}

#[test]
fn what_was_purged_gives_its_room_back_and_leaves_no_ciphertext() {
    let (bench, mut vault) = Bench::new();
    add_note(&mut vault, "Stays", "text");
    let before = size_of(&bench.folder());
    add_document(&mut vault, "Large", &bytes(16_000_000));
    for number in 0..20 {
        add_document(&mut vault, &format!("In a row {number}"), &bytes(200_000));
    }
    let changes =
        (0..2000).map(|number| adding(&vault, Kind::Note, &format!("Note {number}"), &note("text"))).collect();
    vault.commit(changes).unwrap();
    let full = size_of(&bench.folder());
    assert!(full > before + 20_000_000, "{full}");
    let stays = vault.find("Stays", None).unwrap();
    let gone: Vec<_> = vault.summaries().iter().map(|item| item.id).filter(|item| *item != stays).collect();
    let mut markers = markers(&bench);
    assert!(markers.len() > 100);
    let kept = |marker: &Vec<u8>| {
        let sql = "SELECT count(*) FROM summary WHERE item_id = ?1 AND instr(sealed, ?2) > 0";
        let of_summary = bench.database().query_row(sql, (stays.0, marker), |row| row.get::<_, i64>(0)).unwrap();
        let sql = "SELECT count(*) FROM revision r JOIN revision_wrap w USING (revision_id) WHERE r.item_id = ?1 AND \
                   (instr(frames, ?2) > 0 OR instr(header, ?2) > 0 OR instr(edk, ?2) > 0)";
        of_summary + bench.database().query_row(sql, (stays.0, marker), |row| row.get::<_, i64>(0)).unwrap() > 0
    };
    markers.retain(|marker| !kept(marker));
    assert!(markers.iter().all(|marker| is_in(&bench.folder(), marker)), "they are what stands on the disk");

    vault.commit(gone.into_iter().map(|item| Change::Purge { item }).collect()).unwrap();
    assert_eq!(vault.remains(), Remains::default());
    let after = size_of(&bench.folder());
    // A purged item leaves 25 bytes in the manifest, which say that it may not come back.
    assert!(after < before + 300_000, "{before} bytes before, {full} when full, {after} after the purge");
    for marker in &markers {
        assert!(!is_in(&bench.folder(), marker), "ciphertext of what was purged is still on the disk");
    }
    let report = block_on(vault.check(Depth::Full, std::sync::Arc::new(NoWatch))).unwrap();
    assert_eq!((report.items, report.problems), (1, vec![]));
    drop(vault);
    assert_eq!(bench.unlock().unwrap().summaries().len(), 1);
}

#[test]
fn what_another_program_keeps_in_the_log_is_told_and_goes_with_a_later_commit() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Goes", "text");
    let marker = markers(&bench).swap_remove(0);
    let other = bench.database();
    other.execute_batch("BEGIN").unwrap();
    let count = |database: &rusqlite::Connection| {
        database.query_row("SELECT count(*) FROM item", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(count(&other), 1);
    vault.commit(vec![Change::Purge { item }]).unwrap();
    assert!(vault.remains().in_log);
    assert!(is_in(&bench.folder(), &marker), "the other one still reads it");
    assert_eq!(count(&other), 1, "and is not disturbed");
    other.execute_batch("COMMIT").unwrap();
    add_note(&mut vault, "Later", "text");
    assert!(vault.remains().is_nothing());
    assert!(!is_in(&bench.folder(), &marker));
}
