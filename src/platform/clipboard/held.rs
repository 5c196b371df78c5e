//! A copied text in its helper, from this side.

use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Instant;

use super::wire::{self, Word};
use super::{ClipboardError, ClipboardEvent, HELPER, HELPERS_PATIENCE, Manner};
use crate::platform::helper::{self, Started};
use crate::secret::SecretString;

/// One helper. Dropped, its process is ended at once, and the text with it.
pub(super) struct Held {
    process: Child,
    input: Option<ChildStdin>,
    words: Receiver<Word>,
    manner: Manner,
    until: Option<Instant>,
    state: State,
}

enum State {
    Asked,
    Failed,
    Copied,
    Ending(ClipboardEvent),
}

impl Held {
    /// Starts `program` as the helper and gives it `text`. `nudge` is called, on another thread, whenever there is something to
    /// [hear](Self::hear).
    pub(super) fn start(
        program: &Path,
        text: SecretString,
        manner: Manner,
        nudge: impl Fn() + Send + 'static,
    ) -> Result<Self, ClipboardError> {
        let until = manner.until();
        let mut command = Command::new(program);
        // An open connection of this process, which the other does not have.
        command.env_remove("WAYLAND_SOCKET");
        let started = helper::start(command, HELPER).map_err(|_| ClipboardError::Unavailable)?;
        let Started { process, mut input, output } = started;
        let (send, words) = mpsc::channel();
        let mut held = Self { process, input: None, words, manner, until, state: State::Asked };
        thread::Builder::new()
            .name("clipboard helper".to_owned())
            .spawn(move || listen(output, send, nudge))
            .map_err(|_| ClipboardError::Unavailable)?;
        // A helper that does not take all of it is at its end, and that is heard.
        if wire::write_request(&mut input, &text, manner).is_ok() {
            held.input = Some(input);
        }
        Ok(held)
    }

    /// Whether it is no secret.
    pub(super) fn is_plain(&self) -> bool {
        self.manner == Manner::Plain
    }

    /// What the helper has said by now; whether it has come to its end.
    pub(super) fn hear(&mut self, on_event: &mut dyn FnMut(ClipboardEvent)) -> bool {
        loop {
            match self.words.try_recv() {
                Ok(word) => self.take(word, on_event),
                Err(mpsc::TryRecvError::Empty) => return matches!(self.state, State::Ending(_) | State::Failed),
                Err(mpsc::TryRecvError::Disconnected) => return true,
            }
        }
    }

    /// Has a secret removed, and waits until the helper is gone. Returns what became of the text, where it was copied.
    pub(super) fn end(mut self, on_event: &mut dyn FnMut(ClipboardEvent)) -> Option<ClipboardEvent> {
        drop(self.input.take());
        let deadline = Instant::now() + HELPERS_PATIENCE;
        while let Ok(word) = self.words.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(word, on_event);
        }
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Asked => on_event(ClipboardEvent::Failed(ClipboardError::Unavailable)),
            State::Failed => {}
            // It ended without a word, and the text with it.
            State::Copied => return Some(ClipboardEvent::Cleared),
            State::Ending(event) => return Some(event),
        }
        None
    }

    fn take(&mut self, word: Word, on_event: &mut dyn FnMut(ClipboardEvent)) {
        let (state, event) = match (&self.state, word) {
            (State::Asked, Word::Copied) => {
                let copied = match self.manner {
                    Manner::Secret(_) => ClipboardEvent::Copied { until: self.until },
                    Manner::Plain => ClipboardEvent::CopiedPlain,
                };
                (State::Copied, Some(copied))
            }
            (State::Asked, Word::Refused) => (State::Failed, Some(ClipboardEvent::Failed(ClipboardError::Refused))),
            (State::Asked, Word::Unavailable) => {
                (State::Failed, Some(ClipboardEvent::Failed(ClipboardError::Unavailable)))
            }
            (State::Copied, Word::Cleared) => (State::Ending(ClipboardEvent::Cleared), None),
            (State::Copied, Word::Replaced) => (State::Ending(ClipboardEvent::Replaced), None),
            _ => return,
        };
        self.state = state;
        event.into_iter().for_each(on_event);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // It has said that it is done, or does not answer.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn listen(mut output: ChildStdout, words: Sender<Word>, nudge: impl Fn()) {
    let mut byte = [0];
    while matches!(output.read(&mut byte), Ok(1)) {
        if Word::of(byte[0]).is_none_or(|word| words.send(word).is_err()) {
            break;
        }
        nudge();
    }
    // Its end is the last that is heard of it.
    drop(words);
    nudge();
}
