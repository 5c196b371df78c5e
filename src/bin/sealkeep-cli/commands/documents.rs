//! `put` and `get`.

use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgGroup, Args};
use sealkeep::crypto::CryptoError;
use sealkeep::platform::Replace;
use sealkeep::providers::KeyName;
use sealkeep::secret::SecretString;
use sealkeep::session::files::{Exported, Exporting, Source, Target, Written};
use sealkeep::session::item_json::fields_text;
use sealkeep::session::{Batch, BodiesAhead, Session, SessionError, seal_document, seal_version};
use sealkeep::vault::{FileForm, ItemId, ItemSummary, Kind, VaultError};
use serde_json::{Value, json};

use super::files::make_recipients;
use super::items::{check_title, said, save, secrets};
use super::keeping::tell_removed;
use super::several::Several;
use super::slot::NewSecret;
use crate::context::Context;
use crate::error::CliError;
use crate::input::names_stdin;
use crate::progress::Progress;
use crate::text::size;
use crate::unlock::{LookIn, find, key_name};
use crate::wording::sentence;

#[derive(Debug, Args)]
pub struct PutArgs {
    /// Files to add; they stay where they are
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What lists show, for a single file [default: the file's name]
    #[arg(long, value_name = "T")]
    title: Option<String>,
    /// Give it a tag (repeatable)
    #[arg(long = "tag", value_name = "T")]
    tags: Vec<String>,
    /// Save a single file as the next version of this document instead; its title and tags stay
    #[arg(long = "as", value_name = "ITEM", conflicts_with_all = ["title", "tags"])]
    version_of: Option<String>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("recipients").multiple(true).requires("sealed"))]
pub struct GetArgs {
    /// Id, beginning of an id, or title
    item: String,
    /// The file or folder to write to; - for standard output [default: its title, here]
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long)]
    force: bool,
    /// An earlier revision: its number in `history`
    #[arg(long, value_name = "R")]
    revision: Option<u32>,
    /// Write a sealed file, which --kms or --passphrase opens; a login or a note as JSON. Without -o the item's title is the file's name,
    /// for everybody to read
    #[arg(long, requires = "recipients")]
    sealed: bool,
    /// With --sealed: whoever may use this KMS key can open it (repeatable)
    #[arg(long, value_name = "ARN", group = "recipients")]
    kms: Vec<String>,
    /// With --sealed: whoever knows a new passphrase can open it, from --new-passphrase-file or asked on the terminal
    #[arg(long, group = "recipients")]
    passphrase: bool,
    #[command(flatten)]
    new: NewSecret,
}

pub fn put(context: &Context, args: &PutArgs) -> Result<(), CliError> {
    if args.title.is_some() && args.files.len() > 1 {
        return Err(CliError::usage("--title is for a single file.", "Add them one by one, or without --title."));
    }
    if args.version_of.is_some() && args.files.len() > 1 {
        return Err(CliError::usage("--as is for a single file.", "A document's next version is one file."));
    }
    args.title.as_deref().map_or(Ok(()), check_title)?;
    // Before anybody is asked for a key.
    let mut several = Several::new(context, Batch::Adding, args.files.len());
    let mut found: Vec<&PathBuf> = Vec::with_capacity(args.files.len());
    let mut lengths: Vec<u64> = Vec::with_capacity(args.files.len());
    for path in &args.files {
        if let ControlFlow::Continue(Some(length)) = several.note(check_file(path, args)) {
            found.push(path);
            lengths.push(length);
        }
    }
    let mut added = Vec::new();
    if !found.is_empty() {
        let mut session = context.unlock()?;
        if let (Some(item), [path]) = (&args.version_of, found.as_slice()) {
            return put_version(context, &mut session, path, item);
        }
        let mut keys = BodiesAhead::of(lengths);
        for (at, path) in found.into_iter().enumerate() {
            let put = put_one(context, &mut session, path, args, (&mut keys, at));
            let ControlFlow::Continue(done) = several.note(put) else { break };
            if let Some((id, title)) = done {
                context.out.line(&id.to_string())?;
                // EXPOSE: told to whoever named it.
                added.push(json!({ "id": id.to_string(), "title": title.expose() }));
            }
        }
    }
    if args.version_of.is_none() {
        context.out.json(|| Value::Array(added))?;
    }
    several.end()
}

/// Refuses what can be refused before the vault is opened; the file's length.
fn check_file(path: &Path, args: &PutArgs) -> Result<u64, CliError> {
    if names_stdin(path) {
        return Err(CliError::usage("Documents are added from files.", "Write standard input to a file first."));
    }
    let source = Source::open(path).map_err(|error| match error {
        // Its hint elsewhere is to use standard input, which can't be a document.
        SessionError::SourceNotAFile(_) => {
            CliError::input(sentence(&error.to_string()), "Write what it has to a file first.")
        }
        other => other.into(),
    })?;
    title_of(&source, args).map(|_| source.length().unwrap_or(u64::MAX))
}

/// Adds the file that is number `at` of all.
fn put_one(
    context: &Context,
    session: &mut Session,
    path: &Path,
    args: &PutArgs,
    (keys, at): (&mut BodiesAhead, usize),
) -> Result<(ItemId, SecretString), CliError> {
    let source = Source::open(path)?;
    let title = title_of(&source, args)?;
    let told = title.duplicate();
    let body = context.block_on(keys.take(&session.vault, at))?;
    let progress = Progress::new(context.out, &source.label(), source.length());
    let sealed = seal_document(body, source, title, secrets(&args.tags), &progress);
    drop(progress);
    let change = sealed?;
    let items = save(context, session, vec![change])?;
    let item = items.first().copied().ok_or(SessionError::Thread)?;
    Ok((item, told))
}

/// Saves the file at `path` as the next version of a document.
fn put_version(context: &Context, session: &mut Session, path: &Path, item: &str) -> Result<(), CliError> {
    let item = find_document(session, item, "Change its fields: sealkeep-cli edit.")?;
    let source = Source::open(path)?;
    let body = context.block_on(session.vault.new_body(Some(item.id)))?;
    let progress = Progress::new(context.out, &source.label(), source.length());
    let sealed = seal_version(body, source, &progress);
    drop(progress);
    save(context, session, vec![sealed?])?;
    said(context, session, item.id, "Saved a new version of")?;
    tell_removed(context, &session.vault.pruned(item.id));
    Ok(())
}

/// The document that is meant; `hint` says what to do with an item that is none.
fn find_document(session: &Session, reference: &str, hint: &str) -> Result<Arc<ItemSummary>, CliError> {
    let item = find(&session.vault, reference, LookIn::Vault)?;
    if item.kind != Kind::Document {
        return Err(CliError::input(format!("This is a {}, not a document.", item.kind.name()), hint));
    }
    Ok(item)
}

fn title_of(source: &Source, args: &PutArgs) -> Result<SecretString, CliError> {
    if let Some(title) = &args.title {
        return Ok(SecretString::copy_of(title));
    }
    match source.name().map(OsStr::to_str) {
        Some(Some(name)) => Ok(SecretString::copy_of(name)),
        _ => Err(CliError::input(
            format!("The name of “{}” is not text in UTF-8, which a title must be.", source.label()),
            "Give it a title: --title T.",
        )),
    }
}

pub fn get(context: &Context, args: &GetArgs) -> Result<(), CliError> {
    let keys = args.kms.iter().map(|key| key_name(key)).collect::<Result<Vec<_>, _>>()?;
    if args.new.is_given() && !args.passphrase {
        return Err(CliError::usage(
            "--new-passphrase-file is for --sealed --passphrase.",
            "What opens the vault stands in --passphrase-file.",
        ));
    }
    args.new.claim(context)?;
    let to_stdout = args.output.as_deref().is_some_and(names_stdin);
    if args.sealed && to_stdout && io::stdout().is_terminal() {
        return Err(CliError::usage("Sealed bytes are not for a terminal.", "Send them to a file: -o FILE."));
    }
    let mut session = context.unlock()?;
    let item = match args.sealed {
        true => find(&session.vault, &args.item, LookIn::Vault)?,
        false => {
            find_document(&session, &args.item, "Print its fields: sealkeep-cli show. Or write it with --sealed.")?
        }
    };
    let length = match args.revision {
        None => item.size,
        Some(number) => {
            let history = session.vault.history(item.id).map_err(SessionError::from)?;
            let revision = history.iter().find(|revision| revision.number == number);
            revision.ok_or_else(|| SessionError::from(VaultError::NoSuchRevision(number)))?.length
        }
    };
    // Before a key is asked for.
    let target = target_for(&item, length, args)?;
    let written = match args.sealed {
        true => write_sealed(context, &mut session, &item, length, target, args, &keys)?,
        false => write_plain(context, &mut session, &item, length, target, args)?,
    };
    if let Some(path) = &written.path {
        let path_text = path.to_string_lossy();
        context.out.json(|| json!({ "id": item.id.to_string(), "path": path_text, "bytes": written.bytes }))?;
        // What was sealed is longer than what was read.
        let length = path.metadata().map_or(written.bytes, |file| file.len());
        context.out.message(&format!("Wrote {} ({}).", path.display(), size(length)));
    }
    Ok(())
}

fn write_plain(
    context: &Context,
    session: &mut Session,
    item: &ItemSummary,
    length: u64,
    mut target: Target,
    args: &GetArgs,
) -> Result<Written, CliError> {
    let reader = context.block_on(session.vault.body_reader(item.id, Some(args.revision.unwrap_or(item.revision))))?;
    let progress = Progress::new(context.out, &args.item, Some(length));
    let copied = reader.copy_to(&mut target, &progress);
    drop(progress);
    let bytes = copied.map_err(|error| match error {
        VaultError::Crypto(CryptoError::Sink(error)) => target.explain(error),
        other => other.into(),
    })?;
    Ok(Written { path: target.commit()?, bytes })
}

/// Seals it anew, for those who were named: nothing of how the vault has sealed it goes into the file.
fn write_sealed(
    context: &Context,
    session: &mut Session,
    item: &ItemSummary,
    length: u64,
    target: Target,
    args: &GetArgs,
    keys: &[KeyName],
) -> Result<Written, CliError> {
    let choose = || args.new.choose(context, "New passphrase for the file");
    let choose = args.passphrase.then_some(&choose as &dyn Fn() -> Result<SecretString, CliError>);
    let recipients = make_recipients(context, keys, choose)?;
    let body = context.block_on(session.vault.body_reader(item.id, Some(args.revision.unwrap_or(item.revision))))?;
    let (content, length) = match item.kind {
        Kind::Document => (Exported::Document(body), length),
        _ => {
            let fields = body.fields().map_err(SessionError::from)?;
            let text = fields_text(&session.vault, item, args.revision.unwrap_or(item.revision), &fields);
            let text = text.map_err(|error| CliError::input(format!("It can't be written as JSON: {error}."), ""))?;
            let length = text.len() as u64;
            (Exported::Text(text), length)
        }
    };
    let exporting = context.block_on(Exporting::begin(content, target, &args.item, &recipients))?;
    let progress = Progress::new(context.out, &args.item, Some(length));
    Ok(exporting.run(&progress)?)
}

fn target_for(item: &ItemSummary, length: u64, args: &GetArgs) -> Result<Target, CliError> {
    let replace = if args.force { Replace::Yes } else { Replace::No };
    let path = match args.output.as_deref() {
        Some(path) if names_stdin(path) => return Ok(Target::stdout()?),
        Some(path) if path.is_dir() || path.as_os_str().as_bytes().ends_with(b"/") => {
            path.join(file_name_of(item, args)?)
        }
        Some(path) => path.to_owned(),
        None => PathBuf::from(file_name_of(item, args)?),
    };
    let target = Target::file(&path, replace)?;
    if let Target::File(file) = &target {
        file.expect(length).map_err(SessionError::from)?;
    }
    Ok(target)
}

/// What the file is called where nobody says: as the title, or not at all.
fn file_name_of(item: &ItemSummary, args: &GetArgs) -> Result<String, CliError> {
    let form = if args.sealed { FileForm::Sealed } else { FileForm::Plain };
    let earlier = args.revision.filter(|number| *number != item.revision);
    item.file_name_as_titled(form, earlier).ok_or_else(|| {
        // EXPOSE: whoever asked for the item may read why its title won't do.
        let what = format!("“{}” can't be the name of a file.", item.title.expose());
        CliError::input(what, "Say what to call it: -o PATH, or -o - for standard output.")
    })
}
