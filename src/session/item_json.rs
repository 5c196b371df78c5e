//! An item as JSON: what the command line prints of one, and what a login or a note has in a sealed file.

use serde_json::{Value, json};

use crate::secret::SecretBytes;
use crate::vault::{Field, Fields, ItemState, ItemSummary, Kind, UnlockedVault};

/// What is said of every item, whether or not it is open: its fields are not in it.
pub fn item_json(vault: &UnlockedVault, item: &ItemSummary) -> Value {
    let collection = vault.collections().iter().find(|known| known.id == item.collection);
    // EXPOSE: this is what was asked for.
    let collection = collection.map_or_else(|| item.collection.to_string(), |known| known.name.expose().to_owned());
    let mut document = json!({
        "id": item.id.to_string(),
        "kind": item.kind.name(),
        // EXPOSE: as above.
        "title": item.title.expose(),
        // EXPOSE: as above.
        "tags": item.tags.iter().map(|tag| tag.expose()).collect::<Vec<_>>(),
        "collection": collection,
        "size": item.size,
        "modified": item.modified.to_string(),
        "revision": item.revision,
        "created": item.created.to_string(),
        "favourite": item.favourite,
        "trashed": item.is_trashed(),
        "trashed_at": item.trashed.map(|when| when.to_string()),
        "due": vault.retention().due(item).map(|when| when.to_string()),
    });
    if item.kind == Kind::Document {
        document["media_type"] = json!(item.media_type);
    }
    if let ItemState::Damaged(reason) = &item.state {
        document["damaged"] = json!(reason.to_string());
    }
    document
}

/// `document` with an item's fields: all their values, or `null` where one is hidden and that is not to be revealed.
pub fn with_fields(mut document: Value, fields: &[Field], reveal: bool) -> Value {
    let field = |field: &Field| {
        // EXPOSE: this is what was asked for.
        let value = (reveal || !field.hidden).then(|| field.value.expose());
        json!({ "name": field.name, "value": value, "hidden": field.hidden })
    };
    document["fields"] = Value::Array(fields.iter().map(field).collect());
    document
}

/// A login or a note with all its fields, which are those of `revision`, as a file of its own has it: what `show --json --reveal` prints.
pub fn fields_text(vault: &UnlockedVault, item: &ItemSummary, revision: u32, fields: &Fields) -> SecretBytes {
    let mut document = with_fields(item_json(vault, item), &fields.0, true);
    document["revision"] = json!(revision);
    SecretBytes::new(format!("{document:#}\n").into_bytes())
}
