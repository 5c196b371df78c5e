//! `encrypt` and `decrypt`: stand-alone files, without a vault.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use sealkeep::platform::Replace;
use sealkeep::providers::KeyName;
use sealkeep::secret::SecretString;
use sealkeep::session::Batch;
use sealkeep::session::files::{
    Encrypting, Openers, OutputPlace, Outputs, Recipients, SealedSource, Source, Way, Written,
};
use sealkeep::session::profiles;
use serde_json::{Value, json};

use super::several::Several;
use crate::context::Context;
use crate::error::CliError;
use crate::input::{Purpose, names_stdin};
use crate::progress::Progress;
use crate::strength;
use crate::text::size;
use crate::unlock::key_name;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("recipients").required(true).multiple(true))]
pub struct EncryptArgs {
    /// Files to seal; they stay where they are. - is standard input, to standard output
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The file or folder to write to; - for standard output [default: FILE.sealed beside FILE]
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    force: bool,
    /// Whoever may use this KMS key can open it (repeatable): the ARN of the key or of an alias
    #[arg(long, value_name = "ARN", group = "recipients")]
    kms: Vec<String>,
    /// Whoever knows the passphrase can open it: from --passphrase-file, or asked on the terminal
    #[arg(long, group = "recipients")]
    passphrase: bool,
}

#[derive(Debug, Args)]
pub struct DecryptArgs {
    /// Sealed files to open; they stay where they are. - is standard input, to standard output
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The file or folder to write to; - for standard output [default: FILE beside FILE.sealed]
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    force: bool,
}

pub fn encrypt(context: &Context, args: &EncryptArgs) -> Result<(), CliError> {
    let keys = args.kms.iter().map(|key| key_name(key)).collect::<Result<Vec<KeyName>, _>>()?;
    let (mut outputs, to_stdout) = outputs(context, &args.paths, args.output.as_deref(), args.force)?;
    if to_stdout && io::stdout().is_terminal() {
        return Err(CliError::usage("Sealed bytes are not for a terminal.", "Send them to a file: -o FILE."));
    }
    let choose = || {
        let passphrase = context.passphrase("New passphrase", Purpose::Choose)?;
        if let Some(warning) = strength::warning(&passphrase) {
            context.out.warning(&warning);
        }
        Ok(passphrase)
    };
    let mut recipients = None;
    each(context, Batch::Sealing, &args.paths, to_stdout, |path| {
        let source = open(path)?;
        // Before anybody is asked for a key.
        let target = outputs.begin_sealed(&source)?;
        let recipients = match &mut recipients {
            Some(known) => known,
            none => none.insert(make_recipients(
                context,
                &keys,
                args.passphrase.then_some(&choose as &dyn Fn() -> Result<SecretString, CliError>),
            )?),
        };
        let progress = Progress::new(context.out, &source.label(), source.length());
        let sealing = context.block_on(Encrypting::begin(source, target, recipients))?;
        Ok(sealing.run(&progress)?)
    })
}

pub fn decrypt(context: &Context, args: &DecryptArgs) -> Result<(), CliError> {
    let (mut outputs, to_stdout) = outputs(context, &args.paths, args.output.as_deref(), args.force)?;
    let mut openers = None;
    each(context, Batch::Opening, &args.paths, to_stdout, |path| {
        let source = open(path)?;
        let (name, length) = (source.label(), source.length());
        let target = outputs.begin_opened(&source)?;
        let sealed = SealedSource::read(source, target)?;
        let openers = match &mut openers {
            Some(known) => known,
            none => none.insert(make_openers(context)?),
        };
        let way = openers.choose(&sealed.recipients(), sealed.label())?;
        if matches!(way, Way::Passphrase(_)) && !openers.has_passphrase() {
            openers.set_passphrase(context.passphrase(&format!("Passphrase of {name}"), Purpose::Open)?);
        }
        if let Some(mib) = way.heavy_mib() {
            context
                .out
                .message(&format!("Trying the passphrase of {name} takes up to {mib} MiB of memory, and a while."));
        }
        let provider = context.block_on(openers.provider(&way))?;
        let progress = Progress::new(context.out, &name, length);
        let opening = context.block_on(sealed.unlock(provider.as_ref()))?;
        Ok(opening.run(&progress)?)
    })
}

fn open(path: &Path) -> Result<Source, CliError> {
    Ok(if names_stdin(path) { Source::stdin()? } else { Source::open(path)? })
}

/// Where the outputs go, and whether that is standard output.
fn outputs(
    context: &Context,
    paths: &[PathBuf],
    option: Option<&Path>,
    force: bool,
) -> Result<(Outputs, bool), CliError> {
    for _ in paths.iter().filter(|path| names_stdin(path)) {
        context.claim_stdin("-")?;
    }
    let place = OutputPlace::of(option, paths.len());
    let from_stdin = paths.iter().any(|path| names_stdin(path));
    let to_stdout = place == OutputPlace::Stdout || (place == OutputPlace::Beside && from_stdin);
    if to_stdout && paths.len() > 1 {
        let what = "Several files can't be told apart on standard output.";
        return Err(CliError::usage(what, "Give them one by one, or name a folder with -o."));
    }
    let replace = if force { Replace::Yes } else { Replace::No };
    Ok((Outputs::new(place, replace), to_stdout))
}

fn each(
    context: &Context,
    batch: Batch,
    paths: &[PathBuf],
    to_stdout: bool,
    mut work: impl FnMut(&Path) -> Result<Written, CliError>,
) -> Result<(), CliError> {
    let mut several = Several::new(context, batch, paths.len());
    let mut all = Vec::new();
    for path in paths {
        let ControlFlow::Continue(done) = several.note(work(path)) else { break };
        if let Some(Written { path: Some(written), bytes }) = done {
            // What was sealed is longer than what was read.
            let length = written.metadata().map_or(bytes, |file| file.len());
            context.out.message(&format!("Wrote {} ({}).", written.display(), size(length)));
            let (source, written) = (path.to_string_lossy(), written.to_string_lossy());
            all.push(json!({ "source": source, "path": written, "bytes": bytes }));
        }
    }
    if !to_stdout {
        context.out.json(|| Value::Array(all))?;
    }
    several.end()
}

/// Who can open what is sealed: whoever may use one of `keys`, and whoever knows the passphrase that `choose` gives.
pub(super) fn make_recipients(
    context: &Context,
    keys: &[KeyName],
    choose: Option<&dyn Fn() -> Result<SecretString, CliError>>,
) -> Result<Recipients, CliError> {
    let home = context.home()?;
    let of_keys = match keys.first() {
        Some(first) => {
            let profile = profiles::choose(home, context.global.profile.as_deref(), first)?;
            Some(context.block_on(Recipients::of_keys(home, &profile, keys))?)
        }
        None => None,
    };
    let of_passphrase = match choose {
        Some(choose) => Some(context.block_on(Recipients::of_passphrase(choose()?))?),
        None => None,
    };
    match (of_keys, of_passphrase) {
        (Some(keys), Some(passphrase)) => Ok(keys.and(passphrase)?),
        (Some(one), None) | (None, Some(one)) => Ok(one),
        (None, None) => {
            Err(CliError::usage("Nobody was named who can open it.", "Name --kms ARN, --passphrase, or both."))
        }
    }
}

fn make_openers(context: &Context) -> Result<Openers, CliError> {
    let named = context.named_keys()?;
    let openers = Openers::new(context.home()?, context.global.profile.as_deref(), &named);
    let mut openers = context.block_on(openers)?;
    if context.global.passphrase_file.is_some() {
        openers.set_passphrase(context.passphrase("Passphrase", Purpose::Open)?);
    }
    Ok(openers)
}
