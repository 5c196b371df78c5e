//! Locking: told at once, done when every piece of work for the vault has let go of its keys.
//!
//! Reads of the whole vault end at once. What can't be ended, as Argon2 can't, is waited for, also where nobody wants its result
//! any more: [`What::Locked`] says that nothing is left, and until then the window shows nothing and says that it is locking.

use std::rc::Rc;

use tokio::task::Id;

use super::handle::Asker;
use super::outbox::Reply;
use super::run::{Running, Worker};
use super::stop::StopReason;
use super::{Command, LockReason, Problem, RequestId, What};
use crate::secret::wipe_deep_stack;

/// A lock that has begun.
pub(super) struct Locking {
    reason: LockReason,
    askers: Vec<Asker>,
    /// The task that empties the seat, until it has.
    emptying: Option<Id>,
    /// The vault that is opened next.
    pub(super) then: Option<(Reply, Command)>,
}

impl Locking {
    pub(super) fn task_ended(&mut self, id: Id) {
        self.emptying.take_if(|emptying| *emptying == id);
    }

    pub(super) fn cancel(&mut self, request: RequestId) {
        if let Some((reply, _)) = self.then.take_if(|(reply, _)| reply.request() == request) {
            reply.fail(Problem::Cancelled);
        }
    }
}

impl Worker {
    /// The session died with the thread that had it: as good as locked, and the window has to know.
    pub(super) fn tell_loss(&mut self) {
        self.begin_epoch();
        self.desk.clear_clipboard();
        self.tell_and_empty(LockReason::Crashed, Asker::Nobody);
    }

    /// Begins to lock; the new epoch has begun already. The window is told before anything else happens.
    pub(super) fn begin_lock(&mut self, reason: LockReason, asker: Asker) {
        self.desk.clear_clipboard();
        self.desk.sign_out();
        if let Some(locking) = &mut self.locking {
            locking.askers.push(asker);
            if let Some((reply, _)) = locking.then.take() {
                reply.fail(Problem::Locked);
            }
            return;
        }
        let working = self.running.values().any(Running::is_waited_for);
        if !working && !self.desk.seat.is_taken() && !self.threads.are_running() {
            // No vault is open, and still what was typed for one has to go.
            self.desk.outbox.tell(What::Locking(reason));
            self.desk.await_clipboard();
            wipe_deep_stack();
            self.desk.outbox.tell(What::Locked(reason));
            return self.answer(asker);
        }
        self.tell_and_empty(reason, asker);
    }

    fn tell_and_empty(&mut self, reason: LockReason, asker: Asker) {
        self.was_open = false;
        self.desk.outbox.tell(What::Locking(reason));
        for running in self.running.values().filter(|running| running.ends_with_the_lock) {
            running.stop.stop(StopReason::Locked);
        }
        let (seat, threads) = (Rc::clone(&self.desk.seat), self.threads.clone());
        let emptying = async move {
            seat.empty().await;
            threads.ended().await;
        };
        let emptying = self.tasks.spawn_local(emptying).id();
        self.locking = Some(Locking { reason, askers: vec![asker], emptying: Some(emptying), then: None });
    }

    /// Ends the lock, once all keys are gone.
    pub(super) fn finish_lock(&mut self) {
        let working = self.running.values().any(Running::is_waited_for);
        let Some(mut locking) = self.locking.take_if(|locking| locking.emptying.is_none() && !working) else { return };
        if self.threads.are_running() {
            // One that somebody began, and left, while the seat was being emptied.
            let threads = self.threads.clone();
            locking.emptying = Some(self.tasks.spawn_local(async move { threads.ended().await }).id());
            self.locking = Some(locking);
            return;
        }
        self.desk.await_clipboard();
        wipe_deep_stack();
        self.desk.outbox.tell(What::Locked(locking.reason));
        locking.askers.into_iter().for_each(|asker| self.answer(asker));
        if let Some((reply, command)) = locking.then {
            self.start(reply.renewed(), command);
        }
    }

    fn answer(&mut self, asker: Asker) {
        match asker {
            Asker::Nobody => {}
            Asker::Program(request) => request.locked(),
            Asker::System(request) if self.is_writing() => self.to_end.push(request),
            Asker::System(request) => self.desk.end(request),
        }
    }
}
