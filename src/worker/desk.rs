//! What every command's work has at hand, on the worker's thread.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::import::Begun;
use super::outbox::{Outbox, Reply};
use super::person::AtWindow;
use super::seat::Seat;
use super::standing::StandingTold;
use super::{Doubt, KeyAlarm, Problem, Settings, What};
use crate::platform::{Clipboard, ClipboardError, ClipboardEvent, EndRequest, LockListener, vaults_folder};
use crate::secret::SecretString;
use crate::session::Home;
use crate::vault::{Confirmed, Retention, UnlockedVault};

/// How long a lock waits for the clipboard before it is told.
const CLIPBOARD_PATIENCE: Duration = Duration::from_millis(200);

/// The worker's own things. Shared by what runs on its thread, and by nothing else.
pub(super) struct Desk {
    /// This installation, once its folders could be made.
    home: OnceCell<Home>,
    /// Where this installation is, if it is a separate one.
    apart: Option<PathBuf>,
    pub(super) seat: Rc<Seat>,
    pub(super) outbox: Outbox,
    settings: RefCell<Settings>,
    /// The window's program.
    program: PathBuf,
    clipboard: RefCell<Option<OpenClipboard>>,
    /// What the person was shown of vaults whose keys they have to confirm.
    shown: RefCell<HashMap<PathBuf, Confirmed>>,
    told: RefCell<Told>,
    pub(super) standing: RefCell<StandingTold>,
    /// The open vault's KMS keys that will be gone, as the window was told.
    pub(super) alarms: RefCell<Vec<KeyAlarm>>,
    pub(super) listener: RefCell<Option<LockListener>>,
    /// Who is asked for what a profile needs.
    pub(super) person: AtWindow,
    /// An import of the AWS command line's profiles that was begun, until the lock.
    pub(super) import: RefCell<Option<Begun>>,
}

/// What the window knows of the open vault.
#[derive(Default)]
struct Told {
    /// Which state of the vault it knows.
    generation: u64,
    /// How many changes of items.
    changes: usize,
    doubts: Vec<Doubt>,
    retention: Retention,
}

struct OpenClipboard {
    board: Clipboard,
    /// Who asked for the copies that are under way, in their order.
    copying: mpsc::Sender<Reply>,
}

impl Desk {
    pub(super) fn new(apart: Option<PathBuf>, program: PathBuf, outbox: Outbox) -> Rc<Self> {
        Rc::new(Self {
            home: OnceCell::new(),
            apart,
            seat: Seat::new(),
            person: AtWindow::new(outbox.clone()),
            outbox,
            settings: RefCell::new(Settings::default()),
            program,
            clipboard: RefCell::new(None),
            shown: RefCell::new(HashMap::new()),
            told: RefCell::default(),
            standing: RefCell::default(),
            alarms: RefCell::default(),
            listener: RefCell::new(None),
            import: RefCell::default(),
        })
    }

    /// This installation. Where its folders can't be made, the next call tries again.
    ///
    /// # Errors
    /// Why it can't be used.
    pub(super) fn home(&self) -> Result<&Home, Problem> {
        if let Some(home) = self.home.get() {
            return Ok(home);
        }
        let home = match &self.apart {
            Some(folder) => Home::under(folder)?,
            None => Home::open()?,
        };
        Ok(self.home.get_or_init(|| home.with_person(Arc::new(self.person.clone()))))
    }

    /// Forgets every session of an AWS profile, and an import that was begun, and waits for no answer any more.
    pub(super) fn sign_out(&self) {
        self.person.give_up();
        self.import.take();
        if let Some(home) = self.home.get() {
            home.sign_out();
        }
    }

    /// Where a new vault is made, unless the person says otherwise.
    pub(super) fn vaults_folder(&self) -> Option<PathBuf> {
        match &self.apart {
            Some(folder) => Some(folder.join("vaults")),
            None => vaults_folder(),
        }
    }

    /// Takes in settings that were read or written.
    pub(super) fn put_settings(&self, settings: &Settings) {
        self.settings.replace(settings.clone());
    }

    /// The settings as they were read or written last.
    pub(super) fn settings(&self) -> Settings {
        self.settings.borrow().clone()
    }

    pub(super) fn idle_minutes(&self) -> u32 {
        self.settings.borrow().idle_lock_minutes
    }

    /// The person is shown this vault's keys.
    pub(super) fn remember_shown(&self, folder: &Path, shown: Confirmed) {
        self.shown.borrow_mut().insert(folder.to_owned(), shown);
    }

    /// What the person was shown of the vault in `folder`.
    pub(super) fn shown(&self, folder: &Path) -> Option<Confirmed> {
        self.shown.borrow().get(folder).cloned()
    }

    /// Sends the items that have changed.
    ///
    /// # Errors
    /// [`Problem::NoVault`].
    pub(super) async fn tell_items(&self, reply: &Reply) -> Result<(), Problem> {
        self.seat.with(|session| self.tell_all(reply, &session.vault)).await
    }

    /// Sends what has changed in the open vault since the window heard of it.
    pub(super) async fn tell_news(&self, reply: &Reply) {
        let tell = |vault: &UnlockedVault| {
            if vault.generation() != self.told.borrow().generation {
                self.tell_all(reply, vault);
            }
        };
        // Without a vault there are none.
        let _ = self.seat.with(|session| tell(&session.vault)).await;
    }

    fn tell_all(&self, reply: &Reply, vault: &UnlockedVault) {
        // What is told late is not heard, and would count as told.
        if reply.is_late() {
            return;
        }
        let doubts = doubts_of(vault);
        let mut told = self.told.borrow_mut();
        reply.tell(What::Items(vault.changes_since(told.changes)));
        told.changes = vault.changes();
        told.generation = vault.generation();
        if told.doubts != doubts {
            told.doubts.clone_from(&doubts);
            reply.tell(What::Doubts(doubts));
        }
        if told.retention != vault.retention() {
            told.retention = vault.retention();
            reply.tell(What::Retention(told.retention));
        }
    }

    /// The window is told of a vault that was just opened; what is doubtful about it.
    pub(super) fn begin_vault(&self, vault: &UnlockedVault) -> Vec<Doubt> {
        let doubts = doubts_of(vault);
        let (generation, changes) = (vault.generation(), vault.changes());
        let told = Told { generation, changes, doubts: doubts.clone(), retention: vault.retention() };
        self.told.replace(told);
        self.standing.replace(StandingTold::default());
        self.alarms.replace(Vec::new());
        doubts
    }

    /// Sends how long AWS KMS took, where it was asked.
    pub(super) async fn tell_latency(&self, reply: &Reply) -> Result<(), Problem> {
        if let Some(latency) = self.seat.with(|session| session.last_latency()).await? {
            reply.tell(What::KeyLatency(latency));
        }
        Ok(())
    }

    /// Copies the secret `text`; the clipboard itself answers.
    ///
    /// # Errors
    /// [`Problem::NoClipboard`].
    pub(super) fn copy(&self, reply: Reply, text: SecretString) -> Result<(), Problem> {
        let seconds = self.settings.borrow().clipboard_clear_seconds;
        let clear_after = (seconds > 0).then(|| Duration::from_secs(u64::from(seconds)));
        self.copy_with(reply, |board| board.copy(text, clear_after))
    }

    /// Copies `text`, which is no secret; the clipboard itself answers.
    ///
    /// # Errors
    /// [`Problem::NoClipboard`].
    pub(super) fn copy_plain(&self, reply: Reply, text: String) -> Result<(), Problem> {
        self.copy_with(reply, |board| board.copy_plain(text))
    }

    fn copy_with(&self, reply: Reply, copy: impl FnOnce(&Clipboard)) -> Result<(), Problem> {
        let mut clipboard = self.clipboard.borrow_mut();
        let open = match &mut *clipboard {
            Some(open) => open,
            none => {
                let started = OpenClipboard::start(&self.program, self.outbox.clone());
                none.insert(started.map_err(|_| Problem::NoClipboard)?)
            }
        };
        open.copying.send(reply).map_err(|_| Problem::NoClipboard)?;
        copy(&open.board);
        Ok(())
    }

    /// Removes from the clipboard a secret that was copied, if it is still there; whether there was anything to look for.
    pub(super) fn clear_clipboard(&self) -> bool {
        let clipboard = self.clipboard.borrow();
        let open = clipboard.as_ref();
        open.inspect(|open| open.board.clear()).is_some()
    }

    /// Waits, not long, until the clipboard has removed what it was told to.
    pub(super) fn await_clipboard(&self) {
        if let Some(open) = &*self.clipboard.borrow() {
            open.board.wait(CLIPBOARD_PATIENCE);
        }
    }

    /// Ends this process, as the system asks for.
    pub(super) fn end(&self, request: EndRequest) {
        self.close_clipboard();
        request.end();
    }

    /// Removes what was copied, and waits until it is gone.
    pub(super) fn close_clipboard(&self) {
        drop(self.clipboard.take());
    }
}

/// What is wrong with `vault` and was not accepted.
pub(super) fn doubts_of(vault: &UnlockedVault) -> Vec<Doubt> {
    vault.unaccepted().map(|problem| Doubt { item: problem.item, what: problem.what.clone() }).collect()
}

impl OpenClipboard {
    fn start(program: &Path, outbox: Outbox) -> Result<Self, ClipboardError> {
        let (copying, copies) = mpsc::channel::<Reply>();
        let board = Clipboard::start_by(program, move |event| {
            let answer = match event {
                ClipboardEvent::Copied { until } => {
                    let clears_in = until.map(|until| until.saturating_duration_since(Instant::now()));
                    What::ClipboardHolds { clears_in }
                }
                ClipboardEvent::CopiedPlain => What::CopiedPlain,
                ClipboardEvent::Failed(_) => What::Failed(Problem::NoClipboard),
                ClipboardEvent::Cleared | ClipboardEvent::Replaced => return outbox.tell(What::ClipboardCleared),
            };
            match copies.try_recv() {
                Ok(reply) => reply.tell(answer),
                Err(_) => outbox.tell(answer),
            }
        })?;
        Ok(Self { board, copying })
    }
}
