//! What the AWS command line runs to get a profile's credentials from Sealkeep.

use std::path::{Path, PathBuf};

use crate::platform::{beside_this, is_on_path};

/// The program of the command line.
const PROGRAM: &str = "sealkeep-cli";

/// The command that the AWS command line runs, and how it finds the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// As it stands in a line of the AWS command line's files.
    program: String,
    /// How the program is found.
    pub found: FoundBy,
}

/// How a program is found that a line names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// By its name: it is on the `PATH`.
    Name,
    /// By its whole path, because it is not on the `PATH`.
    Path(PathBuf),
    /// Not at all: it is not on the `PATH`, nor is it beside the running program, or its path can't stand in such a line.
    Nothing,
}

impl Process {
    /// As it is on this computer now.
    pub fn here() -> Self {
        Self::of(is_on_path(PROGRAM), beside_this(PROGRAM))
    }

    /// Found on the `PATH`, or else by this path.
    pub fn of(is_on_path: bool, beside: Option<PathBuf>) -> Self {
        let bare = |found| Self { program: PROGRAM.to_owned(), found };
        if is_on_path {
            return bare(FoundBy::Name);
        }
        match beside.and_then(|path| Some((quoted(&path)?, path))) {
            Some((program, path)) => Self { program, found: FoundBy::Path(path) },
            None => bare(FoundBy::Nothing),
        }
    }

    /// The command for the profile that is called `profile` here.
    pub(super) fn command(&self, profile: &str) -> String {
        format!("{} profile credentials {profile}", self.program)
    }

    /// The line for it in a section of the AWS command line's files.
    pub fn line(&self, profile: &str) -> String {
        format!("credential_process = {}", self.command(profile))
    }
}

/// A path as such a line takes it: in double quotes where there is more in it than in usual ones. Some of AWS's tools split the line
/// into words themselves, some give it to a shell, and some end it at a `#` or `;`: what these don't all read alike is refused.
fn quoted(path: &Path) -> Option<String> {
    let path = path.to_str().filter(|path| path.starts_with('/'))?;
    if path.chars().any(|one| one.is_control() || "\"\\$`#;!%".contains(one)) {
        return None;
    }
    let usual = |one: char| one.is_ascii_alphanumeric() || "/._-+@".contains(one);
    Some(if path.chars().all(usual) { path.to_owned() } else { format!("\"{path}\"") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(is_on_path: bool, beside: Option<&str>) -> String {
        Process::of(is_on_path, beside.map(PathBuf::from)).line("work")
    }

    #[test]
    fn a_line_names_what_is_found() {
        let bare = "credential_process = sealkeep-cli profile credentials work";
        assert_eq!(line(true, Some("/opt/sealkeep/sealkeep-cli")), bare);
        let whole = "credential_process = /opt/sealkeep/sealkeep-cli profile credentials work";
        assert_eq!(line(false, Some("/opt/sealkeep/sealkeep-cli")), whole);
        let spaced = "credential_process = \"/home/anna/My programs/sealkeep-cli\" profile credentials work";
        assert_eq!(line(false, Some("/home/anna/My programs/sealkeep-cli")), spaced);
        assert_eq!(
            line(false, Some("/home/änna's/sealkeep-cli")),
            "credential_process = \"/home/änna's/sealkeep-cli\" profile credentials work"
        );
        assert_eq!(line(false, None), bare);
        assert_eq!(Process::of(false, None).found, FoundBy::Nothing);
    }

    #[test]
    fn a_path_that_the_tools_read_differently_stands_in_no_line() {
        for path in
            ["/a/$(touch x)/s", "/a/`x`/s", "/a/\"/s", "/a\\/s", "/a #/s", "/a;/s", "/a\n/s", "/100%/s", "relative/s"]
        {
            let process = Process::of(false, Some(path.into()));
            assert_eq!((process.found, process.program.as_str()), (FoundBy::Nothing, PROGRAM), "{path}");
        }
    }
}
