//! The operating system: keyring, folders, settings, pins, output files, clipboard, file dialogs, clocks, terminal, hardening,
//! and the request to lock.
//!
//! Owns: every word with the system that is not the vault's own files. May use `secret` and the system's crates; knows
//! neither vaults nor views: what it keeps for them is opaque bytes.
//! Invariant: a file of ours is private (0600 in a folder of 0700) and appears whole or not at all; a secret goes to the
//! keyring, the clipboard or nowhere.

#[cfg(feature = "gui")]
mod alarm;
#[cfg(feature = "gui")]
mod clipboard;
mod clock;
mod device;
#[cfg(feature = "gui")]
mod dialogs;
mod dot_aws;
#[cfg(feature = "gui")]
mod end_request;
mod error;
mod folders;
mod hardening;
#[cfg(feature = "gui")]
mod helper;
mod infile;
mod interrupt;
mod ipc;
mod keyring;
mod lockfile;
mod mounts;
mod nameless;
mod outfile;
mod pins;
#[cfg(feature = "gui")]
mod priority;
mod programs;
mod settings;
mod terminal;
mod unfinished;

#[cfg(feature = "gui")]
pub use alarm::Alarm;
#[cfg(feature = "gui")]
pub use clipboard::{Clipboard, ClipboardError, ClipboardEvent, run_clipboard_helper};
pub use clock::Now;
pub use device::device_id;
#[cfg(feature = "gui")]
pub use dialogs::{Dialog, DialogKind, DialogOutcome, OpenDialog, run_dialog_helper, show_dialog};
pub use dot_aws::AwsFiles;
#[cfg(feature = "gui")]
pub use end_request::{EndRequest, on_end_request};
pub use error::PlatformError;
pub use folders::{Folders, vaults_folder};
pub use hardening::{Allocator, WIPING_ALLOCATOR, harden, say_panics_through};
#[cfg(feature = "gui")]
pub use helper::OWN_PROGRAM;
pub use infile::open_without_waiting;
pub use interrupt::{InterruptWatch, interrupted};
pub use ipc::{LockListener, LockRequest, LockedAll, request_lock_all};
pub use keyring::{Keyring, KeyringError};
pub use mounts::{Place, place_of};
pub use nameless::nameless_file;
pub use outfile::{OldContent, OutError, OutFile, Replace, copies_beside, rewrite};
pub use pins::{PinFile, Pins};
#[cfg(feature = "gui")]
pub use priority::give_way;
pub use programs::{beside_this, is_on_path};
pub use settings::{LoadedSettings, ProfileEntry, RecentVault, Settings, SettingsFile, SlotMemory, Theme, WindowSize};
pub use terminal::{ask_passphrase, can_ask, has_terminal};
pub use unfinished::Unfinished;
