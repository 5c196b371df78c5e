//! A vault before any key is there: what can be known of it, and whether it is the one that was seen here before.

use std::path::Path;

use crate::format::v1::{SlotRecord, VaultId};
use crate::store::{IsOver, SCHEMA_VERSION, Store};

use super::{Pins, VaultError};

/// A vault's folder, opened; nothing in it is believed yet.
pub struct LockedVault {
    pub(super) store: Store,
    pub(super) vault: VaultId,
    pub(super) slots: Vec<SlotRecord>,
    pub(super) purpose: Purpose,
}

/// What a vault is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be read and saved to.
    Use,
    /// To copy out of it what is intact: as far as can be, and without writing to it. What can't be believed is a problem then, and no
    /// reason to open nothing.
    Salvage,
}

/// What can be known of a vault without a key. None of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultStatus {
    /// The vault.
    pub vault: VaultId,
    /// The format's version.
    pub schema: i64,
    /// Its slots.
    pub slots: Vec<SlotRecord>,
    /// How many items there are, in the trash too.
    pub items: u64,
    /// How many bodies are files of their own: documents of more than 256 KiB, every revision of them.
    pub documents: u64,
    /// How many bytes all bodies have, sealed, every revision of them.
    pub bytes: u64,
    /// Whether its folder and files can be written.
    pub writable: bool,
}

/// Whether this is the vault that was seen at this place before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is, with the same slots.
    Known,
    /// No vault was seen here.
    FirstUse {
        /// The KMS keys that it asks for; none where it is a passphrase vault.
        key_arns: Vec<String>,
    },
    /// The vault is the same, and its slots are others.
    SlotsChanged {
        /// The KMS keys that it had.
        before: Vec<String>,
        /// The slots that it has now.
        now: Vec<SlotRecord>,
    },
    /// Another vault was seen here.
    AnotherVault {
        /// The one that was seen.
        before: VaultId,
        /// The KMS keys that this one asks for.
        key_arns: Vec<String>,
    },
}

impl Trust {
    /// Whether nobody needs to be asked: it is known, or it is the first use of a vault that asks for no KMS key.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Known => true,
            Self::FirstUse { key_arns } => key_arns.is_empty(),
            Self::SlotsChanged { .. } | Self::AnotherVault { .. } => false,
        }
    }

    /// The KMS keys that the vault asks for now; none where it is known.
    pub fn key_arns(&self) -> Vec<String> {
        match self {
            Self::Known => Vec::new(),
            Self::FirstUse { key_arns } | Self::AnotherVault { key_arns, .. } => key_arns.clone(),
            Self::SlotsChanged { now, .. } => key_arns(now),
        }
    }
}

/// The slots that somebody confirmed, or that were seen here before: unlocking needs this, and compares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    pub(super) vault: VaultId,
    pub(super) slots: Vec<SlotRecord>,
}

impl LockedVault {
    /// Opens the vault in `folder`, and removes what writers that died had not finished. One that can't be written can be read.
    ///
    /// # Errors
    /// [`VaultError::Store`]: not a vault, of a newer format, damaged.
    pub fn open(folder: &Path) -> Result<Self, VaultError> {
        Self::open_unless(folder, &|| false)
    }

    /// The same, until `is_over` says that nobody wants it any more. It is asked on another thread, often.
    ///
    /// # Errors
    /// Those of [`LockedVault::open`]; [`VaultError::Crypto`] where it is over.
    pub fn open_unless(folder: &Path, is_over: IsOver<'_>) -> Result<Self, VaultError> {
        let store = Store::open_unless(folder, is_over)?;
        let snapshot = store.snapshot()?;
        let (vault, slots) = (snapshot.rows().vault()?, snapshot.rows().slots()?);
        drop(snapshot);
        store.bodies().sweep_temporary(&|| is_over())?;
        Ok(Self { store, vault, slots, purpose: Purpose::Use })
    }

    /// Opens the vault in `folder` as it is, to copy out of it what is intact: see [`super::UnlockedVault::salvage`]. Slots that
    /// can't be read are left out; once it is unlocked, neither a head that can't be believed, nor a key of the list, nor slots stand in the
    /// way. No byte in the folder changes, and nothing is remembered of it.
    ///
    /// # Errors
    /// [`VaultError::Store`]: not a vault, of a newer format, or so damaged that nothing can be found in it.
    pub fn open_to_salvage(folder: &Path) -> Result<Self, VaultError> {
        Self::open_to_salvage_unless(folder, &|| false)
    }

    /// The same, until `is_over` says that nobody wants it any more: see [`LockedVault::open_unless`].
    ///
    /// # Errors
    /// Those of both.
    pub fn open_to_salvage_unless(folder: &Path, is_over: IsOver<'_>) -> Result<Self, VaultError> {
        let store = Store::open_unchanged(folder, is_over)?;
        let snapshot = store.snapshot()?;
        let (vault, slots) = (snapshot.rows().vault()?, snapshot.rows().readable_slots()?);
        drop(snapshot);
        Ok(Self { store, vault, slots: slots.into_iter().flatten().collect(), purpose: Purpose::Salvage })
    }

    /// The vault.
    pub fn id(&self) -> VaultId {
        self.vault
    }

    /// The vault's folder, with every link on the way resolved.
    pub fn folder(&self) -> &Path {
        self.store.folder()
    }

    /// The slots, by id. Not verified: see [`LockedVault::trust`].
    pub fn slots(&self) -> &[SlotRecord] {
        &self.slots
    }

    /// What can be known without a key and without the network.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn status(&self) -> Result<VaultStatus, VaultError> {
        self.status_unless(&|| false)
    }

    /// The same, until `is_over` says that nobody wants it any more. It is asked on another thread, often.
    ///
    /// # Errors
    /// [`VaultError::Store`]; [`VaultError::Crypto`] where it is over.
    pub fn status_unless(&self, is_over: IsOver<'_>) -> Result<VaultStatus, VaultError> {
        self.store.interruptibly(is_over, || self.read_status())
    }

    fn read_status(&self) -> Result<VaultStatus, VaultError> {
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        let (bytes, documents) = rows.body_totals()?;
        Ok(VaultStatus {
            vault: self.vault,
            schema: SCHEMA_VERSION,
            slots: self.slots.clone(),
            items: rows.count_items()?,
            documents,
            bytes,
            writable: self.store.check_writable().is_ok(),
        })
    }

    /// Whether this is what was seen here before. To be asked before any provider is called.
    ///
    /// # Errors
    /// [`VaultError::Pins`].
    pub fn trust(&self, pins: &dyn Pins) -> Result<Trust, VaultError> {
        let place = self.folder();
        if let Some(pin) = pins.load(self.vault, place)? {
            if pin.vault()? == self.vault && pin.has_slots(&self.slots)? {
                return Ok(Trust::Known);
            }
            return Ok(Trust::SlotsChanged { before: pin.key_arns(), now: self.slots.clone() });
        }
        let key_arns = key_arns(&self.slots);
        Ok(match pins.other_vault_at(self.vault, place)? {
            Some(before) => Trust::AnotherVault { before, key_arns },
            None => Trust::FirstUse { key_arns },
        })
    }

    /// The answer that unlocking needs: the person has seen what [`LockedVault::trust`] says and wants to go on, or it
    /// says that nobody needs to be asked.
    pub fn confirm(&self) -> Confirmed {
        Confirmed { vault: self.vault, slots: self.slots.clone() }
    }
}

/// The KMS keys among `slots`.
pub(super) fn key_arns(slots: &[SlotRecord]) -> Vec<String> {
    slots.iter().filter_map(|slot| slot.config.key_arn()).map(str::to_owned).collect()
}
