//! `purge`, `prune`, `retention`: what goes for good, and for how long the rest is kept.

use std::collections::BTreeSet;

use clap::Args;
use sealkeep::session::{Session, SessionError};
use sealkeep::vault::{Change, ClockDoubt, ItemId, ItemSummary, Kind, Prunable, PruneLimit, Retention, VaultError};
use serde_json::{Value, json};

use super::items::save;
use crate::context::Context;
use crate::error::CliError;
use crate::output::shown;
use crate::text::{count, size};
use crate::unlock::{LookIn, find, summary};

/// So many titles stand in a question.
const NAMED: usize = 10;

#[derive(Debug, Args)]
pub struct PurgeArgs {
    /// Id, beginning of an id, or title; in the trash too
    #[arg(required_unless_present = "expired")]
    item: Option<String>,
    /// Everything whose time in the trash is over: see `retention`
    #[arg(long, conflicts_with = "item")]
    expired: bool,
}

#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Ids, beginnings of ids, or titles, in the trash too [default: every item]
    #[arg(value_name = "ITEM")]
    items: Vec<String>,
    /// Keep the newest N revisions of each [default: as many as `retention` says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    /// Remove only what was saved more than so many days ago
    #[arg(long, value_name = "DAYS")]
    older_than: Option<u32>,
    /// Say what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub struct RetentionArgs {
    /// Days in the trash after which items may be deleted for good: a number, or never
    #[arg(long, value_name = "DAYS", value_parser = days)]
    trash: Option<Limit>,
    /// How many revisions a login or a note keeps: a number, or all
    #[arg(long, value_name = "N", value_parser = revisions)]
    revisions: Option<Limit>,
    /// How many revisions a document keeps: a number, or all
    #[arg(long, value_name = "N", value_parser = revisions)]
    document_revisions: Option<Limit>,
}

/// A number, or none.
#[derive(Clone, Copy, Debug)]
struct Limit(Option<u32>);

fn days(text: &str) -> Result<Limit, String> {
    match (text, text.parse::<u16>()) {
        ("never", _) => Ok(Limit(None)),
        (_, Ok(days)) if days > 0 => Ok(Limit(Some(days.into()))),
        _ => Err("a number of days from 1 to 65535, or never".to_owned()),
    }
}

fn revisions(text: &str) -> Result<Limit, String> {
    match (text, text.parse::<u32>()) {
        ("all", _) => Ok(Limit(None)),
        (_, Ok(count)) if count > 0 => Ok(Limit(Some(count))),
        _ => Err("a number from 1, or all".to_owned()),
    }
}

pub fn purge(context: &Context, args: &PurgeArgs) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let Some(reference) = &args.item else { return purge_expired(context, &mut session) };
    let item = find(&session.vault, reference, LookIn::Both)?;
    // EXPOSE: the person has to see what is about to go.
    let title = item.title.expose();
    context.confirm(&format!("Delete “{title}” and all of its revisions for good?"))?;
    save(context, &mut session, vec![Change::purge(item.id, item.trashed)])?;
    context.out.json(|| purged(&item))?;
    context.out.message(&format!("Deleted for good: {title}"));
    Ok(())
}

fn purge_expired(context: &Context, session: &mut Session) -> Result<(), CliError> {
    let expired = session.vault.past_their_time();
    let expired = expired.map_err(|doubt| doubtful(doubt, "Nothing was deleted.", "name the items one by one"))?;
    let items = expired.into_iter().map(|item| summary(&session.vault, item)).collect::<Result<Vec<_>, _>>()?;
    if !items.is_empty() {
        let days = session.vault.retention().trash_days.unwrap_or_default();
        // EXPOSE: the person has to see what is about to go.
        let mut titles: Vec<String> = items.iter().take(NAMED).map(|item| shown(item.title.expose())).collect();
        if items.len() > NAMED {
            titles.push(format!("and {} more", items.len() - NAMED));
        }
        let many = count(items.len() as u64, "item");
        context.confirm(&format!(
            "In the trash for more than {days} days: {}\nDelete {many} and all of their revisions for good?",
            titles.join(", ")
        ))?;
        save(context, session, items.iter().map(|item| Change::purge(item.id, item.trashed)).collect())?;
    }
    context.out.json(|| Value::Array(items.iter().map(|item| purged(item)).collect()))?;
    for item in &items {
        // EXPOSE: told to the person who confirmed it.
        context.out.message(&format!("Deleted for good: {}", shown(item.title.expose())));
    }
    if items.is_empty() {
        context.out.message("Nothing in the trash is past its time.");
    }
    Ok(())
}

/// The clock says nothing of what is old; `instead` does without it. `so` says what was not done.
pub(super) fn doubtful(doubt: ClockDoubt, so: &str, instead: &str) -> CliError {
    let what = crate::wording::sentence(&doubt.to_string());
    let hint = format!("Set the clock right. If it is right, save something and come back tomorrow, or {instead}.");
    CliError::input(format!("{what} {so}"), hint)
}

fn purged(item: &ItemSummary) -> Value {
    // EXPOSE: told to the person who confirmed it.
    json!({ "id": item.id.to_string(), "title": item.title.expose(), "purged": true })
}

pub fn prune(context: &Context, args: &PruneArgs) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let retention = session.vault.retention();
    let named = args.keep.is_some() || args.older_than.is_some();
    if !named && retention.revisions.is_none() && retention.document_revisions.is_none() {
        return Err(CliError::usage(
            "Nothing says how many revisions to keep.",
            "Say it: --keep N or --older-than DAYS; or for every save from now on: sealkeep-cli retention.",
        ));
    }
    let limit = PruneLimit {
        keep: if named { args.keep } else { retention.revisions },
        keep_documents: if named { args.keep } else { retention.document_revisions },
        older_than_days: args.older_than,
    };
    let found = args.items.iter().map(|item| find(&session.vault, item, LookIn::Both).map(|item| item.id));
    let items = found.collect::<Result<Vec<ItemId>, _>>()?;
    let items = (!items.is_empty()).then_some(items.as_slice());
    let prunable = session.vault.prunable(items, limit).map_err(|error| match error {
        VaultError::Clock(doubt) => doubtful(doubt, "Nothing was deleted.", "leave out --older-than"),
        error => SessionError::from(error).into(),
    })?;
    let lines = prunable.iter().map(|item| line(&session, item)).collect::<Result<Vec<_>, CliError>>()?;
    let bytes: u64 = prunable.iter().map(|item| item.bytes).sum();
    let revisions: usize = prunable.iter().map(|item| item.revisions.len()).sum();
    if !context.global.json {
        lines.iter().try_for_each(|(line, _)| context.out.line(line))?;
    }
    if revisions > 0 && !args.dry_run {
        let (revisions, items) = (count(revisions as u64, "revision"), count(prunable.len() as u64, "item"));
        context.confirm(&format!("Remove {revisions} of {items}, {}, for good?", size(bytes)))?;
        let change = |item: &Prunable| {
            let revisions: BTreeSet<u32> = item.revisions.iter().copied().collect();
            Change::Prune { item: item.item, revisions }
        };
        save(context, &mut session, prunable.iter().map(change).collect())?;
    }
    let pruned = !args.dry_run;
    context.out.json(|| {
        let items: Vec<Value> = lines.iter().map(|(_, item)| item.clone()).collect();
        json!({ "items": items, "bytes": bytes, "pruned": pruned })
    })?;
    let revisions = count(revisions as u64, "revision");
    let done = if pruned { "Removed" } else { "Would remove" };
    context.out.message(&format!("{done} {revisions}, {}.", size(bytes)));
    Ok(())
}

/// An item's old revisions, for a person and for a script.
fn line(session: &Session, prunable: &Prunable) -> Result<(String, Value), CliError> {
    let item = summary(&session.vault, prunable.item)?;
    // EXPOSE: the person has to see of what something is about to go.
    let title = item.title.expose();
    let value = json!({
        "id": item.id.to_string(),
        "title": title,
        "revisions": prunable.revisions,
        "bytes": prunable.bytes,
    });
    let (revisions, until) = (ranges(&prunable.revisions), prunable.until);
    let line = format!("{}: {revisions}, saved until {until}, {}", shown(title), size(prunable.bytes));
    Ok((line, value))
}

/// Numbers in a row as one: `1–3, 5`.
pub fn ranges(numbers: &[u32]) -> String {
    let mut rows: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match rows.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => rows.push((*number, *number)),
        }
    }
    let word = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}–{last}"),
    };
    rows.iter().map(word).collect::<Vec<_>>().join(", ")
}

pub fn retention(context: &Context, args: &RetentionArgs) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let before = session.vault.retention();
    let mut after = before;
    if let Some(Limit(days)) = args.trash {
        after.trash_days = days.and_then(|days| u16::try_from(days).ok());
    }
    if let Some(Limit(count)) = args.revisions {
        after.revisions = count;
    }
    if let Some(Limit(count)) = args.document_revisions {
        after.document_revisions = count;
    }
    if after != before {
        session.vault.set_retention(after).map_err(SessionError::from)?;
        super::items::warn_after_commit(context, &session);
    }
    let Retention { trash_days, revisions, document_revisions } = after;
    context.out.json(
        || json!({ "trash_days": trash_days, "revisions": revisions, "document_revisions": document_revisions }),
    )?;
    let of = |name: &str, kept: Option<u32>| match kept {
        None => format!("{name}: every revision is kept"),
        Some(1) => format!("{name}: only the newest revision is kept; a save removes the one before"),
        Some(kept) => format!("{name}: the newest {kept} revisions are kept; a save removes what is older"),
    };
    let trash = match trash_days {
        None => "Trash: items stay until somebody deletes them for good".to_owned(),
        Some(days) => {
            format!("Trash: after {} items may be deleted for good; nothing goes unasked", count(days.into(), "day"))
        }
    };
    for line in [trash, of("Logins and notes", revisions), of("Documents", document_revisions)] {
        context.out.line(&line)?;
    }
    Ok(())
}

/// Says which revisions a save has removed, by the vault's limit.
pub fn tell_removed(context: &Context, removed: &[u32]) {
    match removed {
        [] => {}
        [one] => context.out.message(&format!("Revision {one} was removed: it was past the vault's limit.")),
        _ => context
            .out
            .message(&format!("Revisions {} were removed: they were past the vault's limit.", ranges(removed))),
    }
}

/// Says which revisions the next save will remove, by the vault's limit: now none was.
pub fn tell_of_next(context: &Context, goes: &[u32]) {
    match goes {
        [] => {}
        [one] => context.out.message(&format!("With the next save revision {one} goes: the vault's limit says so.")),
        _ => context
            .out
            .message(&format!("With the next save revisions {} go: the vault's limit says so.", ranges(goes))),
    }
}

/// Which revisions the next save of `item` will remove, by the vault's limit.
pub fn goes_with_the_next(session: &mut Session, item: ItemId, kind: &Kind) -> Result<Vec<u32>, CliError> {
    let retention = session.vault.retention();
    if retention.keeps(kind).is_none() {
        return Ok(Vec::new());
    }
    let history = session.vault.history(item).map_err(SessionError::from)?;
    let goes = retention.goes_with_the_next(kind, history.len());
    Ok(history.iter().rev().take(goes).map(|revision| revision.number).collect())
}
