//! `rewrap`: another KMS key in the place of one of the vault's.

use clap::Args;
use sealkeep::session::{KeyDescription, MovesBy, NotMoved, Rewrap, RewrapPlan, Rewrapped, profiles};
use serde_json::{Value, json};

use crate::DAMAGED;
use crate::context::Context;
use crate::error::CliError;
use crate::progress::Progress;
use crate::text::count;
use crate::unlock::key_name;
use crate::wording::Worded;

use super::items::warn_after_commit;
use super::slot::slot_of;

#[derive(Debug, Args)]
pub struct RewrapArgs {
    /// The new KMS key: its ARN or an alias's; --profile says whose credentials it takes [default: those that opened the vault]
    #[arg(long, value_name = "KEY_ARN")]
    kms: String,
    /// The slot whose key is to be replaced, where the vault has several KMS keys: its id, or the first 4 or more characters of it
    #[arg(long, value_name = "ID")]
    slot: Option<String>,
    /// Say what would be moved, by which calls and what AWS asks for them; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Moves every wrap to the new key, and proves that none is left under the old one.
pub fn run(context: &Context, args: &RewrapArgs) -> Result<(), CliError> {
    let key = key_name(&args.kms)?;
    let home = context.home()?;
    // The profile that was named is the new key's.
    let mut session = context.unlock_as_remembered()?;
    let from = args.slot.as_deref().map(|slot| slot_of(&session, slot)).transpose()?;
    let profile = match (context.global.profile.clone(), session.key_description()) {
        (Some(named), _) => named,
        (None, KeyDescription::Kms { profile, .. }) => profile,
        (None, _) => profiles::choose(home, None, &key)?,
    };
    // A plan asks AWS nothing but what an alias stands for, which it shows.
    let key = if args.dry_run { key } else { context.chosen_key(&profile, &key)?.key };
    let rewrap = context.block_on(session.ways().prepare_rewrap(home, from, &profile, &key))?;
    if args.dry_run {
        let plan = session.plan_rewrap(&rewrap)?;
        return tell_plan(context, &rewrap, &plan);
    }
    if session.reactivates(&rewrap) {
        context.confirm(&format!(
            "The slot of {} was retired: it opens what it has, and nothing new is wrapped for it. Put it in use again, and move everything to it?",
            rewrap.new
        ))?;
    }
    let progress = Progress::counting(context.out, "Moving keys");
    let done = context.block_on_all_of(session.rewrap(home, &rewrap, &progress));
    drop(progress);
    let done = done.inspect_err(|_| {
        context.out.warning(
            "Not everything was moved. The vault opens as before, and what was moved stays: run the same command again to go on.",
        );
    })?;
    context.out.json(|| done_json(&rewrap, &done))?;
    warn_after_commit(context, &session);
    tell(context, &rewrap, &done)
}

fn tell_plan(context: &Context, rewrap: &Rewrap, plan: &RewrapPlan) -> Result<(), CliError> {
    let moving = &plan.moving;
    context.out.json(|| {
        let calls: serde_json::Map<String, Value> =
            plan.calls.iter().map(|(action, count)| ((*action).to_owned(), json!(count))).collect();
        let mut planned = keys_json(rewrap);
        planned["dry_run"] = json!(true);
        planned["by"] = by_json(plan.by.as_ref());
        planned["keys"] = json!(moving.keys.len());
        planned["owed"] = json!(moving.keys.iter().filter(|key| key.owed).count());
        planned["moved_before"] = json!(moving.moved);
        planned["damaged"] = moving
            .damaged
            .iter()
            .map(|(item, revision)| json!({ "item": item.to_string(), "revision": revision }))
            .collect();
        planned["pages"] = json!(moving.pages);
        planned["calls"] = Value::Object(calls);
        planned["usd"] = json!(plan.dollars());
        planned["reactivates"] = json!(plan.reactivates);
        planned
    })?;
    let Some((slot, old)) = &rewrap.from else {
        return context.out.line(&format!("Nothing is to be moved: {} is the only KMS key of this vault.", rewrap.new));
    };
    let line = |name: &str, what: String| context.out.line(&format!("{name:<8}  {what}"));
    line("From", format!("{old}  (slot {slot})"))?;
    let again =
        if plan.reactivates { format!("  (slot {}, retired: in use again then)", rewrap.to) } else { String::new() };
    line("To", format!("{}{again}", rewrap.new))?;
    let before =
        if moving.moved > 0 { format!("; {} moved before", count(moving.moved, "key")) } else { String::new() };
    line("To move", format!("the list's key and {}{before}", count(moving.keys.len() as u64, "data key")))?;
    if let Some(by) = &plan.by {
        line("How", describe(by))?;
    }
    let calls: Vec<_> = plan.calls.iter().map(|(action, count)| format!("{count} {action}")).collect();
    line("Calls", format!("{}: about {:.2} US dollars in most regions", calls.join(", "), plan.dollars()))?;
    for (item, revision) in &moving.damaged {
        context.out.line(&format!("{item}  revision {revision} can't be moved: its wrapped keys were changed"))?;
    }
    tell_pages(context, moving.pages);
    if !moving.damaged.is_empty() {
        context.note_damage();
    }
    context.out.message("Nothing was changed, and neither key was asked to move anything.");
    Ok(())
}

fn tell(context: &Context, rewrap: &Rewrap, done: &Rewrapped) -> Result<(), CliError> {
    let Rewrapped { not_moved, proof, .. } = done;
    for NotMoved { item, revision, why } in not_moved {
        context.out.line(&format!("{item}  revision {revision} was not moved: {why}"))?;
    }
    tell_pages(context, done.pages);
    if let Some(MovesBy::ThroughHere { why }) = &done.by {
        context.out.message(&format!("The keys went through this machine: {why}."));
    }
    let all = format!("{} of the list's key and {} of data keys", count(proof.index_wraps, "wrap"), proof.data_wraps);
    let old = rewrap.from.as_ref().map(|(_, old)| old.to_string());
    let is_done = done.is_replaced || old.is_none();
    if is_done && proof.is_whole() {
        context.out.message(&match &old {
            Some(old) => format!(
                "Moved {} to {}. Looked at all there are, {all}: none names {old}.\n\
                 Whoever may use the old key and has an older copy of this vault opens that copy as before.",
                count(done.moved, "data key"),
                rewrap.new
            ),
            None => format!("Nothing had to be moved. Looked at all there are, {all}: each KMS key is {}.", rewrap.new),
        });
        tell_other_keys(context, rewrap, done);
        return Ok(());
    }
    let left = proof.naming_old;
    let what = format!(
        "Moved {}; {} not, so the old key stays in use. {left} still name it.",
        count(done.moved, "data key"),
        not_moved.len()
    );
    let hint = "See what is damaged: sealkeep-cli check. Restore it from a backup or purge it, then run the same command again.";
    context.out.error(&Worded::new(what, hint, DAMAGED));
    Err(CliError::Said(DAMAGED))
}

/// Says which other KMS keys open something here: what was moved was one key's.
fn tell_other_keys(context: &Context, rewrap: &Rewrap, done: &Rewrapped) {
    let old = rewrap.from.as_ref().map_or("", |(_, old)| old.as_str());
    for (key, wraps) in done.other_keys(old, rewrap.new.as_str()) {
        context.out.message(&format!(
            "Another KMS key has {} in this vault, and opens what they wrap: {key}. See its slot: sealkeep-cli slot ls.",
            count(wraps, "wrap")
        ));
    }
}

pub(super) fn tell_pages(context: &Context, pages: u64) {
    if pages > 0 {
        context.out.warning(&format!(
            "{} of the manifest can't be read: nobody knows which keys it lists. Restore the vault from a backup, or save what still opens: \
             sealkeep-cli salvage DIR.",
            count(pages, "page")
        ));
        context.note_damage();
    }
}

fn describe(by: &MovesBy) -> String {
    match by {
        MovesBy::ReEncrypt { profile } => format!("inside AWS KMS (ReEncrypt), as the profile {profile}"),
        MovesBy::ThroughHere { why } => format!("unwrapped here and wrapped again, because {why}"),
    }
}

fn by_json(by: Option<&MovesBy>) -> Value {
    match by {
        None => Value::Null,
        Some(MovesBy::ReEncrypt { .. }) => json!("reencrypt"),
        Some(MovesBy::ThroughHere { .. }) => json!("through-here"),
    }
}

fn keys_json(rewrap: &Rewrap) -> Value {
    json!({
        "from": rewrap.from.as_ref().map(|(slot, key)| json!({ "id": slot.to_string(), "key": key.as_str() })),
        "to": { "id": rewrap.to.to_string(), "key": rewrap.new.as_str() },
    })
}

fn done_json(rewrap: &Rewrap, done: &Rewrapped) -> Value {
    let Rewrapped { moved, by, not_moved, pages, is_replaced, proof, paced } = done;
    let not_moved = not_moved
        .iter()
        .map(|key| json!({ "item": key.item.to_string(), "revision": key.revision, "why": key.why }))
        .collect::<Vec<_>>();
    let mut told = keys_json(rewrap);
    told["moved"] = json!(moved);
    told["by"] = by_json(by.as_ref());
    told["not_moved"] = json!(not_moved);
    told["pages"] = json!(pages);
    told["replaced"] = json!(is_replaced);
    told["proof"] = json!({
        "index_wraps": proof.index_wraps,
        "data_wraps": proof.data_wraps,
        "headers": proof.headers,
        "naming_old": proof.naming_old,
        "unknown": proof.unknown,
    });
    let old = rewrap.from.as_ref().map_or("", |(_, old)| old.as_str());
    let other = |(key, wraps): (&str, u64)| json!({ "key": key, "wraps": wraps });
    told["other_keys"] = done.other_keys(old, rewrap.new.as_str()).map(other).collect();
    told["in_flight"] = json!(paced.most_in_flight);
    told["throttled"] = json!(paced.throttled);
    told
}
