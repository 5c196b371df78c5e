//! Work that blocks, on a thread of its own, awaited by whatever polls: the vault knows no runtime. The rooms that stand on
//! this one use it too.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
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

/// Does `work` on a thread called `name`. Where nobody waits any more, the work goes on, and its result is dropped, and so
/// wiped, there.
///
/// # Errors
/// [`ThreadError`] where the thread can't be started, or panicked.
pub async fn on_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ThreadError> {
    let slot = Arc::new(Mutex::new(Slot::Working(None)));
    let ending = Ending(Arc::clone(&slot));
    let run = move || {
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
    fn a_panic_in_the_work_is_an_error_and_no_hang() {
        assert!(matches!(block_on(on_thread::<()>("test", || panic!("expected"))), Err(ThreadError::EndedEarly)));
    }
}
