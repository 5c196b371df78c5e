//! Where the open session sits: here, or for the length of one commit on a thread that may wait for the disk.
//!
//! Invariant: a session that is away comes back, whoever waited for it; emptying the seat waits for that.

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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::Future;
    use std::sync::mpsc;

    use tokio::task::LocalSet;

    use super::*;
    use crate::secret::SecretString;
    use crate::session::{self, Home, NewVault};

    /// Runs `work` on a runtime as the worker's, with an open vault in the seat.
    fn with_seat<F: Future>(work: impl FnOnce(Rc<Seat>) -> F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let folder = tempfile::tempdir().unwrap();
            let home = Home::under(folder.path()).unwrap();
            let key = NewVault::Passphrase(SecretString::copy_of("passphrase"));
            let seat = Seat::new();
            seat.place(session::create(&home, &folder.path().join("v.sealkeep"), key).await.unwrap());
            work(seat).await
        })
    }

    #[test]
    fn a_session_comes_back_also_where_nobody_waits_for_it_any_more() {
        with_seat(|seat| async move {
            let (end, wait) = mpsc::channel::<()>();
            let mut away = Box::pin(seat.on_thread(move |_| wait.recv()));
            let polled = std::future::poll_fn(|context| std::task::Poll::Ready(away.as_mut().poll(context).is_ready()));
            assert!(!polled.await);
            drop(away);
            assert!(seat.is_taken());
            end.send(()).unwrap();
            assert_eq!(seat.with(|session| session.vault.summaries().len()).await, Ok(0));
        });
    }

    #[test]
    fn emptying_waits_for_what_is_being_saved() {
        with_seat(|seat| async move {
            let (end, wait) = mpsc::channel::<()>();
            let saved = Cell::new(false);
            let saving = async {
                seat.on_thread(move |_| wait.recv()).await.unwrap().unwrap();
                saved.set(true);
            };
            let emptying = async {
                // The save has begun: it was polled first.
                end.send(()).unwrap();
                seat.empty().await;
            };
            tokio::join!(saving, emptying);
            assert!(saved.get() && !seat.is_taken());
            assert_eq!(seat.with(|_| ()).await, Err(Problem::NoVault));
        });
    }

    #[test]
    fn a_session_dies_with_a_thread_that_panics_and_the_seat_knows() {
        with_seat(|seat| async move {
            let lost: Result<(), _> = seat.on_thread(|_| panic!("expected")).await;
            assert_eq!(lost, Err(Problem::Crashed { part: "save" }));
            assert!(!seat.is_taken());
        });
    }

    #[test]
    fn turns_are_taken_in_the_order_they_were_asked_for() {
        with_seat(|seat| async move {
            let order = RefCell::new(Vec::new());
            let first = seat.turn().await.unwrap();
            let other = |number| {
                let (seat, order) = (&seat, &order);
                async move {
                    let _turn = seat.turn().await.unwrap();
                    order.borrow_mut().push(number);
                }
            };
            tokio::join!(other(1), other(2), other(3), async { drop(first) });
            assert_eq!(*order.borrow(), [1, 2, 3]);
        });
    }
}
