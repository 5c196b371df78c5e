//! A passphrase as a key provider.
//!
//! Owns: [`PassphraseRecord`], which seals a random [`SlotKey`] under a passphrase, and [`PassphraseProvider`], which wraps data
//! keys under the slot key. The bytes are docs/format.md, sections 1.2 and 3.
//! Invariant: parameters outside floor and ceiling are refused before any work is done with them, and what Argon2 filled its
//! memory with is wiped.

mod kdf;
mod params;
mod provider;
mod record;
mod wrap;

pub use params::KdfParams;
pub use provider::PassphraseProvider;
pub use record::{PassphraseRecord, RECORD_LENGTH, SlotKey};

/// The provider id of keys that are wrapped under a slot key.
pub const PASSPHRASE_PROVIDER_ID: &str = "sealkeep-passphrase";

/// The provider id of wraps that are owed to a slot, under a key that is derived from the collection's index key.
pub const PENDING_PROVIDER_ID: &str = "sealkeep-pending";
