//! An item as JSON: what the command line prints of one, and what a login or a note has in a sealed file.
//!
//! Owns: the keys. What becomes of it is lent until it is written; for a sealed file it is written into a secret, and no value of a
//! field stands anywhere else on the way.

use serde::Serialize;
use serde_json::Value;

use crate::secret::SecretBytes;
use crate::vault::{Field, Fields, ItemState, ItemSummary, Kind, UnlockedVault};

/// In the order of the letters, as [`Value`] has its keys.
#[derive(Serialize)]
struct ItemJson<'a> {
    collection: String,
    created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged: Option<String>,
    due: Option<String>,
    favourite: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<FieldJson<'a>>>,
    id: String,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<&'a str>,
    modified: String,
    revision: u32,
    size: u64,
    tags: Vec<&'a str>,
    title: &'a str,
    trashed: bool,
    trashed_at: Option<String>,
}

#[derive(Serialize)]
struct FieldJson<'a> {
    hidden: bool,
    name: &'a str,
    /// `null` where it is hidden, and that is not to be revealed.
    value: Option<&'a str>,
}

impl<'a> ItemJson<'a> {
    fn of(vault: &UnlockedVault, item: &'a ItemSummary) -> Self {
        let collection = vault.collections().iter().find(|known| known.id == item.collection);
        Self {
            // EXPOSE: this is what was asked for.
            collection: collection.map_or_else(|| item.collection.to_string(), |known| known.name.expose().to_owned()),
            created: item.created.to_string(),
            damaged: match &item.state {
                ItemState::Damaged(reason) => Some(reason.to_string()),
                ItemState::Intact => None,
            },
            due: vault.retention().due(item).map(|when| when.to_string()),
            favourite: item.favourite,
            fields: None,
            id: item.id.to_string(),
            kind: item.kind.name(),
            media_type: (item.kind == Kind::Document).then_some(&item.media_type),
            modified: item.modified.to_string(),
            revision: item.revision,
            size: item.size,
            // EXPOSE: as above.
            tags: item.tags.iter().map(|tag| tag.expose()).collect(),
            // EXPOSE: as above.
            title: item.title.expose(),
            trashed: item.is_trashed(),
            trashed_at: item.trashed.map(|when| when.to_string()),
        }
    }

    fn with_fields(self, fields: &'a [Field], reveal: bool) -> Self {
        let field = |field: &'a Field| FieldJson {
            hidden: field.hidden,
            name: &field.name,
            // EXPOSE: this is what was asked for.
            value: (reveal || !field.hidden).then(|| field.value.expose()),
        };
        Self { fields: Some(fields.iter().map(field).collect()), ..self }
    }

    fn to_value(&self) -> Value {
        // Texts and numbers under texts: there is nothing in it that JSON does not have.
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// What is said of every item, whether or not it is open: its fields are not in it.
pub fn item_json(vault: &UnlockedVault, item: &ItemSummary) -> Value {
    ItemJson::of(vault, item).to_value()
}

/// The same with fields, which are those of `revision`: all their values, or `null` where one is hidden and that is not to be
/// revealed.
pub fn item_json_with(
    vault: &UnlockedVault,
    item: &ItemSummary,
    revision: u32,
    fields: &[Field],
    reveal: bool,
) -> Value {
    ItemJson { revision, ..ItemJson::of(vault, item) }.with_fields(fields, reveal).to_value()
}

/// A login or a note with all its fields, which are those of `revision`, as a file of its own has it: what `show --json --reveal` prints.
///
/// # Errors
/// None that can happen: it is written into memory.
pub fn fields_text(
    vault: &UnlockedVault,
    item: &ItemSummary,
    revision: u32,
    fields: &Fields,
) -> serde_json::Result<SecretBytes> {
    let document = ItemJson { revision, ..ItemJson::of(vault, item) }.with_fields(&fields.0, true);
    let mut text = SecretBytes::default();
    serde_json::to_writer_pretty(&mut text, &document)?;
    text.extend(b"\n");
    Ok(text)
}
