//! Reading whole tables, each once and in the order in which it is stored.
//!
//! Owns: the walks through all items, summaries, revisions and wraps. Rows are lent, not copied: what a walk keeps is for its
//! caller to say. A row that can't be read ends its walk, since nobody can tell what else is missing then.

use rusqlite::Row;

use crate::format::v1::{CollectionId, ItemId};

use super::StoreError;
use super::rows::{MOST_SLOTS, REVISION, RevisionRow, Rows, WrapRow, read_revision, wrap};

impl Rows<'_> {
    /// Shows every item with the page that its row names.
    ///
    /// # Errors
    /// [`StoreError`], or what `see` gives.
    pub fn each_item<E: From<StoreError>>(
        &self,
        mut see: impl FnMut(ItemId, CollectionId, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        // The order is the table's own. Without it, an index would be read in the table's place.
        self.walk("SELECT item_id, collection_id, page FROM item ORDER BY item_id", |row| {
            let read = || Ok((ItemId(row.get(0)?), CollectionId(row.get(1)?), row.get(2)?));
            let (item, collection, page) = read().map_err(of_row)?;
            see(item, collection, page)
        })
    }

    /// Shows every summary: whose it is, its number, the sealed record.
    ///
    /// # Errors
    /// [`StoreError`], or what `see` gives.
    pub fn each_summary<E: From<StoreError>>(
        &self,
        mut see: impl FnMut(ItemId, u32, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT item_id, number, CASE WHEN length(sealed) <= 262144 THEN sealed END FROM summary";
        self.walk(sql, |row| {
            let read = || Ok((ItemId(row.get(0)?), row.get(1)?, row.get_ref(2)?.as_blob()?));
            let (item, number, sealed) = read().map_err(of_row)?;
            see(item, number, sealed)
        })
    }

    /// Shows every revision, without its wraps, and whose it is.
    ///
    /// # Errors
    /// [`StoreError`], or what `see` gives.
    pub fn each_revision<E: From<StoreError>>(
        &self,
        mut see: impl FnMut(ItemId, &RevisionRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut found = RevisionRow::default();
        self.walk(&format!("SELECT item_id, {REVISION} FROM revision"), |row| {
            let mut read = || {
                read_revision(row, 1, &mut found)?;
                row.get(0).map(ItemId)
            };
            let item = read().map_err(of_row)?;
            see(item, &found)
        })
    }

    /// Shows the wraps of every revision that has any, by slot.
    ///
    /// # Errors
    /// [`StoreError`], or what `see` gives.
    pub fn each_wraps<E: From<StoreError>>(
        &self,
        mut see: impl FnMut(&[u8], &[WrapRow]) -> Result<(), E>,
    ) -> Result<(), E> {
        // The order is the table's own: nothing is sorted.
        let sql = "SELECT revision_id, slot_id, state, CASE WHEN length(edk) <= 262144 THEN edk END FROM revision_wrap \
                   ORDER BY revision_id, slot_id";
        let (mut revision, mut wraps) = (Vec::new(), Vec::new());
        self.walk(sql, |row| {
            let read = || Ok((row.get_ref(0)?.as_blob()?, wrap(row, 1)?));
            let (id, found) = read().map_err(of_row)?;
            if id != revision.as_slice() {
                if !wraps.is_empty() {
                    see(&revision, &wraps)?;
                }
                wraps.clear();
                revision.clear();
                revision.extend_from_slice(id);
            }
            // A damaged tree may show its rows without end.
            if wraps.len() == MOST_SLOTS {
                return Err(StoreError::Damaged("a key is wrapped for more slots than there can be".to_owned()).into());
            }
            wraps.push(found);
            Ok::<(), E>(())
        })?;
        if wraps.is_empty() { Ok(()) } else { see(&revision, &wraps) }
    }

    fn walk<E: From<StoreError>>(&self, sql: &str, mut see: impl FnMut(&Row<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut query = self.database.prepare_cached(sql).map_err(of_row)?;
        let mut rows = query.query([]).map_err(of_row)?;
        while let Some(row) = rows.next().map_err(of_row)? {
            see(row)?;
        }
        Ok(())
    }
}

fn of_row(error: rusqlite::Error) -> StoreError {
    error.into()
}
