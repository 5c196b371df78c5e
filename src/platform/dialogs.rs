//! The desktop's own file dialogs.
//!
//! Owns: asking for one, and telling "cancelled" from "this desktop has none". Knows nothing of what the files are for.
//! Invariant: the dialog runs in a process of its own that is not hardened, and gets no key, no passphrase and no content. It has
//! to: the desktop's portal looks into `/proc/PID/root` of whoever asks, and refuses a process that is closed to it, which ours is
//! (`hardening.rs`). What it does get is the name to begin with where a document is saved: the document's title, which the desktop
//! shows in its dialog, and which becomes the name of a file on the disk unless the person types another.
//! So a program that shows dialogs calls [`run_dialog_helper`] before everything else in `main`.

mod helper;
mod libdbus;
mod wire;

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub use helper::run_dialog_helper;

use super::helper::{self as process, OWN_PROGRAM, Started};
use crate::secret::wipe_deep_stack;

/// The argument that makes this program the dialog's process.
const HELPER: &str = "--file-dialog";

/// What to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// Files, a folder, or a name to save under.
    pub kind: DialogKind,
    /// The dialog's title.
    pub title: String,
    /// Where it opens; the desktop decides where this is `None`.
    pub folder: Option<PathBuf>,
}

/// What kind of dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogKind {
    /// One or more existing files.
    PickFiles,
    /// One existing folder.
    PickFolder,
    /// A file to write, with a name to begin with. The dialog asks before it returns the name of an existing file.
    Save {
        /// The name to begin with.
        name: String,
    },
}

/// What the person chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogOutcome {
    /// These; at least one.
    Picked(Vec<PathBuf>),
    /// Nothing.
    Cancelled,
    /// The desktop has no file dialog to show: neither a portal nor `zenity`. Offer a field for the path.
    Unavailable,
}

/// A dialog on the screen. Dropping this closes it, and its outcome is then `Cancelled`.
#[derive(Debug)]
pub struct OpenDialog {
    process: Arc<Mutex<Option<Child>>>,
}

/// Shows a dialog and returns at once; `on_outcome` is called once, on a thread of its own.
pub fn show_dialog(dialog: &Dialog, on_outcome: impl FnOnce(DialogOutcome) + Send + 'static) -> OpenDialog {
    show_dialog_by(Command::new(OWN_PROGRAM), dialog, on_outcome)
}

fn show_dialog_by(
    program: Command,
    dialog: &Dialog,
    on_outcome: impl FnOnce(DialogOutcome) + Send + 'static,
) -> OpenDialog {
    let process = Arc::new(Mutex::new(None));
    let open = OpenDialog { process: Arc::clone(&process) };
    let started = start_helper(program, &wire::encode_dialog(dialog)).map(|(child, output)| {
        *process.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        output
    });
    let waiting = move || {
        let mut answer = Vec::new();
        let read = started.and_then(|mut output| output.read_to_end(&mut answer));
        let child = process.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut child) = child {
            let _ = child.wait();
        }
        on_outcome(match (read, wire::decode_outcome(&answer)) {
            (Ok(_), Some(outcome)) => outcome,
            // It was closed from this side.
            (Ok(_), None) => DialogOutcome::Cancelled,
            (Err(_), _) => DialogOutcome::Unavailable,
        });
        // Names of files were on it, and the next thread gets it as it is.
        wipe_deep_stack();
    };
    // Without a thread there is nobody to wait for a person: the closure, and with it the dialog, is dropped.
    let _ = thread::Builder::new().name("file dialog".to_owned()).spawn(waiting);
    open
}

fn start_helper(program: Command, request: &[u8]) -> io::Result<(Child, impl Read + use<>)> {
    let Started { process, mut input, output } = process::start(program, HELPER)?;
    input.write_all(request)?;
    Ok((process, output))
}

impl Drop for OpenDialog {
    fn drop(&mut self) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        // While the child is in there nobody has waited for it, so that the id is still its own.
        if let Some(group) = process.as_ref().and_then(|child| rustix::process::Pid::from_raw(child.id().cast_signed()))
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn dialog() -> Dialog {
        Dialog { kind: DialogKind::PickFiles, title: "Add files".to_owned(), folder: None }
    }

    /// A stand-in for the dialog's process.
    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn outcome_of(program: Command) -> DialogOutcome {
        let (send, outcome) = mpsc::channel();
        let _open = show_dialog_by(program, &dialog(), move |outcome| send.send(outcome).unwrap());
        outcome.recv().unwrap()
    }

    #[test]
    fn the_dialogs_answer_is_the_outcome() {
        let picked = DialogOutcome::Picked(vec![PathBuf::from("/a b"), PathBuf::from("/c")]);
        assert_eq!(outcome_of(shell(r"cat >/dev/null; printf 'picked\0/a b\0/c\0'")), picked);
        assert_eq!(outcome_of(shell(r"cat >/dev/null; printf 'cancelled\0'")), DialogOutcome::Cancelled);
        assert_eq!(outcome_of(shell(r"cat >/dev/null; printf 'unavailable\0'")), DialogOutcome::Unavailable);
    }

    #[test]
    fn a_dialog_that_cannot_start_is_unavailable() {
        assert_eq!(outcome_of(Command::new("/nowhere/at/all")), DialogOutcome::Unavailable);
    }

    #[test]
    fn dropping_it_closes_the_dialog_and_what_it_started() {
        let (send, outcome) = mpsc::channel();
        // The second process holds the pipe open, as a zenity would: the outcome comes only if both are gone.
        let open =
            show_dialog_by(shell("sleep 600 & sleep 600"), &dialog(), move |outcome| send.send(outcome).unwrap());
        drop(open);
        assert_eq!(outcome.recv().unwrap(), DialogOutcome::Cancelled);
    }
}
