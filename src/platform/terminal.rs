//! Asking for a passphrase on the terminal.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal};

use super::PlatformError;
use super::interrupt::pass_on_ctrl_c;
use crate::secret::SecretString;

/// Whether somebody is there to answer: messages go to a terminal, and it can be opened for the answer. Standard input may be
/// something else, such as the file to encrypt.
pub fn can_ask() -> bool {
    io::stderr().is_terminal() && OpenOptions::new().read(true).write(true).open("/dev/tty").is_ok()
}

/// Shows `prompt` on the terminal and reads one line without echo.
///
/// # Errors
/// `NoTerminal`; `Interrupted` where the person gives up.
pub fn ask_passphrase(prompt: &str) -> Result<SecretString, PlatformError> {
    let config = rpassword::ConfigBuilder::new().build();
    match rpassword::prompt_password_with_config(prompt, config) {
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
