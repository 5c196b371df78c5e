//! Message bytes to structs and back: the AWS Encryption SDK's message format, and our own records (`v1`).
//!
//! Owns: [`EncryptionContext`], [`EncryptedDataKey`], the message header, the layout of frames, single blocks and
//! signatures, their limits and what is authenticated with them. Touches no keys, no I/O, no clock and no random source.
//!
//! We write one kind of message, and a vault has no other: [`Header`], suite 0x0478, framed. A file may be of any kind that
//! [`MessageHeader`] reads.
//!
//! Invariant: every count and length that is read is held against its limit before anything is allocated for it, so
//! that a hostile message is refused before anybody is asked for a key.
//!
//! Specification: <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message.md>

mod bytes;
mod context;
mod error;
mod frame;
mod header;
mod key;
mod message;
mod signer;
mod single_block;
mod suite;
pub mod v1;

pub(crate) use bytes::{Fields, put_prefixed};
pub use context::EncryptionContext;
pub use error::FormatError;
pub use frame::{
    FINAL_PREFIX, FRAME_IV_LENGTH, FRAME_TAG_LENGTH, FrameLayout, FramePlace, FramePrefix, REGULAR_PREFIX,
};
pub use header::{FrameLength, HEADER_TAG_LENGTH, Header, HeaderBody};
pub use key::EncryptedDataKey;
pub use message::{Content, MessageHeader, Prefix};
pub use signer::{MAX_SIGNATURE_LENGTH, PUBLIC_KEY_NAME, SignerKey};
pub use single_block::{MAX_SINGLE_BLOCK_LENGTH, SingleBlockPrefix};
pub use suite::{SUITE_ID, SUITE_NAME, Suite};

/// The most bytes that a serialised encryption context may have.
pub const MAX_CONTEXT_LENGTH: usize = 8 * 1024;

/// The most encrypted data keys that a message may have.
pub const MAX_KEYS: usize = 8;

/// The longest frame that is read or written, in bytes of plaintext.
pub const MAX_FRAME_LENGTH: u32 = 16 * 1024 * 1024;

/// Identifies a message, and is the salt of its keys: 32 random bytes, never used twice. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(pub [u8; 32]);

/// Commits a message to its one data key: derived beside the content key, stored in the header. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Commitment(pub [u8; 32]);
