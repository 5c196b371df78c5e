//! The use cases, one file each; item and view models; ports for what they need from outside.
//!
//! Owns: what a vault is and what may be done with it. Touches no runtime, no window, no keyring; its futures run on any
//! executor, and what blocks says so or has a thread of its own.
//! Invariant: nothing that the store has is shown before it was held against the manifest (but for a salvage, which says so), and
//! nothing is saved but in one transaction that rewrites the manifest.

mod check;
mod clock;
mod commit;
mod contents;
mod context;
mod create;
mod draft;
mod drill;
mod error;
mod every_key;
mod find;
mod halt;
mod history;
mod locked;
mod manifest;
mod model;
mod new_body;
mod open;
mod owed;
mod patience;
mod pin;
mod proof;
mod prune;
mod purge;
mod read;
mod rekey;
mod reseal;
mod retention;
mod rewrap;
mod salvage;
mod sealed_file;
mod slots;
mod thread;
mod unlock;
mod verify;
mod wrapping;

pub use crate::crypto::{CryptoError, NoWatch, Watch};
pub use crate::format::v1::{
    CollectionId, DeviceId, ItemId, Retention, RevisionId, SlotConfig, SlotId, SlotRecord, SlotState, VaultId,
};
pub use crate::store::{EndReads, Flush, IsOver, StoreError};
pub use check::{CheckReport, CheckStep, Checking, Depth, RevisionChecked};
pub use clock::Clock;
pub use commit::{Change, Remains};
pub use create::{NewSlot, NewVault, create_vault, try_place};
pub use drill::DrillReport;
pub use error::{Finding, Problem, VaultError};
pub use every_key::PassedOver;
pub use find::FindError;
pub use history::Restoring;
pub use locked::{Confirmed, LockedVault, Trust, VaultStatus};
pub use model::{
    Changed, CollectionView, Counts, Field, FieldSpec, Fields, FileForm, Finders, ItemChange, ItemState, ItemSummary,
    Kind, Listing, LowerQuery, Mark, Numbers, Order, RevisionView, SummaryEdit, fields_of, is_joiner, is_unseen,
};
pub use new_body::{NewBody, SealedBody};
pub use open::UnlockedVault;
pub use owed::{NewWraps, Owed, OwedCounts, Owing};
pub use pin::{HeadAge, Pin, PinError, Pins};
pub use prune::{Prunable, PruneLimit};
pub use read::BodyReader;
pub use rekey::{NewIndexKeys, RekeyScope, Rekeying, Resealed, Resealing, ToRekey};
pub use reseal::open_beside;
pub use retention::ClockDoubt;
pub use rewrap::{Moving, MovingWrap, ToMove, WrapProof};
pub use salvage::{Alteration, Altered, Lost, SalvageReport};
pub use sealed_file::{Opening as SealedFileOpening, Recipient, SealedFile, SealedFileError, Sealing, seal_file};
pub use slots::AddedSlot;
pub use thread::{ThreadError, Threads, on_thread, on_thread_without_keys};
pub use unlock::{Opening, Reading, UnlockFailed};
