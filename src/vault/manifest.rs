//! A collection that is open: its index key, and the head that says what must be there.
//!
//! The key leaves this file only for `verify`'s threads, by reference; every record is sealed and opened here.

use std::sync::Arc;

use crate::crypto::{CryptoError, DataKey, IndexKey, RecordOpener, sha256};
use crate::format::v1::{
    CollectionId, Digest, Head, ItemId, Page, PageDigest, RecordKind, RecordPlace, SlotId, SlotRecord, SummaryRecord,
    VaultId,
};
use crate::providers::PassphraseProvider;
use crate::secret::{SecretBytes, SecretString};
use crate::store::{CollectionRow, Rows, StoreError, WrapRow};

use super::ItemSummary;
use super::error::{Finding, VaultError};

/// A collection, its index key and its head.
#[derive(Clone)]
pub(super) struct OpenCollection {
    pub(super) vault: VaultId,
    pub(super) id: CollectionId,
    pub(super) epoch: u32,
    key: Arc<IndexKey>,
    pub(super) head: Head,
    /// Digest of the sealed head.
    pub(super) digest: Digest,
    /// Whether the head is the one that was sealed. Where it is not, pages that open may be old ones.
    pub(super) is_proven: bool,
}

impl OpenCollection {
    /// A collection whose head was not looked at.
    pub(super) fn unopened(vault: VaultId, id: CollectionId, epoch: u32, key: IndexKey) -> Self {
        Self { epoch, ..Self::make(vault, id, key, Head::default()) }
    }

    /// The collection with the head that is stored.
    pub(super) fn opened(&self, sealed_head: &[u8]) -> Result<Self, VaultError> {
        Ok(self.with_head(self.open_head(sealed_head)?, sha256(sealed_head)))
    }

    /// The collection without the head that is stored, which can't be believed, but one that lists whatever is there.
    pub(super) fn without_head(
        &self,
        row: &CollectionRow,
        slots: Vec<SlotRecord>,
        rows: &Rows<'_>,
    ) -> Result<Self, VaultError> {
        let mut pages = Vec::new();
        for page in rows.page_numbers(row.id)? {
            // One that can't be read is found later on, as any.
            let digest = rows.page(row.id, page).ok().flatten().map_or([0; 32], |sealed| sha256(&sealed));
            pages.push(PageDigest { page, digest });
        }
        let wraps = rows.index_wraps(row.id, row.epoch).unwrap_or_default();
        let index_wraps = digest_of_wraps(&wraps);
        let head = Head { slots, pages, name: sha256(&row.name), index_wraps, ..Head::default() };
        Ok(Self { is_proven: false, ..self.with_head(head, sha256(&row.head)) })
    }

    /// A collection that is being made, and has nothing in it.
    pub(super) fn make(vault: VaultId, id: CollectionId, key: IndexKey, head: Head) -> Self {
        Self { vault, id, epoch: 1, key: Arc::new(key), head, digest: [0; 32], is_proven: true }
    }

    /// The same collection under a later head.
    pub(super) fn with_head(&self, head: Head, digest: Digest) -> Self {
        Self { head, digest, ..self.clone() }
    }

    /// The same collection in its next epoch, under the `key` that was made for it. Its pages and its name are still sealed under the old
    /// one.
    pub(super) fn under(&self, epoch: u32, key: IndexKey) -> Self {
        Self { epoch, key: Arc::new(key), ..self.clone() }
    }

    pub(super) fn open_head(&self, sealed: &[u8]) -> Result<Head, VaultError> {
        let damaged = || VaultError::Damaged("the head of the manifest".to_owned());
        let opened = self.key.open_record(&self.place(RecordKind::Head), sealed).map_err(|_| damaged())?;
        Head::from_bytes(&opened).map_err(|_| damaged())
    }

    pub(super) fn seal_head(&self, head: &Head) -> Result<Vec<u8>, VaultError> {
        Ok(self.key.seal_record(&self.place(RecordKind::Head), &head.to_bytes()?)?)
    }

    /// Reads a page, which must be the one that `head` lists.
    pub(super) fn page(&self, rows: &Rows<'_>, number: u32) -> Result<Result<Page, Finding>, VaultError> {
        Ok(self.sealed_page(rows, number)?.and_then(|sealed| self.open_page(number, &sealed)))
    }

    /// Reads a page, to be opened on any thread.
    pub(super) fn sealed_page(&self, rows: &Rows<'_>, number: u32) -> Result<Result<Vec<u8>, Finding>, VaultError> {
        match rows.page(self.id, number) {
            Ok(Some(sealed)) => Ok(Ok(sealed)),
            Ok(None) => Ok(Err(Finding::PageMissing(number))),
            Err(error @ StoreError::Damaged(_)) => {
                Ok(Err(Finding::PageUnreadable { page: number, reason: error.to_string() }))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a page, which must be the one that `head` lists.
    pub(super) fn open_page(&self, number: u32, sealed: &[u8]) -> Result<Page, Finding> {
        let at = self.head.pages.binary_search_by_key(&number, |page| page.page);
        let listed = at.map_err(|_| Finding::PageMissing(number))?;
        if sha256(sealed) != self.head.pages[listed].digest {
            return Err(Finding::PageChanged(number));
        }
        let place = RecordPlace { number, ..self.place(RecordKind::Page) };
        let opened = self.key.open_record(&place, sealed).map_err(|_| Finding::PageChanged(number))?;
        Page::from_bytes(&opened).map_err(|_| Finding::PageChanged(number))
    }

    /// Reads a page that must be right for anything to go on.
    pub(super) fn intact_page(&self, rows: &Rows<'_>, number: u32) -> Result<Page, VaultError> {
        self.page(rows, number)?.map_err(|finding| VaultError::Damaged(finding.to_string()))
    }

    pub(super) fn seal_page(&self, number: u32, page: &Page) -> Result<Vec<u8>, VaultError> {
        let place = RecordPlace { number, ..self.place(RecordKind::Page) };
        Ok(self.key.seal_record(&place, &page.to_bytes()?)?)
    }

    pub(super) fn open_summary(&self, item: ItemId, number: u32, sealed: &[u8]) -> Option<SummaryRecord> {
        let opened = self.key.open_record(&self.summary_place(item, number), sealed).ok()?;
        SummaryRecord::from_bytes(&opened).ok()
    }

    /// What opens many summaries, one after the other.
    pub(super) fn summary_opener(&self) -> SummaryOpener<'_> {
        SummaryOpener { collection: self, records: self.key.record_opener() }
    }

    pub(super) fn seal_summary(
        &self,
        item: ItemId,
        number: u32,
        record: &SummaryRecord,
    ) -> Result<Vec<u8>, VaultError> {
        Ok(self.key.seal_record(&self.summary_place(item, number), &record.to_bytes()?)?)
    }

    pub(super) fn open_name(&self, sealed: &[u8]) -> Option<SecretString> {
        let opened = self.key.open_record(&self.place(RecordKind::CollectionName), sealed).ok()?;
        SecretString::from_bytes(opened).ok()
    }

    pub(super) fn seal_name(&self, name: &str) -> Result<Vec<u8>, CryptoError> {
        self.key.seal_record(&self.place(RecordKind::CollectionName), &SecretBytes::copy_of(name.as_bytes()))
    }

    /// The index key, to be wrapped for one more slot.
    pub(super) fn key_to_wrap(&self) -> Result<DataKey, CryptoError> {
        self.key.copy_to_wrap()
    }

    /// What tells the index key from every other.
    pub(super) fn commitment(&self) -> Result<[u8; 32], CryptoError> {
        self.key.derive_commitment(self.id, self.epoch)
    }

    /// What wraps and unwraps in the place of `slot`'s provider, where that one can't be reached.
    pub(super) fn pending(&self, slot: SlotId) -> Result<PassphraseProvider, CryptoError> {
        Ok(PassphraseProvider::for_pending(self.key.derive_pending()?, slot.0))
    }

    fn summary_place(&self, item: ItemId, number: u32) -> RecordPlace {
        RecordPlace { item: Some(item), number, ..self.place(RecordKind::Summary) }
    }

    fn place(&self, kind: RecordKind) -> RecordPlace {
        RecordPlace { kind, vault: self.vault, collection: self.id, epoch: self.epoch, item: None, number: 0 }
    }
}

/// Opens many summaries of a collection: the stack is wiped when it is dropped.
pub(super) struct SummaryOpener<'a> {
    collection: &'a OpenCollection,
    records: RecordOpener<'a>,
}

impl SummaryOpener<'_> {
    pub(super) fn open_record(&mut self, item: ItemId, number: u32, sealed: &[u8]) -> Option<SummaryRecord> {
        let opened = self.records.open(&self.collection.summary_place(item, number), sealed).ok()?;
        SummaryRecord::from_bytes(&opened).ok()
    }

    pub(super) fn open(&mut self, item: ItemId, number: u32, sealed: &[u8]) -> Option<ItemSummary> {
        let record = self.open_record(item, number, sealed)?;
        Some(ItemSummary::from_record(item, self.collection.id, record))
    }
}

/// The digest of wraps, which must be in the order of their slots.
pub(super) fn digest_of_wraps(wraps: &[WrapRow]) -> Digest {
    sha256(&crate::format::v1::digest_input_of_wraps(
        wraps.iter().map(|wrap| (wrap.slot, wrap.state, wrap.edk.as_slice())),
    ))
}
