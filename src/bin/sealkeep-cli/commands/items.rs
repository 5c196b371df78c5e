//! `add`, `edit`, `rm`, `restore`.

use std::path::PathBuf;

use clap::Args;
use sealkeep::secret::SecretString;
use sealkeep::session::{Session, SessionError};
use sealkeep::vault::{Change, Fields, ItemId, ItemSummary, Kind, SummaryEdit};
use serde_json::json;

use super::jsonl;
use super::keeping::{goes_with_the_next, tell_of_next, tell_removed};
use crate::context::Context;
use crate::error::CliError;
use crate::fields::SetArgs;
use crate::output::shown;
use crate::progress::Progress;
use crate::unlock::{LookIn, find};

#[derive(Debug, Args)]
pub struct AddArgs {
    /// login or note
    #[arg(required_unless_present = "jsonl")]
    kind: Option<String>,
    /// What lists show
    #[arg(required_unless_present = "jsonl")]
    title: Option<String>,
    #[command(flatten)]
    fields: SetArgs,
    /// Give it a tag (repeatable)
    #[arg(long = "tag", value_name = "T")]
    tags: Vec<String>,
    /// Many at once, an item a line: {"kind":…,"title":…,"tags":[…],"fields":{…}}; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kind", "title", "set", "set_stdin", "tags"])]
    jsonl: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct EditArgs {
    /// Id, beginning of an id, or title
    item: String,
    /// A new title
    #[arg(long, value_name = "T")]
    title: Option<String>,
    #[command(flatten)]
    fields: SetArgs,
    /// Add a tag (repeatable)
    #[arg(long = "tag", value_name = "T")]
    tags: Vec<String>,
    /// Remove a tag (repeatable)
    #[arg(long = "untag", value_name = "T")]
    untags: Vec<String>,
    /// Mark it as a favourite
    #[arg(long, conflicts_with = "no_favourite")]
    favourite: bool,
    /// Mark it no longer
    #[arg(long)]
    no_favourite: bool,
}

impl EditArgs {
    /// Marked or not, where that is to change.
    fn star(&self) -> Option<bool> {
        (self.favourite || self.no_favourite).then_some(self.favourite)
    }
}

#[derive(Debug, Args)]
pub struct ItemArgs {
    /// Id, beginning of an id, or title
    item: String,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Id, beginning of an id, or title; in the trash first
    item: String,
    /// Save what it was in this revision as a new one: its number in `history`
    #[arg(long, value_name = "R")]
    revision: Option<u32>,
}

pub fn add(context: &Context, args: &AddArgs) -> Result<(), CliError> {
    if let Some(path) = &args.jsonl {
        return jsonl::add(context, path);
    }
    let (Some(kind), Some(title)) = (&args.kind, &args.title) else {
        return Err(CliError::usage("An item needs a kind and a title.", "See sealkeep-cli add --help."));
    };
    let kind = kind_to_add(kind)?;
    check_title(title)?;
    args.fields.check(&kind)?;
    args.fields.claim(context)?;
    let mut session = context.unlock()?;
    let mut fields = Fields::default();
    args.fields.apply(&kind, &mut fields)?;
    let body = context.block_on(session.vault.new_body(None))?;
    let change = Change::Add {
        subtitle: fields.subtitle(&kind),
        kind,
        title: SecretString::copy_of(title),
        tags: secrets(&args.tags),
        media_type: String::new(),
        body: body.seal_fields(&fields).map_err(SessionError::from)?,
    };
    let items = save(context, &mut session, vec![change])?;
    context.out.json(|| items.iter().map(|item| json!({ "id": item.to_string(), "title": title })).collect())?;
    items.iter().try_for_each(|item| context.out.line(&item.to_string()))
}

pub fn edit(context: &Context, args: &EditArgs) -> Result<(), CliError> {
    let no_tags = args.tags.is_empty() && args.untags.is_empty();
    if args.title.is_none() && args.fields.is_empty() && no_tags && args.star().is_none() {
        return Err(CliError::usage(
            "Nothing to change was named.",
            "Say what: --title, --set, --set-stdin, --tag, --untag, --favourite, --no-favourite.",
        ));
    }
    args.title.as_deref().map_or(Ok(()), check_title)?;
    args.fields.claim(context)?;
    let mut session = context.unlock()?;
    let item = find(&session.vault, &args.item, LookIn::Vault)?;
    let title = args.title.as_deref().map(SecretString::copy_of);
    let mut edit = SummaryEdit { title, favourite: args.star(), ..SummaryEdit::default() };
    if !args.tags.is_empty() || !args.untags.is_empty() {
        edit.tags = Some(edited_tags(&item, &args.tags, &args.untags));
    }
    let change = if args.fields.is_empty() {
        Change::Describe { item: item.id, edit }
    } else {
        args.fields.check(&item.kind)?;
        let reader = context.block_on(session.vault.body_reader(item.id, None))?;
        let mut fields = reader.fields().map_err(SessionError::from)?;
        args.fields.apply(&item.kind, &mut fields)?;
        edit.subtitle = Some(fields.subtitle(&item.kind));
        let body = context.block_on(session.vault.new_body(Some(item.id)))?;
        Change::Revise { item: item.id, body: body.seal_fields(&fields).map_err(SessionError::from)?, edit }
    };
    save(context, &mut session, vec![change])?;
    said(context, &session, item.id, "Saved")?;
    tell_removed(context, &session.vault.pruned(item.id));
    Ok(())
}

pub fn rm(context: &Context, args: &ItemArgs) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let item = find(&session.vault, &args.item, LookIn::Vault)?;
    let edit = SummaryEdit { trashed: Some(true), ..SummaryEdit::default() };
    save(context, &mut session, vec![Change::Describe { item: item.id, edit }])?;
    said(context, &session, item.id, "Moved to the trash:")
}

pub fn restore(context: &Context, args: &RestoreArgs) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let item = find(&session.vault, &args.item, LookIn::TrashFirst)?;
    if let Some(revision) = args.revision.filter(|revision| *revision != item.revision) {
        return restore_revision(context, &mut session, &item, revision);
    }
    if !item.is_trashed() && args.revision.is_some() {
        return said(context, &session, item.id, "That is what it is now:");
    }
    if !item.is_trashed() {
        return said(context, &session, item.id, "Not in the trash:");
    }
    let edit = SummaryEdit { trashed: Some(false), ..SummaryEdit::default() };
    save(context, &mut session, vec![Change::Describe { item: item.id, edit }])?;
    said(context, &session, item.id, "Out of the trash:")
}

/// Saves the content that the item had in `revision` as a new revision; all others stay until the next save.
fn restore_revision(
    context: &Context,
    session: &mut Session,
    item: &ItemSummary,
    revision: u32,
) -> Result<(), CliError> {
    let restoring = context.block_on(session.vault.restore_revision(item.id, revision))?;
    let progress = Progress::new(context.out, "Restoring", None);
    let sealed = restoring.seal(&progress);
    drop(progress);
    save(context, session, vec![sealed.map_err(SessionError::from)?])?;
    let now = crate::unlock::summary(&session.vault, item.id)?.revision;
    said(context, session, item.id, &format!("Revision {revision} is back, as revision {now}, of"))?;
    tell_of_next(context, &goes_with_the_next(session, item.id, &item.kind)?);
    Ok(())
}

/// The kind of an item that can be added with fields.
pub fn kind_to_add(name: &str) -> Result<Kind, CliError> {
    match Kind::from_name(name) {
        Kind::Document => Err(CliError::usage("Documents are files.", "Add them with sealkeep-cli put FILE.")),
        Kind::Other(_) => Err(CliError::usage(format!("There is no kind “{name}”."), "There are login and note.")),
        kind => Ok(kind),
    }
}

/// Refuses an empty title, which nobody could find again.
pub fn check_title(title: &str) -> Result<(), CliError> {
    if title.trim().is_empty() {
        Err(CliError::usage("The title is empty.", "Give it one to find it by."))
    } else {
        Ok(())
    }
}

/// Saves, and warns of what could not be done after it.
pub fn save(context: &Context, session: &mut Session, changes: Vec<Change>) -> Result<Vec<ItemId>, CliError> {
    let items = session.vault.commit(changes).map_err(SessionError::from)?;
    warn_after_commit(context, session);
    Ok(items)
}

/// Warns where this machine could not note what was saved, and where what was removed can still be found on the disk.
pub fn warn_after_commit(context: &Context, session: &Session) {
    if let Some(error) = session.vault.unpinned() {
        context
            .out
            .warning(&format!("Everything is saved, but an older copy of the vault would go unnoticed: {error}."));
    }
    let remains = session.vault.remains();
    if remains.in_log {
        context.out.warning(
            "What was removed is still in the vault's log, sealed, because another program has the vault open. It goes when that \
             program saves something or closes the vault.",
        );
    }
    if remains.files > 0 {
        let what = if remains.files == 1 { "A file".to_owned() } else { format!("{} files", remains.files) };
        context.out.warning(&format!(
            "{what} of what was removed can't be deleted from the folder “bodies”. The next command tries again."
        ));
    }
}

/// Secrets of what was typed.
pub fn secrets(words: &[String]) -> Vec<SecretString> {
    words.iter().map(|word| SecretString::copy_of(word)).collect()
}

fn edited_tags(item: &ItemSummary, more: &[String], less: &[String]) -> Vec<SecretString> {
    // EXPOSE: compared with what was typed.
    let stays = |tag: &&SecretString| !less.iter().any(|gone| gone == tag.expose());
    let mut tags: Vec<SecretString> = item.tags.iter().filter(stays).map(SecretString::duplicate).collect();
    for tag in more {
        // EXPOSE: as above.
        if !tags.iter().any(|known| known.expose() == tag) {
            tags.push(SecretString::copy_of(tag));
        }
    }
    tags
}

/// Tells what became of an item.
pub fn said(context: &Context, session: &Session, item: ItemId, what: &str) -> Result<(), CliError> {
    let item = crate::unlock::summary(&session.vault, item)?;
    // EXPOSE: told to the person who named it.
    let title = item.title.expose();
    let (id, revision) = (item.id.to_string(), item.revision);
    context.out.json(|| json!({ "id": id, "title": title, "revision": revision, "trashed": item.is_trashed() }))?;
    context.out.message(&format!("{what} {}", shown(title)));
    Ok(())
}
