//! Why a command ended early, before it is put into words.

use std::io;

use sealkeep::session::SessionError;

use crate::wording::Candidate;

/// Why a command ended early.
#[derive(Debug)]
pub enum CliError {
    /// What was typed can't be done like that: what is wrong, and what to do.
    Usage(String, String),
    /// What was handed in can't be used: what is wrong, and what to do.
    Input(String, String),
    /// No item, or more than one, is meant: what was typed, and the items that it could be.
    NoItem(String, Vec<Candidate>),
    /// The library failed.
    Session(SessionError),
    /// The reader of standard output went away: nobody is left to tell.
    BrokenPipe,
    /// Everything was said already; this is the exit status.
    Said(u8),
}

impl CliError {
    /// Wrong usage.
    pub fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage(what.into(), hint.into())
    }

    /// What was handed in can't be used.
    pub fn input(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Input(what.into(), hint.into())
    }

    /// What failed to be written to standard output.
    pub fn stdout(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::BrokenPipe
        } else {
            Self::Session(SessionError::Stdout(error))
        }
    }
}

impl<E: Into<SessionError>> From<E> for CliError {
    fn from(error: E) -> Self {
        match error.into() {
            SessionError::Stdout(error) => Self::stdout(error),
            other => Self::Session(other),
        }
    }
}
