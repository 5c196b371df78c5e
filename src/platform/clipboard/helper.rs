//! The process that holds one copied text.
//!
//! Owns: the system's clipboard, for as long as it holds this text.
//! Invariant: however this process ends, the text goes with it; the display serves it from here and from nowhere else.

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Instant;

use arboard::SetExtLinux;
use sha2::{Digest, Sha256};

use super::wire::{self, Word};
use super::{HELPER, Manner};
use crate::platform::helper::is_started_as;
use crate::platform::on_end_request;
use crate::secret::SecretString;

/// Where this process was started to hold a copied text: holds it until its time is up, or whoever asked says so or is gone, and
/// returns `true`; `main` then returns at once. Everywhere else it returns `false`. Call it after hardening.
pub fn run_clipboard_helper() -> bool {
    let is_helper = is_started_as(HELPER);
    if is_helper {
        // Whoever asked reads the end of this process where it could not begin.
        let _ = hold();
    }
    is_helper
}

fn hold() -> io::Result<()> {
    // Not through `io::stdin`, whose buffer would keep the text.
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let (end, ended) = mpsc::channel();
    let asked = end.clone();
    let on_request = move |_| {
        let _ = asked.send(());
    };
    on_end_request(on_request).map_err(io::Error::other)?;
    let (text, manner) = wire::read_request(&mut input)?;
    thread::Builder::new().name("whoever asked".to_owned()).spawn(move || wait_for_end(input, &end))?;
    let until = manner.until();
    match Held::copy(text, manner) {
        Ok(held) => {
            say(Word::Copied);
            wait(&ended, until);
            // What is no secret is not looked for: whoever has copied it meanwhile keeps it.
            if manner != Manner::Plain {
                say(held.clear());
            }
        }
        Err(word) => say(word),
    }
    Ok(())
}

/// Until nobody has the pipe's other end: it was closed, or its process is gone.
fn wait_for_end(mut input: File, end: &Sender<()>) {
    let mut byte = [0];
    while matches!(input.read(&mut byte), Ok(1)) {}
    let _ = end.send(());
}

fn wait(ended: &Receiver<()>, until: Option<Instant>) {
    // Whatever comes first ends it.
    let _ = match until {
        Some(until) => ended.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok(),
        None => ended.recv().is_ok(),
    };
}

fn say(word: Word) {
    let mut output = io::stdout();
    // Where nobody listens any more there is nobody to tell.
    let _ = output.write_all(&[word.byte()]).and_then(|()| output.flush());
}

/// A text that is, as far as known, in the clipboard.
struct Held {
    /// Never dropped: its last act would be to hand the text to a clipboard manager.
    board: ManuallyDrop<arboard::Clipboard>,
    salt: [u8; 16],
    digest: [u8; 32],
}

impl Held {
    fn copy(text: SecretString, manner: Manner) -> Result<Self, Word> {
        let board = arboard::Clipboard::new().map_err(|_| Word::Unavailable)?;
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| Word::Refused)?;
        let digest = digest(&salt, &text);
        let mut held = Self { board: ManuallyDrop::new(board), salt, digest };
        let set = match manner {
            Manner::Secret(_) => held.board.set().exclude_from_history(),
            Manner::Plain => held.board.set(),
        };
        // EXPOSE: pasting it is what the person asked for.
        set.text(text.expose()).map_err(|_| Word::Refused)?;
        Ok(held)
    }

    /// Clears the clipboard, if it still holds the text. What another program put there meanwhile is left alone.
    fn clear(mut self) -> Word {
        let now = self.board.get_text().map(SecretString::new);
        if now.is_ok_and(|text| digest(&self.salt, &text) == self.digest) {
            // Where the display refuses, the end of this process clears it.
            let _ = self.board.clear();
            Word::Cleared
        } else {
            Word::Replaced
        }
    }
}

fn digest(salt: &[u8; 16], text: &SecretString) -> [u8; 32] {
    // EXPOSE: only its salted digest is kept, to recognise it later.
    Sha256::new_with_prefix(salt).chain_update(text.expose()).finalize().into()
}
