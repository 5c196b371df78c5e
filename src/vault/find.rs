//! Which item somebody means: an identifier, the beginning of one, or a title.

use crate::format::v1::ItemId;

use super::{ItemSummary, UnlockedVault};

/// The shortest beginning of an identifier that is taken for one.
const SHORTEST_PREFIX: usize = 4;

/// Why no item was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// None is meant.
    #[error("there is no such item")]
    NotFound,
    /// More than one could be meant.
    #[error("{} items could be meant", .0.len())]
    Ambiguous(Vec<ItemId>),
}

impl UnlockedVault {
    /// The item whose identifier is `reference`, or begins with it (four characters or more), or whose title it is. Only
    /// those in the trash, or only those outside it, where `trashed` says so.
    ///
    /// # Errors
    /// [`FindError`].
    pub fn find(&self, reference: &str, trashed: Option<bool>) -> Result<ItemId, FindError> {
        let wanted = |summary: &&ItemSummary| trashed.is_none_or(|trashed| summary.is_trashed() == trashed);
        let items = || self.summaries().iter().map(AsRef::as_ref).filter(wanted);
        let lower = reference.to_ascii_lowercase();
        let prefix = (lower.len() >= SHORTEST_PREFIX).then_some(lower.as_str());
        let mut found = Vec::new();
        for summary in items() {
            let id = summary.id.to_string();
            if id == lower {
                return Ok(summary.id);
            }
            // EXPOSE: compared with what the person typed.
            if summary.title.expose() == reference || prefix.is_some_and(|prefix| id.starts_with(prefix)) {
                found.push(summary.id);
            }
        }
        match found[..] {
            [] => Err(FindError::NotFound),
            [one] => Ok(one),
            _ => Err(FindError::Ambiguous(found)),
        }
    }
}
