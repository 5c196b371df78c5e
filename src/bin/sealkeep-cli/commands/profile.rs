//! `profile add | ls | test | rm`: AWS credentials, in the system's keyring.

use std::io::{self, IsTerminal};

use clap::{Args, Subcommand};
use sealkeep::platform;
use sealkeep::providers::ProviderError;
use sealkeep::secret::SecretString;
use sealkeep::session::SessionError;
use sealkeep::session::files::Source;
use sealkeep::session::profiles::{self, NewProfile, ProfileReport};
use serde_json::{Value, json};

use crate::commands::network::NetworkArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::input::{ask_secret, read_line};
use crate::table::table;
use crate::text;
use crate::unlock::key_name;
use crate::wording::sentence;

#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Store credentials; the secret access key comes from standard input or is asked on the terminal
    Add(AddArgs),
    /// List profiles: names and regions
    Ls,
    /// Try a profile: a real round trip with --key, or with the key of a vault that it opens
    Test(NameArgs),
    /// Remove a profile and its credentials
    Rm(NameArgs),
}

#[derive(Debug, Args)]
pub struct AddArgs {
    /// What to call it here
    name: String,
    /// The AWS region to look for keys in, as eu-central-1
    #[arg(long, value_name = "R")]
    region: String,
    /// The access key's id. Its secret is never an argument: first line of standard input; a session token is the second
    #[arg(long, value_name = "ID")]
    access_key_id: String,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Debug, Args)]
pub struct NameArgs {
    /// The profile's name
    name: String,
}

pub fn run(context: &Context, command: ProfileCommand) -> Result<(), CliError> {
    match command {
        ProfileCommand::Add(args) => add(context, args),
        ProfileCommand::Ls => ls(context),
        ProfileCommand::Test(args) => test(context, &args.name),
        ProfileCommand::Rm(args) => rm(context, &args.name),
    }
}

fn add(context: &Context, args: AddArgs) -> Result<(), CliError> {
    let AddArgs { name, region, access_key_id, network } = args;
    let asks = io::stdin().is_terminal() && platform::can_ask();
    if !asks {
        context.claim_stdin("profile add")?;
    }
    let home = context.home()?;
    if profiles::list(home)?.iter().any(|known| known.name == name) {
        context.confirm(&format!("There is a profile “{name}” already. Replace its credentials?"))?;
    }
    let (secret_access_key, token, network) = if asks {
        let secret = ask_secret("Secret access key")?;
        let token = ask_secret("Session token (empty where there is none)")?;
        (secret, token, network.fields(|| ask_secret("The proxy's password"))?)
    } else {
        let mut stdin = Source::stdin()?;
        let mut line = || read_line(&mut stdin, "standard input");
        (line()?, line()?, network.fields(line)?)
    };
    let session_token: Option<SecretString> = (!token.is_empty()).then_some(token);
    let new = NewProfile {
        name: name.clone(),
        region: region.clone(),
        network,
        access_key_id,
        secret_access_key,
        session_token,
    };
    context.block_on(profiles::add(home, new)).map_err(|error| match error {
        CliError::Session(SessionError::Provider(ProviderError::Config(what))) => {
            CliError::usage(sentence(&what), "See sealkeep-cli profile add --help.")
        }
        other => other,
    })?;
    context.out.json(|| json!({ "name": name, "region": region }))?;
    context.out.message(&format!("The profile {name} is in the keyring."));
    Ok(())
}

fn ls(context: &Context) -> Result<(), CliError> {
    let known = profiles::list(context.home()?)?;
    context
        .out
        .json(|| Value::Array(known.iter().map(|one| json!({ "name": one.name, "region": one.region })).collect()))?;
    if known.is_empty() && !context.out.json {
        let how = "sealkeep-cli profile add NAME --region R --access-key-id ID";
        context.out.message(&format!("There are no profiles yet. Add one: {how}"));
    }
    let rows: Vec<Vec<String>> = known.iter().map(|one| vec![one.name.clone(), one.region.clone()]).collect();
    table(&rows, 0, None).iter().try_for_each(|line| context.out.line(line))
}

fn test(context: &Context, name: &str) -> Result<(), CliError> {
    let home = context.home()?;
    let key = match context.global.keys.as_slice() {
        [] => profiles::vault_keys(home, name)?.into_iter().next(),
        [key] => Some(key_name(key)?),
        _ => return Err(CliError::usage("One key can be tried at a time.", "Name --key once.")),
    };
    let report = context.block_on(profiles::test(home, name, key.as_ref()))?;
    context.out.json(|| report_json(&report))?;
    for (name, value) in report_lines(&report) {
        context.out.line(&format!("{name:<11}{value}"))?;
    }
    Ok(())
}

fn report_json(report: &ProfileReport) -> Value {
    let key = report.key.as_ref();
    json!({
        "profile": report.profile,
        "region": report.region,
        "access_key_id": report.access_key_id,
        "account": report.account,
        "principal": report.principal,
        "key": key.map(|key| key.key.as_str()),
        "alias": key.and_then(|key| key.alias.as_deref()),
        "state": key.and_then(|key| key.state.as_deref()),
        "latency_ms": key.map(|key| u64::try_from(key.latency.as_millis()).unwrap_or(u64::MAX)),
        "keys_seen": report.keys_seen,
    })
}

fn report_lines(report: &ProfileReport) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("Profile", report.profile.clone()),
        ("Region", report.region.clone()),
        ("Key id", report.access_key_id.clone()),
    ];
    lines.extend(report.account.clone().map(|account| ("Account", account)));
    lines.extend(report.principal.clone().map(|principal| ("Principal", principal)));
    match (&report.key, report.keys_seen) {
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
    lines
}

fn rm(context: &Context, name: &str) -> Result<(), CliError> {
    context.block_on(profiles::remove(context.home()?, name))?;
    context.out.json(|| json!({ "name": name, "removed": true }))?;
    context.out.message(&format!("The profile {name} and its credentials are removed from this machine."));
    Ok(())
}
