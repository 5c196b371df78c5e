//! `show` and `history`.

use clap::Args;
use sealkeep::session::SessionError;
use sealkeep::session::item_json::item_json_with;
use sealkeep::vault::{Fields, ItemSummary, Kind, UnlockedVault};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::CliError;
use crate::output::shown;
use crate::table::table;
use crate::text::{self, size};
use crate::unlock::{LookIn, find};

/// What stands where a hidden value would.
const MASK: &str = "••••••••";

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Id, beginning of an id, or title
    item: String,
    /// Print this field's value and nothing else, hidden or not
    #[arg(long, value_name = "NAME")]
    field: Option<String>,
    /// Print hidden values too
    #[arg(long, conflicts_with = "field")]
    reveal: bool,
    /// An earlier revision: its number in `history`
    #[arg(long, value_name = "R")]
    revision: Option<u32>,
}

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Id, beginning of an id, or title; in the trash too
    item: String,
}

pub fn show(context: &Context, args: &ShowArgs) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let item = find(&session.vault, &args.item, LookIn::Vault)?;
    let revision = args.revision.unwrap_or(item.revision);
    let fields = if item.kind == Kind::Document {
        if args.field.is_some() {
            return Err(CliError::input("A document has no fields.", "Write its bytes to a file: sealkeep-cli get."));
        }
        if args.revision.is_some() {
            return Err(CliError::input(
                "What is said of a document is of its newest revision.",
                "Its revisions: sealkeep-cli history. The bytes of one: sealkeep-cli get --revision.",
            ));
        }
        Fields::default()
    } else {
        let reader = context.block_on(session.vault.body_reader(item.id, Some(revision)))?;
        reader.fields().map_err(SessionError::from)?
    };
    match &args.field {
        Some(name) => show_field(context, &session.vault, (&item, revision), &fields, name),
        None => show_all(context, &session.vault, (&item, revision), &fields, args.reveal),
    }
}

fn show_field(
    context: &Context,
    vault: &UnlockedVault,
    (item, revision): (&ItemSummary, u32),
    fields: &Fields,
    name: &str,
) -> Result<(), CliError> {
    let field = fields.0.iter().find(|field| field.name == name).ok_or_else(|| {
        let names: Vec<&str> = fields.0.iter().map(|field| field.name.as_str()).collect();
        CliError::input(format!("It has no field “{name}”."), format!("It has: {}.", names.join(", ")))
    })?;
    context.out.json(|| item_json_with(vault, item, revision, std::slice::from_ref(field), true))?;
    // EXPOSE: this is what was asked for.
    context.out.line(&shown(field.value.expose()))
}

fn show_all(
    context: &Context,
    vault: &UnlockedVault,
    (item, revision): (&ItemSummary, u32),
    fields: &Fields,
    reveal: bool,
) -> Result<(), CliError> {
    context.out.json(|| item_json_with(vault, item, revision, &fields.0, reveal))?;
    // EXPOSE: this is what was asked for.
    let tags: Vec<&str> = item.tags.iter().map(|tag| tag.expose()).collect();
    // EXPOSE: as above.
    let mut lines = vec![("Title", item.title.expose().to_owned()), ("Kind", item.kind.name().to_owned())];
    lines.push(("Id", item.id.to_string()));
    if !tags.is_empty() {
        lines.push(("Tags", tags.join(", ")));
    }
    if item.favourite {
        lines.push(("Favourite", "yes".to_owned()));
    }
    if item.kind == Kind::Document {
        lines.push(("Type", item.media_type.clone()));
        lines.push(("Size", size(item.size)));
    }
    lines.push(("Modified", item.modified.strftime("%Y-%m-%d %H:%M UTC").to_string()));
    for field in &fields.0 {
        let value = match field.hidden && !reveal {
            true if field.value.is_empty() => String::new(),
            true => MASK.to_owned(),
            // EXPOSE: as above.
            false => field.value.expose().to_owned(),
        };
        lines.push((&field.name, value));
    }
    let width = lines.iter().map(|(name, _)| text::width(name)).max().unwrap_or(0);
    for (name, value) in lines {
        let padding = " ".repeat(width - text::width(name));
        // Further lines of a value stand below its first.
        let value = shown(&value).replace('\n', &format!("\n{}", " ".repeat(width + 3)));
        context.out.line(format!("{}:{padding}  {value}", shown(name)).trim_end())?;
    }
    Ok(())
}

pub fn history(context: &Context, args: &HistoryArgs) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let item = find(&session.vault, &args.item, LookIn::Both)?;
    let revisions = session.vault.history(item.id).map_err(SessionError::from)?;
    context.out.json(|| {
        let revision = |revision: &sealkeep::vault::RevisionView| {
            json!({
                "revision": revision.number,
                "created": revision.created.to_string(),
                "saved": revision.saved.map(|saved| saved.to_string()),
                "size": revision.size,
                "author": revision.author.to_string(),
                "current": revision.current,
            })
        };
        Value::Array(revisions.iter().map(revision).collect())
    })?;
    let row = |revision: &sealkeep::vault::RevisionView| {
        let current = if revision.current { "current" } else { "" };
        let author: String = revision.author.to_string().chars().take(8).collect();
        let size = size(revision.size);
        // The day stands in the clear; the moment only in what is sealed with it.
        let saved = revision.saved.map(|saved| saved.strftime("%Y-%m-%d %H:%M").to_string());
        let saved = saved.unwrap_or_else(|| revision.created.to_string());
        vec![revision.number.to_string(), saved, size, author, current.to_owned()]
    };
    for line in table(&revisions.iter().map(row).collect::<Vec<_>>(), 2, None) {
        context.out.line(&line)?;
    }
    Ok(())
}
