//! Who wraps a new data key: every slot that is in use, and for one that nobody can reach now, what stands in for it.

use std::sync::Arc;

use crate::crypto::{DataKey, FreshDataKey};
use crate::format::v1::{CollectionId, SlotConfig, SlotId, SlotRecord, SlotState};
use crate::format::{EncryptedDataKey, EncryptionContext, MAX_KEYS};
use crate::providers::{ErrorClass, KeyProvider, PassphraseProvider, RecoveryRecord};
use crate::store::WrapRow;

use super::manifest::OpenCollection;
use super::open::Access;
use super::unlock::{PENDING, WRAPPED};
use super::{UnlockedVault, VaultError};

/// A data key, wrapped for one slot.
#[derive(Clone, Debug)]
pub(super) struct Wrap {
    pub(super) slot: SlotId,
    /// [`WRAPPED`] or [`PENDING`].
    pub(super) state: u8,
    pub(super) edk: EncryptedDataKey,
}

impl Wrap {
    pub(super) fn to_row(&self) -> Result<WrapRow, VaultError> {
        Ok(WrapRow { slot: self.slot, state: self.state, edk: self.edk.to_bytes()? })
    }
}

/// The wrapped keys that a message's header names: those that somebody outside can unwrap, or, where there is none yet, the
/// pending ones, because a message must have one. At most as many as a message may name: a vault may have more slots, and a body
/// is opened by its rows.
pub(super) fn keys_of_header(wraps: &[Wrap]) -> Vec<EncryptedDataKey> {
    let made: Vec<_> = wraps.iter().filter(|wrap| wrap.state == WRAPPED).collect();
    let named = if made.is_empty() { wraps.iter().collect() } else { made };
    named.into_iter().take(MAX_KEYS).map(|wrap| wrap.edk.clone()).collect()
}

/// Whoever wraps keys of one collection.
pub(super) struct Wrapping {
    slots: Vec<WrappingSlot>,
    /// The slot that opened the vault. Where it refuses, nothing is saved; what another refuses is owed to it.
    opener: Option<SlotId>,
    /// Slots that have to wrap it: nothing is owed to them.
    needed: Vec<SlotId>,
}

struct WrappingSlot {
    id: SlotId,
    provider: Option<Arc<dyn KeyProvider>>,
    /// What wraps where the provider is not there, or can't be reached.
    pending: PassphraseProvider,
}

impl Access {
    /// Who is asked before whom: the slot that opened the vault first, one that nobody can ask last.
    fn rank_of(&self, slot: SlotId) -> usize {
        self.providers.iter().position(|(id, _)| *id == slot).unwrap_or(usize::MAX)
    }

    /// What wraps for `slot` in this session. A recovery key needs nobody's passphrase for that.
    pub(super) fn wraps_for(&self, slot: &SlotRecord) -> Result<Option<Arc<dyn KeyProvider>>, VaultError> {
        if let Some((_, provider)) = self.providers.iter().find(|(id, _)| *id == slot.id) {
            return Ok(Some(Arc::clone(provider)));
        }
        match &slot.config {
            SlotConfig::Recovery { record } => {
                let record = RecoveryRecord::from_bytes(record)?;
                Ok(Some(Arc::new(record.wrapping(slot.id)?)))
            }
            SlotConfig::Kms { .. } | SlotConfig::Passphrase { .. } => Ok(None),
        }
    }
}

impl UnlockedVault {
    /// Whoever wraps new keys of `collection`: a KMS key comes first, because it makes the key, and of several the one that opened
    /// the vault.
    pub(super) fn wrapping(&self, collection: CollectionId) -> Result<Wrapping, VaultError> {
        let known = self.contents.collections.iter().find(|known| known.id == collection);
        let known = known.ok_or_else(|| VaultError::Damaged("a collection is gone".to_owned()))?;
        let mut used: Vec<_> = self.contents.slots.iter().filter(|slot| slot.state != SlotState::UnwrapOnly).collect();
        used.sort_by_key(|slot| (slot.config.key_arn().is_none(), self.access.rank_of(slot.id)));
        let mut slots = Vec::with_capacity(used.len());
        for slot in used {
            let provider = self.access.wraps_for(slot)?;
            // A slot that is being added is owed everything anyhow.
            if provider.is_some() || slot.state == SlotState::Active {
                slots.push(WrappingSlot { id: slot.id, provider, pending: known.pending(slot.id)? });
            }
        }
        Ok(Wrapping { slots, opener: self.access.providers.first().map(|(id, _)| *id), needed: Vec::new() })
    }
}

/// A data key that is wrapped, and who may unwrap it: the provider that opened the vault first.
pub(super) struct WrappedKey {
    context: EncryptionContext,
    wraps: Vec<(Arc<dyn KeyProvider>, EncryptedDataKey)>,
}

impl UnlockedVault {
    /// The wraps that this session can unwrap. One that is only owed to a slot is used where there is no other.
    pub(super) fn wrapped_key(
        &self,
        collection: &OpenCollection,
        rows: &[WrapRow],
        context: EncryptionContext,
    ) -> Result<WrappedKey, VaultError> {
        let edk = |row: &WrapRow| {
            EncryptedDataKey::from_bytes(&row.edk).map_err(|_| VaultError::Damaged("a wrapped key".to_owned()))
        };
        let mut wraps: Vec<(Arc<dyn KeyProvider>, EncryptedDataKey)> = Vec::new();
        for (slot, provider) in &self.access.providers {
            if let Some(row) = rows.iter().find(|row| row.slot == *slot && row.state == WRAPPED) {
                wraps.push((Arc::clone(provider), edk(row)?));
            }
        }
        if wraps.is_empty()
            && let Some(row) = rows.iter().find(|row| row.state == PENDING)
        {
            wraps.push((Arc::new(collection.pending(row.slot)?), edk(row)?));
        }
        if wraps.is_empty() {
            return Err(VaultError::NotWrapped(
                self.access.providers.first().map_or(SlotId([0; 16]), |(slot, _)| *slot),
            ));
        }
        Ok(WrappedKey { context, wraps })
    }
}

impl WrappedKey {
    /// Asks the provider that opened the vault, and another one only where that one gives no key: it does not answer, or its key
    /// was disabled. Why the first one gave none is what is told.
    pub(super) async fn unwrap(self) -> Result<DataKey, VaultError> {
        let mut failed = None;
        for (provider, wrapped) in self.wraps {
            match provider.unwrap(&wrapped, &self.context).await {
                Ok(key) => return Ok(key),
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        Err(failed.map_or_else(|| VaultError::Damaged("no wrapped key".to_owned()), VaultError::from))
    }
}

impl Wrapping {
    /// Lets each of `slots` wrap it, or nobody: for content whose wraps for them go.
    pub(super) fn needing(self, slots: Vec<SlotId>) -> Self {
        Self { needed: slots, ..self }
    }

    /// Makes a data key and wraps it for every slot, by slot.
    pub(super) async fn make(self, context: &EncryptionContext) -> Result<(FreshDataKey, Vec<Wrap>), VaultError> {
        let mut wraps = Vec::with_capacity(self.slots.len());
        let mut key: Option<FreshDataKey> = None;
        let mut owed = Vec::new();
        for slot in &self.slots {
            let is_needed = self.needed.contains(&slot.id);
            let Some(provider) = &slot.provider else {
                if is_needed {
                    return Err(VaultError::SlotAway(slot.id));
                }
                owed.push(slot);
                continue;
            };
            match provider.wrap(key.as_deref(), context).await {
                Ok(wrapped) => {
                    wraps.push(Wrap { slot: slot.id, state: WRAPPED, edk: wrapped.wrapped });
                    key = key.or(wrapped.made);
                }
                Err(error) if is_needed => return Err(error.into()),
                Err(error) if error.class() != ErrorClass::Unreachable && self.opener == Some(slot.id) => {
                    return Err(error.into());
                }
                Err(_) => owed.push(slot),
            }
        }
        let key = key.map_or_else(FreshDataKey::make_random, Ok)?;
        for slot in owed {
            wraps.push(slot.wrap_pending(&key, context).await?);
        }
        wraps.sort_by_key(|wrap| wrap.slot);
        Ok((key, wraps))
    }
}

impl WrappingSlot {
    async fn wrap_pending(&self, key: &DataKey, context: &EncryptionContext) -> Result<Wrap, VaultError> {
        let wrapped = self.pending.wrap(Some(key), context).await?;
        Ok(Wrap { slot: self.id, state: PENDING, edk: wrapped.wrapped })
    }
}
