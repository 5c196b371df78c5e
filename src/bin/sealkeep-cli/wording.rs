//! Errors in words: what happened, and what to do. Every error of the library that reaches the command line is worded here.

mod kms;

pub use kms::{cancel_command, statement, unlisted, when_deleted};

use std::io;

use sealkeep::platform::{KeyringError, OutError, PlatformError};
use sealkeep::session::{ErrorClass, SessionError};
use sealkeep::vault::{SealedFileError, SlotConfig, SlotRecord, StoreError, Trust, VaultError};
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
#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: String,
    pub title: String,
}

impl Worded {
    /// `error` is a whole sentence, or several.
    pub fn new(error: impl Into<String>, hint: impl Into<String>, code: u8) -> Self {
        Self { error: error.into(), hint: hint.into(), code, candidates: Vec::new() }
    }

    /// What the library says of `error`, as a sentence.
    pub fn of(error: &impl std::fmt::Display, hint: impl Into<String>, code: u8) -> Self {
        Self::new(sentence(&error.to_string()), hint, code)
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
        CliError::Usage(what, hint) => Some(Worded::new(what, hint, 2)),
        CliError::Input(what, hint) => Some(Worded::new(what, hint, 1)),
        CliError::NoItem(reference, candidates) => Some(word_no_item(reference, candidates)),
        CliError::Session(error) => Some(word_session(error)),
        CliError::BrokenPipe | CliError::Said(_) => None,
    }
}

fn word_no_item(reference: &str, candidates: &[Candidate]) -> Worded {
    if candidates.is_empty() {
        let what = format!("There is no item “{reference}”.");
        return Worded::new(what, "List what there is: sealkeep-cli ls (and ls --trash).", 4);
    }
    let what = format!("“{reference}” could be any of {} items.", candidates.len());
    let mut worded = Worded::new(what, "Name one by its id:", 4);
    worded.candidates = candidates.to_vec();
    worded
}

/// `error` in words.
pub fn word_session(error: &SessionError) -> Worded {
    let code = exit_status(error.class());
    let hint = match error {
        SessionError::Provider(error) => return kms::word_provider(error, code),
        SessionError::Vault(error) => return word_vault(error, code),
        SessionError::NeedsTrust(trust) => return word_trust(trust, code),
        SessionError::Platform(error) => hint_of_platform(error).to_owned(),
        SessionError::Keyring(error) => hint_of_keyring(error).to_owned(),
        SessionError::Out(error) => hint_of_out(error).to_owned(),
        SessionError::ProfileCame { stored, .. } => hint_of_came(stored),
        other => hint_of(other).to_owned(),
    };
    Worded::of(error, hint, code)
}

fn hint_of_came(stored: &[String]) -> String {
    let so_far = match stored {
        [] => "Nothing was imported.".to_owned(),
        stored => {
            format!("It was not replaced, and no more is imported. In the keyring already: {}.", stored.join(", "))
        }
    };
    format!("{so_far} Run it again, and say whether it is to be replaced.")
}

fn hint_of(error: &SessionError) -> &'static str {
    match error {
        SessionError::NoProfile(_) => {
            "See which there are: sealkeep-cli profile ls. Make one: sealkeep-cli profile add."
        }
        SessionError::WhichProfile => {
            "Name one: --profile NAME. See which there are: sealkeep-cli profile ls. Make one: sealkeep-cli profile add."
        }
        SessionError::NobodyToAsk(_) => {
            "Run it on a terminal, where its code or passphrase can be typed. A passphrase may come from --passphrase-file, too."
        }
        SessionError::ProtectionGone(_) => {
            "Nothing was asked of AWS. Another program has put it there: add the profile again with credentials that you know: \
             sealkeep-cli profile add --protect."
        }
        SessionError::ProfileChain(_) => "Give one of them credentials of its own: sealkeep-cli profile add.",
        SessionError::NotProtectable { .. } => "Nothing was changed.",
        SessionError::NoAwsFiles(_) => {
            "AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE can name others. Nothing was imported."
        }
        SessionError::NotAnAwsFile { .. } => {
            "Nothing was imported. The AWS command line does not read it either: correct it first."
        }
        SessionError::NoAwsProfile(_) => "See which it has: sealkeep-cli profile import --list.",
        SessionError::NotImportable { .. } => "Nothing was imported. Make it by hand: sealkeep-cli profile add.",
        SessionError::NotStored(_) => "No key was removed. Import it again.",
        SessionError::ProfileExists(_) => "Nothing was stored. Choose another name.",
        SessionError::NoSeat(_) => "Name them: --account A --role N.",
        SessionError::Length { .. } => "Ask for a number between these.",
        SessionError::SameKey(_) => "Nothing was changed.",
        SessionError::WhichSlot => "Say which: --slot ID. List them: sealkeep-cli slot ls.",
        SessionError::NotAKmsSlot => {
            "List them: sealkeep-cli slot ls. One that was retired can be taken away: sealkeep-cli slot rm."
        }
        SessionError::NoSlot(_) => "See what opens it: sealkeep-cli status.",
        SessionError::NotSealed(_) => "Check the name. Nothing was written.",
        SessionError::NotReadable { .. } if error.class() == ErrorClass::Damaged => {
            "Nothing was written. Get another copy of it."
        }
        SessionError::NotReadable { .. } => {
            "Nothing was written. Ask whoever sealed it to seal it anew with key commitment, which is their tool's default now."
        }
        SessionError::Spool { .. } => {
            "Nothing was written. Set TMPDIR to a folder with more room, or write it to a file: -o FILE."
        }
        SessionError::SourceDamaged(_) => "No file was written. Get another copy of it.",
        SessionError::NoOpener(_) => "Ask whoever sealed it to seal it for a KMS key or a passphrase that you have.",
        SessionError::TooManyRecipients { .. } => "Seal it twice, for some of them each.",
        SessionError::NoSource(_) => "Check the name. Nothing was written.",
        SessionError::SourceIsFolder(_) => "Name the files in it; whole folders can't be taken yet.",
        SessionError::SourceNotAFile(_) => {
            "Only files can be read by name. To read a pipe or a device, send it to standard input and name it -."
        }
        SessionError::SourceDenied(_) => "Ask its owner for permission to read it.",
        SessionError::SourceChanged(_) => "Nothing was written. Try again when no program writes to it.",
        SessionError::InsideTheOld(_) => {
            "Choose a folder beside it or, where its disk may be failing, on another disk: sealkeep-cli salvage DIR."
        }
        SessionError::OntoItself(_) => "Choose another folder or name with -o.",
        SessionError::SameOutput(_) => "Seal or open one of them elsewhere, with -o.",
        SessionError::NoOpenedName(_) => "Say where it should go: -o FILE, -o DIR, or -o - for standard output.",
        SessionError::NoName => "Say where it should go: -o FILE, or -o - for standard output.",
        SessionError::Cancelled => "Nothing half-written was left.",
        SessionError::SealedFile(SealedFileError::PartOfVault) => {
            "A file in a vault's folder opens with the vault: sealkeep-cli get."
        }
        SessionError::SealedFile(SealedFileError::OtherRecipient) => "Ask whoever sealed it to seal it for you.",
        SessionError::Source { .. } => "Nothing was written. See whether its disk can be read, then try again.",
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

/// What has to be confirmed of a vault, for somebody who has to decide.
pub fn describe_trust(trust: &Trust) -> String {
    let list = |keys: &[String]| match keys {
        [] => "a passphrase".to_owned(),
        keys => keys.join(", "),
    };
    match trust {
        Trust::Known => "The vault is known here.".to_owned(),
        Trust::FirstUse { key_arns } => {
            format!("This vault was never opened on this machine. It asks for {}.", list(key_arns))
        }
        Trust::SlotsChanged { before, now } => {
            let name = |slot: &SlotRecord| match &slot.config {
                SlotConfig::Kms { key_arn } => key_arn.clone(),
                SlotConfig::Passphrase { .. } => "a passphrase".to_owned(),
                SlotConfig::Recovery { .. } => "a recovery key".to_owned(),
            };
            let now: Vec<String> = now.iter().map(name).collect();
            format!(
                "What opens this vault was changed since it was last seen here. It was {}; it is {}.",
                list(before),
                list(&now)
            )
        }
        Trust::AnotherVault { key_arns, .. } => {
            format!("Another vault stood in this folder when it was last opened. This one asks for {}.", list(key_arns))
        }
    }
}

fn word_trust(trust: &Trust, code: u8) -> Worded {
    let keys: Vec<String> = trust.key_arns().iter().map(|arn| format!("--key {arn}")).collect();
    let hint = match trust {
        Trust::FirstUse { .. } => format!("If that is the key that you were told, name it: {}", keys.join(" ")),
        Trust::SlotsChanged { now, .. } if now.len() > 1 && now.iter().any(|slot| slot.config.key_arn().is_none()) => {
            "Ask whoever changed it. If you expected this: sealkeep-cli accept.".to_owned()
        }
        _ if keys.is_empty() => "Ask whoever changed it. If you expected this, say --yes.".to_owned(),
        _ => {
            let keys = keys.join(" ");
            format!("Ask whoever changed it. If you expected this, name every key: {keys}, or run sealkeep-cli accept.")
        }
    };
    Worded::new(format!("{} Nothing was asked of AWS.", describe_trust(trust)), hint, code)
}

fn word_vault(error: &VaultError, code: u8) -> Worded {
    let hint = match error {
        VaultError::Store(error) => return word_store(error, code),
        VaultError::NotConfirmed => "It changed just now. Look at it again, then confirm again.",
        VaultError::SlotsForged => {
            "Somebody wrote into the vault from outside. Use another copy of it, or save what still opens: sealkeep-cli salvage DIR."
        }
        VaultError::SlotsChanged | VaultError::Rekeyed => "Open it again.",
        VaultError::SlotAway(_) => {
            "Give its passphrase or code; for a KMS key, let this machine open the vault with it once: sealkeep-cli ls --profile NAME. \
             Or remove that way in first, and add a new one afterwards: sealkeep-cli slot rm SLOT."
        }
        VaultError::SlotRetired(_) => {
            "Remove it first: sealkeep-cli slot rm SLOT. Or let everything have new keys: sealkeep-cli rekey."
        }
        VaultError::SlotGone => "Nothing was saved. Try again.",
        VaultError::LeftTrash => "Nothing was deleted. Look at the trash again: sealkeep-cli ls --trash.",
        VaultError::NotWrapped(_) => {
            "It is retired, or was never finished, or it is damaged. Open the vault with another slot, or use another copy of it."
        }
        VaultError::NoSuchSlot(_) => "`sealkeep-cli slot ls` shows the slots.",
        VaultError::SlotPending(_) => {
            "Finish it with `sealkeep-cli slot repair`, or take it away with `sealkeep-cli slot rm`."
        }
        VaultError::LastSlot(_) => "Add another slot first: `sealkeep-cli slot add`.",
        VaultError::OtherSlot(_) => "`sealkeep-cli slot ls` shows of which kind each is.",
        VaultError::Unaccepted => {
            "What is intact still opens. If you restored a backup on purpose, or know of the damage: sealkeep-cli accept."
        }
        VaultError::OtherIndexKey => {
            "Nothing was copied. If you know why, and it is yours: sealkeep-cli accept, and then again. Else use another copy."
        }
        VaultError::Older => "Find out who put it there, then open it again.",
        VaultError::Damaged(_) => "What is intact still opens. List everything that is damaged: sealkeep-cli check.",
        VaultError::NoSuchItem(_) => "List what there is: sealkeep-cli ls (and ls --trash).",
        VaultError::NoSuchRevision(_) => "List its revisions: sealkeep-cli history.",
        VaultError::CurrentRevision(_) => "To remove it with its item: sealkeep-cli purge.",
        VaultError::WrongKind => "For a document use get, for anything else show.",
        VaultError::TooLong(_) => "Nothing was saved. Shorten it.",
        VaultError::TooLarge(_) => "Nothing was saved. Keep it as several files.",
        VaultError::Stalled(_) => {
            "Copy the folder to another disk, and use the copy. If that ends like this too, use a backup, or save what still opens: sealkeep-cli salvage DIR."
        }
        VaultError::Pins(_) => "Check that Sealkeep's own folder is yours and writable, and has room.",
        VaultError::Crypto(_) => {
            "It was changed outside Sealkeep and can't be trusted. Earlier revisions may still open: sealkeep-cli history."
        }
        _ => "",
    };
    Worded::of(error, hint, code)
}

fn word_store(error: &StoreError, code: u8) -> Worded {
    let hint = match error {
        StoreError::File { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            "Make the folder above it first, or choose another."
        }
        StoreError::File { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            "Choose a folder that you may write to."
        }
        StoreError::Replaced { .. } => {
            "Another copy was put in its place. Open it again, see what it has, and save once more."
        }
        StoreError::Exists { .. } => "Choose another name.",
        StoreError::NotAVault { .. } => {
            "Check the name: --vault NAME.sealkeep. If it was a vault, its vault.db is damaged from the first byte on: use a backup. To make a new one: sealkeep-cli new."
        }
        StoreError::Newer { .. } => "Nothing was changed. Open it with the newer Sealkeep that wrote it.",
        StoreError::InUse => "Nothing was changed. Try again when the other program is done.",
        StoreError::LogLeft { .. } => {
            "Copy the whole folder, vault.db-wal too, to where you may write, and open the copy."
        }
        StoreError::ReadOnly { .. } => "Make its folder and files writable for yourself, or copy it to where they are.",
        StoreError::NoSpace { .. } => "Nothing was lost, and nothing was changed. Free some space, then try again.",
        StoreError::Damaged(_) => {
            "Use another copy of the vault: a backup, or another machine's. Or save what still opens of it: sealkeep-cli salvage DIR."
        }
        StoreError::File { .. } | StoreError::Database(_) => {
            "See what the vault has, and try again. If it fails again the disk may be failing: copy the vault to another."
        }
        _ => "",
    };
    let what = match error {
        // The database does not say which of its files it was.
        StoreError::ReadOnly { path } if path.as_os_str().is_empty() => "The vault can't be written.".to_owned(),
        StoreError::NoSpace { path } if path.as_os_str().is_empty() => "No space is left for the vault.".to_owned(),
        other => sentence(&other.to_string()),
    };
    Worded::new(what, hint, code)
}

/// What the library says, as a sentence: with a capital letter at its beginning and a full stop at its end. Where it begins with
/// somebody's name of a file, that stands in quotes and keeps its letters.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    sentence.push_str(letters.as_str());
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_sentences_and_names_keep_their_letters() {
        for (error, told) in [
            (StoreError::Exists { path: "a".into() }, "“a” exists already."),
            (StoreError::NotAVault { path: "/d/x y".into() }, "“/d/x y” is not a vault."),
            (StoreError::InUse, "The vault is in use by another program."),
            (StoreError::ReadOnly { path: "".into() }, "The vault can't be written."),
        ] {
            assert_eq!(word_store(&error, 1).error, told);
        }
    }
}
