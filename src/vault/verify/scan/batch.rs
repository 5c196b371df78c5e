//! What is digested and opened of rows, on any thread.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::crypto::sha256;
use crate::format::v1::put_digest_input_of_wrap;
use crate::store::{Bodies, LentWrap};

use super::super::super::ItemSummary;
use super::super::super::error::VaultError;
use super::super::super::manifest::{OpenCollection, SummaryOpener};
use super::super::check_file;
use super::listed::Listed;

/// How many pieces go to a thread at once, if they are not long ones.
const PIECES: usize = 512;

/// So many bytes go at once in any case.
const LENGTH: usize = 1 << 18;

/// What a piece must be, by its place in [`Listed`].
#[derive(Clone, Copy)]
pub(super) enum What {
    /// This sealed summary.
    Summary(u32),
    /// The header of this revision.
    Header(u32),
    /// Its frames.
    Frames(u32),
    /// Its file: there is nothing to digest.
    File(u32),
    /// Its wraps, as they are digested.
    Wraps(u32),
}

/// Pieces, one after the other.
#[derive(Default)]
pub(super) struct Batch {
    pieces: Vec<(What, Range<usize>)>,
    bytes: Vec<u8>,
}

/// What came of pieces.
pub(super) struct Judged {
    /// By page: whether one was not what it must be.
    pub(super) doubtful: Vec<AtomicBool>,
    /// By item: what its last summary says.
    pub(super) summaries: Vec<OnceLock<Arc<ItemSummary>>>,
}

impl Judged {
    pub(super) fn new(pages: usize, items: usize) -> Self {
        let doubtful = std::iter::repeat_with(AtomicBool::default).take(pages).collect();
        Self { doubtful, summaries: std::iter::repeat_with(OnceLock::new).take(items).collect() }
    }
}

impl Batch {
    pub(super) fn push(&mut self, what: What, bytes: &[u8]) {
        if self.pieces.capacity() == 0 {
            self.pieces.reserve(PIECES);
            self.bytes.reserve(LENGTH);
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.pieces.push((what, start..self.bytes.len()));
    }

    /// One more of the wraps that were pushed last.
    pub(super) fn add_wrap(&mut self, wrap: &LentWrap<'_>) {
        put_digest_input_of_wrap(&mut self.bytes, wrap.slot, wrap.state, wrap.edk);
        if let Some((_, range)) = self.pieces.last_mut() {
            range.end = self.bytes.len();
        }
    }

    /// Whether it is time to send it.
    pub(super) fn is_full(&self) -> bool {
        self.pieces.len() >= PIECES || self.bytes.len() >= LENGTH
    }

    /// Finds out whether every piece is what it must be.
    pub(super) fn judge(
        self,
        collection: &OpenCollection,
        listed: &Listed,
        bodies: &Bodies,
        judged: &Judged,
    ) -> Result<(), VaultError> {
        let mut opener = collection.summary_opener();
        for (what, range) in self.pieces {
            let bytes = &self.bytes[range];
            let revision = |at: u32| &listed.revisions[at as usize];
            let (is_listed, item) = match what {
                What::Summary(at) => {
                    let of = listed.summaries[at as usize].item;
                    (open_summary(&mut opener, listed, at, bytes, judged), of)
                }
                What::Header(at) => (sha256(bytes) == revision(at).entry.header, revision(at).item),
                What::Frames(at) => (sha256(bytes) == revision(at).entry.body, revision(at).item),
                What::File(at) => (check_file(&revision(at).entry, bodies)?.is_none(), revision(at).item),
                What::Wraps(at) => (sha256(bytes) == revision(at).entry.wraps, revision(at).item),
            };
            if !is_listed {
                judged.doubtful[listed.items[item as usize].page as usize].store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

/// Opens a summary, if it is its item's last one; whether it is the one that is listed.
fn open_summary(opener: &mut SummaryOpener<'_>, listed: &Listed, at: u32, sealed: &[u8], judged: &Judged) -> bool {
    let summary = &listed.summaries[at as usize];
    let item = &listed.items[summary.item as usize];
    if sha256(sealed) != summary.entry.digest {
        return false;
    }
    if at + 1 != item.summaries.end {
        return true;
    }
    let opened = opener.open(item.id, summary.entry.number, sealed);
    // Each is read once: a second one could only be another's.
    opened.is_some_and(|opened| judged.summaries[summary.item as usize].set(Arc::new(opened)).is_ok())
}
