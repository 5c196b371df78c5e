//! What can go wrong while somebody's vault, profile or file is being opened.

use std::io;
use std::path::PathBuf;

use crate::crypto::CryptoError;
use crate::format::FormatError;
use crate::platform::{KeyringError, OutError, PlatformError, ProfileEntry};
use crate::providers::{self, ProviderError};
use crate::vault::{SealedFileError, StoreError, ThreadError, Trust, VaultError};

/// What kind of failure it is: what the command line's exit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Anything that has no name of its own.
    Failed,
    /// What was asked for can't be asked for like that.
    Usage,
    /// Somebody said no: the passphrase, AWS, or our own refusal of a key that nobody named.
    Denied,
    /// There is no such item, or more than one.
    NoSuchItem,
    /// The bytes are not what was written.
    Damaged,
    /// The network or AWS KMS did not answer.
    Unreachable,
}

/// Why it did not work. Holds names, paths and ARNs, and no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// A key provider failed.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The operating system failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The keyring failed.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// An output file could not be written.
    #[error(transparent)]
    Out(#[from] OutError),
    /// The vault failed.
    #[error(transparent)]
    Vault(VaultError),
    /// The vault's key, or the vault itself, is not what this machine knows: the person has to confirm it first.
    #[error("this vault has to be confirmed before it is opened")]
    NeedsTrust(Trust),
    /// The vault has no slot of the kind that was to open it.
    #[error("no {0} opens this vault")]
    NoSlot(&'static str),
    /// The vault has this KMS key already.
    #[error("the vault has the KMS key {0} already")]
    SameKey(String),
    /// The vault has several KMS keys, and nothing says which one is meant.
    #[error("the vault has several KMS keys")]
    WhichSlot,
    /// The slot that was named is not a KMS key's, or wraps nothing any more.
    #[error("that slot is not a KMS key that is in use")]
    NotAKmsSlot,
    /// There is no AWS profile of this name.
    #[error("there is no AWS profile “{0}”")]
    NoProfile(String),
    /// A passphrase sealed the profile when it was stored here, and what the keyring has of it now is open: somebody else put it there.
    #[error("the AWS profile “{0}” was protected, and what the keyring has of it now is not")]
    ProtectionGone(String),
    /// The profile needs an answer, and there is nobody to give it.
    #[error("the AWS profile “{0}” needs an answer, and there is nobody to ask")]
    NobodyToAsk(String),
    /// A profile of Identity Center is to be stored, and nobody chose an account and a role.
    #[error("no account and role are chosen for the AWS profile “{0}”")]
    NoSeat(String),
    /// Profiles that each take another's credentials, and end nowhere.
    #[error("these profiles take their credentials from each other: {}", .0.join(" → "))]
    ProfileChain(Vec<String>),
    /// The profile has nothing that a passphrase could seal.
    #[error("the AWS profile “{profile}” can't be protected: {why}")]
    NotProtectable {
        /// The profile.
        profile: String,
        /// Why, and what to do instead.
        why: String,
    },
    /// None of these files of the AWS command line is there.
    #[error("the AWS command line has no files here{}", listed(.0))]
    NoAwsFiles(Vec<PathBuf>),
    /// A file of the AWS command line can't be read as one.
    #[error("“{}” can't be read as a file of the AWS command line: {why}", path.display())]
    NotAnAwsFile {
        /// The file.
        path: PathBuf,
        /// Why, without anything of it.
        why: String,
    },
    /// The AWS command line has no profile of this name.
    #[error("the AWS command line has no profile “{0}”")]
    NoAwsProfile(String),
    /// A profile of the AWS command line can't be had.
    #[error("“{profile}” can't be imported: {why}")]
    NotImportable {
        /// The profile.
        profile: String,
        /// Why.
        why: String,
    },
    /// The keyring has another access key than the one that was to be removed elsewhere.
    #[error("the keyring does not have the access key of “{0}”")]
    NotStored(String),
    /// A profile that an import would replace is not the one, or none, of which somebody was asked.
    #[error("the profile “{profile}” was added or changed here since the import looked")]
    ProfileCame {
        /// The profile.
        profile: String,
        /// Those of the import that are in the keyring already.
        stored: Vec<String>,
    },
    /// A profile is to be added, and there is one of its name that nobody said to replace, or another than they were asked about.
    #[error("there is a profile “{}” already", .0.name)]
    ProfileExists(Box<ProfileEntry>),
    /// A KMS key has to be asked, and nothing says as which AWS profile.
    #[error("nothing says which AWS profile to use")]
    WhichProfile,
    /// A length outside of the limits was asked for.
    #[error("{asked} {what}: {least} to {most} are possible")]
    Length {
        /// What is counted.
        what: &'static str,
        /// How many were asked for.
        asked: usize,
        /// The fewest.
        least: usize,
        /// The most.
        most: usize,
    },
    /// The file that was to be read is not there, or no longer.
    #[error("there is no file “{}”", .0.display())]
    NoSource(PathBuf),
    /// A folder, where a file was wanted.
    #[error("“{}” is a folder", .0.display())]
    SourceIsFolder(PathBuf),
    /// A device, a pipe or a socket, where a file was wanted.
    #[error("“{}” is not a regular file", .0.display())]
    SourceNotAFile(PathBuf),
    /// The file may not be read.
    #[error("“{}” may not be read", .0.display())]
    SourceDenied(PathBuf),
    /// Reading failed.
    #[error("“{}” can't be read: {source}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file became longer or shorter while it was read.
    #[error("“{}” changed while it was read", .0.display())]
    SourceChanged(PathBuf),
    /// The file is not sealed.
    #[error("“{}” is not a sealed file", .0.display())]
    NotSealed(PathBuf),
    /// The file is sealed, and in a way that is not read, or beyond what is sound.
    #[error("“{}” can't be opened: {reason}", path.display())]
    NotReadable {
        /// The file.
        path: PathBuf,
        /// What it is.
        reason: FormatError,
    },
    /// What was sealed is not what is there.
    #[error("“{}” was changed or cut short since it was sealed", .0.display())]
    SourceDamaged(PathBuf),
    /// Nobody here is among those that the file was sealed for.
    #[error("“{}” was sealed for a key of a kind that Sealkeep does not have", .0.display())]
    NoOpener(PathBuf),
    /// More recipients than a file can have.
    #[error("a file can be sealed for {most} keys at most")]
    TooManyRecipients {
        /// The most.
        most: usize,
    },
    /// Sealing or opening a file failed.
    #[error(transparent)]
    SealedFile(SealedFileError),
    /// The output would replace the very file that is read.
    #[error("“{}” would replace itself", .0.display())]
    OntoItself(PathBuf),
    /// Two sources of one call would have the same output.
    #[error("“{}” would be written twice", .0.display())]
    SameOutput(PathBuf),
    /// The new vault would stand in the folder of the one that is salvaged, which is only read, and may be thrown away afterwards.
    #[error("“{}” would stand inside the vault that is to be saved", .0.display())]
    InsideTheOld(PathBuf),
    /// The name does not say what the opened file is to be called.
    #[error("“{}” does not end in .sealed, so its opened name is unknown", .0.display())]
    NoOpenedName(PathBuf),
    /// Standard input has no name that an output's name could be made from.
    #[error("standard input has no name to make an output's name from")]
    NoName,
    /// Standard output, or the pipe behind it, could not be written.
    #[error("standard output can't be written: {0}")]
    Stdout(#[source] io::Error),
    /// What goes to standard output when it was verified could not be kept, encrypted, until then.
    #[error("what waits to be verified can't be kept in {}: {source}", folder.display())]
    Spool {
        /// The folder for temporary files.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random numbers")]
    Random,
    /// A thread could not be started, or ended early.
    #[error("a background task could not be run")]
    Thread,
    /// The person, or a signal, stopped it.
    #[error("stopped")]
    Cancelled,
}

impl From<VaultError> for SessionError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Provider(error) => Self::Provider(error),
            VaultError::Crypto(CryptoError::Cancelled) => Self::Cancelled,
            VaultError::Crypto(CryptoError::Random(_)) => Self::Random,
            VaultError::Thread(_) => Self::Thread,
            other => Self::Vault(other),
        }
    }
}

impl From<ThreadError> for SessionError {
    fn from(_: ThreadError) -> Self {
        Self::Thread
    }
}

impl SessionError {
    /// What kind of failure it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Provider(error) => match error.class() {
                providers::ErrorClass::Denied => ErrorClass::Denied,
                providers::ErrorClass::Unreachable => ErrorClass::Unreachable,
                providers::ErrorClass::Damaged => ErrorClass::Damaged,
                providers::ErrorClass::Failed => ErrorClass::Failed,
            },
            Self::Length { .. }
            | Self::InsideTheOld(_)
            | Self::NoOpenedName(_)
            | Self::NoName
            | Self::WhichProfile
            | Self::NoSeat(_)
            | Self::WhichSlot
            | Self::NotAKmsSlot
            | Self::TooManyRecipients { .. } => ErrorClass::Usage,
            Self::NobodyToAsk(_)
            | Self::NoOpener(_)
            | Self::ProtectionGone(_)
            | Self::NeedsTrust(_)
            | Self::SealedFile(SealedFileError::PartOfVault) => ErrorClass::Denied,
            Self::NoSlot(_) => ErrorClass::Usage,
            Self::Vault(error) => class_of_vault(error),
            Self::SourceDamaged(_) => ErrorClass::Damaged,
            Self::NotReadable { reason, .. } => match reason {
                // What others may well have written, and we don't read.
                FormatError::Version1 { .. } | FormatError::OtherSuite { .. } => ErrorClass::Failed,
                _ => ErrorClass::Damaged,
            },
            _ => ErrorClass::Failed,
        }
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("“{}”", path.display())).collect();
    if paths.is_empty() { String::new() } else { format!(": {}", paths.join(", ")) }
}

fn class_of_vault(error: &VaultError) -> ErrorClass {
    match error {
        // What was saved after a slot was retired: not for it.
        VaultError::NotConfirmed | VaultError::NotWrapped(_) => ErrorClass::Denied,
        VaultError::NoSuchItem(_) | VaultError::NoSuchRevision(_) => ErrorClass::NoSuchItem,
        VaultError::Store(StoreError::Damaged(_) | StoreError::Replaced { .. })
        | VaultError::Crypto(CryptoError::NotAuthentic | CryptoError::Format(_))
        | VaultError::SlotsForged
        | VaultError::Older
        | VaultError::Unaccepted
        | VaultError::OtherIndexKey
        | VaultError::Damaged(_) => ErrorClass::Damaged,
        _ => ErrorClass::Failed,
    }
}
