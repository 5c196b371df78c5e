//! What the window needs of the worker, so that a test can stand in for it.

use crate::worker::{Command, Event, RequestId, WorkerHandle};

/// The worker, as the window sees it. Nothing here waits.
pub trait Port {
    /// Sends a command; what happens to it, a refusal too, comes as events with the returned id.
    fn send(&mut self, command: Command) -> RequestId;

    /// Cancels what this command does; it overtakes what waits.
    fn cancel(&mut self, request: RequestId);

    /// Locks the open vault; it overtakes everything.
    fn lock_now(&mut self);

    /// The next thing that happened, if something did.
    fn next_event(&mut self) -> Option<Event>;
}

impl Port for WorkerHandle {
    fn send(&mut self, command: Command) -> RequestId {
        WorkerHandle::send(self, command)
    }

    fn cancel(&mut self, request: RequestId) {
        WorkerHandle::cancel(self, request);
    }

    fn lock_now(&mut self) {
        WorkerHandle::lock_now(self);
    }

    fn next_event(&mut self) -> Option<Event> {
        self.events().next()
    }
}
