//! A database without an end, as whoever hosts the folder can make one under an open vault: a lock waits for nothing that reads it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use sealkeep::platform::Now;
use sealkeep::vault::ItemId;
use sealkeep::worker::{Command, LockReason, Problem, What, WorkerOptions};

use crate::expect;
use crate::support::tangled::tangle;
use crate::support::window::{Window, note, vault_in};

/// In hundredths of a second: what nobody computes by the way.
const BUSY: u64 = 5;

/// Clocks that stand still for the worker, until the test says otherwise; for the thread that watches the time it is a second later.
#[derive(Clone, Default)]
struct Clocks {
    seconds: Arc<AtomicU64>,
    /// So much later it is once the worker has looked for the next time.
    then: Arc<AtomicU64>,
    /// Where the system says what the worker's thread does.
    worker: Arc<Mutex<PathBuf>>,
}

impl Clocks {
    fn window(&self, home: &Path) -> Window {
        let clocks = self.clone();
        let clock = Arc::new(move || {
            let mut seconds = clocks.seconds.load(Ordering::SeqCst);
            if thread::current().name() == Some("alarm") {
                seconds += 1;
            } else {
                clocks.seconds.fetch_add(clocks.then.swap(0, Ordering::SeqCst), Ordering::SeqCst);
                let task = fs::read_link("/proc/thread-self").unwrap();
                *clocks.worker.lock().unwrap() = Path::new("/proc").join(task);
            }
            let time = Duration::from_secs(seconds);
            Now { monotonic: time, wall: SystemTime::UNIX_EPOCH + time }
        });
        Window::open_with(WorkerOptions { home: Some(home.to_owned()), clock, ..WorkerOptions::default() })
    }

    /// Waits until the worker's thread does nothing but compute.
    fn await_busy(&self) {
        let computed = || {
            let stat = fs::read_to_string(self.worker.lock().unwrap().join("stat")).unwrap();
            let fields = stat.rsplit(')').next().unwrap().split_whitespace();
            fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>()
        };
        let before = computed();
        while computed() < before + BUSY {
            thread::yield_now();
        }
    }
}

/// An open vault with one note, whose tables' own table has no end: any look at it may take for ever.
fn open(clocks: &Clocks, home: &Path) -> (Window, ItemId) {
    let mut window = clocks.window(home);
    window.create(&vault_in(home));
    let item = window.save(None, note("Door codes", "1234"));
    expect!(window, What::Items(_));
    window.catches_up();
    tangle(&vault_in(home).join("vault.db"), "sqlite_schema");
    (window, item)
}

#[test]
fn a_lock_ends_a_read_on_the_workers_own_thread() {
    let home = tempfile::tempdir().unwrap();
    let clocks = Clocks::default();
    let (mut window, item) = open(&clocks, home.path());
    window.send(Command::OpenItem { item, revision: None });
    clocks.await_busy();
    window.lock();
    expect!(window, What::Failed(Problem::Locked));
    expect!(window, What::Locked(LockReason::Asked));
}

#[test]
fn nobody_at_the_window_ends_a_read_on_the_workers_own_thread() {
    let home = tempfile::tempdir().unwrap();
    let clocks = Clocks::default();
    let (mut window, item) = open(&clocks, home.path());
    // The worker takes the command, sees a second left, and then looks at its clock no more.
    clocks.then.store(299, Ordering::SeqCst);
    window.send(Command::OpenItem { item, revision: None });
    expect!(window, What::Failed(Problem::Locked));
    expect!(window, What::Locked(LockReason::Idle));
}

#[test]
fn a_history_without_an_end_is_damage_and_what_needs_none_opens() {
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::open(home.path());
    window.create(&vault_in(home.path()));
    let item = window.save(None, note("Door codes", "1234"));
    expect!(window, What::Items(_));
    window.catches_up();
    tangle(&vault_in(home.path()).join("vault.db"), "summary");
    window.send(Command::OpenHistory { item });
    let problem = expect!(window, What::Failed(problem) => problem);
    let Problem::Damaged { what } = &problem else { panic!("{problem:?}") };
    assert!(what.contains("it shows a row twice"), "{what}");
    assert_eq!(window.read(item), [("text".to_owned(), "1234".to_owned())]);
    window.lock();
    expect!(window, What::Locked(LockReason::Asked));
}

#[test]
fn a_folder_without_an_end_is_looked_at_all_the_same() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::open(home.path());
    window.create(&folder);
    window.save(None, note("Door codes", "1234"));
    window.lock();
    expect!(window, What::Locked(LockReason::Asked));
    for table in ["revision", "item", "item_by_page"] {
        let copy = home.path().join(format!("{table}.sealkeep"));
        assert!(Process::new("cp").arg("-a").args([&folder, &copy]).status().unwrap().success());
        tangle(&copy.join("vault.db"), table);
        window.send(Command::InspectVault { folder: copy });
        let seen = expect!(window, What::Inspected(seen) => seen);
        assert!(seen.items >= 1, "as many as a file of that length could have");
    }
    // What can't even be looked at is let go with whoever asked, and holds up nobody until then.
    window.unlock(&folder);
    let copy = home.path().join("tables.sealkeep");
    assert!(Process::new("cp").arg("-a").args([&folder, &copy]).status().unwrap().success());
    tangle(&copy.join("vault.db"), "sqlite_schema");
    let asked = window.send(Command::InspectVault { folder: copy });
    window.catches_up();
    window.lock();
    expect!(window, What::Locked(LockReason::Asked));
    window.cancel(asked);
    expect!(window, What::Failed(Problem::Cancelled));
}
