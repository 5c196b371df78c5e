//! `ls`.

use std::sync::Arc;

use clap::Args;
use sealkeep::secret::SecretString;
use sealkeep::vault::{ItemState, ItemSummary, Kind, LowerQuery, UnlockedVault};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::CliError;
use crate::output::{columns, shown};
use crate::text;

/// How much of an id a table shows: enough to name nearly any item by.
const SHORT_ID: usize = 8;

#[derive(Debug, Args)]
pub struct LsArgs {
    /// Words that must all be in the title, the user name, a tag or the media type
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Only items with this tag (repeatable: with all of them)
    #[arg(long = "tag", value_name = "T")]
    tags: Vec<String>,
    /// Only items of this kind: login, note, document
    #[arg(long, value_name = "K")]
    kind: Option<String>,
    /// Only items of this collection: its name or id
    #[arg(long, value_name = "C")]
    collection: Option<String>,
    /// Only favourites
    #[arg(long)]
    favourite: bool,
    /// The trash instead, with the days that each item has left there
    #[arg(long)]
    trash: bool,
}

pub fn run(context: &Context, args: &LsArgs) -> Result<(), CliError> {
    let session = context.unlock()?;
    let vault = &session.vault;
    if let Some(collection) = &args.collection
        && !vault.collections().iter().any(|known| is_collection(known, collection))
    {
        return Err(CliError::input(
            format!("There is no collection “{collection}”."),
            format!("There is: {}.", collection_names(vault).join(", ")),
        ));
    }
    if let Some(kind) = &args.kind
        && let Kind::Other(_) = Kind::from_name(kind)
        && !vault.summaries().iter().any(|item| item.kind.name() == kind)
    {
        // One that a later version wrote is found; a misspelling must not look like an empty list.
        return Err(CliError::usage(format!("There is no kind “{kind}”."), "There are login, note and document."));
    }
    let query = LowerQuery::new(&SecretString::new(args.query.join(" ")));
    let words = query.finders();
    let mut items: Vec<&Arc<ItemSummary>> =
        vault.summaries().iter().filter(|item| args.wants(vault, item) && item.is_found_by(&words)).collect();
    // EXPOSE: sorted by; nothing is kept.
    items.sort_by_cached_key(|item| (item.title.expose().to_lowercase(), item.id));
    context.out.json(|| Value::Array(items.iter().map(|item| item_json(vault, item)).collect()))?;
    let rows: Vec<Vec<String>> = items.iter().map(|item| row(vault, item)).collect();
    // In one piece: what is printed goes out at once, and a call to the system for each of many lines takes longer than they do.
    let lines = text::table(&rows, 2, columns());
    if lines.is_empty() { Ok(()) } else { context.out.line(&lines.join("\n")) }
}

impl LsArgs {
    fn wants(&self, vault: &UnlockedVault, item: &ItemSummary) -> bool {
        // EXPOSE: compared with what was typed.
        let has = |tag: &String| item.tags.iter().any(|known| known.expose() == tag);
        let in_collection = |name: &String| {
            vault.collections().iter().any(|known| known.id == item.collection && is_collection(known, name))
        };
        item.is_trashed() == self.trash
            && (!self.favourite || item.favourite)
            && self.tags.iter().all(has)
            && self.kind.as_ref().is_none_or(|kind| item.kind == Kind::from_name(kind))
            && self.collection.as_ref().is_none_or(in_collection)
    }
}

fn is_collection(known: &sealkeep::vault::CollectionView, name: &str) -> bool {
    // EXPOSE: compared with what was typed.
    known.name.expose() == name || known.id.to_string() == name
}

fn collection_names(vault: &UnlockedVault) -> Vec<String> {
    // EXPOSE: shown to choose from.
    vault.collections().iter().map(|known| known.name.expose().to_owned()).collect()
}

fn row(vault: &UnlockedVault, item: &ItemSummary) -> Vec<String> {
    // EXPOSE: this is what a list shows.
    let tags: Vec<String> = item.tags.iter().map(|tag| shown(tag.expose()).replace('\n', " ")).collect();
    let size = if item.kind == Kind::Document { text::size(item.size) } else { String::new() };
    let mut id = item.id.to_string();
    id.truncate(SHORT_ID);
    let mut row = vec![
        id,
        shown(item.kind.name()),
        // EXPOSE: as above.
        shown(item.title.expose()).replace('\n', " "),
        tags.join(", "),
        size,
        item.trashed.unwrap_or(item.modified).strftime("%Y-%m-%d").to_string(),
    ];
    if item.favourite {
        row[2].push_str(" ★");
    }
    match vault.retention().days_left(item, vault.now()) {
        Some(0) => row.push("past its time".to_owned()),
        Some(days) => row.push(format!("{} left", text::count(days, "day"))),
        None => {}
    }
    if let ItemState::Damaged(reason) = &item.state {
        row.push(format!("DAMAGED: {reason}"));
    }
    row
}

/// What `ls` and `show` have in common of an item in JSON.
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
