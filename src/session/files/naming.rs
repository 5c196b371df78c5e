//! What outputs are called: from the source's name or from what the person said, never from inside a file.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::super::SessionError;
use super::Source;

/// What a sealed file's name ends in.
const ENDING: &[u8] = b".sealed";

/// Where outputs go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OutputPlace {
    /// Beside each source; for standard input, to standard output.
    #[default]
    Beside,
    /// Into this folder, which must exist.
    Folder(PathBuf),
    /// To this file; only for a single source.
    File(PathBuf),
    /// To standard output.
    Stdout,
}

/// What is done to the source, which is what decides how the output is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// `FILE` becomes `FILE.sealed`.
    Seal,
    /// `FILE.sealed` becomes `FILE`.
    Open,
}

impl OutputPlace {
    /// What `-o OPTION` means for `sources` sources: `-` is standard output, an existing folder (or any path that ends in a
    /// slash, or that several sources go to) is a folder, anything else a file.
    pub fn of(option: Option<&Path>, sources: usize) -> Self {
        match option {
            None => Self::Beside,
            Some(path) if path == Path::new("-") => Self::Stdout,
            Some(path) if sources > 1 || path.is_dir() || path.as_os_str().as_bytes().ends_with(b"/") => {
                Self::Folder(path.to_owned())
            }
            Some(path) => Self::File(path.to_owned()),
        }
    }

    /// Where the output of `source` goes; `None` is standard output.
    pub(super) fn path_for(&self, source: &Source, direction: Direction) -> Result<Option<PathBuf>, SessionError> {
        let path = match self {
            Self::Stdout => return Ok(None),
            Self::File(path) => path.clone(),
            Self::Beside => {
                let Some(path) = source.path() else { return Ok(None) };
                path.with_file_name(output_name(source, direction, false)?)
            }
            Self::Folder(folder) => folder.join(output_name(source, direction, true)?),
        };
        if source.is_at(&path) {
            return Err(SessionError::OntoItself(path));
        }
        Ok(Some(path))
    }
}

fn output_name(source: &Source, direction: Direction, elsewhere: bool) -> Result<OsString, SessionError> {
    let name = source.name().ok_or(SessionError::NoName)?;
    match (direction, opened_name(name)) {
        (Direction::Seal, _) => Ok(sealed_name(name)),
        (Direction::Open, Some(opened)) => Ok(opened),
        // In another folder it can keep its name.
        (Direction::Open, None) if elsewhere => Ok(name.to_owned()),
        (Direction::Open, None) => Err(SessionError::NoOpenedName(source.path().unwrap_or(Path::new("-")).to_owned())),
    }
}

fn sealed_name(name: &OsStr) -> OsString {
    OsString::from_vec([name.as_bytes(), ENDING].concat())
}

/// `None` where nothing, or nothing that is a file's name, is left without the ending.
fn opened_name(name: &OsStr) -> Option<OsString> {
    let rest = name.as_bytes().strip_suffix(ENDING)?;
    if matches!(rest, b"" | b"." | b"..") { None } else { Some(OsString::from_vec(rest.to_vec())) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn name(bytes: &[u8]) -> OsString {
        OsString::from_vec(bytes.to_vec())
    }

    #[test]
    fn names_gain_and_lose_their_ending_byte_for_byte() {
        for odd in [&b"a"[..], b"\xFF\xFE", b"..x", b"a.sealed", b" ", b"-"] {
            let sealed = sealed_name(&name(odd));
            assert_eq!(opened_name(&sealed), Some(name(odd)));
        }
        for nothing in ["a.txt", ".sealed", "..sealed", "...sealed", "sealed", "a.Sealed"] {
            assert_eq!(opened_name(OsStr::new(nothing)), None, "{nothing}");
        }
    }

    #[test]
    fn outputs_stand_beside_their_source_or_where_they_were_sent() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for file in ["a", "a.sealed", "b.bin"] {
            fs::write(at(file), file).unwrap();
        }
        fs::create_dir(at("d")).unwrap();
        let path_for = |place: &OutputPlace, file: &str, direction| {
            place.path_for(&Source::open(&at(file)).unwrap(), direction).map(Option::unwrap)
        };
        let place = OutputPlace::of(None, 1);
        assert_eq!(path_for(&place, "a", Direction::Seal).unwrap(), at("a.sealed"));
        assert_eq!(path_for(&place, "a.sealed", Direction::Open).unwrap(), at("a"));
        assert!(matches!(path_for(&place, "b.bin", Direction::Open), Err(SessionError::NoOpenedName(_))));
        let place = OutputPlace::of(Some(&at("d")), 1);
        assert_eq!(path_for(&place, "a", Direction::Seal).unwrap(), at("d/a.sealed"));
        assert_eq!(path_for(&place, "b.bin", Direction::Open).unwrap(), at("d/b.bin"));
        let place = OutputPlace::of(Some(&at("c")), 1);
        assert_eq!(path_for(&place, "a.sealed", Direction::Open).unwrap(), at("c"));
        let itself = OutputPlace::of(Some(folder.path()), 1);
        assert!(matches!(path_for(&itself, "b.bin", Direction::Open), Err(SessionError::OntoItself(_))));
    }

    #[test]
    fn the_option_says_what_it_is() {
        assert_eq!(OutputPlace::of(Some(Path::new("-")), 2), OutputPlace::Stdout);
        assert_eq!(OutputPlace::of(Some(Path::new("new/")), 1), OutputPlace::Folder("new/".into()));
        assert_eq!(OutputPlace::of(Some(Path::new("new")), 1), OutputPlace::File("new".into()));
        assert_eq!(OutputPlace::of(Some(Path::new("new")), 2), OutputPlace::Folder("new".into()));
    }
}
