//! What a commit is going to be: rows written inside the open transaction, pages and heads sealed at its end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::crypto::sha256;
use crate::format::v1::{
    DeviceId, ItemEntry, ItemId, ItemState, Page, Retention, RevisionEntry, RevisionId, SlotRecord, SlotState,
    SummaryEntry, SummaryRecord,
};
use crate::store::{Change as StoreChange, NewRevision, Rows, WrapRow};

use super::commit::Change;
use super::contents::Contents;
use super::manifest::{OpenCollection, digest_of_wraps};
use super::new_body::Frames;
use super::verify::NO_HEADER;
use super::wrapping::Wrap;
use super::{Finding, ItemSummary, Kind, SealedBody, SummaryEdit, VaultError};

/// A page takes new items up to this many.
const ITEMS_OF_PAGE: usize = 256;

/// Which page of which collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PagePlace {
    pub(super) collection: usize,
    pub(super) page: u32,
}

/// Which revision it is, who made it, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    pub(super) number: u32,
    pub(super) device: DeviceId,
    /// Days since 1970-01-01, in UTC.
    pub(super) day: u32,
}

pub(super) struct Draft<'a> {
    pub(super) contents: &'a Contents,
    device: DeviceId,
    now: Timestamp,
    pages: BTreeMap<PagePlace, Page>,
    pub(super) shown: HashMap<ItemId, (Arc<ItemSummary>, PagePlace)>,
    pub(super) gone: Vec<ItemId>,
    pub(super) unneeded: Vec<RevisionId>,
    pub(super) pruned: Vec<(ItemId, BTreeSet<u32>)>,
    slots: Option<Vec<SlotRecord>>,
    retention: Option<Retention>,
    /// Collections that are under another index key, with all of their pages sealed already.
    pub(super) rekeyed: Vec<(usize, OpenCollection)>,
    pub(super) removes: bool,
    owes: bool,
}

/// What is to be shown once the transaction is committed.
pub(super) struct Drafted {
    pub(super) collections: Vec<(usize, OpenCollection)>,
    pub(super) shown: Vec<(Arc<ItemSummary>, PagePlace)>,
    pub(super) gone: Vec<ItemId>,
    /// Revisions whose files nobody needs any more.
    pub(super) unneeded: Vec<RevisionId>,
    /// Revisions that were removed from items that stay.
    pub(super) pruned: Vec<(ItemId, BTreeSet<u32>)>,
    /// The slots, where they changed.
    pub(super) slots: Option<Vec<SlotRecord>>,
    /// Whether something was removed that nobody is to find on the disk any more.
    pub(super) removes: bool,
    /// Whether wraps were saved that wait for their slots.
    pub(super) owes: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(contents: &'a Contents, device: DeviceId, now: Timestamp) -> Self {
        Self {
            contents,
            device,
            now,
            pages: BTreeMap::new(),
            shown: HashMap::new(),
            gone: Vec::new(),
            unneeded: Vec::new(),
            pruned: Vec::new(),
            slots: None,
            retention: None,
            rekeyed: Vec::new(),
            removes: false,
            owes: false,
        }
    }

    /// Today, in days since 1970-01-01.
    pub(super) fn today(&self) -> u32 {
        day_of(self.now)
    }

    /// The collections as they are before the change.
    pub(super) fn collections(&self) -> &'a [OpenCollection] {
        &self.contents.collections
    }

    /// Makes `slots` those that the heads list; the rows are the caller's.
    pub(super) fn put_slots(&mut self, mut slots: Vec<SlotRecord>) {
        slots.sort_by_key(|slot| slot.id);
        self.slots = Some(slots);
        self.removes = true;
    }

    /// Lets the heads say for how long the vault keeps things.
    pub(super) fn put_retention(&mut self, retention: Retention) {
        self.retention = Some(retention);
    }

    /// Gives a revision other wraps, by slot. Its header names the old ones and goes: no second one is ever made under its data
    /// key.
    pub(super) fn put_wraps(
        &mut self,
        store: &StoreChange<'_>,
        place: PagePlace,
        item: ItemId,
        number: u32,
        change: impl FnOnce(Vec<WrapRow>) -> Result<Vec<WrapRow>, VaultError>,
    ) -> Result<(), VaultError> {
        let entry = self.entry(store, place, item)?;
        let revision = entry.revisions.iter_mut().find(|revision| revision.number == number);
        let revision = revision.ok_or(VaultError::NoSuchRevision(number))?;
        let before = intact_wraps(&store.rows(), revision)?;
        let count = before.len();
        let wraps = change(before)?;
        store.replace_wraps(revision.id, count, &wraps)?;
        revision.wraps = digest_of_wraps(&wraps);
        revision.header = NO_HEADER;
        Ok(())
    }

    /// Writes one change's rows.
    pub(super) fn apply(&mut self, store: &mut StoreChange<'_>, change: Change) -> Result<ItemId, VaultError> {
        match change {
            Change::Add { kind, title, tags, subtitle, media_type, body } => {
                let now = self.now.as_second();
                let record = SummaryRecord {
                    kind: kind.name().to_owned(),
                    title,
                    tags,
                    subtitle,
                    media_type,
                    size: 0,
                    favourite: false,
                    trashed: None,
                    created: now,
                    modified: now,
                    revision: 1,
                };
                self.add(store, &kind, record, body)
            }
            Change::Revise { item, body, edit } => {
                let (kind, place) = self.revise(store, item, body, edit)?;
                let past = self.past_the_limit(store, item, place, &kind)?;
                if past.is_empty() { Ok(item) } else { self.prune(store, item, &past) }
            }
            Change::Restore { item, body, edit } => self.revise(store, item, body, edit).map(|_| item),
            Change::Describe { item, edit } => {
                let (summary, place) = self.intact(item)?;
                let record = summary.to_record(edit, self.now);
                self.put_summary(store, item, place, record)?;
                Ok(item)
            }
            Change::Prune { item, revisions } => self.prune(store, item, &revisions),
            Change::Purge { item } => self.purge(store, item),
            Change::PurgeTrashed { item, since } => self.purge_trashed(store, item, since),
        }
    }

    fn add(
        &mut self,
        store: &mut StoreChange<'_>,
        kind: &Kind,
        mut record: SummaryRecord,
        body: SealedBody,
    ) -> Result<ItemId, VaultError> {
        let item = body.item;
        let contents = self.contents;
        let at = contents.collections.iter().position(|known| known.id == body.collection);
        let collection = at.ok_or(VaultError::WrongItem)?;
        if self.current(item).is_ok() {
            return Err(VaultError::WrongItem);
        }
        check_kind(kind, &body)?;
        record.size = body.document.unwrap_or(0);
        let place = self.place_for_new(store, collection)?;
        store.reserve_page(body.collection, place.page)?;
        store.insert_item(item, body.collection, place.page)?;
        let entry = ItemEntry { id: item, state: ItemState::Live, summaries: Vec::new(), revisions: Vec::new() };
        self.page(store, place)?.items.push(entry);
        self.put_revision(store, place, body)?;
        self.put_summary(store, item, place, record)?;
        Ok(item)
    }

    fn revise(
        &mut self,
        store: &mut StoreChange<'_>,
        item: ItemId,
        body: SealedBody,
        edit: SummaryEdit,
    ) -> Result<(Kind, PagePlace), VaultError> {
        let (summary, place) = self.intact(item)?;
        if body.item != item || body.collection != summary.collection {
            return Err(VaultError::WrongItem);
        }
        check_kind(&summary.kind, &body)?;
        let mut record = summary.to_record(edit, self.now);
        record.modified = self.now.as_second();
        record.size = body.document.unwrap_or(0);
        record.revision = self.put_revision(store, place, body)?;
        self.put_summary(store, item, place, record)?;
        Ok((summary.kind.clone(), place))
    }

    /// The oldest revisions of an item that has more than the vault keeps.
    fn past_the_limit(
        &mut self,
        store: &StoreChange<'_>,
        item: ItemId,
        place: PagePlace,
        kind: &Kind,
    ) -> Result<BTreeSet<u32>, VaultError> {
        let retention = self.contents.collections[place.collection].head.retention;
        let revisions = &self.entry(store, place, item)?.revisions;
        let past = retention.past_the_limit(kind, revisions.len());
        Ok(revisions.iter().take(past).map(|revision| revision.number).collect())
    }

    /// Seals what was changed of the manifest, and writes it.
    pub(super) fn finish(mut self, store: &StoreChange<'_>) -> Result<Drafted, VaultError> {
        let mut collections = std::mem::take(&mut self.rekeyed);
        for (place, page) in &self.pages {
            let collection = drafted(&mut collections, self.contents, place.collection);
            let sealed = collection.seal_page(place.page, page)?;
            store.put_page(collection.id, place.page, &sealed)?;
            collection.head.put_page(place.page, sha256(&sealed));
        }
        if self.slots.is_some() || self.retention.is_some() {
            for number in 0..self.contents.collections.len() {
                drafted(&mut collections, self.contents, number);
            }
        }
        for (_, collection) in &mut collections {
            if let Some(retention) = self.retention {
                collection.head.retention = retention;
            }
            if let Some(slots) = &self.slots {
                collection.head.slots = slots.clone();
                let wraps = store.rows().index_wraps(collection.id, collection.epoch)?;
                collection.head.index_wraps = digest_of_wraps(&wraps);
            }
        }
        for (_, collection) in &mut collections {
            collection.head.advance(self.device);
            let sealed = collection.seal_head(&collection.head)?;
            store.put_head(collection.id, &sealed)?;
            collection.digest = sha256(&sealed);
        }
        let Self { shown, gone, unneeded, pruned, slots, removes, owes, .. } = self;
        let shown = shown.into_values().collect();
        Ok(Drafted { collections, shown, gone, unneeded, pruned, slots, removes, owes })
    }

    /// What is shown of an item, with the changes so far.
    pub(super) fn current(&self, item: ItemId) -> Result<(Arc<ItemSummary>, PagePlace), VaultError> {
        if self.gone.contains(&item) {
            return Err(VaultError::NoSuchItem(item));
        }
        if let Some((summary, place)) = self.shown.get(&item) {
            return Ok((Arc::clone(summary), *place));
        }
        let place = self.contents.place_of(item)?;
        let summary = self.contents.summary_of(item)?;
        Ok((Arc::clone(summary), PagePlace { collection: place.collection, page: place.page }))
    }

    /// The same, of an item that can be trusted: writing over one that can't would pass what was found for written.
    pub(super) fn intact(&self, item: ItemId) -> Result<(Arc<ItemSummary>, PagePlace), VaultError> {
        let (summary, place) = self.current(item)?;
        match &summary.state {
            super::ItemState::Intact => Ok((summary, place)),
            super::ItemState::Damaged(found) => Err(VaultError::Damaged(found.to_string())),
        }
    }

    pub(super) fn page(&mut self, store: &StoreChange<'_>, place: PagePlace) -> Result<&mut Page, VaultError> {
        use std::collections::btree_map::Entry;
        match self.pages.entry(place) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(vacant) => {
                let collection = &self.contents.collections[place.collection];
                Ok(vacant.insert(collection.intact_page(&store.rows(), place.page)?))
            }
        }
    }

    pub(super) fn entry(
        &mut self,
        store: &StoreChange<'_>,
        place: PagePlace,
        item: ItemId,
    ) -> Result<&mut ItemEntry, VaultError> {
        self.page(store, place)?.item_mut(item).ok_or(VaultError::NoSuchItem(item))
    }

    /// The last page, if it has room and can be read, else the next one.
    pub(super) fn place_for_new(
        &mut self,
        store: &StoreChange<'_>,
        collection: usize,
    ) -> Result<PagePlace, VaultError> {
        let known = &self.contents.collections[collection];
        let drafted = self.pages.keys().filter(|place| place.collection == collection).map(|place| place.page).max();
        let last = drafted.max(known.head.pages.last().map(|page| page.page));
        if let Some(page) = last {
            let place = PagePlace { collection, page };
            let room = match self.pages.get(&place) {
                Some(page) => page.items.len() < ITEMS_OF_PAGE,
                None => known.page(&store.rows(), page)?.is_ok_and(|page| page.items.len() < ITEMS_OF_PAGE),
            };
            if room {
                return Ok(place);
            }
        }
        let page = last.unwrap_or(0).checked_add(1).ok_or(VaultError::TooLong("pages"))?;
        let place = PagePlace { collection, page };
        self.pages.insert(place, Page::default());
        Ok(place)
    }

    /// Writes a revision's rows and its entry; its number.
    fn put_revision(
        &mut self,
        store: &mut StoreChange<'_>,
        place: PagePlace,
        body: SealedBody,
    ) -> Result<u32, VaultError> {
        let entry = self.entry(store, place, body.item)?;
        let last = entry.revisions.last().map_or(0, |last| last.number);
        let number = last.checked_add(1).ok_or(VaultError::TooLong("revisions"))?;
        let made = Made { number, device: self.device, day: self.today() };
        self.put_revision_as(store, place, body, made)?;
        Ok(number)
    }

    /// The same under a number of its own, which must come after those that are there; by whom, and on which day.
    pub(super) fn put_revision_as(
        &mut self,
        store: &mut StoreChange<'_>,
        place: PagePlace,
        body: SealedBody,
        made: Made,
    ) -> Result<(), VaultError> {
        self.check_slots_of(&body.wraps)?;
        // What is owed waits under a key that may be gone.
        if body.owes() && body.epoch != self.contents.collections[place.collection].epoch {
            return Err(VaultError::SlotGone);
        }
        self.owes |= body.owes();
        let SealedBody { item, revision, header, wraps, frames, length, digest, .. } = body;
        let Made { number, device, day } = made;
        // Whatever the day of the revision, its key was made just now.
        let key_day = self.today();
        let entry = self.entry(store, place, item)?;
        let header_bytes = header.to_bytes();
        let layout = frames.layout();
        let in_row = match frames {
            Frames::Here(frames) => Some(frames),
            Frames::File(file) => {
                store.publish(file, revision)?;
                None
            }
        };
        let wraps = wraps.iter().map(Wrap::to_row).collect::<Result<Vec<_>, VaultError>>()?;
        let entry_of = RevisionEntry {
            number,
            id: revision,
            device,
            day,
            key_day,
            layout,
            header: sha256(&header_bytes),
            wraps: digest_of_wraps(&wraps),
            message_id: *header.body().message_id(),
            frame_length: header.body().frame_length().bytes(),
            commitment: *header.body().commitment(),
            length,
            body: digest,
        };
        store.insert_revision(&NewRevision {
            id: revision,
            item,
            number,
            device: device.0,
            layout,
            header: &header_bytes,
            message_id: entry_of.message_id.0,
            frame_length: entry_of.frame_length,
            commitment: entry_of.commitment.0,
            length,
            digest,
            frames: in_row.as_deref(),
        })?;
        for wrap in &wraps {
            store.insert_wrap(revision, wrap)?;
        }
        entry.revisions.push(entry_of);
        Ok(())
    }

    /// The slots may have changed since a new key was wrapped. What is not in use any more gets nothing new; what came is owed its wrap.
    fn check_slots_of(&mut self, wraps: &[Wrap]) -> Result<(), VaultError> {
        let slots = &self.contents.slots;
        let is_used = |slot: &&SlotRecord| slot.state != SlotState::UnwrapOnly;
        if !wraps.iter().all(|wrap| slots.iter().filter(is_used).any(|slot| slot.id == wrap.slot)) {
            return Err(VaultError::SlotGone);
        }
        let mut active = slots.iter().filter(|slot| slot.state == SlotState::Active);
        self.owes |= active.any(|slot| wraps.iter().all(|wrap| wrap.slot != slot.id));
        Ok(())
    }

    /// Writes a summary's row and its entry, and shows it.
    fn put_summary(
        &mut self,
        store: &StoreChange<'_>,
        item: ItemId,
        place: PagePlace,
        record: SummaryRecord,
    ) -> Result<(), VaultError> {
        let entry = self.entry(store, place, item)?;
        let last = entry.summaries.last().map_or(0, |last| last.number);
        let number = last.checked_add(1).ok_or(VaultError::TooLong("summaries"))?;
        self.put_summary_as(store, item, place, record, number)
    }

    /// The same under a number of its own, which must come after those that are there.
    pub(super) fn put_summary_as(
        &mut self,
        store: &StoreChange<'_>,
        item: ItemId,
        place: PagePlace,
        record: SummaryRecord,
        number: u32,
    ) -> Result<(), VaultError> {
        let contents = self.contents;
        let collection = &contents.collections[place.collection];
        let device = self.device;
        let entry = self.entry(store, place, item)?;
        let sealed = collection.seal_summary(item, number, &record)?;
        entry.summaries.push(SummaryEntry { number, device, digest: sha256(&sealed) });
        store.insert_summary(item, number, &sealed)?;
        self.shown.insert(item, (Arc::new(ItemSummary::from_record(item, collection.id, record)), place));
        Ok(())
    }
}

/// Collection `number` as it is going to be.
fn drafted<'a>(
    collections: &'a mut Vec<(usize, OpenCollection)>,
    contents: &Contents,
    number: usize,
) -> &'a mut OpenCollection {
    let at = collections.iter().position(|(known, _)| *known == number).unwrap_or_else(|| {
        collections.push((number, contents.collections[number].clone()));
        collections.len() - 1
    });
    &mut collections[at].1
}

/// A revision's wraps, which must be the ones that its entry is about.
pub(super) fn intact_wraps(rows: &Rows<'_>, revision: &RevisionEntry) -> Result<Vec<WrapRow>, VaultError> {
    let wraps = rows.wraps(&revision.id.0)?;
    if digest_of_wraps(&wraps) == revision.wraps {
        Ok(wraps)
    } else {
        Err(VaultError::Damaged(Finding::WrapsChanged(revision.number).to_string()))
    }
}

fn check_kind(kind: &Kind, body: &SealedBody) -> Result<(), VaultError> {
    let fits = (*kind == Kind::Document) == body.document.is_some();
    if fits { Ok(()) } else { Err(VaultError::WrongKind) }
}

/// Days since 1970-01-01, in UTC.
pub(super) fn day_of(now: Timestamp) -> u32 {
    u32::try_from(now.as_second() / 86_400).unwrap_or(0)
}
