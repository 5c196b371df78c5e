//! Another KMS key in the place of one of the vault's: what is prepared for it without the open session (`plan.rs`), and how it is
//! done by whoever holds the session (`drive.rs`).
//!
//! Invariant: nothing is asked of the new key, and nothing is written, by a plan. What was moved is saved a batch at a time, so that
//! whoever begins again goes on with the rest.

mod drive;
mod plan;

use std::sync::Arc;

use crate::providers::{KeyArn, KeyProvider, KmsProvider, Pace, Paced, Rewrapper};
use crate::vault::{ItemId, Moving, NewSlot, SlotConfig, SlotId, ToMove, WrapProof};

use super::price::dollars_of;
use super::ways::NewSlotMemory;

/// How a key gets from the old KMS key to the new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MovesBy {
    /// Inside AWS KMS, by its `ReEncrypt`, as this profile.
    ReEncrypt {
        /// The AWS profile.
        profile: String,
    },
    /// Unwrapped here and wrapped again, because AWS KMS can't move it.
    ThroughHere {
        /// Why it can't.
        why: &'static str,
    },
}

/// Everything that moving needs and that can be had without the open session.
pub struct Rewrap {
    /// The slot that is to be replaced; `None` where the vault has no other KMS key than the new one.
    pub from: Option<(SlotId, KeyArn)>,
    /// The new key's slot.
    pub to: SlotId,
    /// The new key.
    pub new: KeyArn,
    /// Whether the vault has the new slot already: an earlier run began.
    pub is_begun: bool,
    profile: String,
    provider: Arc<KmsProvider>,
    /// The same as `provider`, at the pace of the rest.
    paceful: Arc<dyn KeyProvider>,
    pace: Arc<Pace>,
    /// Tried in this order.
    movers: Vec<(MovesBy, Arc<dyn Rewrapper>)>,
}

/// What a rewrap is going to do.
#[derive(Clone, Debug, PartialEq)]
pub struct RewrapPlan {
    /// How it will be tried first.
    pub by: Option<MovesBy>,
    /// What moves.
    pub moving: Moving,
    /// The calls that it makes to AWS KMS, by action.
    pub calls: Vec<(&'static str, u64)>,
    /// Whether the vault has the new key's slot, retired: it would be in use again.
    pub reactivates: bool,
}

/// A key that could not be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMoved {
    /// The item.
    pub item: ItemId,
    /// The revision.
    pub revision: u32,
    /// Why.
    pub why: String,
}

/// What came of a rewrap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many data keys were moved this time.
    pub moved: u64,
    /// How; `None` where nothing had to be.
    pub by: Option<MovesBy>,
    /// What could not be.
    pub not_moved: Vec<NotMoved>,
    /// Pages of the manifest that can't be read.
    pub pages: u64,
    /// Whether the old slot is gone.
    pub is_replaced: bool,
    /// What stands under which key now.
    pub proof: WrapProof,
    /// The calls that were on their way at once, and those that were refused for being too many.
    pub paced: Paced,
}

impl RewrapPlan {
    /// What AWS asks for these calls, in dollars, in most regions.
    pub fn dollars(&self) -> f64 {
        dollars_of(&self.calls)
    }
}

impl Rewrap {
    /// The new slot, for [`crate::vault::UnlockedVault::move_index`].
    fn new_slot(&self) -> NewSlot {
        let config = SlotConfig::Kms { key_arn: self.new.to_string() };
        NewSlot { id: self.to, config, provider: Arc::clone(&self.provider) as Arc<dyn KeyProvider> }
    }

    /// What wraps for the new key in this session.
    fn provider(&self) -> Arc<dyn KeyProvider> {
        Arc::clone(&self.provider) as Arc<dyn KeyProvider>
    }

    /// What to remember once the vault has the new slot.
    fn memory(&self) -> NewSlotMemory {
        NewSlotMemory::of_kms(self.to, self.profile.clone())
    }
}

impl Rewrapped {
    /// Whether it was tried to move this one, and in vain.
    fn has_tried(&self, key: &ToMove) -> bool {
        self.not_moved.iter().any(|known| (known.item, known.revision) == (key.item, key.revision))
    }
}
