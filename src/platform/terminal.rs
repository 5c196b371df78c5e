//! Asking for a passphrase on the terminal.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal};
use std::ops::RangeInclusive;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

use super::PlatformError;
use super::interrupt::{interrupted, pass_on_ctrl_c};
use crate::secret::SecretString;

/// Linux's major numbers of what stands in `/dev/pts`.
const PSEUDOTERMINALS: RangeInclusive<u32> = 136..=143;
/// Whoever waits for the turn looks again this often.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Whether somebody is there to answer: messages go to a terminal, and it can be opened for the answer. Standard input may be
/// something else, such as the file to encrypt.
pub fn can_ask() -> bool {
    io::stderr().is_terminal() && open_terminal().is_ok()
}

/// Whether there is a terminal to ask on, though messages go elsewhere: for a program that another one starts, which takes what it says.
/// Not in the background, where asking would stop it without a word.
pub fn has_terminal() -> bool {
    open_terminal().is_ok_and(|terminal| tcgetpgrp(&terminal).is_ok_and(|front| front == getpgrp()))
}

/// The turn to ask on this process's terminal, until dropped: of several programs that ask there at once, each would take the other's quiet
/// for how the terminal was, and one of them leave it with echo on while the other still reads. `None` where it can't be had: it is no
/// pseudoterminal.
fn turn() -> Result<Option<File>, PlatformError> {
    let number = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| {
        // After the name, which may have anything in it: state, parent, group, session, terminal.
        stat.rsplit_once(") ")?.1.split(' ').nth(4)?.parse::<i32>().ok()
    });
    let device = number.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0);
    let Some((major, minor)) = device.map(|device| (rustix::fs::major(device), rustix::fs::minor(device))) else {
        return Ok(None);
    };
    if !PSEUDOTERMINALS.contains(&major) {
        return Ok(None);
    }
    let path = format!("/dev/pts/{}", (major - PSEUDOTERMINALS.start()) * 256 + minor);
    let flags = i32::try_from((OFlags::NOCTTY | OFlags::NONBLOCK).bits()).unwrap_or_default();
    let Ok(file) = OpenOptions::new().read(true).custom_flags(flags).open(path) else { return Ok(None) };
    if file.metadata().map(|known| known.rdev()).ok() != device {
        return Ok(None);
    }
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(file)),
            Err(Errno::WOULDBLOCK) if interrupted() => return Err(PlatformError::Interrupted),
            Err(Errno::WOULDBLOCK | Errno::INTR) => thread::sleep(LOOK_AGAIN),
            Err(_) => return Ok(None),
        }
    }
}

fn open_terminal() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// No echo on the terminal, and Ctrl+C a letter like any other, until dropped. rpassword prompts first and does that then: whatever
/// is pasted at the prompt could be shown.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn begin() -> io::Result<Self> {
        let terminal = open_terminal()?;
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG);
        tcsetattr(&terminal, OptionalActions::Now, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A terminal that is gone has no echo to bring back.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Shows `prompt` on the terminal and reads one line without echo.
///
/// # Errors
/// `NoTerminal`; `Interrupted` where the person gives up.
pub fn ask_passphrase(prompt: &str) -> Result<SecretString, PlatformError> {
    let config = rpassword::ConfigBuilder::new().build();
    let _turn = turn()?;
    let quiet = Quiet::begin().map_err(PlatformError::NoTerminal)?;
    let answer = rpassword::prompt_password_with_config(prompt, config);
    // Before Ctrl+C is passed on: it ends the process, and no drop runs then.
    drop(quiet);
    match answer {
        Ok(text) => Ok(SecretString::new(text)),
        // While nothing is echoed, Ctrl+C is a letter like any other: what it means must not hang on the moment.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            pass_on_ctrl_c();
            Err(PlatformError::Interrupted)
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(PlatformError::Interrupted),
        Err(error) => Err(PlatformError::NoTerminal(error)),
    }
}
