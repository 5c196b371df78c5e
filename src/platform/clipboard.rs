//! Copied secrets: offered to one paste, hidden from clipboard histories, removed after a while.
//!
//! Owns: the system's clipboard, on a thread of its own that serves it. The X11 primary selection (middle click) is never
//! touched.
//! Invariant: after a copy only a salted digest of it is kept here, to tell whether the clipboard still holds it; something
//! that another program put there meanwhile is left alone.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use arboard::SetExtLinux;
use sha2::{Digest, Sha256};

use crate::secret::SecretString;

/// How long the end of the program waits for a clipboard that does not answer.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

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

/// What became of a copied secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClipboardEvent {
    /// It can be pasted, until it is removed at this time, if it ever is.
    Copied {
        /// When it will be removed.
        until: Option<Instant>,
    },
    /// It could not be copied.
    Failed(ClipboardError),
    /// It was removed.
    Cleared,
    /// Another program's copy had taken its place, and was left there.
    Replaced,
}

enum Command {
    Copy(SecretString, Option<Duration>),
    Clear,
    Stop,
}

/// The clipboard, from any thread; nothing here waits. Dropping it removes what it last copied.
pub struct Clipboard {
    commands: Sender<Command>,
    stopped: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Clipboard {
    /// Starts the clipboard's thread; the display is opened at the first copy. `on_event` is called on that thread.
    ///
    /// # Errors
    /// `Unavailable` where no thread can be started.
    pub fn start(on_event: impl FnMut(ClipboardEvent) + Send + 'static) -> Result<Self, ClipboardError> {
        let (commands, received) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = thread::Builder::new()
            .name("clipboard".to_owned())
            .spawn(move || {
                Owner { board: None, copied: None, on_event: Box::new(on_event) }.serve(&received);
                drop(stop);
            })
            .map_err(|_| ClipboardError::Unavailable)?;
        Ok(Self { commands, stopped, thread: Some(thread) })
    }

    /// Copies `text`, to be removed after `clear_after`. Answered by `Copied` or `Failed`; later `Cleared` or `Replaced`.
    pub fn copy(&self, text: SecretString, clear_after: Option<Duration>) {
        // The thread ends only with this value.
        let _ = self.commands.send(Command::Copy(text, clear_after));
    }

    /// Removes the last copy now, if it is still there. Answered by `Cleared` or `Replaced`, or not at all without a copy.
    pub fn clear(&self) {
        let _ = self.commands.send(Command::Clear);
    }
}

impl Drop for Clipboard {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Stop);
        // A display that hangs must not keep the program from ending.
        if self.stopped.recv_timeout(LAST_PATIENCE) == Err(RecvTimeoutError::Disconnected)
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// A copy that is, as far as known, in the clipboard.
struct Copied {
    salt: [u8; 16],
    digest: [u8; 32],
    until: Option<Instant>,
}

impl Copied {
    fn of(text: &SecretString, until: Option<Instant>) -> Result<Self, ClipboardError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| ClipboardError::Refused)?;
        Ok(Self { salt, digest: digest(&salt, text), until })
    }

    fn is(&self, text: &SecretString) -> bool {
        digest(&self.salt, text) == self.digest
    }
}

fn digest(salt: &[u8; 16], text: &SecretString) -> [u8; 32] {
    // EXPOSE: only its salted digest is kept, to recognise it later.
    Sha256::new_with_prefix(salt).chain_update(text.expose()).finalize().into()
}

/// Lives on the clipboard's thread.
struct Owner {
    board: Option<arboard::Clipboard>,
    copied: Option<Copied>,
    on_event: Box<dyn FnMut(ClipboardEvent)>,
}

impl Owner {
    fn serve(&mut self, commands: &Receiver<Command>) {
        loop {
            let command = match self.copied.as_ref().and_then(|copied| copied.until) {
                Some(until) => commands.recv_timeout(until.saturating_duration_since(Instant::now())),
                None => commands.recv().map_err(RecvTimeoutError::from),
            };
            match command {
                Ok(Command::Copy(text, clear_after)) => {
                    let event = match self.copy(&text, clear_after) {
                        Ok(until) => ClipboardEvent::Copied { until },
                        Err(error) => ClipboardEvent::Failed(error),
                    };
                    (self.on_event)(event);
                }
                Ok(Command::Clear) | Err(RecvTimeoutError::Timeout) => self.clear(),
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return self.clear(),
            }
        }
    }

    fn copy(&mut self, text: &SecretString, clear_after: Option<Duration>) -> Result<Option<Instant>, ClipboardError> {
        let board = match &mut self.board {
            Some(board) => board,
            none => none.insert(arboard::Clipboard::new().map_err(|_| ClipboardError::Unavailable)?),
        };
        let until = clear_after.map(|after| Instant::now() + after);
        let copied = Copied::of(text, until)?;
        // EXPOSE: pasting it is what the person asked for.
        if board.set().exclude_from_history().text(text.expose()).is_err() {
            // A display that was restarted is found again by the next copy.
            self.board = None;
            return Err(ClipboardError::Refused);
        }
        self.copied = Some(copied);
        Ok(until)
    }

    fn clear(&mut self) {
        let (Some(board), Some(copied)) = (&mut self.board, self.copied.take()) else { return };
        let still_there = board.get_text().map(SecretString::new).is_ok_and(|text| copied.is(&text));
        let event = match still_there.then(|| board.clear()) {
            Some(Ok(())) => ClipboardEvent::Cleared,
            Some(Err(_)) => ClipboardEvent::Failed(ClipboardError::Refused),
            None => ClipboardEvent::Replaced,
        };
        (self.on_event)(event);
    }
}
