//! `slot ls | add | rm | retire | repair`, `passphrase`, `drill`: the vault's ways in.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use sealkeep::secret::SecretString;
use sealkeep::session::{EmergencySheet, NewKey, Session, SessionError, Wrapped, profiles};
use sealkeep::vault::{PassedOver, SlotId};
use serde_json::{Value, json};

use crate::DAMAGED;
use crate::context::Context;
use crate::error::CliError;
use crate::input::{Purpose, names_stdin, typed_secret};
use crate::progress::Progress;
use crate::strength;
use crate::text::count;
use crate::text::visible;
use crate::unlock::key_name;
use crate::wording::Worded;

use super::items::warn_after_commit;
use super::vault::{describe_slot, slot_json, state_name};

/// The fewest characters of a slot's id that stand for it.
const SHORTEST_PREFIX: usize = 4;

#[derive(Debug, Subcommand)]
pub enum SlotCommand {
    /// List what opens the vault, and how many keys each slot is still owed
    Ls,
    /// Add a way in: every key is wrapped for it, and no content is read
    Add(AddArgs),
    /// Take a way in away for good; the last one stays
    Rm(SlotArgs),
    /// Let a slot open what it has, and wrap nothing new
    Retire(SlotArgs),
    /// Wrap what is owed: after an interruption, or when a key can be reached again
    Repair,
}

#[derive(Debug, Args)]
pub struct AddArgs {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    new: NewSecret,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// A recovery passphrase, from --new-passphrase-file or asked on the terminal
    #[arg(long)]
    passphrase: bool,
    /// Another AWS KMS key: the ARN of the key or of an alias; --profile says whose credentials it takes
    #[arg(long, value_name = "ARN")]
    kms: Option<String>,
    /// A recovery code, printed as an emergency sheet to keep on paper
    #[arg(long)]
    recovery: bool,
}

#[derive(Debug, Args)]
pub struct NewSecret {
    /// Take the new passphrase from the first line of FILE (- for standard input)
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct SlotArgs {
    /// The slot's id, or the first 4 or more characters of it
    slot: String,
}

pub fn run(context: &Context, command: SlotCommand) -> Result<(), CliError> {
    match command {
        SlotCommand::Ls => ls(context),
        SlotCommand::Add(args) => add(context, args),
        SlotCommand::Rm(args) => rm(context, &args.slot),
        SlotCommand::Retire(args) => retire(context, &args.slot),
        SlotCommand::Repair => repair(context),
    }
}

fn ls(context: &Context) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    context.warn_of_doomed(&mut session);
    let (slots, _) = session.slots()?;
    context.out.json(|| {
        let with_owed = slots.iter().map(|view| {
            let mut slot = slot_json(&view.slot);
            slot["owed"] = json!(view.owed);
            slot["opened"] = json!(view.opened);
            slot
        });
        Value::Array(with_owed.collect())
    })?;
    for view in &slots {
        let mut line = format!(
            "{}  {:<11}  {}",
            view.slot.id,
            state_name(view.slot.state),
            crate::output::shown(&describe_slot(&view.slot))
        );
        if view.owed > 0 {
            line.push_str(&format!("  ({} owed)", count(view.owed, "key")));
        }
        context.out.line(&line)?;
    }
    let owed = slots.iter().any(|view| view.owed > 0);
    if owed {
        context.out.message("What is owed is made good by: sealkeep-cli slot repair");
    }
    Ok(())
}

fn add(context: &Context, args: AddArgs) -> Result<(), CliError> {
    let AddArgs { what, new } = args;
    if !what.passphrase && new.new_passphrase_file.is_some() {
        return Err(CliError::usage(
            "--new-passphrase-file is for --passphrase.",
            "A KMS key has none, and a recovery code is made for you.",
        ));
    }
    new.claim(context)?;
    let mut session = match &what.kms {
        // The profile that was named is the new key's.
        Some(_) => context.unlock_as_remembered()?,
        None => context.unlock()?,
    };
    let home = context.home()?;
    let (key, sheet) = match &what.kms {
        Some(key) => {
            let key = key_name(key)?;
            let profile = profiles::choose(home, context.global.profile.as_deref(), &key)?;
            let key = context.chosen_key(&profile, &key)?.key;
            (NewKey::Kms { profile, key }, None)
        }
        None if what.recovery => {
            let sheet = Arc::new(session.ways().make_sheet()?);
            (NewKey::Sheet(Arc::clone(&sheet)), Some(sheet))
        }
        None => (NewKey::Passphrase(new.choose(context, "New recovery passphrase")?), None),
    };
    let before: Vec<_> = session.vault.slots().iter().map(|slot| slot.id).collect();
    let progress = Progress::counting(context.out, "Wrapping keys");
    let added = context.block_on_all_of(session.add_slot(home, key, &progress));
    drop(progress);
    let new = session.vault.slots().iter().map(|slot| slot.id).find(|slot| !before.contains(slot));
    let (id, wrapped) = match (added, new) {
        // It is there, and the sheet's code opens it once the rest is wrapped.
        (Err(error), Some(id)) => {
            context.out.warning(
                "The slot was added. Where not every key is wrapped for it yet, the rest is wrapped by: sealkeep-cli slot repair.",
            );
            if let Some(sheet) = sheet.filter(|sheet| sheet.slot() == id) {
                print_sheet(context, &sheet, None)?;
            }
            return Err(error);
        }
        (added, _) => added?,
    };
    match &sheet {
        Some(sheet) => {
            if let Err(error) = print_sheet(context, sheet, Some(&wrapped)) {
                // A way in whose code nobody has is none, and looks like one.
                let removed = context.block_on_all_of(session.remove_slot(home, id));
                let message = "The sheet could not be printed, so the recovery key was taken away again.";
                removed.map(|()| context.out.warning(message))?;
                return Err(error);
            }
        }
        None => context.out.json(|| added_json(id, Some(&wrapped)))?,
    }
    if wrapped.passed_over.is_nothing() {
        context.out.message("Added. Every key of the vault is wrapped for it.");
    } else {
        let keys = count(wrapped.keys, "key");
        context.out.message(&format!("Added. {keys} of the vault are wrapped for it: not what is damaged."));
        tell_passed_over(context, wrapped.passed_over);
    }
    warn_after_commit(context, &session);
    if sheet.is_some() {
        context.out.message(
            "Keep the sheet on paper, away from this machine; it is not shown again. Try it: sealkeep-cli drill",
        );
    }
    Ok(())
}

/// What was added; what was wrapped is not known where that was interrupted.
fn added_json(id: SlotId, wrapped: Option<&Wrapped>) -> Value {
    json!({
        "id": id.to_string(),
        "wrapped": wrapped.map(|wrapped| wrapped.keys),
        "passed_over": wrapped.map(|wrapped| passed_over_json(wrapped.passed_over)),
    })
}

fn print_sheet(context: &Context, sheet: &EmergencySheet, wrapped: Option<&Wrapped>) -> Result<(), CliError> {
    context.out.json(|| {
        let mut added = added_json(sheet.slot(), wrapped);
        // EXPOSE: printed, which is what --recovery asks for.
        added["code"] = json!(sheet.code().expose());
        added
    })?;
    // EXPOSE: as above.
    context.out.line(sheet.to_text(&visible(sheet.name())).expose())
}

fn rm(context: &Context, slot: &str) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let id = slot_of(&session, slot)?;
    let described = describe(&session, id);
    context.confirm(&format!("Take this way in away for good? {described} will open nothing here any more."))?;
    context.block_on_all_of(session.remove_slot(context.home()?, id))?;
    context.out.json(|| json!({ "id": id.to_string() }))?;
    context.out.message(&format!(
        "{described} opens this vault no longer. With an older copy, which it still opens, the list of this one can be read: titles, user names, \
         tags."
    ));
    warn_after_commit(context, &session);
    Ok(())
}

fn retire(context: &Context, slot: &str) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let id = slot_of(&session, slot)?;
    session.vault.retire_slot(id).map_err(SessionError::from)?;
    context.out.json(|| json!({ "id": id.to_string() }))?;
    context
        .out
        .message(&format!("{} opens what is there, and no content that is saved from now on.", describe(&session, id)));
    warn_after_commit(context, &session);
    Ok(())
}

fn repair(context: &Context) -> Result<(), CliError> {
    let mut session = context.unlock()?;
    let progress = Progress::counting(context.out, "Wrapping keys");
    let made = context.block_on_all_of(session.repair_slots(context.home()?, &progress));
    drop(progress);
    let Wrapped { keys, passed_over } = made?;
    warn_after_commit(context, &session);
    let owed: u64 = session.slots()?.0.iter().map(|view| view.owed).sum();
    context.out.json(|| json!({ "wrapped": keys, "owed": owed, "passed_over": passed_over_json(passed_over) }))?;
    let done = format!("Wrapped {}", count(keys, "key"));
    context.out.message(&match owed {
        0 if !passed_over.is_nothing() => format!("{done}. Nothing else can be wrapped."),
        0 => format!("{done}. Nothing is owed to any slot."),
        1 => format!("{done}. 1 is owed to a slot that could not be reached from here."),
        owed => format!("{done}. {owed} are owed to slots that could not be reached from here."),
    });
    tell_passed_over(context, passed_over);
    Ok(())
}

/// Says what was not wrapped, because it is damaged.
fn tell_passed_over(context: &Context, passed_over: PassedOver) {
    let PassedOver { revisions, pages } = passed_over;
    if revisions > 0 {
        context.out.warning(&format!(
            "{} passed over: the wrapped keys are not those that were written. sealkeep-cli check names them.",
            passed(revisions, "revision")
        ));
    }
    if pages > 0 {
        context.out.warning(&format!(
            "{} of the manifest passed over, with all items on it. A slot that is being added stays pending, and opens nothing: \
             restore the vault from a backup, or save what still opens: sealkeep-cli salvage DIR.",
            passed(pages, "page")
        ));
    }
    if !passed_over.is_nothing() {
        context.note_damage();
    }
}

fn passed(many: u64, what: &str) -> String {
    format!("{} {}", count(many, what), if many == 1 { "was" } else { "were" })
}

fn passed_over_json(passed_over: PassedOver) -> Value {
    json!({ "revisions": passed_over.revisions, "pages": passed_over.pages })
}

/// Changes the passphrase of the slot that the present one opens.
pub fn passphrase(context: &Context, args: &NewSecret) -> Result<(), CliError> {
    args.claim(context)?;
    let old = context.passphrase("Present passphrase", Purpose::Open)?;
    let mut session = context.unlock_with(old.duplicate())?;
    let new = args.choose(context, "New passphrase")?;
    let id = context.block_on_all_of(session.change_passphrase(old, new))?;
    context.out.json(|| json!({ "id": id.to_string() }))?;
    context.out.message(
        "Changed. Whoever knows the old passphrase and has an older copy of the vault can open this one too, now and later: then add another \
         slot (slot add), and remove this one (slot rm).",
    );
    warn_after_commit(context, &session);
    Ok(())
}

/// Proves that a passphrase or a recovery code alone opens everything.
pub fn drill(context: &Context) -> Result<(), CliError> {
    let secret = context.passphrase("Passphrase or recovery code", Purpose::Open)?;
    let mut session = context.unlock_with(secret.duplicate())?;
    let progress = Arc::new(Progress::counting(context.out, "Trying keys"));
    let drilled = context.block_on(session.drill(context.home()?, secret, Arc::clone(&progress) as Arc<_>));
    drop(progress);
    let (id, report) = drilled?;
    context.out.json(|| {
        let listed = |all: &[(sealkeep::vault::ItemId, u32)]| -> Vec<Value> {
            all.iter().map(|(item, revision)| json!({ "item": item.to_string(), "revision": revision })).collect()
        };
        json!({
            "id": id.to_string(),
            "opened": report.opened,
            "owed": listed(&report.owed),
            "failed": listed(&report.failed),
        })
    })?;
    for (what, all) in [("is not wrapped for it yet", &report.owed), ("does not open", &report.failed)] {
        for (item, revision) in all {
            context.out.line(&format!("{item}  revision {revision} {what}"))?;
        }
    }
    if report.is_whole() {
        let keys = count(report.opened, "key");
        context.out.message(&format!("It opens the vault and what is in it: {keys}."));
        return Ok(());
    }
    let missing = report.owed.len() + report.failed.len();
    let (hint, code) = match report.failed.is_empty() {
        true => ("Open the vault as you usually do, then: sealkeep-cli slot repair. Then try again.", 1),
        false => ("Open the vault as you usually do, and see what is damaged: sealkeep-cli check.", DAMAGED),
    };
    let what = format!("It opens {}, and {missing} it does not.", count(report.opened, "key"));
    context.out.error(&Worded::new(what, hint, code));
    Err(CliError::Said(code))
}

pub(super) fn slot_of(session: &Session, reference: &str) -> Result<SlotId, CliError> {
    let wanted = reference.to_lowercase();
    let slots = session.vault.slots();
    let found: Vec<_> = slots.iter().filter(|slot| slot.id.to_string().starts_with(&wanted)).collect();
    match found.as_slice() {
        [one] if wanted.len() >= SHORTEST_PREFIX => Ok(one.id),
        _ => Err(CliError::input(
            format!("No slot, or more than one, is called {reference}."),
            "List them: sealkeep-cli slot ls. An id can be shortened to its first 4 characters.",
        )),
    }
}

fn describe(session: &Session, id: SlotId) -> String {
    session.vault.slots().iter().find(|slot| slot.id == id).map(describe_slot).unwrap_or_default()
}

impl NewSecret {
    /// Whether it was given.
    pub(super) fn is_given(&self) -> bool {
        self.new_passphrase_file.is_some()
    }

    pub(super) fn claim(&self, context: &Context) -> Result<(), CliError> {
        match &self.new_passphrase_file {
            Some(path) if names_stdin(path) => context.claim_stdin("--new-passphrase-file -"),
            _ => Ok(()),
        }
    }

    pub(super) fn choose(&self, context: &Context, prompt: &str) -> Result<SecretString, CliError> {
        let new = self.read(prompt)?;
        if let Some(warning) = strength::warning(&new) {
            context.out.warning(&warning);
        }
        Ok(new)
    }

    /// The passphrase, and whether it is easy to guess.
    pub(super) fn choose_however_weak(&self, prompt: &str) -> Result<(SecretString, bool), CliError> {
        let new = self.read(prompt)?;
        let weak = strength::warning(&new).is_some();
        Ok((new, weak))
    }

    fn read(&self, prompt: &str) -> Result<SecretString, CliError> {
        let names = ("new passphrase", "--new-passphrase-file");
        typed_secret(self.new_passphrase_file.as_deref(), names, prompt, Purpose::Choose)
    }
}
