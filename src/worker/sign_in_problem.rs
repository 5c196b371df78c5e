//! What can keep a profile from having credentials.

use super::Problem;
use crate::session::{ProviderError, SessionError};

/// Why a profile has no credentials, or can't be stored as it was to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// A session has ended, and only the person can begin another.
    Ended {
        /// The profile's name.
        profile: String,
    },
    /// There are none to be had.
    Failed {
        /// The profile's name.
        profile: String,
        /// What AWS, or this machine, said.
        reason: String,
    },
    /// AWS does not take an MFA code.
    WrongCode,
    /// Profiles that each take another's credentials.
    Chain {
        /// Their names; the first one is there twice.
        profiles: Vec<String>,
    },
    /// A passphrase can't seal it.
    NotProtectable {
        /// The profile's name.
        profile: String,
        /// Why, and what to do instead.
        why: String,
    },
    /// A passphrase sealed it when it was stored, and what the keyring has now is open.
    ProtectionGone {
        /// The profile's name.
        profile: String,
    },
    /// Nobody chose an account and a role.
    NoSeat {
        /// The profile's name.
        profile: String,
    },
}

impl SignInProblem {
    pub(super) fn of_provider(error: &ProviderError) -> Option<Problem> {
        Some(Problem::SignIn(match error {
            ProviderError::SignedOut { profile } => Self::Ended { profile: profile.clone() },
            ProviderError::SignInFailed { profile, reason } => {
                Self::Failed { profile: profile.clone(), reason: reason.clone() }
            }
            ProviderError::WrongCode => Self::WrongCode,
            _ => return None,
        }))
    }

    pub(super) fn of_session(error: &SessionError) -> Option<Problem> {
        Some(Problem::SignIn(match error {
            SessionError::ProfileChain(profiles) => Self::Chain { profiles: profiles.clone() },
            SessionError::NotProtectable { profile, why } => {
                Self::NotProtectable { profile: profile.clone(), why: why.clone() }
            }
            SessionError::ProtectionGone(profile) => Self::ProtectionGone { profile: profile.clone() },
            SessionError::NoSeat(profile) => Self::NoSeat { profile: profile.clone() },
            SessionError::NobodyToAsk(profile) => Self::Ended { profile: profile.clone() },
            _ => return None,
        }))
    }
}
