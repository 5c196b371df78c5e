//! Locking and the clock, on a passphrase; what overtakes a call to KMS is in `kms.rs`.

use std::io::BufRead;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use sealkeep::platform::{LockedAll, Now};
use sealkeep::session::{self, Home};
use sealkeep::worker::{Command, Generate, LockReason, LocksIn, Problem, What, WindowSize, WorkerOptions};

use crate::expect;
use crate::support::again::{assert_inside, case};
use crate::support::window::{Window, note, vault_in};

/// Clocks that go when the test says so.
#[derive(Clone, Default)]
struct Clocks {
    monotonic: Arc<AtomicU64>,
    wall: Arc<AtomicU64>,
}

impl Clocks {
    fn window(&self, home: &Path) -> Window {
        let clocks = self.clone();
        let clock = Arc::new(move || Now {
            monotonic: Duration::from_secs(clocks.monotonic.load(Ordering::SeqCst)),
            wall: SystemTime::UNIX_EPOCH + Duration::from_secs(clocks.wall.load(Ordering::SeqCst)),
        });
        Window::open_with(WorkerOptions { home: Some(home.to_owned()), clock, ..WorkerOptions::default() })
    }
}

#[test]
fn nobody_at_the_window_locks_the_vault_by_whichever_clock_says_so() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let clocks = Clocks::default();
    let mut window = clocks.window(home.path());
    window.create(&folder);
    for clock in [&clocks.monotonic, &clocks.wall] {
        expect!(window, What::LocksIn(Some(LocksIn::Minutes(5))));
        // Four minutes are not five.
        clock.fetch_add(240, Ordering::SeqCst);
        window.send(Command::StillHere);
        window.send(Command::Generate(Generate::Words(4)));
        expect!(window, What::Generated(_));
        // The machine slept: the hand that wakes it comes too late.
        clock.fetch_add(300, Ordering::SeqCst);
        window.send(Command::StillHere);
        expect!(window, What::Locking(LockReason::Idle));
        expect!(window, What::Locked(LockReason::Idle));
        window.unlock(&folder);
    }
}

#[test]
fn the_lock_comes_by_itself_when_nothing_happens_any_more() {
    let home = tempfile::tempdir().unwrap();
    let clocks = Clocks::default();
    let mut window = clocks.window(home.path());
    window.create(&vault_in(home.path()));
    expect!(window, What::LocksIn(Some(LocksIn::Minutes(5))));
    clocks.monotonic.fetch_add(299, Ordering::SeqCst);
    // No hand on the mouse: this one asks for nothing but a look at the clock.
    window.send(Command::Start);
    expect!(window, What::LocksIn(Some(LocksIn::Seconds(1))));
    clocks.monotonic.fetch_add(1, Ordering::SeqCst);
    expect!(window, What::Locked(LockReason::Idle));
}

#[test]
fn a_command_that_comes_after_the_time_was_up_finds_the_vault_locked() {
    let home = tempfile::tempdir().unwrap();
    let clocks = Clocks::default();
    let mut window = clocks.window(home.path());
    window.create(&vault_in(home.path()));
    let item = window.save(None, note("Door codes", "1234"));
    clocks.wall.fetch_add(301, Ordering::SeqCst);
    window.send(Command::OpenItem { item, revision: None });
    // The worker may have looked at its clock before the command came.
    let problem = expect!(window, What::Failed(problem) => problem);
    assert!(matches!(problem, Problem::Locked | Problem::NoVault), "{problem:?}");
}

#[test]
fn the_idle_lock_follows_the_settings() {
    let home = tempfile::tempdir().unwrap();
    let clocks = Clocks::default();
    let mut window = clocks.window(home.path());
    window.send(Command::Start);
    let mut settings = expect!(window, What::Started { settings, .. } => settings);
    window.create(&vault_in(home.path()));
    expect!(window, What::LocksIn(Some(LocksIn::Minutes(5))));
    settings.idle_lock_minutes = 0;
    window.send(Command::SaveSettings(settings.clone()));
    expect!(window, What::LocksIn(None));
    clocks.monotonic.fetch_add(1_000_000, Ordering::SeqCst);
    settings.idle_lock_minutes = 2;
    window.send(Command::SaveSettings(settings));
    let changed = expect!(window, What::SettingsChanged(settings) if settings.idle_lock_minutes == 2 => settings);
    assert_eq!(changed.recent_vaults.len(), 1, "what the program remembers itself stays");
    expect!(window, What::LocksIn(Some(LocksIn::Minutes(2))));
    clocks.monotonic.fetch_add(120, Ordering::SeqCst);
    window.send(Command::StillHere);
    expect!(window, What::Locked(LockReason::Idle));
}

#[test]
fn what_is_typed_where_no_vault_is_open_is_forgotten_when_nobody_is_there() {
    let home = tempfile::tempdir().unwrap();
    let clocks = Clocks::default();
    let mut window = clocks.window(home.path());
    window.send(Command::Start);
    expect!(window, What::Started { .. });
    for clock in [&clocks.monotonic, &clocks.wall] {
        window.send(Command::StillHere);
        clock.fetch_add(299, Ordering::SeqCst);
        window.send(Command::ListProfiles);
        expect!(window, What::Profiles(_));
        // That was somebody, too.
        clock.fetch_add(299, Ordering::SeqCst);
        window.send(Command::ListProfiles);
        expect!(window, What::Profiles(_));
        clock.fetch_add(300, Ordering::SeqCst);
        window.send(Command::ListProfiles);
        expect!(window, What::Locking(LockReason::Idle));
        expect!(window, What::Locked(LockReason::Idle));
    }
}

#[test]
fn a_window_that_nobody_is_at_is_told_once_to_forget() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let clocks = Clocks::default();
    let mut window = clocks.window(home.path());
    window.create(&folder);
    expect!(window, What::LocksIn(_));
    window.send(Command::StillHere);
    window.catches_up();
    clocks.monotonic.fetch_add(300, Ordering::SeqCst);
    window.send(Command::Start);
    expect!(window, What::Locked(LockReason::Idle));
    // The window looks at the vault by itself: that is nobody.
    for _ in 0..3 {
        window.send(Command::InspectVault { folder: folder.clone() });
        expect!(window, What::Inspected(_));
        clocks.monotonic.fetch_add(300, Ordering::SeqCst);
    }
    window.catches_up();
    let seen = window.take_events();
    assert!(!seen.iter().any(|event| matches!(event.what, What::Locking(_) | What::LocksIn(_))), "{seen:?}");
    window.send(Command::StillHere);
    window.catches_up();
    clocks.monotonic.fetch_add(300, Ordering::SeqCst);
    window.send(Command::Start);
    expect!(window, What::Locking(LockReason::Idle));
}

#[test]
fn never_is_never_where_no_vault_is_open_too() {
    let home = tempfile::tempdir().unwrap();
    let clocks = Clocks::default();
    let mut window = clocks.window(home.path());
    window.send(Command::Start);
    let mut settings = expect!(window, What::Started { settings, .. } => settings);
    settings.idle_lock_minutes = 0;
    window.send(Command::SaveSettings(settings));
    expect!(window, What::SettingsChanged(_));
    window.send(Command::StillHere);
    clocks.monotonic.fetch_add(1_000_000, Ordering::SeqCst);
    window.send(Command::ListProfiles);
    expect!(window, What::Profiles(_));
    assert!(!window.take_events().iter().any(|event| matches!(event.what, What::Locking(_))));
}

#[test]
fn the_size_of_the_window_is_remembered_beside_what_the_settings_page_changes() {
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::open(home.path());
    window.send(Command::Start);
    let settings = expect!(window, What::Started { settings, .. } => settings);
    let size = WindowSize { width: 900.0, height: 640.0 };
    window.send(Command::RememberSize(size));
    expect!(window, What::SettingsChanged(_));
    // What the page knew before.
    window.send(Command::SaveSettings(sealkeep::worker::Settings { scale_percent: 125, ..settings }));
    let settings = expect!(window, What::SettingsChanged(settings) => settings);
    assert_eq!((settings.window, settings.scale_percent), (Some(size), 125));
}

#[test]
fn plaintext_that_was_sent_before_a_lock_is_not_seen_after_it() {
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::with_vault(home.path());
    let item = window.save(None, note("Door codes", "1234"));
    expect!(window, What::Items(_));
    window.forget_wakes();
    window.send(Command::OpenItem { item, revision: None });
    window.await_wake();
    window.lock();
    let seen = window.take_events();
    assert!(!seen.iter().any(|event| matches!(event.what, What::ItemOpened { .. })), "{seen:?}");
    expect!(window, What::Locked(LockReason::Asked));
}

#[test]
fn what_was_sent_before_a_lock_is_refused_and_what_comes_after_works() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let item = window.save(None, note("Door codes", "1234"));
    window.send(Command::OpenItem { item, revision: None });
    window.lock();
    window.unlock_with(&folder, crate::support::window::PASSPHRASE);
    // It was under way, or had not begun: either way there is no plaintext, and an answer.
    expect!(window, What::Failed(Problem::Locked));
    expect!(window, What::Unlocked(_));
    assert_eq!(window.read(item), [("text".to_owned(), "1234".to_owned())]);
}

#[test]
fn another_vault_takes_the_place_of_the_open_one() {
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::with_vault(home.path());
    let second = home.path().join("Second.sealkeep");
    window.create(&second);
    expect!(window, What::LocksIn(_));
    window.unlock_with(&vault_in(home.path()), crate::support::window::PASSPHRASE);
    expect!(window, What::Locking(LockReason::Switching));
    expect!(window, What::Locked(LockReason::Switching));
    assert_eq!(expect!(window, What::Unlocked(opened) => opened.name), "Family");
    let settings = expect!(window, What::SettingsChanged(settings) => settings);
    assert_eq!(settings.recent_vaults.len(), 2);
}

#[test]
fn the_command_line_asks_for_a_lock_and_hears_when_it_is_done() {
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::open(home.path());
    window.send(Command::Start);
    expect!(window, What::Started { .. });
    window.create(&vault_in(home.path()));
    let asking = Home::under(home.path()).unwrap();
    let locked = LockedAll { locked: 1, unanswered: vec![] };
    assert_eq!(session::lock_all(&asking).unwrap(), locked);
    expect!(window, What::Locked(LockReason::Requested));
    assert_eq!(session::lock_all(&asking).unwrap(), locked, "locked already is locked");
}

#[test]
fn a_request_to_end_locks_first_and_then_ends_the_process() {
    let mut process = case("worker::lock::cases::waits_for_the_end")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.ends_with("open")), "a vault was opened");
    let told = Process::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(process.wait().unwrap().signal(), Some(15));
    assert!(said.any(|line| line == "locking"), "the window was told");
}

/// Run by the tests above, each in a process of its own.
mod cases {
    use super::*;

    #[test]
    #[ignore = "run by a test above"]
    fn waits_for_the_end() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let options = WorkerOptions { home: Some(home.path().to_owned()), end_on_signals: true, ..Default::default() };
        let mut window = Window::open_with(options);
        window.create(&vault_in(home.path()));
        println!("open");
        expect!(window, What::Locking(LockReason::Requested));
        println!("locking");
        loop {
            std::thread::park();
        }
    }
}
