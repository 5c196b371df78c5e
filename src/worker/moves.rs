//! Another KMS key in the place of one of the vault's, as the window is told of it. What is done is in `ops/moves.rs`.

use super::RevisionNamed;
use crate::session::{KeyDescription, RewrapPlan, Rewrapped};
use crate::vault::SlotId;

/// Which way in's key is replaced, and by which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveTo {
    /// The way in's slot.
    pub slot: SlotId,
    /// The AWS profile of the new key.
    pub profile: String,
    /// The new key's ARN, or the ARN of an alias.
    pub key: String,
}

/// What a move is going to do.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedMove {
    /// The old key's ARN.
    pub old: String,
    /// The new key's ARN.
    pub new: String,
    /// What moves, and by which calls.
    pub plan: RewrapPlan,
}

/// What came of a move.
#[derive(Debug)]
pub struct MovedKeys {
    /// The old key's ARN.
    pub old: String,
    /// The new key's ARN.
    pub new: String,
    /// What was moved, and the proof.
    pub done: Rewrapped,
    /// Some of those that could not be moved.
    pub missing: Vec<RevisionNamed>,
    /// What opens the vault from now on.
    pub key: KeyDescription,
}
