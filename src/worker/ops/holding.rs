//! A command's work as whoever holds the session: it is lent by the seat for moments, and the vault is saved in turn.
//!
//! A lock waits for nothing: what is on its way is dropped, and what arrived with it. A cancel keeps what arrived.

use std::sync::Arc;

use super::Asked;
use super::saving::save_by;
use crate::session::{Holder, Home, Session};
use crate::vault::{Flush, UnlockedVault, VaultError, Watch};
use crate::worker::meter::{FileMeter, JobMeter};
use crate::worker::stop::StopReason;
use crate::worker::thread::{on_thread, on_thread_without_keys};
use crate::worker::{JobKind, Problem};

/// A command's work that uses the session for long.
pub(super) struct Holding<'a> {
    asked: &'a Asked,
    kind: JobKind,
}

impl<'a> Holding<'a> {
    /// The window is told how far it is as of a job of this kind.
    pub(super) fn new(asked: &'a Asked, kind: JobKind) -> Self {
        Self { asked, kind }
    }
}

impl Holder for Holding<'_> {
    type Error = Problem;
    type Meter = Arc<FileMeter>;

    fn home(&self) -> Result<&Home, Problem> {
        self.asked.desk.home()
    }

    fn meter(&self, total: u64) -> Arc<FileMeter> {
        let (reply, stop) = (self.asked.reply.clone(), self.asked.stop.clone());
        JobMeter::new(reply, stop, self.kind, 1, total).file(String::new(), total)
    }

    fn check(&self) -> Result<(), Problem> {
        self.asked.stop.check()
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Problem> {
        self.asked.stop.or(work).await
    }

    async fn with<T>(&mut self, act: impl FnOnce(&mut Session) -> T) -> Result<T, Problem> {
        self.asked.desk.seat.with(act).await
    }

    async fn blocking<T: Send + 'static>(
        &mut self,
        act: impl FnOnce(&mut Session) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.asked.desk.seat.on_thread(act).await
    }

    async fn apart<T: Send + 'static>(
        &self,
        meter: &Arc<FileMeter>,
        work: impl FnOnce(&dyn Watch) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let meter = Arc::clone(meter);
        on_thread("work", move || work(&*meter)).await
    }

    async fn make_durable(&self, flush: Flush) -> Result<(), Problem> {
        Ok(self.asked.stop.or(on_thread_without_keys("flush", move || flush.run())).await???)
    }

    async fn save<T: Send + 'static>(
        &mut self,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Problem> {
        let _turn = self.asked.stop.or(self.asked.desk.seat.turn()).await??;
        save_by(self.asked, change).await
    }

    async fn save_arrived<T: Send + 'static>(
        &mut self,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Problem> {
        if self.asked.stop.reason() == Some(StopReason::Locked) {
            return Err(Problem::Locked);
        }
        let _turn = self.asked.desk.seat.turn().await?;
        save_by(self.asked, change).await
    }
}
