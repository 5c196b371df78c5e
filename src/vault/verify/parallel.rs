//! One thread gives out work, all cores do it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::secret::wipe_deep_stack;

use super::super::thread::ThreadError;

/// Does `work` on everything that `feed` sends, on as many threads as there are cores, and gives what came of it in no order. `feed`
/// waits where `ahead` jobs wait for a thread.
pub(super) fn in_parallel<J: Send, T: Send, E: From<ThreadError>>(
    ahead: usize,
    feed: impl FnOnce(&mut dyn FnMut(J) -> Result<(), ThreadError>) -> Result<(), E>,
    work: impl Fn(J) -> T + Sync,
) -> Result<Vec<T>, E> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let (sender, receiver) = sync_channel::<J>(ahead);
    let (receiver, is_over) = (Arc::new(Mutex::new(receiver)), AtomicBool::new(false));
    thread::scope(|scope| {
        let working: Vec<_> = (0..workers)
            .map(|_| {
                let (receiver, work, is_over) = (Arc::clone(&receiver), &work, &is_over);
                scope.spawn(move || {
                    let mut done = Vec::new();
                    while let Some(job) = next(&receiver).filter(|_| !is_over.load(Ordering::Relaxed)) {
                        done.push(work(job));
                    }
                    wipe_deep_stack();
                    done
                })
            })
            .collect();
        // Once all threads have ended, for whatever reason, nothing can be sent any more.
        drop(receiver);
        let fed = feed(&mut |job| sender.send(job).map_err(|_| ThreadError::EndedEarly));
        // Nobody wants what still waits: a lock does not wait for it.
        is_over.store(fed.is_err(), Ordering::Relaxed);
        drop(sender);
        // All of them: where one is not asked what became of it, its panic is this thread's.
        let ended: Vec<_> = working.into_iter().map(|thread| thread.join()).collect();
        let mut done = Vec::new();
        for some in ended {
            done.append(&mut some.map_err(|_| ThreadError::EndedEarly)?);
        }
        fed.map(|()| done)
    })
}

fn next<J>(receiver: &Mutex<Receiver<J>>) -> Option<J> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::VaultError;

    #[test]
    fn everything_is_done_and_the_first_failure_of_feeding_is_told() {
        let squares = in_parallel(
            3,
            |send| Ok::<_, VaultError>((0..1000_u64).try_for_each(&mut *send)?),
            |number| number * number,
        );
        let mut squares = squares.unwrap();
        squares.sort_unstable();
        assert!(squares.into_iter().eq((0..1000).map(|number| number * number)));
        let failed = in_parallel(
            1,
            |send| {
                send(1)?;
                Err(VaultError::Damaged("as it is fed".to_owned()))
            },
            |number: u8| number,
        );
        assert!(matches!(failed, Err(VaultError::Damaged(_))));
    }

    #[test]
    fn where_all_threads_end_early_feeding_ends() {
        let ended = in_parallel(
            1,
            |send| Ok::<_, VaultError>((0..10_000).try_for_each(&mut *send)?),
            |_: i32| panic!("as in a test"),
        );
        assert!(matches!(ended, Err(VaultError::Thread(ThreadError::EndedEarly))));
    }
}
