//! Manifest pages: what rows there must be, and their digests.

use crate::format::{Commitment, MessageId};
use crate::secret::SecretBytes;

use super::codec::{Reader, Writer};
use super::{DeviceId, Digest, ItemId, Malformed, RevisionId, SlotId};

const WHAT: &str = "manifest page";
/// The version that says when each data key was made, and the last one.
const WITH_KEY_DAYS: u8 = 2;
const LIVE: u8 = 1;
const TOMBSTONE: u8 = 2;

/// Whether an item is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// It has rows.
    Live,
    /// It was purged, and must have none.
    Tombstone,
}

/// A summary row that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryEntry {
    /// Its number, from 1.
    pub number: u32,
    /// Who wrote it.
    pub device: DeviceId,
    /// Digest of the sealed record.
    pub digest: Digest,
}

/// A revision row that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionEntry {
    /// Its number, from 1.
    pub number: u32,
    /// Its identifier.
    pub id: RevisionId,
    /// Who wrote it.
    pub device: DeviceId,
    /// The day of its writing, counted from 1970-01-01 in UTC.
    pub day: u32,
    /// The day that its data key was made: a later one where it was sealed again.
    pub key_day: u32,
    /// How its body is laid out: 1 a padded record, 2 raw frames in a file.
    pub layout: u8,
    /// Digest of the stored header, zeros where there is none.
    pub header: Digest,
    /// Digest of its wraps.
    pub wraps: Digest,
    /// The message's identifier.
    pub message_id: MessageId,
    /// The message's frame length.
    pub frame_length: u32,
    /// The message's commitment to its data key.
    pub commitment: Commitment,
    /// Length of the frames in bytes.
    pub length: u64,
    /// Digest of the frames.
    pub body: Digest,
}

/// An item's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemEntry {
    /// The item.
    pub id: ItemId,
    /// Whether it is there.
    pub state: ItemState,
    /// Its summaries, oldest first.
    pub summaries: Vec<SummaryEntry>,
    /// Its revisions, oldest first.
    pub revisions: Vec<RevisionEntry>,
}

/// A page's content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The items that stand on it.
    pub items: Vec<ItemEntry>,
}

const SUMMARY_LENGTH: usize = 4 + 16 + 32;
/// Without the day of its key, which the first version does not have.
const REVISION_LENGTH: usize = 4 + 16 + 16 + 4 + 1 + 32 + 32 + 32 + 4 + 32 + 8 + 32;

impl Page {
    /// The page's bytes.
    ///
    /// # Errors
    /// [`Malformed`] for more entries than can be counted.
    pub fn to_bytes(&self) -> Result<SecretBytes, Malformed> {
        let mut writer = Writer::default();
        writer.u8(WITH_KEY_DAYS).count32(self.items.len(), WHAT)?;
        for item in &self.items {
            let state = match item.state {
                ItemState::Live => LIVE,
                ItemState::Tombstone => TOMBSTONE,
            };
            writer.bytes(&item.id.0).u8(state).count32(item.summaries.len(), WHAT)?;
            for summary in &item.summaries {
                writer.u32(summary.number).bytes(&summary.device.0).bytes(&summary.digest);
            }
            writer.count32(item.revisions.len(), WHAT)?;
            for revision in &item.revisions {
                put_revision(&mut writer, revision);
            }
        }
        Ok(writer.finish())
    }

    /// Reads a page.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn from_bytes(bytes: &SecretBytes) -> Result<Self, Malformed> {
        // EXPOSE: identifiers and digests, which are no plaintext of anybody's.
        let mut reader = Reader::new(bytes.expose(), WHAT);
        let version = reader.version_up_to(WITH_KEY_DAYS)?;
        let count = reader.count32(16 + 1 + 4 + 4)?;
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(take_item(&mut reader, version)?);
        }
        reader.end()?;
        Ok(Self { items })
    }

    /// The entry of `item`.
    pub fn item(&self, item: ItemId) -> Option<&ItemEntry> {
        self.items.iter().find(|entry| entry.id == item)
    }

    /// The entry of `item`, to be changed.
    pub fn item_mut(&mut self, item: ItemId) -> Option<&mut ItemEntry> {
        self.items.iter_mut().find(|entry| entry.id == item)
    }
}

fn put_revision(writer: &mut Writer, revision: &RevisionEntry) {
    writer
        .u32(revision.number)
        .bytes(&revision.id.0)
        .bytes(&revision.device.0)
        .u32(revision.day)
        .u32(revision.key_day)
        .u8(revision.layout)
        .bytes(&revision.header)
        .bytes(&revision.wraps)
        .bytes(&revision.message_id.0)
        .u32(revision.frame_length)
        .bytes(&revision.commitment.0)
        .u64(revision.length)
        .bytes(&revision.body);
}

fn take_item(reader: &mut Reader<'_>, version: u8) -> Result<ItemEntry, Malformed> {
    let id = ItemId(reader.array()?);
    let state = match reader.u8()? {
        LIVE => ItemState::Live,
        TOMBSTONE => ItemState::Tombstone,
        _ => return Err(reader.malformed()),
    };
    let count = reader.count32(SUMMARY_LENGTH)?;
    let mut summaries = Vec::with_capacity(count);
    for _ in 0..count {
        summaries.push(SummaryEntry {
            number: reader.u32()?,
            device: DeviceId(reader.array()?),
            digest: reader.array()?,
        });
    }
    let count = reader.count32(REVISION_LENGTH)?;
    let mut revisions = Vec::with_capacity(count);
    for _ in 0..count {
        let (number, id, device) = (reader.u32()?, RevisionId(reader.array()?), DeviceId(reader.array()?));
        let day = reader.u32()?;
        revisions.push(RevisionEntry {
            number,
            id,
            device,
            day,
            key_day: if version < WITH_KEY_DAYS { day } else { reader.u32()? },
            layout: reader.u8()?,
            header: reader.array()?,
            wraps: reader.array()?,
            message_id: MessageId(reader.array()?),
            frame_length: reader.u32()?,
            commitment: Commitment(reader.array()?),
            length: reader.u64()?,
            body: reader.array()?,
        });
    }
    let empty = summaries.is_empty() && revisions.is_empty();
    if (state == ItemState::Tombstone) != empty {
        return Err(reader.malformed());
    }
    Ok(ItemEntry { id, state, summaries, revisions })
}

/// What the wraps digest is of: each wrap's slot, state and bytes. `wraps` must be in the order of their slots' ids.
pub fn digest_input_of_wraps<'a>(wraps: impl IntoIterator<Item = (SlotId, u8, &'a [u8])>) -> Vec<u8> {
    let mut input = Vec::new();
    for (slot, state, edk) in wraps {
        put_digest_input_of_wrap(&mut input, slot.0, state, edk);
    }
    input
}

/// Appends one wrap to what [`digest_input_of_wraps`] gives.
pub fn put_digest_input_of_wrap(input: &mut Vec<u8>, slot: [u8; 16], state: u8, edk: &[u8]) {
    input.extend_from_slice(&slot);
    input.push(state);
    // A wrap has at most three fields of 64 KiB.
    input.extend_from_slice(&(edk.len() as u32).to_be_bytes());
    input.extend_from_slice(edk);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let revision = RevisionEntry {
            number: 1,
            id: RevisionId([2; 16]),
            device: DeviceId([3; 16]),
            day: 20_000,
            key_day: 20_500,
            layout: 1,
            header: [4; 32],
            wraps: [5; 32],
            message_id: MessageId([6; 32]),
            frame_length: 65_536,
            commitment: Commitment([7; 32]),
            length: 300,
            body: [8; 32],
        };
        let summary = SummaryEntry { number: 1, device: DeviceId([3; 16]), digest: [9; 32] };
        let live = ItemEntry {
            id: ItemId([1; 16]),
            state: ItemState::Live,
            summaries: vec![summary.clone(), SummaryEntry { number: 2, ..summary }],
            revisions: vec![revision],
        };
        let gone = ItemEntry { id: ItemId([2; 16]), state: ItemState::Tombstone, summaries: vec![], revisions: vec![] };
        Page { items: vec![live, gone] }
    }

    #[test]
    fn is_read_back_as_written_and_no_cut_is() {
        let bytes = page().to_bytes().unwrap();
        assert_eq!(Page::from_bytes(&bytes).unwrap(), page());
        for cut in 0..bytes.len() {
            assert!(Page::from_bytes(&SecretBytes::copy_of(&bytes.expose()[..cut])).is_err());
        }
    }

    #[test]
    fn in_the_first_version_a_key_is_as_old_as_its_revision() {
        let mut bytes = page().to_bytes().unwrap().expose().to_vec();
        bytes[0] = 1;
        let key_day = 20_500u32.to_be_bytes();
        let at = bytes.windows(4).position(|four| four == key_day).unwrap();
        bytes.drain(at..at + 4);
        let read = Page::from_bytes(&SecretBytes::new(bytes)).unwrap();
        assert_eq!(read.items[0].revisions[0].key_day, 20_000);
        let mut newer = page().to_bytes().unwrap().expose().to_vec();
        newer[0] = 3;
        assert!(Page::from_bytes(&SecretBytes::new(newer)).is_err());
    }

    #[test]
    fn a_tombstone_has_no_rows_and_nothing_else_has_none() {
        let mut page = page();
        page.items[0].state = ItemState::Tombstone;
        assert!(Page::from_bytes(&page.to_bytes().unwrap()).is_err());
    }
}
