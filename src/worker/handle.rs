//! The window's end of the worker.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc as queue;

use super::outbox::{Epoch, Outbox};
use super::run;
use super::{Command, Event, LockReason, Problem, RequestId};
use crate::platform::{EndRequest, LockRequest, Now, OWN_PROGRAM};

/// So many commands may wait. A person does not get there; a fault in the window would.
const WAITING_COMMANDS: usize = 64;
/// How long the end of the program waits for a save that is on its way to the disk.
const LAST_PATIENCE: Duration = Duration::from_secs(20);

/// What the worker runs on.
pub struct WorkerOptions {
    /// The folder of a separate installation; `None` is this user's own.
    pub home: Option<PathBuf>,
    /// The clocks that the idle lock reads.
    pub clock: Arc<dyn Fn() -> Now + Send + Sync>,
    /// Whether signals that ask this process to end are obeyed: it locks, and then ends.
    pub end_on_signals: bool,
    /// The window's program, which is started once more to hold what is copied.
    pub program: PathBuf,
}

impl Default for WorkerOptions {
    /// This user's installation, the system's clocks, signals as they are, and this program.
    fn default() -> Self {
        Self { home: None, clock: Arc::new(Now::read), end_on_signals: false, program: OWN_PROGRAM.into() }
    }
}

/// What overtakes commands.
pub(super) enum Control {
    /// Lock. The epoch has begun already.
    Lock(LockReason, Asker),
    /// Stop this command.
    Cancel(RequestId),
    /// It is time to look at the clock.
    Rang,
    /// The window is gone.
    Shut,
}

/// Who waits to hear that everything is locked.
pub(super) enum Asker {
    Nobody,
    Program(LockRequest),
    System(EndRequest),
}

/// A command on its way.
pub(super) struct Sent {
    pub(super) request: RequestId,
    pub(super) epoch: u64,
    pub(super) command: Command,
}

/// The worker, for as long as this lives. Dropping it locks, and waits for a save that is on its way to the disk.
pub struct WorkerHandle {
    commands: queue::Sender<Sent>,
    controls: queue::UnboundedSender<Control>,
    events: Receiver<Event>,
    outbox: Outbox,
    epoch: Epoch,
    next: AtomicU64,
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl WorkerHandle {
    /// Starts the worker's thread. `wake` is called, on any thread, after an event was sent; it should ask the window to look,
    /// and return.
    ///
    /// # Errors
    /// [`Problem::Other`] where no thread can be started.
    pub fn start(options: WorkerOptions, wake: impl Fn() + Send + Sync + 'static) -> Result<Self, Problem> {
        let (commands, received) = queue::channel(WAITING_COMMANDS);
        let (controls, controlled) = queue::unbounded_channel();
        let (send, events) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let epoch = Epoch::default();
        let outbox = Outbox::new(send, epoch.clone(), Arc::new(wake));
        let ports = run::Ports {
            commands: received,
            controlled,
            controls: controls.clone(),
            outbox: outbox.clone(),
            epoch: epoch.clone(),
        };
        let thread = thread::Builder::new().name("sealkeep worker".to_owned()).spawn(move || {
            run::run(options, ports);
            drop(end);
        });
        let thread = thread.map_err(|error| Problem::Other { text: format!("no thread could be started: {error}") })?;
        Ok(Self { commands, controls, events, outbox, epoch, next: AtomicU64::new(1), ended, thread: Some(thread) })
    }

    /// Sends a command; its events carry the returned id. Never waits: where too many wait already, the answer is
    /// [`Problem::Busy`], and nothing of it happened.
    pub fn send(&self, command: Command) -> RequestId {
        let request = RequestId(self.next.fetch_add(1, Ordering::Relaxed));
        let epoch = self.epoch.now();
        if let Err(refused) = self.commands.try_send(Sent { request, epoch, command }) {
            let problem = match refused {
                queue::error::TrySendError::Full(_) => Problem::Busy,
                queue::error::TrySendError::Closed(_) => Problem::WorkerGone,
            };
            self.outbox.reply(request, epoch).fail(problem);
        }
        request
    }

    /// Locks, whatever the worker is doing. From now on [`WorkerHandle::events`] gives nothing of the vault any more.
    pub fn lock_now(&self) {
        self.epoch.advance();
        // Where the worker is gone, so is the vault.
        let _ = self.controls.send(Control::Lock(LockReason::Asked, Asker::Nobody));
    }

    /// Stops a command, whatever it waits for. It ends with [`Problem::Cancelled`], or with what it had done already; one that is
    /// done is not undone.
    pub fn cancel(&self, request: RequestId) {
        let _ = self.controls.send(Control::Cancel(request));
    }

    /// The events that have come, oldest first. Never waits.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.events.try_iter().filter(|event| self.epoch.admits(event))
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.epoch.advance();
        let _ = self.controls.send(Control::Shut);
        // A disk that hangs must not keep the program from ending.
        if self.ended.recv_timeout(LAST_PATIENCE) == Err(RecvTimeoutError::Disconnected)
            && let Some(thread) = self.thread.take()
        {
            // A panic over there was told as such.
            let _ = thread.join();
        }
    }
}
