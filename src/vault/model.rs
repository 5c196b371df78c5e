//! What an open vault shows: decrypted views of items, collections and revisions.

mod fields;
mod file_name;
mod listing;
mod search;
mod summary;
mod texts;
mod unseen;

pub use fields::{Field, FieldSpec, Fields, fields_of};
pub use file_name::FileForm;
pub use listing::{Changed, Counts, ItemChange, Listing, Mark, Order};
pub use search::{Finders, LowerQuery};
pub use summary::{ItemState, ItemSummary, SummaryEdit};
pub use texts::Numbers;
pub use unseen::{is_joiner, is_unseen};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::format::v1::{CollectionId, DeviceId};
use crate::secret::SecretString;

/// What an item is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// User name, password, website.
    Login,
    /// Text.
    Note,
    /// A file's bytes.
    Document,
    /// A kind that a later version wrote; shown by its name.
    Other(String),
}

impl Kind {
    /// The kind's name, as it is stored and as the command line has it.
    pub fn name(&self) -> &str {
        match self {
            Self::Login => "login",
            Self::Note => "note",
            Self::Document => "document",
            Self::Other(name) => name,
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Self {
        match name {
            "login" => Self::Login,
            "note" => Self::Note,
            "document" => Self::Document,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A collection, by name.
#[derive(Debug)]
pub struct CollectionView {
    /// The collection.
    pub id: CollectionId,
    /// Its name.
    pub name: SecretString,
}

/// One saved body of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionView {
    /// Its number, from 1.
    pub number: u32,
    /// The day it was saved, in UTC: no finer time is stored in the clear.
    pub created: Date,
    /// When it was saved, as the summary that was sealed with it says; `None` where that one is not there or can't be trusted.
    pub saved: Option<Timestamp>,
    /// How many bytes it takes, as ciphertext.
    pub size: u64,
    /// A document's length in bytes, as that summary says; 0 where it is fields, or nothing says.
    pub length: u64,
    /// The installation that saved it.
    pub author: DeviceId,
    /// Whether it is the one that is opened when nothing else is asked for.
    pub current: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_keep_names_that_are_not_known_yet() {
        for name in ["login", "note", "document", "card"] {
            assert_eq!(Kind::from_name(name).name(), name);
        }
        assert_eq!(Kind::from_name("card"), Kind::Other("card".to_owned()));
    }
}
