//! Stands in for the window: sends commands, waits for events, and knows nothing else of the worker.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use sealkeep::secret::SecretString;
use sealkeep::vault::{Field, Fields, ItemId, Kind};
use sealkeep::worker::{
    Command, Draft, Event, NewVault, OpenedVault, RequestId, TrustAnswer, UnlockBy, What, WorkerHandle, WorkerOptions,
};

/// For a test that would wait for ever; none waits this long for what it is about.
const LONGEST: Duration = Duration::from_secs(60);

pub const PASSPHRASE: &str = "correct horse battery staple";

pub struct Window {
    worker: WorkerHandle,
    woken: Receiver<()>,
    /// What came and was not asked for, shortened, for a test that fails.
    passed: Vec<String>,
    waiting: Vec<Event>,
}

/// Waits for the next event that matches, and gives the value. Others are passed over; a failure that is not what is waited for
/// fails the test.
#[macro_export]
macro_rules! expect {
    ($window:expr, $pattern:pat $(if $guard:expr)? => $value:expr) => {
        $window.until(stringify!($pattern), |what| match what {
            $pattern $(if $guard)? => std::ops::ControlFlow::Break($value),
            other => std::ops::ControlFlow::Continue(other),
        })
    };
    ($window:expr, $pattern:pat) => {
        $crate::expect!($window, $pattern => ())
    };
}

impl Window {
    /// A window of the installation in `home`.
    pub fn open(home: &Path) -> Self {
        Self::open_with(WorkerOptions { home: Some(home.to_owned()), ..WorkerOptions::default() })
    }

    /// The same, with a new vault on [`PASSPHRASE`] open.
    pub fn with_vault(home: &Path) -> Self {
        let mut window = Self::open(home);
        window.create(&vault_in(home));
        window
    }

    pub fn open_with(options: WorkerOptions) -> Self {
        // This test is another program than the window's.
        let options = WorkerOptions { program: env!("CARGO_BIN_EXE_sealkeep").into(), ..options };
        let (wake, woken) = mpsc::channel();
        let wake = move || {
            // The last events come while the test's end is already gone.
            let _ = wake.send(());
        };
        let worker = WorkerHandle::start(options, wake).unwrap();
        Self { worker, woken, passed: Vec::new(), waiting: Vec::new() }
    }

    pub fn send(&self, command: Command) -> RequestId {
        self.worker.send(command)
    }

    pub fn lock(&self) {
        self.worker.lock_now();
    }

    pub fn cancel(&self, request: RequestId) {
        self.worker.cancel(request);
    }

    /// The value that `pick` makes of an event; it gives back the others.
    pub fn until<T>(&mut self, what: &str, mut pick: impl FnMut(What) -> ControlFlow<T, What>) -> T {
        loop {
            self.waiting.extend(self.worker.events());
            while !self.waiting.is_empty() {
                let event = self.waiting.remove(0);
                match pick(event.what) {
                    ControlFlow::Break(value) => return value,
                    ControlFlow::Continue(What::Failed(problem)) => {
                        panic!("{problem:?} came instead of {what}, after {:#?}", self.passed)
                    }
                    ControlFlow::Continue(other) => self.passed.push(format!("{other:?}").chars().take(200).collect()),
                }
            }
            let woken = self.woken.recv_timeout(LONGEST);
            assert!(woken.is_ok(), "no {what} came, after {:#?}", self.passed);
        }
    }

    /// Waits until something was sent, without looking at it.
    pub fn await_wake(&self) {
        self.woken.recv_timeout(LONGEST).unwrap();
    }

    /// Forgets that the window was woken by what has come by now.
    pub fn forget_wakes(&mut self) {
        self.waiting.extend(self.worker.events());
        self.woken.try_iter().for_each(drop);
    }

    /// Waits until the worker has begun everything that was sent.
    pub fn catches_up(&mut self) {
        self.send(Command::ListProfiles);
        expect!(self, What::Profiles(_));
    }

    /// Everything that has come by now, without waiting.
    pub fn take_events(&mut self) -> Vec<Event> {
        let mut events = std::mem::take(&mut self.waiting);
        events.extend(self.worker.events());
        events
    }

    /// Makes a vault on [`PASSPHRASE`].
    pub fn create(&mut self, folder: &Path) -> OpenedVault {
        let key = NewVault::Passphrase(SecretString::copy_of(PASSPHRASE));
        self.send(Command::CreateVault { folder: folder.to_owned(), key });
        expect!(self, What::Unlocked(opened) => opened)
    }

    pub fn unlock_with(&mut self, folder: &Path, passphrase: &str) -> RequestId {
        let by = UnlockBy::Passphrase(SecretString::copy_of(passphrase));
        self.send(Command::Unlock { folder: folder.to_owned(), by, trust: TrustAnswer::Ask })
    }

    pub fn unlock(&mut self, folder: &Path) -> OpenedVault {
        self.unlock_with(folder, PASSPHRASE);
        expect!(self, What::Unlocked(opened) => opened)
    }

    /// Saves an item and waits until it is on the disk.
    pub fn save(&mut self, item: Option<ItemId>, draft: Draft) -> ItemId {
        self.send(Command::SaveItem { item, draft });
        expect!(self, What::Saved { item } => item)
    }

    /// Opens a login or a note: names and values.
    pub fn read(&mut self, item: ItemId) -> Vec<(String, String)> {
        self.send(Command::OpenItem { item, revision: None });
        expect!(self, What::ItemOpened { fields, .. } => texts(&fields))
    }
}

pub fn login(title: &str, username: &str, password: &str) -> Draft {
    let mut fields = Fields::default();
    fields.set(&Kind::Login, "username", SecretString::copy_of(username));
    fields.set(&Kind::Login, "password", SecretString::copy_of(password));
    Draft { kind: Kind::Login, title: SecretString::copy_of(title), tags: Vec::new(), fields }
}

pub fn note(title: &str, text: &str) -> Draft {
    let mut fields = Fields::default();
    fields.set(&Kind::Note, "text", SecretString::copy_of(text));
    Draft { kind: Kind::Note, title: SecretString::copy_of(title), tags: Vec::new(), fields }
}

/// Names and values.
pub fn texts(fields: &Fields) -> Vec<(String, String)> {
    // EXPOSE: compared in a test.
    let text = |field: &Field| (field.name.clone(), field.value.expose().to_owned());
    fields.0.iter().map(text).collect()
}

/// A folder for a vault inside `home`.
pub fn vault_in(home: &Path) -> PathBuf {
    home.join("Family.sealkeep")
}
