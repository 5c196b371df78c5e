//! What ends when the vault is being locked, and what does not.

use std::sync::Arc;

use sealkeep::crypto::{CryptoError, NoWatch};
use sealkeep::vault::{Depth, EndReads, LockedVault, Opening, Reading, VaultError};

use crate::support::recovery::{begin_recovery, fill, recovery_provider};
use crate::support::vaults::{Bench, add_note, block_on};

#[test]
fn reads_of_the_whole_vault_end_once_it_is_being_locked_and_a_save_does_not() {
    let (bench, mut vault) = Bench::new();
    fill(&mut vault);
    let slot = begin_recovery(&mut vault, usize::MAX);
    let provider = recovery_provider(&vault, slot);
    let ends = EndReads::default();
    vault.end_reads_by(ends.clone());
    assert!(vault.owed(None).unwrap().keys.is_empty());
    // What another session saved, which this one has not seen yet.
    let mut other = bench.unlock().unwrap();
    add_note(&mut other, "From another", "x");
    drop(other);
    ends.end();
    let ended = |result: Result<(), VaultError>| matches!(result, Err(VaultError::Crypto(CryptoError::Cancelled)));
    assert!(ended(vault.refresh().map(drop)));
    add_note(&mut vault, "Saved while it is being locked", "x");
    assert!(ended(vault.owed(None).map(drop)) && ended(vault.count_owed(slot).map(drop)));
    assert!(ended(vault.count_owed_to_all().map(drop)) && ended(vault.count_keys().map(drop)));
    assert!(ended(vault.count_waiting().map(drop)));
    assert!(ended(vault.remove_slot(slot)));
    assert!(ended(block_on(vault.drill(slot, provider, Arc::new(NoWatch))).map(drop)));
    assert!(ended(block_on(vault.check(Depth::Quick, Arc::new(NoWatch))).map(drop)));
    drop(vault);
    let vault = bench.unlock().unwrap();
    assert_eq!((vault.problems(), vault.summaries().len(), vault.slots().len()), (&[][..], 5, 2));
}

/// Wants nothing any more from the first item on.
struct Impatient;

impl Reading for Impatient {
    fn read(&self, _: u64, _: u64) {}

    fn is_over(&self) -> bool {
        true
    }
}

#[test]
fn an_unlock_that_nobody_wants_any_more_ends_and_the_vault_can_be_opened_again() {
    let (bench, mut vault) = Bench::new();
    fill(&mut vault);
    drop(vault);
    let locked = LockedVault::open(&bench.folder()).unwrap();
    let confirmed = locked.confirm();
    let opening = Opening { reading: Arc::new(Impatient), ..bench.opening(Arc::clone(&bench.asked) as _) };
    let failed = block_on(locked.unlock(opening, confirmed.clone())).unwrap_err();
    assert!(matches!(failed.error, VaultError::Crypto(CryptoError::Cancelled)), "{failed:?}");
    let again = failed.vault.unwrap().unlock(bench.opening(Arc::clone(&bench.asked) as _), confirmed);
    assert_eq!(block_on(again).unwrap().summaries().len(), 3);
}
