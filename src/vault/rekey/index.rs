//! New index keys: everything that is sealed under the old ones, opened and sealed again, in one transaction.
//!
//! Invariant: every slot that is in use has a wrap of the new key that its own provider was seen to unwrap, before anything is
//! written. An index key is never owed: whoever opens the vault next needs it.

use crate::crypto::{CryptoError, DataKey, IndexKey, sha256};
use crate::format::v1::{CollectionId, ItemEntry, ItemState, Page, RevisionEntry, SlotId, SlotRecord, SlotState};
use crate::format::{EncryptedDataKey, EncryptionContext};
use crate::providers::{BoxFuture, ProviderError};
use crate::store::{Change as StoreChange, WrapRow};
use crate::vault::context::{body_context, index_context};
use crate::vault::draft::{Draft, intact_wraps};
use crate::vault::manifest::{OpenCollection, digest_of_wraps};
use crate::vault::open::SlotProvider;
use crate::vault::pin::to_hex;
use crate::vault::proof::prove_index_wrap;
use crate::vault::unlock::{PENDING, WRAPPED};
use crate::vault::verify::NO_HEADER;
use crate::vault::{Finding, UnlockedVault, VaultError};

/// New index keys, wrapped for every slot that is in use. Nothing is sealed under them yet.
pub struct NewIndexKeys {
    /// The slots that they were wrapped for.
    slots: Vec<SlotRecord>,
    keys: Vec<NewIndexKey>,
}

struct NewIndexKey {
    collection: CollectionId,
    /// The epoch of the key that it replaces.
    before: u32,
    epoch: u32,
    key: IndexKey,
    commitment: [u8; 32],
    /// By slot.
    wraps: Vec<WrapRow>,
}

/// What makes the keys: who wraps first, and the collections with their epochs.
struct Prepared {
    slots: Vec<SlotRecord>,
    providers: Vec<SlotProvider>,
    collections: Vec<(CollectionId, u32, EncryptionContext)>,
}

impl UnlockedVault {
    /// The slots in use that this session has nothing to wrap an index key with: for a recovery key that takes its passphrase or code. See
    /// [`UnlockedVault::bring`].
    pub fn missing_for_index(&self) -> Vec<SlotRecord> {
        let is_there = |slot: &&SlotRecord| self.access.providers.iter().any(|(id, _)| *id == slot.id);
        self.used_slots().filter(|slot| !is_there(slot)).cloned().collect()
    }

    /// The slots in use that this session has nothing to wrap a data key with. A recovery key needs nobody's passphrase for that.
    ///
    /// # Errors
    /// [`VaultError::Provider`]: a recovery record that can't be read.
    pub fn missing_for_keys(&self) -> Result<Vec<SlotRecord>, VaultError> {
        let mut missing = Vec::new();
        for slot in self.used_slots() {
            if self.access.wraps_for(slot)?.is_none() {
                missing.push(slot.clone());
            }
        }
        Ok(missing)
    }

    /// The slots in use that this session can wrap an index key for.
    pub fn wrapping_for_index(&self) -> Vec<SlotRecord> {
        let missing = self.missing_for_index();
        self.used_slots().filter(|slot| !missing.contains(slot)).cloned().collect()
    }

    /// What tells each index key from every other, as hexadecimal digits. Not secret.
    ///
    /// # Errors
    /// None that can happen.
    pub fn index_commitments(&self) -> Result<Vec<String>, VaultError> {
        let commitment = |known: &OpenCollection| Ok(to_hex(&known.commitment()?));
        self.contents.collections.iter().map(commitment).collect()
    }

    fn used_slots(&self) -> impl Iterator<Item = &SlotRecord> {
        self.contents.slots.iter().filter(|slot| slot.state != SlotState::UnwrapOnly)
    }

    /// Makes a new index key for each collection, wraps it for every slot in use, and sees each of them unwrap it: two calls for each
    /// KMS key. The future borrows nothing.
    ///
    /// # Errors
    /// [`VaultError::Unaccepted`]; [`VaultError::SlotAway`] where [`UnlockedVault::missing_for_index`] has any;
    /// [`VaultError::Provider`].
    pub fn make_index_keys(&mut self) -> BoxFuture<'static, Result<NewIndexKeys, VaultError>> {
        let prepared = self.prepare_index_keys();
        Box::pin(async move { prepared?.make().await })
    }

    fn prepare_index_keys(&mut self) -> Result<Prepared, VaultError> {
        self.contents.check_writable()?;
        self.store.check_writable()?;
        self.refresh()?;
        if let Some(missing) = self.missing_for_index().first() {
            return Err(VaultError::SlotAway(missing.id));
        }
        // A KMS key makes the key; of several the one that opened the vault.
        let mut used: Vec<_> = self.used_slots().collect();
        let rank = |slot: SlotId| self.access.providers.iter().position(|(id, _)| *id == slot);
        used.sort_by_key(|slot| (slot.config.key_arn().is_none(), rank(slot.id)));
        let provider = |slot: &&SlotRecord| self.access.providers.iter().find(|(id, _)| *id == slot.id).cloned();
        let providers = used.iter().filter_map(provider).collect();
        let collection = |known: &OpenCollection| Ok((known.id, known.epoch, index_context(self.id(), known.id)?));
        let collections = self.contents.collections.iter().map(collection).collect::<Result<_, VaultError>>()?;
        Ok(Prepared { slots: self.contents.slots.clone(), providers, collections })
    }

    /// Seals everything under the new index keys that is sealed under those of now, and takes the old ones' wraps away, in one transaction.
    /// Slots that are retired and have no wrap of any data key go with them; which they are. Blocks: on every summary and every
    /// page.
    ///
    /// # Errors
    /// [`VaultError::SlotRetired`] where a retired slot still has wraps: it would not open the vault any more;
    /// [`VaultError::SlotsChanged`] and [`VaultError::Rekeyed`] where others changed them meanwhile; [`VaultError::Damaged`] where
    /// anything is not what was written; those of [`UnlockedVault::add_slot`]. Nothing has happened then.
    pub fn put_index_keys(&mut self, new: NewIndexKeys) -> Result<Vec<SlotId>, VaultError> {
        let NewIndexKeys { slots: made_for, keys } = new;
        let commitments: Vec<_> = keys.iter().map(|key| (key.collection, key.commitment)).collect();
        let mut removed = Vec::new();
        self.change_slots_and_keys(&commitments, |store, slots, draft| {
            if *slots != made_for {
                return Err(VaultError::SlotsChanged);
            }
            let retired = |slot: &&SlotRecord| slot.state == SlotState::UnwrapOnly;
            removed = slots.iter().filter(retired).map(|slot| slot.id).collect();
            draft.check_unwrapped(store, &removed)?;
            for key in keys {
                draft.put_index_key(store, key)?;
            }
            slots.retain(|slot| !removed.contains(&slot.id));
            removed.iter().try_for_each(|slot| Ok(store.delete_slot(*slot, 0)?))
        })?;
        self.access.providers.retain(|(known, _)| !removed.contains(known));
        Ok(removed)
    }
}

impl Prepared {
    async fn make(self) -> Result<NewIndexKeys, VaultError> {
        let Self { slots, providers, collections } = self;
        let mut keys = Vec::with_capacity(collections.len());
        for (collection, before, context) in collections {
            let mut key: Option<DataKey> = None;
            let mut wraps: Vec<(SlotId, EncryptedDataKey)> = Vec::with_capacity(providers.len());
            for (slot, provider) in &providers {
                let wrapped = provider.wrap(key.as_ref(), &context).await?;
                if key.is_none() {
                    let no_key = || ProviderError::Unexpected("no data key was made".to_owned());
                    key = Some(wrapped.made.ok_or_else(no_key)?.into_data_key());
                }
                wraps.push((*slot, wrapped.wrapped));
            }
            let key = key.ok_or_else(|| ProviderError::Config("the vault has no way in".to_owned()))?;
            let epoch = before.checked_add(1).ok_or(VaultError::TooLong("epochs"))?;
            let (key, commitment) = IndexKey::adopt(key, collection, epoch)?;
            for ((_, provider), (_, edk)) in providers.iter().zip(&wraps) {
                prove_index_wrap(&**provider, edk, &context, (collection, epoch, &commitment)).await?;
            }
            wraps.sort_by_key(|(slot, _)| *slot);
            let row =
                |(slot, edk): (SlotId, EncryptedDataKey)| Ok(WrapRow { slot, state: WRAPPED, edk: edk.to_bytes()? });
            let wraps = wraps.into_iter().map(row).collect::<Result<_, VaultError>>()?;
            keys.push(NewIndexKey { collection, before, epoch, key, commitment, wraps });
        }
        Ok(NewIndexKeys { slots, keys })
    }
}

impl Draft<'_> {
    /// Sees to it that none of `slots` has a wrap of a data key.
    fn check_unwrapped(&self, store: &StoreChange<'_>, slots: &[SlotId]) -> Result<(), VaultError> {
        if slots.is_empty() {
            return Ok(());
        }
        let unreadable = self.contents.each_revision(&store.rows(), &|| store.is_ending(), |gathered| {
            let wraps = gathered.wraps.map_err(VaultError::Damaged)?;
            match slots.iter().find(|slot| wraps.iter().any(|wrap| wrap.slot == **slot)) {
                Some(slot) => Err(VaultError::SlotRetired(*slot)),
                None => Ok(()),
            }
        })?;
        unreadable.into_iter().next().map_or(Ok(()), |what| Err(VaultError::Damaged(what)))
    }

    fn put_index_key(&mut self, store: &StoreChange<'_>, new: NewIndexKey) -> Result<(), VaultError> {
        let NewIndexKey { collection, before, epoch, key, commitment, wraps } = new;
        let number = self.contents.collections.iter().position(|known| known.id == collection);
        let number = number.ok_or_else(|| VaultError::Damaged("a collection is gone".to_owned()))?;
        let old = &self.contents.collections[number];
        if old.epoch != before {
            return Err(VaultError::Rekeyed);
        }
        let rows = store.rows();
        let row = rows.collections()?.into_iter().find(|row| row.id == collection);
        let name = row.filter(|row| sha256(&row.name) == old.head.name).and_then(|row| old.open_name(&row.name));
        let name = name.ok_or_else(|| VaultError::Damaged(Finding::Name.to_string()))?;
        let old_wraps = rows.index_wraps(collection, before)?.len();
        let mut fresh = old.under(epoch, key);
        // EXPOSE: sealed.
        let name = fresh.seal_name(name.expose())?;
        store.next_epoch(collection, before, old_wraps, commitment, &name)?;
        for wrap in &wraps {
            store.insert_index_wrap(collection, fresh.epoch, wrap.slot, &wrap.edk)?;
        }
        let pages: Vec<u32> = old.head.pages.iter().map(|page| page.page).collect();
        for number in pages {
            if store.is_ending() {
                return Err(CryptoError::Cancelled.into());
            }
            let mut page = old.intact_page(&rows, number)?;
            reseal_page(store, old, &fresh, &mut page)?;
            let sealed = fresh.seal_page(number, &page)?;
            store.put_page(collection, number, &sealed)?;
            fresh.head.put_page(number, sha256(&sealed));
        }
        fresh.head.name = sha256(&name);
        fresh.head.index_wraps = digest_of_wraps(&wraps);
        fresh.head.key_day = self.today();
        self.rekeyed.push((number, fresh));
        Ok(())
    }
}

/// Opens under `old` what the items of a page have of it, and seals it under `fresh`.
fn reseal_page(
    store: &StoreChange<'_>,
    old: &OpenCollection,
    fresh: &OpenCollection,
    page: &mut Page,
) -> Result<(), VaultError> {
    for item in page.items.iter_mut().filter(|item| item.state == ItemState::Live) {
        reseal_summaries(store, old, fresh, item)?;
        for revision in &mut item.revisions {
            let wraps = intact_wraps(&store.rows(), revision)?;
            if wraps.iter().any(|wrap| wrap.state == PENDING) {
                let context = body_context(old.vault, old.id, item.id, revision.id)?;
                let wraps = owed_anew(old, fresh, wraps, &context)?;
                replace_wraps(store, revision, &wraps)?;
            }
        }
    }
    Ok(())
}

fn reseal_summaries(
    store: &StoreChange<'_>,
    old: &OpenCollection,
    fresh: &OpenCollection,
    item: &mut ItemEntry,
) -> Result<(), VaultError> {
    let rows = store.rows().summaries(item.id)?;
    let mut opener = old.summary_opener();
    for listed in &mut item.summaries {
        let damaged = || VaultError::Damaged(format!("item {}: {}", item.id, Finding::SummaryChanged(listed.number)));
        let row = rows.iter().find(|row| row.number == listed.number && sha256(&row.sealed) == listed.digest);
        let record = row.and_then(|row| opener.open_record(item.id, listed.number, &row.sealed));
        let sealed = fresh.seal_summary(item.id, listed.number, &record.ok_or_else(damaged)?)?;
        store.put_summary(item.id, listed.number, &sealed)?;
        listed.digest = sha256(&sealed);
    }
    Ok(())
}

/// `wraps` with those that are owed under what `fresh` derives, in the place of what `old` does.
fn owed_anew(
    old: &OpenCollection,
    fresh: &OpenCollection,
    mut wraps: Vec<WrapRow>,
    context: &EncryptionContext,
) -> Result<Vec<WrapRow>, VaultError> {
    for wrap in wraps.iter_mut().filter(|wrap| wrap.state == PENDING) {
        let edk = EncryptedDataKey::from_bytes(&wrap.edk);
        let edk = edk.map_err(|_| VaultError::Damaged("a wrapped key".to_owned()))?;
        let key = old.pending(wrap.slot)?.unwrap_now(&edk, context)?;
        wrap.edk = fresh.pending(wrap.slot)?.wrap_now(Some(&key), context)?.wrapped.to_bytes()?;
    }
    Ok(wraps)
}

/// The header names wraps of before, and goes.
fn replace_wraps(store: &StoreChange<'_>, revision: &mut RevisionEntry, wraps: &[WrapRow]) -> Result<(), VaultError> {
    store.replace_wraps(revision.id, wraps.len(), wraps)?;
    revision.wraps = digest_of_wraps(wraps);
    revision.header = NO_HEADER;
    Ok(())
}
