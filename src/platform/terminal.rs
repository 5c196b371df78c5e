//! Asking for a passphrase on the terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::PlatformError;
use super::interrupt::pass_on_ctrl_c;
use crate::secret::SecretString;

/// Whether somebody is there to answer: messages go to a terminal, and it can be opened for the answer. Standard input may be
/// something else, such as the file to encrypt.
pub fn can_ask() -> bool {
    io::stderr().is_terminal() && open_terminal().is_ok()
}

/// Whether there is a terminal to ask on, though messages go elsewhere: for a program that another one starts, which takes what it says.
pub fn has_terminal() -> bool {
    open_terminal().is_ok()
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
