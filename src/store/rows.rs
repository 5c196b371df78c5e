//! Reading rows. What is read is only what is stored: whoever asks holds it against the manifest.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::format::v1::{CollectionId, ItemId, RevisionId, SlotId, SlotRecord, SlotState, VaultId};

use super::StoreError;

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

/// The columns of [`RevisionRow`]. Short frames come with the row: they can be digested at every unlock, long ones not.
pub(super) const REVISION: &str = "revision_id, number, device, layout, CASE WHEN length(header) <= 2097152 THEN header END, \
     message_id, frame_length, commitment, \
     length, digest, length(frames), CASE WHEN length(frames) <= 4096 THEN frames END";

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

    /// The slots, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn slots(&self) -> Result<Vec<SlotRecord>, StoreError> {
        self.readable_slots()?.into_iter().collect()
    }

    /// The slots, by id, each by itself: one that can't be read leaves the others.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn readable_slots(&self) -> Result<Vec<Result<SlotRecord, StoreError>>, StoreError> {
        let mut query = self.database.prepare_cached(
            "SELECT slot_id, state, CASE WHEN length(config) <= 262144 THEN config END FROM slot ORDER BY slot_id",
        )?;
        let rows =
            query.query_map([], |row| Ok((SlotId(row.get(0)?), row.get::<_, u8>(1)?, row.get::<_, Vec<u8>>(2)?)))?;
        let mut slots = Vec::new();
        for row in rows {
            slots.push(row.map_err(StoreError::from).and_then(|(id, state, config)| {
                let malformed = |_| damaged("a slot can't be read");
                let config = crate::format::v1::SlotConfig::from_bytes(&config).map_err(malformed)?;
                Ok(SlotRecord { id, state: SlotState::from_code(state).map_err(malformed)?, config })
            }));
            // Each may cost whoever types a passphrase a run of Argon2.
            if slots.len() > MOST_SLOTS {
                return Err(damaged("it has more slots than a vault can have"));
            }
        }
        Ok(slots)
    }

    /// The collections, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn collections(&self) -> Result<Vec<CollectionRow>, StoreError> {
        let sql = "SELECT c.collection_id, c.epoch, e.commitment, CASE WHEN length(c.name) <= 262144 THEN c.name END, \
                   c.head FROM collection c JOIN epoch e ON e.collection_id = c.collection_id AND e.epoch = c.epoch \
                   ORDER BY c.collection_id";
        let mut query = self.database.prepare_cached(sql)?;
        let rows = query.query_map([], |row| {
            Ok(CollectionRow {
                id: CollectionId(row.get(0)?),
                epoch: row.get(1)?,
                commitment: row.get(2)?,
                name: row.get(3)?,
                head: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The sealed head of a collection, if there is such a collection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn head(&self, collection: CollectionId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut query = self.database.prepare_cached("SELECT head FROM collection WHERE collection_id = ?1")?;
        Ok(query.query_row([collection.0], |row| row.get(0)).optional()?)
    }

    /// The wraps of an index key, by slot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn index_wraps(&self, collection: CollectionId, epoch: u32) -> Result<Vec<WrapRow>, StoreError> {
        let sql = "SELECT slot_id, state, CASE WHEN length(edk) <= 262144 THEN edk END FROM index_wrap \
                   WHERE collection_id = ?1 AND epoch = ?2 ORDER BY slot_id";
        let mut query = self.database.prepare_cached(sql)?;
        let rows = query.query_map(params![collection.0, epoch], |row| wrap(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
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

    /// The numbers of the pages that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page_numbers(&self, collection: CollectionId) -> Result<Vec<u32>, StoreError> {
        let mut query = self.database.prepare_cached("SELECT page FROM page WHERE collection_id = ?1 ORDER BY page")?;
        let rows = query.query_map([collection.0], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The items on a page.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn items_on_page(&self, collection: CollectionId, page: u32) -> Result<Vec<ItemId>, StoreError> {
        let sql = "SELECT item_id FROM item WHERE collection_id = ?1 AND page = ?2 ORDER BY item_id";
        let mut query = self.database.prepare_cached(sql)?;
        let ids = query.query_map(params![collection.0, page], |row| row.get(0).map(ItemId))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// All rows of all items on a page, by item.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn items_of_page(&self, collection: CollectionId, page: u32) -> Result<Vec<ItemRows>, StoreError> {
        self.items_on_page(collection, page)?.into_iter().map(|id| self.item(id)).collect()
    }

    /// All rows of one item; none, where there is no such item.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn item(&self, id: ItemId) -> Result<ItemRows, StoreError> {
        let summaries = self.summaries(id)?;
        let sql = format!("SELECT {REVISION} FROM revision WHERE item_id = ?1 ORDER BY number");
        let mut query = self.database.prepare_cached(&sql)?;
        let revisions = query.query_map([id.0], revision)?;
        let mut revisions: Vec<_> = revisions.collect::<Result<_, _>>()?;
        for revision in &mut revisions {
            revision.wraps = self.wraps(&revision.id)?;
        }
        Ok(ItemRows { id, summaries, revisions })
    }

    /// An item's summaries, by number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn summaries(&self, item: ItemId) -> Result<Vec<SummaryRow>, StoreError> {
        let sql = "SELECT number, CASE WHEN length(sealed) <= 262144 THEN sealed END FROM summary \
                   WHERE item_id = ?1 ORDER BY number";
        let mut query = self.database.prepare_cached(sql)?;
        let rows = query.query_map([item.0], |row| Ok(SummaryRow { number: row.get(0)?, sealed: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
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

    /// The revisions whose frames are files.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revisions_in_files(&self) -> Result<Vec<RevisionId>, StoreError> {
        let mut query = self.database.prepare_cached("SELECT revision_id FROM revision WHERE frames IS NULL")?;
        let rows = query.query_map([], |row| row.get(0).map(RevisionId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether there is such a revision.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_revision(&self, revision: RevisionId) -> Result<bool, StoreError> {
        Ok(self.database.prepare_cached("SELECT 1 FROM revision WHERE revision_id = ?1")?.exists([revision.0])?)
    }

    /// How many items there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_items(&self) -> Result<u64, StoreError> {
        let counted = self.database.query_row("SELECT count(*) FROM item", [], |row| row.get::<_, i64>(0))?;
        Ok(counted.unsigned_abs())
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let count = |table: &str| {
            let found =
                self.database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
            found.map(i64::unsigned_abs)
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
        let sql = "SELECT count(*) FROM revision_wrap WHERE state = ?1 AND slot_id = ?2";
        let mut query = self.database.prepare_cached(sql)?;
        let mut count = 0;
        for slot in slots {
            let found: i64 = query.query_row(rusqlite::params![state, slot.0], |row| row.get(0))?;
            count += found.unsigned_abs();
        }
        Ok(count)
    }

    /// The total length of all bodies in bytes, and how many of them are files. The lengths are what rows say, which may be
    /// anything: a total that no integer holds is the largest one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn body_totals(&self) -> Result<(u64, u64), StoreError> {
        // Not sum(): that fails where a row has a length that no body has, and then nothing of the vault would open.
        let sql = "SELECT total(length), count(*) FILTER (WHERE frames IS NULL) FROM revision";
        let found = self.database.query_row(sql, [], |row| Ok((row.get::<_, f64>(0)?, row.get::<_, i64>(1)?)));
        let (bytes, files) = found?;
        // `as` keeps within bounds; below 2^53, it is exact.
        Ok(((bytes as u64).min(i64::MAX.unsigned_abs()), files.unsigned_abs()))
    }

    /// The wraps of a revision's data key, by slot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn wraps(&self, revision: &[u8]) -> Result<Vec<WrapRow>, StoreError> {
        let sql = "SELECT slot_id, state, CASE WHEN length(edk) <= 262144 THEN edk END FROM revision_wrap \
                   WHERE revision_id = ?1 ORDER BY slot_id";
        let mut query = self.database.prepare_cached(sql)?;
        let rows = query.query_map([revision], |row| wrap(row, 0))?;
        // A damaged tree may show its rows without end.
        let found = rows.take(MOST_SLOTS + 1).collect::<Result<Vec<_>, _>>()?;
        if found.len() > MOST_SLOTS {
            Err(damaged("a key is wrapped for more slots than there can be"))
        } else {
            Ok(found)
        }
    }
}

pub(super) fn wrap(row: &Row<'_>, at: usize) -> rusqlite::Result<WrapRow> {
    Ok(WrapRow { slot: SlotId(row.get(at)?), state: row.get(at + 1)?, edk: row.get(at + 2)? })
}

fn revision(row: &Row<'_>) -> rusqlite::Result<RevisionRow> {
    let mut found = RevisionRow::default();
    read_revision(row, 0, &mut found)?;
    Ok(found)
}

/// Reads the columns of [`REVISION`], the first of which is at `first`, over what `into` had, in its memory.
pub(super) fn read_revision(row: &Row<'_>, first: usize, into: &mut RevisionRow) -> rusqlite::Result<()> {
    let at = |column: usize| first + column;
    let bytes = |column: usize, into: &mut Vec<u8>| {
        into.clear();
        into.extend_from_slice(row.get_ref(at(column))?.as_blob()?);
        Ok::<_, rusqlite::Error>(())
    };
    bytes(0, &mut into.id)?;
    into.number = row.get(at(1))?;
    bytes(2, &mut into.device)?;
    into.layout = row.get(at(3))?;
    match row.get_ref(at(4))?.as_blob_or_null()? {
        None => into.header = None,
        Some(found) => {
            let header = into.header.get_or_insert_default();
            header.clear();
            header.extend_from_slice(found);
        }
    }
    bytes(5, &mut into.message_id)?;
    into.frame_length = row.get(at(6))?;
    bytes(7, &mut into.commitment)?;
    into.length = row.get(at(8))?;
    bytes(9, &mut into.digest)?;
    let length: Option<i64> = row.get(at(10))?;
    into.frames = match (length, row.get_ref(at(11))?.as_blob_or_null()?) {
        (None, _) => SmallFrames::File,
        (Some(length), None) => SmallFrames::Long(length.unsigned_abs()),
        (Some(_), Some(found)) => {
            let mut frames = match std::mem::take(&mut into.frames) {
                SmallFrames::Here(used) => used,
                SmallFrames::Long(_) | SmallFrames::File => Vec::new(),
            };
            frames.clear();
            frames.extend_from_slice(found);
            SmallFrames::Here(frames)
        }
    };
    into.wraps.clear();
    Ok(())
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}
