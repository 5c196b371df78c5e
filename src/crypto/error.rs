//! What can go wrong while sealing and opening.

use std::io;

use crate::format::FormatError;

/// Why sealing or opening ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// The key is not this message's, or some byte of it is not what was sealed: changed, missing, repeated, moved or
    /// added. Deliberately says no more.
    #[error("not authentic: the message was changed or cut short, or the key is another one")]
    NotAuthentic,
    /// The message's structure was refused before any key was used.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// What is read from failed.
    #[error("reading failed: {0}")]
    Source(#[source] io::Error),
    /// What is written to failed.
    #[error("writing failed: {0}")]
    Sink(#[source] io::Error),
    /// The watch said so.
    #[error("cancelled")]
    Cancelled,
    /// The body has more bytes than the format can number, or than the caller allowed.
    #[error("the content is too long")]
    TooLong,
    /// The operating system gave no random bytes.
    #[error("the system's random source failed: {0}")]
    Random(#[from] getrandom::Error),
}
