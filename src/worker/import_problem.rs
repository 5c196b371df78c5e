//! What can keep profiles of the AWS command line from being imported.

use std::path::PathBuf;

use super::Problem;
use crate::session::SessionError;

/// Why profiles can't be imported, or their plaintext keys not be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportProblem {
    /// The AWS command line has no files here.
    NoFiles {
        /// Where they would be.
        files: Vec<PathBuf>,
    },
    /// A file is none that the AWS command line reads either.
    NotAFile {
        /// The file.
        path: PathBuf,
        /// Why, without anything of it.
        why: String,
    },
    /// A file is not what it was when it was shown.
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The keyring does not have what was imported.
    NotStored {
        /// The profile.
        profile: String,
    },
    /// A profile is not in the files any more.
    Gone {
        /// The profile.
        profile: String,
    },
    /// A profile that would be replaced came, or changed, since it was shown what there is.
    Came {
        /// The profile.
        profile: String,
        /// Those that were stored before it.
        stored: Vec<String>,
    },
    /// Nothing was looked at, or everything was locked since.
    Over,
}

impl ImportProblem {
    pub(super) fn of_session(error: &SessionError) -> Option<Problem> {
        Some(Problem::Import(match error {
            SessionError::NoAwsFiles(files) => Self::NoFiles { files: files.clone() },
            SessionError::NotAnAwsFile { path, why } => Self::NotAFile { path: path.clone(), why: why.clone() },
            SessionError::NotStored(profile) => Self::NotStored { profile: profile.clone() },
            SessionError::NoAwsProfile(profile) => Self::Gone { profile: profile.clone() },
            SessionError::ProfileCame { profile, stored } => {
                Self::Came { profile: profile.clone(), stored: stored.clone() }
            }
            _ => return None,
        }))
    }
}
