//! Output files that appear whole or not at all.
//!
//! Owns: how a finished file takes its name. Knows nothing of what is in it.
//! Invariant: until [`OutFile::commit`] returns `Ok`, the output path is as it was; after a drop without commit nothing is
//! left. An existing file is never overwritten without [`Replace::Yes`], whoever else is writing there at the same time.
//!
//! Where the file system can, the file has no name at all until it is complete (`O_TMPFILE`), so that not even `kill -9`
//! leaves anything behind (but for the blink of the rename where it replaces another, which takes a hidden name first);
//! elsewhere it has a hidden temporary name in the same folder.

mod error;
mod naming;
mod rewrite;
mod write_back;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};

pub use error::OutError;
use naming::Temporary;
pub use rewrite::{OldContent, copies_beside, rewrite};

/// Whether a file that exists at the output path may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// An existing file is an error, also one that appears while this one is written.
    No,
    /// An existing file, or symbolic link, is replaced in one step at commit.
    Yes,
}

/// After this many bytes the system is told to start writing them out, so that the final flush finds little to do.
const WRITE_BACK_STEP: u64 = 16 << 20;

/// A file being written. Unbuffered: hand it whole frames.
#[derive(Debug)]
pub struct OutFile {
    file: File,
    folder: OwnedFd,
    name: OsString,
    path: PathBuf,
    replace: Replace,
    temporary: Temporary,
    written: u64,
    handed_over: u64,
    committed: bool,
}

impl OutFile {
    /// Begins a file that will appear at `path`, readable by its owner alone (0600).
    ///
    /// # Errors
    /// `Exists` (with [`Replace::No`]), `IsFolder`, `NotAFile`, `NoName`, `NoFolder`, `ReadOnly`, `NoSpace`, `Io`.
    pub fn create(path: &Path, replace: Replace) -> Result<Self, OutError> {
        Self::create_by(path, replace, Temporary::new)
    }

    fn create_by(
        path: &Path,
        replace: Replace,
        begin: impl FnOnce(&OwnedFd) -> rustix::io::Result<(File, Temporary)>,
    ) -> Result<Self, OutError> {
        let name = file_name_of(path).ok_or_else(|| OutError::NoName(path.to_owned()))?.to_owned();
        let folder = open_folder(path)?;
        check_target(&folder, &name, path, replace)?;
        let (file, temporary) = begin(&folder).map_err(|errno| OutError::explain(path, errno.into()))?;
        Ok(Self {
            file,
            folder,
            name,
            path: path.to_owned(),
            replace,
            temporary,
            written: 0,
            handed_over: 0,
            committed: false,
        })
    }

    /// Where the file will appear.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Fails early where `length` more bytes cannot fit on the disk. Reserves nothing.
    ///
    /// # Errors
    /// `NoSpace` with how much is missing.
    pub fn expect(&self, length: u64) -> Result<(), OutError> {
        let Ok(space) = rustix::fs::fstatvfs(&self.folder) else { return Ok(()) };
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        if length > free {
            return Err(OutError::NoSpace { path: self.path.clone(), missing: Some(length - free) });
        }
        Ok(())
    }

    /// Says what a failed write to this file means.
    pub fn explain(&self, error: io::Error) -> OutError {
        OutError::explain(&self.path, error)
    }

    /// Makes the content durable, then visible at the path, then the name durable.
    ///
    /// # Errors
    /// `Exists` where somebody else's file took the name meanwhile (with [`Replace::No`]); `NoSpace`, `ReadOnly`, `Io`. The
    /// output path is then as it was, unless it was the last step that failed, on a disk that is failing: then the file is
    /// there and may not outlast a power cut.
    pub fn commit(mut self) -> Result<(), OutError> {
        self.file.sync_all().map_err(|error| OutError::explain(&self.path, error))?;
        self.temporary
            .take_name(&self.file, &self.folder, &self.name, self.replace)
            .map_err(|errno| OutError::explain(&self.path, errno.into()))?;
        self.committed = true;
        match rustix::fs::fsync(&self.folder) {
            // Some file systems have no flush for folders: their renames are as durable as they get.
            Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::BADF | rustix::io::Errno::NOTSUP) => Ok(()),
            Err(errno) => Err(OutError::explain(&self.path, errno.into())),
        }
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.written += count as u64;
        if self.written - self.handed_over >= WRITE_BACK_STEP {
            write_back::start(&self.file, self.handed_over, self.written - self.handed_over);
            self.handed_over = self.written;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for OutFile {
    fn drop(&mut self) {
        self.temporary.remove(&self.folder);
        if self.committed {
            return;
        }
        // Who closes a long file that has no name waits until the system has thrown its pages away. A lock does not.
        if let Ok(other) = self.folder.try_clone() {
            let file = std::mem::replace(&mut self.file, File::from(other));
            // Where there is no thread to spare, it is closed here.
            let _ = thread::Builder::new().name("discard".to_owned()).spawn(move || drop(file));
        }
    }
}

/// Writes `bytes` to `path` whole, durably, replacing what was there.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), OutError> {
    let mut out = OutFile::create(path, Replace::Yes)?;
    out.write_all(bytes).map_err(|error| OutError::explain(path, error))?;
    out.commit()
}

/// Gives the file at `path` the free name `to` in the same folder; links are moved, not followed. Where `to` is taken, it is an
/// error and nothing changes.
pub(super) fn move_to_free_name(path: &Path, to: &OsStr) -> Result<(), OutError> {
    let name = file_name_of(path).ok_or_else(|| OutError::NoName(path.to_owned()))?;
    let folder = open_folder(path)?;
    naming::rename_to_free_name(&folder, name, to)
        .map_err(|errno| OutError::explain(&path.with_file_name(to), errno.into()))
}

/// The last component, unless the path ends in a separator or names no file (`..`, `/`).
fn file_name_of(path: &Path) -> Option<&OsStr> {
    use std::os::unix::ffi::OsStrExt;
    if path.as_os_str().as_bytes().ends_with(b"/") { None } else { path.file_name() }
}

fn open_folder(path: &Path) -> Result<OwnedFd, OutError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, folder, flags | OFlags::RDONLY, Mode::empty())
        // A folder that may be written but not listed.
        .or_else(|_| rustix::fs::openat(CWD, folder, flags | OFlags::PATH, Mode::empty()))
        .map_err(|errno| match errno {
            rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR => OutError::NoFolder(folder.to_owned()),
            other => OutError::explain(path, other.into()),
        })
}

/// Refuses what can be refused before any work is done. Commit does not rely on it.
fn check_target(folder: &OwnedFd, name: &OsStr, path: &Path, replace: Replace) -> Result<(), OutError> {
    let kind = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => FileType::from_raw_mode(stat.st_mode),
        Err(rustix::io::Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(OutError::explain(path, errno.into())),
    };
    match (kind, replace) {
        (FileType::Directory, _) => Err(OutError::IsFolder(path.to_owned())),
        (FileType::RegularFile | FileType::Symlink, Replace::Yes) => Ok(()),
        (_, Replace::No) => Err(OutError::Exists(path.to_owned())),
        // Replacing a device or a pipe by a file is never what somebody wants.
        (_, Replace::Yes) => Err(OutError::NotAFile(path.to_owned())),
    }
}

#[cfg(test)]
mod tests;
