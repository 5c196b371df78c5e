//! Whoever holds the open session while something long is done with it: the command line, which has it to itself, and the window's
//! worker, which lends it for moments and goes on with other things between them.
//!
//! Owns: what the two have in common ([`Holder`]), and the first of them ([`Alone`]). What is long and asks AWS once a key is written
//! once, over this.
//! Invariant: what is awaited between two uses of the session borrows nothing of it. So a holder may lend it to others meanwhile, and
//! a lock that drops what is awaited leaves nothing behind.

use std::future::poll_fn;
use std::ops::Deref;
use std::pin::pin;
use std::task::Poll;

use crate::crypto::Watch;
use crate::vault::{Flush, UnlockedVault, VaultError};

use super::{Home, Session, SessionError};

/// Whoever holds the open session. Its futures are polled on the holder's own thread.
pub(crate) trait Holder {
    /// What everything here fails with.
    type Error: From<SessionError> + From<VaultError>;
    /// Counts what is through, and says when to stop.
    type Meter: Deref<Target: Watch>;

    /// This installation.
    ///
    /// # Errors
    /// Where its folders can't be made.
    fn home(&self) -> Result<&Home, Self::Error>;

    /// Begins to count to `total`, in keys or in bytes.
    fn meter(&self, total: u64) -> Self::Meter;

    /// An error where it is time to stop.
    fn check(&self) -> Result<(), Self::Error>;

    /// What `work` gives, unless somebody stops it. `work` is dropped then, or has come to its end.
    ///
    /// # Errors
    /// Why it was stopped.
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Self::Error>;

    /// Does something quick with the session.
    ///
    /// # Errors
    /// Where there is no session any more.
    async fn with<T>(&mut self, act: impl FnOnce(&mut Session) -> T) -> Result<T, Self::Error>;

    /// Does something with the session that blocks: on reading every row, say. Once begun, it is done to its end.
    ///
    /// # Errors
    /// Where there is no session any more.
    async fn blocking<T: Send + 'static>(
        &mut self,
        act: impl FnOnce(&mut Session) -> T + Send + 'static,
    ) -> Result<T, Self::Error>;

    /// Does long work that needs no session, and may hold keys: beside whatever else the holder does. It asks the watch when to stop.
    ///
    /// # Errors
    /// Where it could not be begun.
    async fn apart<T: Send + 'static>(
        &self,
        meter: &Self::Meter,
        work: impl FnOnce(&dyn Watch) -> T + Send + 'static,
    ) -> Result<T, Self::Error>;

    /// Makes a file durable, which needs no key: a lock does not wait for it.
    ///
    /// # Errors
    /// What the disk said; why it was stopped.
    async fn make_durable(&self, flush: Flush) -> Result<(), Self::Error>;

    /// Changes the vault by `change`, after everything that was to be saved before. Once begun, it is done to its end.
    ///
    /// # Errors
    /// Those of `change`; why it was stopped before it began.
    async fn save<T: Send + 'static>(
        &mut self,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Self::Error>;

    /// The same for what has arrived and is not to be lost: also where the person has stopped the rest. Not where the vault is
    /// being locked, which waits for nothing.
    ///
    /// # Errors
    /// Those of `change`; that the vault is being locked.
    async fn save_arrived<T: Send + 'static>(
        &mut self,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Self::Error>;
}

/// Somebody who has the session to themselves. `watch` is asked before each thing, and each time that what is awaited is polled: who
/// wants to stop it wakes it.
pub(super) struct Alone<'a> {
    pub(super) session: &'a mut Session,
    pub(super) home: &'a Home,
    pub(super) watch: &'a (dyn Watch + Send + Sync),
}

impl<'a> Holder for Alone<'a> {
    type Error = SessionError;
    type Meter = &'a (dyn Watch + Send + Sync);

    fn home(&self) -> Result<&Home, SessionError> {
        Ok(self.home)
    }

    fn meter(&self, _total: u64) -> Self::Meter {
        self.watch
    }

    fn check(&self) -> Result<(), SessionError> {
        if self.watch.is_cancelled() { Err(SessionError::Cancelled) } else { Ok(()) }
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, SessionError> {
        let mut work = pin!(work);
        poll_fn(|context| match (work.as_mut().poll(context), self.check()) {
            (Poll::Ready(done), goes_on) => Poll::Ready(goes_on.map(|()| done)),
            (Poll::Pending, Err(stopped)) => Poll::Ready(Err(stopped)),
            (Poll::Pending, Ok(())) => Poll::Pending,
        })
        .await
    }

    async fn with<T>(&mut self, act: impl FnOnce(&mut Session) -> T) -> Result<T, SessionError> {
        Ok(act(self.session))
    }

    async fn blocking<T: Send + 'static>(
        &mut self,
        act: impl FnOnce(&mut Session) -> T + Send + 'static,
    ) -> Result<T, SessionError> {
        Ok(act(self.session))
    }

    async fn apart<T: Send + 'static>(
        &self,
        meter: &Self::Meter,
        work: impl FnOnce(&dyn Watch) -> T + Send + 'static,
    ) -> Result<T, SessionError> {
        Ok(work(*meter))
    }

    async fn make_durable(&self, flush: Flush) -> Result<(), SessionError> {
        flush.run().map_err(|error| VaultError::from(error).into())
    }

    async fn save<T: Send + 'static>(
        &mut self,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, SessionError> {
        self.check()?;
        self.save_arrived(change).await
    }

    async fn save_arrived<T: Send + 'static>(
        &mut self,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, SessionError> {
        Ok(change(&mut self.session.vault)?)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::secret::SecretString;
    use crate::session::{self, NewVault};
    use crate::vault::Retention;

    /// Somebody who may press Ctrl+C.
    #[derive(Default)]
    struct Stopped(AtomicBool);

    impl Watch for Stopped {
        fn advanced(&self, _bytes: u64) {}

        fn is_cancelled(&self) -> bool {
            self.0.load(Ordering::SeqCst)
        }
    }

    #[test]
    fn who_is_stopped_begins_nothing_and_keeps_what_arrived() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let home = Home::under(folder.path()).unwrap();
            let key = NewVault::Passphrase(SecretString::copy_of("passphrase"));
            let mut session = session::create(&home, &folder.path().join("v.sealkeep"), key).await.unwrap();
            let watch = Stopped::default();
            let mut alone = Alone { session: &mut session, home: &home, watch: &watch };
            let keeps = |trash_days| Retention { trash_days: Some(trash_days), ..Retention::default() };
            alone.save(move |vault| vault.set_retention(keeps(7))).await.unwrap();
            assert_eq!(alone.unless_stopped(async { 7 }).await.unwrap(), 7);

            // Nobody waits for what does not come any more.
            let woken = async {
                tokio::task::yield_now().await;
                watch.0.store(true, Ordering::SeqCst);
            };
            let endless = async { tokio::join!(woken, std::future::pending::<()>()).0 };
            assert!(matches!(alone.unless_stopped(endless).await, Err(SessionError::Cancelled)));
            let awaited = Cell::new(false);
            let stopped = alone.unless_stopped(async { awaited.set(true) }).await;
            assert!(awaited.get() && matches!(stopped, Err(SessionError::Cancelled)), "{stopped:?}");
            let refused = alone.save(move |vault| vault.set_retention(keeps(8))).await;
            assert!(matches!(refused, Err(SessionError::Cancelled)));
            assert_eq!(alone.session.vault.retention(), keeps(7));
            alone.save_arrived(move |vault| vault.set_retention(keeps(9))).await.unwrap();
            assert_eq!(alone.session.vault.retention(), keeps(9));
        });
    }
}
