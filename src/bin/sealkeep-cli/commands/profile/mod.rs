//! `profile …`: AWS credentials, in the system's keyring.

mod add;
mod import;

use clap::{Args, Subcommand};
use sealkeep::platform::ProfileEntry;
use sealkeep::providers::ProviderError;
use sealkeep::providers::kms::{KeyDescription, SurveyedKey};
use sealkeep::secret::SecretString;
use sealkeep::session::profiles::{self, ProfileReport};
use sealkeep::session::{SessionError, credentials};
use serde_json::{Value, json};

use super::key::state_words;
use super::slot::NewSecret;
use crate::context::Context;
use crate::error::CliError;
use crate::output::shown;
use crate::table::table;
use crate::unlock::key_name;
use crate::{text, wording};

pub use add::AddArgs;
pub use import::ImportArgs;

/// So many keys are listed as text; as JSON, all of them.
const KEYS_SHOWN: usize = 20;

#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Store credentials, or where they come from: an access key, a role, IAM Identity Center, this machine
    Add(Box<AddArgs>),
    /// List profiles: names and regions
    Ls,
    /// Try a profile: a real round trip with --key, or with the key of a vault that it opens
    Test(NameArgs),
    /// Remove a profile and its credentials
    Rm(NameArgs),
    /// Take over profiles of the AWS command line, then remove their plaintext keys from its files
    Import(ImportArgs),
    /// Print credentials as the AWS command line's credential_process wants them; they end within an hour, or with their session
    Credentials(CredentialsArgs),
    /// Seal a profile's secret in the keyring under a passphrase, which is asked for after each lock
    Protect(ProtectArgs),
}

#[derive(Debug, Args)]
pub struct CredentialsArgs {
    /// The profile's name
    name: String,
    /// Hand out the access key itself, which does not end, where a session of it (sts:GetSessionToken) will not do
    #[arg(long)]
    lasting: bool,
}

#[derive(Debug, Args)]
pub struct ProtectArgs {
    /// The profile's name
    name: String,
    /// Seal it no longer: whoever is logged in can use it again
    #[arg(long, conflicts_with = "new_passphrase_file")]
    remove: bool,
    #[command(flatten)]
    new: NewSecret,
}

#[derive(Debug, Args)]
pub struct NameArgs {
    /// The profile's name
    name: String,
}

pub fn run(context: &Context, command: ProfileCommand) -> Result<(), CliError> {
    match command {
        ProfileCommand::Add(args) => add::run(context, *args),
        ProfileCommand::Ls => ls(context),
        ProfileCommand::Test(args) => test(context, &args.name),
        ProfileCommand::Rm(args) => rm(context, &args.name),
        ProfileCommand::Import(args) => import::run(context, &args),
        ProfileCommand::Credentials(args) => print_credentials(context, &args),
        ProfileCommand::Protect(args) => protect(context, &args),
    }
}

fn ls(context: &Context) -> Result<(), CliError> {
    let known = profiles::list(context.home()?)?;
    context
        .out
        .json(|| {
            let one = |one: &ProfileEntry| {
                json!({ "name": one.name, "region": one.region, "kind": one.kind, "protected": one.protected })
            };
            Value::Array(known.iter().map(one).collect())
        })?;
    if known.is_empty() && !context.out.json {
        let how = "sealkeep-cli profile add NAME --region R --access-key-id ID";
        context.out.message(&format!("There are no profiles yet. Add one: {how}"));
    }
    let rows: Vec<Vec<String>> = known.iter().map(row).collect();
    table(&rows, 0, None).iter().try_for_each(|line| context.out.line(line))
}

fn row(entry: &ProfileEntry) -> Vec<String> {
    let protected = if entry.protected { "protected" } else { "" };
    vec![entry.name.clone(), entry.region.clone(), kind_words(&entry.kind).to_owned(), protected.to_owned()]
}

/// A kind as it is shown.
fn kind_words(kind: &str) -> &str {
    match kind {
        "static" => "access key",
        "assume-role" => "role",
        "identity-center" => "Identity Center",
        "machine" => "this machine's role",
        other => other,
    }
}

fn test(context: &Context, name: &str) -> Result<(), CliError> {
    let home = context.home()?;
    let key = match context.global.keys.as_slice() {
        [] => profiles::vault_keys(home, name)?.into_iter().next(),
        [key] => Some(key_name(key)?),
        _ => return Err(CliError::usage("One key can be tried at a time.", "Name --key once.")),
    };
    let report = context.block_on(profiles::test(home, name, key.as_ref()))?;
    // Of a test that failed, whatever AWS said all the same: who is denied has to know as whom.
    let says_more = report.failed.is_none() || report.account.is_some() || report.principal.is_some();
    if says_more {
        context.out.json(|| report_json(&report))?;
        for (name, value) in report_lines(&report) {
            context.out.line(&format!("{name:<11}{value}"))?;
        }
    }
    match report.failed {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

fn report_json(report: &ProfileReport) -> Value {
    let key = report.key.as_ref();
    json!({
        "profile": report.profile,
        "region": report.region,
        "kind": report.kind,
        "access_key_id": report.access_key_id,
        "account": report.account,
        "principal": report.principal,
        "key": key.map(|key| key.key.as_str()),
        "alias": key.and_then(|key| key.alias.as_deref()),
        "state": key.and_then(|key| key.state.as_deref()),
        "latency_ms": key.map(|key| u64::try_from(key.latency.as_millis()).unwrap_or(u64::MAX)),
        "keys_seen": report.keys.as_ref().ok().map(Vec::len),
        "keys": report.keys.as_ref().ok().map(|keys| keys.iter().map(listed).collect::<Vec<_>>()),
        "keys_error": report.keys.as_ref().err().map(unlisted_json),
        "works": report.failed.is_none(),
    })
}

fn report_lines(report: &ProfileReport) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Profile", report.profile.clone()), ("Region", report.region.clone())];
    lines.extend(report.access_key_id.clone().map(|id| ("Key id", id)));
    lines.extend(report.account.clone().map(|account| ("Account", account)));
    lines.extend(report.principal.clone().map(|principal| ("Principal", principal)));
    match (&report.key, report.keys.as_ref().ok().map(Vec::len)) {
        _ if report.failed.is_some() => {}
        (Some(tested), _) => {
            lines.push(("KMS key", tested.key.to_string()));
            lines.extend(tested.alias.clone().map(|alias| ("Alias", alias)));
            lines.extend(tested.state.clone().map(|state| ("State", state)));
            lines.push((
                "Works",
                format!("made and unwrapped a data key; the answer took {} ms", tested.latency.as_millis()),
            ));
        }
        (None, Some(count)) => {
            let keys = text::count(count as u64, "KMS key");
            lines.push(("Works", format!("AWS takes the credentials; {keys} in the region")));
        }
        (None, None) => lines.push(("Works", "AWS takes the credentials; they may not list KMS keys".to_owned())),
    }
    let keys = match &report.keys {
        Ok(keys) => keys.as_slice(),
        // What failed is told by itself.
        Err(error) if report.failed.as_ref() == Some(error) => &[],
        Err(error) => {
            lines.push(("Keys", wording::unlisted(error)));
            &[]
        }
    };
    let rows: Vec<Vec<String>> = keys.iter().take(KEYS_SHOWN).map(key_row).collect();
    lines.extend(["Keys"].into_iter().chain(std::iter::repeat("")).zip(table(&rows, 0, None)));
    if keys.len() > KEYS_SHOWN {
        lines.push(("", format!("and {} more: sealkeep-cli key ls", keys.len() - KEYS_SHOWN)));
    }
    lines
}

/// Every alias, the key, and whether it can be used.
fn key_row(key: &SurveyedKey) -> Vec<String> {
    let aliases = if key.key.aliases.is_empty() { "(no alias)".to_owned() } else { key.key.aliases.join(", ") };
    let state = key.description.as_ref().map_or_else(|| "state not known".to_owned(), state_words);
    vec![shown(&aliases), key.key.arn.to_string(), state]
}

fn listed(key: &SurveyedKey) -> Value {
    let described = key.description.as_ref();
    json!({
        "key": key.key.arn.as_str(),
        "aliases": key.key.aliases,
        "state": described.map(|described| described.state.as_str()),
        "usable": described.map(KeyDescription::is_usable),
    })
}

fn unlisted_json(error: &ProviderError) -> Value {
    let mut document = wording::word_session(&SessionError::Provider(error.clone())).to_json();
    document["error"] = wording::unlisted(error).into();
    document["statement"] = wording::statement(error).and_then(|text| serde_json::from_str::<Value>(&text).ok()).into();
    document
}

fn rm(context: &Context, name: &str) -> Result<(), CliError> {
    context.block_on(profiles::remove(context.home()?, name))?;
    context.out.json(|| json!({ "name": name, "removed": true }))?;
    context.out.message(&format!("The profile {name} and its credentials are removed from this machine."));
    Ok(())
}

fn print_credentials(context: &Context, args: &CredentialsArgs) -> Result<(), CliError> {
    // As a credential_process: its messages are AWS's library's, and the person is at the terminal all the same.
    context.is_started_by_program.set(true);
    let document = context.block_on(credentials::for_process(context.home()?, &args.name, args.lasting))?;
    context.out.secret(&document)
}

fn protect(context: &Context, args: &ProtectArgs) -> Result<(), CliError> {
    let home = context.home()?;
    let new = if args.remove {
        None
    } else {
        args.new.claim(context)?;
        Some(choose_passphrase(context, &args.new, &args.name)?)
    };
    let protected = new.is_some();
    context.block_on_all_of(profiles::protect(home, &args.name, new))?;
    context.out.json(|| json!({ "name": args.name, "protected": protected }))?;
    context.out.message(&if protected {
        format!("The profile {} asks for its passphrase once, and again after each lock.", args.name)
    } else {
        format!("The profile {} is no longer protected: whoever is logged in here can use it.", args.name)
    });
    Ok(())
}

/// The passphrase that a profile is sealed under. A short one is taken, and called what it is.
fn choose_passphrase(context: &Context, new: &NewSecret, profile: &str) -> Result<SecretString, CliError> {
    let (chosen, casual) = new.choose_however_weak(&format!("New passphrase of the profile {profile}"))?;
    if casual {
        context.out.warning(
            "This is casual protection: it stops whoever sits down here, and whatever can read the keyring can guess it. \
             For more, make a longer one: sealkeep-cli generate --words 5.",
        );
    }
    Ok(chosen)
}
