//! The views, one folder or file each. A view owns its drafts, draws, and says what it wants.
//!
//! Touches no I/O and no clock. Invariant: a view is plain data that locking drops.

mod asked;
mod check;
pub mod create;
mod for_whom;
mod import;
mod kms_choice;
mod named_rows;
mod network_form;
mod new_key;
mod new_keys;
mod new_passphrase;
pub mod parts;
pub mod picker;
mod profile_form;
mod profile_rows;
pub mod profiles;
mod protection;
pub mod salvage;
mod seal_beside;
mod seen_keys;
pub mod settings;
mod slots;
mod strength;
pub mod unlock;
pub mod unlock_form;
pub mod unready;
pub mod vault;

pub use asked::AskedDialog;
pub use check::CheckPage;
pub use new_keys::NewKeysPage;
pub use profiles::ProfilesPage;
pub use seal_beside::SealBeside;
pub use settings::SettingsPage;
pub use slots::WaysPage;
