//! The use cases, one file each; item and view models; ports for what they need from outside.

mod clock;
mod model;
mod pin;
mod sealed_file;

pub use crate::format::v1::{CollectionId, DeviceId, ItemId, RevisionId, SlotId, VaultId};
pub use clock::Clock;
pub use model::{
    CollectionView, Field, FieldSpec, Fields, ItemState, ItemSummary, Kind, LowerQuery, RevisionView, SummaryEdit,
    fields_of,
};
pub use pin::{HeadAge, Pin, PinError, Pins};
pub use sealed_file::{Opening as SealedFileOpening, Recipient, SealedFile, SealedFileError, Sealing, seal_file};
