//! What is printed: results on standard output, messages and errors on standard error.

use std::io::{self, IsTerminal, Write};
use std::sync::LazyLock;

use sealkeep::secret::SecretBytes;
use serde_json::Value;

use crate::error::CliError;
use crate::text;
use crate::wording::Worded;

/// How to print, as the global options say.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
    pub quiet: bool,
}

impl Output {
    /// A line of a result; nothing where the result is JSON.
    pub fn line(self, line: &str) -> Result<(), CliError> {
        if self.json { Ok(()) } else { write_out(line, "\n") }
    }

    /// The result as JSON; nothing where the result is text.
    pub fn json(self, document: impl FnOnce() -> Value) -> Result<(), CliError> {
        if !self.json {
            return Ok(());
        }
        write_out(&text::visible_json(&format!("{:#}", document())), "\n")
    }

    /// A result that is secret, as it is: for another program.
    pub fn secret(self, document: &SecretBytes) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        // EXPOSE: asked for, by a command that does nothing else.
        out.write_all(document.expose()).and_then(|()| out.flush()).map_err(CliError::stdout)
    }

    /// Something that has to be read for the command to go on.
    pub fn notice(self, notice: &str) {
        to_stderr(notice);
    }

    /// Something to know, unless asked to be quiet.
    pub fn message(self, message: &str) {
        if !self.quiet {
            to_stderr(message);
        }
    }

    /// Something to worry about.
    pub fn warning(self, warning: &str) {
        if self.json {
            json_to_stderr(&serde_json::json!({ "warning": warning }));
        } else {
            to_stderr(&format!("Warning: {warning}"));
        }
    }

    /// Why it did not work.
    pub fn error(self, worded: &Worded) {
        if self.json {
            json_to_stderr(&worded.to_json());
            return;
        }
        to_stderr(&worded.error);
        if !worded.hint.is_empty() {
            to_stderr(&worded.hint);
        }
        for candidate in &worded.candidates {
            to_stderr(&format!("  {}  {}", candidate.id, candidate.title));
        }
    }
}

/// Whether results go to a terminal: asked once, and not for every word of a long table.
static ON_TERMINAL: LazyLock<bool> = LazyLock::new(|| io::stdout().is_terminal());

/// `text` as it may be shown: on a terminal without anything that would move its cursor or worse; elsewhere as it is.
pub fn shown(value: &str) -> String {
    if *ON_TERMINAL { text::visible_lines(value) } else { value.to_owned() }
}

/// Appends the same, on one line.
pub fn push_shown(line: &mut String, value: &str) {
    if *ON_TERMINAL || value.contains('\n') {
        line.push_str(&shown(value).replace('\n', " "));
    } else {
        line.push_str(value);
    }
}

/// How many columns a table may have; `None` where nobody looks at it, or where that is not known.
pub fn columns() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok()?.parse().ok()?;
    ON_TERMINAL.then_some(columns)
}

fn write_out(text: &str, end: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.write_all(end.as_bytes()));
    written.and_then(|()| out.flush()).map_err(CliError::stdout)
}

fn json_to_stderr(document: &Value) {
    let _ = writeln!(io::stderr().lock(), "{}", text::visible_json(&document.to_string()));
}

fn to_stderr(line: &str) {
    // Names in messages may hold anything; a terminal must not be steered by them.
    let line = text::visible_lines(line);
    // There is nowhere left to say that this failed.
    let _ = writeln!(io::stderr().lock(), "{line}");
}
