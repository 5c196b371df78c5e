//! Profiles of the AWS command line, as the window asks for them and is told of them. What is done is in `ops/import.rs`.
//!
//! Nothing here holds a part of a key but its id, which is no secret.

use std::path::PathBuf;

use crate::platform::ProfileEntry;
use crate::secret::SecretString;
use crate::session::import::{
    FilesRead, Found, FoundBy, GoesOn, KeptKey, KeysInFile, NotOffered, Process, Removed, Seen, Stored,
};
use crate::worker::Problem;

/// A step of an import. They follow each other: what was looked at is stored, what was stored is removed.
#[derive(Debug)]
pub enum ImportCommand {
    /// Reads the files, and says what can be had. → [`ImportTold::Found`]
    Look {
        /// The region of profiles that name none.
        region: Option<String>,
    },
    /// Puts what was found into the keyring, with whose credentials it takes; one of the same name is replaced.
    /// → [`ImportTold::Storing`]…, [`ImportTold::Imported`]
    Store {
        /// The names of those that are wanted.
        names: Vec<String>,
        /// A passphrase to seal those under that have something to seal.
        protect: Option<SecretString>,
    },
    /// Takes the plaintext keys of what was stored out of the files. → [`ImportTold::KeysRemoved`]
    RemoveKeys {
        /// Whether the AWS command line asks Sealkeep from now on: a line in place of the keys.
        use_sealkeep: bool,
    },
}

/// How far an import has come.
#[derive(Debug)]
pub enum ImportTold {
    /// What there is.
    Found(AwsProfiles),
    /// So many are in the keyring.
    Storing {
        /// How many are.
        done: usize,
        /// How many there will be.
        total: usize,
    },
    /// All that were wanted are in the keyring.
    Imported(Imported),
    /// Plaintext keys went from the files.
    KeysRemoved(KeysRemoved),
}

/// What is in the files of the AWS command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsProfiles {
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// What can be had: whose credentials others take come before these.
    pub found: Vec<Found>,
    /// What can't be had, and why.
    pub refused: Vec<NotOffered>,
    /// Every profile that there is at that moment: what would be replaced.
    pub profiles: Vec<ProfileEntry>,
}

/// What an import stored, and what of it is still in plaintext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The profiles.
    pub stored: Vec<Found>,
    /// Every profile that there is now.
    pub profiles: Vec<ProfileEntry>,
    /// Where their plaintext keys stand.
    pub keys: Vec<KeysInFile>,
    /// Which of their plaintext keys stay there whatever is removed.
    pub kept: Vec<KeptKey>,
    /// Other files beside these that have one of the same access keys in them.
    pub copies: Vec<PathBuf>,
    /// Those that are a role besides, as the AWS command line calls them: it can't take the role without the key.
    pub needs_its_keys: Vec<String>,
    /// The lines that would come into the place of their keys, by their names there.
    pub lines: Vec<(String, String)>,
    /// How the program is found that these lines name.
    pub found_by: FoundBy,
}

/// What became of plaintext keys that were to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysRemoved {
    /// What went from which file.
    pub removed: Vec<Removed>,
    /// What kept the rest from going.
    pub stopped: Option<Problem>,
    /// How the AWS command line goes on, for each profile by its name there.
    pub goes_on: Vec<(String, GoesOn)>,
    /// Other files that still have one of the access keys in them.
    pub copies: Vec<PathBuf>,
}

/// An import that was begun: what the next step is held to. Nothing of the files but their digests.
#[derive(Debug)]
pub(super) struct Begun {
    /// The files, as they were shown.
    pub(super) shown: FilesRead,
    /// The region of profiles that name none.
    pub(super) region: Option<String>,
    /// The profiles that there were, and those that were stored since.
    pub(super) seen: Seen,
    /// The names of what was stored, its marks, and what the AWS command line would ask.
    pub(super) stored: Option<(Vec<String>, Stored, Process)>,
}
