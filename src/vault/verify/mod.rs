//! Holding rows against the manifest: what was dropped, swapped, replayed, changed or added is found, and named.
//!
//! Every page is held against its rows here, by itself; where all of a collection is, `scan` goes first, and only the pages
//! that it doubts are looked at one by one.

mod parallel;
mod scan;

use std::sync::Arc;

use crate::crypto::sha256;
use crate::format::v1::{
    Digest, ItemEntry, ItemId, ItemState as EntryState, Page, PageDigest, RevisionEntry, RevisionId, SummaryEntry,
};
use crate::store::{
    Bodies, BodyStat, Counts, ItemRows, Lent, LentRevision, RevisionRow, Rows, SmallFrames, StoreError,
};

use super::error::{Finding, Problem, VaultError};
use super::manifest::{OpenCollection, digest_of_wraps};
use super::{ItemState, ItemSummary};

/// A body record that stands in the row.
pub(super) const LAYOUT_RECORD: u8 = 1;
/// A document's frames, in a file.
pub(super) const LAYOUT_FILE: u8 = 2;

/// How many pages are read before they are verified: with all their rows, each may be long.
const PAGES_AHEAD: usize = 2;

/// What a page has in the place of a header's digest, where there is no header.
pub(super) const NO_HEADER: Digest = [0; 32];

/// All pages of a collection.
pub(super) struct Verified {
    pub(super) pages: Vec<VerifiedPage>,
    /// How many rows there are altogether, if all were seen.
    pub(super) rows: Option<Counts>,
}

/// A page whose rows were held against it.
pub(super) struct VerifiedPage {
    pub(super) number: u32,
    pub(super) items: Vec<Arc<ItemSummary>>,
    pub(super) problems: Vec<Problem>,
    /// How many rows the page demands; `None` where it could not be read.
    pub(super) counts: Option<Counts>,
}

/// What was read of a page, to be verified on any thread.
struct ReadPage {
    number: u32,
    page: Result<Page, Finding>,
    rows: Result<Vec<ItemRows>, StoreError>,
}

fn read(collection: &OpenCollection, rows: &Rows<'_>, number: u32) -> Result<ReadPage, VaultError> {
    let page = collection.page(rows, number)?;
    // A row that can't be read makes its page unreadable, not the vault. What was ended early says nothing of it.
    let rows = match rows.items_of_page(collection.id, number) {
        Err(StoreError::Interrupted) => return Err(StoreError::Interrupted.into()),
        rows => rows,
    };
    Ok(ReadPage { number, page, rows })
}

/// Verifies one page.
pub(super) fn verify_page(
    collection: &OpenCollection,
    rows: &Rows<'_>,
    bodies: &Bodies,
    number: u32,
) -> Result<VerifiedPage, VaultError> {
    Verifier { collection, bodies, problems: Vec::new(), page: number }.verify(read(collection, rows, number)?)
}

/// Verifies `pages` of a collection. `advanced` hears how many more items were read; what it gives as an error ends it.
pub(super) fn verify_pages(
    collection: &OpenCollection,
    pages: &[PageDigest],
    rows: &Rows<'_>,
    bodies: &Bodies,
    advanced: &mut dyn FnMut(u64) -> Result<(), VaultError>,
) -> Result<Verified, VaultError> {
    let (whole, doubtful, seen) = match scan::scan(collection, pages, rows, bodies, advanced) {
        Ok(scan::Scanned { whole, doubtful, rows }) => (whole, doubtful, Some(rows)),
        Err(scan::ScanError::Ended(error)) => return Err(error),
        // A row that can't be read: page by page, it hurts no other page.
        Err(scan::ScanError::Store) => (Vec::new(), pages.iter().map(|page| page.page).collect(), None),
    };
    let mut verified = Verified { pages: whole, rows: seen };
    if !doubtful.is_empty() {
        verified.pages.extend(verify_one_by_one(collection, &doubtful, rows, bodies, advanced)?);
        verified.pages.sort_by_key(|page| page.number);
    }
    Ok(verified)
}

/// Verifies pages: one thread reads rows, all cores open them.
fn verify_one_by_one(
    collection: &OpenCollection,
    pages: &[u32],
    rows: &Rows<'_>,
    bodies: &Bodies,
    advanced: &mut dyn FnMut(u64) -> Result<(), VaultError>,
) -> Result<Vec<VerifiedPage>, VaultError> {
    let verified = parallel::in_parallel(
        PAGES_AHEAD,
        |send| {
            for page in pages {
                let read = read(collection, rows, *page)?;
                let items = read.rows.as_ref().map_or(0, |rows| rows.len() as u64);
                // Waits while all cores are busy: what is read is nearly opened.
                send(read)?;
                advanced(items)?;
            }
            Ok::<_, VaultError>(())
        },
        |read: ReadPage| Verifier { collection, bodies, problems: Vec::new(), page: read.number }.verify(read),
    )?;
    verified.into_iter().collect()
}

struct Verifier<'a> {
    collection: &'a OpenCollection,
    bodies: &'a Bodies,
    problems: Vec<Problem>,
    page: u32,
}

impl Verifier<'_> {
    fn verify(mut self, read: ReadPage) -> Result<VerifiedPage, VaultError> {
        let (page, rows) = match (read.page, read.rows) {
            (Ok(page), Ok(rows)) => (page, rows),
            (Err(finding), rows) => return Ok(self.without_page(finding, rows.unwrap_or_default())),
            (Ok(page), Err(error)) => return Ok(self.without_rows(&page, &error)),
        };
        let mut items = Vec::with_capacity(page.items.len());
        let mut counts = Counts::default();
        for entry in &page.items {
            let found = rows.binary_search_by_key(&entry.id, |rows| rows.id).ok().map(|at| &rows[at]);
            if entry.state == EntryState::Live {
                counts.items += 1;
                counts.summaries += entry.summaries.len() as u64;
                counts.revisions += entry.revisions.len() as u64;
            }
            items.extend(self.item(entry, found, &mut counts)?.map(Arc::new));
        }
        let mut known: Vec<_> = page.items.iter().map(|entry| entry.id).collect();
        known.sort_unstable();
        for added in rows.iter().filter(|rows| known.binary_search(&rows.id).is_err()) {
            self.found(Some(added.id), Finding::ItemAdded);
        }
        Ok(VerifiedPage { number: self.page, items, problems: self.problems, counts: Some(counts) })
    }

    /// The manifest does not say what should be here: everything that is here is shown, and marked.
    fn without_page(mut self, finding: Finding, rows: Vec<ItemRows>) -> VerifiedPage {
        self.found(None, finding.clone());
        let marked = |rows: &ItemRows| {
            let last = rows.summaries.last();
            let record = last.and_then(|last| self.collection.open_summary(rows.id, last.number, &last.sealed));
            marked(self.collection, rows.id, record, finding.clone())
        };
        let items = rows.iter().map(marked).map(Arc::new).collect();
        VerifiedPage { number: self.page, items, problems: self.problems, counts: None }
    }

    fn without_rows(mut self, page: &Page, error: &StoreError) -> VerifiedPage {
        let finding = Finding::PageUnreadable { page: self.page, reason: error.to_string() };
        self.found(None, finding.clone());
        let live = page.items.iter().filter(|entry| entry.state == EntryState::Live);
        let items = live.map(|entry| Arc::new(marked(self.collection, entry.id, None, finding.clone()))).collect();
        VerifiedPage { number: self.page, items, problems: self.problems, counts: None }
    }

    /// Verifies an item's rows; its summary, unless it was purged.
    fn item(
        &mut self,
        entry: &ItemEntry,
        rows: Option<&ItemRows>,
        counts: &mut Counts,
    ) -> Result<Option<ItemSummary>, VaultError> {
        if entry.state == EntryState::Tombstone {
            if rows.is_some() {
                self.found(Some(entry.id), Finding::ItemAdded);
            }
            return Ok(None);
        }
        let Some(rows) = rows else {
            self.found(Some(entry.id), Finding::ItemMissing);
            return Ok(Some(marked(self.collection, entry.id, None, Finding::ItemMissing)));
        };
        let before = self.problems.len();
        self.summaries(entry, rows);
        self.revisions(entry, rows, counts)?;
        let Some(current) = entry.summaries.last() else {
            return Ok(Some(marked(self.collection, entry.id, None, Finding::ItemMissing)));
        };
        let sealed = rows.summaries.iter().find(|row| row.number == current.number);
        let record = sealed.and_then(|row| self.collection.open_summary(entry.id, row.number, &row.sealed));
        let revision = record.as_ref().map(|record| record.revision);
        let hurts = |problem: &&Problem| concerns(&problem.what, current.number, revision);
        let found = self.problems[before..].iter().find(hurts).map(|problem| problem.what.clone());
        Ok(Some(match (record, found) {
            (Some(record), None) => ItemSummary::from_record(entry.id, self.collection.id, record),
            (record, found) => {
                let found = found.unwrap_or(Finding::SummaryChanged(current.number));
                marked(self.collection, entry.id, record, found)
            }
        }))
    }

    fn summaries(&mut self, entry: &ItemEntry, rows: &ItemRows) {
        let number_of = |summary: &SummaryEntry| summary.number;
        for summary in &entry.summaries {
            match rows.summaries.iter().find(|row| row.number == summary.number) {
                None => self.found(Some(entry.id), Finding::SummaryMissing(summary.number)),
                Some(row) if sha256(&row.sealed) != summary.digest => {
                    self.found(Some(entry.id), Finding::SummaryChanged(summary.number));
                }
                Some(_) => {}
            }
        }
        for row in &rows.summaries {
            if !entry.summaries.iter().map(number_of).any(|number| number == row.number) {
                self.found(Some(entry.id), Finding::SummaryAdded(row.number));
            }
        }
    }

    fn revisions(&mut self, entry: &ItemEntry, rows: &ItemRows, counts: &mut Counts) -> Result<(), VaultError> {
        for revision in &entry.revisions {
            let Some(row) = rows.revisions.iter().find(|row| row.number == revision.number) else {
                self.found(Some(entry.id), Finding::RevisionMissing(revision.number));
                continue;
            };
            counts.wraps += row.wraps.len() as u64;
            if let Some(finding) = check_revision(revision, row) {
                self.found(Some(entry.id), finding);
            } else if let Some(finding) = check_body(revision, row, self.bodies)? {
                self.found(Some(entry.id), finding);
            }
        }
        for row in &rows.revisions {
            if !entry.revisions.iter().any(|revision| revision.number == row.number) {
                self.found(Some(entry.id), Finding::RevisionAdded(row.number));
            }
        }
        Ok(())
    }

    fn found(&mut self, item: Option<ItemId>, what: Finding) {
        self.problems.push(Problem { collection: Some(self.collection.id), item, what, page: Some(self.page) });
    }
}

/// Whether a finding is about what the item shows now, and not about its history.
fn concerns(finding: &Finding, summary: u32, revision: Option<u32>) -> bool {
    match finding {
        Finding::SummaryMissing(number) | Finding::SummaryChanged(number) => *number == summary,
        Finding::RevisionMissing(number)
        | Finding::RevisionChanged(number)
        | Finding::WrapsChanged(number)
        | Finding::BodyMissing(number)
        | Finding::BodyChanged(number) => revision.is_none_or(|revision| revision == *number),
        _ => false,
    }
}

/// What is shown of an item that can't be trusted: its summary where that opens, else a stand-in.
fn marked(
    collection: &OpenCollection,
    id: ItemId,
    record: Option<crate::format::v1::SummaryRecord>,
    found: Finding,
) -> ItemSummary {
    match record {
        Some(record) => {
            let mut summary = ItemSummary::from_record(id, collection.id, record);
            summary.state = ItemState::Damaged(found);
            summary
        }
        None => ItemSummary::unreadable(id, collection.id, found),
    }
}

/// Holds a revision's row against its entry: everything but the frames.
pub(super) fn check_revision(entry: &RevisionEntry, row: &RevisionRow) -> Option<Finding> {
    let lent = row.lend();
    if !is_as_listed(entry, &lent) || !is_header(entry, lent.header) {
        Some(Finding::RevisionChanged(entry.number))
    } else if digest_of_wraps(&row.wraps) != entry.wraps {
        Some(Finding::WrapsChanged(entry.number))
    } else {
        None
    }
}

/// Whether a revision's row is its entry's, as far as there is nothing to digest: everything but header, frames and wraps.
fn is_as_listed(entry: &RevisionEntry, row: &LentRevision<'_>) -> bool {
    row.id == entry.id.0
        && row.number == entry.number
        && row.device == entry.device.0
        && row.layout == i64::from(entry.layout)
        && row.message_id == entry.message_id.0
        && row.frame_length == i64::from(entry.frame_length)
        && row.commitment == entry.commitment.0
        && u64::try_from(row.length) == Ok(entry.length)
        && row.digest == entry.body
        && matches!(row.frames, Lent::Null) == (entry.layout == LAYOUT_FILE)
}

fn is_header(entry: &RevisionEntry, header: Lent<'_>) -> bool {
    match header {
        Lent::Null => entry.header == NO_HEADER,
        Lent::Here(header) => entry.header == sha256(header),
        Lent::Long(_) => false,
    }
}

/// Holds a body against its entry as far as that costs little: short frames whole, others by their length.
pub(super) fn check_body(
    entry: &RevisionEntry,
    row: &RevisionRow,
    bodies: &Bodies,
) -> Result<Option<Finding>, VaultError> {
    Ok(match &row.frames {
        SmallFrames::Here(frames) if sha256(frames) == entry.body => None,
        SmallFrames::Long(length) if *length == entry.length => None,
        SmallFrames::Here(_) | SmallFrames::Long(_) => Some(Finding::BodyChanged(entry.number)),
        SmallFrames::File => check_file(entry, bodies)?,
    })
}

fn check_file(entry: &RevisionEntry, bodies: &Bodies) -> Result<Option<Finding>, VaultError> {
    let id: RevisionId = entry.id;
    Ok(match bodies.stat(id)? {
        BodyStat::File(length) if length == entry.length => None,
        BodyStat::Missing => Some(Finding::BodyMissing(entry.number)),
        BodyStat::File(_) | BodyStat::Strange => Some(Finding::BodyChanged(entry.number)),
    })
}
