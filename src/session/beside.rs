//! What else there is beside the KMS key that a vault is moved to: a slot that was retired and comes back, and other keys' wraps.

use crate::vault::SlotState;

use super::{Rewrap, Rewrapped, Session};

impl Session {
    /// Whether the new key's slot is one of the vault that was retired: it would be in use again.
    pub fn reactivates(&self, rewrap: &Rewrap) -> bool {
        self.vault.slots().iter().any(|slot| slot.id == rewrap.to && slot.state == SlotState::UnwrapOnly)
    }
}

impl Rewrapped {
    /// Other KMS keys than these two, `old` and `new`, that still have wraps in the vault, in use or retired: the ARN, and how many.
    /// They are none of a move's business, and whoever may use them opens what they wrap.
    pub fn other_keys<'a>(&'a self, old: &'a str, new: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
        let other = move |arn: &&str| *arn != old && *arn != new;
        self.proof.by_key.iter().map(|(arn, wraps)| (arn.as_str(), *wraps)).filter(move |(arn, _)| other(arn))
    }
}
