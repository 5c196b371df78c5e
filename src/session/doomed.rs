//! KMS keys of an open vault that will be gone: which, when, and what of the vault opens without them.

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::providers::KeyArn;
use crate::providers::kms::{KeyDescription, Unfit};
use crate::vault::{SlotId, SlotRecord, SlotState};

use super::ways::load_settings;
use super::{Home, Session, SessionError, keys};

/// What opens a vault without a KMS key that will be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// Nothing that is complete, or known to be well.
    Nothing,
    /// Another way in, to which so many wraps are still owed: it does not open everything yet.
    AllBut(u64),
    /// Another way in, which opens everything that is saved.
    Everything,
}

/// A KMS key of a vault that will be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoomedKey {
    /// The key.
    pub key: KeyArn,
    /// When, as far as AWS says.
    pub deletion: Option<Timestamp>,
    /// What opens the vault without it.
    pub without: Without,
}

/// What opens a vault with these `slots` without `doomed`: of the other KMS keys those that `is_fit`, and of each what is `owed` to
/// it.
pub fn without(
    slots: &[SlotRecord],
    doomed: SlotId,
    is_fit: impl Fn(SlotId) -> bool,
    owed: impl Fn(SlotId) -> u64,
) -> Without {
    let others = slots.iter().filter(|slot| slot.id != doomed && slot.state == SlotState::Active);
    let opens = others.filter(|slot| slot.config.key_arn().is_none() || is_fit(slot.id));
    match opens.map(|slot| owed(slot.id)).min() {
        None => Without::Nothing,
        Some(0) => Without::Everything,
        Some(owed) => Without::AllBut(owed),
    }
}

impl Session {
    /// The vault's KMS keys that will be gone: one call for each KMS key that this machine remembers a profile for,
    /// `kms:DescribeKey`, all at once, and nobody is asked for anything. One that AWS says nothing of is left out. Blocks, where there is
    /// one: on reading every row.
    ///
    /// # Errors
    /// [`SessionError::Platform`] where the settings can't be read; [`SessionError::Vault`].
    pub async fn doomed_keys(&mut self, home: &Home) -> Result<Vec<DoomedKey>, SessionError> {
        let profiles = load_settings(home).await?.slot_profiles;
        let slots = self.vault.slots().to_vec();
        let asked = slots.iter().filter_map(|slot| {
            let key: KeyArn = slot.config.key_arn()?.parse().ok()?;
            Some((slot.id, key, profiles.get(&slot.id.to_string())?))
        });
        let described = join_all(asked.map(async |(slot, key, profile)| {
            let described = keys::state(home, profile, &key).await.ok()?;
            Some((slot, key, described))
        }));
        let described: Vec<(SlotId, KeyArn, KeyDescription)> = described.await.into_iter().flatten().collect();
        let is_doomed = |described: &KeyDescription| described.unfit == Some(Unfit::PendingDeletion);
        if !described.iter().any(|(_, _, described)| is_doomed(described)) {
            return Ok(Vec::new());
        }
        let owed = self.vault.count_owed_to_all()?.owed;
        let owed = |slot: SlotId| owed.iter().find(|(id, _)| *id == slot).map_or(0, |(_, owed)| *owed);
        let is_fit = |slot: SlotId| described.iter().any(|(id, _, described)| *id == slot && described.unfit.is_none());
        let doomed = described.iter().filter(|(_, _, described)| is_doomed(described));
        let doomed = doomed.map(|(slot, key, described)| DoomedKey {
            key: key.clone(),
            deletion: described.deletion,
            without: without(&slots, *slot, is_fit, owed),
        });
        Ok(doomed.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::SlotConfig;

    const ARN: &str = "arn:aws:kms:eu-west-1:123456789012:key/0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11";

    #[test]
    fn what_opens_without_a_key_is_only_what_is_in_use_and_well_and_whole() {
        let slot = |id, state, config| SlotRecord { id: SlotId([id; 16]), state, config };
        let kms = |id, state| slot(id, state, SlotConfig::Kms { key_arn: ARN.to_owned() });
        let sheet = |id, state| slot(id, state, SlotConfig::Recovery { record: Vec::new() });
        let doomed = kms(1, SlotState::Active);
        let opens = |others: Vec<SlotRecord>, fit: &[u8], owed: &[(u8, u64)]| {
            let slots = [vec![doomed.clone()], others].concat();
            let owed =
                |slot: SlotId| owed.iter().find(|(id, _)| slot == SlotId([*id; 16])).map_or(0, |(_, owed)| *owed);
            without(&slots, doomed.id, |slot| fit.iter().any(|id| slot == SlotId([*id; 16])), owed)
        };
        assert_eq!(opens(vec![], &[1], &[]), Without::Nothing, "not by itself");
        assert_eq!(opens(vec![sheet(2, SlotState::Active)], &[], &[]), Without::Everything);
        assert_eq!(opens(vec![sheet(2, SlotState::Active)], &[], &[(2, 3)]), Without::AllBut(3));
        for state in [SlotState::Pending, SlotState::UnwrapOnly] {
            assert_eq!(opens(vec![sheet(2, state)], &[], &[]), Without::Nothing, "{state:?}");
        }
        assert_eq!(opens(vec![kms(2, SlotState::Active)], &[], &[]), Without::Nothing, "nobody knows how it stands");
        assert_eq!(opens(vec![kms(2, SlotState::Active)], &[2], &[(2, 1)]), Without::AllBut(1));
        let both = vec![kms(2, SlotState::Active), sheet(3, SlotState::Active)];
        assert_eq!(opens(both, &[2], &[(2, 1)]), Without::Everything, "the one that is whole counts");
    }
}
