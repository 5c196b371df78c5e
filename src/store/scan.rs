//! Reading whole tables, each once and in the order in which it is stored.
//!
//! Owns: the walks through all items, summaries, revisions and wraps. Rows are lent, not copied: what a walk keeps is for its
//! caller to say. A row that can't be read ends its walk, since nobody can tell what else is missing then. So does one that is not
//! after the row before it, or more than the file can hold: a tree may lead to one leaf many times, and many rows to one long value.

use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::format::v1::{CollectionId, ItemId};

use super::StoreError;
use super::limits::{header, short, small_frames};
use super::rows::{MOST_SLOTS, RevisionRow, Rows, SmallFrames};

/// A column that may be too long to be read with its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lent<'a> {
    /// There is none.
    Null,
    /// All of it.
    Here(&'a [u8]),
    /// More than is read; so many bytes.
    Long(u64),
}

impl Lent<'_> {
    /// How many bytes are here.
    fn here(self) -> usize {
        match self {
            Self::Here(bytes) => bytes.len(),
            Self::Null | Self::Long(_) => 0,
        }
    }
}

/// A revision's row without its wraps, as long as a walk stands on it.
#[derive(Clone, Copy, Debug)]
pub struct LentRevision<'a> {
    /// Its identifier.
    pub id: &'a [u8],
    /// Its number.
    pub number: u32,
    /// Who wrote it.
    pub device: &'a [u8],
    /// 1 a record, 2 raw frames.
    pub layout: i64,
    /// The message's header.
    pub header: Lent<'a>,
    /// The message's identifier.
    pub message_id: &'a [u8],
    /// The message's frame length.
    pub frame_length: i64,
    /// The message's commitment.
    pub commitment: &'a [u8],
    /// The length of the frames in bytes.
    pub length: i64,
    /// The digest of the frames.
    pub digest: &'a [u8],
    /// The frames; null where they are a file.
    pub frames: Lent<'a>,
}

impl RevisionRow {
    /// The same, lent.
    pub fn lend(&self) -> LentRevision<'_> {
        LentRevision {
            id: &self.id,
            number: self.number,
            device: &self.device,
            layout: self.layout,
            header: self.header.as_deref().map_or(Lent::Null, Lent::Here),
            message_id: &self.message_id,
            frame_length: self.frame_length,
            commitment: &self.commitment,
            length: self.length,
            digest: &self.digest,
            frames: match &self.frames {
                SmallFrames::Here(frames) => Lent::Here(frames),
                SmallFrames::Long(length) => Lent::Long(*length),
                SmallFrames::File => Lent::Null,
            },
        }
    }
}

/// A wrap's row, as long as a walk stands on it.
#[derive(Clone, Copy, Debug)]
pub struct LentWrap<'a> {
    /// The revision whose key is wrapped.
    pub revision: &'a [u8],
    /// The slot that can unwrap it.
    pub slot: [u8; 16],
    /// 1 wrapped, 2 pending.
    pub state: u8,
    /// The encrypted data key.
    pub edk: &'a [u8],
}

impl Rows<'_> {
    /// Shows every item with the page that its row names, by id.
    ///
    /// # Errors
    /// [`StoreError`], or what `see` gives.
    pub fn each_item<E: From<StoreError>>(
        &self,
        mut see: impl FnMut(ItemId, CollectionId, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        // The order is the table's own. Without it, an index would be read in the table's place.
        let mut order = Ascending::default();
        self.walk("SELECT item_id, collection_id, page FROM item ORDER BY item_id", |row| {
            let read = || Ok((row.get(0)?, CollectionId(row.get(1)?), row.get(2)?));
            let (item, collection, page) = read().map_err(of_row)?;
            order.check(item)?;
            see(ItemId(item), collection, page)
        })
    }

    /// Shows every summary, by item: whose it is, its number, the sealed record.
    ///
    /// # Errors
    /// [`StoreError`], or what `see` gives.
    pub fn each_summary<E: From<StoreError>>(
        &self,
        mut see: impl FnMut(ItemId, u32, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = concat!("SELECT item_id, number, ", short!("sealed"), " FROM summary ORDER BY item_id, number");
        let (mut order, mut measure) = (Ascending::default(), self.measure());
        self.walk(sql, |row| {
            let read = || Ok((row.get(0)?, row.get(1)?, blob(row, 2)?));
            let (item, number, sealed) = read().map_err(of_row)?;
            order.check((item, number))?;
            measure.take_row(sealed.len())?;
            see(ItemId(item), number, sealed)
        })
    }

    /// Shows every revision and whose it is, in the order in which they were put.
    ///
    /// # Errors
    /// [`StoreError`], or what `see` gives.
    pub fn each_revision<E: From<StoreError>>(
        &self,
        mut see: impl FnMut(ItemId, &LentRevision<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = concat!(
            "SELECT rowid, revision_id, item_id, number, device, layout, length(header), ",
            header!(),
            ", message_id, frame_length, commitment, length, digest, length(frames), ",
            small_frames!(),
            " FROM revision ORDER BY rowid"
        );
        let (mut order, mut measure) = (Ascending::default(), self.measure());
        self.walk(sql, |row| {
            let read = || {
                let item = ItemId(row.get(2)?);
                let revision = LentRevision {
                    id: blob(row, 1)?,
                    number: row.get(3)?,
                    device: blob(row, 4)?,
                    layout: row.get(5)?,
                    header: lent(row, 6)?,
                    message_id: blob(row, 8)?,
                    frame_length: row.get(9)?,
                    commitment: blob(row, 10)?,
                    length: row.get(11)?,
                    digest: blob(row, 12)?,
                    frames: lent(row, 13)?,
                };
                Ok((item, revision))
            };
            let (item, found) = read().map_err(of_row)?;
            order.check(row.get::<_, i64>(0).map_err(of_row)?)?;
            measure.take_row(found.header.here() + found.frames.here())?;
            see(item, &found)
        })
    }

    /// Shows every wrap of a data key, by revision and slot.
    ///
    /// # Errors
    /// [`StoreError`], or what `see` gives.
    pub fn each_wrap<E: From<StoreError>>(&self, mut see: impl FnMut(&LentWrap<'_>) -> Result<(), E>) -> Result<(), E> {
        let sql = concat!(
            "SELECT revision_id, slot_id, state, ",
            short!("edk"),
            " FROM revision_wrap ORDER BY revision_id, slot_id"
        );
        let (mut before, mut of_one) = (Vec::new(), 0);
        let (mut order, mut measure) = (Ascending::default(), self.measure());
        self.walk(sql, |row| {
            let read =
                || Ok(LentWrap { revision: blob(row, 0)?, slot: row.get(1)?, state: row.get(2)?, edk: blob(row, 3)? });
            let found = read().map_err(of_row)?;
            if found.revision == before.as_slice() {
                order.check(found.slot)?;
                of_one += 1;
            } else {
                if found.revision < before.as_slice() {
                    return Err(disorder().into());
                }
                before.clear();
                before.extend_from_slice(found.revision);
                order = Ascending(Some(found.slot));
                of_one = 1;
            }
            if of_one > MOST_SLOTS {
                return Err(StoreError::Damaged("a key is wrapped for more slots than there can be".to_owned()).into());
            }
            measure.take_row(found.edk.len())?;
            see(&found)
        })
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

/// Sees to it that every key is after the one before it.
struct Ascending<K>(Option<K>);

impl<K> Default for Ascending<K> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K: Ord> Ascending<K> {
    fn check(&mut self, key: K) -> Result<(), StoreError> {
        if self.0.as_ref().is_some_and(|before| *before >= key) {
            return Err(disorder());
        }
        self.0 = Some(key);
        Ok(())
    }
}

fn disorder() -> StoreError {
    StoreError::Damaged("rows are not in the order of their table".to_owned())
}

fn blob<'a>(row: &'a Row<'_>, at: usize) -> rusqlite::Result<&'a [u8]> {
    Ok(row.get_ref(at)?.as_blob()?)
}

/// A column whose length is at `at`, and which is, if it is not too long, after that.
fn lent<'a>(row: &'a Row<'_>, at: usize) -> rusqlite::Result<Lent<'a>> {
    Ok(match (row.get_ref(at)?, row.get_ref(at + 1)?) {
        (ValueRef::Null, _) => Lent::Null,
        (length, ValueRef::Null) => Lent::Long(length.as_i64()?.unsigned_abs()),
        (_, found) => Lent::Here(found.as_blob()?),
    })
}

fn of_row(error: rusqlite::Error) -> StoreError {
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_after_is_in_order() {
        let mut order = Ascending::default();
        order.check((1, 2)).unwrap();
        order.check((1, 3)).unwrap();
        order.check((2, 1)).unwrap();
        for again in [(2, 1), (1, 9)] {
            assert!(matches!(order.check(again), Err(StoreError::Damaged(_))), "{again:?}");
        }
    }
}
