//! A vault's rows as they are, read without a byte in its folder changing: for one that is damaged, and is evidence.
//!
//! SQLite writes beside a database that has a log, even to read it, and puts the log into it when it is closed. So where a log has
//! anything, both are copied into a folder of their own, and read there; else the file is read as one that nobody changes.
//! What is copied is as sealed as it was.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{DATABASE, StoreError};

/// How a database and its log stand. While it is the same, nobody has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileStamp([Option<(u64, SystemTime)>; 2]);

impl FileStamp {
    pub(super) fn of(folder: &Path) -> Self {
        let look = |name: &str| {
            let found = fs::symlink_metadata(folder.join(name)).ok()?;
            // An empty log is none.
            let is_there = name == DATABASE || found.len() > 0;
            is_there.then(|| found.modified().map(|changed| (found.len(), changed)).ok()).flatten()
        };
        Self([look(DATABASE), look(&log())])
    }

    pub(super) fn has_log(self) -> bool {
        self.0[1].is_some()
    }
}

fn log() -> String {
    format!("{DATABASE}-wal")
}

/// What the names of copies begin with, in the folder for what is temporary.
const COPY: &str = "sealkeep-reading-";

/// So many bytes are copied before somebody is asked whether to go on.
const PIECE: usize = 1024 * 1024;

/// Somebody may sweep a folder before it is locked.
const ATTEMPTS: usize = 3;

/// A copy of a database and its log, which goes with this. Its folder is locked for as long: what a program that was killed has left
/// is swept by the next one that makes a copy.
#[derive(Debug)]
pub(super) struct Frozen {
    path: PathBuf,
    /// `None` where folders can't be locked: then nobody sweeps them, either.
    _lock: Option<File>,
}

impl Frozen {
    /// Copies what is in `folder`, as it was at `stamp`, unless `is_over` says that nobody wants it any more.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where somebody wrote meanwhile; [`StoreError::Interrupted`]; [`StoreError::File`], which names the folder
    /// for what is temporary where that is the one that is full.
    pub(super) fn copy_of(folder: &Path, stamp: FileStamp, is_over: &dyn Fn() -> bool) -> Result<Self, StoreError> {
        let temporary = std::env::temp_dir();
        let length = stamp.0.iter().flatten().map(|(length, _)| length).sum();
        let room = rustix::fs::statvfs(&temporary).map_err(|error| in_temporary(&temporary, error.into()))?;
        // Before any of it is written: others need that folder, too.
        if room.f_bavail.saturating_mul(room.f_frsize) < length {
            return Err(in_temporary(&temporary, io::ErrorKind::StorageFull.into()));
        }
        let copy = Self::make(&temporary)?;
        for name in [DATABASE, &log()] {
            copy.take(&folder.join(name), name, &temporary, is_over)?;
        }
        if FileStamp::of(folder) == stamp { Ok(copy) } else { Err(StoreError::InUse) }
    }

    fn make(temporary: &Path) -> Result<Self, StoreError> {
        for _ in 0..ATTEMPTS {
            let path = temporary.join(format!("{COPY}{}", uuid::Uuid::new_v4().simple()));
            let made = DirBuilder::new().mode(0o700).create(&path);
            made.map_err(|error| in_temporary(temporary, error))?;
            match lock(&path) {
                Ok(None) => {}
                locked => return Ok(Self { path, _lock: locked.ok().flatten() }),
            }
        }
        Err(StoreError::InUse)
    }

    fn take(&self, from: &Path, name: &str, temporary: &Path, is_over: &dyn Fn() -> bool) -> Result<(), StoreError> {
        let reading = |error| StoreError::of_file("read", from, error);
        let writing = |error| in_temporary(temporary, error);
        let no_link = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let source = OpenOptions::new().read(true).custom_flags(no_link.bits().cast_signed()).open(from);
        let mut source = source.map_err(reading)?;
        let to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path.join(name));
        let mut to = to.map_err(writing)?;
        let mut piece = vec![0; PIECE];
        loop {
            if is_over() {
                return Err(StoreError::Interrupted);
            }
            match source.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(length) => to.write_all(&piece[..length]).map_err(writing)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(reading(error)),
            }
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.path
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        // In the folder for what is temporary, where anybody may clear it away.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// What failed where the copy was to be: not the vault's disk.
fn in_temporary(temporary: &Path, source: io::Error) -> StoreError {
    StoreError::File { action: "copy the database to", path: temporary.to_owned(), source }
}

/// The lock of a copy's folder, unless somebody else has it, or the folder is gone.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::NOFOLLOW;
    let folder = match OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    match folder.try_lock() {
        Ok(()) => Ok((folder.metadata()?.nlink() > 0).then_some(folder)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes copies that nobody holds any more: those of programs that were killed.
pub(super) fn sweep(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    let user = rustix::process::geteuid().as_raw();
    for path in entries.flatten().filter(|entry| entry.file_name().as_bytes().starts_with(COPY.as_bytes())) {
        let path = path.path();
        if let Ok(Some(lock)) = lock(&path)
            && lock.metadata().is_ok_and(|found| found.uid() == user)
        {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(temporary: &Path) -> usize {
        fs::read_dir(temporary).unwrap().count()
    }

    #[test]
    fn what_is_left_of_a_copy_is_swept_and_what_somebody_holds_is_not() {
        let temporary = tempfile::tempdir().unwrap();
        let held = Frozen::make(temporary.path()).unwrap();
        let left = temporary.path().join(format!("{COPY}left"));
        fs::create_dir(&left).unwrap();
        fs::write(left.join(DATABASE), "sealed").unwrap();
        fs::create_dir(temporary.path().join("somebody-else")).unwrap();
        sweep(temporary.path());
        assert!(!left.exists() && held.folder().exists());
        assert_eq!(copies(temporary.path()), 2);
        drop(held);
        assert_eq!(copies(temporary.path()), 1);
    }

    #[test]
    fn a_copy_ends_between_two_pieces_and_leaves_nothing() {
        let (temporary, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = from.path().join(DATABASE);
        // Longer than anybody waits for; it takes no room.
        File::create(&file).unwrap().set_len(1 << 40).unwrap();
        let copy = Frozen::make(temporary.path()).unwrap();
        let asked = std::cell::Cell::new(0);
        let is_over = || asked.replace(asked.get() + 1) > 2;
        let ended = copy.take(&file, DATABASE, temporary.path(), &is_over);
        assert!(matches!(ended, Err(StoreError::Interrupted)), "{ended:?}");
        drop(copy);
        assert_eq!(copies(temporary.path()), 0);
        let stamp = FileStamp::of(from.path());
        let full = Frozen::copy_of(from.path(), FileStamp([stamp.0[0].map(|(_, at)| (1 << 60, at)), None]), &|| false);
        assert!(full.unwrap_err().to_string().contains(&std::env::temp_dir().display().to_string()));
    }
}
