//! What ends when the vault is being locked, and what does not.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use sealkeep::crypto::{CryptoError, NoWatch};
use sealkeep::vault::{
    Clock, Depth, EndReads, LockedVault, Opening, Pin, PinError, Pins, Reading, SlotState, UnlockedVault, VaultError,
    VaultId,
};

use crate::support::recovery::{begin_recovery, fill, recover, recovery_provider};
use crate::support::vaults::{Bench, DayClock, MemoryPins, add_note, block_on, read_field};

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

/// Ends all reads, once it is set.
#[derive(Default)]
struct Trap {
    ends: EndReads,
    is_set: AtomicBool,
}

impl Trap {
    /// Sets it for `vault`.
    fn set(&self, vault: &mut UnlockedVault) {
        vault.end_reads_by(self.ends.clone());
        self.is_set.store(true, Ordering::SeqCst);
    }

    fn meet(&self) {
        if self.is_set.load(Ordering::SeqCst) {
            self.ends.end();
        }
    }
}

/// Met when somebody asks what day it is: as a change begins, its transaction open, before it has looked at its rows.
struct EndsAtFirst(DayClock, Arc<Trap>);

impl Clock for EndsAtFirst {
    fn now(&self) -> Timestamp {
        self.1.meet();
        self.0.now()
    }
}

/// Met when something is to be remembered: as new slots are announced, when all rows are changed, and not committed.
struct EndsAtLast(Arc<MemoryPins>, Arc<Trap>);

impl Pins for EndsAtLast {
    fn load(&self, vault: VaultId, place: &Path) -> Result<Option<Pin>, PinError> {
        self.0.load(vault, place)
    }

    fn load_all(&self, vault: VaultId) -> Result<Vec<Pin>, PinError> {
        self.0.load_all(vault)
    }

    fn other_vault_at(&self, vault: VaultId, place: &Path) -> Result<Option<VaultId>, PinError> {
        self.0.other_vault_at(vault, place)
    }

    fn store(&self, pin: &Pin, place: &Path) -> Result<(), PinError> {
        self.1.meet();
        self.0.store(pin, place)
    }

    fn replace(&self, pin: &Pin, place: &Path) -> Result<(), PinError> {
        self.0.replace(pin, place)
    }
}

#[test]
fn a_lock_inside_the_last_transaction_of_a_move_finds_it_done_or_nothing_of_it() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let new = begin_recovery(&mut vault, usize::MAX);
    drop(vault);
    let unlock = |opening: Opening| {
        let locked = LockedVault::open(&bench.folder()).unwrap();
        let confirmed = locked.confirm();
        block_on(locked.unlock(opening, confirmed)).unwrap()
    };
    let opening = || bench.opening(Arc::clone(&bench.asked) as _);
    let old = opening().slot;

    let trap = Arc::<Trap>::default();
    let clock = Arc::new(EndsAtFirst(DayClock::default(), Arc::clone(&trap)));
    let mut vault = unlock(Opening { clock, ..opening() });
    trap.set(&mut vault);
    let ended = vault.replace_slot(old, new);
    assert!(trap.ends.is_ended() && matches!(ended, Err(VaultError::Crypto(CryptoError::Cancelled))), "{ended:?}");
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    let states: Vec<_> = vault.slots().iter().map(|slot| slot.state).collect();
    assert_eq!((vault.problems(), states.as_slice()), (&[][..], &[SlotState::Active; 2][..]));
    assert_eq!(read_field(&mut vault, items.note, "text").unwrap(), "second");
    drop(vault);
    let mut vault = recover(&bench, new).unwrap();
    assert_eq!(read_field(&mut vault, items.note, "text").unwrap(), "second", "each opens everything");
    drop(vault);

    let trap = Arc::<Trap>::default();
    let pins = Arc::new(EndsAtLast(Arc::clone(&bench.pins), Arc::clone(&trap)));
    let mut vault = unlock(Opening { pins, ..opening() });
    trap.set(&mut vault);
    assert!(vault.replace_slot(old, new).unwrap() && trap.ends.is_ended(), "it was about to be committed");
    drop(vault);
    let mut vault = recover(&bench, new).unwrap();
    assert_eq!((vault.problems(), vault.slots().len(), vault.summaries().len()), (&[][..], 1, 3));
    assert_eq!(read_field(&mut vault, items.login, "password").unwrap(), "hunter2");
    assert!(block_on(vault.check(Depth::Full, Arc::new(NoWatch))).unwrap().problems.is_empty());
}
