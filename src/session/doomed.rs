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
    /// Nothing that is complete.
    Nothing,
    /// Nothing that is known to: there are other ways in, and it could not be told how they stand.
    Unknown,
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

/// What opens a vault with these `slots` without `doomed`: of the other KMS keys those that are `fit`, as far as that is known, and of each
/// what is `owed` to it, where that could be counted.
pub(crate) fn opens_without(
    slots: &[SlotRecord],
    doomed: SlotId,
    fit: impl Fn(SlotId) -> Option<bool>,
    owed: Option<&[(SlotId, u64)]>,
) -> Without {
    let fit = |slot: &SlotRecord| if slot.config.key_arn().is_none() { Some(true) } else { fit(slot.id) };
    let others: Vec<_> = slots.iter().filter(|slot| slot.id != doomed && slot.state == SlotState::Active).collect();
    let opens: Vec<_> = others.iter().filter(|slot| fit(slot) == Some(true)).collect();
    let Some(owed) = owed.filter(|_| !opens.is_empty()) else {
        let unknown = !opens.is_empty() || others.iter().any(|slot| fit(slot).is_none());
        return if unknown { Without::Unknown } else { Without::Nothing };
    };
    let owed_to = |slot: SlotId| owed.iter().find(|(id, _)| *id == slot).map_or(0, |(_, owed)| *owed);
    match opens.into_iter().map(|slot| owed_to(slot.id)).min() {
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
    /// [`SessionError::Platform`] where the settings can't be read.
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
        // The alarm is told, whether or not this can be counted.
        let owed = self.vault.count_owed_to_all().ok().map(|counted| counted.owed);
        let fit = |slot: SlotId| {
            let found = described.iter().find(|(id, ..)| *id == slot);
            found.map(|(_, _, described)| described.unfit.is_none())
        };
        let doomed = described.iter().filter(|(_, _, described)| is_doomed(described));
        let doomed = doomed.map(|(slot, key, described)| DoomedKey {
            key: key.clone(),
            deletion: described.deletion,
            without: opens_without(&slots, *slot, fit, owed.as_deref()),
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
        let owed_of = |owed: &[(u8, u64)]| owed.iter().map(|(id, owed)| (SlotId([*id; 16]), *owed)).collect::<Vec<_>>();
        let opens = |others: Vec<SlotRecord>, fit: &[(u8, bool)], owed: &[(u8, u64)]| {
            let slots = [vec![doomed.clone()], others].concat();
            let fit = |slot: SlotId| fit.iter().find(|(id, _)| slot == SlotId([*id; 16])).map(|(_, fit)| *fit);
            opens_without(&slots, doomed.id, fit, Some(&owed_of(owed)))
        };
        assert_eq!(opens(vec![], &[(1, true)], &[]), Without::Nothing, "not by itself");
        assert_eq!(opens(vec![sheet(2, SlotState::Active)], &[], &[]), Without::Everything);
        assert_eq!(opens(vec![sheet(2, SlotState::Active)], &[], &[(2, 3)]), Without::AllBut(3));
        for state in [SlotState::Pending, SlotState::UnwrapOnly] {
            assert_eq!(opens(vec![sheet(2, state)], &[], &[]), Without::Nothing, "{state:?}");
        }
        let second = || vec![kms(2, SlotState::Active)];
        assert_eq!(opens(second(), &[], &[]), Without::Unknown, "nobody knows how it stands");
        assert_eq!(opens(second(), &[(2, false)], &[]), Without::Nothing);
        assert_eq!(opens(second(), &[(2, true)], &[(2, 1)]), Without::AllBut(1));
        let both = vec![kms(2, SlotState::Active), sheet(3, SlotState::Active)];
        assert_eq!(opens(both.clone(), &[(2, true)], &[(2, 1)]), Without::Everything, "the one that is whole counts");
        let slots = [vec![doomed.clone()], both].concat();
        assert_eq!(opens_without(&slots, doomed.id, |_| Some(true), None), Without::Unknown, "nobody could count");
    }
}
