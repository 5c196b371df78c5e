//! The commands, one file a group.

pub mod documents;
pub mod files;
pub mod generate;
pub mod items;
pub mod jsonl;
pub mod keeping;
pub mod key;
pub mod list;
pub mod lock;
mod network;
pub mod policy;
pub mod profile;
pub mod rekey;
pub mod rewrap;
pub mod salvage;
pub mod several;
pub mod show;
pub mod slot;
pub mod tags;
pub mod vault;

use crate::args::Command;
use crate::context::Context;
use crate::error::CliError;

/// Runs one command.
pub fn run(context: &Context, command: Command) -> Result<(), CliError> {
    match command {
        Command::New(args) => vault::new(context, &args),
        Command::Status => vault::status(context),
        Command::Ls(args) => list::run(context, &args),
        Command::Add(args) => items::add(context, &args),
        Command::Put(args) => documents::put(context, &args),
        Command::Show(args) => show::show(context, &args),
        Command::Get(args) => documents::get(context, &args),
        Command::Edit(args) => items::edit(context, &args),
        Command::Rm(args) => items::rm(context, &args),
        Command::Restore(args) => items::restore(context, &args),
        Command::Purge(args) => keeping::purge(context, &args),
        Command::Prune(args) => keeping::prune(context, &args),
        Command::Retention(args) => keeping::retention(context, &args),
        Command::Tag(command) => tags::run(context, command),
        Command::History(args) => show::history(context, &args),
        Command::Generate(args) => generate::run(context, &args),
        Command::Check(args) => vault::check(context, &args),
        Command::Salvage(args) => salvage::run(context, &args),
        Command::Accept => vault::accept(context),
        Command::Slot(command) => slot::run(context, command),
        Command::Passphrase(args) => slot::passphrase(context, &args),
        Command::Rewrap(args) => rewrap::run(context, &args),
        Command::Rekey(args) => rekey::run(context, &args),
        Command::Drill => slot::drill(context),
        Command::Encrypt(args) => files::encrypt(context, &args),
        Command::Decrypt(args) => files::decrypt(context, &args),
        Command::Profile(command) => profile::run(context, command),
        Command::Key(command) => key::run(context, command),
        Command::Policy(args) => policy::run(context, &args),
        Command::Lock => lock::run(context),
    }
}
