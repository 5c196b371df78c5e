//! The head of a collection's manifest.

use crate::secret::SecretBytes;

use super::codec::{Reader, Writer};
use super::{DeviceId, Digest, Malformed, SlotRecord};

const WHAT: &str = "head";
/// The version that says when the index key was made, and the last one.
const WITH_KEY_DAY: u8 = 2;

/// One manifest page, as it must be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageDigest {
    /// The page's number.
    pub page: u32,
    /// Digest of the sealed page.
    pub digest: Digest,
}

/// How many commits a device has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceSequence {
    /// The device.
    pub device: DeviceId,
    /// Its commits, from 1.
    pub sequence: u64,
}

/// For how long a vault keeps what nobody needs: the same for everybody who uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days in the trash after which an item may be deleted for good; `None`: never.
    pub trash_days: Option<u16>,
    /// How many revisions an item of fields keeps; `None`: all.
    pub revisions: Option<u32>,
    /// How many a document keeps; `None`: all.
    pub document_revisions: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { trash_days: Some(30), revisions: None, document_revisions: None }
    }
}

/// A head's content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The vault's slots, by id.
    pub slots: Vec<SlotRecord>,
    /// The pages, ascending.
    pub pages: Vec<PageDigest>,
    /// The devices that wrote, by id.
    pub devices: Vec<DeviceSequence>,
    /// Digest of the sealed name.
    pub name: Digest,
    /// Digest of the index key's wraps.
    pub index_wraps: Digest,
    /// For how long the vault keeps what nobody needs.
    pub retention: Retention,
    /// The day that the index key was made, counted from 1970-01-01 in UTC; 0 where nobody knows.
    pub key_day: u32,
}

impl Head {
    /// The head's bytes.
    ///
    /// # Errors
    /// [`Malformed`] for more entries than can be counted.
    pub fn to_bytes(&self) -> Result<SecretBytes, Malformed> {
        let mut writer = Writer::default();
        writer.u8(WITH_KEY_DAY).count16(self.slots.len(), WHAT)?;
        for slot in &self.slots {
            slot.put(&mut writer)?;
        }
        writer.count32(self.pages.len(), WHAT)?;
        for page in &self.pages {
            writer.u32(page.page).bytes(&page.digest);
        }
        writer.count32(self.devices.len(), WHAT)?;
        for device in &self.devices {
            writer.bytes(&device.device.0).u64(device.sequence);
        }
        writer.bytes(&self.name).bytes(&self.index_wraps);
        let Retention { trash_days, revisions, document_revisions } = self.retention;
        writer.u32(trash_days.map_or(0, u32::from)).u32(revisions.unwrap_or(0)).u32(document_revisions.unwrap_or(0));
        writer.u32(self.key_day);
        Ok(writer.finish())
    }

    /// Reads a head.
    ///
    /// # Errors
    /// [`Malformed`], also where the order is not the one that is written.
    pub fn from_bytes(bytes: &SecretBytes) -> Result<Self, Malformed> {
        // EXPOSE: slots, digests and counts, which are no plaintext of anybody's.
        let mut reader = Reader::new(bytes.expose(), WHAT);
        let version = reader.version_up_to(WITH_KEY_DAY)?;
        let mut slots = Vec::new();
        for _ in 0..reader.u16()? {
            slots.push(SlotRecord::take(&mut reader)?);
        }
        let count = reader.count32(36)?;
        let mut pages = Vec::with_capacity(count);
        for _ in 0..count {
            pages.push(PageDigest { page: reader.u32()?, digest: reader.array()? });
        }
        let count = reader.count32(24)?;
        let mut devices = Vec::with_capacity(count);
        for _ in 0..count {
            devices.push(DeviceSequence { device: DeviceId(reader.array()?), sequence: reader.u64()? });
        }
        let (name, index_wraps) = (reader.array()?, reader.array()?);
        let trash_days = u16::try_from(reader.u32()?).map_err(|_| reader.malformed())?;
        let (revisions, document_revisions) = (reader.u32()?, reader.u32()?);
        let some = |count: u32| (count > 0).then_some(count);
        let retention = Retention {
            trash_days: (trash_days > 0).then_some(trash_days),
            revisions: some(revisions),
            document_revisions: some(document_revisions),
        };
        let key_day = if version < WITH_KEY_DAY { 0 } else { reader.u32()? };
        let head = Self { slots, pages, devices, name, index_wraps, retention, key_day };
        let malformed = reader.malformed();
        reader.end()?;
        let ordered = head.slots.is_sorted_by(|a, b| a.id < b.id)
            && head.pages.is_sorted_by(|a, b| a.page < b.page)
            && head.devices.is_sorted_by(|a, b| a.device < b.device);
        if ordered { Ok(head) } else { Err(malformed) }
    }

    /// Counts one more commit of `device`; its new sequence number.
    pub fn advance(&mut self, device: DeviceId) -> u64 {
        match self.devices.binary_search_by_key(&device, |known| known.device) {
            Ok(at) => {
                self.devices[at].sequence += 1;
                self.devices[at].sequence
            }
            Err(at) => {
                self.devices.insert(at, DeviceSequence { device, sequence: 1 });
                1
            }
        }
    }

    /// Puts the digest of page `page`, new or changed.
    pub fn put_page(&mut self, page: u32, digest: Digest) {
        match self.pages.binary_search_by_key(&page, |known| known.page) {
            Ok(at) => self.pages[at].digest = digest,
            Err(at) => self.pages.insert(at, PageDigest { page, digest }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::v1::{SlotConfig, SlotId, SlotState};

    fn head() -> Head {
        let slot = SlotRecord {
            id: SlotId([1; 16]),
            state: SlotState::Active,
            config: SlotConfig::Kms { key_arn: "arn".to_owned() },
        };
        let retention = Retention { trash_days: None, revisions: Some(20), document_revisions: None };
        let mut head = Head {
            slots: vec![slot],
            name: [1; 32],
            index_wraps: [2; 32],
            retention,
            key_day: 20_000,
            ..Head::default()
        };
        head.put_page(2, [2; 32]);
        head.put_page(1, [1; 32]);
        head.put_page(2, [3; 32]);
        assert_eq!(
            [DeviceId([9; 16]), DeviceId([8; 16]), DeviceId([9; 16])].map(|device| head.advance(device)),
            [1, 1, 2]
        );
        head
    }

    #[test]
    fn is_read_back_as_written_and_no_cut_is() {
        let bytes = head().to_bytes().unwrap();
        assert_eq!(Head::from_bytes(&bytes).unwrap(), head());
        for cut in 0..bytes.len() {
            assert!(Head::from_bytes(&SecretBytes::copy_of(&bytes.expose()[..cut])).is_err());
        }
    }

    #[test]
    fn the_first_version_does_not_say_when_the_key_was_made() {
        let mut bytes = head().to_bytes().unwrap().expose().to_vec();
        bytes[0] = 1;
        bytes.truncate(bytes.len() - 4);
        let read = Head::from_bytes(&SecretBytes::new(bytes)).unwrap();
        assert_eq!(read, Head { key_day: 0, ..head() });
    }

    #[test]
    fn refuses_another_order() {
        let mut head = head();
        head.pages.reverse();
        assert!(Head::from_bytes(&head.to_bytes().unwrap()).is_err());
    }
}
