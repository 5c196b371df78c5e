//! Reading several rows at once, and never more of them than there can be.
//!
//! Owns: every query that gives a list; walks through whole tables are in `scan`, and what gives one row in `rows`.
//! Invariant: each list ends. The inner pages of a database may name one page many times, which its format forbids and SQLite's
//! own check alone notices: then its rows come without end. So rows are asked for in the order of what tells them apart, and one
//! that does not come after the one before it is damage; and all together they are no longer than the file that they are in. Slots
//! and wraps are so few that counting them is enough.

use rusqlite::{Connection, Params, Row, params};

use crate::format::v1::{CollectionId, ItemId, RevisionId, SlotConfig, SlotId, SlotRecord, SlotState};

use super::StoreError;
use super::limits::short;
use super::rows::{
    CollectionRow, ItemRows, MOST_SLOTS, REVISION, RevisionRow, Rows, SmallFrames, SummaryRow, WrapRow, damaged,
    revision, wrap,
};

/// No page of a manifest lists more items.
const MOST_ITEMS: usize = 1024;

/// So many bytes are read before anybody asks how long the file is.
const AT_ONCE: u64 = 1024 * 1024;

/// What a row without its long columns has at least, in bytes. Less is safe.
const ROW: usize = 16;

/// How much one look may still give.
pub(super) struct Measure<'a> {
    database: &'a Connection,
    read: u64,
    at_most: u64,
    is_of_file: bool,
}

impl<'a> Measure<'a> {
    fn new(database: &'a Connection) -> Self {
        Self { database, read: 0, at_most: AT_ONCE, is_of_file: false }
    }

    /// Takes a row of so many bytes, besides its short columns.
    pub(super) fn take_row(&mut self, bytes: usize) -> Result<(), StoreError> {
        self.take(ROW + bytes)
    }

    fn take(&mut self, bytes: usize) -> Result<(), StoreError> {
        self.read = self.read.saturating_add(bytes as u64);
        if self.read > self.at_most && !self.is_of_file {
            self.at_most = AT_ONCE.max(length_of(self.database)?);
            self.is_of_file = true;
        }
        if self.read > self.at_most { Err(damaged("it shows more than its file can hold")) } else { Ok(()) }
    }
}

/// How long the database is, its log included, in bytes.
fn length_of(database: &Connection) -> Result<u64, StoreError> {
    let number = |sql| {
        let found = database.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
        found.map(i64::unsigned_abs)
    };
    Ok(number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?))
}

/// No table has more rows than this.
pub(super) fn most_rows(database: &Connection) -> Result<i64, StoreError> {
    Ok(i64::try_from(length_of(database)? / ROW as u64).unwrap_or(i64::MAX))
}

/// A row of a list: what tells it from all others, its length in bytes or less, and what is made of it.
type Listed<K, T> = (K, usize, T);

impl Rows<'_> {
    fn list<K: PartialOrd, T>(
        &self,
        sql: &str,
        values: impl Params,
        measure: &mut Measure<'_>,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<Listed<K, T>>,
    ) -> Result<Vec<T>, StoreError> {
        let mut query = self.database.prepare_cached(sql)?;
        let mut rows = query.query(values)?;
        let (mut last, mut found) = (None, Vec::new());
        while let Some(row) = rows.next()? {
            let (key, length, value) = read(row)?;
            if last.is_some_and(|last| last >= key) {
                return Err(damaged("it shows a row twice, or not in its place"));
            }
            last = Some(key);
            measure.take_row(length)?;
            found.push(value);
        }
        Ok(found)
    }

    pub(super) fn measure(&self) -> Measure<'_> {
        Measure::new(self.database)
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
        let sql = concat!("SELECT slot_id, state, ", short!("config"), " FROM slot ORDER BY slot_id");
        let mut query = self.database.prepare_cached(sql)?;
        let rows =
            query.query_map([], |row| Ok((SlotId(row.get(0)?), row.get::<_, u8>(1)?, row.get::<_, Vec<u8>>(2)?)))?;
        let mut slots = Vec::new();
        for row in rows {
            slots.push(row.map_err(StoreError::from).and_then(|(id, state, config)| {
                let malformed = |_| damaged("a slot can't be read");
                let config = SlotConfig::from_bytes(&config).map_err(malformed)?;
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
        let sql = concat!(
            "SELECT c.collection_id, c.epoch, e.commitment, ",
            short!("c.name"),
            ", c.head FROM collection c JOIN epoch e ON e.collection_id = c.collection_id AND e.epoch = c.epoch \
             ORDER BY c.collection_id"
        );
        self.list(sql, [], &mut self.measure(), |row| {
            let found = CollectionRow {
                id: CollectionId(row.get(0)?),
                epoch: row.get(1)?,
                commitment: row.get(2)?,
                name: row.get(3)?,
                head: row.get(4)?,
            };
            Ok((found.id, found.name.len() + found.head.len(), found))
        })
    }

    /// The wraps of an index key, by slot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn index_wraps(&self, collection: CollectionId, epoch: u32) -> Result<Vec<WrapRow>, StoreError> {
        let sql = concat!(
            "SELECT slot_id, state, ",
            short!("edk"),
            " FROM index_wrap WHERE collection_id = ?1 AND epoch = ?2 ORDER BY slot_id"
        );
        self.wraps_by(sql, params![collection.0, epoch])
    }

    /// The wraps of a revision's data key, by slot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn wraps(&self, revision: &[u8]) -> Result<Vec<WrapRow>, StoreError> {
        let sql = concat!(
            "SELECT slot_id, state, ",
            short!("edk"),
            " FROM revision_wrap WHERE revision_id = ?1 ORDER BY slot_id"
        );
        self.wraps_by(sql, [revision])
    }

    fn wraps_by(&self, sql: &str, values: impl Params) -> Result<Vec<WrapRow>, StoreError> {
        let mut query = self.database.prepare_cached(sql)?;
        let rows = query.query_map(values, wrap)?;
        let found = rows.take(MOST_SLOTS + 1).collect::<Result<Vec<_>, _>>()?;
        if found.len() > MOST_SLOTS {
            return Err(damaged("a key is wrapped for more slots than there can be"));
        }
        Ok(found)
    }

    /// The numbers of the pages that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page_numbers(&self, collection: CollectionId) -> Result<Vec<u32>, StoreError> {
        let sql = "SELECT page FROM page WHERE collection_id = ?1 ORDER BY page";
        self.list(sql, [collection.0], &mut self.measure(), |row| row.get(0).map(|page: u32| (page, 0, page)))
    }

    /// The items on a page.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn items_on_page(&self, collection: CollectionId, page: u32) -> Result<Vec<ItemId>, StoreError> {
        let sql = "SELECT item_id FROM item WHERE collection_id = ?1 AND page = ?2 ORDER BY item_id";
        let values = params![collection.0, page];
        let read = |row: &Row<'_>| row.get(0).map(|id| (ItemId(id), 0, ItemId(id)));
        let items = self.list(sql, values, &mut self.measure(), read)?;
        if items.len() > MOST_ITEMS {
            return Err(damaged("a page has more items than it can have"));
        }
        Ok(items)
    }

    /// All rows of all items on a page, by item.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn items_of_page(&self, collection: CollectionId, page: u32) -> Result<Vec<ItemRows>, StoreError> {
        // Of all of them together: rows can't share what they are made of.
        let mut measure = self.measure();
        self.items_on_page(collection, page)?.into_iter().map(|id| self.item_within(id, &mut measure)).collect()
    }

    /// All rows of one item; none, where there is no such item.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn item(&self, id: ItemId) -> Result<ItemRows, StoreError> {
        self.item_within(id, &mut self.measure())
    }

    fn item_within(&self, id: ItemId, measure: &mut Measure<'_>) -> Result<ItemRows, StoreError> {
        let summaries = self.summaries_within(id, measure)?;
        let sql = format!("SELECT {REVISION} FROM revision WHERE item_id = ?1 ORDER BY number");
        let mut revisions = self.list(&sql, [id.0], measure, |row| {
            let found = revision(row)?;
            Ok((found.number, length_of_row(&found), found))
        })?;
        for revision in &mut revisions {
            revision.wraps = self.wraps(&revision.id)?;
            measure.take(revision.wraps.iter().map(|wrap| wrap.edk.len()).sum())?;
        }
        Ok(ItemRows { id, summaries, revisions })
    }

    /// An item's summaries, by number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn summaries(&self, item: ItemId) -> Result<Vec<SummaryRow>, StoreError> {
        self.summaries_within(item, &mut self.measure())
    }

    fn summaries_within(&self, item: ItemId, measure: &mut Measure<'_>) -> Result<Vec<SummaryRow>, StoreError> {
        let sql = concat!("SELECT number, ", short!("sealed"), " FROM summary WHERE item_id = ?1 ORDER BY number");
        self.list(sql, [item.0], measure, |row| {
            let found = SummaryRow { number: row.get(0)?, sealed: row.get(1)? };
            Ok((found.number, found.sealed.len(), found))
        })
    }

    /// The revisions whose frames are files.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revisions_in_files(&self) -> Result<Vec<RevisionId>, StoreError> {
        // All rows, so that it is seen here whether they end.
        let sql = "SELECT rowid, CASE WHEN frames IS NULL THEN revision_id END FROM revision ORDER BY rowid";
        let found = self.list(sql, [], &mut self.measure(), |row| {
            let id: Option<[u8; 16]> = row.get(1)?;
            Ok((row.get::<_, i64>(0)?, 0, id.map(RevisionId)))
        })?;
        Ok(found.into_iter().flatten().collect())
    }
}

fn length_of_row(row: &RevisionRow) -> usize {
    let frames = match &row.frames {
        SmallFrames::Here(frames) => frames.len(),
        SmallFrames::Long(_) | SmallFrames::File => 0,
    };
    row.header.as_ref().map_or(0, Vec::len) + frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_gives_no_more_than_the_file_has() {
        let database = Connection::open_in_memory().unwrap();
        let mut measure = Measure::new(&database);
        measure.take(AT_ONCE as usize).unwrap();
        assert!(matches!(measure.take(1), Err(StoreError::Damaged(_))), "the file is shorter than that");
        database.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(3000000))").unwrap();
        let mut measure = Measure::new(&database);
        measure.take(3_000_000).unwrap();
        assert!(measure.take(1_000_000).is_err());
    }

    #[test]
    fn rows_that_do_not_follow_each_other_are_damage() {
        let database = Connection::open_in_memory().unwrap();
        let rows = Rows::new(&database);
        let list = |values: &str| {
            let sql = format!("SELECT column1 FROM (VALUES {values})");
            rows.list(&sql, [], &mut rows.measure(), |row| row.get::<_, u32>(0).map(|number| (number, 0, number)))
        };
        assert_eq!(list("(1), (2), (4)").unwrap(), [1, 2, 4]);
        for wrong in ["(1), (1)", "(2), (1)"] {
            assert!(matches!(list(wrong), Err(StoreError::Damaged(_))), "{wrong}");
        }
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT i FROM n";
        let read = |row: &Row<'_>| row.get::<_, u32>(0).map(|number| (number, 0, number));
        assert!(rows.list(endless, [], &mut rows.measure(), read).is_err());
    }
}
