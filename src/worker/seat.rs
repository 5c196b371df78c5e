//! Where the open session sits: here, or for the length of one commit on a thread that may wait for the disk.
//!
//! Invariant: a session that comes back after its seat was emptied is dropped, not kept.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::task::spawn_local;

use super::Problem;
use super::thread::on_thread;
use crate::session::Session;

/// The one place of the one open session.
pub(super) struct Seat {
    state: RefCell<State>,
    changed: Notify,
    turn: Semaphore,
}

enum State {
    Empty,
    Here(Box<Session>),
    Away,
}

impl Seat {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self { state: RefCell::new(State::Empty), changed: Notify::new(), turn: Semaphore::new(1) })
    }

    pub(super) fn is_taken(&self) -> bool {
        !matches!(*self.state.borrow(), State::Empty)
    }

    pub(super) fn place(&self, session: Session) {
        self.put(State::Here(Box::new(session)));
    }

    /// Waits until it is this one's turn to save: saves happen in the order in which they were asked for.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        // Nobody closes it.
        self.turn.acquire().await.map_err(|_| Problem::Locked)
    }

    /// Does something quick with the session, here.
    ///
    /// # Errors
    /// [`Problem::NoVault`].
    pub(super) async fn with<T>(&self, act: impl FnOnce(&mut Session) -> T) -> Result<T, Problem> {
        self.wait_while_away().await;
        match &mut *self.state.borrow_mut() {
            State::Here(session) => Ok(act(session)),
            State::Empty | State::Away => Err(Problem::NoVault),
        }
    }

    /// Does something that may wait for the disk. It is done, and the session comes back, also where nobody waits for it.
    ///
    /// # Errors
    /// [`Problem::NoVault`]; [`Problem::Crashed`], and then there is no session any more.
    pub(super) async fn on_thread<T: Send + 'static>(
        self: &Rc<Self>,
        act: impl FnOnce(&mut Session) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.wait_while_away().await;
        let mut session = match self.state.replace(State::Away) {
            State::Here(session) => session,
            other => {
                self.state.replace(other);
                return Err(Problem::NoVault);
            }
        };
        let seat = Rc::clone(self);
        let work = spawn_local(async move {
            let done = on_thread("save", move || {
                let result = act(&mut session);
                (session, result)
            });
            match done.await {
                Ok((session, result)) => {
                    seat.put(State::Here(session));
                    Ok(result)
                }
                Err(problem) => {
                    seat.put(State::Empty);
                    Err(problem)
                }
            }
        });
        work.await.unwrap_or(Err(Problem::Crashed { part: "save" }))
    }

    /// Takes the session, once it is here, and drops it on a thread: closing the database may wait for the disk.
    pub(super) async fn empty(&self) {
        self.wait_while_away().await;
        if let State::Here(session) = self.state.replace(State::Empty) {
            self.changed.notify_waiters();
            // The keys and all plaintext are gone when this returns.
            let _ = on_thread("lock", move || drop(session)).await;
        }
    }

    async fn wait_while_away(&self) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if !matches!(*self.state.borrow(), State::Away) {
                return;
            }
            changed.await;
        }
    }

    fn put(&self, state: State) {
        drop(self.state.replace(state));
        self.changed.notify_waiters();
    }
}
