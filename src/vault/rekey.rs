//! New keys in the place of those that there are: content is opened under its old data key and sealed again under a fresh one.
//!
//! Owns: which data keys are meant, and one revision's way from the old key to the new one. Invariant: the old revision stays until
//! the transaction that has the new one, which is under a data key that every provider was seen to unwrap that is there; numbers, days,
//! authors and summaries stay as they are. No header, frame or wrap is ever copied from the one to the other.

mod index;

use std::collections::HashSet;

use crate::crypto::{CryptoError, Watch};
use crate::format::v1::{Body, ItemId, RevisionEntry, RevisionId, SlotState};
use crate::providers::BoxFuture;
use crate::store::Change as StoreChange;

use super::draft::{Draft, Made, day_of, intact_wraps};
use super::every_key::{RevisionWithWraps, is_wrapped};
use super::open::SlotProvider;
use super::purge::doomed;
use super::reseal::reseal_file;
use super::verify::LAYOUT_FILE;
use super::{BodyReader, Flush, NewBody, SealedBody, UnlockedVault, VaultError};
pub use index::NewIndexKeys;

/// Which keys are meant: by default all, history and trash included, and the index keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RekeyScope {
    /// The data keys of these items alone, all of their revisions, and no index key.
    pub items: Option<Vec<ItemId>>,
    /// Only what was made more than so many days ago.
    pub older_than_days: Option<u32>,
}

/// A revision that is to get another data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToRekey {
    /// The item.
    pub item: ItemId,
    /// The revision's number.
    pub revision: u32,
    /// What it is called under its old key: under the next one it is another.
    pub id: RevisionId,
    /// How many bytes are opened and sealed again, as ciphertext.
    pub length: u64,
}

/// What is to get other keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rekeying {
    /// The revisions.
    pub revisions: Vec<ToRekey>,
    /// Whether the index keys are meant.
    pub index: bool,
    /// Revisions that are meant and not what was written: nobody can seal them again.
    pub damaged: Vec<(ItemId, u32)>,
    /// Pages of the manifest that can't be read, with all that they listed.
    pub pages: u64,
}

/// A revision that can be read, and a fresh key for it. Borrows nothing, and blocks: made for a thread of its own.
pub struct Resealing {
    key: ToRekey,
    reader: BodyReader,
    body: NewBody,
}

/// A revision that is sealed again, and waits to be committed.
#[derive(Debug)]
pub struct Resealed {
    key: ToRekey,
    body: SealedBody,
}

impl UnlockedVault {
    /// The revisions whose data keys `scope` means, history and trash included, and whether it means the index keys. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Unaccepted`]; [`VaultError::NoSuchItem`]; [`VaultError::Clock`] where age is asked for and the clock can't be believed;
    /// [`VaultError::Store`]; those of [`UnlockedVault::refresh`].
    pub fn rekeying(&mut self, scope: &RekeyScope) -> Result<Rekeying, VaultError> {
        self.refresh()?;
        self.contents.check_writable()?;
        let now = self.access.clock.now();
        if scope.older_than_days.is_some() {
            self.check_clock(now)?;
        }
        let today = day_of(now);
        let is_old = |day| scope.older_than_days.is_none_or(|days| is_older(day, today, days));
        let items = scope.items.as_ref().map(|items| items.iter().copied().collect::<HashSet<_>>());
        items.iter().flatten().try_for_each(|item| self.contents.summary_of(*item).map(drop))?;
        let mut found = Rekeying { index: items.is_none(), ..Rekeying::default() };
        found.index &= self.contents.collections.iter().any(|known| is_old(known.head.key_day));
        let unreadable = self.each_revision(None, |RevisionWithWraps { item, revision, wraps, .. }| {
            if items.as_ref().is_some_and(|items| !items.contains(&item)) || !is_old(revision.key_day) {
                return Ok(());
            }
            if wraps.is_err() || !self.contents.summary_of(item)?.is_intact() {
                found.damaged.push((item, revision.number));
            } else {
                let RevisionEntry { number, id, length, .. } = *revision;
                found.revisions.push(ToRekey { item, revision: number, id, length });
            }
            Ok(())
        })?;
        found.pages = unreadable.len() as u64;
        Ok(found)
    }

    /// Unwraps the data key of a revision, makes a fresh one for it, and lets each provider that wrapped it show that it unwraps it. Every
    /// slot in use that had a wrap of the old one gets one of the new one: nothing that was wrapped is owed afterwards. For each KMS key in
    /// use two calls, and one more for the one that opened the vault. The future borrows nothing.
    ///
    /// # Errors
    /// [`VaultError::NoSuchItem`] and [`VaultError::NoSuchRevision`] where it has gone, or has another key, since it was listed;
    /// [`VaultError::Unaccepted`]; [`VaultError::Damaged`]; [`VaultError::SlotAway`] where nothing in this session wraps for a slot that had
    /// a wrap, see [`UnlockedVault::missing_for_keys`]; [`VaultError::Provider`].
    pub fn rekey_revision(&mut self, key: ToRekey) -> BoxFuture<'static, Result<Resealing, VaultError>> {
        let prepared = self.prepare_rekeying(key);
        Box::pin(async move {
            let (reader, body, providers) = prepared?;
            let (reader, body) = (reader.await?, body.await?);
            body.prove(&providers).await?;
            Ok(Resealing { key, reader, body })
        })
    }

    /// Puts what was sealed again in the place of what it was, in one transaction; which. Those that have gone meanwhile, or have
    /// another key, are left out. Blocks.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::commit`]. Nothing has happened then.
    pub fn put_resealed(&mut self, resealed: Vec<Resealed>) -> Result<Vec<ToRekey>, VaultError> {
        self.contents.check_writable()?;
        for resealed in &resealed {
            // Before anybody else has to wait for it.
            resealed.unflushed()?.map_or(Ok(()), |flush| flush.run())?;
        }
        self.rewrite(|store, draft| {
            let mut put = Vec::with_capacity(resealed.len());
            for Resealed { key, body } in resealed {
                match draft.rekey(store, key, body) {
                    Err(VaultError::NoSuchItem(_) | VaultError::NoSuchRevision(_)) => {}
                    done => put.push(done.map(|()| key)?),
                }
            }
            Ok(put)
        })
    }

    fn prepare_rekeying(&mut self, key: ToRekey) -> Result<Prepared, VaultError> {
        // Before anybody is asked for a key.
        self.contents.check_writable()?;
        self.store.check_writable()?;
        self.refresh()?;
        let wrapped = {
            let snapshot = self.store.snapshot()?;
            let rows = snapshot.rows();
            let (_, entry) = self.entry(&rows, key.item)?;
            let is_it = |known: &&RevisionEntry| (known.number, known.id) == (key.revision, key.id);
            let revision = entry.revisions.iter().find(is_it).ok_or(VaultError::NoSuchRevision(key.revision))?;
            intact_wraps(&rows, revision)?
        };
        let used = self.contents.slots.iter().filter(|slot| slot.state != SlotState::UnwrapOnly);
        let needed = used.map(|slot| slot.id).filter(|slot| is_wrapped(&wrapped, *slot)).collect();
        let reader = self.body_reader(key.item, Some(key.revision));
        Ok((reader, self.new_body_needing(key.item, needed), self.access.providers.clone()))
    }
}

/// Reads the old content, makes the new key, and who may have wrapped that.
type Prepared = (
    BoxFuture<'static, Result<BodyReader, VaultError>>,
    BoxFuture<'static, Result<NewBody, VaultError>>,
    Vec<SlotProvider>,
);

/// Whether a key of `day` is older than `days`. One of a day that has not come yet was made by a clock that was wrong: nobody knows its age.
fn is_older(day: u32, today: u32, days: u32) -> bool {
    day > today.saturating_add(1) || today.saturating_sub(day) > days
}

impl Resealing {
    /// Opens the content and seals it under the fresh key: a document's in bounded memory. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] where the content is not what was written, or `watch` cancels; [`VaultError::Damaged`];
    /// [`VaultError::Store`].
    pub fn seal(self, watch: &(impl Watch + ?Sized)) -> Result<Resealed, VaultError> {
        let Self { key, reader, body } = self;
        if watch.is_cancelled() {
            return Err(CryptoError::Cancelled.into());
        }
        let body = if reader.is_file() {
            reseal_file(reader, body, watch)?
        } else {
            let record = reader.record()?;
            let length = match &record {
                Body::Document(bytes) => Some(bytes.len() as u64),
                Body::Fields(_) => None,
            };
            let body = body.seal_record(&record, length)?;
            watch.advanced(key.length);
            body
        };
        Ok(Resealed { key, body })
    }
}

impl Resealed {
    /// What makes its file durable, if it has one: see [`SealedBody::unflushed`].
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn unflushed(&self) -> Result<Option<Flush>, VaultError> {
        self.body.unflushed()
    }
}

impl Draft<'_> {
    /// The summaries name it by its number, and stay. Where it has gone, nothing was written.
    fn rekey(&mut self, store: &mut StoreChange<'_>, key: ToRekey, body: SealedBody) -> Result<(), VaultError> {
        let ToRekey { item, revision: number, id: before, .. } = key;
        let (_, place) = self.intact(item)?;
        if body.item != item || body.collection != self.contents.collections[place.collection].id {
            return Err(VaultError::WrongItem);
        }
        let revisions = &mut self.entry(store, place, item)?.revisions;
        let at = revisions.iter().position(|known| (known.number, known.id) == (number, before));
        let at = at.ok_or(VaultError::NoSuchRevision(number))?;
        let old = revisions.remove(at);
        store.delete_revision(doomed(&store.rows(), &old, true)?)?;
        if old.layout == LAYOUT_FILE {
            store.release(old.id)?;
            self.unneeded.push(old.id);
        }
        self.put_revision_as(store, place, body, Made { number, device: old.device, day: old.day })?;
        self.entry(store, place, item)?.revisions[at..].rotate_right(1);
        self.removes = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_older_by_whole_days_and_one_of_a_day_to_come_always() {
        let older = |day, days| is_older(day, 20_000, days);
        assert_eq!([19_970, 19_969].map(|day| older(day, 30)), [false, true]);
        assert_eq!([20_000, 20_001, 20_002].map(|day| older(day, 0)), [false, false, true]);
        assert!(older(0, 365) && older(19_999, 0));
    }
}
