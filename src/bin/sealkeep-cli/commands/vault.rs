//! `new`, `status`, `check`, `accept`.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use sealkeep::providers::aws::Identity;
use sealkeep::providers::{RecoveryForm, RecoveryRecord};
use sealkeep::session::{KeyDescription, NewVault, create, profiles, try_place};
use sealkeep::vault::{Depth, SlotConfig, SlotRecord, SlotState, Trust};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::CliError;
use crate::input::Purpose;
use crate::progress::Progress;
use crate::strength;
use crate::text::{count, size};
use crate::unlock::key_name;
use crate::wording::{describe_trust, sentence};

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct NewArgs {
    /// A passphrase opens it, from --passphrase-file or asked on the terminal
    #[arg(long)]
    passphrase: bool,
    /// An AWS KMS key opens it: the ARN of the key or of an alias
    #[arg(long, value_name = "KEY_ARN")]
    kms: Option<String>,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Only rows and lengths: no data key is unwrapped, and no content is read
    #[arg(long)]
    quick: bool,
}

pub fn new(context: &Context, args: &NewArgs) -> Result<(), CliError> {
    let folder = context.named_vault().ok_or_else(|| {
        CliError::usage("A new vault needs a folder.", "Name one that does not exist yet: --vault NAME.sealkeep.")
    })?;
    if folder.symlink_metadata().is_ok() {
        let what = format!("“{}” exists already.", folder.display());
        return Err(CliError::input(
            what,
            "Choose another name. To open the vault that is there, use any other command.",
        ));
    }
    let home = context.home()?;
    let mut who = None;
    let how = match &args.kms {
        Some(key) => {
            let key = key_name(key)?;
            let profile = profiles::choose(home, context.global.profile.as_deref(), &key)?;
            // Before somebody is asked about a key for a vault that can't be made.
            try_place(&folder)?;
            let chosen = context.chosen_key(&profile, &key)?;
            who = chosen.who;
            NewVault::Kms { profile, key: chosen.key }
        }
        None => {
            // Before somebody has thought of a passphrase and typed it twice.
            try_place(&folder)?;
            let passphrase = context.passphrase("New passphrase", Purpose::Choose)?;
            if let Some(warning) = strength::warning(&passphrase) {
                context.out.warning(&warning);
            }
            NewVault::Passphrase(passphrase)
        }
    };
    context.warn_of_place(&folder);
    let session = context.block_on_all_of(create(home, &folder, how))?;
    let slots: Vec<Value> = session.vault.slots().iter().map(slot_json).collect();
    context
        .out
        .json(|| json!({ "vault": session.vault.id().to_string(), "folder": text_of(&folder), "slots": slots }))?;
    context.out.message(&format!("Made the vault {}.", folder.display()));
    match session.key_description() {
        KeyDescription::Passphrase | KeyDescription::Recovery => {
            context.out.message("Nobody can open it without its passphrase, and nobody can tell it to you again.");
        }
        KeyDescription::Kms { arn, profile, .. } if !context.global.quiet => {
            let alias = args.kms.as_ref().filter(|named| **named != arn);
            let alias = alias.map(|alias| format!(", which {alias} stands for now")).unwrap_or_default();
            context.out.message(&format!("It opens with the KMS key {arn}{alias}."));
            let who = who.map(|who| describe_identity(&who)).unwrap_or_default();
            context.out.message(&format!("The key was used with the profile “{profile}”{who}."));
        }
        KeyDescription::Kms { .. } => {}
    }
    Ok(())
}

/// Who a profile is, as far as AWS says it.
fn describe_identity(who: &Identity) -> String {
    let account = who.account.as_ref().map(|account| format!(" of account {account}"));
    let principal = who.principal.as_ref().map(|principal| format!(", which is {principal}"));
    format!("{}{}", principal.unwrap_or_default(), account.unwrap_or_default())
}

pub fn status(context: &Context) -> Result<(), CliError> {
    let folder = context.vault_folder()?;
    let (inspected, status) = context.block_on(context.inspect(&folder)?.status())?;
    let slots: Vec<Value> = status.slots.iter().map(slot_json).collect();
    context.out.json(|| {
        json!({
            "vault": status.vault.to_string(),
            "folder": text_of(&folder),
            "schema": status.schema,
            "slots": slots,
            "items": status.items,
            "documents": status.documents,
            "bytes": status.bytes,
            "writable": status.writable,
            "profile": inspected.profile(),
            "trusted": inspected.is_settled(),
        })
    })?;
    let line = |name: &str, value: String| context.out.line(&format!("{name:<11}{}", crate::output::shown(&value)));
    line("Vault", folder.display().to_string())?;
    line("Id", status.vault.to_string())?;
    line("Format", status.schema.to_string())?;
    line("Items", status.items.to_string())?;
    line("Documents", format!("{} in files of their own", status.documents))?;
    line("Content", size(status.bytes))?;
    if !status.writable {
        line("Access", "only to be read: its folder or files can't be written".to_owned())?;
    }
    for slot in &status.slots {
        line("Slot", format!("{}  {}  {}", slot.id, state_name(slot.state), describe_slot(slot)))?;
    }
    if let Some(profile) = inspected.profile() {
        line("Profile", profile.to_owned())?;
    }
    Ok(())
}

pub fn check(context: &Context, args: &CheckArgs) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let depth = if args.quick { Depth::Quick } else { Depth::Full };
    let total = session.vault.body_bytes().ok().filter(|_| !args.quick);
    let progress = Arc::new(Progress::new(context.out, "Checking", total));
    let report = context.block_on(session.vault.check(depth, Arc::clone(&progress) as Arc<_>))?;
    drop(progress);
    context.out.json(|| {
        let problem = |problem: &sealkeep::vault::Problem| {
            let item = problem.item.map(|item| item.to_string());
            json!({ "item": item, "problem": problem.what.to_string() })
        };
        json!({
            "items": report.items,
            "revisions": report.revisions,
            "bytes": report.bytes,
            "unopened": report.unopened,
            "quick": args.quick,
            "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        })
    })?;
    for problem in &report.problems {
        context.out.line(&crate::output::shown(&sentence(&problem.to_string())))?;
    }
    let unopened = (report.unopened > 0).then(|| unopened(report.unopened));
    let counted = format!("{}, {}", count(report.items, "item"), count(report.revisions, "revision"));
    if report.problems.is_empty() {
        let what = match (args.quick, report.unopened) {
            (true, _) => "rows and lengths".to_owned(),
            (false, 0) => format!("every byte ({})", size(report.bytes)),
            (false, _) => format!("every byte that this slot opens ({})", size(report.bytes)),
        };
        context.out.message(&format!("{counted}: {what} as they were written."));
        return unopened.map_or(Ok(()), |(what, hint)| Err(CliError::input(what, hint)));
    }
    if let Some((what, hint)) = unopened {
        context.out.warning(&format!("{what} {hint}"));
    }
    context.note_damage();
    context.out.message(&format!(
        "{counted}; found {} that are not as they were written. The others still open. Restore these from a backup, or save what still opens \
         into a new vault: sealkeep-cli salvage DIR.",
        report.problems.len()
    ));
    Ok(())
}

/// What a retired slot does not open, and what to do: a vault of which not all was looked at is not in order.
fn unopened(revisions: u64) -> (String, &'static str) {
    let were = if revisions == 1 { "was" } else { "were" };
    let what = format!(
        "{} {were} saved after the slot that opened the vault was retired, and could not be looked at.",
        count(revisions, "revision")
    );
    (what, "Open the vault with a slot that is active, and check again. List them: sealkeep-cli slot ls.")
}

pub fn accept(context: &Context) -> Result<(), CliError> {
    let (mut session, confirmed) = context.unlock_to_accept()?;
    if let Some(trust) = &confirmed {
        context.out.message(&format!("{} Confirmed: this machine knows it like that now.", describe_trust(trust)));
    }
    let count = session.vault.problems().len();
    let report = |accepted: usize| json!({ "accepted": accepted, "confirmed": confirmed.as_ref().map(trust_name) });
    if count == 0 {
        context.out.json(|| report(0))?;
        context.out.message(match confirmed {
            Some(_) => "There is nothing else to accept: the vault is as it was written.",
            None => "There is nothing to accept: the vault is as it was written.",
        });
        return Ok(());
    }
    context.confirm("Take the vault as it is, and save to it again? What is missing or damaged stays so.")?;
    session.vault.accept().map_err(sealkeep::session::SessionError::from)?;
    context.forget_damage();
    context.out.json(|| report(count))?;
    context.out.message("Accepted. The vault can be saved to again.");
    Ok(())
}

pub(super) fn slot_json(slot: &SlotRecord) -> Value {
    let (provider, key) = match &slot.config {
        SlotConfig::Kms { key_arn } => ("aws-kms", Some(key_arn)),
        SlotConfig::Passphrase { .. } => ("passphrase", None),
        SlotConfig::Recovery { .. } => ("recovery", None),
    };
    json!({ "id": slot.id.to_string(), "provider": provider, "key": key, "state": state_name(slot.state) })
}

pub(super) fn describe_slot(slot: &SlotRecord) -> String {
    match &slot.config {
        SlotConfig::Kms { key_arn } => format!("AWS KMS, {key_arn}"),
        SlotConfig::Passphrase { .. } => "Passphrase".to_owned(),
        SlotConfig::Recovery { record } => match RecoveryRecord::from_bytes(record).map(|record| record.form()) {
            Ok(RecoveryForm::Sheet) => "Recovery code".to_owned(),
            _ => "Recovery passphrase".to_owned(),
        },
    }
}

/// What had to be confirmed, for a script.
fn trust_name(trust: &Trust) -> &'static str {
    match trust {
        Trust::Known => "known",
        Trust::FirstUse { .. } => "first-use",
        Trust::SlotsChanged { .. } => "slots-changed",
        Trust::AnotherVault { .. } => "another-vault",
    }
}

pub(super) fn state_name(state: SlotState) -> &'static str {
    match state {
        SlotState::Active => "active",
        SlotState::UnwrapOnly => "unwrap-only",
        SlotState::Pending => "pending",
    }
}

/// A path in JSON: what is not text in it has replacement characters.
fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
