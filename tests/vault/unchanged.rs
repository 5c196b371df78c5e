//! Salvage changes no byte of the vault that it copies from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkeep::vault::{LockedVault, StoreError, UnlockedVault, VaultError};

use crate::support::vaults::{Bench, add_document, add_note, block_on, bytes, read_document, read_field};

/// Every file below `folder` with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for (path, bytes) in files(from) {
        let to = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
}

fn unlock(bench: &Bench, folder: &Path) -> Result<UnlockedVault, VaultError> {
    let locked = LockedVault::open_to_salvage(folder)?;
    let confirmed = locked.confirm();
    Ok(block_on(locked.unlock(bench.opening(Arc::clone(&bench.asked) as _), confirmed))?)
}

#[test]
fn a_vault_is_read_to_be_salvaged_without_a_byte_of_it_changing() {
    let (bench, mut vault) = Bench::new();
    let document = add_document(&mut vault, "Large", &bytes(300_000));
    let first = add_note(&mut vault, "First", "in the database");
    // Another program keeps the log from being emptied: what comes now stands in it alone.
    let reading = bench.database();
    reading.execute_batch("BEGIN; SELECT count(*) FROM item").unwrap();
    let last = add_note(&mut vault, "Last", "in the log");
    let left = bench.place.path().join("left.sealkeep");
    copy(&bench.folder(), &left);
    fs::remove_file(left.join("vault.db-shm")).unwrap();
    drop((vault, reading));
    assert!(!bench.folder().join("vault.db-wal").exists(), "that one was closed in order");

    for folder in [bench.folder(), left] {
        let before = files(&folder);
        let mut found = unlock(&bench, &folder).unwrap();
        assert_eq!(found.problems(), []);
        assert_eq!(read_field(&mut found, first, "text").unwrap(), "in the database");
        assert_eq!(read_field(&mut found, last, "text").unwrap(), "in the log");
        assert!(read_document(&mut found, document).unwrap() == bytes(300_000));
        assert!(files(&folder) == before, "while it is open");
        drop(found);
        assert!(files(&folder) == before, "and afterwards");
    }
}

#[test]
fn somebody_who_saves_meanwhile_is_noticed() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "text");
    let mut found = unlock(&bench, &bench.folder()).unwrap();
    add_note(&mut vault, "Another", "text");
    let read = read_field(&mut found, item, "text");
    assert!(matches!(read, Err(VaultError::Store(StoreError::InUse))), "{read:?}");
}
