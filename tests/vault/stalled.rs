//! Work that comes no further ends by itself, however long its reads would go on: it has keys, and nobody may be there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sealkeep::crypto::Watch;
use sealkeep::vault::{Clock, LockedVault, Opening, Reading, VaultError};

use crate::support::vaults::{Bench, add_note, block_on, read_field};

/// Whenever it is asked whether to end something, six minutes have passed: which is what is seen of reads that have no end.
struct Slow {
    begun: Instant,
    minutes: AtomicU64,
}

impl Slow {
    fn start() -> Arc<Self> {
        Arc::new(Self { begun: Instant::now(), minutes: AtomicU64::new(0) })
    }

    fn pass(&self) -> bool {
        self.minutes.fetch_add(6, Ordering::SeqCst);
        false
    }
}

impl Clock for Slow {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_790_000_000).unwrap()
    }

    fn steady(&self) -> Instant {
        self.begun + Duration::from_mins(self.minutes.load(Ordering::SeqCst))
    }
}

impl Reading for Slow {
    fn read(&self, _: u64, _: u64) {}

    fn is_over(&self) -> bool {
        self.pass()
    }
}

impl Watch for Slow {
    fn advanced(&self, _: u64) {}

    fn is_cancelled(&self) -> bool {
        self.pass()
    }
}

#[test]
fn an_unlock_that_does_not_go_on_ends_and_can_be_tried_again() {
    let (bench, mut vault) = Bench::new();
    let note = add_note(&mut vault, "Note", "text");
    drop(vault);
    let slow = Slow::start();
    let locked = LockedVault::open(&bench.folder()).unwrap();
    let confirmed = locked.confirm();
    let opening = bench.opening(Arc::clone(&bench.asked) as _);
    let opening = Opening { clock: Arc::clone(&slow) as _, reading: slow, ..opening };
    let failed = block_on(locked.unlock(opening, confirmed)).unwrap_err();
    assert!(matches!(failed.error, VaultError::Stalled(5)), "{:?}", failed.error);
    let locked = failed.vault.unwrap();
    let confirmed = locked.confirm();
    let mut vault = block_on(locked.unlock(bench.opening(Arc::clone(&bench.asked) as _), confirmed)).unwrap();
    assert_eq!(read_field(&mut vault, note, "text").unwrap(), "text");
}

#[test]
fn a_salvage_that_does_not_go_on_ends_and_leaves_nothing() {
    let (bench, mut vault) = Bench::new();
    add_note(&mut vault, "Note", "text");
    drop(vault);
    let slow = Slow::start();
    let locked = LockedVault::open_to_salvage(&bench.folder()).unwrap();
    let confirmed = locked.confirm();
    let vault = block_on(locked.unlock(bench.opening(Arc::clone(&bench.asked) as _), confirmed)).unwrap();
    let folder = bench.place.path().join("New.sealkeep");
    let mut new = bench.new_vault(&folder);
    new.clock = Arc::clone(&slow) as _;
    let stalled = block_on(vault.salvage(new, slow));
    assert!(matches!(stalled, Err(VaultError::Stalled(5))), "{stalled:?}");
    assert!(!folder.exists());
}
