//! The vault's ways in, for somebody who has the session to themselves: adding one, making good what is owed, another passphrase, a
//! drill. What is prepared without the session is in [`super::Ways`].

use std::sync::Arc;

use crate::crypto::Watch;
use crate::secret::SecretString;
use crate::vault::{DrillReport, PassedOver, SlotId, SlotRecord};

use super::holder::Alone;
use super::repair::{make_good, repair};
use super::ways::{NewKey, SlotKind, Ways, remember_drill};
use super::{Home, Session, SessionError};

/// As many revisions get their new wraps in one transaction: what an interruption costs at most.
pub(super) const BATCH: usize = 256;

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
        self.forget_rekey(home)?;
        let id = self.vault.add_slot(added)?;
        let wrapped = make_good(&mut Alone { session: self, home, watch }, Some(id)).await;
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
        repair(&mut Alone { session: self, home, watch }).await
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
