//! Wraps that are owed: to a slot that is being added, and to one that could not be reached while something was saved.

use std::sync::Arc;

use crate::crypto::{DataKey, NoWatch, Watch};
use crate::format::v1::{CollectionId, ItemId, ItemState, RevisionEntry, SlotId, SlotState};
use crate::format::{Commitment, EncryptionContext, MessageId};
use crate::providers::{BoxFuture, KeyProvider};
use crate::store::WrapRow;

use super::context::body_context;
use super::draft::{Draft, PagePlace, intact_wraps};
use super::unlock::{PENDING, WRAPPED};
use super::wrapping::{Wrap, WrappedKey};
use super::{UnlockedVault, VaultError};

/// A revision whose data key is not wrapped for every slot that this session can wrap for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    item: ItemId,
    revision: u32,
    slots: Vec<SlotId>,
}

/// How many wraps are owed to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedCounts {
    /// How many data keys there are: one for each revision, history and trash included.
    pub keys: u64,
    /// Each slot that is in use, and how many of them are not wrapped for it.
    pub owed: Vec<(SlotId, u64)>,
}

/// Wraps that were owed, made.
pub struct NewWraps {
    item: ItemId,
    revision: u32,
    wraps: Vec<Wrap>,
}

/// A data key on its way from one wrap to others.
struct Rewrapping {
    owed: Owed,
    key: WrappedKey,
    context: EncryptionContext,
    id: MessageId,
    commitment: Commitment,
    providers: Vec<(SlotId, Arc<dyn KeyProvider>)>,
}

impl UnlockedVault {
    /// The revisions, history and trash included, whose data keys this session could wrap for a slot that has no wrap of them: for
    /// any slot, or for the one that is given. Damaged ones are left out. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Store`]; those of [`UnlockedVault::refresh`].
    pub fn owed(&mut self, to: Option<SlotId>) -> Result<Vec<Owed>, VaultError> {
        self.refresh()?;
        let mut wrapping = self.wrapping_slots()?;
        wrapping.retain(|slot| to.is_none_or(|to| to == *slot));
        let mut owed = Vec::new();
        self.each_revision(&NoWatch, |_, item, revision, wraps| {
            // What was changed outside is nobody's to wrap again; `check` names it.
            let Some(wraps) = wraps else { return };
            let lacks = |slot: &SlotId| !wraps.iter().any(|wrap| wrap.slot == *slot && wrap.state == WRAPPED);
            let slots: Vec<_> = wrapping.iter().copied().filter(lacks).collect();
            if !slots.is_empty() {
                owed.push(Owed { item, revision: revision.number, slots });
            }
        })?;
        Ok(owed)
    }

    /// How many wraps are owed to each slot that is in use, whether or not this session could make them. Blocks.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::owed`].
    pub fn count_owed_to_all(&mut self) -> Result<OwedCounts, VaultError> {
        self.refresh()?;
        let used = self.contents.slots.iter().filter(|slot| slot.state != SlotState::UnwrapOnly);
        let mut counted = OwedCounts { keys: 0, owed: used.map(|slot| (slot.id, 0)).collect() };
        self.each_revision(&NoWatch, |_, _, _, wraps| {
            counted.keys += 1;
            // What is damaged is owed to nobody.
            let Some(wraps) = wraps else { return };
            for (slot, owed) in &mut counted.owed {
                *owed += u64::from(!wraps.iter().any(|wrap| wrap.slot == *slot && wrap.state == WRAPPED));
            }
        })?;
        Ok(counted)
    }

    /// How many data keys there are, as the rows say: one for each revision, history and trash included.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn count_keys(&self) -> Result<u64, VaultError> {
        self.read_unless_over(&NoWatch, |_| Ok(self.store.snapshot()?.rows().counts()?.revisions))
    }

    /// How many wraps wait for slots in use that could not be reached when something was saved: counted from the rows, for a sign
    /// that says so. Blocks, not long.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn count_waiting(&self) -> Result<u64, VaultError> {
        let used = self.contents.slots.iter().filter(|slot| slot.state != SlotState::UnwrapOnly);
        let used: Vec<_> = used.map(|slot| slot.id).collect();
        self.read_unless_over(&NoWatch, |_| Ok(self.store.snapshot()?.rows().count_wraps_in(PENDING, &used)?))
    }

    /// How many wraps are owed to `slot`, whether or not this session could make them. Blocks.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::owed`].
    pub fn count_owed(&mut self, slot: SlotId) -> Result<u64, VaultError> {
        self.refresh()?;
        let mut count = 0;
        self.each_revision(&NoWatch, |_, _, _, wraps| {
            let lacks = |wraps: &[WrapRow]| !wraps.iter().any(|wrap| wrap.slot == slot && wrap.state == WRAPPED);
            count += u64::from(wraps.is_some_and(lacks));
        })?;
        Ok(count)
    }

    /// Unwraps a data key and wraps it for the slots that it is owed to: one unwrap and, for each KMS key, one wrap. No byte of
    /// the body is read. Where one slot of several fails, the others get their wraps. The future borrows nothing.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where it is not the key that the body was sealed under; [`VaultError::Provider`].
    pub fn wrap_owed(&self, owed: Owed) -> BoxFuture<'static, Result<NewWraps, VaultError>> {
        let prepared = self.prepare_rewrapping(owed);
        Box::pin(async move { prepared?.make().await })
    }

    /// Saves wraps that were owed, in one transaction. Those whose item has gone meanwhile are left out. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Unaccepted`], [`VaultError::Damaged`], [`VaultError::Store`]. Nothing has happened then.
    pub fn put_wraps(&mut self, made: Vec<NewWraps>) -> Result<(), VaultError> {
        self.contents.check_writable()?;
        let bodies = Arc::clone(self.store.bodies());
        let store = self.store.change()?;
        self.contents.take_in(&store.rows(), &bodies, &|| false)?;
        self.contents.check_writable()?;
        let mut draft = Draft::new(&self.contents, self.access.device, self.access.clock.now());
        for NewWraps { item, revision, wraps } in made {
            let Ok(place) = self.contents.place_of(item) else { continue };
            let place = PagePlace { collection: place.collection, page: place.page };
            let new = wraps.iter().map(Wrap::to_row).collect::<Result<Vec<_>, VaultError>>()?;
            draft.put_wraps(&store, place, item, revision, |known| Ok(merged(known, new)))?;
        }
        let drafted = draft.finish(&store)?;
        store.commit()?;
        self.show(drafted);
        Ok(())
    }

    /// The slots that are in use and that this session can wrap for.
    fn wrapping_slots(&self) -> Result<Vec<SlotId>, VaultError> {
        let mut wrapping = Vec::new();
        for slot in self.contents.slots.iter().filter(|slot| slot.state != SlotState::UnwrapOnly) {
            if self.access.wraps_for(slot)?.is_some() {
                wrapping.push(slot.id);
            }
        }
        Ok(wrapping)
    }

    /// Shows every revision that there is with its wraps, or none where they are not those of its entry. How many pages could not
    /// be looked at. Ends where `watch` cancels, or the vault is being locked.
    pub(super) fn each_revision(
        &self,
        watch: &dyn Watch,
        mut look: impl FnMut(CollectionId, ItemId, &RevisionEntry, Option<&[WrapRow]>),
    ) -> Result<usize, VaultError> {
        self.read_unless_over(watch, |halt| {
            let snapshot = self.store.snapshot()?;
            let rows = snapshot.rows();
            let draft = Draft::new(&self.contents, self.access.device, self.access.clock.now());
            let mut unreadable = 0;
            for (place, page) in draft.all_pages(&rows) {
                let Some(page) = unless_damaged(page)? else {
                    unreadable += 1;
                    continue;
                };
                let collection = self.contents.collections[place.collection].id;
                for item in page.items.iter().filter(|item| item.state == ItemState::Live) {
                    halt.check()?;
                    for revision in &item.revisions {
                        let wraps = unless_damaged(intact_wraps(&rows, revision))?;
                        look(collection, item.id, revision, wraps.as_deref());
                    }
                }
            }
            Ok(unreadable)
        })
    }

    fn prepare_rewrapping(&self, owed: Owed) -> Result<Rewrapping, VaultError> {
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        let (collection, entry) = self.entry(&rows, owed.item)?;
        let revision = entry.revisions.iter().find(|revision| revision.number == owed.revision);
        let revision = revision.ok_or(VaultError::NoSuchRevision(owed.revision))?;
        let context = body_context(self.id(), collection.id, owed.item, revision.id)?;
        let key = self.wrapped_key(collection, &intact_wraps(&rows, revision)?, context.clone())?;
        let mut providers = Vec::new();
        for slot in self.contents.slots.iter().filter(|slot| owed.slots.contains(&slot.id)) {
            providers.extend(self.access.wraps_for(slot)?.map(|provider| (slot.id, provider)));
        }
        Ok(Rewrapping { owed, key, context, id: revision.message_id, commitment: revision.commitment, providers })
    }
}

impl Rewrapping {
    async fn make(self) -> Result<NewWraps, VaultError> {
        let Self { owed, key, context, id, commitment, providers } = self;
        let key: DataKey = key.unwrap().await?;
        key.verify(&id, &commitment).map_err(|_| {
            VaultError::Damaged("a wrapped key is not the one that the body was sealed under".to_owned())
        })?;
        let mut wraps = Vec::with_capacity(providers.len());
        let mut failed = None;
        for (slot, provider) in providers {
            match provider.wrap(Some(&key), &context).await {
                Ok(wrapped) => wraps.push(Wrap { slot, state: WRAPPED, edk: wrapped.wrapped }),
                // It stays owed; that the others get theirs is worth more.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if let (true, Some(error)) = (wraps.is_empty(), failed) {
            return Err(error.into());
        }
        Ok(NewWraps { item: owed.item, revision: owed.revision, wraps })
    }
}

/// What is damaged is passed over.
pub(super) fn unless_damaged<T>(read: Result<T, VaultError>) -> Result<Option<T>, VaultError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(VaultError::Damaged(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `known` with `new` in the place of those for the same slots, by slot.
fn merged(mut known: Vec<WrapRow>, new: Vec<WrapRow>) -> Vec<WrapRow> {
    known.retain(|wrap| new.iter().all(|new| new.slot != wrap.slot));
    known.extend(new);
    known.sort_by_key(|wrap| wrap.slot);
    known
}
