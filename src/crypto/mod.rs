//! Data keys, and sealing and opening with them.
//!
//! Owns: [`DataKey`] and [`FreshDataKey`], the random source, AES-256-GCM and HKDF-SHA512, message headers' commitment
//! and tag, signatures, and the streaming of frames on all cores. Touches no files, no SQL and no async runtime: bodies
//! come from any `Read` and go to any `Write`.
//! Invariant: a data key seals exactly one header and one body, and nothing is opened before the commitment and the
//! header's tag have been checked. Both are held by types: sealing consumes a [`FreshDataKey`], which no unwrapping
//! returns, and the only way to a [`BodyOpener`] or a [`WholeOpener`] is the function that verifies. What is verified only
//! at its end goes nowhere but to a [`Withheld`] place.

mod aead;
mod block;
mod derive;
mod digest;
mod error;
mod gcm_stream;
mod index_key;
mod key;
mod line;
mod message;
mod open;
mod pipe;
pub mod random;
mod record;
mod seal;
mod signature;
mod spool;
mod watch;
mod whole;
mod withheld;

pub use aead::{AeadKey, IV_LENGTH, TAG_LENGTH};
pub use derive::{derive_key, hkdf_sha512};
pub use digest::{Digesting, sha256, sha256_of_secret};
pub use error::CryptoError;
pub use gcm_stream::GcmStream;
pub use index_key::IndexKey;
pub use key::{DataKey, FreshDataKey};
pub use message::{MessageReader, VerifiedMessage};
pub use open::{BodyOpener, FrameOpener, Limited, OpenedFrame, StoredBody};
pub use pipe::{Giver, Taker, pipe};
pub use record::RecordOpener;
pub use seal::{BodySealer, seal_header};
pub use signature::SignatureCheck;
pub use spool::Spool;
pub use watch::{CancelOnly, NoWatch, Watch};
pub use whole::WholeOpener;
pub use withheld::Withheld;
