//! What every command has: the global options, the one reader of standard input, passphrases, confirmations, a runtime.

use std::cell::OnceCell;
use std::fs::OpenOptions;
use std::future::Future;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use sealkeep::platform;
use sealkeep::secret::{SecretBytes, SecretString};
use sealkeep::session::files::Source;
use sealkeep::session::{Home, SessionError};

use crate::args::Global;
use crate::error::CliError;
use crate::output::Output;

/// The longest first line of a passphrase file, in bytes.
const LONGEST_LINE: usize = 64 * 1024;

/// What every command has.
pub struct Context {
    pub global: Global,
    pub out: Output,
    home: OnceCell<Home>,
}

/// What a passphrase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Opens what exists.
    Open,
    /// Is chosen now: typed twice.
    Choose,
}

impl Context {
    pub fn new(global: Global) -> Self {
        let out = Output { json: global.json, quiet: global.quiet };
        Self { global, out, home: OnceCell::new() }
    }

    /// This installation, with a warning where its settings were damaged.
    pub fn home(&self) -> Result<&Home, CliError> {
        if let Some(home) = self.home.get() {
            return Ok(home);
        }
        let home = Home::open()?;
        if let Some(kept) = home.settings().load().map_err(SessionError::from)?.set_aside {
            self.out
                .warning(&format!("The settings were damaged. They were kept as {} and begin anew.", kept.display()));
        }
        Ok(self.home.get_or_init(|| home))
    }

    /// The vault's folder: what `--vault`, then `$SEALKEEP_VAULT` says, else the one opened last.
    pub fn vault_folder(&self) -> Result<PathBuf, CliError> {
        if let Some(folder) = self.named_vault() {
            return Ok(folder);
        }
        let last = self.home()?.last_vault()?;
        last.ok_or_else(|| {
            CliError::usage("no vault was named, and none was opened here before", "Name one: --vault DIR.")
        })
    }

    /// The vault's folder, if it was named.
    pub fn named_vault(&self) -> Option<PathBuf> {
        let variable = || std::env::var_os("SEALKEEP_VAULT").filter(|value| !value.is_empty()).map(PathBuf::from);
        self.global.vault.clone().or_else(variable)
    }

    /// The passphrase, from `--passphrase-file` or the terminal.
    pub fn passphrase(&self, purpose: Purpose) -> Result<SecretString, CliError> {
        let passphrase = match &self.global.passphrase_file {
            Some(path) => first_line(open_input(path)?, &label(path))?,
            None if !platform::can_ask() => {
                return Err(CliError::usage(
                    "there is no terminal to ask for the passphrase on",
                    "Give it with --passphrase-file FILE, or - for standard input.",
                ));
            }
            None => ask(purpose)?,
        };
        if passphrase.is_empty() {
            return Err(CliError::usage("the passphrase is empty", "Give one with at least one character."));
        }
        Ok(passphrase)
    }

    /// Goes on only where the person, or `--yes`, says so.
    pub fn confirm(&self, question: &str) -> Result<(), CliError> {
        if self.global.yes {
            return Ok(());
        }
        if !platform::can_ask() {
            let what = format!("this needs to be confirmed: {question}");
            return Err(CliError::usage(what, "Say --yes to go on."));
        }
        match ask_yes_or_no(question) {
            Ok(true) => Ok(()),
            Ok(false) => Err(CliError::Input("nothing was done".to_owned(), "")),
            Err(error) => Err(CliError::Session(SessionError::Platform(platform::PlatformError::NoTerminal(error)))),
        }
    }

    /// Runs a future of the library to its end, or until Ctrl+C where that is being watched.
    pub fn block_on<T, E: Into<SessionError>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, CliError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| SessionError::Thread)?;
        runtime.block_on(async {
            tokio::select! {
                done = work => Ok(done.map_err(Into::into)?),
                () = interruption() => Err(SessionError::Cancelled.into()),
            }
        })
    }
}

/// Comes when a signal came that somebody watches for.
async fn interruption() {
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
    while !platform::interrupted() {
        ticks.tick().await;
    }
}

/// A file of the person's, or standard input for `-`.
pub fn open_input(path: &Path) -> Result<Source, CliError> {
    Ok(if path == Path::new("-") { Source::stdin()? } else { Source::open(path)? })
}

/// How to call what [`open_input`] opens.
pub fn label(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// Everything up to the first line feed, without it and without a carriage return before it.
fn first_line(mut source: Source, label: &str) -> Result<SecretString, CliError> {
    let mut line = SecretBytes::with_capacity(LONGEST_LINE);
    let mut byte = [0];
    loop {
        // Byte by byte: what follows the line stays unread, and nothing of it is left in a buffer.
        match source.read(&mut byte) {
            Ok(0) => break,
            Ok(_) if byte == *b"\n" => break,
            Ok(_) if line.len() == LONGEST_LINE => {
                return Err(CliError::Input(
                    format!("the first line of {label} is too long for a passphrase"),
                    "Check the file.",
                ));
            }
            Ok(_) => line.extend(&byte),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(source.explain(error).into()),
        }
    }
    // EXPOSE: to see whether the line ends as Windows ends them.
    if line.expose().last() == Some(&b'\r') {
        line.truncate(line.len() - 1);
    }
    text(line, label)
}

/// Everything that `source` has, without one final line feed.
pub fn read_secret(mut source: Source, label: &str, at_most: u64) -> Result<SecretString, CliError> {
    let mut bytes = SecretBytes::default();
    let read = std::io::copy(&mut (&mut source).take(at_most + 1), &mut bytes);
    if read.map_err(|error| source.explain(error))? > at_most {
        return Err(CliError::Input(format!("{label} has more than {at_most} bytes"), "A field can't be longer."));
    }
    // EXPOSE: to see whether the line ends.
    if bytes.expose().last() == Some(&b'\n') {
        bytes.truncate(bytes.len() - 1);
    }
    text(bytes, label)
}

fn text(bytes: SecretBytes, label: &str) -> Result<SecretString, CliError> {
    SecretString::from_bytes(bytes)
        .map_err(|_| CliError::Input(format!("{label} is not text in UTF-8"), "Convert it first."))
}

fn ask(purpose: Purpose) -> Result<SecretString, CliError> {
    let failed = |error| CliError::Session(SessionError::Platform(error));
    if purpose == Purpose::Open {
        return platform::ask_passphrase("Passphrase: ").map_err(failed);
    }
    let first = platform::ask_passphrase("New passphrase: ").map_err(failed)?;
    let second = platform::ask_passphrase("The same again: ").map_err(failed)?;
    if first.same_as(&second) {
        Ok(first)
    } else {
        Err(CliError::Input("the two passphrases differ".to_owned(), "Try again."))
    }
}

fn ask_yes_or_no(question: &str) -> std::io::Result<bool> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    write!(terminal, "{} [y/N] ", crate::text::visible_lines(question))?;
    let mut answer = String::new();
    BufReader::new(terminal).read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
