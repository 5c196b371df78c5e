//! Ending a read that takes long, from another thread: what SQLite could ask itself whether to go on (a progress handler) belongs to
//! the connection and outlives a read, while whoever is asked here is borrowed for one.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::Store;

/// How often it is asked whether to go on: what a lock waits for a read, at most.
const STEP: Duration = Duration::from_millis(10);
/// How soon after one statement the next one is ended, where `act` goes on all the same.
const AGAIN: Duration = Duration::from_micros(50);

impl Store {
    /// Does `act`, which reads, and from the moment that `is_over` says so ends the statements that run in it, with
    /// [`super::StoreError::Interrupted`], one after the other: a short one may come through, so that `act` does well to ask by
    /// itself.
    pub fn interruptibly<T>(&self, is_over: &(dyn Fn() -> bool + Sync), act: impl FnOnce() -> T) -> T {
        let handle = self.database.get_interrupt_handle();
        thread::scope(|scope| {
            let (end, ended) = channel::<()>();
            let look = move || {
                let mut wait = STEP;
                while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    if is_over() {
                        handle.interrupt();
                        wait = AGAIN;
                    }
                }
            };
            // Where there is no thread to spare, a statement runs to its end.
            let _ = thread::Builder::new().name("sealkeep-interrupt".to_owned()).spawn_scoped(scope, look);
            let done = act();
            drop(end);
            done
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::super::StoreError;
    use super::*;

    /// Counts for hours, unless it is ended.
    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    #[test]
    fn a_statement_ends_when_somebody_says_so_and_the_next_one_runs() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        let count = |sql| store.database.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(StoreError::from);
        let over = AtomicBool::new(false);
        let counted = store.interruptibly(&|| over.swap(true, Ordering::SeqCst), || count(ENDLESS));
        assert!(matches!(counted, Err(StoreError::Interrupted)), "{counted:?}");
        assert_eq!(count("SELECT count(*) FROM item").unwrap(), 0);
        assert_eq!(store.interruptibly(&|| false, || count("SELECT count(*) FROM item")).unwrap(), 0);
        // Many short ones in a row, by somebody who does not ask.
        let short = "SELECT count(*) FROM sqlite_schema, sqlite_schema, sqlite_schema";
        let ended = store.interruptibly(&|| true, || (0..).find(|_| count(short).is_err()));
        assert!(ended.is_some());
    }
}
