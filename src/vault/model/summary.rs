//! What a list shows of an item.

use jiff::Timestamp;

use crate::format::v1::{CollectionId, ItemId, SummaryRecord};
use crate::secret::SecretString;

use super::{Finders, Kind, LowerQuery};
use crate::vault::Finding;

/// Whether an item can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// Everything that was written is there.
    Intact,
    /// Something was changed outside Sealkeep: this, for one.
    Damaged(Finding),
}

/// What a list shows of an item: decrypted, wiped when dropped.
#[derive(Debug)]
pub struct ItemSummary {
    /// The item.
    pub id: ItemId,
    /// Where it is.
    pub collection: CollectionId,
    /// What it is.
    pub kind: Kind,
    /// Its title.
    pub title: SecretString,
    /// Its tags.
    pub tags: Vec<SecretString>,
    /// A login's user name, else empty.
    pub subtitle: SecretString,
    /// A document's media type, else empty.
    pub media_type: String,
    /// A document's length in bytes, else 0.
    pub size: u64,
    /// Marked by the person.
    pub favourite: bool,
    /// When it went into the trash, if it is there.
    pub trashed: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The number of the body that belongs to this summary.
    pub revision: u32,
    /// Whether it can be trusted.
    pub state: ItemState,
}

impl ItemSummary {
    /// The view of a summary that was opened.
    pub fn from_record(id: ItemId, collection: CollectionId, record: SummaryRecord) -> Self {
        Self {
            id,
            collection,
            kind: Kind::from_name(&record.kind),
            title: record.title,
            tags: record.tags,
            subtitle: record.subtitle,
            media_type: record.media_type,
            size: record.size,
            favourite: record.favourite,
            trashed: record.trashed.map(|when| Timestamp::from_second(when).unwrap_or_default()),
            created: Timestamp::from_second(record.created).unwrap_or_default(),
            modified: Timestamp::from_second(record.modified).unwrap_or_default(),
            revision: record.revision,
            state: ItemState::Intact,
        }
    }

    /// The stand-in for an item whose summary can't be trusted: it has an identifier and no more.
    pub(in crate::vault) fn unreadable(id: ItemId, collection: CollectionId, found: Finding) -> Self {
        let record = SummaryRecord {
            kind: "unreadable".to_owned(),
            title: SecretString::new(format!("Item {id}")),
            tags: Vec::new(),
            subtitle: SecretString::default(),
            media_type: String::new(),
            size: 0,
            favourite: false,
            trashed: None,
            created: 0,
            modified: 0,
            revision: 0,
        };
        Self { state: ItemState::Damaged(found), ..Self::from_record(id, collection, record) }
    }

    /// The record to seal, with `edit` applied, changed at `now`.
    pub(in crate::vault) fn to_record(&self, edit: SummaryEdit, now: Timestamp) -> SummaryRecord {
        let modified = if edit.is_content() { now } else { self.modified };
        let trashed = match edit.trashed {
            Some(true) => Some(now),
            Some(false) => None,
            None => self.trashed,
        };
        SummaryRecord {
            kind: self.kind.name().to_owned(),
            title: edit.title.unwrap_or_else(|| self.title.duplicate()),
            tags: edit.tags.unwrap_or_else(|| self.tags.iter().map(SecretString::duplicate).collect()),
            subtitle: edit.subtitle.unwrap_or_else(|| self.subtitle.duplicate()),
            media_type: edit.media_type.unwrap_or_else(|| self.media_type.clone()),
            size: self.size,
            favourite: edit.favourite.unwrap_or(self.favourite),
            trashed: trashed.map(|when| when.as_second()),
            created: self.created.as_second(),
            modified: modified.as_second(),
            revision: self.revision,
        }
    }

    /// Whether every word of `query` is in the title, the subtitle, the tags or the media type.
    pub fn matches(&self, query: &LowerQuery) -> bool {
        self.is_found_by(&query.finders())
    }

    /// The same as [`ItemSummary::matches`], where many items are searched for one query.
    pub fn is_found_by(&self, words: &Finders<'_>) -> bool {
        // EXPOSE: searched; nothing is kept.
        words.are_found_in(std::iter::once(self.title.expose()).chain(self.searched_parts()))
    }

    /// What is searched besides the title.
    pub(super) fn searched_parts(&self) -> impl Iterator<Item = &str> {
        // EXPOSE: searched, in wiping buffers.
        let tags = self.tags.iter().map(SecretString::expose);
        // EXPOSE: as above.
        [self.subtitle.expose(), &self.media_type].into_iter().chain(tags)
    }

    /// Whether it is in the trash.
    pub fn is_trashed(&self) -> bool {
        self.trashed.is_some()
    }

    /// Whether the item can be trusted.
    pub fn is_intact(&self) -> bool {
        self.state == ItemState::Intact
    }
}

/// What is to change in a summary; what is `None` stays.
#[derive(Debug, Default)]
pub struct SummaryEdit {
    /// A new title.
    pub title: Option<SecretString>,
    /// The new tags, all of them.
    pub tags: Option<Vec<SecretString>>,
    /// A new subtitle.
    pub subtitle: Option<SecretString>,
    /// What other bytes of a document are.
    pub media_type: Option<String>,
    /// Marked or not.
    pub favourite: Option<bool>,
    /// Into the trash, where its time begins anew, or out of it.
    pub trashed: Option<bool>,
}

impl SummaryEdit {
    /// Whether it changes what the item says, and not only where it is and how it is marked.
    fn is_content(&self) -> bool {
        self.title.is_some() || self.tags.is_some() || self.subtitle.is_some() || self.media_type.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> ItemSummary {
        let record = SummaryRecord {
            kind: "login".to_owned(),
            title: SecretString::copy_of("GitHub"),
            tags: vec![SecretString::copy_of("Work")],
            subtitle: SecretString::copy_of("anna"),
            media_type: String::new(),
            size: 0,
            favourite: false,
            trashed: None,
            created: 10,
            modified: 20,
            revision: 3,
        };
        ItemSummary::from_record(ItemId([1; 16]), CollectionId([2; 16]), record)
    }

    #[test]
    fn is_found_by_title_subtitle_and_tag() {
        let found = |typed: &str| summary().matches(&LowerQuery::new(&SecretString::copy_of(typed)));
        assert!(found("github") && found("anna work") && !found("gitlab"));
    }

    #[test]
    fn an_edit_changes_what_it_names_and_the_time() {
        let now = Timestamp::from_second(30).unwrap();
        let edit = SummaryEdit { title: Some(SecretString::copy_of("GitLab")), ..SummaryEdit::default() };
        let record = summary().to_record(edit, now);
        assert_eq!((record.title.expose(), record.created, record.modified, record.revision), ("GitLab", 10, 30, 3));
        // A star and the trash are no change of what it says.
        let edit = SummaryEdit { favourite: Some(true), trashed: Some(true), ..SummaryEdit::default() };
        let record = summary().to_record(edit, now);
        assert!(record.favourite);
        assert_eq!((record.title.expose(), record.modified, record.trashed), ("GitHub", 20, Some(30)));
    }
}
