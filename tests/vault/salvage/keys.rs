//! Whose key opens a damaged vault decides what of it can be believed.

use std::sync::Arc;

use sealkeep::crypto::{NoWatch, random};
use sealkeep::providers::{KdfParams, KmsProvider, RecoveryForm, RecoveryProvider, RecoveryRecord};
use sealkeep::vault::{
    Alteration, Change, Finding, Kind, NewSlot, NewVault, Opening, Pin, Pins, SlotConfig, SlotId, UnlockedVault,
    VaultError, create_vault,
};

use super::{edit, new_vault_in, open_with, run};
use crate::support::fake_kms::FakeKms;
use crate::support::vaults::{Bench, add_note, block_on, note, secret};

/// Anybody can wrap a data key for a recovery key: only a page of the manifest says which one is whose.
#[test]
fn a_recovery_key_opens_nothing_that_no_page_lists() {
    let (bench, mut vault) = Bench::new();
    let note = add_note(&mut vault, "Note", "text");
    let slot = SlotId::from_random(random::make_bytes().unwrap());
    let binding = [vault.id().0, slot.0].concat();
    let made = RecoveryRecord::make(&secret("recovery"), RecoveryForm::Passphrase, KdfParams::FLOOR, &binding);
    let (record, key) = made.unwrap();
    let provider = Arc::new(RecoveryProvider::with_key(key, slot).unwrap());
    let config = SlotConfig::Recovery { record: record.to_bytes().unwrap() };
    let new = NewSlot { id: slot, config, provider: Arc::clone(&provider) as _ };
    let added = block_on(vault.wrap_for_slot(new)).unwrap();
    vault.add_slot(added).unwrap();
    let made =
        vault.owed(None).unwrap().keys.into_iter().map(|owed| block_on(vault.wrap_owed(owed)).unwrap()).collect();
    vault.put_wraps(made).unwrap();
    vault.settle_slots().unwrap();
    drop(vault);
    let salvage = |name: &str, opening: Opening| {
        let (new, _) = new_vault_in(&bench, bench.place.path().join(name));
        block_on(open_with(&bench.folder(), opening).unwrap().salvage(new, Arc::new(NoWatch))).unwrap()
    };
    let recovering = || Opening { slot, ..bench.opening(Arc::clone(&provider) as _) };
    let report = salvage("whole", recovering());
    assert_eq!((report.items, report.lost.len()), (1, 0), "{report:?}");

    edit(&bench.folder(), "UPDATE page SET sealed = randomblob(length(sealed))", None);
    let report = salvage("recovered", recovering());
    assert_eq!((report.items, report.revisions), (0, 0));
    let lost = report.lost.iter().find(|lost| lost.item == Some(note)).unwrap();
    assert!(matches!(&lost.what, Finding::BodyLocked { number: 1, reason } if reason.contains("recovery key")));
    // The passphrase's wrap is bound to the item and the revision, and nobody else can make one.
    let report = salvage("typed", bench.opening(Arc::clone(&bench.asked) as _));
    assert_eq!((report.items, report.changed.len()), (1, 1));
}

#[test]
fn under_kms_what_no_page_lists_is_said_to_be_anybodys_who_may_encrypt() {
    let (bench, _) = Bench::new();
    let (fake, key) = FakeKms::with_key();
    let slot = SlotId::from_random(random::make_bytes().unwrap());
    let provider = Arc::new(KmsProvider::new(&fake.profile("work"), key.clone()));
    let config = SlotConfig::Kms { key_arn: key.to_string() };
    let slots = vec![NewSlot { id: slot, config, provider: Arc::clone(&provider) as _ }];
    let folder = bench.place.path().join("Team.sealkeep");
    let new = NewVault { slots, ..new_vault_in(&bench, folder.clone()).0 };
    let mut vault = run(create_vault(new)).unwrap();
    let body = run(vault.new_body(None)).unwrap().seal_fields(&note("text")).unwrap();
    let (title, subtitle) = (secret("Note"), secret(""));
    let add = Change::Add { kind: Kind::Note, title, tags: vec![], subtitle, media_type: String::new(), body };
    let item = vault.commit(vec![add]).unwrap()[0];
    drop(vault);
    edit(&folder, "UPDATE page SET sealed = randomblob(length(sealed))", None);
    let vault = open_with(&folder, Opening { slot, ..bench.opening(provider) }).unwrap();
    let (new, _) = new_vault_in(&bench, bench.place.path().join("New.sealkeep"));
    let report = run(vault.salvage(new, Arc::new(NoWatch))).unwrap();
    let changed: Vec<_> = report.changed.iter().map(|changed| (changed.item, changed.how)).collect();
    assert_eq!(changed, [(item, Alteration::UnprovenUnderKms)]);
    assert!(Alteration::UnprovenUnderKms.to_string().contains("whoever may encrypt under the KMS key"));
}

/// Somebody who may encrypt under the KMS key can make all of such a vault, and damage its head as well.
#[test]
fn a_vault_under_another_index_key_is_not_salvaged_before_it_is_accepted() {
    let (bench, mut vault) = Bench::new();
    add_note(&mut vault, "Note", "text");
    let id = vault.id();
    drop(vault);
    let seen = bench.pins.load(id, &bench.folder()).unwrap().unwrap();
    let mut pin: serde_json::Value = serde_json::from_slice(&seen.to_bytes().unwrap()).unwrap();
    pin["heads"][0]["key"] = "ab".repeat(32).into();
    bench.pins.replace(&Pin::from_bytes(pin.to_string().as_bytes()).unwrap(), &bench.folder()).unwrap();
    let open = || open_with(&bench.folder(), bench.opening(Arc::clone(&bench.asked) as _)).unwrap();
    let new_folder = bench.place.path().join("New.sealkeep");
    let salvage = |vault: UnlockedVault| {
        let (new, _) = new_vault_in(&bench, new_folder.clone());
        block_on(vault.salvage(new, Arc::new(NoWatch)))
    };
    let head: Vec<u8> = {
        let database = rusqlite::Connection::open(bench.folder().join("vault.db")).unwrap();
        database.query_row("SELECT head FROM collection", [], |row| row.get(0)).unwrap()
    };
    assert!(matches!(salvage(open()), Err(VaultError::OtherIndexKey)));
    edit(&bench.folder(), "UPDATE collection SET head = randomblob(length(head))", None);
    assert!(matches!(salvage(open()), Err(VaultError::OtherIndexKey)), "nor with a head that says nothing");
    assert!(!new_folder.exists());
    let hex: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
    edit(&bench.folder(), &format!("UPDATE collection SET head = x'{hex}'"), None);
    bench.unlock_at(&bench.folder()).unwrap().accept().unwrap();
    assert_eq!(salvage(open()).unwrap().items, 1);
}
