//! A host puts something of its own, or of another vault, in the place of what decides who opens this one: slots, what a guess at
//! the passphrase costs, the vault itself, its collection.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use sealkeep::providers::{KdfParams, ProviderError};
use sealkeep::vault::{Finding, ItemId, LockedVault, NewVault, SlotConfig, Trust, VaultError, create_vault};

use crate::support::vaults::{
    Bench, MemoryPins, PASSPHRASE, add_document, add_note, block_on, bytes, read_document, read_field,
};

const LARGE: usize = 300_000;

fn victim(params: KdfParams) -> (Bench, ItemId, ItemId) {
    let (bench, mut vault) = Bench::with_params(PASSPHRASE, params);
    let note = add_note(&mut vault, "Note", "text");
    let document = add_document(&mut vault, "Doc", &bytes(LARGE));
    (bench, note, document)
}

fn trust(bench: &Bench) -> Trust {
    LockedVault::open(&bench.folder()).unwrap().trust(&*bench.pins).unwrap()
}

/// The vault as it was, when what was done to it is undone.
fn opens_whole(bench: &Bench, note: ItemId, document: ItemId) {
    assert_eq!(trust(bench), Trust::Known);
    let mut vault = bench.unlock_with(PASSPHRASE).unwrap();
    assert_eq!(vault.problems(), []);
    assert_eq!(read_field(&mut vault, note, "text").unwrap(), "text");
    assert!(read_document(&mut vault, document).unwrap() == bytes(LARGE));
}

/// Whether it is refused as it should be.
type Refused = fn(&VaultError) -> bool;

/// Memory in KiB, and passes: both are read off the record before a passphrase is asked for.
#[test]
fn a_guess_that_was_made_cheaper_or_dearer_opens_nothing() {
    let (bench, note, document) = victim(KdfParams::new(24 * 1024, 3, 1).unwrap());
    let sql = "SELECT config FROM slot";
    let config: Vec<u8> = bench.database().query_row(sql, [], |row| row.get(0)).unwrap();
    let SlotConfig::Passphrase { record } = SlotConfig::from_bytes(&config).unwrap() else { panic!("a passphrase") };
    let put = |record: &[u8]| {
        let config = SlotConfig::Passphrase { record: record.to_vec() }.to_bytes().unwrap();
        assert_eq!(bench.database().execute("UPDATE slot SET config = ?1", [config]).unwrap(), 1);
    };
    let malformed: Refused = |error| matches!(error, VaultError::Provider(ProviderError::Malformed(_)));
    let wrong: Refused = |error| matches!(error, VaultError::Provider(ProviderError::WrongPassphrase));
    // Memory and passes, each lower and higher; within what is accepted, and beyond.
    let changes: [(usize, u32, Refused); 8] = [
        (1, 19 * 1024, wrong),
        (1, 32 * 1024, wrong),
        (5, 2, wrong),
        (5, 4, wrong),
        (1, 8, malformed),
        (1, u32::MAX, malformed),
        (5, 1, malformed),
        (5, u32::MAX, malformed),
    ];
    for (at, value, expected) in changes {
        let mut changed = record.clone();
        changed[at..at + 4].copy_from_slice(&value.to_be_bytes());
        put(&changed);
        assert!(matches!(trust(&bench), Trust::SlotsChanged { .. }), "{at}: {value}");
        let refused = bench.unlock_with(PASSPHRASE).map(|_| ()).unwrap_err();
        assert!(expected(&refused), "{at}: {value}: {refused}");
        // Nor for somebody who has the slot's key already: the record is sealed in the head.
        assert!(matches!(bench.unlock(), Err(VaultError::SlotsForged)), "{at}: {value}");
    }
    put(&record);
    opens_whole(&bench, note, document);
}

#[test]
fn a_slot_of_somebody_elses_opens_nothing() {
    let (bench, note, document) = victim(KdfParams::FLOOR);
    let (other, vault) = Bench::with_passphrase("theirs");
    drop(vault);
    let database = bench.database();
    database.execute("ATTACH ?1 AS other", [other.folder().join("vault.db").to_str().unwrap()]).unwrap();
    let added = "INSERT INTO main.slot SELECT * FROM other.slot;
        INSERT INTO main.index_wrap SELECT collection_id, epoch, (SELECT slot_id FROM other.slot), state, edk FROM main.index_wrap;
        INSERT INTO main.revision_wrap SELECT revision_id, (SELECT slot_id FROM other.slot), state, edk FROM main.revision_wrap";
    database.execute_batch(added).unwrap();
    let Trust::SlotsChanged { now, .. } = trust(&bench) else { panic!("{:?}", trust(&bench)) };
    assert_eq!(now.len(), 2);
    // Whatever the person says to that.
    assert!(matches!(bench.unlock(), Err(VaultError::SlotsForged)));
    let undone = "DELETE FROM main.revision_wrap WHERE slot_id IN (SELECT slot_id FROM other.slot);
        DELETE FROM main.index_wrap WHERE slot_id IN (SELECT slot_id FROM other.slot);
        DELETE FROM main.slot WHERE slot_id IN (SELECT slot_id FROM other.slot)";
    database.execute_batch(undone).unwrap();
    opens_whole(&bench, note, document);
}

fn put_in_place_of(folder: &Path, other: &Path) {
    fs::remove_dir_all(folder).unwrap();
    fs::rename(other, folder).unwrap();
}

#[test]
fn another_vault_in_its_place_is_told_before_a_passphrase_is_asked_for() {
    let (bench, note, document) = victim(KdfParams::FLOOR);
    let (other, mut vault) = Bench::with_passphrase("theirs");
    let theirs = vault.id();
    add_note(&mut vault, "Note", "theirs");
    drop(vault);
    let ours = LockedVault::open(&bench.folder()).unwrap().id();
    let aside = bench.place.path().join("aside");
    fs::rename(bench.folder(), &aside).unwrap();
    fs::rename(other.folder(), bench.folder()).unwrap();
    assert_eq!(LockedVault::open(&bench.folder()).unwrap().id(), theirs);
    let Trust::AnotherVault { before, key_arns } = trust(&bench) else { panic!("{:?}", trust(&bench)) };
    assert_eq!((before, key_arns), (ours, vec![]));
    // Even to somebody who says yes to that, nothing of it opens as ours.
    assert!(bench.unlock_with(PASSPHRASE).is_err() && bench.unlock().is_err());
    // The same, under our vault's name.
    bench.database().execute("UPDATE vault SET vault_id = ?1", [ours.0]).unwrap();
    assert!(matches!(trust(&bench), Trust::SlotsChanged { .. }));
    assert!(bench.unlock_with(PASSPHRASE).is_err() && bench.unlock().is_err());
    put_in_place_of(&bench.folder(), &aside);
    opens_whole(&bench, note, document);
}

/// The tables of what is in a collection, those that are referred to first.
const OF_A_COLLECTION: [&str; 8] =
    ["collection", "epoch", "index_wrap", "page", "item", "summary", "revision", "revision_wrap"];

/// Exchanges the collection of `bench`'s vault for that of the vault in `from`.
fn exchange_collections(bench: &Bench, from: &Path) {
    let database = bench.database();
    database.execute("ATTACH ?1 AS other", [from.join("vault.db").to_str().unwrap()]).unwrap();
    for table in OF_A_COLLECTION {
        let sql = format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM other.{table}");
        database.execute_batch(&sql).unwrap();
    }
}

#[test]
fn another_vaults_collection_opens_neither_beside_ours_nor_in_its_place() {
    let (bench, note, document) = victim(KdfParams::FLOOR);
    let (other, mut vault) = Bench::with_passphrase("theirs");
    add_note(&mut vault, "Note", "theirs");
    drop(vault);
    let whole = fs::read(bench.folder().join("vault.db")).unwrap();
    let database = bench.database();
    database.execute("ATTACH ?1 AS other", [other.folder().join("vault.db").to_str().unwrap()]).unwrap();
    for table in OF_A_COLLECTION {
        database.execute_batch(&format!("INSERT INTO main.{table} SELECT * FROM other.{table}")).unwrap();
    }
    drop(database);
    let refused = bench.unlock().map(|_| ()).unwrap_err();
    assert!(matches!(&refused, VaultError::Damaged(what) if what.contains("2 collections")), "{refused}");
    fs::write(bench.folder().join("vault.db"), &whole).unwrap();
    opens_whole(&bench, note, document);

    exchange_collections(&bench, &other.folder());
    // Its index key is wrapped for another slot; and named as if it were for ours, it is bound to another vault.
    assert!(matches!(bench.unlock(), Err(VaultError::NotWrapped(_))));
    bench.database().execute("UPDATE index_wrap SET slot_id = (SELECT slot_id FROM slot)", []).unwrap();
    let refused = bench.unlock().map(|_| ()).unwrap_err();
    assert!(matches!(refused, VaultError::Provider(_)), "{refused}");
    fs::write(bench.folder().join("vault.db"), &whole).unwrap();
    opens_whole(&bench, note, document);
}

/// Somebody who can wrap for this vault's own slot made it: under KMS, whoever may encrypt with the vault's key.
#[test]
fn a_collection_that_was_never_seen_here_is_named() {
    let (bench, note, document) = victim(KdfParams::FLOOR);
    // A vault of the same name and slot, made where this machine does not look.
    let elsewhere = bench.place.path().join("elsewhere");
    let theirs = {
        let new = NewVault { pins: Arc::<MemoryPins>::default(), ..bench.new_vault(&elsewhere) };
        add_note(&mut block_on(create_vault(new)).unwrap(), "Theirs", "theirs")
    };
    let whole = fs::read(bench.folder().join("vault.db")).unwrap();
    exchange_collections(&bench, &elsewhere);
    assert_eq!(trust(&bench), Trust::Known, "slots and vault are the same");
    let mut vault = bench.unlock().unwrap();
    let found: Vec<_> = vault.problems().iter().map(|problem| problem.what.clone()).collect();
    assert!(found.contains(&Finding::CollectionMissing) && found.contains(&Finding::CollectionAdded), "{found:?}");
    assert!(matches!(block_on(vault.new_body(None)).map(|_| ()), Err(VaultError::Unaccepted)));
    assert!(read_field(&mut vault, theirs, "text").is_ok() && vault.summary(note).is_err());
    drop(vault);
    fs::write(bench.folder().join("vault.db"), &whole).unwrap();
    opens_whole(&bench, note, document);
}
