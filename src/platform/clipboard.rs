//! Copied secrets: offered to pastes, hidden from clipboard histories, removed after a while. And what is no secret, which stays as
//! any program's copy does.
//!
//! Owns: the helper process that holds what was copied and serves the system's clipboard, and the thread that speaks to it. The X11
//! primary selection (middle click) is never touched.
//! Invariant: a copied text is in no memory of this process once the helper has it. The libraries that serve a display keep what
//! was pasted in buffers that nobody can wipe, and share them with the window; the helper's end frees them. It ends when its
//! text is removed, and with this process. Something that another program put into the clipboard meanwhile is left alone; so is what
//! was copied as no secret, until the next copy or this process's end.

mod held;
mod helper;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use held::Held;
pub use helper::run_clipboard_helper;

use super::helper::OWN_PROGRAM;
use crate::secret::SecretString;

/// The argument that makes this program the clipboard's process.
const HELPER: &str = "--clipboard";

/// How long a helper that is to end may take before it is killed.
const HELPERS_PATIENCE: Duration = Duration::from_secs(2);
/// How long the end of the program waits for a clipboard that does not answer.
const LAST_PATIENCE: Duration = Duration::from_secs(3);

/// Why the clipboard can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClipboardError {
    /// There is no display, or it has no clipboard for programs without focus.
    #[error("the clipboard can't be reached")]
    Unavailable,
    /// The display refused this one copy.
    #[error("the clipboard did not take it")]
    Refused,
}

/// What became of a copied text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClipboardEvent {
    /// A secret can be pasted, until it is removed at this time, if it ever is.
    Copied {
        /// When it will be removed.
        until: Option<Instant>,
    },
    /// What is no secret can be pasted, and stays.
    CopiedPlain,
    /// It could not be copied.
    Failed(ClipboardError),
    /// It was removed.
    Cleared,
    /// Another copy, of another program or of what is no secret, had taken its place, and was left there.
    Replaced,
}

/// How a text is copied, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Hidden from histories, and removed: after this time, or when somebody says so.
    Secret(Option<Duration>),
    /// As any program copies; it stays.
    Plain,
}

impl Manner {
    /// When a text that is copied now is removed; `None`: not by the clock.
    fn until(self) -> Option<Instant> {
        match self {
            Self::Secret(clear_after) => clear_after.map(|after| Instant::now() + after),
            Self::Plain => None,
        }
    }
}

enum Order {
    Copy(SecretString, Manner),
    Clear,
    /// The helper has said something.
    Hear,
    /// Somebody waits for what was ordered before.
    Tell(Sender<()>),
    Stop,
}

/// The clipboard, from any thread. Dropping it removes what it last copied.
pub struct Clipboard {
    orders: Sender<Order>,
    stopped: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Clipboard {
    /// Starts the clipboard's thread; the display is opened at the first copy. `on_event` is called on that thread. For a program
    /// that calls [`run_clipboard_helper`] in its `main`.
    ///
    /// # Errors
    /// `Unavailable` where no thread can be started.
    pub fn start(on_event: impl FnMut(ClipboardEvent) + Send + 'static) -> Result<Self, ClipboardError> {
        Self::start_by(Path::new(OWN_PROGRAM), on_event)
    }

    /// As [`start`](Self::start), where it is `program` that calls [`run_clipboard_helper`].
    ///
    /// # Errors
    /// `Unavailable` where no thread can be started.
    pub fn start_by(
        program: &Path,
        on_event: impl FnMut(ClipboardEvent) + Send + 'static,
    ) -> Result<Self, ClipboardError> {
        let (orders, received) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        let (program, nudge) = (program.to_owned(), orders.clone());
        let thread = thread::Builder::new()
            .name("clipboard".to_owned())
            .spawn(move || {
                Owner { program, nudge, held: None, on_event: Box::new(on_event) }.serve(&received);
                drop(stop);
            })
            .map_err(|_| ClipboardError::Unavailable)?;
        Ok(Self { orders, stopped, thread: Some(thread) })
    }

    /// Copies the secret `text`, to be removed after `clear_after`. Answered by `Copied` or `Failed`; later `Cleared` or `Replaced`.
    pub fn copy(&self, text: SecretString, clear_after: Option<Duration>) {
        self.order(text, Manner::Secret(clear_after));
    }

    /// Copies `text`, which is no secret: histories may have it, and it stays until something else is copied or this process ends.
    /// Answered by `CopiedPlain` or `Failed`.
    pub fn copy_plain(&self, text: String) {
        self.order(SecretString::new(text), Manner::Plain);
    }

    fn order(&self, text: SecretString, manner: Manner) {
        // The thread ends only with this value.
        let _ = self.orders.send(Order::Copy(text, manner));
    }

    /// Removes the last copied secret now, if it is still there. Answered by `Cleared` or `Replaced`, or not at all without a copy.
    pub fn clear(&self) {
        let _ = self.orders.send(Order::Clear);
    }

    /// Waits, no longer than `patience`, until what was asked for before is done: what was to be removed is gone, and the
    /// process that held it has ended.
    pub fn wait(&self, patience: Duration) {
        let (tell, told) = mpsc::channel();
        let _ = self.orders.send(Order::Tell(tell));
        let _ = told.recv_timeout(patience);
    }
}

impl Drop for Clipboard {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Stop);
        // A display that hangs must not keep the program from ending.
        if self.stopped.recv_timeout(LAST_PATIENCE) == Err(RecvTimeoutError::Disconnected)
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// Lives on the clipboard's thread.
struct Owner {
    program: PathBuf,
    nudge: Sender<Order>,
    held: Option<Held>,
    on_event: Box<dyn FnMut(ClipboardEvent)>,
}

impl Owner {
    fn serve(&mut self, orders: &Receiver<Order>) {
        while let Ok(order) = orders.recv() {
            match order {
                Order::Copy(text, manner) => self.copy(text, manner),
                Order::Clear => match &self.held {
                    Some(held) if held.is_plain() => (self.on_event)(ClipboardEvent::Replaced),
                    _ => self.end(),
                },
                Order::Hear => {
                    let Some(held) = &mut self.held else { continue };
                    if held.hear(&mut *self.on_event) {
                        self.end();
                    }
                }
                Order::Tell(waiting) => drop(waiting),
                Order::Stop => break,
            }
        }
        self.end();
    }

    fn copy(&mut self, text: SecretString, manner: Manner) {
        // The older copy goes first: a helper that found the same text again could not tell that it is not its own. What becomes
        // of it is of no interest any more.
        if let Some(older) = self.held.take() {
            older.end(&mut *self.on_event);
        }
        let nudge = self.nudge.clone();
        let nudge = move || drop(nudge.send(Order::Hear));
        match Held::start(&self.program, text, manner, nudge) {
            Ok(held) => self.held = Some(held),
            Err(error) => (self.on_event)(ClipboardEvent::Failed(error)),
        }
    }

    /// Ends what holds the copy; a secret goes with it, and so does its place in the clipboard.
    fn end(&mut self) {
        if let Some(event) = self.held.take().and_then(|held| held.end(&mut *self.on_event)) {
            (self.on_event)(event);
        }
    }
}
