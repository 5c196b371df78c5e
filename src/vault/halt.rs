//! Ending long reads early: because the vault is being locked, or because whoever asked for them wants them no more.
//!
//! Invariant: only what reads is ended. A change that was begun is done, or nothing of it has happened.

use std::sync::Arc;

use crate::crypto::{CryptoError, Watch};

use super::{UnlockedVault, VaultError};

/// Whether the vault is being locked; once it says so, it says so for good.
pub(super) type Leaving = Arc<dyn Fn() -> bool + Send + Sync>;

/// What a long read asks, between two rows.
#[derive(Clone, Copy)]
pub(super) struct Halt<'a> {
    leaving: &'a Leaving,
    watch: &'a dyn Watch,
}

impl Halt<'_> {
    pub(super) fn is_over(&self) -> bool {
        (self.leaving)() || self.watch.is_cancelled()
    }

    /// [`CryptoError::Cancelled`] where it is over.
    pub(super) fn check(&self) -> Result<(), VaultError> {
        if self.is_over() { Err(CryptoError::Cancelled.into()) } else { Ok(()) }
    }
}

impl UnlockedVault {
    /// Lets reads of the whole vault, and of what others saved meanwhile, end with [`CryptoError::Cancelled`] once `leaving` says
    /// so: whoever locks waits for none of them. It is asked on any thread, often, and should answer at once. A commit that
    /// has begun goes on.
    pub fn end_reads_when(&mut self, leaving: Arc<dyn Fn() -> bool + Send + Sync>) {
        self.access.leaving = leaving;
    }

    /// Reads as far as `watch`, and a lock, let it: `act` asks between two rows, and its statements are ended.
    pub(super) fn read_unless_over<T>(
        &self,
        watch: &dyn Watch,
        act: impl FnOnce(Halt<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let halt = Halt { leaving: &self.access.leaving, watch };
        halt.check()?;
        self.store.interruptibly(&|| halt.is_over(), || act(halt))
    }
}
