//! `profile add`: what is typed becomes a profile of one kind.

use std::io::{self, IsTerminal};

use clap::{ArgGroup, Args};
use sealkeep::platform;
use sealkeep::providers::ProviderError;
use sealkeep::secret::SecretString;
use sealkeep::session::SessionError;
use sealkeep::session::files::Source;
use sealkeep::session::profiles::{
    self, AssumeRole, IdentityCenter, ListedSeat, MachineRole, NewProfile, ProfileKind, Seat,
};
use serde_json::json;

use super::super::slot::NewSecret;
use super::choose_passphrase;
use crate::commands::network::NetworkArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::input::{ask_number, ask_secret, read_line};
use crate::wording::sentence;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("credentials").required(true).args(["access_key_id", "role_arn", "sso_start_url", "machine"]))]
pub struct AddArgs {
    /// What to call it here
    name: String,
    /// The AWS region to look for keys in, as eu-central-1
    #[arg(long, value_name = "R")]
    region: String,
    /// An access key's id. Its secret is never an argument: first line of standard input; a session token is the second
    #[arg(long, value_name = "ID")]
    access_key_id: Option<String>,
    /// A role to take: arn:aws:iam::ACCOUNT:role/NAME
    #[arg(long, value_name = "ARN", requires = "source")]
    role_arn: Option<String>,
    /// The profile whose credentials take the role
    #[arg(long, value_name = "NAME", requires = "role_arn")]
    source: Option<String>,
    /// What the role's owner in another account wants to hear
    #[arg(long, value_name = "X", requires = "role_arn")]
    external_id: Option<String>,
    /// The MFA device whose code the role wants: it is asked for once per session
    #[arg(long, value_name = "ARN", requires = "role_arn")]
    mfa_serial: Option<String>,
    /// For how long the role is taken, in seconds: 900 to 43200 [default: AWS's, an hour]
    #[arg(long, value_name = "SECONDS", requires = "role_arn")]
    duration: Option<u32>,
    /// IAM Identity Center: the portal where you sign in
    #[arg(long, value_name = "U", requires = "sso_region")]
    sso_start_url: Option<String>,
    /// The region that Identity Center is in
    #[arg(long, value_name = "R", requires = "sso_start_url")]
    sso_region: Option<String>,
    /// The account to use there [default: chosen from a list, once signed in]
    #[arg(long, value_name = "A", requires = "role", requires = "sso_start_url")]
    account: Option<String>,
    /// The role to use in it
    #[arg(long, value_name = "N", requires = "account")]
    role: Option<String>,
    /// This machine's own role, for servers
    #[arg(long, value_name = "KIND", value_parser = ["instance", "container", "web-identity"])]
    machine: Option<String>,
    /// Seal its secret in the keyring under a passphrase, from --new-passphrase-file or asked
    #[arg(long)]
    protect: bool,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    new: NewSecret,
}

pub fn run(context: &Context, args: AddArgs) -> Result<(), CliError> {
    if args.new.is_given() && !args.protect {
        let what = "A passphrase for the profile was given, and nothing says to protect it.";
        return Err(CliError::usage(what, "Add --protect."));
    }
    args.new.claim(context)?;
    let reads = args.access_key_id.is_some() || args.network.wants_password();
    let asks = reads && io::stdin().is_terminal() && platform::can_ask();
    if reads && !asks {
        context.claim_stdin("profile add")?;
    }
    let home = context.home()?;
    if let Some(known) = profiles::list(home)?.iter().find(|known| known.name == args.name) {
        let unprotected = if known.protected && !args.protect { " It is protected; the new one is not." } else { "" };
        context
            .confirm(&format!("There is a profile “{}” already.{unprotected} Replace its credentials?", args.name))?;
    }
    let mut lines = Lines { stdin: None, asks };
    let kind = kind(&args, &mut lines)?;
    let password = args.network.wants_password().then(|| lines.next("The proxy's password")).transpose()?;
    let protect = args.protect.then(|| choose_passphrase(context, &args.new, &args.name)).transpose()?;
    let AddArgs { name, region, network, .. } = args;
    let network = network.fields(password);
    let mut new = NewProfile { name: name.clone(), region: region.clone(), network, kind, protect };
    if let ProfileKind::IdentityCenter(IdentityCenter { seat: None, .. }) = new.kind {
        let seats = context.block_on(profiles::seats(home, &new)).map_err(explain)?;
        let seat = choose(context, seats)?;
        if let ProfileKind::IdentityCenter(center) = &mut new.kind {
            center.seat = Some(seat);
        }
    }
    context.block_on(profiles::add(home, new)).map_err(explain)?;
    context.out.json(|| json!({ "name": name, "region": region }))?;
    context.out.message(&format!("The profile {name} is in the keyring."));
    Ok(())
}

/// What is secret: asked for on the terminal, or the next line of standard input.
struct Lines {
    stdin: Option<Source>,
    asks: bool,
}

impl Lines {
    fn next(&mut self, what: &str) -> Result<SecretString, CliError> {
        if self.asks {
            return ask_secret(what);
        }
        let stdin = match self.stdin.take() {
            Some(stdin) => stdin,
            None => Source::stdin()?,
        };
        read_line(self.stdin.insert(stdin), "standard input")
    }
}

fn kind(args: &AddArgs, lines: &mut Lines) -> Result<ProfileKind, CliError> {
    if let (Some(role_arn), Some(source)) = (&args.role_arn, &args.source) {
        return Ok(ProfileKind::AssumeRole(AssumeRole {
            source: source.clone(),
            role_arn: role_arn.clone(),
            external_id: args.external_id.clone(),
            mfa_serial: args.mfa_serial.clone(),
            duration_seconds: args.duration,
        }));
    }
    if let (Some(start_url), Some(region)) = (&args.sso_start_url, &args.sso_region) {
        let seat = args.account.clone().zip(args.role.clone()).map(|(account, role)| Seat { account, role });
        return Ok(ProfileKind::IdentityCenter(IdentityCenter {
            start_url: start_url.clone(),
            region: region.clone(),
            seat,
        }));
    }
    if let Some(role) = args.machine.as_deref().and_then(MachineRole::named) {
        return Ok(ProfileKind::Machine(role));
    }
    let secret_access_key = lines.next("Secret access key")?;
    let token = lines.next("Session token (empty where there is none)")?;
    let session_token: Option<SecretString> = (!token.is_empty()).then_some(token);
    let access_key_id = args.access_key_id.clone().unwrap_or_default();
    Ok(ProfileKind::Static { access_key_id, secret_access_key, session_token })
}

/// The account and the role that the person picks.
fn choose(context: &Context, mut seats: Vec<ListedSeat>) -> Result<Seat, CliError> {
    let line = |at: usize, listed: &ListedSeat| {
        let ListedSeat { seat, account_name } = listed;
        format!("{:>4}  {} {}  {}", at + 1, seat.account, account_name, seat.role)
    };
    let lines: Vec<String> = seats.iter().enumerate().map(|(at, listed)| line(at, listed)).collect();
    if seats.len() < 2 {
        let none =
            || CliError::input("No account and role are yours there.", "Ask whoever runs Identity Center for one.");
        return seats.pop().map(|only| only.seat).ok_or_else(none);
    }
    context.out.notice(&format!("These are yours:\n{}", lines.join("\n")));
    if !platform::can_ask() {
        let what = "Several accounts and roles are yours, and there is no terminal to choose one on.";
        return Err(CliError::usage(what, "Name one: --account A --role N."));
    }
    let chosen = ask_number("Which one? ", seats.len())?;
    Ok(seats.swap_remove(chosen - 1).seat)
}

/// What can't be was typed here.
fn explain(error: CliError) -> CliError {
    match error {
        CliError::Session(SessionError::Provider(ProviderError::Config(what))) => {
            CliError::usage(sentence(&what), "See sealkeep-cli profile add --help.")
        }
        other => other,
    }
}
