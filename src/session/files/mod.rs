//! Stand-alone `.sealed` files: what is read, what the output is called, and who can open it.
//!
//! Three steps each way, so that whoever drives them can wait where it is right: names are settled and the output is begun
//! (an output that exists is refused before anybody is asked for a key), keys are asked for (async), bytes run (blocking).
//! Invariant: an output appears whole or not at all, and a source is read, never changed.

mod exporting;
mod naming;
mod openers;
mod opening;
mod recipients;
mod sealing;
mod source;
mod target;

pub use exporting::{Exported, Exporting};
pub use naming::OutputPlace;
pub use openers::{Openers, Way};
pub use opening::{Decrypting, SealedSource};
pub use recipients::Recipients;
pub use sealing::{Encrypted, Encrypting};
pub use source::Source;
pub use target::{Outputs, Target};

use std::path::{Path, PathBuf};

use crate::crypto::CryptoError;
use crate::format::FormatError;
use crate::vault::SealedFileError;

use super::SessionError;

/// What came of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file that was written; `None` for standard output.
    pub path: Option<PathBuf>,
    /// How many bytes of plaintext it has.
    pub bytes: u64,
}

/// What a failure means for the one source and the one output that it happened to.
fn explain(error: SealedFileError, source: &str, target: &Target) -> SessionError {
    match error {
        SealedFileError::Crypto(CryptoError::Sink(error)) => target.explain(error),
        other => explain_reading(other, source),
    }
}

fn explain_reading(error: SealedFileError, source: &str) -> SessionError {
    let path = PathBuf::from(source);
    match error {
        SealedFileError::Provider(error) => error.into(),
        SealedFileError::Crypto(CryptoError::Cancelled) => SessionError::Cancelled,
        SealedFileError::Crypto(CryptoError::NotAuthentic) => SessionError::SourceDamaged(path),
        SealedFileError::Crypto(CryptoError::Format(FormatError::NotAMessage)) => SessionError::NotSealed(path),
        SealedFileError::Crypto(CryptoError::Format(reason)) => SessionError::NotReadable { path, reason },
        SealedFileError::Crypto(CryptoError::Source(error)) => explain_source(&path, error),
        SealedFileError::Crypto(CryptoError::Random(_)) => SessionError::Random,
        SealedFileError::Spool(error) => SessionError::Spool { folder: std::env::temp_dir(), source: error },
        SealedFileError::OtherRecipient => SessionError::NoOpener(path),
        other => SessionError::SealedFile(other),
    }
}

fn explain_source(path: &Path, error: std::io::Error) -> SessionError {
    SessionError::Source { path: path.to_owned(), source: error }
}
