//! What is prepared to move to another KMS key, without the open session; and what a move will do.
//!
//! Invariant: nothing is asked of the new key, and nothing is written.

use std::sync::Arc;

use crate::crypto::random;
use crate::providers::kms::resolve;
use crate::providers::{
    AwsProfile, KeyArn, KeyName, KeyProvider, KmsProvider, KmsReEncrypt, Pace, Paceful, Patience, Rewrapper,
    ThroughHere,
};
use crate::session::ways::{Ways, load_settings};
use crate::session::{Home, Session, SessionError, profiles};
use crate::vault::{Moving, SlotId, SlotRecord, SlotState};

use super::drive::SAMPLE;
use super::{MovesBy, Rewrap, RewrapPlan};

impl Ways {
    /// Prepares to move what is under a KMS key of the vault, `from` or the only one, to `key`, asked as `profile`. An alias is
    /// resolved now, and never stored.
    ///
    /// # Errors
    /// [`SessionError::WhichSlot`], [`SessionError::NotAKmsSlot`], [`SessionError::SameKey`], [`SessionError::NoSlot`]; those of
    /// [`profiles::load`]; [`SessionError::Provider`].
    pub async fn prepare_rewrap(
        &self,
        home: &Home,
        from: Option<SlotId>,
        profile: &str,
        key: &KeyName,
    ) -> Result<Rewrap, SessionError> {
        let loaded = profiles::load(home, profile).await?;
        let new = resolve(&loaded, key).await?;
        let from = self.choose_old(from, &new)?;
        let existing = self.slots.iter().find(|slot| slot.config.key_arn() == Some(new.as_str()));
        let fresh = || random::make_bytes().map(SlotId::from_random).map_err(|_| SessionError::Random);
        let to = existing.map_or_else(fresh, |slot| Ok(slot.id))?;
        let pace: Arc<Pace> = Arc::default();
        let provider = Arc::new(KmsProvider::new(&loaded, new.clone()));
        let paced = |profile: &AwsProfile, key: &KeyArn| -> Arc<dyn KeyProvider> {
            let provider = KmsProvider::with_patience(profile, key.clone(), Patience::ONE_ATTEMPT);
            Arc::new(Paceful::new(Arc::new(provider), Arc::clone(&pace)))
        };
        let paceful = paced(&loaded, &new);
        let mut movers: Vec<(MovesBy, Arc<dyn Rewrapper>)> = Vec::new();
        if let Some((id, old)) = &from {
            let remembered = load_settings(home).await?.slot_profiles.get(&id.to_string()).cloned();
            let other = match remembered.filter(|name| name != profile) {
                // Where it is gone, the new key's profile may do.
                Some(name) => profiles::load(home, &name).await.ok(),
                None => None,
            };
            let is_elsewhere = !KmsReEncrypt::is_possible(old, &new);
            let same_place =
                other.as_ref().is_none_or(|other| other.network().endpoint() == loaded.network().endpoint());
            if !is_elsewhere && same_place {
                for profile in std::iter::once(&loaded).chain(&other) {
                    let by = MovesBy::ReEncrypt { profile: profile.name().to_owned() };
                    movers.push((by, Arc::new(KmsReEncrypt::new(profile, old.clone(), new.clone(), &pace))));
                }
            }
            let why = match (is_elsewhere, &other) {
                (true, _) => Some("the two keys are in different regions, and AWS KMS moves keys within one"),
                (false, Some(_)) if !same_place => Some("the two keys are asked at different places"),
                (false, Some(_)) => Some("no profile may use both keys"),
                (false, None) => None,
            };
            if let Some(why) = why {
                let from = paced(other.as_ref().unwrap_or(&loaded), old);
                let through = ThroughHere::new(from, Arc::clone(&paceful));
                movers.push((MovesBy::ThroughHere { why }, Arc::new(through)));
            }
        }
        let is_begun = existing.is_some();
        Ok(Rewrap { from, to, new, is_begun, profile: profile.to_owned(), provider, paceful, pace, movers })
    }

    fn choose_old(&self, named: Option<SlotId>, new: &KeyArn) -> Result<Option<(SlotId, KeyArn)>, SessionError> {
        let arn_of = |slot: &SlotRecord| slot.config.key_arn().map(str::parse::<KeyArn>);
        let mut old = Vec::new();
        for slot in self.slots.iter().filter(|slot| slot.state == SlotState::Active) {
            if let Some(arn) = arn_of(slot) {
                old.push((slot.id, arn?));
            }
        }
        if let Some(named) = named {
            let found = old.into_iter().find(|(slot, _)| *slot == named).ok_or(SessionError::NotAKmsSlot)?;
            return if found.1 == *new { Err(SessionError::SameKey(new.to_string())) } else { Ok(Some(found)) };
        }
        let has_new = old.iter().any(|(_, arn)| arn == new);
        old.retain(|(_, arn)| arn != new);
        match old.len() {
            0 if has_new => Ok(None),
            0 => Err(SessionError::NoSlot("KMS key")),
            1 => Ok(old.pop()),
            _ => Err(SessionError::WhichSlot),
        }
    }
}

impl Rewrap {
    /// What the vault's `moving` takes, of a vault with one collection.
    pub fn plan(&self, moving: Moving) -> RewrapPlan {
        let by = self.movers.first().map(|(by, _)| by.clone());
        let owed = moving.keys.iter().filter(|key| key.owed).count() as u64;
        // And the index key.
        let wrapped = moving.keys.len() as u64 - owed + 1;
        // The index key and the first data key as they are moved; once all are, the index key as it is stored, and a sample.
        let proofs = 2 + u64::from(wrapped > 1) + (moving.keys.len() as u64).min(SAMPLE as u64);
        let mut calls = match by {
            None => Vec::new(),
            Some(MovesBy::ReEncrypt { .. }) => vec![("ReEncrypt", wrapped), ("Encrypt", owed), ("Decrypt", proofs)],
            Some(MovesBy::ThroughHere { .. }) => vec![("Encrypt", wrapped + owed), ("Decrypt", wrapped + proofs)],
        };
        calls.retain(|(_, count)| *count > 0);
        RewrapPlan { by, moving, calls, reactivates: false }
    }
}

impl Session {
    /// What `rewrap` is going to do. Asks nobody, and changes nothing. Blocks: on reading every row.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub fn plan_rewrap(&mut self, rewrap: &Rewrap) -> Result<RewrapPlan, SessionError> {
        let moving = match &rewrap.from {
            Some((from, _)) => self.vault.moving(*from, rewrap.is_begun.then_some(rewrap.to))?,
            None => Moving::default(),
        };
        Ok(RewrapPlan { reactivates: self.reactivates(rewrap), ..rewrap.plan(moving) })
    }
}
