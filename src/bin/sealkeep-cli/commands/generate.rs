//! `generate`.

use clap::Args;
use sealkeep::session::generate::{self, DEFAULT_LENGTH};
use serde_json::json;

use crate::context::Context;
use crate::error::CliError;

#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// How many characters, 8 to 1024 [default: 24]
    #[arg(long, value_name = "N", conflicts_with = "words")]
    length: Option<usize>,
    /// A passphrase of N words instead, 4 to 64: six are 77 bits
    #[arg(long, value_name = "N")]
    words: Option<usize>,
}

pub fn run(context: &Context, args: &GenerateArgs) -> Result<(), CliError> {
    let made = match args.words {
        Some(count) => generate::words(count)?,
        None => generate::password(args.length.unwrap_or(DEFAULT_LENGTH))?,
    };
    // EXPOSE: this is what was asked for.
    let secret = made.secret.expose();
    context.out.json(|| json!({ "value": secret, "bits": made.bits }))?;
    context.out.line(secret)
}
