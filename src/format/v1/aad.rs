//! What a sealed record is bound to.

use super::{CollectionId, ItemId, VaultId};

/// The version that sealed records and their associated data carry.
pub const RECORD_VERSION: u8 = 1;

/// What a sealed record is. The kind is in its key and in its associated data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RecordKind {
    /// What a list shows of an item.
    Summary = 1,
    /// A collection's name.
    CollectionName = 2,
    /// A page of the manifest.
    Page = 3,
    /// A collection's head.
    Head = 4,
}

impl RecordKind {
    /// The kind as it stands in the record.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Where in which vault a sealed record belongs: its associated data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordPlace {
    /// What it is.
    pub kind: RecordKind,
    /// The vault.
    pub vault: VaultId,
    /// The collection.
    pub collection: CollectionId,
    /// The epoch of the index key that seals it.
    pub epoch: u32,
    /// The item, where it belongs to one.
    pub item: Option<ItemId>,
    /// The summary's or the page's number, else 0.
    pub number: u32,
}

impl RecordPlace {
    /// The associated data: a tuple, each part with its length in front.
    pub fn to_aad(&self) -> Vec<u8> {
        let item: &[u8] = self.item.as_ref().map_or(&[], |item| &item.0);
        let parts: [&[u8]; 8] = [
            b"sealkeep record",
            &u16::from(RECORD_VERSION).to_be_bytes(),
            &[self.kind.code()],
            &self.vault.0,
            &self.collection.0,
            &self.epoch.to_be_bytes(),
            item,
            &self.number.to_be_bytes(),
        ];
        let mut aad = Vec::with_capacity(96);
        for part in parts {
            // No part is longer than 16 bytes.
            aad.extend_from_slice(&[0, part.len() as u8]);
            aad.extend_from_slice(part);
        }
        aad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_changes_the_bytes() {
        let place = RecordPlace {
            kind: RecordKind::Summary,
            vault: VaultId([1; 16]),
            collection: CollectionId([2; 16]),
            epoch: 1,
            item: Some(ItemId([3; 16])),
            number: 7,
        };
        let others = [
            RecordPlace { kind: RecordKind::Page, ..place },
            RecordPlace { vault: VaultId([9; 16]), ..place },
            RecordPlace { collection: CollectionId([9; 16]), ..place },
            RecordPlace { epoch: 2, ..place },
            RecordPlace { item: None, ..place },
            RecordPlace { number: 8, ..place },
        ];
        assert!(others.iter().all(|other| other.to_aad() != place.to_aad()));
        assert_eq!(&place.to_aad()[..23], b"\0\x0fsealkeep record\0\x02\0\x01\0\x01");
    }
}
