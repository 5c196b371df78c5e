//! What can be typed: global options and commands. A command's own options stand in its own file.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::commands::{
    documents, files, generate, items, keeping, key, list, policy, profile, rekey, rewrap, salvage, show, slot, tags,
    vault,
};
use crate::wording::sentence;

/// Keeps secrets and documents in a vault whose key AWS KMS holds, or a passphrase.
#[derive(Debug, Parser)]
#[command(name = "sealkeep-cli", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
ITEM is an id, the first 4 or more characters of one, or an exact title that only one item has.
Secrets are never taken from the command line: they come from standard input, a file or the terminal.

Environment: SEALKEEP_VAULT stands for --vault; SEALKEEP_HOME replaces the folders of settings and state.

Exit status:
  0 done
  1 failed
  2 wrong usage
  3 denied: wrong passphrase, KMS access denied, key disabled, not trusted here
  4 no such item
  5 damaged or tampered with
  6 the network or AWS KMS did not answer";

/// Options that stand before or after the command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The vault's folder [default: $SEALKEEP_VAULT, else the vault opened last]
    #[arg(long, global = true, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    /// Take the passphrase from the first line of FILE (- for standard input) instead of asking on the terminal
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// The AWS profile to use [default: the one remembered for the vault]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// A KMS key to trust (repeatable): needed once for a vault on this machine, or for a file that names another key
    #[arg(long = "key", global = true, value_name = "ARN", action = ArgAction::Append)]
    pub keys: Vec<String>,
    /// Print one JSON document; errors are JSON too
    #[arg(long, global = true)]
    pub json: bool,
    /// Print no messages and no progress, only results, warnings and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Answer confirmations with yes
    #[arg(long, short, global = true)]
    pub yes: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a vault
    New(vault::NewArgs),
    /// Show slots, counts and sizes; reads no key and no network
    Status,
    /// List items
    Ls(list::LsArgs),
    /// Add a login or a note, or many from JSON lines
    Add(items::AddArgs),
    /// Add files as documents
    Put(documents::PutArgs),
    /// Show an item; hidden values only with --reveal or --field
    Show(show::ShowArgs),
    /// Write a document's bytes to a file, or any item to a sealed one
    Get(documents::GetArgs),
    /// Change an item
    Edit(items::EditArgs),
    /// Move an item to the trash
    Rm(items::ItemArgs),
    /// Take an item out of the trash, or bring back an earlier revision of it
    Restore(items::RestoreArgs),
    /// Delete an item and its history for good, or everything whose time in the trash is over
    Purge(keeping::PurgeArgs),
    /// Remove old revisions for good
    Prune(keeping::PruneArgs),
    /// Show or set for how long this vault keeps the trash and old revisions, for everybody who uses it
    Retention(keeping::RetentionArgs),
    /// List the tags, or rename or remove one on every item
    #[command(subcommand)]
    Tag(tags::TagCommand),
    /// List an item's revisions, newest first
    History(show::HistoryArgs),
    /// Make a password or a passphrase; needs no vault
    Generate(generate::GenerateArgs),
    /// Verify everything in the vault
    Check(vault::CheckArgs),
    /// Copy everything that still verifies into a new vault, and list what does not
    Salvage(salvage::SalvageArgs),
    /// Take the vault as it is: a restored backup, or one with damage that stays marked
    Accept,
    /// What opens the vault: KMS keys, passphrases, recovery codes
    #[command(subcommand)]
    Slot(slot::SlotCommand),
    /// Change the passphrase: the present one from --passphrase-file or asked
    Passphrase(slot::NewSecret),
    /// Prove that a passphrase or recovery code alone opens everything: from --passphrase-file or asked
    Drill,
    /// Move every wrapped key to another KMS key, and prove that none is left under the old one
    Rewrap(rewrap::RewrapArgs),
    /// Seal everything, or some items, again under new keys
    Rekey(rekey::RekeyArgs),
    /// Seal files: FILE becomes FILE.sealed
    Encrypt(files::EncryptArgs),
    /// Open sealed files: FILE.sealed becomes FILE
    Decrypt(files::DecryptArgs),
    /// Keep AWS credentials in the system's keyring
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// AWS KMS keys: list, make, look at and rotate them
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Print the IAM statements that a person or a role needs for the vault; reads no key and no network
    Policy(policy::PolicyArgs),
    /// Lock every running Sealkeep of this user
    Lock,
}

/// What is wrong with what was typed, on one line: what clap says before it comes to the usage.
pub fn mistake(text: &str) -> String {
    let said = text.split("\n\nUsage:").next().unwrap_or_default();
    let said = said.split("\n\nFor more information").next().unwrap_or_default().trim_start_matches("error: ");
    sentence(&said.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" "))
}

/// Reads any bytes as what was typed, an argument a line, and does nothing: see `tests/fuzz/`.
#[cfg(any(test, fuzzing))]
pub fn read_fuzzed(bytes: &[u8]) {
    use std::os::unix::ffi::OsStrExt;
    let typed = bytes.split(|byte| *byte == b'\n').map(std::ffi::OsStr::from_bytes);
    match Cli::try_parse_from([std::ffi::OsStr::new("sealkeep-cli")].into_iter().chain(typed)) {
        Ok(cli) => drop(format!("{cli:?}")),
        Err(error) => drop(mistake(&error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_typed_is_read_or_refused() {
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/arguments");
        let mut replayed = 0;
        for entry in std::fs::read_dir(corpus).unwrap() {
            read_fuzzed(&std::fs::read(entry.unwrap().path()).unwrap());
            replayed += 1;
        }
        assert!(replayed > 10);
    }
}
