//! Sealkeep: a vault for secrets and documents, where AWS KMS (or a passphrase) holds the key.
//!
//! The folder is the architecture: each module below is a room, opens with what it owns and what it may not touch, and
//! may use only the rooms that `docs/rooms.md` gives it. A test holds the `use crate::` paths against that table.

pub mod crypto;
pub mod format;
pub mod platform;
pub mod providers;
pub mod secret;
pub mod session;
pub mod store;
#[cfg(feature = "gui")]
pub mod ui;
pub mod vault;
#[cfg(feature = "gui")]
pub mod worker;
