//! Version 1 of our own records: identifiers, what they are sealed with, and their bytes. See `docs/format.md`.
//!
//! Owns: the layout of summaries, fields, manifest pages, heads and slot configurations, padding, and the associated
//! data of sealed records. Touches no keys. Invariant: what is written here never changes; a change is a `v2` beside it.

mod aad;
mod body;
mod bucket;
mod codec;
mod head;
mod ids;
mod page;
mod slot;
mod summary;

pub use aad::{RECORD_VERSION, RecordKind, RecordPlace};
pub use body::{Body, FieldRecord};
pub use bucket::{bucket_length, pad, unpad};
pub use head::{DeviceSequence, Head, PageDigest, Retention};
pub use ids::{CollectionId, DeviceId, IdError, ItemId, RevisionId, SlotId, VaultId};
pub use page::{
    ItemEntry, ItemState, Page, RevisionEntry, SummaryEntry, digest_input_of_wraps, put_digest_input_of_wrap,
};
pub use slot::{SlotConfig, SlotRecord, SlotState};
pub use summary::SummaryRecord;

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// Record bytes that can't be read: not what any Sealkeep of this version writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed record: {0}")]
pub struct Malformed(pub &'static str);

/// The longest title, in bytes.
pub const MAX_TITLE: usize = 4096;
/// The longest tag, in bytes.
pub const MAX_TAG: usize = 256;
/// The longest subtitle or media type, in bytes.
pub const MAX_SUBTITLE: usize = 1024;
/// The most tags that an item has.
pub const MAX_TAGS: usize = 64;
/// The most fields that an item has.
pub const MAX_FIELDS: usize = 64;
/// The longest field, in bytes.
pub const MAX_FIELD: usize = 1024 * 1024;
