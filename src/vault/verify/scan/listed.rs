//! Everything that a collection's manifest lists, by number: what rows are compared with.

use std::collections::HashMap;
use std::ops::Range;

use crate::format::v1::{ItemEntry, ItemId, ItemState, Page, PageDigest, RevisionEntry, RevisionId, SummaryEntry};
use crate::store::Rows;

use super::super::super::error::Finding;
use super::super::super::manifest::OpenCollection;
use super::super::parallel::in_parallel;
use super::ScanError;

/// How many sealed pages wait to be opened: of about 100 KiB each.
const PAGES_AHEAD: usize = 32;

/// A page that could be read.
pub(super) struct ListedPage {
    pub(super) number: u32,
    /// Its items, by their places in [`Listed::items`].
    pub(super) items: Range<usize>,
}

/// An item that a page lists.
pub(super) struct ListedItem {
    pub(super) id: ItemId,
    /// It was purged, and has no rows.
    pub(super) is_gone: bool,
    /// Its page, by its place in [`Listed::pages`].
    pub(super) page: u32,
    /// In [`Listed::summaries`], oldest first.
    pub(super) summaries: Range<u32>,
    /// In [`Listed::revisions`], oldest first.
    pub(super) revisions: Range<u32>,
}

/// A summary or a revision, and whose it is by its place in [`Listed::items`].
pub(super) struct Of<T> {
    pub(super) item: u32,
    pub(super) entry: T,
}

/// All pages that can be read. A manifest of 4 billion rows does not fit into memory: every place is a `u32`.
#[derive(Default)]
pub(super) struct Listed {
    /// In the order of their numbers.
    pub(super) pages: Vec<ListedPage>,
    pub(super) items: Vec<ListedItem>,
    pub(super) summaries: Vec<Of<SummaryEntry>>,
    pub(super) revisions: Vec<Of<RevisionEntry>>,
    by_id: HashMap<ItemId, u32>,
    by_revision: HashMap<RevisionId, u32>,
    /// The pages that can't be read.
    pub(super) unread: Vec<u32>,
}

impl Listed {
    pub(super) fn read(collection: &OpenCollection, pages: &[PageDigest], rows: &Rows<'_>) -> Result<Self, ScanError> {
        let mut listed = Self::default();
        type Sealed = (u32, Result<Vec<u8>, Finding>);
        let mut opened = in_parallel(
            PAGES_AHEAD,
            |send| {
                for &PageDigest { page: number, .. } in pages {
                    send((number, collection.sealed_page(rows, number)?))?;
                }
                Ok::<_, ScanError>(())
            },
            |(number, sealed): Sealed| (number, sealed.and_then(|sealed| collection.open_page(number, &sealed))),
        )?;
        opened.sort_unstable_by_key(|(number, _)| *number);
        let readable = || opened.iter().filter_map(|(_, page)| page.as_ref().ok()).flat_map(|page| &page.items);
        listed.items.reserve(readable().count());
        listed.by_id.reserve(listed.items.capacity());
        listed.summaries.reserve(readable().map(|item| item.summaries.len()).sum());
        listed.revisions.reserve(readable().map(|item| item.revisions.len()).sum());
        listed.by_revision.reserve(listed.revisions.capacity());
        for (number, page) in opened {
            match page {
                Ok(page) => listed.add(number, page),
                Err(_) => listed.unread.push(number),
            }
        }
        Ok(listed)
    }

    fn add(&mut self, number: u32, page: Page) {
        let first = self.items.len();
        for ItemEntry { id, state, summaries, revisions } in page.items {
            let item = self.items.len() as u32;
            let before = (self.summaries.len() as u32, self.revisions.len() as u32);
            self.by_id.insert(id, item);
            self.summaries.extend(summaries.into_iter().map(|entry| Of { item, entry }));
            for entry in revisions {
                self.by_revision.insert(entry.id, self.revisions.len() as u32);
                self.revisions.push(Of { item, entry });
            }
            self.items.push(ListedItem {
                id,
                is_gone: state == ItemState::Tombstone,
                page: self.pages.len() as u32,
                summaries: before.0..self.summaries.len() as u32,
                revisions: before.1..self.revisions.len() as u32,
            });
        }
        self.pages.push(ListedPage { number, items: first..self.items.len() });
    }

    /// The place of an item.
    pub(super) fn number(&self, id: ItemId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// A live item.
    pub(super) fn item(&self, id: ItemId) -> Option<&ListedItem> {
        self.number(id).map(|number| &self.items[number as usize]).filter(|item| !item.is_gone)
    }

    /// The place of an item's summary of this number.
    pub(super) fn summary(&self, item: &ListedItem, number: u32) -> Option<u32> {
        item.summaries.clone().find(|at| self.summaries[*at as usize].entry.number == number)
    }

    /// The place of a revision.
    pub(super) fn revision(&self, id: &[u8]) -> Option<u32> {
        self.by_revision.get(&RevisionId::from_slice(id).ok()?).copied()
    }

    /// Whose the revision at `place` is.
    pub(super) fn item_of(&self, place: u32) -> &ListedItem {
        &self.items[self.revisions[place as usize].item as usize]
    }
}
