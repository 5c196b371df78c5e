//! Work that comes no further ends by itself: nobody may be there to end it, and it has keys.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::crypto::{CryptoError, Watch};

use super::{Reading, VaultError};

/// After so long without any progress nothing more is expected. The longest step that tells of none is the reading of one row: 80 MiB
/// at most, a minute and a half on a network share that gives 1 MB a second; a disk that fails may try each sector for some seconds.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Since when nothing has gone on.
#[derive(Debug)]
pub(super) struct Patience {
    longest: Duration,
    last: Mutex<Instant>,
    is_over: AtomicBool,
}

impl Default for Patience {
    fn default() -> Self {
        Self::of(LONGEST_PAUSE)
    }
}

impl Patience {
    fn of(longest: Duration) -> Self {
        Self { longest, last: Mutex::new(Instant::now()), is_over: AtomicBool::new(false) }
    }

    /// Something has gone on.
    pub(super) fn go_on(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether nothing has for too long; then it stays so.
    pub(super) fn is_over(&self) -> bool {
        // The clock does not count the time that the machine was asleep.
        let pause = self.last.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        if pause > self.longest {
            self.is_over.store(true, Ordering::SeqCst);
        }
        self.is_over.load(Ordering::SeqCst)
    }

    /// What `error` is, which ended work that this was asked about.
    pub(super) fn explain(&self, error: VaultError) -> VaultError {
        match error {
            VaultError::Crypto(CryptoError::Cancelled) if self.is_over.load(Ordering::SeqCst) => {
                VaultError::Stalled(self.longest.as_secs() / 60)
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
    pub(super) fn new(watch: Arc<dyn Watch + Send + Sync>) -> Self {
        Self { patience: Patience::default(), watch }
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
    use super::*;
    use crate::crypto::NoWatch;

    fn cancelled() -> VaultError {
        CryptoError::Cancelled.into()
    }

    #[test]
    fn what_goes_on_is_not_ended_and_what_does_not_is_and_says_why() {
        let watch = Patient::new(Arc::new(NoWatch));
        watch.advanced(1);
        assert!(!watch.is_cancelled());
        assert!(matches!(watch.patience.explain(cancelled()), VaultError::Crypto(CryptoError::Cancelled)));

        let none = Patience::of(Duration::ZERO);
        let reading = PatientReading::new(&none, &());
        reading.read(1, 2);
        while !reading.is_over() {}
        reading.read(2, 2);
        assert!(none.is_over(), "it stays so");
        let late = Patient { patience: Patience::of(Duration::ZERO), watch: Arc::new(NoWatch) };
        while !late.is_cancelled() {}
        assert!(!late.person().is_cancelled(), "nobody cancelled");
        assert!(matches!(none.explain(cancelled()), VaultError::Stalled(0)));
        assert!(matches!(none.explain(VaultError::Unaccepted), VaultError::Unaccepted));
    }
}
