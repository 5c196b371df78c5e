//! One change of the vault: everything that is written becomes visible at its commit, or nothing does.
//!
//! Rows are found by what the database keeps beside them, which somebody may have changed: what is to be changed or removed is counted,
//! and where it is not as much as there is to be, the change fails.

use std::sync::Arc;

use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};
use rusqlite::{Row, Transaction, params};

use crate::format::v1::{CollectionId, ItemId, RevisionId, SlotId, SlotRecord, VaultId};

use super::interrupt;
use super::place::Place;
use super::{Bodies, NewRevision, Rows, SCHEMA_VERSION, StoreError, TemporaryBody, WrapRow};

/// A revision that is to be removed.
#[derive(Clone, Copy, Debug)]
pub struct Doomed {
    /// The revision.
    pub id: RevisionId,
    /// How many wraps it has. `None` where that, or the revision itself, is not as it was written, which somebody has accepted: then
    /// whatever is there goes, and it is only seen that nothing is left.
    pub wraps: Option<usize>,
}

fn not_found() -> StoreError {
    StoreError::Damaged(
        "rows that are to be changed are not found, or are others than those that were listed".to_owned(),
    )
}

/// Whether everything was written, to the commit itself, and only its flush failed: nobody knows what of it is on the disk.
fn is_unflushed(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    matches!(extended, Some(SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC))
}

/// A change that is being made. Dropped without [`Change::commit`], it has not happened.
pub struct Change<'a> {
    transaction: Transaction<'a>,
    bodies: &'a Arc<Bodies>,
    place: &'a Place,
    /// Body files that got their final name in this change. Their locks are held until it ends.
    published: Vec<(RevisionId, TemporaryBody)>,
    /// Body files that this change takes the rows of.
    released: Vec<RevisionId>,
    committed: bool,
    /// Whether it was not committed as far as anybody sees, and may be all the same once the power has gone.
    may_come_back: bool,
    /// Keeps it from being ended like a read.
    changing: interrupt::Change,
}

impl<'a> Change<'a> {
    pub(super) fn new(
        transaction: Transaction<'a>,
        bodies: &'a Arc<Bodies>,
        place: &'a Place,
        changing: interrupt::Change,
    ) -> Self {
        let (published, released) = (Vec::new(), Vec::new());
        let (committed, may_come_back) = (false, false);
        Self { transaction, bodies, place, published, released, committed, may_come_back, changing }
    }

    /// The rows, with what this change has written so far.
    pub fn rows(&self) -> Rows<'_> {
        Rows::new(&self.transaction)
    }

    /// Whether reads are to end: a change that only looks so far does well to end, too.
    pub fn is_ending(&self) -> bool {
        self.changing.is_ending()
    }

    /// Makes everything durable and visible.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it has happened, or, with [`StoreError::Replaced`], it has happened to a file that is
    /// not at the vault's place any more.
    pub fn commit(mut self) -> Result<(), StoreError> {
        if !self.published.is_empty() {
            self.bodies.sync()?;
        }
        if let Err(error) = self.transaction.execute_batch("COMMIT") {
            self.may_come_back = is_unflushed(&error);
            return Err(error.into());
        }
        self.committed = true;
        for (revision, _) in &self.published {
            self.bodies.mark(*revision, true);
        }
        self.place.check(&self.transaction)
    }

    /// Writes something that was there before, so that this change is one of the log's like any other.
    pub(super) fn touch(&self) -> Result<(), StoreError> {
        Ok(self.transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?)
    }

    /// Writes who the vault is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_vault(&self, id: VaultId) -> Result<(), StoreError> {
        self.change(1, "INSERT INTO vault (vault_id) VALUES (?1)", [id.0])
    }

    /// Writes a slot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_slot(&self, slot: &SlotRecord) -> Result<(), StoreError> {
        let config = slot.config.to_bytes().map_err(|error| StoreError::Damaged(error.to_string()))?;
        let sql = "INSERT INTO slot (slot_id, state, config) VALUES (?1, ?2, ?3)";
        self.change(1, sql, params![slot.id.0, slot.state.code(), config])
    }

    /// Writes a slot again, in another state or configured otherwise.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn update_slot(&self, slot: &SlotRecord) -> Result<(), StoreError> {
        let config = slot.config.to_bytes().map_err(|error| StoreError::Damaged(error.to_string()))?;
        let sql = "UPDATE slot SET state = ?2, config = ?3 WHERE slot_id = ?1";
        self.change(1, sql, params![slot.id.0, slot.state.code(), config])
    }

    /// Removes a slot and the wraps of index keys for it, of which there are `wraps`. Its wraps of revisions must be gone before.
    ///
    /// # Errors
    /// [`StoreError`], above all [`StoreError::Damaged`] where not all of them are found.
    pub fn delete_slot(&self, slot: SlotId, wraps: usize) -> Result<(), StoreError> {
        self.change(wraps, "DELETE FROM index_wrap WHERE slot_id = ?1", [slot.0])?;
        self.change(1, "DELETE FROM slot WHERE slot_id = ?1", [slot.0])
    }

    /// Writes a collection in its first epoch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_collection(&self, id: CollectionId, commitment: [u8; 32], name: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO collection (collection_id, epoch, name, head) VALUES (?1, 1, ?2, x'')";
        self.change(1, sql, params![id.0, name])?;
        let sql = "INSERT INTO epoch (collection_id, epoch, commitment) VALUES (?1, 1, ?2)";
        self.change(1, sql, params![id.0, commitment])
    }

    /// Begins a collection's next epoch, under an index key of that `commitment`, and ends the epoch `before`, whose key had `wraps` wraps;
    /// those of the next one, and what is sealed under it, come later in this change.
    ///
    /// # Errors
    /// [`StoreError`], above all [`StoreError::Damaged`] where the epoch is not that one, or not all of its wraps are found.
    pub fn next_epoch(
        &self,
        collection: CollectionId,
        before: u32,
        wraps: usize,
        commitment: [u8; 32],
        name: &[u8],
    ) -> Result<(), StoreError> {
        let next = before.checked_add(1).ok_or_else(not_found)?;
        // What somebody may have put there beforehand is none of it.
        for table in ["index_wrap", "epoch"] {
            let sql = format!("DELETE FROM {table} WHERE collection_id = ?1 AND epoch <> ?2");
            self.execute(&sql, params![collection.0, before])?;
        }
        let sql = "INSERT INTO epoch (collection_id, epoch, commitment) VALUES (?1, ?2, ?3)";
        self.change(1, sql, params![collection.0, next, commitment])?;
        let sql = "UPDATE collection SET epoch = ?3, name = ?4 WHERE collection_id = ?1 AND epoch = ?2 \
                   RETURNING collection_id";
        let is_it = |row: &Row<'_>| Ok(row.get::<_, [u8; 16]>(0)? == collection.0);
        self.change_the(sql, params![collection.0, before, next, name], is_it)?;
        let sql = "DELETE FROM index_wrap WHERE collection_id = ?1 AND epoch = ?2";
        self.change(wraps, sql, params![collection.0, before])?;
        self.change(1, "DELETE FROM epoch WHERE collection_id = ?1 AND epoch = ?2", params![collection.0, before])
    }

    /// Writes a wrap of a collection's index key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_index_wrap(
        &self,
        collection: CollectionId,
        epoch: u32,
        slot: SlotId,
        edk: &[u8],
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO index_wrap (collection_id, epoch, slot_id, state, edk) VALUES (?1, ?2, ?3, 1, ?4)";
        self.change(1, sql, params![collection.0, epoch, slot.0, edk])
    }

    /// Writes the head of a collection's manifest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_head(&self, collection: CollectionId, sealed: &[u8]) -> Result<(), StoreError> {
        let sql = "UPDATE collection SET head = ?2 WHERE collection_id = ?1 RETURNING collection_id";
        self.change_the(sql, params![collection.0, sealed], |row| Ok(row.get::<_, [u8; 16]>(0)? == collection.0))
    }

    /// Writes a page of a manifest, new or again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_page(&self, collection: CollectionId, page: u32, sealed: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO page (collection_id, page, sealed) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (collection_id, page) DO UPDATE SET sealed = excluded.sealed RETURNING collection_id, page";
        let is_it = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?) == (collection.0, page));
        self.change_the(sql, params![collection.0, page, sealed], is_it)
    }

    /// Sees to it that there is such a page, for items to refer to; what is sealed in it comes later in this change.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reserve_page(&self, collection: CollectionId, page: u32) -> Result<(), StoreError> {
        let sql = "INSERT INTO page (collection_id, page, sealed) VALUES (?1, ?2, x'') ON CONFLICT DO NOTHING";
        self.execute(sql, params![collection.0, page]).map(drop)
    }

    /// Writes an item.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_item(&self, item: ItemId, collection: CollectionId, page: u32) -> Result<(), StoreError> {
        let sql = "INSERT INTO item (item_id, collection_id, page) VALUES (?1, ?2, ?3)";
        self.change(1, sql, params![item.0, collection.0, page])
    }

    /// Writes a summary.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_summary(&self, item: ItemId, number: u32, sealed: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO summary (item_id, number, sealed) VALUES (?1, ?2, ?3)";
        self.change(1, sql, params![item.0, number, sealed])
    }

    /// Writes a summary again, sealed otherwise.
    ///
    /// # Errors
    /// [`StoreError`], above all [`StoreError::Damaged`] where there is no such summary.
    pub fn put_summary(&self, item: ItemId, number: u32, sealed: &[u8]) -> Result<(), StoreError> {
        let sql = "UPDATE summary SET sealed = ?3 WHERE item_id = ?1 AND number = ?2 RETURNING item_id, number";
        let is_it = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?) == (item.0, number));
        self.change_the(sql, params![item.0, number, sealed], is_it)
    }

    /// Writes a revision.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_revision(&self, new: &NewRevision<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO revision (revision_id, item_id, number, device, layout, header, message_id, \
                   frame_length, commitment, length, digest, frames) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        let values = params![
            new.id.0,
            new.item.0,
            new.number,
            new.device,
            new.layout,
            new.header,
            new.message_id,
            new.frame_length,
            new.commitment,
            i64::try_from(new.length).unwrap_or(i64::MAX),
            new.digest,
            new.frames
        ];
        self.change(1, sql, values)
    }

    /// Writes a wrap of a revision's data key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_wrap(&self, revision: RevisionId, wrap: &WrapRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO revision_wrap (revision_id, slot_id, state, edk) VALUES (?1, ?2, ?3, ?4)";
        self.change(1, sql, params![revision.0, wrap.slot.0, wrap.state, wrap.edk])
    }

    /// Replaces all wraps of a revision's data key, of which there are `before`, and takes away its header, which names the old ones.
    ///
    /// # Errors
    /// [`StoreError`], above all [`StoreError::Damaged`] where not all of them are found.
    pub fn replace_wraps(&self, revision: RevisionId, before: usize, wraps: &[WrapRow]) -> Result<(), StoreError> {
        self.change(before, "DELETE FROM revision_wrap WHERE revision_id = ?1", [revision.0])?;
        let sql = "UPDATE revision SET header = NULL WHERE revision_id = ?1 RETURNING revision_id";
        self.change_the(sql, [revision.0], |row| Ok(row.get::<_, [u8; 16]>(0)? == revision.0))?;
        wraps.iter().try_for_each(|wrap| self.insert_wrap(revision, wrap))
    }

    /// Gives a body file its final name. It is durable and held by its lock until the change ends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn publish(&mut self, file: TemporaryBody, revision: RevisionId) -> Result<(), StoreError> {
        let published = file.publish(revision)?;
        self.published.push((revision, published));
        Ok(())
    }

    /// Says that a body file is not needed once this change is committed: then see [`Bodies::remove`]. After a crash
    /// between the two it is swept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn release(&mut self, revision: RevisionId) -> Result<(), StoreError> {
        self.released.push(revision);
        self.bodies.mark_for_removal(revision)
    }

    /// Removes a summary.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_summary(&self, item: ItemId, number: u32) -> Result<(), StoreError> {
        self.change(1, "DELETE FROM summary WHERE item_id = ?1 AND number = ?2", params![item.0, number])
    }

    /// Removes a revision and its wraps; its file, where it has one, is the caller's: see [`Change::release`].
    ///
    /// # Errors
    /// [`StoreError`], above all [`StoreError::Damaged`] where rows of it would be left.
    pub fn delete_revision(&self, revision: Doomed) -> Result<(), StoreError> {
        let Doomed { id, wraps } = revision;
        let gone = [
            self.execute("DELETE FROM revision_wrap WHERE revision_id = ?1", [id.0])?,
            self.execute("DELETE FROM revision WHERE revision_id = ?1", [id.0])?,
        ];
        match wraps {
            Some(wraps) if gone == [wraps, 1] => Ok(()),
            Some(_) => Err(not_found()),
            None => {
                let wraps = "SELECT 1 FROM revision_wrap WHERE +revision_id = ?1 ORDER BY revision_id, slot_id";
                self.check_gone(wraps, id.0)?;
                self.check_gone("SELECT 1 FROM revision NOT INDEXED WHERE revision_id = ?1", id.0)
            }
        }
    }

    /// Removes all rows of an item: the revisions that are given, `summaries` summaries, and the item's own. Without that number, whatever
    /// there is of it.
    ///
    /// # Errors
    /// [`StoreError`], above all [`StoreError::Damaged`] where rows of it would be left, or there are not as many.
    pub fn delete_item(
        &self,
        item: ItemId,
        revisions: impl IntoIterator<Item = Doomed>,
        summaries: Option<usize>,
    ) -> Result<(), StoreError> {
        revisions.into_iter().try_for_each(|revision| self.delete_revision(revision))?;
        // What nobody lists goes as well.
        let of_item = "(SELECT revision_id FROM revision WHERE item_id = ?1)";
        self.execute(&format!("DELETE FROM revision_wrap WHERE revision_id IN {of_item}"), [item.0])?;
        let gone = [
            self.execute("DELETE FROM revision WHERE item_id = ?1", [item.0])?,
            self.execute("DELETE FROM summary WHERE item_id = ?1", [item.0])?,
            self.execute("DELETE FROM item WHERE item_id = ?1", [item.0])?,
        ];
        match summaries {
            Some(summaries) if gone == [0, summaries, 1] => Ok(()),
            Some(_) => Err(not_found()),
            None => {
                self.check_gone("SELECT 1 FROM revision NOT INDEXED WHERE item_id = ?1", item.0)?;
                self.check_gone("SELECT 1 FROM summary WHERE +item_id = ?1 ORDER BY item_id, number", item.0)?;
                self.check_gone("SELECT 1 FROM item WHERE +item_id = ?1 ORDER BY item_id", item.0)
            }
        }
    }

    /// Sees to it that `sql`, which walks through a whole table in its own order and asks no index, finds nothing.
    fn check_gone(&self, sql: &str, id: [u8; 16]) -> Result<(), StoreError> {
        if self.transaction.prepare_cached(sql)?.exists([id])? { Err(not_found()) } else { Ok(()) }
    }

    /// Changes exactly one row, which `is_it` knows again: an index that was changed from outside may lead to another.
    fn change_the(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        is_it: impl Fn(&Row<'_>) -> rusqlite::Result<bool>,
    ) -> Result<(), StoreError> {
        let mut statement = self.transaction.prepare_cached(sql)?;
        let changed = statement.query_map(values, |row| is_it(row))?.collect::<Result<Vec<_>, _>>()?;
        if changed == [true] { Ok(()) } else { Err(not_found()) }
    }

    /// Changes exactly `rows` rows.
    fn change(&self, rows: usize, sql: &str, values: impl rusqlite::Params) -> Result<(), StoreError> {
        if self.execute(sql, values)? == rows { Ok(()) } else { Err(not_found()) }
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, StoreError> {
        Ok(self.transaction.prepare_cached(sql)?.execute(values)?)
    }
}

impl Drop for Change<'_> {
    /// Rolls back, and removes the published files that no row names. Asking the rows again matters: a commit that
    /// reported a failure may have reached the disk all the same. What can't be removed now is swept at the next unlock.
    fn drop(&mut self) {
        if self.committed {
            return;
        }
        if self.may_come_back {
            // The rows of now may not be those after a power cut. Every file stays, marked as not committed: see `Store::sweep_bodies`.
            let _ = self.transaction.execute_batch("ROLLBACK");
            return;
        }
        self.released.iter().for_each(|revision| self.bodies.mark(*revision, true));
        if !self.transaction.is_autocommit() && self.transaction.execute_batch("ROLLBACK").is_err() {
            return;
        }
        if self.published.is_empty() || self.transaction.execute_batch("BEGIN IMMEDIATE").is_err() {
            return;
        }
        for (revision, _) in &self.published {
            if matches!(self.rows().has_revision(*revision), Ok(false)) {
                let _ = self.bodies.remove(*revision);
            }
        }
        // Nothing was written since it began.
        let _ = self.transaction.execute_batch("ROLLBACK");
    }
}
