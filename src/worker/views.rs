//! A vault as the window is told of it, locked or open, and what it shows of a document.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::secret::SecretBytes;
use crate::session::KeyDescription;
use crate::vault::{CollectionView, Finding, ItemId, Listing, Retention, VaultId};

/// A locked vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultView {
    /// Its folder.
    pub folder: PathBuf,
    /// The folder's name without `.sealkeep`.
    pub name: String,
    /// Its id.
    pub id: VaultId,
    /// What can open it.
    pub keys: Vec<KeyView>,
    /// What the person has to confirm first.
    pub trust: Trust,
    /// The AWS profile that opened it here last.
    pub profile: Option<String>,
    /// How many items it has, documents among them.
    pub items: u64,
    /// How many bytes all its bodies have, sealed, every version of them.
    pub bytes: u64,
}

/// Something that opens a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyView {
    /// A recovery key, which a passphrase or the code on an emergency sheet opens.
    Recovery,
    /// A passphrase.
    Passphrase,
    /// An AWS KMS key.
    Kms {
        /// Its ARN.
        arn: String,
        /// Its region.
        region: String,
    },
}

/// Whether this machine knows a vault and its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It does: nothing needs to be confirmed.
    Known,
    /// Its first use here.
    FirstUse {
        /// The KMS keys to confirm; none for a passphrase, which confirms itself.
        keys: Vec<String>,
    },
    /// The keys are others than the last time.
    KeysChanged {
        /// What they were.
        before: Vec<String>,
        /// What they are.
        now: Vec<String>,
    },
    /// Another vault stood here the last time.
    AnotherVault,
}

/// How far opening a vault has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlockStep {
    /// Reading what needs no key.
    Reading,
    /// Making the key from the passphrase.
    DerivingKey,
    /// Reading credentials from the keyring, then waiting for AWS KMS.
    AskingKms,
    /// The key is there: reading the items, and holding them against what was written.
    ReadingItems {
        /// How many are read.
        done: u64,
        /// How many there are, as far as is known by then.
        total: u64,
    },
}

/// An open vault.
#[derive(Debug)]
pub struct OpenedVault {
    /// Its folder.
    pub folder: PathBuf,
    /// The folder's name without `.sealkeep`.
    pub name: String,
    /// Its id.
    pub id: VaultId,
    /// What opened it, for the status bar.
    pub key: KeyDescription,
    /// Its collections.
    pub collections: Vec<CollectionView>,
    /// Its items, trashed ones too.
    pub items: Box<Listing>,
    /// What is wrong with it and was not accepted. Intact items open all the same; nothing is saved before
    /// [`super::Command::AcceptVault`].
    pub doubts: Vec<Doubt>,
    /// What the person should know before they rely on it.
    pub warnings: Vec<Warning>,
    /// For how long it keeps the trash and old versions.
    pub retention: Retention,
    /// The time when it was opened.
    pub now: Timestamp,
    /// The items whose time in the trash was over then; none where this machine's clock can't be right. They stay until the
    /// person says otherwise.
    pub overdue: Vec<ItemId>,
}

/// Something in an open vault is not what was written, or not what was seen here before, and nobody has accepted it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The item that it is about; `None` where it is about the vault.
    pub item: Option<ItemId>,
    /// What was found.
    pub what: Finding,
}

/// What the person should know of a vault that is open all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The vault is on a network share of this kind.
    OnNetwork(String),
    /// The vault is in a folder that this program copies.
    Synced(String),
}

/// What a document looks like, as far as the worker decodes it.
#[derive(Debug)]
pub enum Preview {
    /// It is no image.
    None,
    /// It is this image.
    Image(Picture),
    /// It is an image with too many pixels to show.
    TooLarge {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
    /// It says that it is an image and can't be read as one.
    Unreadable,
}

/// A decoded image: upright, and no side longer than [`super::PICTURE_SIDE`].
#[derive(Debug)]
pub struct Picture {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Red, green, blue and alpha (not premultiplied) of each pixel, row by row from the top.
    pub rgba: SecretBytes,
    /// The image's own width and height, before it was made smaller to be shown.
    pub original: (u32, u32),
}
