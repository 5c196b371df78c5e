//! Profiles of the AWS command line, and what an import of them meets, in people's words.

use std::path::{Path, PathBuf};

use super::profiles::kind;
use super::{Fix, Words, words};
use crate::ui::show;
use crate::worker::{Found, FoundBy, ImportProblem, KeptKey, KeyLines, OldContent, Problem, Removed, WhyKept};

/// What a button that leads to an import says.
pub const IMPORT: &str = "Import from the AWS command line";

/// Of an access key whose id is not shown.
const ODD_ID: &str = ", its id has another form";

/// What a profile that can be imported is, in one line; `known`: there is one of its name here.
pub fn found(found: &Found, known: bool) -> String {
    let mut parts = vec![found.region.clone(), kind(found.kind).to_owned()];
    match &found.access_key_id {
        Some(id) => parts[1] = format!("{} {id}", parts[1]),
        None if found.kind == "static" => parts[1].push_str(ODD_ID),
        None => {}
    }
    if let Some(role) = &found.role_arn {
        parts[1] = format!("{} {role}", parts[1]);
    }
    if let Some(source) = &found.source {
        parts[1] = format!("{} taken as {source}", parts[1]);
    }
    if let Some(start) = &found.start_url {
        parts[1] = format!("{} at {start}", parts[1]);
    }
    // First: a long line is cut in its middle.
    if let Some(endpoint) = &found.endpoint {
        parts.insert(0, format!("asks {endpoint} instead of AWS"));
    }
    if found.from != found.name {
        parts.push(format!("of [{}]", found.from));
    }
    if known {
        parts.push("replaces the one that is here".to_owned());
    }
    parts.join(" · ")
}

/// How a program is found that a line names, where that needs saying.
pub fn found_by(found: &FoundBy) -> Option<String> {
    match found {
        FoundBy::Name => None,
        FoundBy::Path(path) => Some(format!(
            "It is named in full, because the PATH does not lead to sealkeep-cli: “{}” has to stay where it is.",
            path.display()
        )),
        FoundBy::Nothing => {
            Some("The PATH does not lead to sealkeep-cli: install it, or put it there, for this to work.".to_owned())
        }
    }
}

/// A section with plaintext keys.
pub fn section(section: &KeyLines) -> String {
    format!("[{}] · {}", section.section, show::count(section.lines as u64, "line"))
}

/// A section whose key stays.
pub fn kept(kept: &KeptKey) -> String {
    let why = match kept.why {
        WhyKept::Another => "has another key, which was not imported: it stays",
        WhyKept::NeededForRole => "takes a role with its key, and that role was not imported: the key stays",
    };
    format!("[{}] in “{}” {why}.", kept.section, kept.file.display())
}

/// Paths in a sentence.
pub fn listed(paths: &[PathBuf]) -> String {
    let quoted: Vec<String> = paths.iter().map(|path| format!("“{}”", path.display())).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => "no file".to_owned(),
    }
}

/// What went from a file.
pub fn removed(removed: &Removed) -> String {
    format!("{} removed from “{}”", show::count(removed.lines as u64, "line"), removed.file.display())
}

/// What is left of a file that was replaced, where something is.
pub fn left(file: &Path, old: OldContent) -> Option<Words> {
    let name = show::file_name(file);
    match old {
        OldContent::Overwritten => None,
        OldContent::ElsewhereToo => Some(words(
            format!("“{name}” has another name, a hard link, under which it still has the keys."),
            "Find it with find -samefile, and remove the keys there too.",
            None,
        )),
        OldContent::NotOverwritten => Some(words(
            format!("The disk did not let the old “{name}” be overwritten."),
            "Its blocks still have the keys until they are used again: make new keys in IAM.",
            None,
        )),
    }
}

/// That the files have nothing that can be imported: what was looked at, and what to do.
pub fn nothing_found(files: &[PathBuf], has_refused: bool, needs_region: bool) -> Words {
    let read = if has_refused { "has credentials that Sealkeep can use: see below why" } else { "stands there" };
    let to_do = match needs_region {
        true => "Say the missing region below, or add a profile by hand.",
        false => MAKE_ONE,
    };
    words("There is nothing to import", format!("Sealkeep read {}: no profile {read}. {to_do}", listed(files)), None)
}

/// What helps where there are no profiles.
const MAKE_ONE: &str = "Make one with the AWS command line (aws configure) and look again, or add one by hand.";

/// That the AWS command line has no files here: where they would be, and what to do.
pub fn no_files(files: &[PathBuf]) -> Words {
    let to_do = match files {
        [] => "Sealkeep did not look: nothing says where your home folder is. AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE can name \
               files."
            .to_owned(),
        files => format!(
            "Sealkeep looked for {}: neither is there. {MAKE_ONE} Files elsewhere are read where AWS_CONFIG_FILE and \
             AWS_SHARED_CREDENTIALS_FILE name them before Sealkeep starts.",
            listed(files)
        ),
    };
    words("The AWS command line has no profiles on this computer.", to_do, Some(Fix::TryAgain))
}

/// That an import ended half-way, where it did.
fn kept_until(stored: &[String]) -> String {
    match stored {
        [] => String::new(),
        stored => format!("No more is imported; in the keyring already: {}. ", stored.join(", ")),
    }
}

pub(super) fn problem(problem: &Problem) -> Option<Words> {
    let Problem::Import(problem) = problem else { return None };
    Some(match problem {
        ImportProblem::NoFiles { files } => no_files(files),
        ImportProblem::NotAFile { path, why } => words(
            format!("“{}” can't be read as a file of the AWS command line: {why}.", path.display()),
            "The AWS command line does not read it either: correct it first.",
            Some(Fix::TryAgain),
        ),
        ImportProblem::Changed { path } => words(
            format!("“{}” changed since it was shown.", path.display()),
            "Nothing of it was changed by Sealkeep. Look at what is there now.",
            Some(Fix::TryAgain),
        ),
        ImportProblem::NotStored { profile } => words(
            format!("The keyring does not have what was imported as “{profile}”."),
            "No key was removed from any file. Import it again.",
            Some(Fix::TryAgain),
        ),
        ImportProblem::Gone { profile } => words(
            format!("The profile “{profile}” is not in the files any more."),
            "Look at what is there now.",
            Some(Fix::TryAgain),
        ),
        ImportProblem::Came { profile, stored } => words(
            format!("A profile “{profile}” was added or changed in Sealkeep since this list was made."),
            format!(
                "It was not replaced. {}Look at what is there now, and say whether it is to be.",
                kept_until(stored)
            ),
            Some(Fix::TryAgain),
        ),
        ImportProblem::Over => words("This import is over.", "Look at what is there now.", Some(Fix::TryAgain)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::wording::of;

    fn one() -> Found {
        Found {
            name: "reader".to_owned(),
            from: "reader".to_owned(),
            region: "eu-west-1".to_owned(),
            kind: "assume-role",
            source: Some("user".to_owned()),
            access_key_id: None,
            role_arn: None,
            start_url: None,
            endpoint: None,
            is_elsewhere: false,
            protectable: false,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_row_says_what_it_is_and_what_it_is_a_chain_of() {
        assert_eq!(found(&one(), false), "eu-west-1 · role taken as user");
        let whole = Found {
            role_arn: Some("arn:aws:iam::111122223333:role/reader".to_owned()),
            endpoint: Some("https://kms.example.com".to_owned()),
            ..one()
        };
        let said = "asks https://kms.example.com instead of AWS · eu-west-1 · role arn:aws:iam::111122223333:role/reader taken as user";
        assert_eq!(found(&whole, false), said);
        let center = Found {
            kind: "identity-center",
            source: None,
            start_url: Some("https://corp.awsapps.com/start".to_owned()),
            ..one()
        };
        assert_eq!(found(&center, false), "eu-west-1 · Identity Center at https://corp.awsapps.com/start");
        let key = Found {
            name: "both-keys".to_owned(),
            kind: "static",
            source: None,
            access_key_id: Some("AKIA1".to_owned()),
            from: "both".to_owned(),
            ..one()
        };
        assert_eq!(found(&key, true), "eu-west-1 · access key AKIA1 · of [both] · replaces the one that is here");
        let odd = Found { access_key_id: None, from: "both-keys".to_owned(), ..key };
        assert_eq!(found(&odd, false), "eu-west-1 · access key, its id has another form");
    }

    #[test]
    fn every_problem_says_what_happened_and_what_to_do() {
        let path = PathBuf::from("/home/anna/.aws/credentials");
        for problem in [
            ImportProblem::NoFiles { files: vec!["/home/anna/.aws/config".into(), path.clone()] },
            ImportProblem::NoFiles { files: Vec::new() },
            ImportProblem::NotAFile { path: path.clone(), why: "line 3 stands before any section".to_owned() },
            ImportProblem::Changed { path },
            ImportProblem::NotStored { profile: "user".to_owned() },
            ImportProblem::Gone { profile: "user".to_owned() },
            ImportProblem::Came { profile: "user".to_owned(), stored: Vec::new() },
            ImportProblem::Came { profile: "user".to_owned(), stored: vec!["reader".to_owned()] },
            ImportProblem::Over,
        ] {
            let said = of(&Problem::Import(problem));
            assert!(said.happened.ends_with('.') && said.to_do.ends_with('.') && said.fix.is_some(), "{said:?}");
        }
    }
}
