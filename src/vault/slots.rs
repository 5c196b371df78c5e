//! Slots: adding one, retiring it, taking it away, and changing what opens it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::crypto::CryptoError;
use crate::format::EncryptedDataKey;
use crate::format::v1::{CollectionId, ItemId, SlotConfig, SlotId, SlotRecord, SlotState};
use crate::providers::{BoxFuture, KeyProvider};
use crate::store::{Change as StoreChange, MOST_SLOTS, Rows, WrapRow};

use super::context::index_context;
use super::draft::{Draft, PagePlace};
use super::every_key::is_wrapped;
use super::manifest::OpenCollection;
use super::proof::prove_index_wrap;
use super::unlock::PENDING;
use super::{NewSlot, UnlockedVault, VaultError};

/// A slot for which the index keys are wrapped, and nothing else yet.
pub struct AddedSlot {
    record: SlotRecord,
    provider: Arc<dyn KeyProvider>,
    wraps: Vec<(CollectionId, u32, EncryptedDataKey)>,
}

impl AddedSlot {
    pub(super) fn new(new: NewSlot, wraps: Vec<(CollectionId, u32, EncryptedDataKey)>) -> Self {
        let NewSlot { id, config, provider } = new;
        Self { record: SlotRecord { id, state: SlotState::Pending, config }, provider, wraps }
    }
}

impl UnlockedVault {
    /// Wraps the index keys for a new slot, and sees it unwrap them: two calls for each collection where it is a KMS key. The future
    /// borrows nothing.
    ///
    /// # Errors
    /// [`VaultError::Unaccepted`], [`VaultError::Provider`].
    pub fn wrap_for_slot(&self, new: NewSlot) -> BoxFuture<'static, Result<AddedSlot, VaultError>> {
        let vault = self.id();
        let prepared = self.contents.check_writable().and_then(|()| {
            let key = |known: &OpenCollection| {
                Ok((known.id, known.epoch, known.commitment()?, index_context(vault, known.id)?, known.key_to_wrap()?))
            };
            self.contents.collections.iter().map(key).collect::<Result<Vec<_>, VaultError>>()
        });
        Box::pin(async move {
            let mut wraps = Vec::new();
            for (collection, epoch, commitment, context, key) in prepared? {
                let edk = new.provider.wrap(Some(&key), &context).await?.wrapped;
                prove_index_wrap(&*new.provider, &edk, &context, (collection, epoch, &commitment)).await?;
                wraps.push((collection, epoch, edk));
            }
            Ok(AddedSlot::new(new, wraps))
        })
    }

    /// Adds the slot. It opens nothing before every data key is wrapped for it: see [`UnlockedVault::owed`]. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Unaccepted`], [`VaultError::SlotsChanged`]; [`VaultError::SlotsForged`] and [`VaultError::Damaged`] where the
    /// rows of slots and of their wraps are not those that were sealed; [`VaultError::Store`]. Nothing has happened then.
    pub fn add_slot(&mut self, added: AddedSlot) -> Result<SlotId, VaultError> {
        let AddedSlot { record, provider, wraps } = added;
        let id = record.id;
        let is_recovery = matches!(record.config, SlotConfig::Recovery { .. });
        self.change_slots(|store, slots, draft| {
            if slots.len() >= MOST_SLOTS {
                return Err(VaultError::TooLong("slots"));
            }
            let is_now = |(collection, epoch, _): &(CollectionId, u32, EncryptedDataKey)| {
                draft.collections().iter().any(|known| (known.id, known.epoch) == (*collection, *epoch))
            };
            if !wraps.iter().all(is_now) {
                return Err(VaultError::SlotGone);
            }
            store.insert_slot(&record)?;
            for (collection, epoch, edk) in &wraps {
                store.insert_index_wrap(*collection, *epoch, id, &edk.to_bytes()?)?;
            }
            slots.push(record);
            Ok(())
        })?;
        // A recovery key wraps by its public half, which stands in the slot: the private one opens nothing in a session that was
        // opened otherwise.
        if !is_recovery {
            self.access.providers.push((id, provider));
        }
        Ok(id)
    }

    /// Gives this session what wraps and unwraps for a slot, so that it can make good what is owed to it; whether it had nothing for that
    /// slot before.
    pub fn bring(&mut self, slot: SlotId, provider: Arc<dyn KeyProvider>) -> bool {
        let is_new = self.access.providers.iter().all(|(known, _)| *known != slot);
        if is_new {
            self.access.providers.push((slot, provider));
        }
        is_new
    }

    /// Takes back what was brought for a slot.
    pub fn dismiss(&mut self, slot: SlotId) {
        self.access.providers.retain(|(known, _)| *known != slot);
    }

    /// Lets the slot wrap nothing more; what it wrapped it still unwraps. What is still owed to it never will be its, and is
    /// taken from it wherever it is another's as well, so that the index key alone does not go on opening it. What is damaged is passed
    /// over. Blocks.
    ///
    /// # Errors
    /// [`VaultError::NoSuchSlot`]; [`VaultError::SlotPending`]; [`VaultError::LastSlot`] where nothing else would wrap what is saved;
    /// those of [`UnlockedVault::add_slot`].
    pub fn retire_slot(&mut self, id: SlotId) -> Result<(), VaultError> {
        self.change_slots(|store, slots, draft| {
            let others = slots.iter().any(|slot| slot.id != id && slot.state == SlotState::Active);
            let slot = slots.iter_mut().find(|slot| slot.id == id).ok_or(VaultError::NoSuchSlot(id))?;
            match slot.state {
                SlotState::UnwrapOnly => return Ok(()),
                SlotState::Pending => return Err(VaultError::SlotPending(id)),
                SlotState::Active if !others => return Err(VaultError::LastSlot(id)),
                SlotState::Active => slot.state = SlotState::UnwrapOnly,
            }
            store.update_slot(slot)?;
            let is_owed = |wrap: &WrapRow| wrap.slot == id && wrap.state == PENDING;
            let mut owed = Vec::new();
            draft.contents.each_revision(&store.rows(), &|| store.is_ending(), |gathered| {
                let wraps = gathered.wraps.unwrap_or_default();
                if wraps.iter().any(is_owed) && wraps.iter().any(|wrap| wrap.slot != id) {
                    owed.push((gathered.place, gathered.item, gathered.revision.number));
                }
                Ok(())
            })?;
            draft.take_wraps(store, owed, is_owed)
        })
    }

    /// Configures the slot otherwise: the same key under another passphrase. Blocks.
    ///
    /// # Errors
    /// [`VaultError::NoSuchSlot`]; [`VaultError::OtherSlot`] for a KMS key, or another kind of slot; those of
    /// [`UnlockedVault::add_slot`].
    pub fn change_slot(&mut self, id: SlotId, config: SlotConfig) -> Result<(), VaultError> {
        self.change_slots(|store, slots, _| {
            let slot = slots.iter_mut().find(|slot| slot.id == id).ok_or(VaultError::NoSuchSlot(id))?;
            let same_kind = matches!(
                (&slot.config, &config),
                (SlotConfig::Passphrase { .. }, SlotConfig::Passphrase { .. })
                    | (SlotConfig::Recovery { .. }, SlotConfig::Recovery { .. })
            );
            if !same_kind {
                return Err(VaultError::OtherSlot(id));
            }
            slot.config = config;
            Ok(store.update_slot(slot)?)
        })
    }

    /// Takes the slot and every wrap for it away, in one transaction. Blocks.
    ///
    /// # Errors
    /// [`VaultError::NoSuchSlot`]; [`VaultError::LastSlot`] where no other slot would open everything that is there, or nothing
    /// would wrap what is saved;
    /// [`VaultError::Damaged`] where wraps or a page can't be believed; those of [`UnlockedVault::add_slot`].
    pub fn remove_slot(&mut self, id: SlotId) -> Result<(), VaultError> {
        self.change_slots(|store, slots, draft| {
            let at = slots.iter().position(|slot| slot.id == id).ok_or(VaultError::NoSuchSlot(id))?;
            slots.remove(at);
            let opens = |slot: &&SlotRecord| slot.state != SlotState::Pending;
            let mut complete: BTreeSet<SlotId> = slots.iter().filter(opens).map(|slot| slot.id).collect();
            let mut has_wraps = Vec::new();
            let unreadable = draft.contents.each_revision(&store.rows(), &|| store.is_ending(), |gathered| {
                // Whether another slot opens what is damaged can't be known, and its wraps may be the last that do.
                let damaged = |what| VaultError::Damaged(format!("item {}: {what}", gathered.item));
                let wraps = gathered.wraps.map_err(damaged)?;
                complete.retain(|slot| is_wrapped(&wraps, *slot));
                if wraps.iter().any(|wrap| wrap.slot == id) {
                    has_wraps.push((gathered.place, gathered.item, gathered.revision.number));
                }
                Ok(())
            })?;
            if let Some(what) = unreadable.into_iter().next() {
                return Err(VaultError::Damaged(what));
            }
            draft.take_wraps(store, has_wraps, |wrap| wrap.slot == id)?;
            let wraps_on = slots.iter().any(|slot| slot.state == SlotState::Active);
            if complete.is_empty() || !wraps_on {
                return Err(VaultError::LastSlot(id));
            }
            let wraps = |known: &OpenCollection| store.rows().index_wraps(known.id, known.epoch);
            let wraps = draft.collections().iter().map(wraps).collect::<Result<Vec<_>, _>>()?;
            let wraps = wraps.iter().flatten().filter(|wrap| wrap.slot == id).count();
            Ok(store.delete_slot(id, wraps)?)
        })?;
        self.access.providers.retain(|(known, _)| *known != id);
        Ok(())
    }

    /// Whether a slot is still being added.
    pub fn is_pending(&self, slot: SlotId) -> bool {
        self.contents.slots.iter().any(|known| known.id == slot && known.state == SlotState::Pending)
    }

    /// Makes those slots active that everything is wrapped for by now; which they are. None, where a page of the manifest can't be
    /// read. Blocks.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::add_slot`].
    pub fn settle_slots(&mut self) -> Result<Vec<SlotId>, VaultError> {
        let is_pending = |slot: &SlotRecord| slot.state == SlotState::Pending;
        if !self.contents.slots.iter().any(is_pending) {
            return Ok(Vec::new());
        }
        let mut settled = Vec::new();
        self.change_slots(|store, slots, draft| {
            let mut complete: BTreeSet<SlotId> =
                slots.iter().filter(|slot| is_pending(slot)).map(|slot| slot.id).collect();
            let unreadable = draft.contents.each_revision(&store.rows(), &|| store.is_ending(), |gathered| {
                // What is damaged is owed to nobody.
                if let Ok(wraps) = gathered.wraps {
                    complete.retain(|slot| is_wrapped(&wraps, *slot));
                }
                Ok(())
            })?;
            // Nobody knows what a page lists that can't be read: it may come back from a backup.
            if !unreadable.is_empty() {
                complete.clear();
            }
            for slot in slots.iter_mut().filter(|slot| complete.contains(&slot.id)) {
                slot.state = SlotState::Active;
                store.update_slot(slot)?;
                settled.push(slot.id);
            }
            Ok(())
        })?;
        Ok(settled)
    }

    /// Changes rows of slots and the heads that list them, in one transaction.
    pub(super) fn change_slots(
        &mut self,
        change: impl FnOnce(&StoreChange<'_>, &mut Vec<SlotRecord>, &mut Draft<'_>) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        self.change_slots_and_keys(&[], change)
    }

    /// The same where new index keys, whose commitments are given, come with it.
    pub(super) fn change_slots_and_keys(
        &mut self,
        keys: &[(CollectionId, [u8; 32])],
        change: impl FnOnce(&StoreChange<'_>, &mut Vec<SlotRecord>, &mut Draft<'_>) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let (pins, place) = (Arc::clone(&self.access.pins), self.store.folder().to_owned());
        self.rewrite(|store, draft| {
            let mut slots = draft.contents.slots.clone();
            draft.contents.check_slot_rows(&store.rows())?;
            draft.check_index_wraps(&store.rows())?;
            change(store, &mut slots, draft)?;
            // Where this fails, a crash before the next pin makes the next unlock ask: that is no reason not to save.
            let _ = draft.contents.pin().and_then(|mut pin| {
                pin.announce(&slots)?;
                keys.iter().for_each(|(collection, key)| pin.announce_key(*collection, key));
                pins.store(&pin, &place)
            });
            draft.put_slots(slots);
            Ok(())
        })
    }
}

impl Draft<'_> {
    /// Takes from each of `revisions` the wraps that are `gone`.
    pub(super) fn take_wraps(
        &mut self,
        store: &StoreChange<'_>,
        revisions: Vec<(PagePlace, ItemId, u32)>,
        gone: impl Fn(&WrapRow) -> bool,
    ) -> Result<(), VaultError> {
        revisions.into_iter().try_for_each(|(place, item, revision)| {
            if store.is_ending() {
                return Err(CryptoError::Cancelled.into());
            }
            self.put_wraps(store, place, item, revision, |wraps| {
                Ok(wraps.into_iter().filter(|wrap| !gone(wrap)).collect())
            })
        })
    }

    /// The heads are going to say what the rows say now: they must say what the heads said.
    fn check_index_wraps(&self, rows: &Rows<'_>) -> Result<(), VaultError> {
        self.collections().iter().try_for_each(|known| {
            let wraps = rows.index_wraps(known.id, known.epoch)?;
            if super::manifest::digest_of_wraps(&wraps) == known.head.index_wraps {
                Ok(())
            } else {
                Err(VaultError::Damaged(super::Finding::IndexWraps.to_string()))
            }
        })
    }
}
