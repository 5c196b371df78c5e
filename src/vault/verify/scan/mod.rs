//! Holding all rows of a collection against its manifest at once: each table is read one time, in the order it is stored in,
//! which is several times faster than asking for the rows of one item after another. One thread reads; all cores digest and open
//! what it read.
//!
//! Names nothing. A page is whole if exactly the rows stand there that it lists, each as it lists it; every other page is
//! doubtful, and has to be looked at by itself.

mod batch;
mod listed;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::format::v1::{ItemId, PageDigest};
use crate::store::{Bodies, Counts, Lent, LentRevision, Rows, StoreError};

use super::super::ItemSummary;
use super::super::error::VaultError;
use super::super::manifest::OpenCollection;
use super::super::thread::ThreadError;
use super::parallel::in_parallel;
use super::{NO_HEADER, VerifiedPage, is_as_listed};
use batch::{Batch, Judged, What};
use listed::{Listed, ListedItem};

/// After so many rows, progress is told.
const STRIDE: u64 = 1024;

/// How many batches wait to be judged: of 256 KiB, if rows are not long ones. The other tables of 100,000 items are read while their
/// summaries are opened, which takes longest; twice as many were measured, and took memory and no less time.
const BATCHES_AHEAD: usize = 128;

/// What a scan gives.
pub(super) struct Scanned {
    /// The pages whose rows are all there, and nothing else.
    pub(super) whole: Vec<VerifiedPage>,
    /// The numbers of the others.
    pub(super) doubtful: Vec<u32>,
    /// How many rows there are, of whatever page.
    pub(super) rows: Counts,
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

impl From<ThreadError> for ScanError {
    fn from(error: ThreadError) -> Self {
        Self::Ended(error.into())
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
    let mut seen = Seen::new(&listed);
    let judged = Judged::new(listed.pages.len(), listed.items.len());
    let mut progress = Progress::new(&listed, advanced);
    let done = in_parallel(
        BATCHES_AHEAD,
        |send| Walk { listed: &listed, seen: &mut seen, collection, progress: &mut progress, send }.read(rows),
        |batch: Batch| batch.judge(collection, &listed, bodies, &judged),
    )?;
    done.into_iter().collect::<Result<(), VaultError>>()?;
    Ok(conclude(&listed, &seen, judged))
}

/// Sorts the pages into whole and doubtful ones.
fn conclude(listed: &Listed, seen: &Seen, judged: Judged) -> Scanned {
    let mut summaries: Vec<Option<Arc<ItemSummary>>> =
        judged.summaries.into_iter().map(std::sync::OnceLock::into_inner).collect();
    let (mut whole, mut doubtful) = (Vec::with_capacity(listed.pages.len()), listed.unread.clone());
    for (at, page) in listed.pages.iter().enumerate() {
        let is_shown = |number: usize| summaries[number].is_some() != listed.items[number].is_gone;
        let is_whole = !seen.doubtful[at]
            && !judged.doubtful[at].load(Ordering::Relaxed)
            && page.items.clone().all(|number| seen.has_all_of(number, &listed.items[number]) && is_shown(number));
        if !is_whole {
            doubtful.push(page.number);
            continue;
        }
        let mut counts = Counts { wraps: seen.wraps_on[at], ..Counts::default() };
        for item in listed.items[page.items.clone()].iter().filter(|item| !item.is_gone) {
            counts.items += 1;
            counts.summaries += item.summaries.len() as u64;
            counts.revisions += item.revisions.len() as u64;
        }
        let items = summaries[page.items.clone()].iter_mut().filter_map(Option::take).collect();
        whole.push(VerifiedPage { number: page.number, items, problems: Vec::new(), counts: Some(counts) });
    }
    doubtful.sort_unstable();
    Scanned { whole, doubtful, rows: seen.rows }
}

/// The walk through all tables.
struct Walk<'a, 'b> {
    listed: &'a Listed,
    seen: &'a mut Seen,
    collection: &'a OpenCollection,
    progress: &'a mut Progress<'b>,
    /// Takes what was read, to be digested and opened.
    send: &'a mut dyn FnMut(Batch) -> Result<(), ThreadError>,
}

impl Walk<'_, '_> {
    fn read(mut self, rows: &Rows<'_>) -> Result<(), ScanError> {
        // First what takes longest to open.
        let mut batch = Batch::default();
        rows.each_summary(|id, number, sealed| {
            self.seen.rows.summaries += 1;
            if let Some(item) = self.listed.item(id) {
                match self.listed.summary(item, number) {
                    Some(at) => {
                        self.seen.summaries[at as usize] = true;
                        batch.push(What::Summary(at), sealed);
                        self.hand_over(&mut batch)?;
                    }
                    None => self.seen.doubt(item),
                }
            }
            self.progress.advance()
        })?;
        rows.each_revision(|item, row| {
            self.seen.rows.revisions += 1;
            self.revision(item, row, &mut batch);
            self.hand_over(&mut batch)?;
            self.progress.advance()
        })?;
        let mut of = None;
        rows.each_wrap(|wrap| {
            self.seen.rows.wraps += 1;
            if let Some(at) = self.listed.revision(wrap.revision) {
                if of != Some(at) {
                    self.hand_over(&mut batch)?;
                    of = Some(at);
                    self.seen.wraps[at as usize] = true;
                    batch.push(What::Wraps(at), &[]);
                }
                batch.add_wrap(wrap);
                self.seen.wraps_on[self.listed.item_of(at).page as usize] += 1;
            }
            self.progress.advance()
        })?;
        (self.send)(batch)?;
        rows.each_item(|id, of, page| {
            self.seen.rows.items += 1;
            let ours = of == self.collection.id;
            let number = self.listed.number(id).filter(|number| {
                let item = &self.listed.items[*number as usize];
                ours && !item.is_gone && self.listed.pages[item.page as usize].number == page
            });
            match number {
                Some(number) => self.seen.items[number as usize] = true,
                // One that no page lists, or another page: the page that it names has one too many.
                None if ours => {
                    if let Ok(page) = self.listed.pages.binary_search_by_key(&page, |known| known.number) {
                        self.seen.doubtful[page] = true;
                    }
                }
                None => {}
            }
            self.progress.advance()
        })
    }

    fn revision(&mut self, item: ItemId, row: &LentRevision<'_>, batch: &mut Batch) {
        let Some(item) = self.listed.item(item) else { return };
        let at = self.listed.revision(row.id).filter(|at| item.revisions.contains(at));
        let Some(at) = at else { return self.seen.doubt(item) };
        let entry = &self.listed.revisions[at as usize].entry;
        let is_short = match row.header {
            Lent::Null => entry.header == NO_HEADER,
            Lent::Here(header) => {
                batch.push(What::Header(at), header);
                true
            }
            Lent::Long(_) => false,
        };
        let has_frames = match row.frames {
            Lent::Null => {
                batch.push(What::File(at), &[]);
                true
            }
            Lent::Here(frames) => {
                batch.push(What::Frames(at), frames);
                true
            }
            Lent::Long(length) => length == entry.length,
        };
        if is_short && has_frames && is_as_listed(entry, row) {
            self.seen.revisions[at as usize] = true;
        } else {
            self.seen.doubt(item);
        }
    }

    /// Sends a batch that is full.
    fn hand_over(&mut self, batch: &mut Batch) -> Result<(), ThreadError> {
        if batch.is_full() { (self.send)(std::mem::take(batch)) } else { Ok(()) }
    }
}

/// Which rows were seen where they are listed.
struct Seen {
    items: Vec<bool>,
    summaries: Vec<bool>,
    revisions: Vec<bool>,
    /// By revision.
    wraps: Vec<bool>,
    /// By page: whether a row was seen that is not as it is listed, or not listed.
    doubtful: Vec<bool>,
    /// By page: how many wraps there are.
    wraps_on: Vec<u64>,
    /// How many rows there are, of whatever page.
    rows: Counts,
}

impl Seen {
    fn new(listed: &Listed) -> Self {
        Self {
            items: vec![false; listed.items.len()],
            summaries: vec![false; listed.summaries.len()],
            revisions: vec![false; listed.revisions.len()],
            wraps: vec![false; listed.revisions.len()],
            doubtful: vec![false; listed.pages.len()],
            wraps_on: vec![0; listed.pages.len()],
            rows: Counts::default(),
        }
    }

    fn doubt(&mut self, item: &ListedItem) {
        self.doubtful[item.page as usize] = true;
    }

    /// Whether all rows of an item are there, or none of one that is gone.
    fn has_all_of(&self, number: usize, item: &ListedItem) -> bool {
        let of = |range: &std::ops::Range<u32>| range.start as usize..range.end as usize;
        let all = |seen: &[bool]| seen.iter().all(|seen| *seen);
        let (summaries, revisions) = (of(&item.summaries), of(&item.revisions));
        item.is_gone
            || (self.items[number]
                && all(&self.summaries[summaries])
                && all(&self.revisions[revisions.clone()])
                && all(&self.wraps[revisions]))
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

impl<'a> Progress<'a> {
    fn new(listed: &Listed, advanced: &'a mut dyn FnMut(u64) -> Result<(), VaultError>) -> Self {
        let items = listed.items.iter().filter(|item| !item.is_gone).count() as u64;
        // As if every key were wrapped once.
        let of = items + (listed.summaries.len() + 2 * listed.revisions.len()) as u64;
        Self { rows: 0, of, told: 0, items, advanced }
    }

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
    use crate::secret::SecretString;
    use crate::vault::create::tests::new_vault;
    use crate::vault::{Change, Fields, Kind, SummaryEdit, UnlockedVault, create_vault};

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn made(place: &Path) -> UnlockedVault {
        block_on(create_vault(new_vault(place.join("Family.sealkeep")))).unwrap()
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
        let Ok(Scanned { whole, doubtful, .. }) = scanned else { panic!("rows can be read") };
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
