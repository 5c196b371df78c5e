//! New keys for the open vault, as the window asks for them and is told of them. What is done is in `ops/rekey.rs`.

use super::RevisionNamed;
use crate::secret::SecretString;
use crate::session::{RekeyPlan, Rekeyed, Resume, SlotKind};
use crate::vault::{RekeyScope, SlotId};

/// What is asked for.
#[derive(Debug)]
pub enum RekeyStep {
    /// Says what new keys for this would take; asks nobody, and changes nothing. → `RekeyPlanned`
    Plan(RekeyScope, Resume),
    /// Makes them. → `Job`…, `Rekeyed`
    ///
    /// What a stop or a failure leaves, the same again goes on with.
    Run(RekeyRun),
}

/// New keys, as they were planned.
#[derive(Debug)]
pub struct RekeyRun {
    /// For what.
    pub scope: RekeyScope,
    /// Whether it goes on with what was begun, as in the plan.
    pub resume: Resume,
    /// The ways in that a new key of the list needs besides: those of the plan.
    pub missing: Vec<SlotId>,
    /// What opens those of them that are no KMS keys: passphrases and codes, one each, in any order.
    pub typed: Vec<SecretString>,
}

/// What a rekey is going to do.
#[derive(Debug)]
pub struct PlannedRekey {
    /// For what.
    pub scope: RekeyScope,
    /// What gets new keys, and by which calls.
    pub plan: RekeyPlan,
    /// The title of the item, where one alone is meant and the list has it.
    pub title: Option<SecretString>,
    /// Some of what is meant and can't be sealed again.
    pub damaged: Vec<RevisionNamed>,
}

/// What came of a rekey.
#[derive(Debug)]
pub struct RekeyedKeys {
    /// What has new keys.
    pub done: Rekeyed,
    /// Some of those that could not be sealed again: the first of `done.not_rekeyed`, in its order.
    pub missing: Vec<RevisionNamed>,
    /// The retired ways in that went.
    pub removed: Vec<SlotKind>,
    /// What each way in is that there was before.
    pub ways: Vec<(SlotId, SlotKind)>,
}
