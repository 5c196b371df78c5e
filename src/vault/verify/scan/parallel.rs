//! One thread gives out work, all cores do it.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::secret::wipe_deep_stack;

use super::super::super::thread::ThreadError;
use super::ScanError;

/// Does `work` on everything that `feed` sends, on as many threads as there are cores, and gives what came of it in no order. `feed`
/// waits where `ahead` jobs wait for a thread.
pub(super) fn in_parallel<J: Send, T: Send>(
    ahead: usize,
    feed: impl FnOnce(&mut dyn FnMut(J) -> Result<(), ThreadError>) -> Result<(), ScanError>,
    work: impl Fn(J) -> T + Sync,
) -> Result<Vec<T>, ScanError> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let (sender, receiver) = sync_channel::<J>(ahead);
    let receiver = Arc::new(Mutex::new(receiver));
    thread::scope(|scope| {
        let working: Vec<_> = (0..workers)
            .map(|_| {
                let (receiver, work) = (Arc::clone(&receiver), &work);
                scope.spawn(move || {
                    let mut done = Vec::new();
                    while let Some(job) = next(&receiver) {
                        done.push(work(job));
                    }
                    wipe_deep_stack();
                    done
                })
            })
            .collect();
        // Once all threads have ended, whyever, nothing can be sent any more.
        drop(receiver);
        let fed = feed(&mut |job| sender.send(job).map_err(|_| ThreadError::EndedEarly));
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
        let squares = in_parallel(3, |send| Ok((0..1000_u64).try_for_each(&mut *send)?), |number| number * number);
        let Ok(mut squares) = squares else { panic!("nothing failed") };
        squares.sort_unstable();
        assert!(squares.into_iter().eq((0..1000).map(|number| number * number)));
        let failed = in_parallel(
            1,
            |send| {
                send(1)?;
                Err(ScanError::Ended(VaultError::Damaged("as it is fed".to_owned())))
            },
            |number: u8| number,
        );
        assert!(matches!(failed, Err(ScanError::Ended(VaultError::Damaged(_)))));
    }

    #[test]
    fn where_all_threads_end_early_feeding_ends() {
        let ended = in_parallel(1, |send| Ok((0..10_000).try_for_each(&mut *send)?), |_: i32| panic!("as in a test"));
        assert!(matches!(ended, Err(ScanError::Ended(VaultError::Thread(ThreadError::EndedEarly)))));
    }
}
