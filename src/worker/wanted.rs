//! What commands carry: what is to be made, saved or opened, and for whom.

use std::path::PathBuf;

use crate::secret::SecretString;
use crate::session::UnlockBy;
use crate::vault::{Fields, ItemId, Kind};

/// A salvage: from where, to where, and what opens both.
#[derive(Debug)]
pub struct Salvage {
    /// The damaged vault's folder.
    pub folder: PathBuf,
    /// The folder of the new one, `NAME.sealkeep`, which must not be there.
    pub into: PathBuf,
    /// What opens the damaged one.
    pub by: UnlockBy,
    /// What the person has confirmed about it.
    pub trust: TrustAnswer,
    /// The passphrase of the new one; without it the new one opens as the damaged one does.
    pub passphrase: Option<SecretString>,
}

/// An item that leaves as a sealed file: which, to where, and for whom.
#[derive(Debug)]
pub struct SealItem {
    /// Which.
    pub item: ItemId,
    /// An earlier revision, or the current one.
    pub revision: Option<u32>,
    /// The file to write.
    pub path: PathBuf,
    /// Whether an existing file may go: the person was asked.
    pub replace: bool,
    /// Who can open it.
    pub recipients: Recipients,
}

/// What opens a new vault.
#[derive(Debug)]
pub enum NewVault {
    /// A passphrase.
    Passphrase(SecretString),
    /// An AWS KMS key.
    Kms {
        /// The AWS profile to use it with.
        profile: String,
        /// The key's ARN, or an alias ARN.
        key: String,
    },
}

/// What the person has confirmed about a vault whose key, or which itself, this machine does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrustAnswer {
    /// Nothing: what needs to be confirmed is an error.
    #[default]
    Ask,
    /// Everything that its inspection showed.
    Confirmed,
}

/// Who can open an encrypted copy.
#[derive(Debug)]
pub enum Recipients {
    /// Whoever may use the open vault's KMS key. Without an open vault: [`super::Problem::NoVault`]; a vault on a passphrase has
    /// no such key: [`super::Problem::WrongKind`].
    VaultKey,
    /// Whoever knows this passphrase.
    Passphrase(SecretString),
}

/// What the editor holds of a login or a note.
#[derive(Debug)]
pub struct Draft {
    /// Login or note.
    pub kind: Kind,
    /// The title.
    pub title: SecretString,
    /// The tags.
    pub tags: Vec<SecretString>,
    /// The fields.
    pub fields: Fields,
}

/// A secret to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generate {
    /// A password of this many characters.
    Password(usize),
    /// A passphrase of this many words.
    Words(usize),
}
