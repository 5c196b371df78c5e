//! One change of the vault: everything that is written becomes visible at its commit, or nothing does.

use std::sync::Arc;

use rusqlite::{Transaction, params};

use crate::format::v1::{CollectionId, ItemId, RevisionId, SlotId, SlotRecord, VaultId};

use super::place::Place;
use super::{Bodies, NewRevision, Rows, StoreError, TemporaryBody, WrapRow};

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
}

impl<'a> Change<'a> {
    pub(super) fn new(transaction: Transaction<'a>, bodies: &'a Arc<Bodies>, place: &'a Place) -> Self {
        Self { transaction, bodies, place, published: Vec::new(), released: Vec::new(), committed: false }
    }

    /// The rows, with what this change has written so far.
    pub fn rows(&self) -> Rows<'_> {
        Rows::new(&self.transaction)
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
        self.transaction.execute_batch("COMMIT")?;
        self.committed = true;
        for (revision, _) in &self.published {
            self.bodies.mark(*revision, true);
        }
        self.place.check(&self.transaction)
    }

    /// Writes who the vault is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_vault(&self, id: VaultId) -> Result<(), StoreError> {
        self.execute("INSERT INTO vault (vault_id) VALUES (?1)", [id.0])
    }

    /// Writes a slot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_slot(&self, slot: &SlotRecord) -> Result<(), StoreError> {
        let config = slot.config.to_bytes().map_err(|error| StoreError::Damaged(error.to_string()))?;
        let sql = "INSERT INTO slot (slot_id, state, config) VALUES (?1, ?2, ?3)";
        self.execute(sql, params![slot.id.0, slot.state.code(), config])
    }

    /// Writes a slot again, in another state or configured otherwise.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn update_slot(&self, slot: &SlotRecord) -> Result<(), StoreError> {
        let config = slot.config.to_bytes().map_err(|error| StoreError::Damaged(error.to_string()))?;
        let sql = "UPDATE slot SET state = ?2, config = ?3 WHERE slot_id = ?1";
        self.execute(sql, params![slot.id.0, slot.state.code(), config])
    }

    /// Removes a slot and the wraps of index keys for it. Its wraps of revisions must be gone before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_slot(&self, slot: SlotId) -> Result<(), StoreError> {
        self.execute("DELETE FROM index_wrap WHERE slot_id = ?1", [slot.0])?;
        self.execute("DELETE FROM slot WHERE slot_id = ?1", [slot.0])
    }

    /// Writes a collection in its first epoch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_collection(&self, id: CollectionId, commitment: [u8; 32], name: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO collection (collection_id, epoch, name, head) VALUES (?1, 1, ?2, x'')";
        self.execute(sql, params![id.0, name])?;
        let sql = "INSERT INTO epoch (collection_id, epoch, commitment) VALUES (?1, 1, ?2)";
        self.execute(sql, params![id.0, commitment])
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
        self.execute(sql, params![collection.0, epoch, slot.0, edk])
    }

    /// Writes the head of a collection's manifest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_head(&self, collection: CollectionId, sealed: &[u8]) -> Result<(), StoreError> {
        self.execute("UPDATE collection SET head = ?2 WHERE collection_id = ?1", params![collection.0, sealed])
    }

    /// Writes a page of a manifest, new or again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_page(&self, collection: CollectionId, page: u32, sealed: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO page (collection_id, page, sealed) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (collection_id, page) DO UPDATE SET sealed = excluded.sealed";
        self.execute(sql, params![collection.0, page, sealed])
    }

    /// Sees to it that there is such a page, for items to refer to; what is sealed in it comes later in this change.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reserve_page(&self, collection: CollectionId, page: u32) -> Result<(), StoreError> {
        let sql = "INSERT INTO page (collection_id, page, sealed) VALUES (?1, ?2, x'') ON CONFLICT DO NOTHING";
        self.execute(sql, params![collection.0, page])
    }

    /// Writes an item.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_item(&self, item: ItemId, collection: CollectionId, page: u32) -> Result<(), StoreError> {
        let sql = "INSERT INTO item (item_id, collection_id, page) VALUES (?1, ?2, ?3)";
        self.execute(sql, params![item.0, collection.0, page])
    }

    /// Writes a summary.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_summary(&self, item: ItemId, number: u32, sealed: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO summary (item_id, number, sealed) VALUES (?1, ?2, ?3)";
        self.execute(sql, params![item.0, number, sealed])
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
        self.execute(sql, values)
    }

    /// Writes a wrap of a revision's data key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_wrap(&self, revision: RevisionId, wrap: &WrapRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO revision_wrap (revision_id, slot_id, state, edk) VALUES (?1, ?2, ?3, ?4)";
        self.execute(sql, params![revision.0, wrap.slot.0, wrap.state, wrap.edk])
    }

    /// Replaces all wraps of a revision's data key, and takes away its header, which names the old ones.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn replace_wraps(&self, revision: RevisionId, wraps: &[WrapRow]) -> Result<(), StoreError> {
        self.execute("DELETE FROM revision_wrap WHERE revision_id = ?1", [revision.0])?;
        self.execute("UPDATE revision SET header = NULL WHERE revision_id = ?1", [revision.0])?;
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
        self.execute("DELETE FROM summary WHERE item_id = ?1 AND number = ?2", params![item.0, number])
    }

    /// Removes a revision and its wraps; its file, where it has one, is the caller's: see [`Change::release`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_revision(&self, revision: RevisionId) -> Result<(), StoreError> {
        self.execute("DELETE FROM revision_wrap WHERE revision_id = ?1", [revision.0])?;
        self.execute("DELETE FROM revision WHERE revision_id = ?1", [revision.0])
    }

    /// Removes all rows of an item.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_item(&self, item: ItemId) -> Result<(), StoreError> {
        let of_item = "(SELECT revision_id FROM revision WHERE item_id = ?1)";
        self.execute(&format!("DELETE FROM revision_wrap WHERE revision_id IN {of_item}"), [item.0])?;
        for table in ["revision", "summary", "item"] {
            self.execute(&format!("DELETE FROM {table} WHERE item_id = ?1"), [item.0])?;
        }
        Ok(())
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), StoreError> {
        self.transaction.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }
}

impl Drop for Change<'_> {
    /// Rolls back, and removes the published files that no row names. Asking the rows again matters: a commit that
    /// reported a failure may have reached the disk all the same. What can't be removed now is swept at the next unlock.
    fn drop(&mut self) {
        if self.committed {
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
