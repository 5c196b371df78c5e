//! A second way into a [`Bench`]'s vault: a recovery passphrase, added as a session does it.

use std::sync::Arc;

use sealkeep::crypto::random;
use sealkeep::providers::{KdfParams, RecoveryForm, RecoveryProvider, RecoveryRecord};
use sealkeep::vault::{ItemId, LockedVault, NewSlot, Opening, SlotConfig, SlotId, UnlockedVault, VaultError};

use super::vaults::{Bench, add_document, add_login, add_note, block_on, bytes, revise_note, secret};

pub const RECOVERY: &str = "a recovery passphrase";
pub const LARGE: usize = 700_000;

pub fn recovery_slot(vault: &UnlockedVault) -> NewSlot {
    let id = SlotId::from_random(random::make_bytes().unwrap());
    let binding = [vault.id().0, id.0].concat();
    let made = RecoveryRecord::make(&secret(RECOVERY), RecoveryForm::Passphrase, KdfParams::FLOOR, &binding);
    let (made, key) = made.unwrap();
    let provider = Arc::new(RecoveryProvider::with_key(key, id).unwrap());
    NewSlot { id, config: SlotConfig::Recovery { record: made.to_bytes().unwrap() }, provider }
}

/// Adds a recovery slot, and wraps `at_most` of the keys that it is owed.
pub fn begin_recovery(vault: &mut UnlockedVault, at_most: usize) -> SlotId {
    let new = recovery_slot(vault);
    let added = block_on(vault.wrap_for_slot(new)).unwrap();
    let id = vault.add_slot(added).unwrap();
    make_good(vault, at_most);
    id
}

pub fn make_good(vault: &mut UnlockedVault, at_most: usize) {
    let owed = vault.owed(None).unwrap().keys;
    let made = owed.into_iter().take(at_most).map(|owed| block_on(vault.wrap_owed(owed)).unwrap()).collect();
    vault.put_wraps(made).unwrap();
    vault.settle_slots().unwrap();
}

/// Unlocks with nothing but what the folder has and the recovery passphrase.
pub fn recover(bench: &Bench, slot: SlotId) -> Result<UnlockedVault, VaultError> {
    let locked = LockedVault::open(&bench.folder())?;
    let found = locked.slots().iter().find(|known| known.id == slot).unwrap();
    let SlotConfig::Recovery { record } = &found.config else { panic!("a recovery key") };
    let binding = [locked.id().0, slot.0].concat();
    let key = RecoveryRecord::from_bytes(record)?.unlock(&secret(RECOVERY), &binding)?;
    let provider = Arc::new(RecoveryProvider::with_key(key, slot)?);
    let confirmed = locked.confirm();
    let opening = Opening { slot, ..bench.opening(provider) };
    Ok(block_on(locked.unlock(opening, confirmed))?)
}

/// What the recovery passphrase opens in `slot`.
pub fn recovery_provider(vault: &UnlockedVault, slot: SlotId) -> Arc<RecoveryProvider> {
    let found = vault.slots().iter().find(|known| known.id == slot).unwrap();
    let SlotConfig::Recovery { record } = &found.config else { panic!("a recovery key") };
    let binding = [vault.id().0, slot.0].concat();
    let key = RecoveryRecord::from_bytes(record).unwrap().unlock(&secret(RECOVERY), &binding).unwrap();
    Arc::new(RecoveryProvider::with_key(key, slot).unwrap())
}

/// What [`fill`] puts into a vault.
pub struct Items {
    pub login: ItemId,
    pub note: ItemId,
    pub document: ItemId,
}

/// A login, a note of two revisions, and a document in a file.
pub fn fill(vault: &mut UnlockedVault) -> Items {
    let login = add_login(vault, "GitHub", "hunter2");
    let note = add_note(vault, "Codes", "first");
    revise_note(vault, note, "second").unwrap();
    Items { login, note, document: add_document(vault, "Large", &bytes(LARGE)) }
}
