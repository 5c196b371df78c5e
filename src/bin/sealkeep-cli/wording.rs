//! Errors in words: what happened, and what to do. Every error of the library that reaches the command line is worded here.

use sealkeep::platform::{KeyringError, OutError, PlatformError};
use sealkeep::providers::ProviderError;
use sealkeep::session::{ErrorClass, SessionError};
use serde_json::{Value, json};

use crate::error::CliError;

/// An error, ready to be printed.
#[derive(Debug)]
pub struct Worded {
    /// What happened.
    pub error: String,
    /// What to do; empty where nothing general helps.
    pub hint: String,
    /// The exit status.
    pub code: u8,
    /// Items that could have been meant.
    pub candidates: Vec<Candidate>,
}

/// An item that could have been meant.
#[derive(Debug)]
pub struct Candidate {
    pub id: String,
    pub title: String,
}

impl Worded {
    pub fn new(error: impl Into<String>, hint: impl Into<String>, code: u8) -> Self {
        Self { error: sentence(&error.into()), hint: hint.into(), code, candidates: Vec::new() }
    }

    pub fn to_json(&self) -> Value {
        let mut document = json!({ "error": self.error, "hint": self.hint, "code": self.code });
        if !self.candidates.is_empty() {
            let candidates = self.candidates.iter().map(|item| json!({ "id": item.id, "title": item.title })).collect();
            document["candidates"] = Value::Array(candidates);
        }
        document
    }
}

/// The exit status of a class of errors.
pub fn exit_status(class: ErrorClass) -> u8 {
    match class {
        ErrorClass::Failed => 1,
        ErrorClass::Usage => 2,
        ErrorClass::Denied => 3,
        ErrorClass::NoSuchItem => 4,
        ErrorClass::Damaged => 5,
        ErrorClass::Unreachable => 6,
    }
}

/// `error` in words; `None` where there is nothing, or nobody left, to say it to.
pub fn word(error: &CliError) -> Option<Worded> {
    match error {
        CliError::Usage(what, hint) => Some(Worded::new(what, *hint, 2)),
        CliError::Input(what, hint) => Some(Worded::new(what, *hint, 1)),
        CliError::Session(error) => Some(word_session(error)),
        CliError::BrokenPipe | CliError::Said(_) => None,
    }
}

/// `error` in words.
pub fn word_session(error: &SessionError) -> Worded {
    let code = exit_status(error.class());
    let hint = match error {
        SessionError::Provider(error) => return word_provider(error, code),
        SessionError::Platform(error) => hint_of_platform(error).to_owned(),
        SessionError::Keyring(error) => hint_of_keyring(error).to_owned(),
        SessionError::Out(error) => hint_of_out(error).to_owned(),
        other => hint_of(other).to_owned(),
    };
    Worded::new(error.to_string(), hint, code)
}

fn hint_of(error: &SessionError) -> &'static str {
    match error {
        SessionError::NoProfile(_) => {
            "See which there are: sealkeep-cli profile ls. Make one: sealkeep-cli profile add."
        }
        SessionError::NoSource(_) => "Check the name. Nothing was written.",
        SessionError::SourceIsFolder(_) => "Name the files in it; whole folders can't be taken yet.",
        SessionError::SourceNotAFile(_) => {
            "Only files can be read by name. To read a pipe or a device, send it to standard input and name it -."
        }
        SessionError::SourceDenied(_) => "Ask its owner for permission to read it.",
        SessionError::SourceChanged(_) => "Nothing was written. Try again when no program writes to it.",
        SessionError::OntoItself(_) => "Choose another folder or name with -o.",
        SessionError::SameOutput(_) => "Seal or open one of them elsewhere, with -o.",
        SessionError::NoOpenedName(_) => "Say where it should go: -o FILE, -o DIR, or -o - for standard output.",
        SessionError::NoName => "Say where it should go: -o FILE, or -o - for standard output.",
        SessionError::Cancelled => "Nothing half-written was left.",
        SessionError::Random | SessionError::Thread => "Try again; restart the machine if it stays.",
        _ => "",
    }
}

fn hint_of_out(error: &OutError) -> &'static str {
    match error {
        OutError::Exists(_) => "Choose another name, or replace it with --force.",
        other => other.hint(),
    }
}

fn hint_of_platform(error: &PlatformError) -> &'static str {
    match error {
        PlatformError::Write(error) => hint_of_out(error),
        other => other.hint(),
    }
}

fn hint_of_keyring(error: &KeyringError) -> &'static str {
    match error {
        KeyringError::NotFound(_) => "Add it again: sealkeep-cli profile add.",
        other => other.hint(),
    }
}

fn word_provider(error: &ProviderError, code: u8) -> Worded {
    let (error, hint) = match error {
        ProviderError::WrongPassphrase => ("wrong passphrase".to_owned(), "Try again.".to_owned()),
        ProviderError::AccessDenied { action, key } => (
            format!("AWS says this profile may not use the key ({action} on {key})"),
            format!("Ask whoever runs the account to allow {action} on it, or use another profile with --profile."),
        ),
        ProviderError::KeyDisabled { key } => (
            format!("the KMS key {key} is disabled"),
            "Your data is safe, but can't be opened until the key is enabled.".to_owned(),
        ),
        ProviderError::KeyPendingDeletion { key } => (
            format!("the KMS key {key} will be deleted"),
            "Cancel its deletion in AWS KMS and enable it. After it is deleted, nothing under it can be opened."
                .to_owned(),
        ),
        ProviderError::KeyNotFound { key } => {
            (format!("there is no KMS key {key}"), "Check the ARN, its region and its account.".to_owned())
        }
        ProviderError::ForeignKey { key } => (
            format!("this is wrapped under {key}, which is not trusted here; AWS was not asked"),
            format!("If you know that key, name it: --key {key}"),
        ),
        ProviderError::Credentials { reason } => (
            format!("AWS refused the credentials ({reason})"),
            "They may have ended or been withdrawn. Add the profile again with new ones: sealkeep-cli profile add."
                .to_owned(),
        ),
        ProviderError::Throttled => {
            ("AWS KMS is limiting requests just now".to_owned(), "Wait a moment, then try again.".to_owned())
        }
        ProviderError::Unreachable { reason } => {
            (format!("AWS KMS did not answer ({reason})"), "Check the network, then try again.".to_owned())
        }
        ProviderError::NotAuthentic => (
            "the wrapped key was changed, or belongs to something else".to_owned(),
            "It can't be trusted. Use another copy.".to_owned(),
        ),
        other => (other.to_string(), String::new()),
    };
    Worded::new(error, hint, code)
}

/// With a capital letter at its beginning and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut sentence: String = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    // A path keeps its letters.
    if text.contains('/') && !text.contains(' ') {
        sentence = text.chars().take(1).collect();
    }
    sentence.push_str(letters.as_str());
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}
