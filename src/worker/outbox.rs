//! What goes to the window, and what no longer may.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Event, Problem, RequestId, What};
use crate::vault::EndReads;

/// How often a vault was locked: shared with the window's side, which counts a lock before it asks for it, so that what is
/// still on its way is dropped from that moment on, and what is being read of the vault ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Epoch(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    now: AtomicU64,
    /// What ends with this epoch.
    reads: Mutex<EndReads>,
}

impl Epoch {
    pub(super) fn now(&self) -> u64 {
        self.0.now.load(Ordering::SeqCst)
    }

    /// Begins a new epoch and returns it. Reads of the one before end, whatever their thread is doing.
    pub(super) fn advance(&self) -> u64 {
        let mut reads = self.0.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.now.fetch_add(1, Ordering::SeqCst) + 1;
        let before = std::mem::take(&mut *reads);
        drop(reads);
        before.end();
        now
    }

    /// What ends reads with `epoch`.
    fn reads_of(&self, epoch: u64) -> EndReads {
        let reads = self.0.reads.lock().unwrap_or_else(PoisonError::into_inner);
        if epoch >= self.now() {
            return reads.clone();
        }
        let over = EndReads::default();
        over.end();
        over
    }

    /// Whether `event` may still be seen: nothing of a vault may, once it was locked.
    pub(super) fn admits(&self, event: &Event) -> bool {
        event.epoch >= self.now() || !event.what.ends_with_the_lock()
    }
}

/// Where events go: sends, then wakes the window.
#[derive(Clone)]
pub(super) struct Outbox {
    events: Sender<Event>,
    epoch: Epoch,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Outbox {
    pub(super) fn new(events: Sender<Event>, epoch: Epoch, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { events, epoch, wake }
    }

    /// Sends what nobody asked for.
    pub(super) fn tell(&self, what: What) {
        self.send(Event { request: None, epoch: self.epoch.now(), what });
    }

    /// The answers to one command, which was sent in `epoch`.
    pub(super) fn reply(&self, request: RequestId, epoch: u64) -> Reply {
        Reply { outbox: self.clone(), request, epoch }
    }

    fn send(&self, event: Event) {
        // Dropped here where it comes too late, and wiped by that. A window that is gone needs no events.
        if self.epoch.admits(&event) && self.events.send(event).is_ok() {
            (self.wake)();
        }
    }
}

/// Answers one command, from any thread.
#[derive(Clone)]
pub(super) struct Reply {
    outbox: Outbox,
    request: RequestId,
    epoch: u64,
}

impl Reply {
    pub(super) fn request(&self) -> RequestId {
        self.request
    }

    /// Whether a vault was locked since the command was sent.
    pub(super) fn is_late(&self) -> bool {
        self.epoch < self.outbox.epoch.now()
    }

    /// What ends the reads of a vault that is opened for this command, once one was locked.
    pub(super) fn ends_reads(&self) -> EndReads {
        self.outbox.epoch.reads_of(self.epoch)
    }

    /// The same command, taken as if it were sent now: a lock that it asked for itself does not stop it.
    pub(super) fn renewed(self) -> Self {
        Self { epoch: self.outbox.epoch.now(), ..self }
    }

    pub(super) fn tell(&self, what: What) {
        self.outbox.send(Event { request: Some(self.request), epoch: self.epoch, what });
    }

    pub(super) fn fail(&self, problem: Problem) {
        self.tell(What::Failed(problem));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::secret::SecretString;
    use crate::worker::LockReason;

    #[test]
    fn plaintext_of_an_earlier_epoch_is_dropped_and_the_rest_arrives() {
        let (events, received) = mpsc::channel();
        let epoch = Epoch::default();
        let woken = Arc::new(AtomicU64::new(0));
        let wake = {
            let woken = Arc::clone(&woken);
            Arc::new(move || {
                woken.fetch_add(1, Ordering::SeqCst);
            })
        };
        let outbox = Outbox::new(events, epoch.clone(), wake);
        let early = outbox.reply(RequestId(1), epoch.now());
        let secret = || What::Generated(SecretString::copy_of("plaintext"));
        early.tell(secret());
        let reads = early.ends_reads();
        assert!(!reads.is_ended());
        epoch.advance();
        assert!(early.is_late() && reads.is_ended() && early.ends_reads().is_ended());
        early.tell(secret());
        early.fail(Problem::Locked);
        outbox.tell(What::Locked(LockReason::Idle));
        let late = early.clone().renewed();
        assert!(!late.ends_reads().is_ended());
        late.tell(secret());

        let received: Vec<Event> = received.try_iter().collect();
        let shown: Vec<_> = received.iter().map(|event| (event.epoch, event.what.ends_with_the_lock())).collect();
        assert_eq!(shown, [(0, true), (0, false), (1, false), (1, true)]);
        assert_eq!(woken.load(Ordering::SeqCst), 4, "woken for what was sent, and for nothing else");
        assert!(!epoch.admits(&received[0]), "what was sent before the lock is dropped by whoever takes it after");
    }
}
