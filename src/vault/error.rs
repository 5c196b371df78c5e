//! What can go wrong with a vault, and what can be found wrong in one.

use std::path::PathBuf;

use crate::crypto::CryptoError;
use crate::format::FormatError;
use crate::format::v1::{CollectionId, ItemId, Malformed, SlotId};
use crate::providers::ProviderError;
use crate::store::StoreError;

use super::pin::to_hex;
use super::{ClockDoubt, PinError, ThreadError};

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The folder, its database or its files.
    #[error(transparent)]
    Store(StoreError),
    /// A key provider.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Sealing or opening.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// What is kept outside the vault.
    #[error(transparent)]
    Pins(#[from] PinError),
    /// What was confirmed is not what is there.
    #[error("the vault is not the one that was confirmed")]
    NotConfirmed,
    /// The vault's slots are not the ones that were sealed in it: somebody changed them from outside.
    #[error("the vault's key slots were changed outside Sealkeep")]
    SlotsForged,
    /// Another session changed the slots: this one must be locked and unlocked.
    #[error("the vault's key slots have changed since it was unlocked")]
    SlotsChanged,
    /// Another session gave the list another key: this one must be locked and unlocked.
    #[error("the key of the vault's list was replaced since it was unlocked")]
    Rekeyed,
    /// A new key of the list needs every slot in use, and this session can't wrap for this one.
    #[error("slot {0} is needed for a new key of the list, and nothing in this session wraps for it")]
    SlotAway(SlotId),
    /// A retired slot that still has wraps would not open the vault under a new key of the list.
    #[error("slot {0} is retired, and there is still content under its key")]
    SlotRetired(SlotId),
    /// A slot that something new was wrapped for was removed or retired before that was saved, or what stood in for one was replaced.
    #[error("a way into the vault was removed, retired or given another key while this was being saved")]
    SlotGone,
    /// An item that was to be deleted for good was taken out of the trash, or put there anew, since that was asked.
    #[error("an item was taken out of the trash, or put there anew, since it was to be deleted for good")]
    LeftTrash,
    /// There is no such slot, or nothing was wrapped for it.
    #[error("nothing is wrapped for slot {0}")]
    NotWrapped(SlotId),
    /// The slot is still being added, so that there is nothing to retire.
    #[error("not every key is wrapped for slot {0} yet")]
    SlotPending(SlotId),
    /// The vault has no such slot.
    #[error("the vault has no slot {0}")]
    NoSuchSlot(SlotId),
    /// Without this slot nothing would open the vault, or nothing would wrap what is saved.
    #[error("slot {0} is the last one that can do this")]
    LastSlot(SlotId),
    /// What a slot is asked for, it can't do: a KMS key has no passphrase to change.
    #[error("slot {0} is of another kind")]
    OtherSlot(SlotId),
    /// Saving waits until what was found is accepted.
    #[error("nothing is saved while the vault has problems that nobody has accepted")]
    Unaccepted,
    /// The index key is another one than was seen here, whatever its epoch: nothing is copied out of such a vault before somebody has accepted it.
    #[error(
        "the vault's index key is not the one that was seen on this machine: somebody else can have made all of it"
    )]
    OtherIndexKey,
    /// While the vault was open, its rows became older.
    #[error("the vault was replaced by an older copy while it was open")]
    Older,
    /// Something is not what was written.
    #[error("damaged: {0}")]
    Damaged(String),
    /// There is no such item.
    #[error("there is no item {0}")]
    NoSuchItem(ItemId),
    /// The item has no such revision.
    #[error("the item has no revision {0}")]
    NoSuchRevision(u32),
    /// The current revision can't be removed without its item.
    #[error("revision {0} is the current one")]
    CurrentRevision(u32),
    /// The body is of another kind: fields were asked of a document, or the other way round.
    #[error("the item's content is not of this kind")]
    WrongKind,
    /// A body was made for another item, or used twice.
    #[error("the content was sealed for another item")]
    WrongItem,
    /// Something is longer, or there is more of it, than the format allows.
    #[error("too long: {0}")]
    TooLong(&'static str),
    /// A document is larger than the caller allows.
    #[error("the document is larger than {0} bytes")]
    TooLarge(u64),
    /// The clock can't be believed about what is old.
    #[error(transparent)]
    Clock(#[from] ClockDoubt),
    /// For so many minutes nothing went on.
    #[error("nothing went on for {0} minutes: the disk does not answer, or the database is damaged and has no end")]
    Stalled(u64),
    /// A thread could not be started, or ended before its work did.
    #[error(transparent)]
    Thread(#[from] ThreadError),
}

/// A read ends early because somebody cancels.
impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Interrupted => Self::Crypto(CryptoError::Cancelled),
            error => Self::Store(error),
        }
    }
}

impl From<FormatError> for VaultError {
    fn from(error: FormatError) -> Self {
        Self::Crypto(error.into())
    }
}

/// What is written is checked against the limits, so that a malformed record is one that is too long.
impl From<Malformed> for VaultError {
    fn from(error: Malformed) -> Self {
        Self::TooLong(error.0)
    }
}

/// Something in a vault is not what was written. Names things by identifier; holds no plaintext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The collection, where it belongs to one.
    pub collection: Option<CollectionId>,
    /// The item, where it belongs to one.
    pub item: Option<ItemId>,
    /// What was found.
    pub what: Finding,
    /// The manifest page that it was found under, so that a fresh look at the page replaces it.
    pub(super) page: Option<u32>,
}

impl Problem {
    /// A problem of no collection and no item.
    pub(super) fn of_vault(what: Finding) -> Self {
        Self { collection: None, item: None, what, page: None }
    }

    /// Stands for this very problem, in what is remembered of those that were accepted.
    pub(super) fn mark(&self) -> String {
        let collection = self.collection.map(|collection| collection.to_string()).unwrap_or_default();
        let digest = crate::crypto::sha256(format!("{collection} {self}").as_bytes());
        to_hex(&digest[..16])
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.item {
            Some(item) => write!(f, "item {item}: {}", self.what),
            None => self.what.fmt(f),
        }
    }
}

impl Finding {
    /// The number of the revision that it is about, if it is about one.
    pub fn revision(&self) -> Option<u32> {
        match self {
            Self::RevisionMissing(number)
            | Self::RevisionChanged(number)
            | Self::RevisionAdded(number)
            | Self::WrapsChanged(number)
            | Self::BodyMissing(number)
            | Self::BodyChanged(number)
            | Self::BodyUnreadable { number, .. }
            | Self::BodyLocked { number, .. } => Some(*number),
            _ => None,
        }
    }

    /// Whether it is about what was seen here before, and not about what the vault has.
    pub(super) fn is_from_pins(&self) -> bool {
        matches!(
            self,
            Self::OlderCopy { .. }
                | Self::OtherHistory
                | Self::OtherIndexKey
                | Self::NewIndexKey
                | Self::CollectionMissing
                | Self::CollectionAdded
        )
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// This is an older copy than the one that was seen here last.
    #[error("this is an older copy: {missing} changes that were seen on this machine are missing")]
    OlderCopy {
        /// How many commits are missing.
        missing: u64,
    },
    /// Another history than the one that was seen here.
    #[error("this is a copy that went another way than the one that was seen on this machine")]
    OtherHistory,
    /// It is sealed under another index key than the one that was seen here.
    #[error(
        "the vault's index key is not the one that was seen on this machine: somebody else can have made all of it"
    )]
    OtherIndexKey,
    /// The collection is in a later epoch than the one that was seen here, under another index key.
    #[error(
        "the vault's index key was replaced since it was seen on this machine: by a rekey elsewhere, or by somebody else who made all of this"
    )]
    NewIndexKey,
    /// A collection that was seen here is gone.
    #[error("a collection that was seen on this machine is missing")]
    CollectionMissing,
    /// A collection that was never seen here.
    #[error("a collection was added that was never seen on this machine")]
    CollectionAdded,
    /// The slots are not the ones that were sealed in the vault.
    #[error("the vault's key slots were changed outside Sealkeep")]
    Slots,
    /// The head of the manifest can't be believed: which pages there are, and which of them are current.
    #[error("the head of the manifest was changed")]
    Head,
    /// The key of the manifest and of the summaries can't be had.
    #[error("the key of the list can't be unwrapped")]
    IndexKey,
    /// The collection's name.
    #[error("the collection's name was changed")]
    Name,
    /// The wraps of the collection's index key.
    #[error("the wrapped index keys were changed")]
    IndexWraps,
    /// A page of the manifest is not there.
    #[error("page {0} of the manifest is missing")]
    PageMissing(u32),
    /// A page of the manifest was changed.
    #[error("page {0} of the manifest was changed")]
    PageChanged(u32),
    /// A page that the head does not list.
    #[error("page {0} of the manifest was added")]
    PageAdded(u32),
    /// The rows of a page can't be read.
    #[error("the rows of page {page} can't be read: {reason}")]
    PageUnreadable {
        /// Which page.
        page: u32,
        /// What the database said.
        reason: String,
    },
    /// The item's rows are not there.
    #[error("its rows are missing")]
    ItemMissing,
    /// The item's rows are there and can't be read.
    #[error("its rows can't be read: {0}")]
    ItemUnreadable(String),
    /// An item that was never saved, or was purged.
    #[error("it was added outside Sealkeep, or brought back after it was purged")]
    ItemAdded,
    /// A summary is not there.
    #[error("summary {0} is missing")]
    SummaryMissing(u32),
    /// A summary was changed.
    #[error("summary {0} was changed")]
    SummaryChanged(u32),
    /// A summary that was never saved.
    #[error("summary {0} was added")]
    SummaryAdded(u32),
    /// A revision is not there.
    #[error("revision {0} is missing")]
    RevisionMissing(u32),
    /// A revision was changed.
    #[error("revision {0} was changed")]
    RevisionChanged(u32),
    /// A revision that was never saved.
    #[error("revision {0} was added")]
    RevisionAdded(u32),
    /// The wrapped keys of a revision were changed.
    #[error("the wrapped keys of revision {0} were changed")]
    WrapsChanged(u32),
    /// A body's file is not there.
    #[error("the file of revision {0} is missing")]
    BodyMissing(u32),
    /// A body is not what was written.
    #[error("the content of revision {0} was changed or cut short")]
    BodyChanged(u32),
    /// A body is there and can't be read.
    #[error("the content of revision {number} can't be read: {reason}")]
    BodyUnreadable {
        /// Which revision.
        number: u32,
        /// What the system said.
        reason: String,
    },
    /// A body's data key can't be unwrapped any more.
    #[error("revision {number} can't be opened: {reason}")]
    BodyLocked {
        /// Which revision.
        number: u32,
        /// What the provider said.
        reason: String,
    },
    /// Rows that belong to nothing.
    #[error("there are {count} rows in {table} that were never saved")]
    RowsAdded {
        /// The table.
        table: &'static str,
        /// How many.
        count: u64,
    },
    /// A row that refers to nothing, or pages of the database that contradict each other.
    #[error("the database: {0}")]
    Structure(String),
    /// Something in the folder of bodies that is none.
    #[error("“{}” does not belong into the folder of bodies", .0.display())]
    Stranger(PathBuf),
}
