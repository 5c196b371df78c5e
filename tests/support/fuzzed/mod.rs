//! What is fuzzed: each function takes any bytes and may not panic, hang or let anything pass that was not written.
//!
//! `tests/fuzz/` feeds them what libFuzzer thinks of; `tests/fuzz.rs` what it found worth keeping, at every `make test`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, dead_code, unused_imports)]

mod database;
mod messages;
mod records;

pub use database::{Base, PASSPHRASE, TEXTS, database, remove_database};
pub use messages::{frames, header, sealed_frames};
pub use records::{plain_records, records};
