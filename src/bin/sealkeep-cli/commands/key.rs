//! `key ls | new | show | rotation`: the KMS keys of an AWS profile.

use clap::{Args, Subcommand};
use sealkeep::providers::kms::{KeyDescription, KeyPlan, MadeKey, MakingStep, Rotation, SurveyedKey, Unfit};
use sealkeep::providers::{KeyArn, KeyName, ProviderError};
use sealkeep::session::{SessionError, keys, profiles};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::CliError;
use crate::output::shown;
use crate::table::table;
use crate::unlock::key_name;
use crate::wording::{sentence, word_session};

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// List the keys that the profile can see in its region, with what each is fit for
    Ls,
    /// Make a key: with an alias, yearly rotation, a key policy that is shown first, and a round trip that proves it
    New(NewArgs),
    /// Show what AWS says of a key: state, account, rotation
    Show(ShowArgs),
    /// Show or change how the material of a key is replaced
    Rotation(RotationArgs),
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// What to call it, with or without alias/
    #[arg(long, value_name = "NAME")]
    alias: String,
    /// Where to make it [default: the profile's region]
    #[arg(long, value_name = "R")]
    region: Option<String>,
    /// What it is for, for whoever sees it in the AWS console
    #[arg(long, value_name = "TEXT", default_value = "Made by Sealkeep, for vaults")]
    description: String,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The key's ARN
    arn: String,
}

#[derive(Debug, Args)]
pub struct RotationArgs {
    /// The key's ARN
    arn: String,
    /// Have AWS replace the material every year
    #[arg(long, conflicts_with = "now")]
    enable: bool,
    /// Replace the material now, once; each of the first two rotations adds about a dollar a month to the key's price
    #[arg(long)]
    now: bool,
}

pub fn run(context: &Context, command: KeyCommand) -> Result<(), CliError> {
    match command {
        KeyCommand::Ls => ls(context),
        KeyCommand::New(args) => new(context, &args),
        KeyCommand::Show(args) => show(context, &args.arn),
        KeyCommand::Rotation(args) => rotation(context, &args),
    }
}

/// The profile that was named, or the only one.
fn profile(context: &Context) -> Result<String, CliError> {
    match &context.global.profile {
        Some(named) => Ok(named.clone()),
        None => Ok(profiles::only(context.home()?)?.ok_or(SessionError::WhichProfile)?),
    }
}

/// The key that was named, and the profile to ask about it as.
fn named(context: &Context, arn: &str) -> Result<(KeyArn, String), CliError> {
    let name = key_name(arn)?;
    let profile = profiles::choose(context.home()?, context.global.profile.as_deref(), &name)?;
    match name {
        KeyName::Key(key) => Ok((key, profile)),
        KeyName::Alias(alias) => Err(CliError::usage(
            format!("{alias} is an alias, which may name another key tomorrow."),
            "Name the key itself: sealkeep-cli key ls shows the ARNs.",
        )),
    }
}

fn ls(context: &Context) -> Result<(), CliError> {
    let profile = profile(context)?;
    let found = context.block_on(keys::list(context.home()?, &profile, |_| ()))?;
    context.out.json(|| Value::Array(found.iter().map(listed_json).collect()))?;
    if found.is_empty() && !context.out.json {
        context.out.message("This profile sees no keys in its region. Make one: sealkeep-cli key new --alias NAME");
    }
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    table(&rows, 0, None).iter().try_for_each(|line| context.out.line(line))
}

fn row(key: &SurveyedKey) -> Vec<String> {
    let alias = key.key.aliases.first().map_or("-", String::as_str);
    let state = key.description.as_ref().map_or_else(|| "not known".to_owned(), state_words);
    let rotates = match key.rotates {
        Some(true) => "rotates yearly",
        Some(false) => "no rotation",
        None => "-",
    };
    vec![shown(alias), state, rotates.to_owned(), key.key.arn.to_string()]
}

/// How a key stands, in a few words.
pub(super) fn state_words(described: &KeyDescription) -> String {
    let word = match described.unfit {
        None => "enabled",
        Some(Unfit::Disabled) => "disabled",
        Some(Unfit::PendingDeletion) => {
            let date = described.deletion.map(|deletion| deletion.strftime("%Y-%m-%d").to_string());
            return date.map_or("pending deletion".to_owned(), |date| format!("deleted on {date}"));
        }
        Some(Unfit::NotReady) => "not ready",
        Some(Unfit::NotSymmetric) => "not for this: asymmetric",
        Some(Unfit::OfAws) => "not for this: AWS's own",
    };
    word.to_owned()
}

fn listed_json(key: &SurveyedKey) -> Value {
    let described = key.description.as_ref();
    json!({
        "key": key.key.arn.as_str(),
        "aliases": key.key.aliases,
        "region": key.key.arn.region(),
        "account": key.key.arn.account(),
        "state": described.map(|described| described.state.as_str()),
        "usable": described.map(KeyDescription::is_usable),
        "deletion": described.and_then(|described| described.deletion).map(|deletion| deletion.to_string()),
        "rotation": key.rotates,
    })
}

fn new(context: &Context, args: &NewArgs) -> Result<(), CliError> {
    let (home, profile) = (context.home()?, profile(context)?);
    let plan = keys::plan(home, &profile, args.region.as_deref(), &args.alias, &args.description);
    let plan = context.block_on(plan).map_err(|error| match error {
        CliError::Session(SessionError::Provider(ProviderError::Config(what))) => {
            CliError::usage(sentence(&what), "See sealkeep-cli key new --help.")
        }
        other => other,
    })?;
    tell_plan(context, &plan, &profile);
    context.confirm(&format!("Make {} in {}, account {}?", plan.alias, plan.region, plan.account))?;
    let made = context.block_on(keys::make(home, &profile, &plan))?;
    // From here on there is a key, and whatever fails says which.
    for (step, error) in &made.missing {
        let (what, how) = match step {
            MakingStep::Alias => ("The alias could not be made", "The key works without; name it in the AWS console."),
            MakingStep::Rotation => {
                ("Rotation could not be turned on", "Turn it on later: sealkeep-cli key rotation ARN --enable.")
            }
        };
        let why = word_session(&SessionError::Provider(error.clone()));
        context.out.warning(&format!("{what}: {} {} {how}", why.error, why.hint));
    }
    let name = KeyName::Key(made.key.clone());
    if let Err(error) = context.block_on(profiles::try_key(home, &profile, &name)) {
        context.out.warning(&format!("The key {} is made, and a first try of it failed.", made.key));
        return Err(error);
    }
    context.out.json(|| made_json(&plan, &made))?;
    if !context.out.json {
        context.out.line(made.key.as_str())?;
    }
    context.out.message(
        "The key works: it made a data key and unwrapped it. Make a vault with it: sealkeep-cli new --kms ARN",
    );
    Ok(())
}

fn tell_plan(context: &Context, plan: &KeyPlan, profile: &str) {
    let KeyPlan { region, alias, description, account, principal, policy } = plan;
    context.out.warning(&format!(
        "A symmetric KMS key will be made as the profile {profile}: {alias} in {region}, account {account}, “{description}”, with yearly \
         rotation. {principal} will administer and use it. It costs about a dollar a month. Its key policy, which lets nobody delete it in \
         less than 30 days:\n{policy}"
    ));
}

fn made_json(plan: &KeyPlan, made: &MadeKey) -> Value {
    let has = |step: MakingStep| !made.missing.iter().any(|(missing, _)| *missing == step);
    json!({
        "key": made.key.as_str(),
        "alias": has(MakingStep::Alias).then_some(&plan.alias),
        "region": plan.region,
        "account": plan.account,
        "principal": plan.principal,
        "rotation": has(MakingStep::Rotation),
        // Else it would have ended before.
        "works": true,
        "policy": serde_json::from_str::<Value>(&plan.policy).unwrap_or_default(),
    })
}

fn show(context: &Context, arn: &str) -> Result<(), CliError> {
    let (key, profile) = named(context, arn)?;
    let look = context.block_on(keys::look(context.home()?, &profile, &key))?;
    let described = look.description.map_err(SessionError::Provider)?;
    let rotation = look.rotation;
    context.out.json(|| {
        json!({
            "key": key.as_str(),
            "region": key.region(),
            "account": key.account(),
            "state": described.state,
            "usable": described.is_usable(),
            "deletion": described.deletion.map(|deletion| deletion.to_string()),
            "description": described.description,
            "multi_region": described.multi_region,
            "rotation": rotation.as_ref().ok().map(rotation_json),
        })
    })?;
    let mut lines = vec![
        ("KMS key", key.to_string()),
        ("Region", key.region().to_owned()),
        ("Account", key.account().to_owned()),
        ("State", state_words(&described)),
    ];
    lines.extend((!described.description.is_empty()).then(|| ("About", described.description.clone())));
    lines.push(("Rotation", rotation.as_ref().map_or_else(|error| sentence(&error.to_string()), rotation_words)));
    tell_lines(context, &lines)?;
    if described.unfit == Some(Unfit::PendingDeletion) {
        let deletion = described.deletion;
        let words =
            word_session(&SessionError::Provider(ProviderError::KeyPendingDeletion { key: key.to_string(), deletion }));
        context.out.warning(&format!("{} {}", words.error, words.hint));
    }
    Ok(())
}

fn tell_lines(context: &Context, lines: &[(&str, String)]) -> Result<(), CliError> {
    lines.iter().try_for_each(|(name, value)| context.out.line(&format!("{name:<11}{value}")))
}

fn rotation(context: &Context, args: &RotationArgs) -> Result<(), CliError> {
    let (key, profile) = named(context, &args.arn)?;
    let home = context.home()?;
    if args.enable {
        context.block_on(keys::enable_rotation(home, &profile, &key))?;
        context.out.message("AWS replaces the key's material every year from now on. What is wrapped still opens.");
    }
    if args.now {
        context.confirm(&format!(
            "Replace the material of {key} now? Each of its first two rotations adds about a dollar a month to its price."
        ))?;
        context.block_on(keys::rotate_now(home, &profile, &key))?;
        context.out.message("AWS replaces the key's material now. What is wrapped still opens.");
    }
    let rotation = context.block_on(keys::look(home, &profile, &key))?.rotation.map_err(SessionError::Provider)?;
    context.out.json(|| rotation_json(&rotation))?;
    if context.out.json { Ok(()) } else { tell_lines(context, &[("Rotation", rotation_words(&rotation))]) }
}

fn rotation_json(rotation: &Rotation) -> Value {
    json!({
        "enabled": rotation.enabled,
        "every_days": rotation.every_days,
        "next": rotation.next.map(|next| next.to_string()),
        "last": rotation.last.map(|last| last.to_string()),
        "running_since": rotation.running.map(|since| since.to_string()),
        "on_demand": rotation.on_demand,
    })
}

fn rotation_words(rotation: &Rotation) -> String {
    let day = |moment: jiff::Timestamp| moment.strftime("%Y-%m-%d").to_string();
    let mut parts = vec![match (rotation.enabled, rotation.every_days) {
        (true, Some(days)) => format!("on, every {days} days"),
        (true, None) => "on".to_owned(),
        (false, _) => "off".to_owned(),
    }];
    parts.extend(rotation.next.map(|next| format!("next {}", day(next))));
    parts.extend(rotation.running.map(|since| format!("one under way since {}", day(since))));
    match rotation.last {
        Some(last) => parts.push(format!("last {}", day(last))),
        None if rotation.on_demand.is_some() => parts.push("never rotated so far".to_owned()),
        // AWS does not say.
        None => {}
    }
    parts.join(" · ")
}
