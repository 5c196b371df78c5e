//! What a check of the open vault found, as the window is told of it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::secret::SecretString;
use crate::vault::{Finding, ItemId};

/// What a check of everything found.
#[derive(Debug)]
pub struct Checked {
    /// How many items were checked.
    pub items: u64,
    /// How many revisions.
    pub revisions: u64,
    /// How many bytes of content were opened.
    pub bytes: u64,
    /// How many revisions were not opened: they were saved after the way in that opened the vault was retired.
    pub unopened: u64,
    /// How long it took.
    pub time: Duration,
    /// How many problems were found.
    pub found: u64,
    /// What is not as it was written: so many of them as a person may read.
    pub problems: Vec<ProblemNamed>,
    /// When that was.
    pub at: Timestamp,
}

/// Something that a check found.
pub struct ProblemNamed {
    /// The item that it is about; `None` where it is about the vault.
    pub item: Option<ItemId>,
    /// Its title, where the list has it.
    pub title: Option<SecretString>,
    /// What was found.
    pub what: Finding,
}

impl fmt::Debug for ProblemNamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {:?}", self.what, self.item)
    }
}
