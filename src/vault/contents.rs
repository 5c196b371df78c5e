//! What an open vault knows: its collections, what a list shows of each item, and what was found wrong.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::crypto::{CryptoError, FreshDataKey, IndexKey, sha256};
use crate::format::v1::{CollectionId, Head, ItemId, SlotId, SlotRecord, VaultId};
use crate::secret::SecretString;
use crate::store::{Bodies, CollectionRow, Counts, Rows, Store, StoreError};

use super::error::{Finding, Problem, VaultError};
use super::locked::Purpose;
use super::manifest::{OpenCollection, digest_of_wraps};
use super::thread::drop_on_all_cores;
use super::verify::{VerifiedPage, verify_page, verify_pages};
use super::{CollectionView, ItemSummary, Pin, PinError, Reading};

/// Where an item is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// In `Contents::items`.
    index: usize,
    /// Which collection, in `Contents::collections`.
    pub(super) collection: usize,
    /// On which page of its manifest.
    pub(super) page: u32,
}

/// How much was read, and who hears of it.
struct Told<'a> {
    reading: &'a dyn Reading,
    done: u64,
    total: u64,
}

impl Told<'_> {
    fn advance(&mut self, items: u64) {
        self.done += items;
        // Pages that are looked at a second time count again, and what the database says of itself may be anything.
        self.reading.read(self.done.min(self.total), self.total);
    }

    fn check(&self) -> Result<(), VaultError> {
        if self.reading.is_over() { Err(CryptoError::Cancelled.into()) } else { Ok(()) }
    }
}

pub(super) struct Contents {
    pub(super) vault: VaultId,
    pub(super) slots: Vec<SlotRecord>,
    pub(super) collections: Vec<OpenCollection>,
    pub(super) views: Vec<CollectionView>,
    pub(super) items: Vec<Arc<ItemSummary>>,
    places: HashMap<ItemId, Place>,
    pub(super) problems: Vec<Problem>,
    /// Marks of problems that the person has seen, wanting to go on.
    pub(super) accepted: HashSet<String>,
    /// The items that were put or removed since the vault was opened, the last one last.
    pub(super) touched: Vec<ItemId>,
    /// Counts the times that any of the above changed.
    pub(super) generation: u64,
    pub(super) purpose: Purpose,
}

impl Drop for Contents {
    fn drop(&mut self) {
        drop_on_all_cores(std::mem::take(&mut self.items));
    }
}

/// The index key of a collection, in its epoch.
pub(super) struct OpenKey {
    pub(super) collection: CollectionId,
    pub(super) epoch: u32,
    /// `None` where it can't be had, which is allowed only in salvaging.
    pub(super) key: Option<IndexKey>,
}

impl Contents {
    /// Opens everything that `store` has under `keys`, and holds it against the manifests. `salvaged_by`: as far as can be, with
    /// that slot.
    pub(super) fn open(
        store: &Store,
        vault: VaultId,
        slots: Vec<SlotRecord>,
        keys: Vec<OpenKey>,
        reading: &dyn Reading,
        salvaged_by: Option<SlotId>,
    ) -> Result<Self, VaultError> {
        let snapshot = store.snapshot()?;
        let rows = snapshot.rows();
        let total = match rows.count_items() {
            // It is named below.
            Err(StoreError::Damaged(_)) => 0,
            counted => counted?,
        };
        let mut told = Told { reading, done: 0, total };
        told.advance(0);
        let mut contents = Self {
            vault,
            slots,
            collections: Vec::new(),
            views: Vec::new(),
            items: Vec::new(),
            places: HashMap::new(),
            problems: Vec::new(),
            accepted: HashSet::new(),
            touched: Vec::new(),
            generation: 0,
            purpose: if salvaged_by.is_some() { Purpose::Salvage } else { Purpose::Use },
        };
        let mut stored = rows.collections()?;
        let (mut expected, mut found) = (Some(Counts::default()), None);
        for key in keys {
            let at = stored.iter().position(|row| row.id == key.collection && row.epoch == key.epoch);
            let at = at.ok_or_else(|| VaultError::Damaged("a collection went away while it was opened".to_owned()))?;
            let row = stored.swap_remove(at);
            let collection = contents.believe(&rows, &row, key.key, salvaged_by)?;
            let (listed, seen) = contents.open_collection(&rows, store.bodies(), &row, collection, &mut told)?;
            expected = expected.zip(listed).map(|(sum, more)| sum.plus(more));
            // Every walk sees the rows of all.
            found = found.or(seen);
        }
        if !stored.is_empty() {
            return Err(VaultError::Damaged("a collection came while the vault was opened".to_owned()));
        }
        match (found.map_or_else(|| rows.counts(), Ok), expected) {
            (Ok(found), Some(expected)) => contents.problems.extend(added_rows(expected, found)),
            (Ok(_), None) => {}
            (Err(StoreError::Damaged(what)), _) => {
                contents.problems.push(Problem::of_vault(Finding::Structure(what)));
            }
            (Err(error), _) => return Err(error.into()),
        }
        for strange in store.bodies().list(&|| store.is_ending())?.strange {
            contents.problems.push(Problem::of_vault(Finding::Stranger(strange.into())));
        }
        // All of it is new to everybody.
        contents.touched = Vec::new();
        Ok(contents)
    }

    /// The contents of a vault that was just made.
    pub(super) fn of_new(
        vault: VaultId,
        slots: Vec<SlotRecord>,
        collection: OpenCollection,
        name: SecretString,
    ) -> Self {
        let view = CollectionView { id: collection.id, name };
        Self {
            vault,
            slots,
            collections: vec![collection],
            views: vec![view],
            items: Vec::new(),
            places: HashMap::new(),
            problems: Vec::new(),
            accepted: HashSet::new(),
            touched: Vec::new(),
            generation: 0,
            purpose: Purpose::Use,
        }
    }

    /// The collection, if its head can be believed, and lists the slots that there are. In salvaging, what it says of the slot
    /// that opens it is enough, and without a head it goes as well.
    fn believe(
        &mut self,
        rows: &Rows<'_>,
        row: &CollectionRow,
        key: Option<IndexKey>,
        salvaged_by: Option<SlotId>,
    ) -> Result<OpenCollection, VaultError> {
        let Some(key) = key else {
            self.problems.push(Problem::of_vault(Finding::IndexKey));
            // Nothing was sealed under this one: whatever needs it counts as damaged.
            let (key, _) = IndexKey::adopt(FreshDataKey::make_random()?.into_data_key(), row.id, row.epoch)?;
            let unopened = OpenCollection::unopened(self.vault, row.id, row.epoch, key);
            return unopened.without_head(row, self.slots.clone(), rows);
        };
        let unopened = OpenCollection::unopened(self.vault, row.id, row.epoch, key);
        let collection = match unopened.opened(&row.head) {
            Err(VaultError::Damaged(_)) if salvaged_by.is_some() => {
                self.problems.push(Problem::of_vault(Finding::Head));
                return unopened.without_head(row, self.slots.clone(), rows);
            }
            opened => opened?,
        };
        let is_unreadable = salvaged_by.is_some() && rows.readable_slots()?.iter().any(Result::is_err);
        if collection.head.slots == self.slots && !is_unreadable {
            return Ok(collection);
        }
        let of_slot =
            |slots: &[SlotRecord], id| slots.iter().find(|slot| slot.id == id).map(|slot| slot.config.clone());
        match salvaged_by {
            Some(id) if of_slot(&collection.head.slots, id) == of_slot(&self.slots, id) => {
                self.problems.push(Problem::of_vault(Finding::Slots));
                self.slots = collection.head.slots.clone();
                Ok(collection)
            }
            _ => Err(VaultError::SlotsForged),
        }
    }

    /// Opens a collection: how many rows its pages demand, and how many there are, where that is known.
    fn open_collection(
        &mut self,
        rows: &Rows<'_>,
        bodies: &Bodies,
        row: &CollectionRow,
        collection: OpenCollection,
        told: &mut Told<'_>,
    ) -> Result<(Option<Counts>, Option<Counts>), VaultError> {
        let number = self.collections.len();
        let findings = head_findings(rows, &collection, &row.name)?;
        let problem = |what| Problem { collection: Some(row.id), item: None, what, page: None };
        self.problems.extend(findings.into_iter().map(problem));
        let name = collection.open_name(&row.name).unwrap_or_default();
        let mut listed = Some(Counts::default());
        let advanced = &mut |items| {
            told.advance(items);
            told.check()
        };
        let verified = verify_pages(&collection, &collection.head.pages, rows, bodies, advanced)?;
        let items = verified.pages.iter().map(|page| page.items.len()).sum();
        self.items.reserve(items);
        self.places.reserve(items);
        self.touched.reserve(items);
        for page in verified.pages {
            listed = listed.zip(page.counts).map(|(sum, more)| sum.plus(more));
            self.put_page(number, page);
        }
        told.check()?;
        self.collections.push(collection);
        self.views.push(CollectionView { id: row.id, name });
        Ok((listed, verified.rows))
    }

    /// Takes in what other writers committed since; whether there was anything. Where `is_over` says so between two pages, nothing
    /// of a collection is taken in.
    pub(super) fn take_in(
        &mut self,
        rows: &Rows<'_>,
        bodies: &Bodies,
        is_over: &dyn Fn() -> bool,
    ) -> Result<bool, VaultError> {
        let mut changed = false;
        for number in 0..self.collections.len() {
            let known = &self.collections[number];
            let sealed = rows.head(known.id)?.ok_or_else(|| VaultError::Damaged("a collection is gone".to_owned()))?;
            let digest = sha256(&sealed);
            if digest == known.digest {
                continue;
            }
            let head = known.open_head(&sealed).map_err(|error| {
                let is_next = |row: &CollectionRow| row.id == known.id && row.epoch > known.epoch;
                let rekeyed = rows.collections().is_ok_and(|rows| rows.iter().any(is_next));
                // Whoever unlocks next sees whether that is so.
                if rekeyed { VaultError::Rekeyed } else { error }
            })?;
            self.take_head((rows, bodies), number, head, digest, is_over)?;
            self.generation += 1;
            self.look_at_head(rows, number)?;
            changed = true;
        }
        Ok(changed)
    }

    /// Finds anew what is wrong with a collection itself.
    fn look_at_head(&mut self, rows: &Rows<'_>, number: usize) -> Result<(), VaultError> {
        let collection = &self.collections[number];
        let name = rows.collections()?.into_iter().find(|row| row.id == collection.id).map(|row| row.name);
        let findings = head_findings(rows, collection, &name.unwrap_or_default())?;
        let id = Some(collection.id);
        let of_head = |what: &Finding| {
            matches!(what, Finding::Name | Finding::IndexWraps | Finding::PageAdded(_) | Finding::Structure(_))
        };
        self.problems.retain(|problem| problem.collection != id || !of_head(&problem.what));
        self.problems.extend(findings.into_iter().map(|what| Problem { collection: id, item: None, what, page: None }));
        Ok(())
    }

    fn take_head(
        &mut self,
        (rows, bodies): (&Rows<'_>, &Bodies),
        number: usize,
        head: Head,
        digest: [u8; 32],
        is_over: &dyn Fn() -> bool,
    ) -> Result<(), VaultError> {
        let known = &self.collections[number];
        if head.slots != known.head.slots {
            return Err(VaultError::SlotsChanged);
        }
        let went_on = known.head.devices.iter().all(|before| {
            let now = head.devices.iter().find(|now| now.device == before.device);
            now.is_some_and(|now| now.sequence >= before.sequence)
        });
        // The same counts under another digest are another history.
        if !went_on || head.devices == known.head.devices {
            return Err(VaultError::Older);
        }
        let changed: Vec<u32> = head
            .pages
            .iter()
            .filter(|page| !known.head.pages.contains(page))
            .map(|page| page.page)
            .chain(
                known
                    .head
                    .pages
                    .iter()
                    .map(|page| page.page)
                    .filter(|old| head.pages.binary_search_by_key(old, |page| page.page).is_err()),
            )
            .collect();
        let collection = known.with_head(head, digest);
        let verify = |page: &u32| {
            if is_over() {
                return Err(CryptoError::Cancelled.into());
            }
            verify_page(&collection, rows, bodies, *page)
        };
        let pages = changed.iter().map(verify);
        let pages = pages.collect::<Result<Vec<_>, _>>()?;
        for page in pages {
            self.put_page(number, page);
        }
        self.collections[number] = collection;
        Ok(())
    }

    /// Replaces what is known of a page.
    fn put_page(&mut self, collection: usize, verified: VerifiedPage) {
        let page = verified.number;
        // A page that is seen for the first time has nothing to replace; looking would cost its square at unlock.
        if let Some(known) = self.collections.get(collection) {
            let id = Some(known.id);
            self.problems.retain(|problem| !(problem.page == Some(page) && problem.collection == id));
            let here = |place: &Place| place.collection == collection && place.page == page;
            let still = |item: &ItemId| verified.items.iter().any(|summary| summary.id == *item);
            let listed = self.places.iter().filter(|(_, place)| here(place)).map(|(item, _)| *item);
            let gone: Vec<_> = listed.filter(|item| !still(item)).collect();
            gone.into_iter().for_each(|item| self.remove_item(item));
        }
        self.problems.extend(verified.problems);
        for summary in verified.items {
            self.put_item(summary, collection, page);
        }
    }

    /// Shows an item, new or changed.
    pub(super) fn put_item(&mut self, summary: Arc<ItemSummary>, collection: usize, page: u32) {
        let index = self.places.get(&summary.id).map_or(self.items.len(), |place| place.index);
        self.places.insert(summary.id, Place { index, collection, page });
        self.touched.push(summary.id);
        match self.items.get_mut(index) {
            Some(known) => *known = summary,
            None => self.items.push(summary),
        }
    }

    /// Shows an item no longer.
    pub(super) fn remove_item(&mut self, item: ItemId) {
        let Some(gone) = self.places.remove(&item) else { return };
        self.items.swap_remove(gone.index);
        self.touched.push(item);
        if let Some(moved) = self.items.get(gone.index)
            && let Some(place) = self.places.get_mut(&moved.id)
        {
            place.index = gone.index;
        }
    }

    /// Where an item is.
    pub(super) fn place_of(&self, item: ItemId) -> Result<Place, VaultError> {
        self.places.get(&item).copied().ok_or(VaultError::NoSuchItem(item))
    }

    /// What a list shows of an item.
    pub(super) fn summary_of(&self, item: ItemId) -> Result<&Arc<ItemSummary>, VaultError> {
        self.items.get(self.place_of(item)?.index).ok_or(VaultError::NoSuchItem(item))
    }

    /// Where new items go.
    pub(super) fn first_collection(&self) -> Result<CollectionId, VaultError> {
        let first = self.collections.first().map(|collection| collection.id);
        first.ok_or_else(|| VaultError::Damaged("it has no collection".to_owned()))
    }

    /// Sees to it that the rows of slots are those that the heads list, and those of index keys are about the keys of this session:
    /// whoever opens the vault next goes by them.
    pub(super) fn check_slot_rows(&self, rows: &Rows<'_>) -> Result<(), VaultError> {
        if rows.slots()? != self.slots {
            return Err(VaultError::SlotsForged);
        }
        let stored = rows.collections()?;
        for known in &self.collections {
            let row = stored.iter().find(|row| row.id == known.id && row.epoch == known.epoch);
            if row.map(|row| row.commitment) != Some(known.commitment()?) {
                return Err(VaultError::Damaged("what tells the list's key from others was changed".to_owned()));
            }
        }
        Ok(())
    }

    /// What is seen of the vault now.
    pub(super) fn pin(&self) -> Result<Pin, PinError> {
        let mut pin = Pin::new(self.vault, &self.slots)?;
        for collection in &self.collections {
            let key = collection.commitment().map_err(|error| PinError(error.to_string()))?;
            pin.put_head(collection.id, (collection.epoch, &key), &collection.digest, &collection.head);
        }
        let mut accepted: Vec<_> = self.accepted.iter().cloned().collect();
        accepted.sort_unstable();
        pin.set_accepted(accepted);
        Ok(pin)
    }

    /// Whether anything may be saved.
    pub(super) fn check_writable(&self) -> Result<(), VaultError> {
        let may = self.unaccepted().next().is_none() && self.purpose == Purpose::Use;
        if may { Ok(()) } else { Err(VaultError::Unaccepted) }
    }

    /// The problems that nobody has accepted.
    pub(super) fn unaccepted(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| !self.accepted.contains(&problem.mark()))
    }
}

/// Holds what the head says of the collection itself against its rows; `name` is the sealed name.
pub(super) fn head_findings(
    rows: &Rows<'_>,
    collection: &OpenCollection,
    name: &[u8],
) -> Result<Vec<Finding>, VaultError> {
    let mut found = Vec::new();
    if sha256(name) != collection.head.name {
        found.push(Finding::Name);
    }
    match rows.index_wraps(collection.id, collection.epoch) {
        Ok(wraps) if digest_of_wraps(&wraps) == collection.head.index_wraps => {}
        Ok(_) | Err(StoreError::Damaged(_)) => found.push(Finding::IndexWraps),
        Err(error) => return Err(error.into()),
    }
    let numbers = match rows.page_numbers(collection.id) {
        Err(StoreError::Damaged(what)) => {
            found.push(Finding::Structure(what));
            Vec::new()
        }
        numbers => numbers?,
    };
    for number in numbers {
        if collection.head.pages.binary_search_by_key(&number, |page| page.page).is_err() {
            found.push(Finding::PageAdded(number));
        }
    }
    Ok(found)
}

/// Rows that belong to no page at all show only in the totals. Missing and added ones on pages are named already.
pub(super) fn added_rows(expected: Counts, found: Counts) -> Vec<Problem> {
    let tables = [
        ("item", expected.items, found.items),
        ("summary", expected.summaries, found.summaries),
        ("revision", expected.revisions, found.revisions),
        ("revision_wrap", expected.wraps, found.wraps),
    ];
    let added = tables.into_iter().filter(|(_, expected, found)| found > expected);
    let problem = |(table, expected, found)| Problem {
        collection: None,
        item: None,
        what: Finding::RowsAdded { table, count: found - expected },
        page: None,
    };
    added.map(problem).collect()
}
