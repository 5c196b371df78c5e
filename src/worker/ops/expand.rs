//! Which files are meant by paths that were picked or dropped: folders are walked, links inside them are not followed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::worker::Problem;
use crate::worker::stop::Stop;

/// One file to work on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FoundFile {
    pub(super) path: PathBuf,
    pub(super) length: u64,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<FoundFile>,
    pub(super) left_out: Vec<(PathBuf, Problem)>,
}

impl Found {
    pub(super) fn total(&self) -> u64 {
        self.files.iter().map(|file| file.length).sum()
    }
}

/// The files at `paths` and below, by name; ends early where it is stopped. Blocks.
pub(super) fn expand(paths: Vec<PathBuf>, stop: &Stop) -> Found {
    let mut found = Found::default();
    for path in paths {
        // A link that somebody named themselves means what it leads to.
        let looked = fs::metadata(&path);
        look(path, looked, &mut found, stop);
    }
    found
}

fn look(path: PathBuf, looked: std::io::Result<fs::Metadata>, found: &mut Found, stop: &Stop) {
    if stop.reason().is_some() {
        return;
    }
    match looked {
        Ok(kind) if kind.is_file() => found.files.push(FoundFile { path, length: kind.len() }),
        Ok(kind) if kind.is_dir() => walk(&path, found, stop),
        Ok(_) => found.left_out.push((path.clone(), Problem::NotAFile { path })),
        Err(error) => {
            let problem = Problem::reading(&path, &error);
            found.left_out.push((path, problem));
        }
    }
}

fn walk(folder: &Path, found: &mut Found, stop: &Stop) {
    let entries = fs::read_dir(folder).and_then(|entries| {
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    });
    match entries {
        Ok(paths) => paths.into_iter().for_each(|path| {
            let looked = fs::symlink_metadata(&path);
            look(path, looked, found, stop);
        }),
        Err(error) => found.left_out.push((folder.to_owned(), Problem::reading(folder, &error))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::worker::stop::StopReason;

    #[test]
    fn folders_are_walked_and_links_in_them_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("d/e")).unwrap();
        for (name, content) in [("d/b", "12"), ("d/e/a", "345"), ("named", "")] {
            fs::write(at(name), content).unwrap();
        }
        symlink(at("d"), at("d/e/loop")).unwrap();
        symlink(at("named"), at("link")).unwrap();
        let found = expand(vec![at("link"), at("gone"), at("d")], &Stop::default());
        let files: Vec<_> = found.files.iter().map(|file| (file.path.clone(), file.length)).collect();
        assert_eq!(files, [(at("link"), 0), (at("d/b"), 2), (at("d/e/a"), 3)]);
        assert_eq!(found.total(), 5);
        let gone = (at("gone"), Problem::Vanished { path: at("gone") });
        let linked = (at("d/e/loop"), Problem::NotAFile { path: at("d/e/loop") });
        assert_eq!(found.left_out, [gone, linked]);
    }

    #[test]
    fn a_walk_ends_when_it_is_stopped() {
        let stop = Stop::default();
        stop.stop(StopReason::Cancelled);
        assert!(expand(vec![PathBuf::from("/")], &stop).files.is_empty());
    }
}
