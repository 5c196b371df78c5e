//! The open vault's ways in, as the window is told of them. A way in is what the vault has as a slot: a person never meets that word.
//!
//! What is done with them is in `ops/slots.rs`; what is made for one without the open session in [`crate::session::Ways`].

use std::sync::Arc;

use jiff::Timestamp;

use crate::secret::SecretString;
use crate::session::{BegunRekey, EmergencySheet, SlotKind};
use crate::vault::{ItemId, SlotId, SlotState};

/// The open vault's ways in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaysIn {
    /// Each of them.
    pub ways: Vec<WayIn>,
    /// How many data keys the vault has: what each of them should open.
    pub keys: u64,
    /// New keys that were begun here, and not for everything that was meant.
    pub begun: Option<BegunRekey>,
}

/// A way into the open vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayIn {
    /// Its slot.
    pub slot: SlotId,
    /// What its key is.
    pub kind: SlotKind,
    /// What it is good for.
    pub state: SlotState,
    /// How many data keys are not wrapped for it, though they should be.
    pub owed: u64,
    /// Whether it opened the vault this time.
    pub opened: bool,
    /// The AWS profile that this machine uses for it.
    pub profile: Option<String>,
    /// When it was added, where that was on this machine.
    pub added: Option<Timestamp>,
    /// When a drill on this machine proved that it opens everything.
    pub drilled: Option<Timestamp>,
}

/// Another way into the open vault.
#[derive(Debug)]
pub enum NewWay {
    /// A KMS key.
    Kms {
        /// The AWS profile to use it as.
        profile: String,
        /// Its ARN, or the ARN of an alias.
        key: String,
    },
    /// A recovery passphrase.
    Passphrase(SecretString),
    /// The code on an emergency sheet, which the person has by now.
    Sheet(Arc<EmergencySheet>),
}

/// How the open vault's ways in stand, for a sign in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How many wraps wait for a slot that could not be reached.
    pub owed: u64,
    /// Whether a way in was begun to be added, and not finished.
    pub adding: bool,
    /// What the person might do about recovery, and has not put aside.
    pub hint: Option<RecoveryHint>,
}

/// What the person might do about recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryHint {
    /// The vault has no recovery key.
    None,
    /// No recovery key was ever tried on this machine.
    NeverTried,
    /// None was tried for a year.
    TriedLongAgo,
}

/// A revision, with the title of its item where the list has it.
#[derive(Debug)]
pub struct RevisionNamed {
    /// The item.
    pub item: ItemId,
    /// Its title.
    pub title: Option<SecretString>,
    /// The revision's number.
    pub revision: u32,
}

/// What a drill proved.
#[derive(Debug)]
pub struct Drilled {
    /// The slot that was tried.
    pub slot: SlotId,
    /// What its key is.
    pub kind: SlotKind,
    /// How many data keys it opened.
    pub opened: u64,
    /// How many are still owed to it.
    pub owed: u64,
    /// How many it should open and does not.
    pub failed: u64,
    /// Some of those that it does not open, failed ones first.
    pub missing: Vec<RevisionNamed>,
    /// When that was.
    pub at: Timestamp,
}
