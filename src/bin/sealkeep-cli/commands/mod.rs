//! The commands, one file a group.

pub mod generate;
pub mod lock;

use crate::args::Command;
use crate::context::Context;
use crate::error::CliError;

/// Runs one command.
pub fn run(context: &Context, command: Command) -> Result<(), CliError> {
    match command {
        Command::Generate(args) => generate::run(context, &args),
        Command::Lock => lock::run(context),
    }
}
