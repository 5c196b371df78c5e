//! Work that comes no further ends by itself: nobody may be there to end it, and it has keys.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::crypto::{CryptoError, Watch};

use super::{Clock, Reading, VaultError};

/// After so long without any progress nothing more is expected. The longest step that tells of none is the reading of one row: 80 MiB
/// at most, a minute and a half on a network share that gives 1 MB a second; a disk that fails may try each sector for some seconds.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Since when nothing has gone on.
pub(super) struct Patience {
    clock: Arc<dyn Clock>,
    last: Mutex<Instant>,
    is_over: AtomicBool,
}

impl Patience {
    /// It begins now, as `clock` has it.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let last = Mutex::new(clock.steady());
        Self { clock, last, is_over: AtomicBool::new(false) }
    }

    /// Something has gone on.
    pub(super) fn go_on(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = self.clock.steady();
    }

    /// Whether nothing has for too long; then it stays so.
    pub(super) fn is_over(&self) -> bool {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if self.clock.steady().saturating_duration_since(last) > LONGEST_PAUSE {
            self.is_over.store(true, Ordering::SeqCst);
        }
        self.is_over.load(Ordering::SeqCst)
    }

    /// What `error` is, which ended work that this was asked about.
    pub(super) fn explain(&self, error: VaultError) -> VaultError {
        match error {
            VaultError::Crypto(CryptoError::Cancelled) if self.is_over.load(Ordering::SeqCst) => {
                VaultError::Stalled(LONGEST_PAUSE.as_secs() / 60)
            }
            error => error,
        }
    }
}

/// A watch that ends as well where its bytes don't come any more.
pub(super) struct Patient {
    pub(super) patience: Patience,
    watch: Arc<dyn Watch + Send + Sync>,
}

impl Patient {
    pub(super) fn new(clock: Arc<dyn Clock>, watch: Arc<dyn Watch + Send + Sync>) -> Self {
        Self { patience: Patience::new(clock), watch }
    }

    /// The watch alone, for what may take its time: the last bytes on their way to a slow disk.
    pub(super) fn person(&self) -> Arc<dyn Watch + Send + Sync> {
        Arc::clone(&self.watch)
    }
}

impl Watch for Patient {
    fn advanced(&self, bytes: u64) {
        self.patience.go_on();
        self.watch.advanced(bytes);
    }

    fn is_cancelled(&self) -> bool {
        self.watch.is_cancelled() || self.patience.is_over()
    }
}

/// Reading that ends as well where no more items come.
pub(super) struct PatientReading<'a> {
    pub(super) patience: &'a Patience,
    pub(super) reading: &'a dyn Reading,
    most: AtomicU64,
}

impl<'a> PatientReading<'a> {
    pub(super) fn new(patience: &'a Patience, reading: &'a dyn Reading) -> Self {
        Self { patience, reading, most: AtomicU64::new(0) }
    }
}

impl Reading for PatientReading<'_> {
    fn read(&self, done: u64, total: u64) {
        if done > self.most.fetch_max(done, Ordering::Relaxed) {
            self.patience.go_on();
        }
        self.reading.read(done, total);
    }

    fn is_over(&self) -> bool {
        self.reading.is_over() || self.patience.is_over()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::crypto::NoWatch;

    /// Stands still, unless it is told to go on.
    struct Standing(Instant, AtomicU64);

    impl Standing {
        fn start() -> Arc<Self> {
            Arc::new(Self(Instant::now(), AtomicU64::new(0)))
        }

        fn pass(&self, time: Duration) {
            self.1.fetch_add(time.as_secs(), Ordering::SeqCst);
        }
    }

    impl Clock for Standing {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn steady(&self) -> Instant {
            self.0 + Duration::from_secs(self.1.load(Ordering::SeqCst))
        }
    }

    fn cancelled() -> VaultError {
        CryptoError::Cancelled.into()
    }

    #[test]
    fn what_goes_on_is_not_ended_and_what_does_not_is_and_says_why() {
        let clock = Standing::start();
        let watch = Patient::new(Arc::clone(&clock) as _, Arc::new(NoWatch));
        for _ in 0..3 {
            clock.pass(LONGEST_PAUSE);
            assert!(!watch.is_cancelled());
            watch.advanced(1);
        }
        assert!(matches!(watch.patience.explain(cancelled()), VaultError::Crypto(CryptoError::Cancelled)));
        clock.pass(LONGEST_PAUSE + Duration::from_secs(1));
        assert!(watch.is_cancelled());
        watch.advanced(1);
        assert!(watch.is_cancelled(), "it stays so");
        assert!(!watch.person().is_cancelled(), "nobody cancelled");
        assert!(matches!(watch.patience.explain(cancelled()), VaultError::Stalled(5)));
        assert!(matches!(watch.patience.explain(VaultError::Unaccepted), VaultError::Unaccepted));
    }

    #[test]
    fn the_same_items_again_are_no_progress() {
        let clock = Standing::start();
        let patience = Patience::new(Arc::clone(&clock) as _);
        let reading = PatientReading::new(&patience, &());
        reading.read(2, 3);
        clock.pass(LONGEST_PAUSE);
        reading.read(3, 3);
        clock.pass(LONGEST_PAUSE);
        assert!(!reading.is_over());
        reading.read(3, 3);
        clock.pass(Duration::from_secs(1));
        assert!(reading.is_over());
    }
}
