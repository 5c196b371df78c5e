//! Stopping what is under way: waits end at once, threads within one batch of frames.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

use super::Problem;

const GOING: u8 = 0;
const CANCELLED: u8 = 1;
const LOCKED: u8 = 2;

/// Why something stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StopReason {
    /// The person cancelled it.
    Cancelled,
    /// The vault is being locked.
    Locked,
}

impl From<StopReason> for Problem {
    fn from(reason: StopReason) -> Self {
        match reason {
            StopReason::Cancelled => Self::Cancelled,
            StopReason::Locked => Self::Locked,
        }
    }
}

/// Tells one command's work to stop. Clones are the same switch.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<Switch>);

#[derive(Debug, Default)]
struct Switch {
    state: AtomicU8,
    waiting: Notify,
}

impl Stop {
    /// Stops. The first reason counts, unless the vault is locked, which always does.
    pub(super) fn stop(&self, reason: StopReason) {
        let state = match reason {
            StopReason::Cancelled => CANCELLED,
            StopReason::Locked => LOCKED,
        };
        self.0.state.fetch_max(state, Ordering::SeqCst);
        self.0.waiting.notify_waiters();
    }

    pub(super) fn reason(&self) -> Option<StopReason> {
        match self.0.state.load(Ordering::SeqCst) {
            GOING => None,
            CANCELLED => Some(StopReason::Cancelled),
            _ => Some(StopReason::Locked),
        }
    }

    /// An error where it is time to stop.
    pub(super) fn check(&self) -> Result<(), Problem> {
        self.reason().map_or(Ok(()), |reason| Err(reason.into()))
    }

    /// What `work` gives, or the problem that it was stopped; it is dropped then, and with it its call over the network.
    pub(super) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Problem> {
        tokio::select! {
            biased;
            reason = self.stopped() => Err(reason.into()),
            done = work => Ok(done),
        }
    }

    async fn stopped(&self) -> StopReason {
        loop {
            let mut notified = std::pin::pin!(self.0.waiting.notified());
            // Before looking, so that a stop in between is not missed.
            notified.as_mut().enable();
            if let Some(reason) = self.reason() {
                return reason;
            }
            notified.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    }

    #[test]
    fn what_waits_ends_at_once_and_says_why() {
        for (reason, problem) in [(StopReason::Cancelled, Problem::Cancelled), (StopReason::Locked, Problem::Locked)] {
            let stop = Stop::default();
            assert_eq!(stop.check(), Ok(()));
            let stopping = stop.clone();
            let (ended, ()) = run(async {
                tokio::join!(stop.or(std::future::pending::<()>()), async move { stopping.stop(reason) })
            });
            assert_eq!(ended, Err(problem.clone()));
            assert_eq!(run(stop.or(async { 7 })), Err(problem.clone()), "nothing begins any more");
            assert_eq!(stop.check(), Err(problem));
        }
    }

    #[test]
    fn a_lock_overrides_a_cancel_and_not_the_other_way_round() {
        let stop = Stop::default();
        stop.stop(StopReason::Cancelled);
        stop.stop(StopReason::Locked);
        stop.stop(StopReason::Cancelled);
        assert_eq!(stop.reason(), Some(StopReason::Locked));
    }

    #[test]
    fn what_is_not_stopped_gives_its_result() {
        assert_eq!(run(Stop::default().or(async { 7 })), Ok(7));
    }
}
