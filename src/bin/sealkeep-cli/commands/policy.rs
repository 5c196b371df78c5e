//! `policy`.

use clap::{Args, ValueEnum};
use sealkeep::providers::{KeyArn, ProviderError};
use sealkeep::session::policy::{Policy, Role, Scope, check_alias};
use serde_json::json;

use crate::context::Context;
use crate::error::CliError;
use crate::wording::sentence;

#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// Who it is for: one who opens, one who saves as well, or one who looks after the key and can't use it
    #[arg(long, value_name = "ROLE", default_value = "editor")]
    role: RoleArg,
    /// Files without a vault, too
    #[arg(long)]
    files: bool,
    /// For an admin: the alias that may be pointed at the vault's keys, alias/NAME
    #[arg(long, value_name = "ALIAS")]
    alias: Option<String>,
    /// A KMS key that the vault is to get, too (repeatable)
    #[arg(long = "kms", value_name = "ARN")]
    keys: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RoleArg {
    Reader,
    Editor,
    Admin,
}

pub fn run(context: &Context, args: &PolicyArgs) -> Result<(), CliError> {
    let role = match args.role {
        RoleArg::Reader => Role::Reader,
        RoleArg::Editor => Role::Editor,
        RoleArg::Admin => Role::Admin,
    };
    if args.alias.is_some() && role != Role::Admin {
        return Err(CliError::usage(
            "An alias is an admin's business: using a key takes its ARN.",
            "Add --role admin.",
        ));
    }
    if args.files && role == Role::Admin {
        return Err(CliError::usage("An admin opens no files: they look after the key.", "Leave out --files."));
    }
    if let Some(alias) = &args.alias {
        let hint = "Letters, digits, /, _ and - may follow alias/, and aws/ is AWS's own.";
        check_alias(alias).map_err(|error| CliError::usage(sentence(&error.to_string()), hint))?;
    }
    let keys = args.keys.iter().map(|key| key_arn(key)).collect::<Result<Vec<_>, _>>()?;
    let folder = context.vault_folder()?;
    let inspected = context.inspect(&folder)?;
    let mut scope = Scope::of_vault(inspected.id(), inspected.slots())?;
    keys.into_iter().for_each(|key| scope.add(key));
    (scope.files, scope.alias) = (args.files, args.alias.clone());
    if scope.is_empty() {
        return Err(CliError::input(
            "No KMS key opens this vault, so there is nothing for IAM to allow.",
            "Name the key that it is to get with --kms ARN, or add one first: sealkeep-cli slot add --kms ARN.",
        ));
    }
    if !inspected.is_settled() {
        context.out.warning(
            "The vault, or what opens it, is not what this machine knows, and nothing of it was verified. Compare the ARNs with those that \
             you were told, before anybody gets this policy.",
        );
    }
    let policy = Policy::new(role, &scope);
    context.out.json(|| json!(policy))?;
    context.out.line(&policy.to_string())
}

/// An alias would have to be resolved, and may point at another key tomorrow.
fn key_arn(text: &str) -> Result<KeyArn, CliError> {
    text.parse().map_err(|error: ProviderError| {
        CliError::usage(sentence(&error.to_string()), "Copy the ARN from the key's page in AWS KMS.")
    })
}
