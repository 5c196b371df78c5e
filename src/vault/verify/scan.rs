//! Holding all rows of a collection against its manifest at once: each table is read one time, in the order it is stored in,
//! which is several times faster than asking for the rows of one item after another.
//!
//! Names nothing. A page is whole if exactly the rows stand there that it lists, each as it lists it; every other page is
//! doubtful, and has to be looked at by itself.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::crypto::sha256;
use crate::format::v1::{ItemEntry, ItemId, ItemState as EntryState, PageDigest, RevisionId};
use crate::store::{Bodies, Counts, RevisionRow, Rows, StoreError};

use super::super::ItemSummary;
use super::super::error::VaultError;
use super::super::manifest::{OpenCollection, digest_of_wraps};
use super::super::thread::ThreadError;
use super::{VerifiedPage, check_body, is_as_listed};

/// How many summaries go to a thread at once, if they are not long ones.
const BATCH: usize = 256;

/// So many bytes go at once in any case.
const BATCH_LENGTH: usize = 1 << 20;

/// After so many rows, progress is told.
const STRIDE: u64 = 1024;

/// What a scan gives.
pub(super) struct Scanned {
    /// The pages whose rows are all there, and nothing else.
    pub(super) whole: Vec<VerifiedPage>,
    /// The numbers of the others.
    pub(super) doubtful: Vec<u32>,
}

/// Why a scan gave nothing.
pub(super) enum ScanError {
    /// Rows can't be read: which ones, only looking at each page by itself can tell.
    Store,
    /// It was ended, or can't go on.
    Ended(VaultError),
}

impl From<StoreError> for ScanError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Interrupted => Self::Ended(error.into()),
            _ => Self::Store,
        }
    }
}

impl From<VaultError> for ScanError {
    fn from(error: VaultError) -> Self {
        Self::Ended(error)
    }
}

/// Scans all rows for those of `pages`. `advanced` hears how many more items were read, as far as a table's rows tell.
pub(super) fn scan(
    collection: &OpenCollection,
    pages: &[PageDigest],
    rows: &Rows<'_>,
    bodies: &Bodies,
    advanced: &mut dyn FnMut(u64) -> Result<(), VaultError>,
) -> Result<Scanned, ScanError> {
    let listed = Listed::read(collection, pages, rows)?;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let (sender, receiver) = sync_channel::<Batch>(workers * 2);
    let (receiver, entries) = (Mutex::new(receiver), &listed.items);
    let mut seen = Seen::new(listed.rows as usize, listed.pages.len());
    let opened = thread::scope(|scope| {
        let work = || open_batches(collection, entries, &receiver);
        let working: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let live = entries.iter().filter(|item| !item.is_gone()).count() as u64;
        let mut progress = Progress { rows: 0, of: u64::from(listed.rows), told: 0, items: live, advanced };
        let walked = walk(&listed, &mut seen, collection, rows, bodies, &mut progress, sender);
        let mut opened = Vec::with_capacity(entries.len());
        for thread in working {
            opened.extend(thread.join().map_err(|_| VaultError::from(ThreadError::EndedEarly))?);
        }
        walked.map(|()| opened)
    })?;
    let mut summaries = Vec::new();
    summaries.resize_with(listed.items.len(), || None);
    for Opened { item, row, summary } in opened {
        seen.mark(row, &listed.items[item as usize]);
        if summary.is_some() {
            summaries[item as usize] = summary;
        }
    }
    Ok(listed.conclude(&seen, summaries))
}

/// Reads all tables.
fn walk(
    listed: &Listed,
    seen: &mut Seen,
    collection: &OpenCollection,
    rows: &Rows<'_>,
    bodies: &Bodies,
    progress: &mut Progress<'_>,
    sender: SyncSender<Batch>,
) -> Result<(), ScanError> {
    rows.each_item(|id, of, page| {
        let item =
            listed.item(id).filter(|item| of == collection.id && listed.pages[item.page as usize].number == page);
        match item {
            Some(item) => seen.mark(item.rows.start, item),
            // One that no page lists, or another page: the page that it names has one too many.
            None if of == collection.id => {
                if let Ok(page) = listed.pages.binary_search_by_key(&page, |known| known.number) {
                    seen.doubtful[page] = true;
                }
            }
            None => {}
        }
        progress.advance()
    })?;
    // First what takes longest to open.
    let mut batch = Batch::default();
    rows.each_summary(|id, number, sealed| {
        if let Some((at, item)) = listed.number(id) {
            match item.entry.summaries.iter().position(|summary| summary.number == number) {
                Some(summary) => batch.push(at, summary, sealed),
                None => seen.doubt(item),
            }
            if batch.summaries.len() >= BATCH || batch.bytes.len() >= BATCH_LENGTH {
                sender.send(std::mem::take(&mut batch)).map_err(|_| VaultError::from(ThreadError::EndedEarly))?;
            }
        }
        progress.advance()
    })?;
    sender.send(batch).map_err(|_| VaultError::from(ThreadError::EndedEarly))?;
    drop(sender);
    rows.each_revision(|id, row| {
        if let Some(item) = listed.item(id) {
            match item.entry.revisions.iter().position(|revision| revision.number == row.number) {
                Some(at) if item.holds(at, row, bodies)? => seen.mark(item.revision_row(at), item),
                Some(_) | None => seen.doubt(item),
            }
        }
        progress.advance()
    })?;
    rows.each_wraps(|id, wraps| {
        if let Some((item, at)) = listed.revision(id)
            && digest_of_wraps(wraps) == item.entry.revisions[at].wraps
        {
            seen.mark(item.wraps_row(at), item);
            seen.wraps[item.page as usize] += wraps.len() as u64;
        }
        progress.advance()
    })
}

/// An item that a page lists.
struct ListedItem {
    entry: ItemEntry,
    /// Its page, by its place in [`Listed::pages`].
    page: u32,
    /// The numbers of its rows: of the item, then its summaries, its revisions, and the wraps of each revision.
    rows: Range<u32>,
}

impl ListedItem {
    fn is_gone(&self) -> bool {
        self.entry.state == EntryState::Tombstone
    }

    fn summary_row(&self, at: usize) -> u32 {
        self.rows.start + 1 + at as u32
    }

    fn revision_row(&self, at: usize) -> u32 {
        self.summary_row(self.entry.summaries.len() + at)
    }

    fn wraps_row(&self, at: usize) -> u32 {
        self.revision_row(at) + self.entry.revisions.len() as u32
    }

    fn holds(&self, at: usize, row: &RevisionRow, bodies: &Bodies) -> Result<bool, VaultError> {
        let entry = &self.entry.revisions[at];
        Ok(is_as_listed(entry, row) && check_body(entry, row, bodies)?.is_none())
    }
}

/// A page that could be read.
struct ListedPage {
    number: u32,
    /// Its items, by their places in [`Listed::items`].
    items: Range<usize>,
}

/// Everything that the manifest lists.
struct Listed {
    pages: Vec<ListedPage>,
    items: Vec<ListedItem>,
    by_id: HashMap<ItemId, u32>,
    /// Which item, and which of its revisions.
    by_revision: HashMap<RevisionId, (u32, u32)>,
    /// How many rows are expected.
    rows: u32,
    /// The pages that can't be read.
    unread: Vec<u32>,
}

impl Listed {
    fn read(collection: &OpenCollection, pages: &[PageDigest], rows: &Rows<'_>) -> Result<Self, ScanError> {
        let mut listed = Self {
            pages: Vec::with_capacity(pages.len()),
            items: Vec::new(),
            by_id: HashMap::new(),
            by_revision: HashMap::new(),
            rows: 0,
            unread: Vec::new(),
        };
        for &PageDigest { page: number, .. } in pages {
            let Ok(page) = collection.page(rows, number)? else {
                listed.unread.push(number);
                continue;
            };
            let first = listed.items.len();
            for entry in page.items {
                listed.add(entry);
            }
            listed.pages.push(ListedPage { number, items: first..listed.items.len() });
        }
        Ok(listed)
    }

    fn add(&mut self, entry: ItemEntry) {
        // A manifest of 4 billion rows does not fit into memory.
        let (at, page) = (self.items.len() as u32, self.pages.len() as u32);
        self.by_id.insert(entry.id, at);
        for (number, revision) in entry.revisions.iter().enumerate() {
            self.by_revision.insert(revision.id, (at, number as u32));
        }
        let count = match entry.state {
            EntryState::Live => 1 + entry.summaries.len() + 2 * entry.revisions.len(),
            EntryState::Tombstone => 0,
        };
        let rows = self.rows..self.rows + count as u32;
        self.rows = rows.end;
        self.items.push(ListedItem { entry, page, rows });
    }

    fn number(&self, id: ItemId) -> Option<(u32, &ListedItem)> {
        let at = *self.by_id.get(&id)?;
        Some((at, &self.items[at as usize]))
    }

    /// A live item.
    fn item(&self, id: ItemId) -> Option<&ListedItem> {
        self.number(id).map(|(_, item)| item).filter(|item| !item.is_gone())
    }

    fn revision(&self, id: &[u8]) -> Option<(&ListedItem, usize)> {
        let (item, at) = *self.by_revision.get(&RevisionId::from_slice(id).ok()?)?;
        Some((&self.items[item as usize], at as usize))
    }

    /// Sorts the pages into whole and doubtful ones.
    fn conclude(mut self, seen: &Seen, mut summaries: Vec<Option<Arc<ItemSummary>>>) -> Scanned {
        let (mut whole, mut doubtful) = (Vec::with_capacity(self.pages.len()), std::mem::take(&mut self.unread));
        for (at, page) in self.pages.iter().enumerate() {
            let items = &self.items[page.items.clone()];
            let is_whole = !seen.doubtful[at]
                && items.iter().all(|item| seen.has_all(&item.rows))
                && page.items.clone().all(|at| summaries[at].is_some() != self.items[at].is_gone());
            if !is_whole {
                doubtful.push(page.number);
                continue;
            }
            let mut counts = Counts { wraps: seen.wraps[at], ..Counts::default() };
            for item in items.iter().filter(|item| !item.is_gone()) {
                counts.items += 1;
                counts.summaries += item.entry.summaries.len() as u64;
                counts.revisions += item.entry.revisions.len() as u64;
            }
            let items = page.items.clone().filter_map(|at| summaries[at].take()).collect();
            whole.push(VerifiedPage { number: page.number, items, problems: Vec::new(), counts: Some(counts) });
        }
        doubtful.sort_unstable();
        Scanned { whole, doubtful }
    }
}

/// Which rows were seen as they are listed.
struct Seen {
    rows: Vec<bool>,
    /// By page: whether a row was seen that it does not list, or one twice.
    doubtful: Vec<bool>,
    /// By page: how many wraps there are.
    wraps: Vec<u64>,
}

impl Seen {
    fn new(rows: usize, pages: usize) -> Self {
        Self { rows: vec![false; rows], doubtful: vec![false; pages], wraps: vec![0; pages] }
    }

    /// Row number `row` of all, which is one of `item`'s. Two of the same are one too many.
    fn mark(&mut self, row: u32, item: &ListedItem) {
        if std::mem::replace(&mut self.rows[row as usize], true) {
            self.doubt(item);
        }
    }

    fn doubt(&mut self, item: &ListedItem) {
        self.doubtful[item.page as usize] = true;
    }

    fn has_all(&self, rows: &Range<u32>) -> bool {
        self.rows[rows.start as usize..rows.end as usize].iter().all(|seen| *seen)
    }
}

/// Sealed summaries, one after the other.
#[derive(Default)]
struct Batch {
    /// The item, which of its entry's summaries it is, and where its bytes are.
    summaries: Vec<(u32, usize, Range<usize>)>,
    bytes: Vec<u8>,
}

impl Batch {
    fn push(&mut self, item: u32, summary: usize, sealed: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(sealed);
        self.summaries.push((item, summary, start..self.bytes.len()));
    }
}

/// A summary that is the listed one.
struct Opened {
    item: u32,
    /// Its row's number.
    row: u32,
    /// What it shows, where it is the item's last one.
    summary: Option<Arc<ItemSummary>>,
}

fn open_batches(collection: &OpenCollection, items: &[ListedItem], receiver: &Mutex<Receiver<Batch>>) -> Vec<Opened> {
    let mut opened = Vec::new();
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Batch { summaries, bytes }) = next else { return opened };
        opened.extend(summaries.into_iter().filter_map(|(item, at, sealed)| {
            let (number, sealed) = (item, &bytes[sealed]);
            let item = &items[number as usize];
            let entry = &item.entry.summaries[at];
            if sha256(sealed) != entry.digest {
                return None;
            }
            let summary = if at + 1 == item.entry.summaries.len() {
                let record = collection.open_summary(item.entry.id, entry.number, sealed)?;
                Some(Arc::new(ItemSummary::from_record(item.entry.id, collection.id, record)))
            } else {
                None
            };
            Some(Opened { item: number, row: item.summary_row(at), summary })
        }));
    }
}

/// Tells rows as items.
struct Progress<'a> {
    /// Rows that were read.
    rows: u64,
    /// Of so many.
    of: u64,
    /// How many items were told.
    told: u64,
    /// How many there are.
    items: u64,
    advanced: &'a mut dyn FnMut(u64) -> Result<(), VaultError>,
}

impl Progress<'_> {
    fn advance(&mut self) -> Result<(), ScanError> {
        self.rows += 1;
        if self.rows.is_multiple_of(STRIDE) || self.rows == self.of {
            let done = self.items * self.rows.min(self.of) / self.of.max(1);
            (self.advanced)(done - self.told)?;
            self.told = done;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::path::Path;

    use super::*;
    use crate::format::v1::{DeviceId, SlotConfig, SlotId, VaultId};
    use crate::providers::{KdfParams, PassphraseProvider, PassphraseRecord};
    use crate::secret::SecretString;
    use crate::vault::{
        Change, Clock, Fields, Kind, NewSlot, NewVault, Pin, PinError, Pins, SummaryEdit, UnlockedVault, create_vault,
    };

    struct Nothing;

    impl Clock for Nothing {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
    }

    impl Pins for Nothing {
        fn load(&self, _: VaultId, _: &Path) -> Result<Option<Pin>, PinError> {
            Ok(None)
        }

        fn load_all(&self, _: VaultId) -> Result<Vec<Pin>, PinError> {
            Ok(Vec::new())
        }

        fn other_vault_at(&self, _: VaultId, _: &Path) -> Result<Option<VaultId>, PinError> {
            Ok(None)
        }

        fn store(&self, _: &Pin, _: &Path) -> Result<(), PinError> {
            Ok(())
        }

        fn replace(&self, _: &Pin, _: &Path) -> Result<(), PinError> {
            Ok(())
        }
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn made(place: &Path) -> UnlockedVault {
        let (id, slot) = (VaultId([1; 16]), SlotId([2; 16]));
        let binding = [&id.0[..], &slot.0].concat();
        let (record, key) =
            PassphraseRecord::make(&SecretString::copy_of("a passphrase"), KdfParams::FLOOR, &binding).unwrap();
        let config = SlotConfig::Passphrase { record: record.to_bytes() };
        let provider = Arc::new(PassphraseProvider::for_slot(key, slot.0));
        block_on(create_vault(NewVault {
            folder: place.join("Family.sealkeep"),
            id,
            slots: vec![NewSlot { id: slot, config, provider }],
            device: DeviceId([3; 16]),
            clock: Arc::new(Nothing),
            pins: Arc::new(Nothing),
        }))
        .unwrap()
    }

    fn note(text: &str) -> Fields {
        let mut fields = Fields::default();
        fields.set(&Kind::Note, "text", SecretString::copy_of(text));
        fields
    }

    fn add(vault: &mut UnlockedVault, title: String) -> ItemId {
        let body = block_on(vault.new_body(None)).unwrap().seal_fields(&note(&title)).unwrap();
        let (title, subtitle) = (SecretString::new(title), SecretString::default());
        let change = Change::Add { kind: Kind::Note, title, tags: vec![], subtitle, media_type: String::new(), body };
        vault.commit(vec![change]).unwrap()[0]
    }

    /// The whole pages with how many items they show, and the doubtful ones.
    fn scanned(vault: &UnlockedVault) -> (Vec<(u32, usize)>, Vec<u32>) {
        let snapshot = vault.store.snapshot().unwrap();
        let collection = &vault.contents.collections[0];
        let pages = &collection.head.pages;
        let mut told = 0;
        let advanced = &mut |items| {
            told += items;
            Ok(())
        };
        let scanned = scan(collection, pages, &snapshot.rows(), vault.store.bodies(), advanced);
        let Ok(Scanned { whole, doubtful }) = scanned else { panic!("rows can be read") };
        if doubtful.is_empty() {
            assert_eq!(told as usize, vault.summaries().len());
        }
        (whole.iter().map(|page| (page.number, page.items.len())).collect(), doubtful)
    }

    #[test]
    fn what_is_as_it_was_written_is_whole_and_one_row_makes_one_page_doubtful() {
        let place = tempfile::tempdir().unwrap();
        let mut vault = made(place.path());
        let items: Vec<_> = (0..260).map(|number| add(&mut vault, format!("Note {number}"))).collect();
        let body = block_on(vault.new_body(Some(items[3]))).unwrap().seal_fields(&note("changed")).unwrap();
        vault.commit(vec![Change::Revise { item: items[3], body, edit: SummaryEdit::default() }]).unwrap();
        vault.commit(vec![Change::Purge { item: items[4] }]).unwrap();
        assert_eq!(scanned(&vault), (vec![(1, 255), (2, 4)], vec![]), "with a history, and with a tombstone");

        let database = rusqlite::Connection::open(place.path().join("Family.sealkeep/vault.db")).unwrap();
        let damages = [
            "UPDATE summary SET sealed = zeroblob(length(sealed)) WHERE item_id = ?1",
            "DELETE FROM revision_wrap WHERE revision_id = (SELECT revision_id FROM revision WHERE item_id = ?1)",
            "UPDATE revision SET frames = zeroblob(length(frames)) WHERE item_id = ?1",
            "INSERT INTO summary SELECT item_id, 9, sealed FROM summary WHERE item_id = ?1",
            "UPDATE item SET page = 1 WHERE item_id = ?1",
        ];
        const TABLES: [&str; 4] = ["item", "summary", "revision", "revision_wrap"];
        database.pragma_update(None, "foreign_keys", false).unwrap();
        for table in TABLES {
            database.execute(&format!("CREATE TEMP TABLE intact_{table} AS SELECT * FROM {table}"), []).unwrap();
        }
        for damage in damages {
            assert_eq!(database.execute(damage, [items[258].0]).unwrap(), 1, "{damage}");
            let (whole, doubtful) = scanned(&vault);
            assert!(doubtful.contains(&2) && !whole.iter().any(|page| page.0 == 2), "{damage}");
            for table in TABLES {
                let restore = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM intact_{table}");
                database.execute_batch(&restore).unwrap();
            }
            assert_eq!(scanned(&vault), (vec![(1, 255), (2, 4)], vec![]), "after {damage}");
        }
    }
}
