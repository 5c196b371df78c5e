//! Ending long reads early: because the vault is being locked, or because whoever asked for them wants them no more.
//!
//! Invariant: only what reads is ended. A change that was begun is done, or nothing of it has happened.

use crate::crypto::{CryptoError, Watch};
use crate::store::{EndReads, Store};

use super::{UnlockedVault, VaultError};

/// What a long read asks, between two rows.
#[derive(Clone, Copy)]
pub(super) struct Halt<'a> {
    store: &'a Store,
    watch: Option<&'a dyn Watch>,
}

impl Halt<'_> {
    pub(super) fn is_over(&self) -> bool {
        self.store.is_ending() || self.watch.is_some_and(|watch| watch.is_cancelled())
    }

    /// [`CryptoError::Cancelled`] where it is over.
    pub(super) fn check(&self) -> Result<(), VaultError> {
        if self.is_over() { Err(CryptoError::Cancelled.into()) } else { Ok(()) }
    }
}

impl UnlockedVault {
    /// Lets every read of the vault end with [`CryptoError::Cancelled`] once `ends` says so, and none begin: whoever locks waits for
    /// none of them, on whichever thread it is. A commit that has begun goes on. A vault that is unlocked has what
    /// [`super::Reading::ends`] gave.
    pub fn end_reads_by(&mut self, ends: EndReads) {
        self.store.end_reads_by(ends);
    }

    /// Reads as far as a lock lets it, and `watch`, if there is one: `act` asks between two rows, and its statements are ended.
    pub(super) fn read_unless_over<T>(
        &self,
        watch: Option<&dyn Watch>,
        act: impl FnOnce(Halt<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let halt = Halt { store: &self.store, watch };
        halt.check()?;
        match watch {
            // A lock needs no help.
            None => act(halt),
            Some(watch) => self.store.interruptibly(&|| watch.is_cancelled(), || act(halt)),
        }
    }
}
