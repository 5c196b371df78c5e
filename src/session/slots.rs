//! The vault's ways in, for somebody who has the session to themselves: adding one, making good what is owed, another passphrase, a
//! drill. What is prepared without the session is in [`super::Ways`].

use std::sync::Arc;

use futures_util::future::join_all;

use crate::crypto::{CryptoError, Watch};
use crate::secret::SecretString;
use crate::vault::{DrillReport, NewWraps, Owed, Owing, PassedOver, SlotId, SlotRecord, VaultError};

use super::ways::{NewKey, Reached, SlotKind, Ways, remember_drill};
use super::{Home, Session, SessionError};

/// As many keys are on their way to AWS KMS at once. Its default quota is thousands a second.
pub(crate) const IN_FLIGHT: usize = 16;
/// As many revisions get their new wraps in one transaction: what an interruption costs at most.
pub(crate) const BATCH: usize = 256;

/// A slot as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotView {
    /// The slot.
    pub slot: SlotRecord,
    /// What its key is.
    pub kind: SlotKind,
    /// How many data keys are not wrapped for it, though they should be.
    pub owed: u64,
    /// Whether it opened the vault.
    pub opened: bool,
}

/// What came of wrapping what was owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wrapped {
    /// How many keys were wrapped.
    pub keys: u64,
    /// What could not be, because it is damaged.
    pub passed_over: PassedOver,
}

impl Session {
    /// The slots as they are now, for what needs no session.
    pub fn ways(&self) -> Ways {
        let vault = &self.vault;
        Ways { vault: vault.id(), name: vault.name(), slots: vault.slots().to_vec(), opened: self.slot }
    }

    /// The vault's slots, and what is owed to each; and how many data keys there are. Blocks: on reading every row.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub fn slots(&mut self) -> Result<(Vec<SlotView>, u64), SessionError> {
        let counted = self.vault.count_owed_to_all()?;
        let view = |slot: SlotRecord| {
            let owed = counted.owed.iter().find(|(id, _)| *id == slot.id).map_or(0, |(_, owed)| *owed);
            Ok(SlotView { opened: slot.id == self.slot, kind: SlotKind::of(&slot.config)?, slot, owed })
        };
        let views = self.vault.slots().iter().cloned().map(view).collect::<Result<_, SessionError>>()?;
        Ok((views, counted.keys))
    }

    /// Adds a way into the vault: wraps the index key and every data key for it, and reads no body. Where it is interrupted,
    /// [`Session::repair_slots`] goes on. `watch` counts keys.
    ///
    /// # Errors
    /// Those of [`Ways::make`]; [`SessionError::Vault`]; [`SessionError::Cancelled`].
    pub async fn add_slot(
        &mut self,
        home: &Home,
        new: NewKey,
        watch: &(dyn Watch + Send + Sync),
    ) -> Result<(SlotId, Wrapped), SessionError> {
        let made = self.ways().make(home, new).await?;
        let added = self.vault.wrap_for_slot(made.new).await?;
        let id = self.vault.add_slot(added)?;
        let wrapped = self.make_good(Some(id), watch).await;
        // Nothing depends on it: what is not remembered is asked for again.
        made.memory.keep(home).await?;
        Ok((id, wrapped?))
    }

    /// Wraps what is owed to any slot that this session, or a remembered profile, can reach.
    ///
    /// # Errors
    /// [`SessionError::Provider`], [`SessionError::Vault`], [`SessionError::Cancelled`]. What was wrapped stays; those of
    /// [`super::profiles::load`] where nothing could be wrapped because of it.
    pub async fn repair_slots(
        &mut self,
        home: &Home,
        watch: &(dyn Watch + Send + Sync),
    ) -> Result<Wrapped, SessionError> {
        let Reached { providers, failed } = self.ways().reach(home).await?;
        for (slot, provider) in providers {
            self.vault.bring(slot, provider);
        }
        let made = self.make_good(None, watch).await?;
        match failed {
            Some((slot, error)) if made.keys == 0 && self.vault.count_owed(slot)? > 0 => Err(error),
            _ => Ok(made),
        }
    }

    /// Wraps what is owed, to all or to one. For one that is being added, until there is nothing left of what others saved meanwhile.
    async fn make_good(
        &mut self,
        to: Option<SlotId>,
        watch: &(dyn Watch + Send + Sync),
    ) -> Result<Wrapped, SessionError> {
        let mut all = 0;
        loop {
            let (Wrapped { keys, passed_over }, failed) = self.wrap_owed(to, watch).await?;
            all += keys;
            self.vault.settle_slots()?;
            match failed {
                Some(error) => return Err(error.into()),
                None if keys > 0 && to.is_some_and(|slot| self.vault.is_pending(slot)) => {}
                None => return Ok(Wrapped { keys: all, passed_over }),
            }
        }
    }

    /// Wraps what is owed now; what came of it, and the first failure that others went on after.
    async fn wrap_owed(
        &mut self,
        to: Option<SlotId>,
        watch: &(dyn Watch + Send + Sync),
    ) -> Result<(Wrapped, Option<VaultError>), SessionError> {
        let Owing { keys: owed, passed_over } = self.vault.owed(to)?;
        let mut made = 0;
        let mut failed: Option<VaultError> = None;
        for batch in owed.chunks(BATCH) {
            let mut wraps: Vec<NewWraps> = Vec::with_capacity(batch.len());
            let mut nobody = false;
            for few in batch.chunks(IN_FLIGHT) {
                if watch.is_cancelled() {
                    return Err(SessionError::from(VaultError::Crypto(CryptoError::Cancelled)));
                }
                let wrapping = few.iter().map(|owed: &Owed| self.vault.wrap_owed(owed.clone()));
                nobody = true;
                for wrapped in join_all(wrapping).await {
                    match wrapped {
                        Ok(wrapped) => wraps.push(wrapped),
                        // Removed since it was listed: nothing is owed of it any more.
                        Err(VaultError::NoSuchItem(_) | VaultError::NoSuchRevision(_)) => {}
                        // One key that can't be unwrapped stands in no other's way.
                        Err(error) => {
                            failed.get_or_insert(error);
                            continue;
                        }
                    }
                    nobody = false;
                }
                watch.advanced(few.len() as u64);
                if nobody {
                    break;
                }
            }
            made += wraps.len() as u64;
            self.vault.put_wraps(wraps)?;
            if nobody {
                break;
            }
        }
        Ok((Wrapped { keys: made, passed_over }, failed))
    }

    /// Takes a slot away for good, and what this machine remembers of it.
    ///
    /// # Errors
    /// [`SessionError::Vault`]; [`SessionError::Platform`] where only the settings could not be written.
    pub async fn remove_slot(&mut self, home: &Home, slot: SlotId) -> Result<(), SessionError> {
        self.vault.remove_slot(slot)?;
        super::ways::forget_slot(home, slot).await
    }

    /// Another passphrase for the slot that the old one opens: one row changes. Blocks no caller: Argon2 runs elsewhere.
    ///
    /// # Errors
    /// Those of [`Ways::changed_passphrase`]; [`SessionError::Vault`].
    pub async fn change_passphrase(&mut self, old: SecretString, new: SecretString) -> Result<SlotId, SessionError> {
        let (id, config) = self.ways().changed_passphrase(None, old, new).await?;
        self.vault.change_slot(id, config)?;
        Ok(id)
    }

    /// Proves that `secret`, a passphrase, a recovery passphrase or a recovery code, alone opens everything that the vault has; this
    /// machine remembers when it did.
    ///
    /// # Errors
    /// Those of [`Ways::open_typed`]; [`SessionError::Vault`]; [`SessionError::Cancelled`].
    pub async fn drill(
        &mut self,
        home: &Home,
        secret: SecretString,
        watch: Arc<dyn Watch + Send + Sync>,
    ) -> Result<(SlotId, DrillReport), SessionError> {
        let (id, provider) = self.ways().open_typed(secret).await?;
        let report = self.vault.drill(id, provider, watch).await?;
        if report.is_whole() {
            remember_drill(home, id).await?;
        }
        Ok((id, report))
    }
}
