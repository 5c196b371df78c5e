//! The desktop's own file dialogs.
//!
//! Owns: asking for one, and telling "cancelled" from "this desktop has none". Knows nothing of what the files are for.
//! Invariant: the dialog runs in a process of its own that is not hardened and never holds a secret. It has to: the desktop's
//! portal looks into `/proc/PID/root` of whoever asks, and refuses a process that is closed to it, which ours is (`hardening.rs`).
//! So a program that shows dialogs calls [`run_dialog_helper`] before everything else in `main`.

mod helper;
mod wire;

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub use helper::run_dialog_helper;

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
    // This very program, also when its file was replaced by an update meanwhile.
    show_dialog_by(Path::new("/proc/self/exe"), dialog, on_outcome)
}

fn show_dialog_by(
    program: &Path,
    dialog: &Dialog,
    on_outcome: impl FnOnce(DialogOutcome) + Send + 'static,
) -> OpenDialog {
    let process = Arc::new(Mutex::new(None));
    let open = OpenDialog { process: Arc::clone(&process) };
    let (request, program) = (wire::encode_dialog(dialog), program.to_owned());
    let started = start_helper(&program, &request).map(|(child, output)| {
        *process.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        output
    });
    let waiting = move || {
        let mut answer = Vec::new();
        let read = started.and_then(|mut output| output.read_to_end(&mut answer));
        if let Some(mut child) = process.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = child.wait();
        }
        on_outcome(match (read, wire::decode_outcome(&answer)) {
            (Ok(_), Some(outcome)) => outcome,
            // It was closed from this side.
            (Ok(_), None) => DialogOutcome::Cancelled,
            (Err(_), _) => DialogOutcome::Unavailable,
        });
    };
    // Without a thread there is nobody to wait for a person: the closure, and with it the dialog, is dropped.
    let _ = thread::Builder::new().name("file dialog".to_owned()).spawn(waiting);
    open
}

fn start_helper(program: &Path, request: &[u8]) -> io::Result<(Child, impl Read + use<>)> {
    let mut child = Command::new(program)
        .arg(HELPER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // A group of its own, so that a zenity that it started is closed with it.
        .process_group(0)
        .spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (Some(mut input), Some(output)) = (input, output) else { return Err(io::ErrorKind::BrokenPipe.into()) };
    input.write_all(request)?;
    Ok((child, output))
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
