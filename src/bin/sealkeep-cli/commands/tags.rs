//! `tag ls | rename | rm`: tags over all items.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use sealkeep::secret::SecretString;
use sealkeep::session::Session;
use sealkeep::vault::{Change, ItemSummary, SummaryEdit};
use serde_json::{Value, json};

use super::items::save;
use crate::context::Context;
use crate::error::CliError;
use crate::output::shown;
use crate::table::table;
use crate::text::count;

#[derive(Debug, Subcommand)]
pub enum TagCommand {
    /// List the tags in use, and how many items outside the trash have each
    Ls,
    /// Call a tag otherwise on every item that has it, in the trash too
    Rename(RenameArgs),
    /// Take a tag off every item that has it, in the trash too; the items stay
    Rm(TagArgs),
}

#[derive(Debug, Args)]
pub struct RenameArgs {
    /// What it is called
    #[arg(value_name = "TAG")]
    old: String,
    /// What it is to be called
    new: String,
}

#[derive(Debug, Args)]
pub struct TagArgs {
    /// What it is called
    tag: String,
}

pub fn run(context: &Context, command: TagCommand) -> Result<(), CliError> {
    match command {
        TagCommand::Ls => list(context),
        TagCommand::Rename(args) => replace(context, &args.old, Some(&args.new)),
        TagCommand::Rm(args) => replace(context, &args.tag, None),
    }
}

fn list(context: &Context) -> Result<(), CliError> {
    let session = context.unlock()?;
    let mut tags = BTreeMap::<&str, u64>::new();
    for item in session.vault.summaries().iter().filter(|item| !item.is_trashed()) {
        // EXPOSE: this is what was asked for.
        item.tags.iter().for_each(|tag| *tags.entry(tag.expose()).or_default() += 1);
    }
    context.out.json(|| tags.iter().map(|(tag, count)| json!({ "tag": tag, "items": count })).collect::<Value>())?;
    let rows: Vec<_> = tags.iter().map(|(tag, count)| vec![shown(tag), count.to_string()]).collect();
    table(&rows, 0, None).iter().try_for_each(|line| context.out.line(line))
}

/// Puts `new` in the place of `old` on every item, once.
fn replace(context: &Context, old: &str, new: Option<&str>) -> Result<(), CliError> {
    if new.is_some_and(|new| new.trim().is_empty()) {
        return Err(CliError::usage("The new tag is empty.", "To take a tag away: sealkeep-cli tag rm."));
    }
    let mut session = context.unlock()?;
    let changes = changes(&session, old, new);
    if changes.is_empty() {
        return Err(CliError::input(format!("No item has the tag “{old}”."), "List the tags: sealkeep-cli tag ls."));
    }
    let many = changes.len();
    save(context, &mut session, changes)?;
    context.out.json(|| json!({ "tag": new.unwrap_or(old), "items": many }))?;
    let items = count(many as u64, "item");
    context.out.message(&match new {
        Some(new) => format!("Renamed to {} on {items}.", shown(new)),
        None => format!("Removed {} from {items}.", shown(old)),
    });
    Ok(())
}

fn changes(session: &Session, old: &str, new: Option<&str>) -> Vec<Change> {
    // EXPOSE: compared with what was typed.
    let has = |item: &ItemSummary, tag: &str| item.tags.iter().any(|known| known.expose() == tag);
    let tags_of = |item: &ItemSummary| {
        let new = new.filter(|new| *new == old || !has(item, new));
        let tags = item.tags.iter().filter_map(|tag| {
            // EXPOSE: as above.
            if tag.expose() == old { new.map(SecretString::copy_of) } else { Some(tag.duplicate()) }
        });
        tags.collect()
    };
    let items = session.vault.summaries().iter().filter(|item| item.is_intact() && has(item, old));
    let change = |item: &std::sync::Arc<ItemSummary>| Change::Describe {
        item: item.id,
        edit: SummaryEdit { tags: Some(tags_of(item)), ..SummaryEdit::default() },
    };
    items.map(change).collect()
}
