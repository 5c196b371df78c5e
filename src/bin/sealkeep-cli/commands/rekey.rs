//! `rekey`: new data keys, and new keys for the list, in the place of those that there are.

use std::path::PathBuf;

use clap::Args;
use sealkeep::secret::SecretString;
use sealkeep::session::{ListKept, NotRekeyed, RekeyPlan, Rekeyed, Resume, Session, SessionError, SlotKind};
use sealkeep::vault::{ItemId, RekeyScope, Rekeying, SlotId, VaultError};
use serde_json::{Value, json};

use crate::DAMAGED;
use crate::context::Context;
use crate::error::CliError;
use crate::input::{Purpose, ask, label, names_stdin, open_secret, read_line};
use crate::output::shown;
use crate::progress::Progress;
use crate::text::{count, size};
use crate::unlock::{LookIn, find, summary};
use crate::wording::Worded;

use super::items::warn_after_commit;
use super::keeping::doubtful;
use super::rewrap::tell_pages;

#[derive(Debug, Args)]
pub struct RekeyArgs {
    /// Ids, beginnings of ids, or titles, in the trash too [default: every item, and the key of the list]
    #[arg(value_name = "ITEM")]
    items: Vec<String>,
    /// Only keys that were made more than so many days ago
    #[arg(long, value_name = "DAYS")]
    older_than: Option<u32>,
    /// Recovery passphrases and codes, a line each: a new key of the list needs every way into the vault; else they are asked for
    #[arg(long, value_name = "FILE")]
    recovery_file: Option<PathBuf>,
    /// Do everything anew, also where the same was begun before and not brought to its end
    #[arg(long)]
    anew: bool,
    /// Say what would get other keys, by which calls and what AWS asks for them; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Opens and seals again what is meant, under keys that nobody has seen.
pub fn run(context: &Context, args: &RekeyArgs) -> Result<(), CliError> {
    if args.recovery_file.as_deref().is_some_and(names_stdin) {
        context.claim_stdin("--recovery-file -")?;
    }
    let home = context.home()?;
    let mut session = context.unlock()?;
    let found = args.items.iter().map(|item| find(&session.vault, item, LookIn::Both).map(|item| item.id));
    let items = found.collect::<Result<Vec<ItemId>, _>>()?;
    let resume = if args.anew { Resume::Anew } else { Resume::GoOn };
    let scope = RekeyScope { items: (!items.is_empty()).then_some(items), older_than_days: args.older_than };
    let plan = session.plan_rekey(home, &scope, resume).map_err(|error| match error {
        SessionError::Vault(VaultError::Clock(doubt)) => {
            doubtful(doubt, "Nothing got another key.", "leave out --older-than")
        }
        error => error.into(),
    })?;
    if args.dry_run {
        return tell_plan(context, &session, &plan);
    }
    if let Some(begun) = plan.begun {
        let since = begun.strftime("%Y-%m-%d %H:%M");
        context.out.message(&format!(
            "This goes on with what was begun on {since} UTC: keys that were made since then stay. To do everything anew: --anew."
        ));
    }
    let Rekeying { revisions, index, damaged, pages } = &plan.rekeying;
    if revisions.is_empty() && !index && damaged.is_empty() && *pages == 0 {
        context.out.json(|| done_json(&Rekeyed::default()))?;
        context.out.message("No key is that old: nothing was changed.");
        return Ok(());
    }
    let typed = typed(context, args, &plan.missing)?;
    context.confirm(&question(&plan))?;
    let missing: Vec<SlotId> = plan.missing.iter().map(|(slot, _)| *slot).collect();
    let rekey = context.block_on(session.ways().prepare_rekey(home, (scope, resume), &missing, typed))?;
    let progress = Progress::new(context.out, "Sealing again", Some(plan.bytes()));
    let done = context.block_on_all_of(session.rekey(home, rekey, &progress));
    drop(progress);
    let done = done.inspect_err(|_| {
        context.out.warning(
            "Not everything got another key. Everything opens as before, and what was done stays: run the same command again to go on.",
        );
    })?;
    context.out.json(|| done_json(&done))?;
    warn_after_commit(context, &session);
    tell(context, &session, &done)
}

/// The passphrases and codes of ways in that a new key of the list needs.
fn typed(context: &Context, args: &RekeyArgs, missing: &[(SlotId, SlotKind)]) -> Result<Vec<SecretString>, CliError> {
    let by_hand: Vec<_> = missing.iter().filter(|(_, kind)| !matches!(kind, SlotKind::Kms { .. })).collect();
    if by_hand.is_empty() {
        return Ok(Vec::new());
    }
    let Some(path) = &args.recovery_file else {
        if !sealkeep::platform::can_ask() {
            return Err(CliError::usage(
                format!(
                    "A new key of the list needs every way into the vault, and {} can only be typed.",
                    count(by_hand.len() as u64, "of them is")
                ),
                "Give them with --recovery-file FILE, a line each, or remove that way in first: sealkeep-cli slot rm SLOT.",
            ));
        }
        context.out.message("A new key of the list goes to every way into the vault: each of them is needed once.");
        let ask = |(slot, kind): &&(SlotId, SlotKind)| {
            let what = match kind {
                SlotKind::Sheet => "Code on the emergency sheet",
                SlotKind::RecoveryPassphrase => "Recovery passphrase",
                SlotKind::Passphrase | SlotKind::Kms { .. } => "Passphrase",
            };
            ask(&format!("{what} (slot {})", &slot.to_string()[..8]), Purpose::Open)
        };
        return by_hand.iter().map(ask).collect();
    };
    let mut source = open_secret(path)?;
    let mut lines = Vec::new();
    for _ in &by_hand {
        let line = read_line(&mut source, &label(path))?;
        if line.is_empty() {
            return Err(CliError::usage(
                format!("There are fewer lines in {} than ways in that it is to open: {}.", label(path), by_hand.len()),
                "Give one line for each recovery passphrase and code, or remove that way in first: sealkeep-cli slot rm SLOT.",
            ));
        }
        lines.push(line);
    }
    Ok(lines)
}

fn what_of(plan: &RekeyPlan) -> String {
    let revisions = count(plan.rekeying.revisions.len() as u64, "revision");
    let list = if plan.rekeying.index { ", and the key of the list" } else { "" };
    format!("{revisions} with {}{list}", size(plan.bytes()))
}

fn question(plan: &RekeyPlan) -> String {
    let calls: u64 = plan.calls.iter().map(|(_, count)| *count).sum();
    let price = match calls {
        0 => String::new(),
        _ => format!(" It takes {} to AWS KMS, about {:.2} US dollars.", count(calls, "call"), plan.dollars()),
    };
    format!("New keys for {}: everything is opened and sealed again.{price} Go on?", what_of(plan))
}

fn tell_plan(context: &Context, session: &Session, plan: &RekeyPlan) -> Result<(), CliError> {
    let rekeying = &plan.rekeying;
    context.out.json(|| {
        let calls: serde_json::Map<String, Value> =
            plan.calls.iter().map(|(action, count)| ((*action).to_owned(), json!(count))).collect();
        let damaged: Vec<Value> = rekeying
            .damaged
            .iter()
            .map(|(item, revision)| json!({ "item": item.to_string(), "revision": revision }))
            .collect();
        json!({
            "dry_run": true,
            "revisions": rekeying.revisions.len(),
            "bytes": plan.bytes(),
            "list_key": rekeying.index,
            "begun": plan.begun.map(|begun| begun.to_string()),
            "needs": plan.missing.iter().map(|(slot, _)| slot.to_string()).collect::<Vec<_>>(),
            "damaged": damaged,
            "pages": rekeying.pages,
            "calls": calls,
            "usd": plan.dollars(),
        })
    })?;
    let line = |name: &str, what: String| context.out.line(&format!("{name:<9}  {what}"));
    line("New keys", what_of(plan))?;
    if let Some(begun) = plan.begun {
        line("Goes on", format!("with what was begun on {} UTC", begun.strftime("%Y-%m-%d %H:%M")))?;
    }
    if !plan.calls.is_empty() {
        let calls: Vec<_> = plan.calls.iter().map(|(action, count)| format!("{count} {action}")).collect();
        line("Calls", format!("{}: about {:.2} US dollars in most regions", calls.join(", "), plan.dollars()))?;
    }
    for (slot, kind) in &plan.missing {
        let what = match kind {
            SlotKind::Kms { arn } => format!("the KMS key {arn}, by its remembered profile"),
            SlotKind::Sheet => "the code on the emergency sheet".to_owned(),
            SlotKind::RecoveryPassphrase => "the recovery passphrase".to_owned(),
            SlotKind::Passphrase => "the passphrase".to_owned(),
        };
        line("Needs", format!("{what}  (slot {slot})"))?;
    }
    for (item, revision) in &rekeying.damaged {
        line("Stays", named(session, *item, *revision, "it is not what was written"))?;
    }
    tell_pages(context, rekeying.pages);
    if !rekeying.damaged.is_empty() {
        context.note_damage();
    }
    context.out.message("Nothing was changed, and no key was asked for anything.");
    Ok(())
}

fn tell(context: &Context, session: &Session, done: &Rekeyed) -> Result<(), CliError> {
    for NotRekeyed { item, revision, why } in &done.not_rekeyed {
        context.out.line(&named(session, *item, *revision, why))?;
    }
    tell_pages(context, done.pages);
    let list = if done.index { ", and a new key for the list" } else { "" };
    let what = format!("New keys for {} with {}{list}.", count(done.revisions, "revision"), size(done.bytes));
    for slot in &done.removed {
        context.out.message(&format!("Removed the retired slot {slot}: nothing is under its key any more."));
    }
    if done.not_rekeyed.is_empty() && done.pages == 0 && done.list_kept.is_none() {
        context.out.message(&what);
        tell_what_stays(context, session, done);
        return Ok(());
    }
    let mut left = Vec::new();
    if !done.not_rekeyed.is_empty() {
        left.push(format!("{} kept the old keys.", count(done.not_rekeyed.len() as u64, "revision")));
    }
    left.extend(done.list_kept.as_ref().map(|kept| format!("The list kept its key: {}.", why_kept(kept))));
    let (hint, code) = match &done.list_kept {
        Some(ListKept::Retired(slot)) if done.not_rekeyed.is_empty() && done.pages == 0 => {
            (format!("Remove that way in: sealkeep-cli slot rm {slot}. Then run the same command again."), 1)
        }
        _ => {
            let hint = "See what is damaged: sealkeep-cli check. Restore it from a backup or purge it, then run the same command again.";
            (hint.to_owned(), DAMAGED)
        }
    };
    context.out.error(&Worded::new(format!("{what} {}", left.join(" ")), hint, code));
    Err(CliError::Said(code))
}

fn why_kept(kept: &ListKept) -> String {
    match kept {
        ListKept::Retired(slot) => format!("something is under the key of the retired slot {slot}"),
        ListKept::Damaged(what) => format!("damaged: {what}"),
    }
}

/// What new keys do not change.
fn tell_what_stays(context: &Context, session: &Session, done: &Rekeyed) {
    context.out.message(
        "Older copies of this vault, backups too, still open with the old keys: delete those that are not needed.",
    );
    if session.vault.slots().iter().any(|slot| slot.config.key_arn().is_none()) {
        context.out.message(
            "Whoever once knew a passphrase or code and has an older copy can open this vault still: for them, add another way in, remove \
             that one (slot rm), and then rekey.",
        );
    }
    if done.index {
        context.out.message(
            "Whoever has this vault open now has to unlock it again; another machine that has seen it asks to accept the list's new key.",
        );
    }
}

fn named(session: &Session, item: ItemId, revision: u32, why: &str) -> String {
    // EXPOSE: the person has to see of what something keeps its old key.
    let title = summary(&session.vault, item).map(|item| shown(item.title.expose())).unwrap_or_default();
    format!("{item}  {title}: revision {revision} keeps its key: {why}")
}

fn done_json(done: &Rekeyed) -> Value {
    let Rekeyed { revisions, bytes, index, list_kept, not_rekeyed, pages, removed } = done;
    let not_rekeyed: Vec<Value> = not_rekeyed
        .iter()
        .map(|key| json!({ "item": key.item.to_string(), "revision": key.revision, "why": key.why }))
        .collect();
    json!({
        "revisions": revisions,
        "bytes": bytes,
        "list_key": index,
        "list_kept": list_kept.as_ref().map(why_kept),
        "not_rekeyed": not_rekeyed,
        "pages": pages,
        "removed_slots": removed.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
