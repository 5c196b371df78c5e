//! Wraps that are owed: to a slot that is being added, and to one that could not be reached while something was saved.

use std::sync::Arc;

use crate::crypto::DataKey;
use crate::format::v1::{ItemId, RevisionId, SlotId, SlotState};
use crate::format::{Commitment, EncryptionContext, MessageId};
use crate::providers::{BoxFuture, KeyProvider, ProviderError};
use crate::store::WrapRow;

use super::context::body_context;
use super::draft::{PagePlace, intact_wraps};
use super::every_key::{RevisionWithWraps, is_wrapped};
use super::unlock::{PENDING, WRAPPED};
use super::wrapping::{Wrap, WrappedKey};
use super::{PassedOver, UnlockedVault, VaultError};

/// A revision whose data key is not wrapped for every slot that this session can wrap for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    pub(super) item: ItemId,
    pub(super) revision: u32,
    pub(super) slots: Vec<SlotId>,
}

/// What is owed, as far as it could be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owing {
    /// The revisions whose keys can be wrapped.
    pub keys: Vec<Owed>,
    /// What can't be, because it is damaged: `check` names it.
    pub passed_over: PassedOver,
}

/// How many wraps are owed to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedCounts {
    /// How many data keys there are: one for each revision, history and trash included.
    pub keys: u64,
    /// Each slot that is in use, and how many of them are not wrapped for it.
    pub owed: Vec<(SlotId, u64)>,
    /// What was not counted, because it is damaged.
    pub passed_over: PassedOver,
}

/// Wraps that were owed, made.
pub struct NewWraps {
    pub(super) item: ItemId,
    pub(super) revision: u32,
    /// Whose data key it is: under the same number there may be another by the time that they are saved.
    pub(super) id: RevisionId,
    pub(super) wraps: Vec<Wrap>,
}

/// A data key on its way from one wrap to others.
struct Rewrapping {
    owed: Owed,
    revision: RevisionId,
    key: WrappedKey,
    context: EncryptionContext,
    id: MessageId,
    commitment: Commitment,
    providers: Vec<(SlotId, Arc<dyn KeyProvider>)>,
}

impl UnlockedVault {
    /// The revisions, history and trash included, whose data keys this session could wrap for a slot that has no wrap of them: for
    /// any slot, or for the one that is given. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Store`]; those of [`UnlockedVault::refresh`].
    pub fn owed(&mut self, to: Option<SlotId>) -> Result<Owing, VaultError> {
        self.refresh()?;
        let mut wrapping = self.wrapping_slots()?;
        wrapping.retain(|slot| to.is_none_or(|to| to == *slot));
        let mut keys = Vec::new();
        let passed_over = self.each_key(|item, revision, wraps| {
            let slots: Vec<_> = wrapping.iter().copied().filter(|slot| !is_wrapped(wraps, *slot)).collect();
            if !slots.is_empty() {
                keys.push(Owed { item, revision, slots });
            }
        })?;
        Ok(Owing { keys, passed_over })
    }

    /// How many wraps are owed to each slot that is in use, whether or not this session could make them. Blocks.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::owed`].
    pub fn count_owed_to_all(&mut self) -> Result<OwedCounts, VaultError> {
        self.refresh()?;
        let used = self.contents.slots.iter().filter(|slot| slot.state != SlotState::UnwrapOnly);
        let mut owed: Vec<_> = used.map(|slot| (slot.id, 0)).collect();
        let mut intact = 0;
        let passed_over = self.each_key(|_, _, wraps| {
            intact += 1;
            for (slot, owed) in &mut owed {
                *owed += u64::from(!is_wrapped(wraps, *slot));
            }
        })?;
        Ok(OwedCounts { keys: intact + passed_over.revisions, owed, passed_over })
    }

    /// How many data keys there are, as the rows say: one for each revision, history and trash included.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn count_keys(&self) -> Result<u64, VaultError> {
        self.read_unless_over(None, |_| Ok(self.store.snapshot()?.rows().counts()?.revisions))
    }

    /// How many wraps slots in use do not have yet: they could not be reached when something was saved, or came while it was. Counted from
    /// the rows, for a sign that says so. Blocks: on a look at every wrap, unless nothing waited before and nothing has come since.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn count_waiting(&mut self) -> Result<u64, VaultError> {
        if let Some(known) = self.waiting {
            return Ok(known);
        }
        let active = self.contents.slots.iter().filter(|slot| slot.state == SlotState::Active);
        let active: Vec<_> = active.map(|slot| slot.id).collect();
        let count = || {
            let snapshot = self.store.snapshot()?;
            let (revisions, wrapped) =
                (snapshot.rows().counts()?.revisions, snapshot.rows().count_wraps_in(WRAPPED, &active)?);
            Ok((revisions * active.len() as u64).saturating_sub(wrapped))
        };
        let waiting = self.read_unless_over(None, |_| count())?;
        self.waiting = Some(waiting);
        Ok(waiting)
    }

    /// How many wraps are owed to `slot`, whether or not this session could make them. Blocks.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::owed`].
    pub fn count_owed(&mut self, slot: SlotId) -> Result<u64, VaultError> {
        self.refresh()?;
        let mut count = 0;
        self.each_key(|_, _, wraps| count += u64::from(!is_wrapped(wraps, slot)))?;
        Ok(count)
    }

    /// Shows `look` the wraps of every revision that there is; what had to be passed over. Those that were changed outside are
    /// owed to nobody, and nobody's to wrap again.
    fn each_key(&self, mut look: impl FnMut(ItemId, u32, &[WrapRow])) -> Result<PassedOver, VaultError> {
        let mut revisions = 0;
        let unreadable = self.each_revision(None, |RevisionWithWraps { item, revision, wraps, .. }| {
            match wraps {
                Ok(wraps) => look(item, revision.number, &wraps),
                Err(_) => revisions += 1,
            }
            Ok(())
        })?;
        Ok(PassedOver { revisions, pages: unreadable.len() as u64 })
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

    /// The same by these providers, whatever else this session has for their slots.
    pub(super) fn wrap_owed_by(
        &self,
        owed: Owed,
        providers: Vec<(SlotId, Arc<dyn KeyProvider>)>,
    ) -> BoxFuture<'static, Result<NewWraps, VaultError>> {
        let prepared = self.prepare_rewrapping(owed).map(|prepared| Rewrapping { providers, ..prepared });
        Box::pin(async move { prepared?.make().await })
    }

    /// Saves wraps that were owed, in one transaction. Those whose revision has gone meanwhile, or has another data key, are left out.
    /// Blocks.
    ///
    /// # Errors
    /// [`VaultError::Unaccepted`], [`VaultError::Damaged`], [`VaultError::Store`]. Nothing has happened then.
    pub fn put_wraps(&mut self, made: Vec<NewWraps>) -> Result<(), VaultError> {
        self.rewrite(|store, draft| {
            let retired = draft.contents.slots.iter().filter(|slot| slot.state == SlotState::UnwrapOnly);
            let retired: Vec<SlotId> = retired.map(|slot| slot.id).collect();
            for NewWraps { item, revision, id, wraps } in made {
                let Ok(place) = draft.contents.place_of(item) else { continue };
                let place = PagePlace { collection: place.collection, page: place.page };
                let revisions = &draft.entry(store, place, item)?.revisions;
                if !revisions.iter().any(|known| (known.number, known.id) == (revision, id)) {
                    continue;
                }
                let new = wraps.iter().map(Wrap::to_row).collect::<Result<Vec<_>, VaultError>>()?;
                draft.put_wraps(store, place, item, revision, |known| {
                    let mut wraps = merged(known, new);
                    // What was owed to a slot that was retired never will be its, and is somebody's now.
                    wraps.retain(|wrap| wrap.state != PENDING || !retired.contains(&wrap.slot));
                    Ok(wraps)
                })?;
            }
            Ok(())
        })
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
        Ok(Rewrapping {
            owed,
            revision: revision.id,
            key,
            context,
            id: revision.message_id,
            commitment: revision.commitment,
            providers,
        })
    }
}

impl Rewrapping {
    async fn make(self) -> Result<NewWraps, VaultError> {
        let Self { owed, revision, key, context, id, commitment, providers } = self;
        let key: DataKey = key.unwrap().await?;
        key.verify(&id, &commitment).map_err(|_| ProviderError::WrongKey)?;
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
        Ok(NewWraps { item: owed.item, revision: owed.revision, id: revision, wraps })
    }
}

/// `known` with `new` in the place of those for the same slots, by slot.
fn merged(mut known: Vec<WrapRow>, new: Vec<WrapRow>) -> Vec<WrapRow> {
    known.retain(|wrap| new.iter().all(|new| new.slot != wrap.slot));
    known.extend(new);
    known.sort_by_key(|wrap| wrap.slot);
    known
}
