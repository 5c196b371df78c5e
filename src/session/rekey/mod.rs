//! New data keys and index keys for an open vault, by whoever holds the session: what is meant, what it takes, and what came of it.
//!
//! Owns: a rekey from its plan to its end, and how it goes on after it was interrupted. The vault's own part is in
//! [`crate::vault::RekeyScope`] and what goes with it.

mod drive;
mod unfinished;

use std::sync::Arc;

use jiff::Timestamp;

use crate::providers::KeyProvider;
use crate::secret::SecretString;
use crate::vault::{ItemId, RekeyScope, Rekeying, SlotConfig, SlotId, SlotRecord, VaultError};

use super::open::open_first;
use super::price::dollars_of;
use super::ways::{Reached, SlotKind, Ways};
use super::{Home, Session, SessionError};
use unfinished::Begun;

/// What becomes of the same rekey where it was begun before, and not brought to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// It goes on with what is left: keys that were made since it was begun stay.
    #[default]
    GoOn,
    /// Everything that is said is meant again, as though nothing had been begun.
    Anew,
}

/// What a rekey is going to do.
#[derive(Clone, Debug, PartialEq)]
pub struct RekeyPlan {
    /// What gets other keys.
    pub rekeying: Rekeying,
    /// Whether it is to go on with what was begun.
    pub resume: Resume,
    /// When the same was begun before, where it was, not brought to its end, and goes on with what is left.
    pub begun: Option<Timestamp>,
    /// The ways in that new keys have to be wrapped for, and that this session does not have: see [`Ways::prepare_rekey`].
    pub missing: Vec<(SlotId, SlotKind)>,
    /// The calls that it makes to AWS KMS, by action.
    pub calls: Vec<(&'static str, u64)>,
}

impl RekeyPlan {
    /// How many bytes are opened and sealed again, as ciphertext.
    pub fn bytes(&self) -> u64 {
        self.rekeying.revisions.iter().map(|revision| revision.length).sum()
    }

    /// What AWS asks for these calls, in dollars, in most regions.
    pub fn dollars(&self) -> f64 {
        dollars_of(&self.calls)
    }
}

/// Everything that a rekey needs and that can be had without the open session.
pub struct Rekey {
    scope: RekeyScope,
    resume: Resume,
    /// For ways in that this session does not have.
    providers: Vec<(SlotId, Arc<dyn KeyProvider>)>,
}

/// A revision that has its old key still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRekeyed {
    /// The item.
    pub item: ItemId,
    /// The revision.
    pub revision: u32,
    /// Why.
    pub why: String,
}

/// Why the list has its old key still, though everything else that could be was given another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListKept {
    /// Something is under the key of this retired way in, which would not open the list any more.
    Retired(SlotId),
    /// Something that is sealed under it is not what was written.
    Damaged(String),
}

/// What came of a rekey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rekeyed {
    /// How many revisions have other data keys.
    pub revisions: u64,
    /// How many bytes were opened and sealed again, as ciphertext.
    pub bytes: u64,
    /// Whether the index keys are new.
    pub index: bool,
    /// Why they are not, where they were to be.
    pub list_kept: Option<ListKept>,
    /// What could not be sealed again.
    pub not_rekeyed: Vec<NotRekeyed>,
    /// Pages of the manifest that can't be read.
    pub pages: u64,
    /// Retired ways in that went, because nothing is under their keys any more.
    pub removed: Vec<SlotId>,
}

impl Ways {
    /// Prepares a rekey of `scope`, as it was planned. For a new index key, each of `missing` is opened: KMS keys by the profiles that this machine remembers,
    /// the others by one of `typed`, passphrases and recovery codes. Argon2 runs on a thread of its own.
    ///
    /// # Errors
    /// [`VaultError::SlotAway`] where one can't be had, with what was tried; [`crate::providers::ProviderError::WrongPassphrase`] for
    /// something typed that opens none of them; those of [`super::profiles::load`].
    pub async fn prepare_rekey(
        &self,
        home: &Home,
        (scope, resume): (RekeyScope, Resume),
        missing: &[SlotId],
        typed: Vec<SecretString>,
    ) -> Result<Rekey, SessionError> {
        let mut missing: Vec<&SlotRecord> = self.slots.iter().filter(|slot| missing.contains(&slot.id)).collect();
        let mut providers: Vec<(SlotId, Arc<dyn KeyProvider>)> = Vec::new();
        if missing.iter().any(|slot| slot.config.key_arn().is_some()) {
            let Reached { providers: reached, failed } = self.reach(home).await?;
            let is_missing = |id: SlotId| missing.iter().any(|slot| slot.id == id);
            if let Some((_, error)) = failed.filter(|(slot, _)| is_missing(*slot)) {
                return Err(error);
            }
            providers.extend(reached.into_iter().filter(|(slot, _)| is_missing(*slot)));
            missing.retain(|slot| providers.iter().all(|(known, _)| *known != slot.id));
        }
        for secret in typed {
            let by_hand = missing.iter().filter(|slot| !matches!(slot.config, SlotConfig::Kms { .. }));
            let (slot, key) = open_first(self.vault, by_hand.map(|slot| (*slot).clone()).collect(), secret).await?;
            providers.push((slot, key.provider()));
            missing.retain(|known| known.id != slot);
        }
        match missing.first() {
            Some(slot) => Err(VaultError::SlotAway(slot.id).into()),
            None => Ok(Rekey { scope, resume, providers }),
        }
    }
}

/// A rekey that was begun here and not brought to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunRekey {
    /// What was meant: the same again goes on with it.
    pub scope: RekeyScope,
    /// When it was begun.
    pub since: Timestamp,
    /// How many revisions have their old keys still.
    pub left: u64,
}

impl Session {
    /// What was begun here with this vault, if anything is left of it. Blocks: where something was begun, on reading every row.
    ///
    /// # Errors
    /// [`SessionError::Vault`], [`SessionError::Platform`].
    pub fn begun_rekey(&mut self, home: &Home) -> Result<Option<BegunRekey>, SessionError> {
        let Some(noted) = Begun::noted(home, &self.vault)? else { return Ok(None) };
        let scope = noted.scope();
        let (rekeying, begun) = match self.rekeying(home, &scope, Resume::GoOn) {
            // An item that was meant has been removed since, and whoever makes new keys says anew for what; or nothing may be saved.
            Err(SessionError::Vault(VaultError::NoSuchItem(_) | VaultError::Unaccepted)) => return Ok(None),
            found => found?,
        };
        let left = rekeying.revisions.len() as u64;
        Ok(begun.map(|begun| BegunRekey { scope, since: begun.since(), left }))
    }

    /// What a rekey of `scope` is going to do. Asks nobody, and changes nothing. Blocks: on reading every row.
    ///
    /// # Errors
    /// [`SessionError::Vault`], [`SessionError::Platform`].
    pub fn plan_rekey(&mut self, home: &Home, scope: &RekeyScope, resume: Resume) -> Result<RekeyPlan, SessionError> {
        let (rekeying, begun) = self.rekeying(home, scope, resume)?;
        let begun = begun.map(|begun| begun.since());
        let missing = self.missing_for(&rekeying)?;
        let missing = missing.into_iter().map(|slot| Ok((slot.id, SlotKind::of(&slot.config)?)));
        let missing = missing.collect::<Result<Vec<_>, SessionError>>()?;
        let calls = self.calls_of(&rekeying, &missing);
        Ok(RekeyPlan { rekeying, resume, begun, missing, calls })
    }

    /// The slots that have to be there, and are not.
    fn missing_for(&self, rekeying: &Rekeying) -> Result<Vec<SlotRecord>, SessionError> {
        match (rekeying.index, rekeying.revisions.is_empty()) {
            (true, _) => Ok(self.vault.missing_for_index()),
            (false, true) => Ok(Vec::new()),
            (false, false) => Ok(self.vault.missing_for_keys()?),
        }
    }

    /// Forgets what was begun, because another way in comes, for which keys that were made since are wrapped, too. Blocks: on the disk.
    ///
    /// # Errors
    /// [`SessionError::Platform`].
    pub(crate) fn forget_rekey(&self, home: &Home) -> Result<(), SessionError> {
        Begun::forget(home, &self.vault)
    }

    /// What is meant, and, where the same was begun before, goes on, and something is left of that, only what is left.
    fn rekeying(
        &mut self,
        home: &Home,
        scope: &RekeyScope,
        resume: Resume,
    ) -> Result<(Rekeying, Option<Begun>), SessionError> {
        let found = self.vault.rekeying(scope)?;
        if resume == Resume::Anew {
            return Ok((found, None));
        }
        let begun = Begun::load(home, &self.vault, scope)?.map(|begun| (begun.left_of(&self.vault, &found), begun));
        Ok(match begun {
            Some((left, begun)) if left.index || !left.revisions.is_empty() => (left, Some(begun)),
            _ => (found, None),
        })
    }

    /// The first KMS key in use makes the keys and the others wrap them; the one that opened the vault unwraps the old ones, and all show
    /// that they unwrap the new ones.
    fn calls_of(&self, rekeying: &Rekeying, missing: &[(SlotId, SlotKind)]) -> Vec<(&'static str, u64)> {
        let is_kms = |slot: &&SlotRecord| slot.config.key_arn().is_some();
        let here = self.vault.wrapping_for_index().iter().filter(is_kms).count() as u64;
        // What is brought for the index key wraps data keys, too.
        let all = here + missing.iter().filter(|(_, kind)| matches!(kind, SlotKind::Kms { .. })).count() as u64;
        let opens = self.vault.slots().iter().any(|slot| slot.id == self.slot && is_kms(&slot));
        let (revisions, index) = (rekeying.revisions.len() as u64, u64::from(rekeying.index));
        let made = if all > 0 { revisions + index } else { 0 };
        let mut calls = vec![
            ("GenerateDataKey", made),
            ("Encrypt", (revisions + index) * all.saturating_sub(1)),
            ("Decrypt", if opens { revisions } else { 0 } + (revisions + index) * all),
        ];
        calls.retain(|(_, count)| *count > 0);
        calls
    }
}
