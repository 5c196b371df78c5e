//! Why a key could not be wrapped or unwrapped.

use jiff::Timestamp;

use super::DeniedBy;
use crate::crypto::CryptoError;

/// What kind of failure it is, for exit statuses and for what to offer next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Somebody said no: the passphrase, AWS, or our own refusal of a key that nobody named.
    Denied,
    /// Nobody answered, or only that they can't just now.
    Unreachable,
    /// The bytes are not what was written.
    Damaged,
    /// Anything else.
    Failed,
}

/// Why a key could not be wrapped or unwrapped. Holds names of keys and actions, and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The passphrase opens nothing here.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// What was typed has the form of a recovery code, and a character of it is wrong.
    #[error("a character of the recovery code is not the one that stands on the sheet")]
    MistypedCode,
    /// A recovery key's private half is needed, and nobody has opened it.
    #[error("only the recovery passphrase or code opens this")]
    RecoveryLocked,
    /// AWS does not let this principal do this.
    #[error("AWS denied {action} on {key}")]
    AccessDenied {
        /// The action, as an IAM statement names it: `kms:Decrypt`.
        action: &'static str,
        /// The key's ARN; the region, for what is about no key.
        key: String,
        /// Who says no.
        by: DeniedBy,
    },
    /// The KMS key is disabled.
    #[error("the KMS key {key} is disabled")]
    KeyDisabled {
        /// The key's ARN.
        key: String,
    },
    /// The KMS key waits for its deletion.
    #[error("the KMS key {key} is pending deletion")]
    KeyPendingDeletion {
        /// The key's ARN.
        key: String,
        /// When it will be gone, as far as AWS lets this profile know.
        deletion: Option<Timestamp>,
    },
    /// The KMS key can't wrap: it is of another kind, or not ready.
    #[error("the KMS key {key} can't be used: {why}")]
    KeyNotUsable {
        /// The key's ARN.
        key: String,
        /// In which way.
        why: &'static str,
    },
    /// There is no such KMS key in this account and region.
    #[error("there is no KMS key {key}")]
    KeyNotFound {
        /// What was asked for: a key or an alias.
        key: String,
    },
    /// Something names a key that nobody trusts here; nothing was sent.
    #[error("wrapped under {key}, which is not trusted here")]
    ForeignKey {
        /// The key as the bytes name it.
        key: String,
    },
    /// AWS does not know these credentials, or no longer.
    #[error("AWS refused the credentials: {reason}")]
    Credentials {
        /// AWS's name for it: `ExpiredTokenException`.
        reason: String,
    },
    /// AWS does not take the code of an MFA device: mistyped, too old, or used already.
    #[error("AWS does not take this MFA code")]
    WrongCode,
    /// A session of a profile is over, and only the person can begin another: with a code, or in a browser.
    #[error("the AWS session of the profile “{profile}” has ended")]
    SignedOut {
        /// The profile's name.
        profile: String,
    },
    /// Getting credentials for a profile failed: not what was asked with them.
    #[error("no credentials for the profile “{profile}”: {reason}")]
    SignInFailed {
        /// The profile's name.
        profile: String,
        /// What AWS, or this machine, said.
        reason: String,
    },
    /// AWS takes no request from a clock that is so wrong, and what it said of the time did not help.
    #[error("AWS refused the request because of this computer's clock")]
    ClockSkew {
        /// How many seconds this computer's clock is ahead of AWS's; less than 0 is behind. `None` where the answer does not tell.
        ahead: Option<i64>,
    },
    /// There is one of this name already.
    #[error("{what} exists already")]
    Exists {
        /// What: an alias.
        what: String,
    },
    /// AWS does it only so often, or so many times.
    #[error("AWS has a limit for this: {what}")]
    Limit {
        /// Which, in AWS's words.
        what: String,
    },
    /// AWS takes no such key policy.
    #[error("AWS does not take this key policy: {why}")]
    KeyPolicy {
        /// Why, in AWS's words.
        why: String,
    },
    /// What was asked for can't be done with a key of this kind.
    #[error("AWS does not do this with the KMS key {key}")]
    Unsupported {
        /// The key's ARN.
        key: String,
    },
    /// AWS was asked to make a key, and its answer was lost: there may be one.
    #[error("whether AWS made the key is not known: {reason}")]
    MaybeMade {
        /// How the answer was lost.
        reason: String,
    },
    /// AWS was asked to make a key, and answered with one of another account or region than it was to be made in: nothing is done
    /// with it.
    #[error("AWS answered with the key {key}, and was asked for one of account {account} in {region}")]
    MadeElsewhere {
        /// The key that the answer names.
        key: String,
        /// The account that the key was to be of.
        account: String,
        /// The region that it was to be in.
        region: String,
    },
    /// AWS asks to come back later.
    #[error("AWS KMS is limiting requests")]
    Throttled,
    /// Nobody answered.
    #[error("AWS KMS did not answer: {reason}")]
    Unreachable {
        /// Refused, timed out, no such host, no TLS.
        reason: String,
    },
    /// The wrapped key, its context or its bytes are not what was wrapped.
    #[error("the wrapped key is not authentic")]
    NotAuthentic,
    /// The wrapped key is one of AWS KMS, and another KMS key made it than the one that was asked, which stands beside it.
    #[error("the wrapped key was made by another KMS key than {key}")]
    OtherKey {
        /// The ARN of the key that was asked.
        key: String,
    },
    /// The wrapped key can't be read.
    #[error("the wrapped key is malformed: {0}")]
    Malformed(&'static str),
    /// What came back is a data key, and not the one that was wrapped: the answer is wrong, and not what it was to open.
    #[error("the key that came back is not the one that was wrapped")]
    WrongKey,
    /// AWS answered something that should not be.
    #[error("AWS KMS answered unexpectedly: {0}")]
    Unexpected(String),
    /// What was configured can't be: a key's name, a region, an endpoint.
    #[error("{0}")]
    Config(String),
    /// Our own cryptography failed, which only a missing random source brings about.
    #[error("cryptography failed: {0}")]
    Crypto(String),
}

impl From<CryptoError> for ProviderError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error.to_string())
    }
}

impl ProviderError {
    /// A field of a record, or of what is authenticated with it, that is too long to be written. Those of ours are far shorter.
    pub(super) const TOO_LONG: Self = Self::Malformed("a field of more than 65535 bytes");

    /// Whether AWS has answered, and says no to what was to be done with a key: another call as the same profile may go well.
    pub fn is_about_a_key(&self) -> bool {
        matches!(
            self,
            Self::AccessDenied { .. }
                | Self::KeyDisabled { .. }
                | Self::KeyPendingDeletion { .. }
                | Self::KeyNotUsable { .. }
                | Self::KeyNotFound { .. }
        )
    }

    /// What kind of failure it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::WrongPassphrase
            | Self::MistypedCode
            | Self::RecoveryLocked
            | Self::AccessDenied { .. }
            | Self::KeyDisabled { .. }
            | Self::KeyPendingDeletion { .. }
            | Self::KeyNotUsable { .. }
            | Self::KeyNotFound { .. }
            | Self::ForeignKey { .. }
            | Self::Credentials { .. }
            | Self::WrongCode
            | Self::SignedOut { .. }
            | Self::SignInFailed { .. }
            | Self::ClockSkew { .. } => ErrorClass::Denied,
            Self::Throttled | Self::Unreachable { .. } | Self::MaybeMade { .. } => ErrorClass::Unreachable,
            Self::NotAuthentic | Self::OtherKey { .. } | Self::Malformed(_) => ErrorClass::Damaged,
            Self::Exists { .. }
            | Self::Limit { .. }
            | Self::KeyPolicy { .. }
            | Self::Unsupported { .. }
            | Self::WrongKey
            | Self::MadeElsewhere { .. }
            | Self::Unexpected(_)
            | Self::Config(_)
            | Self::Crypto(_) => ErrorClass::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_the_class_that_says_what_to_offer() {
        let key = || "arn:k".to_owned();
        let text = || "x".to_owned();
        for (class, errors) in [
            (
                ErrorClass::Denied,
                vec![
                    ProviderError::WrongPassphrase,
                    ProviderError::MistypedCode,
                    ProviderError::RecoveryLocked,
                    ProviderError::AccessDenied { action: "kms:Decrypt", key: key(), by: DeniedBy::NotSaid },
                    ProviderError::KeyDisabled { key: key() },
                    ProviderError::KeyPendingDeletion { key: key(), deletion: None },
                    ProviderError::KeyNotUsable { key: key(), why: "x" },
                    ProviderError::KeyNotFound { key: key() },
                    ProviderError::ForeignKey { key: key() },
                    ProviderError::Credentials { reason: text() },
                    ProviderError::WrongCode,
                    ProviderError::SignedOut { profile: text() },
                    ProviderError::SignInFailed { profile: text(), reason: text() },
                    ProviderError::ClockSkew { ahead: Some(-90) },
                ],
            ),
            (
                ErrorClass::Unreachable,
                vec![
                    ProviderError::Throttled,
                    ProviderError::Unreachable { reason: text() },
                    ProviderError::MaybeMade { reason: text() },
                ],
            ),
            (
                ErrorClass::Damaged,
                vec![
                    ProviderError::NotAuthentic,
                    ProviderError::OtherKey { key: key() },
                    ProviderError::Malformed("x"),
                ],
            ),
            (
                ErrorClass::Failed,
                vec![
                    ProviderError::Exists { what: text() },
                    ProviderError::Limit { what: text() },
                    ProviderError::KeyPolicy { why: text() },
                    ProviderError::Unsupported { key: key() },
                    ProviderError::WrongKey,
                    ProviderError::MadeElsewhere { key: key(), account: text(), region: text() },
                    ProviderError::Unexpected(text()),
                    ProviderError::Config(text()),
                    ProviderError::Crypto(text()),
                ],
            ),
        ] {
            for error in errors {
                assert_eq!(error.class(), class, "{error}");
                let shown = error.to_string();
                assert!(!shown.is_empty() && !shown.ends_with('.'), "{shown}");
            }
        }
    }
}
