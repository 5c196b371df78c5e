//! What other rooms' errors mean to the window.

use jiff::Timestamp;

use super::{ImportProblem, Problem, SignInProblem};
use crate::session::{ProviderError, SessionError};
use crate::vault::{CryptoError, StoreError, VaultError};

/// How many whole days it is until then.
pub(super) fn days_until(then: Timestamp) -> u32 {
    let hours = then.duration_since(Timestamp::now()).as_hours().max(0);
    u32::try_from(hours / 24).unwrap_or(u32::MAX)
}

impl From<ProviderError> for Problem {
    fn from(error: ProviderError) -> Self {
        if let Some(problem) = SignInProblem::of_provider(&error) {
            return problem;
        }
        match error {
            ProviderError::WrongPassphrase => Self::WrongPassphrase,
            ProviderError::MistypedCode => Self::MistypedCode,
            ProviderError::AccessDenied { action, key, by } => Self::KmsDenied { action: action.to_owned(), key, by },
            ProviderError::KeyDisabled { key } => Self::KmsDisabled { key },
            ProviderError::KeyPendingDeletion { key, deletion } => {
                Self::KmsPendingDeletion { key, days: deletion.map(days_until) }
            }
            ProviderError::KeyNotUsable { key, why } => Self::KmsNotUsable { key, why: why.to_owned() },
            ProviderError::KeyNotFound { key } => Self::KmsNotFound { key },
            ProviderError::ForeignKey { key } => Self::ForeignKey { key },
            ProviderError::Credentials { reason } => Self::Credentials { reason },
            ProviderError::ClockSkew { ahead } => Self::ClockSkew { ahead },
            ProviderError::WrongKey => Self::WrongKey,
            ProviderError::Unexpected(what) => Self::KmsUnexpected { what },
            ProviderError::MaybeMade { reason } => Self::MaybeMade { reason },
            ProviderError::MadeElsewhere { key, account, region } => Self::KmsMadeElsewhere { key, account, region },
            ProviderError::Exists { what } => Self::KmsExists { what },
            ProviderError::Limit { what } => Self::KmsLimit { what },
            ProviderError::KeyPolicy { why } => Self::KeyPolicy { why },
            ProviderError::Unsupported { key } => Self::KmsUnsupported { key },
            ProviderError::Throttled => Self::Throttled,
            ProviderError::Unreachable { reason } => Self::Unreachable { reason },
            ProviderError::NotAuthentic => Self::WrapDamaged,
            ProviderError::OtherKey { key } => Self::KmsOtherKey { key },
            ProviderError::Malformed(_) => Self::Damaged { what: error.to_string() },
            ProviderError::Config(what) => Self::Invalid { what },
            other => Self::other(&other),
        }
    }
}

impl From<CryptoError> for Problem {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::NotAuthentic | CryptoError::Format(_) => Self::Damaged { what: error.to_string() },
            CryptoError::Cancelled => Self::Cancelled,
            other => Self::other(&other),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotAVault { path } => Self::NotAVault { folder: path },
            StoreError::Newer { found, .. } => Self::NewerSchema { needs: u32::try_from(found).unwrap_or(u32::MAX) },
            StoreError::Exists { path } => Self::Exists { path },
            StoreError::InUse => Self::InUse,
            StoreError::Replaced { .. } => Self::Replaced,
            StoreError::ReadOnly { path } => Self::ReadOnly { path },
            StoreError::NoSpace { .. } => Self::DiskFull { needed: None },
            StoreError::Damaged(what) => Self::Damaged { what },
            StoreError::File { ref path, ref source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Self::Vanished { path: path.clone() },
                std::io::ErrorKind::PermissionDenied => Self::ReadOnly { path: path.clone() },
                _ => Self::other(&error),
            },
            other => Self::other(&other),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            VaultError::Provider(error) => error.into(),
            VaultError::Crypto(error) => error.into(),
            VaultError::NotConfirmed => Self::NeedsTrust,
            VaultError::Older => Self::OlderCopy,
            VaultError::Unaccepted => Self::Unaccepted,
            VaultError::Damaged(what) => Self::Damaged { what },
            VaultError::SlotsForged | VaultError::OtherIndexKey => Self::Damaged { what: error.to_string() },
            VaultError::SlotsChanged => Self::WaysChanged,
            VaultError::Rekeyed => Self::Rekeyed,
            VaultError::SlotAway(_) => Self::WayAway,
            VaultError::SlotRetired(_) => Self::WayRetired,
            VaultError::SlotGone => Self::WayGone,
            VaultError::LeftTrash => Self::LeftTrash,
            VaultError::LastSlot(_) => Self::LastWay,
            VaultError::NotWrapped(_) => Self::NotForThisWay,
            VaultError::NoSuchItem(_) | VaultError::NoSuchRevision(_) => Self::NoSuchItem,
            VaultError::WrongKind => Self::WrongKind,
            VaultError::Stalled(minutes) => Self::Stalled { minutes },
            VaultError::Clock(_) => Self::ClockDoubt { why: error.to_string() },
            VaultError::TooLong(_) => Self::Invalid { what: error.to_string() },
            VaultError::Thread(_) => Self::Crashed { part: "vault" },
            other => Self::other(&other),
        }
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        if let Some(problem) = SignInProblem::of_session(&error).or_else(|| ImportProblem::of_session(&error)) {
            return problem;
        }
        match error {
            SessionError::Provider(error) => error.into(),
            SessionError::Platform(error) => error.into(),
            SessionError::Keyring(error) => error.into(),
            SessionError::Out(error) => error.into(),
            SessionError::Vault(error) => error.into(),
            SessionError::NeedsTrust(_) => Self::NeedsTrust,
            SessionError::SameKey(key) => Self::SameKey { key },
            SessionError::NoSlot(_) => Self::Invalid { what: error.to_string() },
            SessionError::NoProfile(name) => Self::NoProfile { name },
            SessionError::ProfileExists(there) => Self::ProfileExists(there),
            SessionError::NoSource(path) => Self::Vanished { path },
            SessionError::SourceIsFolder(path) => Self::IsFolder { path },
            SessionError::SourceNotAFile(path) => Self::NotAFile { path },
            SessionError::SourceDenied(path) => Self::NotReadable { path },
            SessionError::Source { ref path, ref source } => Self::reading(path, source),
            SessionError::SourceDamaged(_) | SessionError::NotReadable { .. } => {
                Self::Damaged { what: error.to_string() }
            }
            SessionError::Length { .. } | SessionError::InsideTheOld(_) => Self::Invalid { what: error.to_string() },
            SessionError::Cancelled => Self::Cancelled,
            SessionError::Thread => Self::Crashed { part: "session" },
            other => Self::other(&other),
        }
    }
}
