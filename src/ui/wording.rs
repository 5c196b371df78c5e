//! What problems sound like: what happened · what to do. Every failure that the window shows is worded here, once.

mod doubts;
pub mod import;
pub mod keeping;
pub mod kms;
pub mod profiles;
pub mod salvage;
mod sign_in;
pub mod ways;

use std::path::Path;

use crate::ui::action::Purpose;
use crate::ui::show;
use crate::worker::{JobEnd, JobKind, LockReason, Problem, Warning};

pub use doubts::{Extent, History, finding, history_of};

/// A problem in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub happened: String,
    /// What to do about it; may be empty.
    pub to_do: String,
    /// What a button beside it can do.
    pub fix: Option<Fix>,
    /// What another button can do: to try again, say, once what the first one gave was used.
    pub also: Option<Fix>,
}

/// What a button beside a problem can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// The same once more.
    TryAgain,
    /// Show the AWS profiles.
    Profiles,
    /// Copy this IAM statement.
    CopyStatement(String),
    /// Copy this command of the AWS command line.
    CopyCommand(String),
    /// Look at the vault again, and confirm what it shows.
    LookAgain,
    /// Sign in to AWS as this profile.
    SignIn(String),
    /// Check the open vault.
    Check,
    /// Lock the vault, to open it again.
    Lock,
}

impl Fix {
    /// What the button says.
    pub fn label(&self) -> &'static str {
        match self {
            Self::TryAgain => "Try again",
            Self::Profiles => "AWS profiles",
            Self::CopyStatement(_) => "Copy the statement",
            Self::CopyCommand(_) => "Copy the AWS command",
            Self::LookAgain => "Show what changed",
            Self::SignIn(_) => "Sign in again",
            Self::Check => "Check this vault",
            Self::Lock => "Lock",
        }
    }
}

impl Words {
    /// The same where no vault is open: without what only an open one can do.
    pub fn while_locked(mut self) -> Self {
        let fixes = [self.fix.take(), self.also.take()];
        let mut fixes = fixes.into_iter().flatten().filter(|fix| *fix != Fix::Check);
        (self.fix, self.also) = (fixes.next(), fixes.next());
        self
    }
}

fn words(happened: impl Into<String>, to_do: impl Into<String>, fix: Option<Fix>) -> Words {
    Words { happened: happened.into(), to_do: to_do.into(), fix, also: None }
}

/// A problem in words.
pub fn of(problem: &Problem) -> Words {
    kms::kms(problem)
        .or_else(|| import::problem(problem))
        .or_else(|| keyring(problem))
        .or_else(|| vault(problem))
        .unwrap_or_else(|| files(problem))
}

/// A problem in words that fit what the command was for.
pub fn in_place(problem: &Problem, purpose: Purpose) -> Words {
    let mut words = of(problem);
    let otherwise = match (problem, purpose) {
        (Problem::NoDialog, Purpose::PickVault) => "Drop the vault's folder onto this window.",
        (Problem::NoDialog, Purpose::PickFiles | Purpose::PickToSeal) => "Drop the files onto this window.",
        (Problem::NoDialog, Purpose::PickPlace) => "The vault can be made in the folder that is shown.",
        _ => return words,
    };
    words.to_do = format!("{otherwise} For a dialog, install xdg-desktop-portal and a portal for your desktop.");
    words
}

fn keyring(problem: &Problem) -> Option<Words> {
    Some(match problem {
        Problem::NoKeyring => words(
            "No keyring service is running, so there is nowhere safe for AWS credentials.",
            "Install gnome-keyring or KWallet and sign in to the desktop again.",
            Some(Fix::TryAgain),
        ),
        Problem::KeyringLocked => {
            words("The keyring is locked.", "Unlock it in the window that the desktop shows.", Some(Fix::TryAgain))
        }
        Problem::NoKeyringCollection => words(
            "The keyring has no place for new entries.",
            "Make a default keyring in the desktop's password manager (Seahorse: File, New, Password keyring).",
            Some(Fix::TryAgain),
        ),
        Problem::NoProfile { name } => words(
            format!("The credentials of the AWS profile “{name}” are not in the keyring."),
            "Add the profile again, or choose another.",
            Some(Fix::Profiles),
        ),
        Problem::ProfileExists(there) => words(
            format!("There is a profile “{}” already.", there.name),
            "Nothing was stored. Choose another name, or look at that one first.",
            Some(Fix::Profiles),
        ),
        _ => return None,
    })
}

fn vault(problem: &Problem) -> Option<Words> {
    Some(match problem {
        Problem::Cancelled => words("Cancelled.", "", None),
        Problem::Locked => words("The vault was locked before this was done.", "Unlock it and try again.", None),
        Problem::NoVault => words("No vault is open.", "Open one first.", None),
        Problem::Busy => words("Too much is waiting already.", "Wait until something is done.", Some(Fix::TryAgain)),
        Problem::WorkerGone => words("Sealkeep's inner part has ended.", "Close the window and open it again.", None),
        Problem::Crashed { part } => words(
            format!("A part of Sealkeep crashed ({part})."),
            "What was saved is safe. Try again; if it happens again, please report it.",
            None,
        ),
        Problem::WrongPassphrase => words("Wrong passphrase.", "Try again. Is Caps Lock on?", None),
        Problem::MistypedCode => {
            words("A character of the recovery code is wrong.", "Compare it with the sheet, group by group.", None)
        }
        Problem::NotAVault { folder } => words(
            format!("“{}” is not a Sealkeep vault.", show::file_name(folder)),
            "Choose a folder that has a vault.db. If this one was a vault, its vault.db is damaged from the first byte on: use a backup.",
            None,
        ),
        Problem::NewerSchema { needs } => words(
            "A newer Sealkeep wrote this vault.",
            format!("Update Sealkeep: this vault needs schema {needs}."),
            None,
        ),
        Problem::InUse => words(
            "Another program is using this vault.",
            "Close the other window, or wait until its command has ended.",
            Some(Fix::TryAgain),
        ),
        Problem::NeedsTrust => words(
            "The vault's keys are not the ones that this computer knows.",
            "Look at what changed and confirm it.",
            Some(Fix::LookAgain),
        ),
        Problem::NoSuchItem => words("This item is gone.", "Somebody removed it in the meantime.", None),
        Problem::WrongKind => words("That can't be done with this kind of item.", "", None),
        Problem::Damaged { what } => words(
            format!("This was changed outside Sealkeep and can't be trusted: {what}."),
            "An earlier version, or a backup, may still open.",
            None,
        ),
        Problem::Stalled { minutes } => words(
            format!(
                "Nothing went on for {minutes} minutes: the disk does not answer, or the vault is damaged and has no end."
            ),
            "Copy the vault's folder to another disk and open the copy. If that ends like this too, use a backup, or save what still opens.",
            None,
        ),
        Problem::StillInLog => words(
            "What was removed is still in the vault's log, sealed.",
            "Another program has the vault open. It goes when that one saves something or closes the vault.",
            None,
        ),
        Problem::OlderCopy => words(
            "An older copy was put in this vault's place while it was open.",
            "Nothing is saved to it. Find out who did that, then lock the vault and open it again to see what it holds.",
            None,
        ),
        Problem::Replaced => words(
            "Another copy was put in this vault's place while it was open, or it was moved.",
            "Nothing is saved to it. Find out who did that, then lock the vault and open it again to see what it holds.",
            None,
        ),
        Problem::Unaccepted => words(
            "Nothing is saved while something in this vault can't be trusted.",
            "What was found stands at the top of the window: decide there.",
            None,
        ),
        Problem::WaysChanged => words(
            "Another program changed this vault's ways in while it was open.",
            "Lock the vault and open it again to go on.",
            Some(Fix::Lock),
        ),
        Problem::Rekeyed => words(
            "Another program gave this vault new keys while it was open.",
            "Lock the vault and open it again to go on. What was saved is there.",
            Some(Fix::Lock),
        ),
        Problem::WayAway => words(
            "A new key for the list goes to every way into the vault, and one of them is not here.",
            "Type its passphrase or code; for a KMS key, open the vault with it once on this computer. Or remove that way in first.",
            Some(Fix::TryAgain),
        ),
        Problem::WayRetired => words(
            "There is still content under the key of a retired way in, which would not open the vault any more.",
            "Remove that way in first, or make new keys for everything.",
            Some(Fix::TryAgain),
        ),
        Problem::ClockDoubt { why } => words(
            sentence(why),
            "Set this computer's clock, or do it without asking how old something is.",
            Some(Fix::TryAgain),
        ),
        Problem::WayGone => words(
            "A way into the vault was removed or retired while this was being saved.",
            "Nothing was saved. Save it again.",
            None,
        ),
        Problem::LeftTrash => words(
            "An item was taken out of the trash, or put there anew, since this was asked.",
            "Nothing was deleted. Look at the trash again.",
            None,
        ),
        Problem::LastWay => words(
            "This is the last way in that opens everything.",
            "Add another one, or wait until another one is finished, before you take this one away.",
            None,
        ),
        Problem::NotForThisWay => words(
            "The way in that was used does not open this.",
            "It is retired, or was never finished. Open the vault in another way: lock it first, if it is open.",
            None,
        ),
        Problem::OwnWay => words(
            "This way in opened the vault, and is in use.",
            "Lock the vault and open it another way. Then this one can be retired or removed.",
            None,
        ),
        Problem::NeedsPassphrase => words(
            "A recovery code opened the damaged vault.",
            "Paper is nothing to type every day: choose a passphrase for the new vault.",
            None,
        ),
        Problem::SameKey { key } => {
            words(format!("This vault has the KMS key {} already.", show::key_name(key)), "Choose another key.", None)
        }
        Problem::MoreFound => words(
            "Something else was found in this vault meanwhile; nothing was accepted.",
            "Look at it again before you decide.",
            None,
        ),
        _ => return None,
    })
}

fn files(problem: &Problem) -> Words {
    let name = |path: &Path| show::file_name(path);
    match problem {
        Problem::DiskFull { needed: Some(needed) } => words(
            format!("The disk is full: {} more is needed.", show::bytes(*needed)),
            "Nothing was lost. Make room and try again.",
            Some(Fix::TryAgain),
        ),
        Problem::DiskFull { needed: None } => {
            words("The disk is full.", "Nothing was lost. Make room and try again.", Some(Fix::TryAgain))
        }
        Problem::NoSettings { text } => words(sentence(text), OWN_FOLDERS, Some(Fix::TryAgain)),
        Problem::ReadOnly { path } => words(
            format!("“{}” can't be written to.", name(path)),
            "Choose another place, or change its permissions.",
            None,
        ),
        Problem::Exists { path } => words(format!("“{}” exists already.", name(path)), "Choose another name.", None),
        Problem::Vanished { path } => {
            words(format!("“{}” is not there any more.", name(path)), "Was it moved or renamed?", None)
        }
        Problem::NotReadable { path } => {
            words(format!("“{}” may not be read.", name(path)), "Change its permissions and try again.", None)
        }
        Problem::NotAFile { path } => {
            words(format!("“{}” is not a regular file.", name(path)), "Links and devices are left out.", None)
        }
        Problem::IsFolder { path } => words(format!("“{}” is a folder.", name(path)), "Choose the files in it.", None),
        Problem::TooLarge { length, limit } => words(
            format!("This is too large to show here: {} (up to {}).", show::bytes(*length), show::bytes(*limit)),
            "Save it to a file instead.",
            None,
        ),
        Problem::Invalid { what } => words(sentence(what), "Change it and try again.", None),
        Problem::NoDialog => {
            words("The desktop has no file dialog.", "Install xdg-desktop-portal and a portal for your desktop.", None)
        }
        Problem::NoClipboard => words("The clipboard can't be written.", "Show the value and type it.", None),
        Problem::Other { text } => words(sentence(text), "", None),
        _ => words("Something went wrong.", "", None),
    }
}

const OWN_FOLDERS: &str = "Make that folder, or the one above it, writable for yourself. Or close this window, set $SEALKEEP_HOME to a folder of \
                           your own, and start Sealkeep again.";

/// Why the window can't begin, and what to do about it whatever it is.
pub fn beginning(problem: &Problem) -> Words {
    words(of(problem).happened, OWN_FOLDERS, Some(Fix::TryAgain))
}

/// What the person should know of an open vault.
pub fn warning(warning: &Warning) -> Words {
    let place = match warning {
        Warning::OnNetwork(kind) => format!("This vault is on a network share ({kind})"),
        Warning::Synced(program) => format!("This vault is in a folder that {program} copies"),
    };
    words(place, "Two machines that save at the same time can damage it. Keep it on a disk of this computer.", None)
}

/// Why the vault is locked, on its unlock screen; nothing where the person did it.
pub fn locked(reason: LockReason) -> Option<&'static str> {
    match reason {
        LockReason::Asked | LockReason::Switching => None,
        LockReason::Idle => Some("Locked because nobody was here for a while."),
        LockReason::Requested => Some("Locked because the system or a command asked for it."),
        LockReason::Crashed => Some("Locked because a part of Sealkeep crashed. What was saved is safe."),
    }
}

/// What a job is doing.
pub fn job(kind: JobKind) -> &'static str {
    match kind {
        JobKind::AddFiles => "Adding files",
        JobKind::SealBeside => "Making encrypted copies",
        JobKind::OpenDocument => "Opening",
        JobKind::SaveDocument => "Saving a copy",
        JobKind::SealItem => "Making an encrypted copy",
        JobKind::AddVersion => "Saving a new version",
        JobKind::RestoreRevision => "Restoring a version",
        JobKind::WrapKeys => "Wrapping keys",
        JobKind::MoveKeys => "Moving keys",
        JobKind::Drill => "Trying recovery",
        JobKind::Check => "Checking the vault",
        JobKind::Rekey => "Making new keys",
        JobKind::Salvage => "Saving what still opens",
    }
}

/// How a job ended.
pub fn job_ended(kind: JobKind, end: JobEnd, items: usize, files: usize, left_out: usize) -> String {
    if end == JobEnd::Cancelled && items == 0 && files == 0 {
        return "Cancelled: nothing of it stays".to_owned();
    }
    let done = match kind {
        JobKind::AddFiles => format!("{} added", show::count(items as u64, "file")),
        JobKind::SealBeside if files == 1 => "1 encrypted copy made".to_owned(),
        JobKind::SealBeside => format!("{} encrypted copies made", show::grouped(files as u64)),
        JobKind::OpenDocument => "Opened".to_owned(),
        JobKind::SaveDocument => "Copy saved".to_owned(),
        JobKind::SealItem => "Encrypted copy made".to_owned(),
        JobKind::AddVersion => "New version saved".to_owned(),
        JobKind::RestoreRevision => "Version restored".to_owned(),
        // Their ends are told by their pages.
        JobKind::WrapKeys | JobKind::MoveKeys | JobKind::Rekey | JobKind::Drill | JobKind::Check | JobKind::Salvage => {
            "Done".to_owned()
        }
    };
    let how = match end {
        JobEnd::Finished if left_out > 0 => format!(", {left_out} left out"),
        JobEnd::Finished => String::new(),
        JobEnd::Cancelled => ", then cancelled".to_owned(),
        JobEnd::Locked => ", then the vault was locked".to_owned(),
        JobEnd::Stopped => ", then it stopped".to_owned(),
    };
    format!("{done}{how}")
}

/// The words with a capital letter at their beginning.
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn sentence(text: &str) -> String {
    if text.is_empty() {
        return "Something went wrong.".to_owned();
    }
    let mut sentence = capital(text);
    if !sentence.ends_with(['.', '!', '?', '…']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::DeniedBy;

    #[test]
    fn every_problem_says_what_happened_in_a_sentence() {
        let key = "arn:aws:kms:eu-west-1:1:alias/team".to_owned();
        let path = std::path::PathBuf::from("/v/a.txt");
        for problem in [
            Problem::WrongPassphrase,
            Problem::MistypedCode,
            Problem::KmsDenied { action: "kms:Decrypt".to_owned(), key: key.clone(), by: DeniedBy::Hidden },
            Problem::KmsDisabled { key: key.clone() },
            Problem::KmsPendingDeletion { key: key.clone(), days: Some(3) },
            Problem::KmsNotFound { key: key.clone() },
            Problem::ForeignKey { key: key.clone() },
            Problem::KmsUnsupported { key: key.clone() },
            Problem::ClockSkew { ahead: Some(1000) },
            Problem::WrongKey,
            Problem::WrapDamaged,
            Problem::KmsOtherKey { key: key.clone() },
            Problem::KmsUnexpected { what: "for no key".to_owned() },
            Problem::MaybeMade { reason: "timed out".to_owned() },
            Problem::KmsMadeElsewhere { key: key.clone(), account: "1".to_owned(), region: "eu-west-1".to_owned() },
            Problem::KmsExists { what: "alias/team".to_owned() },
            Problem::KmsLimit { what: "25 rotations".to_owned() },
            Problem::KeyPolicy { why: "invalid principals".to_owned() },
            Problem::KmsNotUsable { key, why: "it is not a symmetric key for encryption".to_owned() },
            Problem::Credentials { reason: "ExpiredTokenException".to_owned() },
            Problem::Unreachable { reason: "timed out after 10 s".to_owned() },
            Problem::NoKeyring,
            Problem::DiskFull { needed: Some(1_800_000_000) },
            Problem::Exists { path: path.clone() },
            Problem::Vanished { path: path.clone() },
            Problem::NotReadable { path: path.clone() },
            Problem::ReadOnly { path },
            Problem::Throttled,
            Problem::NoKeyringCollection,
            Problem::KeyringLocked,
            Problem::InUse,
            Problem::Unaccepted,
            Problem::OlderCopy,
            Problem::Replaced,
            Problem::Stalled { minutes: 5 },
            Problem::StillInLog,
            Problem::LeftTrash,
            Problem::LastWay,
            Problem::WayGone,
            Problem::WaysChanged,
            Problem::Rekeyed,
            Problem::WayAway,
            Problem::WayRetired,
            Problem::ClockDoubt { why: "this machine's clock is behind".to_owned() },
            Problem::NotForThisWay,
            Problem::OwnWay,
            Problem::NoDialog,
            Problem::NoClipboard,
            Problem::Invalid { what: "a region".to_owned() },
            Problem::Other { text: "it broke".to_owned() },
            Problem::Other { text: String::new() },
        ] {
            let words = of(&problem);
            assert!(words.happened.ends_with('.'), "{words:?}");
            assert!(matches!(problem, Problem::Other { .. }) || words.to_do.ends_with(['.', '?']), "{words:?}");
            assert!(words.happened.starts_with(|c: char| c.is_uppercase() || c == '“'), "{words:?}");
        }
    }

    #[test]
    fn a_denial_brings_the_statement_that_would_help() {
        let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".to_owned();
        let by = DeniedBy::IdentityPolicy;
        let problem = Problem::KmsDenied { action: "kms:Decrypt".to_owned(), key: key.clone(), by };
        let Some(Fix::CopyStatement(text)) = of(&problem).fix else { panic!("no statement") };
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&json["Action"], &json["Resource"]), (&"kms:Decrypt".into(), &key.into()));
    }

    #[test]
    fn a_place_is_not_told_as_damage() {
        let synced = warning(&Warning::Synced("Dropbox".to_owned()));
        assert!(synced.happened.contains("Dropbox") && !synced.happened.contains("trusted"), "{synced:?}");
    }

    #[test]
    fn jobs_say_how_they_ended() {
        assert_eq!(job_ended(JobKind::AddFiles, JobEnd::Finished, 1, 0, 0), "1 file added");
        assert_eq!(job_ended(JobKind::AddFiles, JobEnd::Finished, 3, 0, 2), "3 files added, 2 left out");
        assert_eq!(job_ended(JobKind::AddFiles, JobEnd::Cancelled, 0, 0, 0), "Cancelled: nothing of it stays");
        assert_eq!(job_ended(JobKind::SealBeside, JobEnd::Cancelled, 0, 1, 0), "1 encrypted copy made, then cancelled");
    }
}
