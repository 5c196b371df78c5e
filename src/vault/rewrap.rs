//! Another KMS key in the place of one: every wrap of the old one made anew under the new one, without a look at any content.
//!
//! Invariant: the old slot opens everything until one transaction takes it away, and that one sees that the new slot has every
//! wrap. So a crash at any moment leaves a vault that opens, and what was moved stays moved.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::crypto::IndexKey;
use crate::format::v1::{ItemId, Page, RevisionId, SlotId, SlotState};
use crate::format::{Commitment, EncryptedDataKey, EncryptionContext, Header, MessageId};
use crate::providers::kms::KMS_PROVIDER_ID;
use crate::providers::{BoxFuture, KeyProvider, ProviderError, Rewrapper};
use crate::store::{Rows, WrapRow};

use super::context::{body_context, index_context};
use super::draft::intact_wraps;
use super::every_key::{RevisionWithWraps, is_wrapped};
use super::manifest::OpenCollection;
use super::owed::{NewWraps, Owed};
use super::proof::unwrap_fresh;
use super::slots::AddedSlot;
use super::unlock::{WRAPPED, wrap_of};
use super::verify::NO_HEADER;
use super::wrapping::Wrap;
use super::{NewSlot, UnlockedVault, VaultError};

/// A revision whose data key is to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToMove {
    /// The item.
    pub item: ItemId,
    /// The revision.
    pub revision: u32,
    /// Whether the old slot is only owed its wrap: then the key is unwrapped here, by whoever can.
    pub owed: bool,
}

/// What moves one wrap.
pub type MovingWrap = BoxFuture<'static, Result<NewWraps, VaultError>>;

/// What is to be moved from one slot to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moving {
    /// The keys that the new slot has no wrap of.
    pub keys: Vec<ToMove>,
    /// How many it has.
    pub moved: u64,
    /// Revisions whose wraps are not those that were written: nobody can move them.
    pub damaged: Vec<(ItemId, u32)>,
    /// Pages of the manifest that can't be read, with all that they listed.
    pub pages: u64,
}

/// What stands under which key, counted row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrapProof {
    /// How many wraps of index keys there are.
    pub index_wraps: u64,
    /// How many wraps of data keys, history and trash included.
    pub data_wraps: u64,
    /// How many stored headers.
    pub headers: u64,
    /// How many slots, wraps and headers name the old key.
    pub naming_old: u64,
    /// How many revisions and pages could not be looked at, and how many rows of wraps nobody lists.
    pub unknown: u64,
    /// How many wraps each KMS key has, by its ARN as the wraps name it.
    pub by_key: BTreeMap<String, u64>,
}

impl WrapProof {
    /// Whether nothing names the old key, and nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.naming_old == 0 && self.unknown == 0
    }
}

impl UnlockedVault {
    /// Moves the index keys' wraps from the slot `from` to a new one, and proves that the new key opens what it got: a call of
    /// `by`, and an unwrap, for each collection. The future borrows nothing.
    ///
    /// # Errors
    /// [`VaultError::Unaccepted`], [`VaultError::NoSuchSlot`], [`VaultError::NotWrapped`], [`VaultError::Provider`];
    /// [`VaultError::Damaged`] where the new key opens another one.
    pub fn move_index(
        &self,
        from: SlotId,
        new: NewSlot,
        by: Arc<dyn Rewrapper>,
    ) -> BoxFuture<'static, Result<AddedSlot, VaultError>> {
        let prepared = self.contents.check_writable().and_then(|()| {
            let snapshot = self.store.snapshot()?;
            let rows = snapshot.rows();
            let key = |known: &OpenCollection| {
                let wraps = rows.index_wraps(known.id, known.epoch)?;
                let context = index_context(self.id(), known.id)?;
                Ok((known.id, known.epoch, known.commitment()?, wrap_of(&wraps, from)?, context))
            };
            self.contents.collections.iter().map(key).collect::<Result<Vec<_>, VaultError>>()
        });
        Box::pin(async move {
            let mut wraps = Vec::new();
            for (collection, epoch, commitment, wrapped, context) in prepared? {
                let moved = by.rewrap(&wrapped, &context).await?;
                let key = new.provider.unwrap(&moved, &context).await?;
                IndexKey::verify(key, collection, epoch, &commitment).map_err(|_| not_that_key())?;
                wraps.push((collection, epoch, moved));
            }
            Ok(AddedSlot::new(new, wraps))
        })
    }

    /// The revisions, history and trash included, whose data keys the slot `to` has no wrap of; without `to`: all. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Store`]; those of [`UnlockedVault::refresh`].
    pub fn moving(&mut self, from: SlotId, to: Option<SlotId>) -> Result<Moving, VaultError> {
        self.refresh()?;
        let mut moving = Moving::default();
        let unreadable = self.each_revision(None, |RevisionWithWraps { item, revision, wraps, .. }| {
            let number = revision.number;
            match wraps {
                Err(_) => moving.damaged.push((item, number)),
                Ok(wraps) if to.is_some_and(|to| is_wrapped(&wraps, to)) => moving.moved += 1,
                Ok(wraps) => {
                    moving.keys.push(ToMove { item, revision: number, owed: !is_wrapped(&wraps, from) });
                }
            }
            Ok(())
        })?;
        moving.pages = unreadable.len() as u64;
        Ok(moving)
    }

    /// What moves these wraps, for each a call of `by`; where one is only owed to the old slot, an unwrap by whoever can, and a wrap
    /// by `new`. With `proven`, `new` also unwraps what it got of the first. The futures borrow nothing. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Store`]; those of [`UnlockedVault::refresh`]. A future's: [`VaultError::NoSuchItem`] and
    /// [`VaultError::NoSuchRevision`] where it has gone meanwhile; [`VaultError::Damaged`], [`VaultError::Provider`].
    pub fn move_wraps(
        &mut self,
        keys: &[ToMove],
        (from, to): (SlotId, SlotId),
        by: &Arc<dyn Rewrapper>,
        new: &Arc<dyn KeyProvider>,
        proven: bool,
    ) -> Result<Vec<(ToMove, MovingWrap)>, VaultError> {
        self.refresh()?;
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        let mut page = None;
        let mut moves: Vec<(ToMove, MovingWrap)> = Vec::with_capacity(keys.len());
        for (number, key) in keys.iter().copied().filter(|key| !key.owed).enumerate() {
            let prepared = self.prepare_move(&rows, &mut page, key, from);
            let (by, new) = (Arc::clone(by), (proven && number == 0).then(|| Arc::clone(new)));
            moves.push((key, Box::pin(async move { prepared?.make(key, to, &*by, new).await })));
        }
        drop(snapshot);
        for key in keys.iter().filter(|key| key.owed) {
            let owed = Owed { item: key.item, revision: key.revision, slots: vec![to] };
            moves.push((*key, self.wrap_owed_by(owed, vec![(to, Arc::clone(new))])));
        }
        Ok(moves)
    }

    /// `page` is the one that was looked at last: those of one page come one after the other.
    fn prepare_move(
        &self,
        rows: &Rows<'_>,
        page: &mut Option<((usize, u32), Page)>,
        ToMove { item, revision: number, .. }: ToMove,
        from: SlotId,
    ) -> Result<WrapToMove, VaultError> {
        let place = self.contents.place_of(item)?;
        let collection = &self.contents.collections[place.collection];
        let at = (place.collection, place.page);
        if page.as_ref().is_none_or(|(known, _)| *known != at) {
            *page = Some((at, collection.intact_page(rows, place.page)?));
        }
        let entry = page.iter().flat_map(|(_, page)| &page.items).find(|entry| entry.id == item);
        let revisions = &entry.ok_or(VaultError::NoSuchItem(item))?.revisions;
        let revision = revisions.iter().find(|revision| revision.number == number);
        let revision = revision.ok_or(VaultError::NoSuchRevision(number))?;
        Ok(WrapToMove {
            wrapped: wrap_of(&intact_wraps(rows, revision)?, from)?,
            context: body_context(self.id(), collection.id, item, revision.id)?,
            revision: revision.id,
            id: revision.message_id,
            commitment: revision.commitment,
        })
    }

    /// Takes the slot `from` and every wrap for it away, and lets `to` take its place, in one transaction; whether that was
    /// possible: not where something that was saved meanwhile has no wrap for `to` yet. Blocks.
    ///
    /// # Errors
    /// [`VaultError::NoSuchSlot`]; [`VaultError::Damaged`] where wraps or a page can't be believed; those of
    /// [`UnlockedVault::add_slot`]. Nothing has happened then.
    pub fn replace_slot(&mut self, from: SlotId, to: SlotId) -> Result<bool, VaultError> {
        let replaced = self.change_slots(|store, slots, draft| {
            let at = slots.iter().position(|slot| slot.id == from).ok_or(VaultError::NoSuchSlot(from))?;
            slots.remove(at);
            let new = slots.iter_mut().find(|slot| slot.id == to).ok_or(VaultError::NoSuchSlot(to))?;
            new.state = SlotState::Active;
            store.update_slot(new)?;
            let mut has_wraps = Vec::new();
            let unreadable = draft.contents.each_revision(&store.rows(), &|| store.is_ending(), |gathered| {
                // Its wraps may be the last that open what is damaged.
                let damaged = |what| VaultError::Damaged(format!("item {}: {what}", gathered.item));
                let wraps = gathered.wraps.map_err(damaged)?;
                if !is_wrapped(&wraps, to) {
                    return Err(VaultError::NotWrapped(to));
                }
                if wraps.iter().any(|wrap| wrap.slot == from) {
                    has_wraps.push((gathered.place, gathered.item, gathered.revision.number));
                }
                Ok(())
            })?;
            if let Some(what) = unreadable.into_iter().next() {
                return Err(VaultError::Damaged(what));
            }
            draft.take_wraps(store, has_wraps, |wrap| wrap.slot == from)?;
            let wraps = |known: &OpenCollection| store.rows().index_wraps(known.id, known.epoch);
            let wraps = draft.collections().iter().map(wraps).collect::<Result<Vec<_>, _>>()?;
            if !wraps.iter().all(|wraps| is_wrapped(wraps, to)) {
                return Err(VaultError::Damaged("the new key has no wrap of the list's key".to_owned()));
            }
            let wraps = wraps.iter().flatten().filter(|wrap| wrap.slot == from).count();
            Ok(store.delete_slot(from, wraps)?)
        });
        match replaced {
            Err(VaultError::NotWrapped(slot)) if slot == to => return Ok(false),
            replaced => replaced?,
        }
        // Whoever opened the vault is asked first: its place is the new one's now.
        let providers = &mut self.access.providers;
        let opened = providers.first().is_some_and(|(slot, _)| *slot == from);
        providers.retain(|(slot, _)| *slot != from);
        if opened && let Some(at) = providers.iter().position(|(slot, _)| *slot == to) {
            providers[..=at].rotate_right(1);
        }
        Ok(true)
    }

    /// Walks through every row that could name a KMS key that `is_old`, by its ARN: slots, wraps of index keys and of data keys, stored headers; and
    /// counts. What the manifest lists is all that there is: the rows of wraps are counted against it. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Store`]; those of [`UnlockedVault::refresh`].
    pub fn prove_unnamed(&mut self, is_old: &dyn Fn(&str) -> bool) -> Result<WrapProof, VaultError> {
        self.refresh()?;
        let mut proof = WrapProof::default();
        let names_old = |edk: &EncryptedDataKey| u64::from(kms_key_of(edk).is_some_and(|arn| is_old(&arn)));
        let of_slots = self.contents.slots.iter().filter(|slot| slot.config.key_arn().is_some_and(is_old));
        proof.naming_old += of_slots.count() as u64;
        self.read_unless_over(None, |halt| {
            let snapshot = self.store.snapshot()?;
            let rows = snapshot.rows();
            let count = |wraps: &[WrapRow], proof: &mut WrapProof| {
                for wrap in wraps {
                    match EncryptedDataKey::from_bytes(&wrap.edk) {
                        Ok(edk) => {
                            proof.naming_old += names_old(&edk);
                            if let Some(arn) = kms_key_of(&edk) {
                                *proof.by_key.entry(arn.into_owned()).or_default() += 1;
                            }
                        }
                        Err(_) => proof.unknown += 1,
                    }
                }
                wraps.len() as u64
            };
            for known in &self.contents.collections {
                proof.index_wraps += count(&rows.index_wraps(known.id, known.epoch)?, &mut proof);
            }
            let mut listed = 0;
            let unreadable = self.contents.each_revision(&rows, &|| halt.is_over(), |gathered| {
                let Ok(wraps) = gathered.wraps else {
                    proof.unknown += 1;
                    listed += rows.wraps(&gathered.revision.id.0)?.len() as u64;
                    return Ok(());
                };
                proof.data_wraps += count(&wraps, &mut proof);
                if gathered.revision.header == NO_HEADER {
                    return Ok(());
                }
                let row = rows.revision(gathered.item, gathered.revision.number)?;
                let header = row.and_then(|row| row.header).and_then(|header| Header::parse(&header).ok());
                match header {
                    Some(header) => {
                        proof.headers += 1;
                        proof.naming_old += header.body().keys().iter().map(names_old).sum::<u64>();
                    }
                    None => proof.unknown += 1,
                }
                Ok(())
            })?;
            proof.unknown += unreadable.len() as u64;
            proof.unknown += rows.counts()?.wraps.saturating_sub(proof.data_wraps + listed);
            Ok(())
        })?;
        Ok(proof)
    }
}

/// A wrap that is about to be moved, and what its key must be.
struct WrapToMove {
    wrapped: EncryptedDataKey,
    context: EncryptionContext,
    revision: RevisionId,
    id: MessageId,
    commitment: Commitment,
}

impl WrapToMove {
    /// `proving` unwraps what it got.
    async fn make(
        self,
        key: ToMove,
        to: SlotId,
        by: &dyn Rewrapper,
        proving: Option<Arc<dyn KeyProvider>>,
    ) -> Result<NewWraps, VaultError> {
        let Self { wrapped, context, revision, id, commitment } = self;
        let moved = by.rewrap(&wrapped, &context).await?;
        if let Some(new) = proving {
            // About the KMS key and not about what it was tried on: everything stops.
            let key = unwrap_fresh(&*new, &moved, &context).await?;
            key.verify(&id, &commitment).map_err(|_| ProviderError::WrongKey)?;
        }
        let wraps = vec![Wrap { slot: to, state: WRAPPED, edk: moved }];
        Ok(NewWraps { item: key.item, revision: key.revision, id: revision, wraps })
    }
}

/// The KMS key that made `edk`, as it says.
fn kms_key_of(edk: &EncryptedDataKey) -> Option<Cow<'_, str>> {
    (edk.provider_id == KMS_PROVIDER_ID).then(|| String::from_utf8_lossy(&edk.provider_info))
}

fn not_that_key() -> VaultError {
    VaultError::Damaged("the new KMS key unwraps another key than the one that was moved".to_owned())
}
