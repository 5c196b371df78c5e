//! `--set` and `--set-stdin`: the fields that a command changes.

use std::io::{self, IsTerminal};

use clap::Args;
use sealkeep::platform;
use sealkeep::secret::SecretString;
use sealkeep::session::files::Source;
use sealkeep::vault::{FieldSpec, Fields, Kind, fields_of};

use crate::context::Context;
use crate::error::CliError;
use crate::input::{ask_secret, read_secret};

/// The longest value of a field, in bytes.
pub const LONGEST_VALUE: usize = 1024 * 1024;

#[derive(Debug, Args)]
pub struct SetArgs {
    /// Set a field that is not hidden (repeatable): login has username, url, notes; note has text. FIELD= clears any field
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// Set a field to all of standard input, without one final newline (on a terminal it is asked): password, totp, or any other
    #[arg(long, value_name = "FIELD")]
    set_stdin: Option<String>,
}

impl SetArgs {
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.set_stdin.is_none()
    }

    /// Claims standard input, if it is wanted.
    pub fn claim(&self, context: &Context) -> Result<(), CliError> {
        if self.set_stdin.is_some() { context.claim_stdin("--set-stdin") } else { Ok(()) }
    }

    /// Refuses what an item of `kind` can't have, and secrets as arguments.
    pub fn check(&self, kind: &Kind) -> Result<(), CliError> {
        for assignment in &self.set {
            let (name, value) = split(assignment)?;
            let spec = spec_of(kind, name)?;
            // Nothing is no secret.
            if spec.hidden && !value.is_empty() {
                let what = format!("“{name}” is a secret, and arguments can be seen by other programs.");
                return Err(CliError::usage(what, format!("Send it to standard input instead: --set-stdin {name}.")));
            }
        }
        self.set_stdin.as_deref().map_or(Ok(()), |name| spec_of(kind, name).map(drop))
    }

    /// Sets the fields, reading standard input if it is wanted.
    pub fn apply(&self, kind: &Kind, fields: &mut Fields) -> Result<(), CliError> {
        for assignment in &self.set {
            let (name, value) = split(assignment)?;
            fields.set(kind, name, SecretString::copy_of(value));
        }
        if let Some(name) = &self.set_stdin {
            // Somebody who types should not have it stand on the screen.
            let typed = io::stdin().is_terminal() && platform::can_ask();
            let value = match typed {
                true => ask_secret(name)?,
                false => read_secret(Source::stdin()?, "standard input", LONGEST_VALUE)?,
            };
            // What should have written it may have failed, and its failure is not seen here.
            if value.is_empty() {
                let what = if typed { "Nothing was typed." } else { "Standard input is empty." };
                let hint = format!("Nothing was saved. To leave a field empty on purpose: --set {name}=");
                return Err(CliError::input(what, hint));
            }
            fields.set(kind, name, value);
        }
        sort(kind, fields);
        Ok(())
    }
}

/// Puts fields in the order that their kind has them; others stay behind those.
pub fn sort(kind: &Kind, fields: &mut Fields) {
    let place = |name: &str| fields_of(kind).iter().position(|spec| spec.name == name).unwrap_or(usize::MAX);
    fields.0.sort_by_key(|field| place(&field.name));
}

/// The field `name` of `kind`.
pub fn spec_of(kind: &Kind, name: &str) -> Result<&'static FieldSpec, CliError> {
    fields_of(kind).iter().find(|spec| spec.name == name).ok_or_else(|| {
        let names: Vec<&str> = fields_of(kind).iter().map(|spec| spec.name).collect();
        let hint = match names.is_empty() {
            true => "It has no fields.".to_owned(),
            false => format!("It has: {}.", names.join(", ")),
        };
        CliError::usage(format!("A {} has no field “{name}”.", kind.name()), hint)
    })
}

fn split(assignment: &str) -> Result<(&str, &str), CliError> {
    // What was typed is not repeated: it may be a secret by mistake.
    let wrong = || CliError::usage("--set has no “=”.", "Write --set FIELD=VALUE.");
    assignment.split_once('=').ok_or_else(wrong)
}
