//! What went wrong, in types. The window words it (`ui/wording.rs`); no secret is ever in here.

use std::io;
use std::path::{Path, PathBuf};

use super::{DeniedBy, ImportProblem, SignInProblem};
use crate::platform::{KeyringError, OutError, PlatformError, ProfileEntry};

/// Why a command failed: what the window needs to say what happened and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The person cancelled it.
    Cancelled,
    /// The vault was locked before it was done.
    Locked,
    /// No vault is open, and this needs one.
    NoVault,
    /// Too many commands wait: this one was not taken. Nothing of it happened.
    Busy,
    /// The worker has ended; nothing more will happen in this process.
    WorkerGone,
    /// A part of Sealkeep crashed. The vault was locked if its state can't be relied on.
    Crashed {
        /// Which part.
        part: &'static str,
    },

    /// The passphrase opens nothing here.
    WrongPassphrase,
    /// What was typed has the form of a recovery code, and a character of it is wrong.
    MistypedCode,
    /// AWS does not let this profile do that.
    KmsDenied {
        /// The action, as an IAM statement names it: `kms:Decrypt`.
        action: String,
        /// The KMS key's ARN; the region, for what is about no key.
        key: String,
        /// Who says no.
        by: DeniedBy,
    },
    /// The KMS key is disabled.
    KmsDisabled {
        /// Its ARN.
        key: String,
    },
    /// The KMS key waits for its deletion.
    KmsPendingDeletion {
        /// Its ARN.
        key: String,
        /// In how many days it is gone, where AWS says; 0 is less than one.
        days: Option<u32>,
    },
    /// The KMS key is of a kind, or in a state, in which it wraps nothing.
    KmsNotUsable {
        /// Its ARN.
        key: String,
        /// Why, in a few words.
        why: String,
    },
    /// There is no such KMS key.
    KmsNotFound {
        /// What was asked for: an ARN or an alias.
        key: String,
    },
    /// Something names a KMS key that nobody trusts here; nothing was sent.
    ForeignKey {
        /// The key as the bytes name it.
        key: String,
    },
    /// AWS refused the credentials, or they have ended.
    Credentials {
        /// AWS's name for it: `ExpiredTokenException`.
        reason: String,
    },
    /// A profile has no credentials now.
    SignIn(SignInProblem),
    /// Profiles of the AWS command line can't be imported.
    Import(ImportProblem),
    /// AWS takes no request from a clock that is so wrong.
    ClockSkew {
        /// How many seconds this computer's is ahead of AWS's; less than 0 is behind.
        ahead: Option<i64>,
    },
    /// AWS asks to come back later.
    Throttled,
    /// AWS did not answer.
    Unreachable {
        /// Refused, timed out, no such host, no TLS.
        reason: String,
    },

    /// AWS KMS gave back another data key than the one that was wrapped.
    WrongKey,
    /// A wrapped key is not what was wrapped: its bytes were changed, or it is bound to something else.
    WrapDamaged,
    /// A wrapped key was made by another KMS key than the one that stands beside it.
    KmsOtherKey {
        /// The ARN of the one that stands there.
        key: String,
    },
    /// AWS KMS answered something that should not be: for another key, say.
    KmsUnexpected {
        /// What, in a few words.
        what: String,
    },
    /// AWS was asked to make a key, and its answer was lost.
    MaybeMade {
        /// How.
        reason: String,
    },
    /// AWS was asked to make a key, and answered with one of another account or region.
    KmsMadeElsewhere {
        /// The key that the answer names.
        key: String,
        /// The account that it was to be of.
        account: String,
        /// The region that it was to be in.
        region: String,
    },
    /// AWS has one of this name already.
    KmsExists {
        /// What: an alias.
        what: String,
    },
    /// AWS does it only so often, or not while it is under way.
    KmsLimit {
        /// What AWS says.
        what: String,
    },
    /// AWS takes no such key policy.
    KeyPolicy {
        /// What AWS says.
        why: String,
    },
    /// A key of this kind can't be rotated.
    KmsUnsupported {
        /// Its ARN.
        key: String,
    },

    /// No keyring service runs: there is nowhere safe for credentials.
    NoKeyring,
    /// The keyring is locked, or its prompt was not answered.
    KeyringLocked,
    /// The keyring has no default collection for new entries.
    NoKeyringCollection,
    /// There is no profile of this name, or its credentials are not in the keyring.
    NoProfile {
        /// The profile.
        name: String,
    },

    /// There is a profile of this name that nobody said to replace, or another than they were asked about. Nothing was stored.
    ProfileExists(Box<ProfileEntry>),

    /// There is no vault in this folder.
    NotAVault {
        /// The folder.
        folder: PathBuf,
    },
    /// A newer Sealkeep wrote this vault.
    NewerSchema {
        /// The schema's number.
        needs: u32,
    },
    /// Another process holds the vault.
    InUse,
    /// The vault's key, or the vault itself, is not what this machine knows: the person has to confirm it first. What to ask
    /// is in the vault's inspection.
    NeedsTrust,
    /// No item has this id any more.
    NoSuchItem,
    /// The item is not a document, or not one with fields.
    WrongKind,
    /// The bytes are not what was written.
    Damaged {
        /// What is damaged, in a few words, without plaintext.
        what: String,
    },
    /// Nothing went on for so many minutes: the disk does not answer, or the database has no end.
    Stalled {
        /// How many.
        minutes: u64,
    },
    /// An older copy took the vault's place while it was open.
    OlderCopy,
    /// Another database took the vault's place while it was open, or it was moved away.
    Replaced,
    /// Nothing is saved to a vault that is not as it was written, until the person accepts it as it is.
    Unaccepted,
    /// What is wrong with the vault is no longer what the person was shown: nothing was accepted.
    MoreFound,

    /// What was removed still stands in the vault's log, sealed: another program has the vault open. It was removed all the same.
    StillInLog,
    /// The vault's ways in were changed by another program while it was open.
    WaysChanged,
    /// Another program gave the vault's list a new key while it was open.
    Rekeyed,
    /// A new key of the list needs every way in, and this one is not here.
    WayAway,
    /// A retired way in still has content under its key, and would not open the vault any more.
    WayRetired,
    /// What is old can't be said: the clock can't be believed.
    ClockDoubt {
        /// Why.
        why: String,
    },
    /// A way in was removed or retired while something was saved, which was sealed for it too.
    WayGone,
    /// Something was to be deleted for good that is in the trash no more.
    LeftTrash,
    /// Without this way in nothing would open the vault, or nothing would be wrapped for.
    LastWay,
    /// The way in that opened the vault does not open this: it was saved after that was retired; or it was never finished.
    NotForThisWay,
    /// It opened the vault this time, and stays as long as it is open.
    OwnWay,
    /// A recovery code opened the vault, and can't be what opens a new one: that needs a passphrase.
    NeedsPassphrase,
    /// The vault has this KMS key already.
    SameKey {
        /// Its ARN.
        key: String,
    },

    /// The disk is full.
    DiskFull {
        /// How many bytes are missing at least, where that is known.
        needed: Option<u64>,
    },
    /// A folder of Sealkeep's own, for settings or state, can't be made or is not this user's alone.
    NoSettings {
        /// What the system says, with the folder.
        text: String,
    },
    /// The folder, the file or its disk may not be written to.
    ReadOnly {
        /// Which.
        path: PathBuf,
    },
    /// A file of this name exists already.
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// The file or folder is gone.
    Vanished {
        /// Which.
        path: PathBuf,
    },
    /// The file may not be read.
    NotReadable {
        /// Which.
        path: PathBuf,
    },
    /// It is not a regular file: a device, a pipe, a symbolic link.
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// It is a folder, where a file is needed.
    IsFolder {
        /// Which.
        path: PathBuf,
    },
    /// It is too large for this.
    TooLarge {
        /// Its length in bytes.
        length: u64,
        /// The most that is possible.
        limit: u64,
    },
    /// Something that was entered can't be: a name, a region, an ARN.
    Invalid {
        /// What is wrong with it.
        what: String,
    },
    /// The desktop has no file dialog to show.
    NoDialog,
    /// The clipboard could not be written.
    NoClipboard,
    /// Anything else.
    Other {
        /// What the part that failed says, in English and without secrets.
        text: String,
    },
}

impl Problem {
    /// What a failure to read `path` means.
    pub(super) fn reading(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Vanished { path },
            io::ErrorKind::PermissionDenied => Self::NotReadable { path },
            io::ErrorKind::IsADirectory => Self::IsFolder { path },
            _ => Self::Other { text: format!("{} can't be read: {error}", path.display()) },
        }
    }

    /// Whether the bytes of the vault, or of a file, are not what was written.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::WrapDamaged | Self::KmsOtherKey { .. })
    }

    /// Whether AWS says something of a KMS key by it.
    pub(super) fn is_about_a_key(&self) -> bool {
        matches!(
            self,
            Self::KmsDenied { .. }
                | Self::KmsDisabled { .. }
                | Self::KmsPendingDeletion { .. }
                | Self::KmsNotUsable { .. }
                | Self::KmsNotFound { .. }
        )
    }

    /// Anything else, in its own words and those of what caused it.
    pub(super) fn other(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::Other { text: text_of(error) }
    }
}

fn text_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl From<KeyringError> for Problem {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::NoService(_) => Self::NoKeyring,
            KeyringError::Locked | KeyringError::NotAnswered => Self::KeyringLocked,
            KeyringError::NoCollection => Self::NoKeyringCollection,
            KeyringError::NotFound(name) => Self::NoProfile { name },
            other => Self::other(&other),
        }
    }
}

impl From<OutError> for Problem {
    fn from(error: OutError) -> Self {
        match error {
            OutError::Exists(path) => Self::Exists { path },
            OutError::IsFolder(path) => Self::IsFolder { path },
            OutError::NotAFile(path) | OutError::NoName(path) => Self::NotAFile { path },
            OutError::NoFolder(path) => Self::Vanished { path },
            OutError::NoSpace { missing, .. } => Self::DiskFull { needed: missing },
            OutError::ReadOnly(path) => Self::ReadOnly { path },
            // Only an import rewrites a file that is there.
            OutError::Changed(path) => Self::Import(ImportProblem::Changed { path }),
            other => Self::other(&other),
        }
    }
}

impl From<PlatformError> for Problem {
    fn from(error: PlatformError) -> Self {
        match error {
            PlatformError::Write(error) => error.into(),
            PlatformError::Busy(_) => Self::InUse,
            PlatformError::NoHome | PlatformError::Folder { .. } | PlatformError::NotOurs(_) => {
                Self::NoSettings { text: text_of(&error) }
            }
            other => Self::other(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_with_its_own_cause() {
        let error = PlatformError::Read { path: "/f".into(), source: io::Error::other("on fire") };
        assert_eq!(Problem::from(error), Problem::Other { text: "“/f” can't be read: on fire".to_owned() });
    }
}
