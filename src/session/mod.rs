//! Opens vaults, profiles and files for somebody: what the window and the command line have in common.
//!
//! Owns: [`Home`] (what this installation knows), AWS profiles in the keyring, opening and creating a vault with whatever key
//! it needs, stand-alone `.sealed` files, generated passwords. Touches no window, and no async runtime: its futures run on any
//! executor, and what blocks runs on threads of its own.
//! Invariant: a KMS key that nobody here trusts is refused before anything is sent; what a file or vault says is believed
//! only after it was opened.

mod ahead;
mod batch;
mod beside;
mod clock;
mod create;
pub mod credentials;
mod documents;
mod doomed;
mod error;
pub mod files;
pub mod generate;
mod holder;
mod home;
pub mod import;
pub mod item_json;
pub mod keys;
mod mark;
mod media;
mod open;
mod opened;
mod person;
mod pins;
pub mod policy;
mod portal;
mod price;
pub mod profiles;
mod rekey;
mod repair;
mod rewrap;
mod salvage;
mod sheet;
mod sign_in;
mod sign_ins;
mod slots;
mod trust;
mod ways;
mod whose;

pub use ahead::BodiesAhead;
pub use batch::Batch;
pub use create::{NewVault, create, try_place};
pub use documents::{seal_document, seal_version};
#[cfg(feature = "gui")]
pub(crate) use doomed::opens_without;
pub use doomed::{DoomedKey, Without};
pub use error::{ErrorClass, SessionError};
#[cfg(feature = "gui")]
pub(crate) use holder::Holder;
pub use home::Home;
pub use open::{Inspected, UnlockBy, inspect, inspect_to_salvage};
pub use opened::{KeyDescription, Session};
pub use person::{Person, Question, Shown, SignInPage};
pub use rekey::{BegunRekey, ListKept, NotRekeyed, Rekey, RekeyPlan, Rekeyed, Resume};
#[cfg(feature = "gui")]
pub(crate) use repair::{make_good, repair};
pub use rewrap::{MovesBy, NotMoved, Rewrap, RewrapPlan, Rewrapped};
pub use salvage::try_place_to_salvage;
pub use sheet::{EmergencySheet, SheetPicture};
pub use slots::{SlotView, Wrapped};
pub use trust::TrustAnswer;
#[cfg(feature = "gui")]
pub(crate) use ways::remember_drill;
pub use ways::{MadeSlot, NewKey, NewSlotMemory, Reached, SlotKind, Ways};

use crate::platform::{LockedAll, request_lock_all};
pub use crate::providers::kms::{
    KeyDescription as KmsKeyDescription, KeyPlan, ListedKey, MakingStep, SurveyedKey, Unfit, missing_statement,
};
pub use crate::providers::{BoxFuture, CredentialFault, DeniedBy, KeyName, ProviderError};

/// Asks every running Sealkeep of this user to lock, and waits up to 10 seconds for their answers. Nothing running is no error.
///
/// # Errors
/// [`SessionError::Platform`].
pub fn lock_all(home: &Home) -> Result<LockedAll, SessionError> {
    Ok(request_lock_all(home.folders())?)
}
