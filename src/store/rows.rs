//! Reading rows; lists of them are in `lists`. What is read is only what is stored: whoever asks holds it against the manifest.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::format::v1::{CollectionId, ItemId, RevisionId, SlotId, VaultId};

use super::StoreError;
use super::limits::{header_or_empty, small_frames};
use super::lists::most_rows;

/// The rows that one transaction sees. What can't be as long as it is, by the format's limits, is not read: it counts as
/// a row that can't be.
pub struct Rows<'a> {
    pub(super) database: &'a Connection,
}

/// A collection.
#[derive(Debug, PartialEq, Eq)]
pub struct CollectionRow {
    /// Its identifier.
    pub id: CollectionId,
    /// The epoch of its index key.
    pub epoch: u32,
    /// That index key's commitment.
    pub commitment: [u8; 32],
    /// Its name, sealed.
    pub name: Vec<u8>,
    /// The head of its manifest, sealed.
    pub head: Vec<u8>,
}

/// A wrapped key: of an index key, or of a revision.
#[derive(Debug, PartialEq, Eq)]
pub struct WrapRow {
    /// The slot that can unwrap it.
    pub slot: SlotId,
    /// 1 wrapped, 2 pending.
    pub state: u8,
    /// The encrypted data key.
    pub edk: Vec<u8>,
}

/// A summary.
#[derive(Debug, PartialEq, Eq)]
pub struct SummaryRow {
    /// Its number.
    pub number: u32,
    /// The record, sealed.
    pub sealed: Vec<u8>,
}

/// The frames of a body, as far as they come with its row.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum SmallFrames {
    /// In the row, and short enough to be here.
    Here(Vec<u8>),
    /// In the row, of this length.
    Long(u64),
    /// In a file.
    #[default]
    File,
}

/// A revision. Columns that the manifest repeats are as they were found, of whatever length.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RevisionRow {
    /// Its identifier.
    pub id: Vec<u8>,
    /// Its number.
    pub number: u32,
    /// Who wrote it.
    pub device: Vec<u8>,
    /// 1 a record, 2 raw frames.
    pub layout: i64,
    /// The message's header.
    pub header: Option<Vec<u8>>,
    /// The message's identifier.
    pub message_id: Vec<u8>,
    /// The message's frame length.
    pub frame_length: i64,
    /// The message's commitment.
    pub commitment: Vec<u8>,
    /// The length of the frames in bytes.
    pub length: i64,
    /// The digest of the frames.
    pub digest: Vec<u8>,
    /// The frames.
    pub frames: SmallFrames,
    /// Its wraps, by slot.
    pub wraps: Vec<WrapRow>,
}

/// All rows of one item.
#[derive(Debug, PartialEq, Eq)]
pub struct ItemRows {
    /// The item.
    pub id: ItemId,
    /// Its summaries, by number.
    pub summaries: Vec<SummaryRow>,
    /// Its revisions, by number.
    pub revisions: Vec<RevisionRow>,
}

/// A revision to be written.
#[derive(Debug)]
pub struct NewRevision<'a> {
    /// Its identifier.
    pub id: RevisionId,
    /// The item.
    pub item: ItemId,
    /// Its number.
    pub number: u32,
    /// Who writes it.
    pub device: [u8; 16],
    /// 1 a record, 2 raw frames.
    pub layout: u8,
    /// The message's header.
    pub header: &'a [u8],
    /// The message's identifier.
    pub message_id: [u8; 32],
    /// The message's frame length.
    pub frame_length: u32,
    /// The message's commitment.
    pub commitment: [u8; 32],
    /// The length of the frames in bytes.
    pub length: u64,
    /// The digest of the frames.
    pub digest: [u8; 32],
    /// The frames, where they are not in a file.
    pub frames: Option<&'a [u8]>,
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items.
    pub items: u64,
    /// Summaries.
    pub summaries: u64,
    /// Revisions.
    pub revisions: u64,
    /// Wraps of revisions.
    pub wraps: u64,
}

impl Counts {
    /// Both together.
    pub fn plus(self, more: Self) -> Self {
        Self {
            items: self.items + more.items,
            summaries: self.summaries + more.summaries,
            revisions: self.revisions + more.revisions,
            wraps: self.wraps + more.wraps,
        }
    }
}

/// No vault has more slots.
pub const MOST_SLOTS: usize = 16;

/// The columns of [`RevisionRow`]; short frames come with the row.
pub(super) const REVISION: &str = concat!(
    "revision_id, number, device, layout, ",
    header_or_empty!(),
    ", message_id, frame_length, commitment, length, digest, length(frames), ",
    small_frames!()
);

impl<'a> Rows<'a> {
    pub(super) fn new(database: &'a Connection) -> Self {
        Self { database }
    }

    /// The vault's identifier.
    ///
    /// # Errors
    /// [`StoreError`], also where there is not exactly one vault.
    pub fn vault(&self) -> Result<VaultId, StoreError> {
        let mut query = self.database.prepare_cached("SELECT vault_id FROM vault")?;
        let mut rows = query.query([])?;
        let row = rows.next()?.ok_or_else(|| damaged("it has no identifier"))?;
        let found = VaultId(row.get(0)?);
        if rows.next()?.is_some() {
            return Err(damaged("it has two identifiers"));
        }
        Ok(found)
    }

    /// The sealed head of a collection, if there is such a collection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn head(&self, collection: CollectionId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut query = self.database.prepare_cached("SELECT head FROM collection WHERE collection_id = ?1")?;
        Ok(query.query_row([collection.0], |row| row.get(0)).optional()?)
    }

    /// A sealed page of the manifest, if it is there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(&self, collection: CollectionId, page: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT sealed FROM page WHERE collection_id = ?1 AND page = ?2";
        let mut query = self.database.prepare_cached(sql)?;
        Ok(query.query_row(params![collection.0, page], |row| row.get(0)).optional()?)
    }

    /// The page that an item's row names, and its collection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn place_of(&self, item: ItemId) -> Result<Option<(CollectionId, u32)>, StoreError> {
        let mut query = self.database.prepare_cached("SELECT collection_id, page FROM item WHERE item_id = ?1")?;
        Ok(query.query_row([item.0], |row| Ok((CollectionId(row.get(0)?), row.get(1)?))).optional()?)
    }

    /// One revision of an item.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revision(&self, item: ItemId, number: u32) -> Result<Option<RevisionRow>, StoreError> {
        let sql = format!("SELECT {REVISION} FROM revision WHERE item_id = ?1 AND number = ?2");
        let mut query = self.database.prepare_cached(&sql)?;
        let Some(mut found) = query.query_row(params![item.0, number], revision).optional()? else {
            return Ok(None);
        };
        found.wraps = self.wraps(&found.id)?;
        Ok(Some(found))
    }

    /// The frames in a revision's row, however long.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn frames(&self, revision: RevisionId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut query = self.database.prepare_cached("SELECT frames FROM revision WHERE revision_id = ?1")?;
        Ok(query.query_row([revision.0], |row| row.get::<_, Option<Vec<u8>>>(0)).optional()?.flatten())
    }

    /// Whether there is such a revision.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_revision(&self, revision: RevisionId) -> Result<bool, StoreError> {
        Ok(self.database.prepare_cached("SELECT 1 FROM revision WHERE revision_id = ?1")?.exists([revision.0])?)
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// [`StoreError`], also where there are more than the file can hold: a tree that names one page many times has no end.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let most = most_rows(self.database)?;
        let count = |table| match self.count(table, most) {
            Ok(found) if found >= most.unsigned_abs() => Err(damaged("it shows more than its file can hold")),
            found => found,
        };
        Ok(Counts {
            items: count("item")?,
            summaries: count("summary")?,
            revisions: count("revision")?,
            wraps: count("revision_wrap")?,
        })
    }

    /// How many wraps of data keys are in `state`, of these slots.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_wraps_in(&self, state: u8, slots: &[SlotId]) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FILTER (WHERE state = ?1 AND slot_id = ?2) \
                   FROM (SELECT state, slot_id FROM revision_wrap LIMIT ?3)";
        let most = most_rows(self.database)?;
        let mut query = self.database.prepare_cached(sql)?;
        let mut count = 0;
        for slot in slots {
            let found: i64 = query.query_row(rusqlite::params![state, slot.0, most], |row| row.get(0))?;
            count += found.unsigned_abs();
        }
        Ok(count)
    }

    /// How many items there are, or as many as the file can hold at most.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_items(&self) -> Result<u64, StoreError> {
        self.count("item", most_rows(self.database)?)
    }

    fn count(&self, table: &str, at_most: i64) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT ?1)");
        let found: i64 = self.database.prepare_cached(&sql)?.query_row([at_most], |row| row.get(0))?;
        Ok(found.unsigned_abs())
    }

    /// The total length of all bodies in bytes, and how many of them are files; of as many as the file can hold at most. The lengths
    /// are what rows say, which may be anything: a total that no integer holds is the largest one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn body_totals(&self) -> Result<(u64, u64), StoreError> {
        // Not sum(): that fails where a row has a length that no body has, and then nothing of the vault would open.
        let sql = "SELECT total(length), count(*) FILTER (WHERE is_file) \
                   FROM (SELECT length, frames IS NULL AS is_file FROM revision LIMIT ?1)";
        let mut query = self.database.prepare_cached(sql)?;
        let read = |row: &Row<'_>| Ok((row.get::<_, f64>(0)?, row.get::<_, i64>(1)?));
        let (bytes, files) = query.query_row([most_rows(self.database)?], read)?;
        // `as` keeps within bounds; below 2^53, it is exact.
        Ok(((bytes as u64).min(i64::MAX.unsigned_abs()), files.unsigned_abs()))
    }
}

pub(super) fn wrap(row: &Row<'_>) -> rusqlite::Result<WrapRow> {
    Ok(WrapRow { slot: SlotId(row.get(0)?), state: row.get(1)?, edk: row.get(2)? })
}

/// Reads the columns of [`REVISION`].
pub(super) fn revision(row: &Row<'_>) -> rusqlite::Result<RevisionRow> {
    let (length, frames): (Option<i64>, Option<Vec<u8>>) = (row.get(10)?, row.get(11)?);
    Ok(RevisionRow {
        id: row.get(0)?,
        number: row.get(1)?,
        device: row.get(2)?,
        layout: row.get(3)?,
        header: row.get(4)?,
        message_id: row.get(5)?,
        frame_length: row.get(6)?,
        commitment: row.get(7)?,
        length: row.get(8)?,
        digest: row.get(9)?,
        frames: match (length, frames) {
            (None, _) => SmallFrames::File,
            (Some(length), None) => SmallFrames::Long(length.unsigned_abs()),
            (Some(_), Some(found)) => SmallFrames::Here(found),
        },
        wraps: Vec::new(),
    })
}

pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}
