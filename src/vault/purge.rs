//! Removing an item for good: its rows, which are counted, and its files.
//!
//! Invariant: what is whole goes wholly or not at all; what is damaged goes as far as it is there.

use jiff::Timestamp;

use crate::format::v1::{ItemId, ItemState, RevisionEntry};
use crate::store::{Change as StoreChange, Doomed, Rows};

use super::VaultError;
use super::draft::{Draft, intact_wraps};
use super::verify::LAYOUT_FILE;

impl Draft<'_> {
    /// Removes what has been in the trash since `since`, and is still.
    pub(super) fn purge_trashed(
        &mut self,
        store: &mut StoreChange<'_>,
        item: ItemId,
        since: Timestamp,
    ) -> Result<ItemId, VaultError> {
        if self.current(item)?.0.trashed != Some(since) {
            return Err(VaultError::LeftTrash);
        }
        self.purge(store, item)
    }

    /// Removes an item with all of its revisions; a tombstone stays.
    pub(super) fn purge(&mut self, store: &mut StoreChange<'_>, item: ItemId) -> Result<ItemId, VaultError> {
        let (summary, place) = self.current(item)?;
        // What is damaged goes as well: as far as it is there.
        let is_whole = summary.is_intact() && !self.contents.problems.iter().any(|problem| problem.item == Some(item));
        let entry = self.entry(store, place, item)?;
        let rows = store.rows();
        let doomed = |revision: &RevisionEntry| doomed(&rows, revision, is_whole);
        let doomed = entry.revisions.iter().map(doomed).collect::<Result<Vec<_>, _>>()?;
        let summaries = is_whole.then_some(entry.summaries.len());
        let files = entry.revisions.iter().filter(|revision| revision.layout == LAYOUT_FILE);
        let files: Vec<_> = files.map(|revision| revision.id).collect();
        entry.state = ItemState::Tombstone;
        entry.summaries.clear();
        entry.revisions.clear();
        files.iter().try_for_each(|revision| store.release(*revision))?;
        self.unneeded.extend(files);
        store.delete_item(item, doomed, summaries)?;
        self.removes = true;
        self.shown.remove(&item);
        self.gone.push(item);
        Ok(item)
    }
}

/// A revision that is to be removed. Where it `is_whole`, and has the wraps that its entry is about, all of them are to be found.
pub(super) fn doomed(rows: &Rows<'_>, revision: &RevisionEntry, is_whole: bool) -> Result<Doomed, VaultError> {
    let wraps = match intact_wraps(rows, revision) {
        Ok(wraps) => is_whole.then_some(wraps.len()),
        // Deleting it is a way out of that.
        Err(VaultError::Damaged(_)) => None,
        Err(error) => return Err(error),
    };
    Ok(Doomed { id: revision.id, wraps })
}
