//! `salvage`: what a damaged vault still has, in a new one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use sealkeep::secret::SecretString;
use sealkeep::session::{NewVault, try_place_to_salvage};
use sealkeep::vault::{ItemId, SalvageReport};
use serde_json::{Value, json};

use super::slot::NewSecret;
use super::vault::{describe_slot, slot_json};
use crate::context::Context;
use crate::error::CliError;
use crate::output::shown;
use crate::progress::Progress;
use crate::text::{count, size};
use crate::wording::sentence;

#[derive(Debug, Args)]
pub struct SalvageArgs {
    /// The folder of the new vault, which must not exist
    #[arg(value_name = "DIR")]
    into: PathBuf,
    #[command(flatten)]
    new: NewSecret,
}

pub fn run(context: &Context, args: &SalvageArgs) -> Result<(), CliError> {
    let folder = context.vault_folder()?;
    args.new.claim(context)?;
    // Before anybody is asked for a key.
    try_place_to_salvage(&folder, &args.into)?;
    context.warn_of_place(&args.into);
    let (session, bytes, passphrase) = context.unlock_to_salvage(&folder)?;
    let same = if args.new.is_given() { None } else { session.same_way_in(passphrase)? };
    let new = match same {
        Some(same) => same,
        None => NewVault::Passphrase(args.new.choose(context, "Passphrase of the new vault")?),
    };
    let progress = Arc::new(Progress::new(context.out, "Salvaging", Some(bytes)));
    let home = context.home()?;
    // To its end, also after Ctrl+C, which the progress tells: so that nothing is left of the new vault.
    let salvaged = context.block_on_all_of(session.salvage(home, &args.into, new, Arc::clone(&progress) as Arc<_>));
    drop(progress);
    let report = salvaged?;
    tell(context, &args.into, &report)
}

fn tell(context: &Context, into: &Path, report: &SalvageReport) -> Result<(), CliError> {
    context.out.json(|| document(into, report))?;
    for lost in &report.lost {
        let what = match (lost.item, lost.whole_item) {
            (None, _) => format!("{}: items that it listed may be lost", lost.what),
            (_, true) => format!("lost: {}", lost.what),
            (_, false) => format!("left behind: {}", lost.what),
        };
        context.out.line(&line(lost.item, lost.title.as_ref(), &what))?;
    }
    for changed in &report.changed {
        context.out.line(&line(Some(changed.item), changed.title.as_ref(), &changed.how.to_string()))?;
    }
    for slot in &report.slots {
        let what = format!("{} does not open the new vault.", describe_slot(slot));
        context.out.message(&format!("{} Add it there: sealkeep-cli slot add.", shown(&what)));
    }
    let copied = format!(
        "Copied {} with {} ({}) to {}.",
        count(report.items, "item"),
        count(report.revisions, "revision"),
        size(report.bytes),
        into.display()
    );
    // Whatever was found wrong with the old vault, somebody else may have had a hand in it: nobody knows then what it had.
    if report.lost.is_empty() && report.changed.is_empty() && report.problems.is_empty() {
        context.out.message(&format!("{copied} That is everything that the vault had."));
        return Ok(());
    }
    context.note_damage();
    let then = if report.lost.is_empty() && report.changed.is_empty() {
        "The old vault is not what was written, as warned of above: compare with a backup."
    } else {
        "What is listed or warned of above is not in it as it was: look in a backup."
    };
    context.out.message(&format!("{copied} {then}"));
    Ok(())
}

fn line(item: Option<ItemId>, title: Option<&SecretString>, what: &str) -> String {
    // EXPOSE: told to whoever opened the vault.
    let title = title.map(|title| format!(" “{}”", title.expose())).unwrap_or_default();
    let item = item.map(|item| format!("Item {item}{title}: ")).unwrap_or_default();
    shown(&sentence(&format!("{item}{what}"))).to_string()
}

fn document(into: &Path, report: &SalvageReport) -> Value {
    // EXPOSE: as above.
    let title = |title: &Option<SecretString>| title.as_ref().map(|title| title.expose().to_owned());
    let lost = report.lost.iter().map(|lost| {
        json!({
            "item": lost.item.map(|item| item.to_string()),
            "title": title(&lost.title),
            "revision": lost.what.revision(),
            "whole_item": lost.whole_item,
            "problem": lost.what.to_string(),
        })
    });
    let changed = report.changed.iter().map(|changed| {
        json!({ "item": changed.item.to_string(), "title": title(&changed.title), "how": changed.how.to_string() })
    });
    let problem = |problem: &sealkeep::vault::Problem| json!({ "item": problem.item.map(|item| item.to_string()), "problem": problem.what.to_string() });
    json!({
        "vault": report.vault.to_string(),
        "folder": into.to_string_lossy(),
        "items": report.items,
        "revisions": report.revisions,
        "bytes": report.bytes,
        "lost": lost.collect::<Vec<_>>(),
        "changed": changed.collect::<Vec<_>>(),
        "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        "slots_left": report.slots.iter().map(slot_json).collect::<Vec<_>>(),
    })
}
