//! What is typed or handed in: files, standard input, secrets asked for on the terminal, a yes or a no.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use sealkeep::platform::{self, PlatformError};
use sealkeep::secret::{SecretBytes, SecretString};
use sealkeep::session::SessionError;
use sealkeep::session::files::Source;

use crate::error::CliError;
use crate::wording::sentence;

/// The longest line that a secret can stand on, in bytes.
const LONGEST_LINE: usize = 64 * 1024;

/// What a passphrase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Opens what exists.
    Open,
    /// Is chosen now: typed twice.
    Choose,
}

/// Whether `path` stands for standard input.
pub fn names_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// A file with a secret in it, or standard input for `-`. A pipe will do: `<(pass show vault)`.
pub fn open_secret(path: &Path) -> Result<Source, CliError> {
    if names_stdin(path) {
        return Ok(Source::stdin()?);
    }
    Source::stream(path).map_err(|error| match error {
        SessionError::SourceIsFolder(_) => {
            CliError::input(sentence(&error.to_string()), "Name a file, or - for standard input.")
        }
        other => other.into(),
    })
}

/// A passphrase: the first line of `file`, else asked on the terminal, as it is where `file` is standard input and that is a terminal,
/// which would show what is typed. `what` and `option` name both where there is no terminal.
pub fn typed_secret(
    file: Option<&Path>,
    (what, option): (&str, &str),
    prompt: &str,
    purpose: Purpose,
) -> Result<SecretString, CliError> {
    let typed = match file {
        Some(path) if names_stdin(path) && io::stdin().is_terminal() && platform::can_ask() => ask(prompt, purpose)?,
        Some(path) => read_line(&mut open_secret(path)?, &label(path))?,
        None if !platform::can_ask() => {
            return Err(CliError::usage(
                format!("There is no terminal to ask for the {what} on."),
                format!("Give it with {option} FILE, or - for standard input."),
            ));
        }
        None => ask(prompt, purpose)?,
    };
    if typed.is_empty() {
        return Err(CliError::usage("The passphrase is empty.", "Give one with at least one character."));
    }
    Ok(typed)
}

/// How to call what [`open_secret`] opens.
pub fn label(path: &Path) -> String {
    if names_stdin(path) { "standard input".to_owned() } else { format!("“{}”", path.display()) }
}

/// Everything up to the next line feed, without it and without a carriage return before it. What follows stays unread.
pub fn read_line(source: &mut Source, label: &str) -> Result<SecretString, CliError> {
    let mut line = SecretBytes::with_capacity(LONGEST_LINE);
    let mut byte = [0];
    loop {
        // Byte by byte: what follows the line stays unread, and nothing of it is left in a buffer.
        match source.read(&mut byte) {
            Ok(0) => break,
            Ok(_) if byte == *b"\n" => break,
            Ok(_) if line.len() == LONGEST_LINE => {
                return Err(CliError::input(format!("A line of {label} is too long for a secret."), "Check the file."));
            }
            Ok(_) => line.extend(&byte),
            Err(error) => wait_or_fail(source, error)?,
        }
    }
    // EXPOSE: to see whether the line ends as Windows ends them.
    if line.expose().last() == Some(&b'\r') {
        line.truncate(line.len() - 1);
    }
    text(line, label)
}

/// Everything that `source` has, without one final line feed.
pub fn read_secret(mut source: Source, label: &str, at_most: usize) -> Result<SecretString, CliError> {
    let mut bytes = SecretBytes::default();
    let mut chunk = SecretBytes::new(vec![0; 16 * 1024]);
    loop {
        // EXPOSE: read into.
        match source.read(chunk.expose_mut()) {
            Ok(0) => break,
            // EXPOSE: collected in a secret again.
            Ok(count) => bytes.extend(&chunk.expose()[..count]),
            Err(error) => wait_or_fail(&source, error)?,
        }
        if bytes.len() > at_most {
            return Err(CliError::input(
                format!("There are more than {at_most} bytes in {label}."),
                "A field can't be longer.",
            ));
        }
    }
    // EXPOSE: to see whether the line ends.
    if bytes.expose().last() == Some(&b'\n') {
        bytes.truncate(bytes.len() - 1);
    }
    text(bytes, label)
}

/// Goes on waiting after a signal that is no request to end.
fn wait_or_fail(source: &Source, error: io::Error) -> Result<(), CliError> {
    if platform::interrupted() {
        return Err(SessionError::Cancelled.into());
    }
    if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(source.explain(error).into()) }
}

fn text(bytes: SecretBytes, label: &str) -> Result<SecretString, CliError> {
    SecretString::from_bytes(bytes)
        .map_err(|_| CliError::input(format!("What is in {label} is not text in UTF-8."), "Convert it first."))
}

/// Asks for a passphrase on the terminal; for one that is chosen now, twice.
pub fn ask(what: &str, purpose: Purpose) -> Result<SecretString, CliError> {
    let first = ask_secret(what)?;
    if purpose == Purpose::Open {
        return Ok(first);
    }
    let second = ask_secret("The same again")?;
    if first.same_as(&second) { Ok(first) } else { Err(CliError::input("The two passphrases differ.", "Try again.")) }
}

/// Asks for a secret on the terminal, without showing what is typed.
pub fn ask_secret(what: &str) -> Result<SecretString, CliError> {
    Ok(platform::ask_passphrase(&format!("{what}: ")).map_err(SessionError::from)?)
}

/// Goes on only where the person says yes, on the terminal.
pub fn ask_to_go_on(question: &str) -> Result<(), CliError> {
    if ask_yes_or_no(question)? { Ok(()) } else { Err(CliError::input("Nothing was done.", "")) }
}

/// One of the numbers from 1 to `most`.
pub fn ask_number(question: &str, most: usize) -> Result<usize, CliError> {
    let answer = ask_line(question).map_err(no_answer)?;
    let number = answer.trim().parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| {
        CliError::input(format!("A number from 1 to {most} was wanted."), "Nothing was stored. Try again.")
    })
}

/// Anything but yes is no.
pub fn ask_yes_or_no(question: &str) -> Result<bool, CliError> {
    let answer = ask_line(&format!("{} [y/N] ", crate::text::visible_lines(question)));
    let answer = answer.map_err(no_answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Shows `text` on the terminal itself, where standard error goes elsewhere.
pub fn tell_terminal(text: &str) -> io::Result<()> {
    let mut terminal = OpenOptions::new().write(true).open("/dev/tty")?;
    writeln!(terminal, "{}", crate::text::visible_lines(text))
}

fn no_answer(error: io::Error) -> SessionError {
    match error.kind() {
        io::ErrorKind::Interrupted => SessionError::Cancelled,
        _ => SessionError::Platform(PlatformError::NoTerminal(error)),
    }
}

fn ask_line(prompt: &str) -> io::Result<String> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    write!(terminal, "{prompt}")?;
    let mut answer = Vec::new();
    let mut byte = [0];
    // Byte by byte, because the library's own way goes on after Ctrl+C.
    while terminal.read(&mut byte)? == 1 && byte != *b"\n" {
        answer.extend(byte);
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
