//! `profile import`: profiles of the AWS command line become ours, and their plaintext keys go from its files.

use std::path::Path;

use clap::Args;
use sealkeep::platform::{self, OldContent, ProfileEntry};
use sealkeep::session::import::{Found, FoundBy, GoesOn, Import, KeptKey, Process, Removed, Seen, Stored, WhyKept};
use sealkeep::session::profiles;
use serde_json::{Value, json};

use super::super::slot::NewSecret;
use super::{choose_passphrase, kind_words};
use crate::context::Context;
use crate::error::CliError;
use crate::input::ask_yes_or_no;
use crate::output::shown;
use crate::table::table;
use crate::text;

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The profile, as the AWS command line calls it [default: all]
    name: Option<String>,
    /// The region of profiles that name none, where [default] names none either
    #[arg(long, value_name = "R")]
    region: Option<String>,
    /// Only list what there is, and what can't be imported and why
    #[arg(long, conflicts_with_all = ["protect", "new_passphrase_file", "remove_keys"])]
    list: bool,
    /// Seal what is imported under a passphrase, from --new-passphrase-file or asked
    #[arg(long)]
    protect: bool,
    #[command(flatten)]
    new: NewSecret,
    /// Then remove the plaintext keys of what was imported from the AWS command line's files; --yes does not say so
    #[arg(long)]
    remove_keys: bool,
    /// In their place, let the AWS command line ask Sealkeep: credential_process = sealkeep-cli profile credentials NAME,
    /// with the program's whole path where it is not on the PATH
    #[arg(long, requires = "remove_keys")]
    use_keyring: bool,
}

pub fn run(context: &Context, args: &ImportArgs) -> Result<(), CliError> {
    if args.new.is_given() && !args.protect {
        let what = "A passphrase for the profiles was given, and nothing says to protect them.";
        return Err(CliError::usage(what, "Add --protect."));
    }
    args.new.claim(context)?;
    let import = Import::read(args.region.as_deref())?;
    let import = match &args.name {
        Some(name) => {
            if import.refused.iter().any(|refused| refused.name == *name && refused.needs_region) {
                let what = format!("“{name}” can't be imported: nothing says its region.");
                return Err(CliError::input(what, "Say it: --region R."));
            }
            import.only(name)?
        }
        None => import,
    };
    let found = import.found();
    let known = |profiles: &[ProfileEntry]| profiles.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
    if args.list {
        return list(context, &import, &found, &known(&profiles::list(context.home()?)?));
    }
    let mut seen = context.block_on(Seen::now(context.home()?, &import))?;
    let known = known(seen.profiles());
    if args.name.is_none() {
        lines(&import, &found, &known).iter().for_each(|line| context.out.message(line));
    }
    if found.is_empty() {
        return Err(CliError::input("There is nothing to import.", "See why: sealkeep-cli profile import --list."));
    }
    let protect = args.protect && import.has_protectable();
    if args.protect && !protect {
        let what = "None of these profiles has a secret of its own to protect.";
        return Err(CliError::usage(what, "Leave out --protect."));
    }
    for one in found.iter().filter(|one| one.is_elsewhere) {
        let endpoint = one.endpoint.as_deref().unwrap_or_default();
        let answers = "whoever answers there gets what is meant for AWS";
        context.out.warning(&format!("{} asks {endpoint} instead of AWS: {answers}.", one.name));
    }
    ask(context, args, &found, &known)?;
    let passphrase = protect.then(|| choose_passphrase(context, &args.new, &names(&found))).transpose()?;
    let stored = context.block_on(import.store(context.home()?, &mut seen, passphrase.as_ref(), |_| ()))?;
    for one in &found {
        context.out.message(&format!("The profile {} is in the keyring.", one.name));
        one.notes.iter().for_each(|note| context.out.warning(&format!("{}: {note}", one.name)));
    }
    let mut removed = Vec::new();
    let outcome = remove(context, args, (&import, &stored), &mut removed);
    let (kept, copies) = (import.kept_keys(), import.copies());
    context.out.json(|| {
        json!({
            "imported": found.iter().map(|one| found_json(one, &known)).collect::<Vec<_>>(),
            "not_imported": refused_json(&import),
            "removed": removed.iter().map(removed_json).collect::<Vec<_>>(),
            "kept": kept.iter().map(kept_json).collect::<Vec<_>>(),
            "copies": copies.iter().map(|copy| path_json(copy)).collect::<Vec<_>>(),
        })
    })?;
    for one in &kept {
        let (section, file) = (&one.section, one.file.display());
        context.out.warning(&match one.why {
            WhyKept::Another => {
                format!("[{section}] in “{file}” has another key, which was not imported: it stays.")
            }
            WhyKept::NeededForRole => {
                format!(
                    "[{section}] in “{file}” takes a role with its key, and that role was not imported: the key stays."
                )
            }
        });
    }
    for copy in &copies {
        context
            .out
            .warning(&format!("“{}” has one of these access keys in it, too. It was not touched.", copy.display()));
    }
    outcome
}

/// What there is, and nothing else.
fn list(context: &Context, import: &Import, found: &[Found], known: &[String]) -> Result<(), CliError> {
    context.out.json(|| {
        json!({
            "found": found.iter().map(|one| found_json(one, known)).collect::<Vec<_>>(),
            "not_importable": refused_json(import),
        })
    })?;
    lines(import, found, known).iter().try_for_each(|line| context.out.line(&shown(line)))
}

fn lines(import: &Import, found: &[Found], known: &[String]) -> Vec<String> {
    let row = |one: &Found| {
        let source = one.source.as_ref().map(|source| format!("as {source}"));
        let replaces = known.contains(&one.name).then(|| "replaces the one that is here".to_owned());
        let endpoint = one.endpoint.as_ref().map(|endpoint| format!("asks {endpoint} instead of AWS"));
        let odd = || (one.kind == "static").then(|| "its id has another form".to_owned());
        let whose = [one.role_arn.clone(), source, one.start_url.clone(), one.access_key_id.clone().or_else(odd)];
        let about = whose.into_iter().chain([endpoint, replaces]).flatten().collect::<Vec<_>>().join(", ");
        vec![one.name.clone(), one.region.clone(), kind_words(one.kind).to_owned(), about]
    };
    let mut lines = table(&found.iter().map(row).collect::<Vec<_>>(), 0, None);
    let notes = found.iter().flat_map(|one| one.notes.iter().map(move |note| format!("{}: {note}", one.name)));
    lines.extend(notes);
    lines.extend(import.refused.iter().map(|refused| {
        let say = if refused.needs_region { ", and --region could" } else { "" };
        format!("{} can't be imported: {}{say}.", refused.name, refused.why)
    }));
    lines
}

/// Goes on only where somebody says so: for all of them, and for each that is here already.
fn ask(context: &Context, args: &ImportArgs, found: &[Found], known: &[String]) -> Result<(), CliError> {
    let replaced: Vec<&str> =
        found.iter().map(|one| one.name.as_str()).filter(|name| known.iter().any(|one| one == name)).collect();
    let replacing =
        format!("There are profiles of these names already: {}. Replace their credentials?", replaced.join(", "));
    match (args.name.is_some(), replaced.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => context.confirm(&replacing),
        (false, true) => context.confirm(&format!("Import {}?", text::count(found.len() as u64, "profile"))),
        (false, false) => {
            let all = text::count(found.len() as u64, "profile");
            context.confirm(&format!("Import {all}? {replacing}"))
        }
    }
}

/// Takes the plaintext keys out of the files, where somebody says so: a question of its own.
fn remove(
    context: &Context,
    args: &ImportArgs,
    (import, stored): (&Import, &Stored),
    removed: &mut Vec<Removed>,
) -> Result<(), CliError> {
    let files = import.keys_in_files();
    if files.is_empty() {
        return Ok(());
    }
    let listed = files.iter().map(|file| format!("“{}”", file.file.display())).collect::<Vec<_>>().join(" and ");
    let asks = !args.remove_keys && !context.global.yes && platform::can_ask();
    let remove = args.remove_keys || (asks && ask_yes_or_no(&format!("Remove their plaintext keys from {listed}?"))?);
    if !remove {
        context.out.message(&format!("Their keys still stand in {listed}, in plaintext. Remove them: --remove-keys."));
        return Ok(());
    }
    let process = Process::here();
    let is_found = process.found != FoundBy::Nothing;
    if args.use_keyring && !is_found {
        return Err(CliError::input(
            "The profiles are in the keyring; no key was removed, because the AWS command line would not find sealkeep-cli.",
            "Put it on the PATH and run the same again. Or leave out --use-keyring: it has no credentials then.",
        ));
    }
    let use_keyring = args.use_keyring
        || (asks
            && is_found
            && ask_yes_or_no("Let the AWS command line ask Sealkeep for their credentials from now on?")?);
    let done = |one: Removed| {
        tell(context, &one);
        removed.push(one);
    };
    let instead = use_keyring.then_some(&process);
    let outcome = context.block_on_all_of(import.remove_keys(context.home()?, stored, instead, done));
    if removed.is_empty() {
        return outcome;
    }
    // Also where it stopped half-way.
    context.out.message(
        "File systems and SSDs may keep copies of what a file was: rotate these keys in IAM as soon as you can.",
    );
    tell_how_to_go_on(context, import.goes_on(removed, &process), &process.found);
    outcome
}

fn tell(context: &Context, removed: &Removed) {
    let (file, lines) = (removed.file.display(), text::count(removed.lines as u64, "line"));
    context.out.message(&format!("Removed {lines} from “{file}”."));
    match removed.old {
        OldContent::Overwritten => {}
        OldContent::ElsewhereToo => {
            context
                .out
                .warning(&format!("“{file}” has another name (a hard link), under which it still has the keys."));
        }
        OldContent::NotOverwritten => {
            context.out.warning(&format!(
                "The disk did not let the old “{file}” be overwritten: its blocks still have the keys."
            ));
        }
    }
}

/// How the AWS command line gets the credentials that it has no more.
fn tell_how_to_go_on(context: &Context, goes_on: Vec<(String, GoesOn)>, found: &FoundBy) {
    if !goes_on.is_empty() {
        match found {
            FoundBy::Name => {}
            FoundBy::Path(path) => context.out.message(&format!(
                "The AWS command line gets the whole path of sealkeep-cli, “{}”, because it is not on the PATH: it has to stay there.",
                path.display()
            )),
            FoundBy::Nothing => context
                .out
                .warning("The AWS command line does not find sealkeep-cli, which is not on the PATH. Put it there."),
        }
    }
    for (from, how) in goes_on {
        context.out.message(&match how {
            GoesOn::Asks => format!("The AWS command line now asks Sealkeep for the credentials of {from}."),
            GoesOn::WithLine(line) => {
                format!("For the AWS command line to go on, put into the section of {from}: {line}")
            }
            GoesOn::WithLineForRole(line) => format!(
                "The AWS command line can't take the role of {from} any more. In its section, put in place of role_arn and \
                 source_profile: {line}"
            ),
        });
    }
}

fn names(found: &[Found]) -> String {
    found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn found_json(one: &Found, known: &[String]) -> Value {
    json!({
        "name": one.name,
        "from": one.from,
        "region": one.region,
        "kind": one.kind,
        "source": one.source,
        "access_key_id": one.access_key_id,
        "role_arn": one.role_arn,
        "start_url": one.start_url,
        "endpoint": one.endpoint,
        "asks_aws": !one.is_elsewhere,
        "exists": known.contains(&one.name),
        "notes": one.notes,
    })
}

fn refused_json(import: &Import) -> Value {
    let refused = import.refused.iter().map(|refused| json!({ "name": refused.name, "why": refused.why }));
    Value::Array(refused.collect())
}

fn removed_json(removed: &Removed) -> Value {
    json!({
        "file": path_json(&removed.file),
        "lines": removed.lines,
        "overwritten": removed.old == OldContent::Overwritten,
        "use_keyring": removed.with_process,
    })
}

fn kept_json(kept: &KeptKey) -> Value {
    let why = match kept.why {
        WhyKept::Another => "another-key",
        WhyKept::NeededForRole => "needed-for-role",
    };
    json!({ "file": path_json(&kept.file), "section": kept.section, "why": why })
}

fn path_json(path: &Path) -> Value {
    json!(path.to_string_lossy())
}
