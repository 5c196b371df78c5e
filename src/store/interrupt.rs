//! Ending a read that takes long, from another thread.
//!
//! Owns: [`EndReads`], by which whoever locks a vault ends what is read of it, whichever thread reads; and the one thread that does so
//! for a store, which sleeps until then. What else may end one read, somebody who cancels, is asked while it lasts.
//! Invariant: a change is not ended, unless it takes longer than any change does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::InterruptHandle;

use super::Store;

/// How often it is asked whether to go on: what a lock waits for a read, at most.
const STEP: Duration = Duration::from_millis(10);
/// How soon after one statement the next one is ended, where `act` goes on all the same.
const AGAIN: Duration = Duration::from_micros(50);
/// How long a change may go on once reads are to end. It reads too, and what it reads may have no end; then nothing of it happens.
const LONGEST_CHANGE: Duration = Duration::from_secs(60);

/// Ends reads: once that is said, no store that was told of it begins one, and those under way end. Clones are the same switch.
#[derive(Clone, Debug, Default)]
pub struct EndReads(Arc<Switch>);

#[derive(Debug, Default)]
struct Switch {
    ended: AtomicBool,
    /// Held to say it, and to look before waiting for it.
    looking: Mutex<()>,
    said: Condvar,
}

impl EndReads {
    /// Ends reads, for good. Returns at once, on any thread.
    pub fn end(&self) {
        let looking = self.0.look();
        self.0.ended.store(true, Ordering::SeqCst);
        drop(looking);
        self.0.said.notify_all();
    }

    /// Whether it was said.
    pub fn is_ended(&self) -> bool {
        self.0.ended.load(Ordering::SeqCst)
    }
}

impl Switch {
    fn look(&self) -> MutexGuard<'_, ()> {
        self.looking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many changes are under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Changing(Arc<Mutex<usize>>);

/// One of them, for as long as this lives.
pub(super) struct Change {
    changing: Changing,
    ends: Option<EndReads>,
}

impl Change {
    /// Whether reads are to end.
    pub(super) fn is_ending(&self) -> bool {
        self.ends.as_ref().is_some_and(EndReads::is_ended)
    }
}

impl Changing {
    fn count(&self) -> MutexGuard<'_, usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        *self.changing.count() -= 1;
    }
}

/// The thread that ends a store's reads once it is time. Dropped, it has ended.
pub(super) struct Watching {
    ends: EndReads,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watching {
    /// A change may go on for `longest_change` once reads are to end.
    fn start(ends: EndReads, handle: InterruptHandle, changing: Changing, longest_change: Duration) -> Self {
        let closing = Arc::new(AtomicBool::new(false));
        let watch = {
            let (ends, closing) = (ends.clone(), Arc::clone(&closing));
            move || watch(&ends, &closing, &handle, &changing, longest_change)
        };
        // Where there is no thread to spare, statements run to their end; whoever unlocks a vault needs more threads than this one.
        let thread = thread::Builder::new().name("sealkeep-ends".to_owned()).spawn(watch).ok();
        Self { ends, closing, thread }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let looking = self.ends.0.look();
        self.closing.store(true, Ordering::SeqCst);
        drop(looking);
        self.ends.0.said.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn watch(
    ends: &EndReads,
    closing: &AtomicBool,
    handle: &InterruptHandle,
    changing: &Changing,
    longest_change: Duration,
) {
    let is_closing = || closing.load(Ordering::SeqCst);
    let mut looking = ends.0.look();
    while !ends.is_ended() && !is_closing() {
        looking = ends.0.said.wait(looking).unwrap_or_else(PoisonError::into_inner);
    }
    let begun = Instant::now();
    while !is_closing() {
        let wait = {
            // No change begins while this is held: it would not know what ended it.
            let changes = changing.count();
            if *changes == 0 || begun.elapsed() > longest_change {
                handle.interrupt();
                AGAIN
            } else {
                STEP
            }
        };
        looking = ends.0.said.wait_timeout(looking, wait).unwrap_or_else(PoisonError::into_inner).0;
    }
}

impl Store {
    /// From now on, and until it is closed, ends reads of this store once `ends` says so, with [`super::StoreError::Interrupted`]. A change
    /// that has begun is done, or nothing of it has happened.
    pub fn end_reads_by(&mut self, ends: EndReads) {
        self.watching = None;
        self.watching = Some(self.watch(ends, LONGEST_CHANGE));
    }

    fn watch(&self, ends: EndReads, longest_change: Duration) -> Watching {
        Watching::start(ends, self.database.get_interrupt_handle(), self.changing.clone(), longest_change)
    }

    /// Whether reads are to end.
    pub fn is_ending(&self) -> bool {
        self.watching.as_ref().is_some_and(|watching| watching.ends.is_ended())
    }

    /// What is read from now on belongs to a change, until what this gives is dropped.
    pub(super) fn begin_changing(&self) -> Change {
        *self.changing.count() += 1;
        let ends = self.watching.as_ref().map(|watching| watching.ends.clone());
        Change { changing: self.changing.clone(), ends }
    }

    /// Does `act`, which reads, and from the moment that `is_over` says so ends the statements that run in it, with
    /// [`super::StoreError::Interrupted`], one after the other: a short one may come through, so that `act` does well to ask by
    /// itself.
    pub fn interruptibly<T>(&self, is_over: &(dyn Fn() -> bool + Sync), act: impl FnOnce() -> T) -> T {
        interruptibly(&self.database.get_interrupt_handle(), is_over, act)
    }
}

/// The same for a database that is no store's yet.
pub(super) fn interruptibly<T>(
    handle: &InterruptHandle,
    is_over: &(dyn Fn() -> bool + Sync),
    act: impl FnOnce() -> T,
) -> T {
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::super::StoreError;
    use super::*;

    /// Counts for hours, unless it is ended.
    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    fn count(store: &Store, sql: &str) -> Result<i64, StoreError> {
        store.database.query_row(sql, [], |row| row.get(0)).map_err(StoreError::from)
    }

    #[test]
    fn a_statement_ends_when_somebody_says_so_and_the_next_one_runs() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        let over = AtomicBool::new(false);
        let counted = store.interruptibly(&|| over.swap(true, Ordering::SeqCst), || count(&store, ENDLESS));
        assert!(matches!(counted, Err(StoreError::Interrupted)), "{counted:?}");
        assert_eq!(count(&store, "SELECT count(*) FROM item").unwrap(), 0);
        assert_eq!(store.interruptibly(&|| false, || count(&store, "SELECT count(*) FROM item")).unwrap(), 0);
        // Many short ones in a row, by somebody who does not ask.
        let short = "SELECT count(*) FROM sqlite_schema, sqlite_schema, sqlite_schema";
        let ended = store.interruptibly(&|| true, || (0..).find(|_| count(&store, short).is_err()));
        assert!(ended.is_some());
    }

    #[test]
    fn once_reads_are_to_end_none_goes_on_and_none_begins_and_a_change_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(folder.path()).unwrap();
        let ends = EndReads::default();
        store.end_reads_by(ends.clone());
        drop(store.snapshot().unwrap());
        let asked = ends.clone();
        // While it is counting, or before: it ends either way.
        let asking = thread::spawn(move || asked.end());
        let counted = count(&store, ENDLESS);
        assert!(matches!(counted, Err(StoreError::Interrupted)), "{counted:?}");
        asking.join().unwrap();
        assert!(matches!(store.snapshot().map(drop), Err(StoreError::Interrupted)));

        let change = store.change().unwrap();
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) SELECT max(i) FROM n";
        let found = change.rows().database.query_row(many, [], |row| row.get::<_, u32>(0));
        assert_eq!(found.unwrap(), 300_000, "longer than it takes to end a read");
        change.insert_vault(crate::format::v1::VaultId([1; 16])).unwrap();
        change.commit().unwrap();
        assert!(store.truncate_log(Duration::ZERO).unwrap());
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.snapshot().unwrap().rows().vault().unwrap().0, [1; 16]);
    }

    #[test]
    fn a_change_that_has_no_end_is_ended_and_nothing_of_it_has_happened() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(folder.path()).unwrap();
        let ends = EndReads::default();
        store.watching = Some(store.watch(ends.clone(), Duration::ZERO));
        let change = store.change().unwrap();
        change.insert_vault(crate::format::v1::VaultId([1; 16])).unwrap();
        ends.end();
        let counted = change.rows().database.query_row(ENDLESS, [], |row| row.get::<_, i64>(0));
        assert!(matches!(counted.map_err(StoreError::from), Err(StoreError::Interrupted)));
        drop(change);
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        assert!(store.snapshot().unwrap().rows().vault().is_err(), "no vault was made");
    }
}
