//! What can go wrong with the system, besides the keyring ([`super::KeyringError`]) and output files ([`super::OutError`]).

use std::io;
use std::path::PathBuf;

use super::OutError;

/// Why the system could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// Neither `$HOME` nor the user database names a home folder.
    #[error("this user has no home folder")]
    NoHome,
    /// A folder of ours could not be made or closed to others.
    #[error("the folder “{}” can't be prepared", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A folder that must be private belongs to somebody else.
    #[error("the folder “{}” belongs to another user", .0.display())]
    NotOurs(PathBuf),
    /// A file of ours could not be read.
    #[error("“{}” can't be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file of ours could not be written.
    #[error(transparent)]
    Write(#[from] OutError),
    /// Another process held a file of ours for longer than anything takes.
    #[error("“{}” is held by another Sealkeep", .0.display())]
    Busy(PathBuf),
    /// The settings could not be put into JSON.
    #[error("the settings can't be written as JSON")]
    Encode(#[source] serde_json::Error),
    /// The system gave no random bytes.
    #[error("the system gives no random numbers")]
    Random,
    /// A protection of the process could not be switched on.
    #[error("{what} failed")]
    Hardening {
        /// The call that failed.
        what: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// The socket that takes lock requests could not be opened.
    #[error("lock requests can't be taken at “{}”", path.display())]
    Listen {
        /// The socket.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no terminal to ask on, or it went away.
    #[error("there is no terminal to ask on")]
    NoTerminal(#[source] io::Error),
    /// The person pressed Ctrl+C or Ctrl+D instead of answering.
    #[error("nothing was entered")]
    Interrupted,
}

impl PlatformError {
    /// What to do about it: one short sentence for the window and the command line; empty where nothing general helps.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoHome => "Set $HOME, or $SEALKEEP_HOME to a folder of your own.",
            Self::Folder { .. } => {
                "Make the folder above it writable for yourself, or set $SEALKEEP_HOME to a folder of your own."
            }
            Self::NotOurs(_) => "Remove it, or set $SEALKEEP_HOME to a folder of your own.",
            Self::Write(error) => error.hint(),
            Self::Busy(_) => "Close the other Sealkeep, or try again.",
            Self::NoTerminal(_) => "Give the passphrase with --passphrase-file.",
            _ => "",
        }
    }
}
