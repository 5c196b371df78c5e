//! What is read: one regular file, opened once, or standard input.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::platform::open_without_waiting;

use super::super::SessionError;

/// A file that was opened once: whatever happens to its name meanwhile, this is what is read. Unbuffered.
#[derive(Debug)]
pub struct Source {
    file: File,
    /// `None` is standard input.
    path: Option<PathBuf>,
    /// Device, inode and length when it was opened.
    identity: Option<(u64, u64, u64)>,
    read: u64,
}

impl Source {
    /// Opens the regular file at `path`, or the one that links lead to.
    ///
    /// # Errors
    /// `NoSource`, `SourceIsFolder`, `SourceNotAFile`, `SourceDenied`, `Source`.
    pub fn open(path: &Path) -> Result<Self, SessionError> {
        let file = open_without_waiting(path).map_err(|error| explain(path, error))?;
        let found = file.metadata().map_err(|error| explain(path, error))?;
        if found.is_dir() {
            return Err(SessionError::SourceIsFolder(path.to_owned()));
        }
        if !found.is_file() {
            return Err(SessionError::SourceNotAFile(path.to_owned()));
        }
        let identity = Some((found.dev(), found.ino(), found.len()));
        Ok(Self { file, path: Some(path.to_owned()), identity, read: 0 })
    }

    /// Opens whatever is at `path` and can be read to an end, a pipe too. Waits for its other end.
    ///
    /// # Errors
    /// `NoSource`, `SourceIsFolder`, `SourceDenied`, `Source`.
    pub fn stream(path: &Path) -> Result<Self, SessionError> {
        let file = File::open(path).map_err(|error| explain(path, error))?;
        if file.metadata().is_ok_and(|found| found.is_dir()) {
            return Err(SessionError::SourceIsFolder(path.to_owned()));
        }
        Ok(Self { file, path: Some(path.to_owned()), identity: None, read: 0 })
    }

    /// Standard input, whatever stands behind it.
    ///
    /// # Errors
    /// `Source` where it is closed.
    pub fn stdin() -> Result<Self, SessionError> {
        let failed = |source| SessionError::Source { path: PathBuf::from("standard input"), source };
        // Past the library's buffer, which would keep the beginning of what was read for as long as the process lives.
        let file = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(failed)?);
        Ok(Self { file, path: None, identity: None, read: 0 })
    }

    /// Where it was; `None` for standard input.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The last component of its path; `None` for standard input.
    pub fn name(&self) -> Option<&OsStr> {
        self.path.as_deref().and_then(Path::file_name)
    }

    /// How to call it in a message.
    pub fn label(&self) -> String {
        self.path().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
    }

    /// The length when it was opened, in bytes; unknown for standard input.
    pub fn length(&self) -> Option<u64> {
        self.identity.map(|(_, _, length)| length)
    }

    /// Whether `path` leads to this very file.
    pub fn is_at(&self, path: &Path) -> bool {
        let Some((device, inode, _)) = self.identity else { return false };
        std::fs::metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == (device, inode))
    }

    /// Holds what was read, all of it, against the length that the file had and has.
    ///
    /// # Errors
    /// `SourceChanged` where somebody wrote to the file meanwhile.
    pub fn check_unchanged(&self) -> Result<(), SessionError> {
        let (Some((_, _, length)), Some(path)) = (self.identity, &self.path) else { return Ok(()) };
        let now = self.file.metadata().map_err(|error| explain(path, error))?.len();
        // Files of no length that have content all the same are the system's own, as in /proc.
        if now == length && (self.read == length || length == 0) {
            Ok(())
        } else {
            Err(SessionError::SourceChanged(path.clone()))
        }
    }

    /// Says what a failed read of this source means.
    pub fn explain(&self, error: io::Error) -> SessionError {
        match self.path() {
            Some(path) => explain(path, error),
            None => SessionError::Source { path: PathBuf::from("standard input"), source: error },
        }
    }
}

impl Read for Source {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(bytes)?;
        self.read += count as u64;
        Ok(count)
    }
}

fn explain(path: &Path, error: io::Error) -> SessionError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => SessionError::NoSource(path),
        io::ErrorKind::PermissionDenied => SessionError::SourceDenied(path),
        io::ErrorKind::IsADirectory => SessionError::SourceIsFolder(path),
        // A socket has a name but can't be opened by it.
        _ if is_special(&path) => SessionError::SourceNotAFile(path),
        _ => SessionError::Source { path, source: error },
    }
}

fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| {
        let kind = found.file_type();
        kind.is_socket() || kind.is_fifo() || kind.is_char_device() || kind.is_block_device()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn refusal(path: &Path) -> SessionError {
        Source::open(path).unwrap_err()
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(matches!(refusal(&at("missing")), SessionError::NoSource(_)));
        assert!(matches!(refusal(folder.path()), SessionError::SourceIsFolder(_)));
        assert!(matches!(refusal(Path::new("/dev/zero")), SessionError::SourceNotAFile(_)));
        let _socket = UnixListener::bind(at("socket")).unwrap();
        assert!(matches!(refusal(&at("socket")), SessionError::SourceNotAFile(_)));
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        assert!(matches!(refusal(&at("pipe")), SessionError::SourceNotAFile(_)), "and nobody waits for its other end");
        symlink(at("loop"), at("loop")).unwrap();
        assert!(matches!(refusal(&at("loop")), SessionError::Source { .. }));
        fs::write(at("file"), "12").unwrap();
        assert!(matches!(refusal(&at("file/below")), SessionError::NoSource(_)));
        symlink(at("file"), at("link")).unwrap();
        let linked = Source::open(&at("link")).unwrap();
        assert_eq!((linked.length(), linked.name()), (Some(2), Some(OsStr::new("link"))));
        assert!(linked.is_at(&at("file")));
    }

    #[test]
    fn a_source_that_vanishes_is_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "content").unwrap();
        let mut source = Source::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let mut read = String::new();
        source.read_to_string(&mut read).unwrap();
        assert_eq!(read, "content");
        source.check_unchanged().unwrap();
    }

    #[test]
    fn a_source_that_changes_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for (meanwhile, after) in [("longer content", ""), ("less", ""), ("content", "added later")] {
            fs::write(&path, "content").unwrap();
            let mut source = Source::open(&path).unwrap();
            fs::write(&path, meanwhile).unwrap();
            source.read_to_end(&mut Vec::new()).unwrap();
            if !after.is_empty() {
                source.check_unchanged().unwrap();
                fs::write(&path, after).unwrap();
            }
            assert!(matches!(source.check_unchanged(), Err(SessionError::SourceChanged(_))));
        }
    }
}
