//! Work that blocks, on a thread of its own, awaited by whatever polls: the vault knows no runtime. The rooms that stand on
//! this one use it too.
//!
//! Work that was begun goes on where nobody waits for it any more, and has keys or plaintext until it ends: Argon2 asks nobody
//! whether to go on. Whoever says that nothing is left waits for [`Threads`].

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use crate::secret::wipe_deep_stack;

/// Why work on a thread of its own gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ThreadError {
    /// The system starts no thread.
    #[error("no thread could be started: {0}")]
    NotStarted(io::Error),
    /// It panicked.
    #[error("a thread ended before its work was done")]
    EndedEarly,
}

enum Slot<T> {
    Working(Option<Waker>),
    Done(T),
    /// The thread ended without a result, or the result was taken.
    Gone,
}

/// Fills the slot when the thread ends, whichever way.
struct Ending<T>(Arc<Mutex<Slot<T>>>);

impl<T> Ending<T> {
    fn put(&self, new: Slot<T>) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Slot::Working(waker) = std::mem::replace(&mut *slot, new)
            && let Some(waker) = waker
        {
            drop(slot);
            waker.wake();
        }
    }
}

impl<T> Drop for Ending<T> {
    fn drop(&mut self) {
        let working = matches!(&*self.0.lock().unwrap_or_else(PoisonError::into_inner), Slot::Working(_));
        if working {
            self.put(Slot::Gone);
        }
    }
}

/// The result of a thread that may still be working.
struct Awaited<T>(Arc<Mutex<Slot<T>>>);

impl<T> Future for Awaited<T> {
    type Output = Result<T, ThreadError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Slot::Working(waker) = &mut *slot {
            *waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        match std::mem::replace(&mut *slot, Slot::Gone) {
            Slot::Done(result) => Poll::Ready(Ok(result)),
            _ => Poll::Ready(Err(ThreadError::EndedEarly)),
        }
    }
}

/// So many are dropped where they are.
const FEW: usize = 4096;

/// Drops `things` on all cores: there are secrets in each, which are wiped.
pub(super) fn drop_on_all_cores<T: Send>(mut things: Vec<T>) {
    if things.len() <= FEW {
        return;
    }
    let part = things.len().div_ceil(thread::available_parallelism().map_or(1, usize::from));
    thread::scope(|scope| {
        while things.len() > part {
            let some = things.split_off(things.len() - part);
            // Where no thread can be started, it is dropped here.
            let _ = thread::Builder::new().spawn_scoped(scope, move || drop(some));
        }
        drop(things);
    });
}

thread_local! {
    /// What counts the threads that are begun on this one.
    static COUNTED_BY: RefCell<Option<Threads>> = const { RefCell::new(None) };
}

/// The threads of [`on_thread`] that have not ended, with what they hold and what came of them.
#[derive(Clone, Default)]
pub struct Threads(Arc<Mutex<Running>>);

#[derive(Default)]
struct Running {
    count: usize,
    waiting: Vec<Waker>,
}

impl Threads {
    /// From now on counts the threads that are begun on this one, and by those.
    pub fn count_here(&self) {
        COUNTED_BY.replace(Some(self.clone()));
    }

    /// Whether there is any.
    pub fn are_running(&self) -> bool {
        self.running().count > 0
    }

    /// Waits until there is none.
    pub async fn ended(&self) {
        poll_fn(|context| {
            let mut running = self.running();
            if running.count == 0 {
                return Poll::Ready(());
            }
            running.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that is counted, for as long as this lives.
struct Counted(Threads);

impl Counted {
    /// What is begun on this thread is counted, if anybody does.
    fn here() -> Option<Self> {
        let threads = COUNTED_BY.with_borrow(Clone::clone)?;
        threads.running().count += 1;
        Some(Self(threads))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut running = self.0.running();
        running.count -= 1;
        if running.count == 0 {
            let waiting = std::mem::take(&mut running.waiting);
            drop(running);
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

/// Does `work` on a thread called `name`. Where nobody waits any more, the work goes on, and its result is dropped, and so
/// wiped, there; [`Threads`] knows of it.
///
/// # Errors
/// [`ThreadError`] where the thread can't be started, or panicked.
pub async fn on_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ThreadError> {
    run_on_thread(name, Counted::here(), work).await
}

/// The same for work that has nothing of a vault, and that may wait for others: a keyring, a disk. A lock does not wait for it.
///
/// # Errors
/// Those of [`on_thread`].
pub async fn on_thread_without_keys<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ThreadError> {
    run_on_thread(name, None, work).await
}

async fn run_on_thread<T: Send + 'static>(
    name: &str,
    counted: Option<Counted>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ThreadError> {
    let slot = Arc::new(Mutex::new(Slot::Working(None)));
    let ending = Ending(Arc::clone(&slot));
    let run = move || {
        // In this order: what came of it is dropped with `ending` where nobody takes it, and is counted until then.
        let counted = counted;
        let ending = ending;
        if let Some(counted) = &counted {
            counted.0.count_here();
        }
        let done = work();
        // Before anybody learns of it: the stack goes to the next thread as it is, or lies about.
        wipe_deep_stack();
        ending.put(Slot::Done(done));
    };
    let started = thread::Builder::new().name(name.to_owned()).spawn(run);
    started.map_err(ThreadError::NotStarted)?;
    Awaited(slot).await
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Wake;

    use super::*;

    struct Unpark(thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(output) => return output,
                Poll::Pending => thread::park(),
            }
        }
    }

    #[test]
    fn gives_what_the_work_gave() {
        assert_eq!(block_on(on_thread("test", || 7)).unwrap(), 7);
    }

    #[test]
    fn what_nobody_waits_for_any_more_counts_until_it_has_let_go_of_everything() {
        let threads = Threads::default();
        threads.count_here();
        let held = Arc::new(());
        let (end, wait) = std::sync::mpsc::channel::<()>();
        let left = Arc::clone(&held);
        {
            let work = on_thread("test", move || (wait.recv(), left));
            let begun = pin!(work).poll(&mut Context::from_waker(Waker::noop()));
            assert!(begun.is_pending());
        }
        assert!(threads.are_running());
        assert!(pin!(threads.ended()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let keyless = block_on(on_thread_without_keys("test", move || drop(end)));
        keyless.unwrap();
        block_on(threads.ended());
        assert_eq!(Arc::strong_count(&held), 1);
        assert!(!threads.are_running());
        assert!(block_on(on_thread::<()>("test", || panic!("expected"))).is_err());
        block_on(threads.ended());
    }

    #[test]
    fn a_panic_in_the_work_is_an_error_and_no_hang() {
        assert!(matches!(block_on(on_thread::<()>("test", || panic!("expected"))), Err(ThreadError::EndedEarly)));
    }
}
