//! Whether a vault's folder can be written, and how its database is read where it can't: on read-only media, in a backup, without
//! permission.
//!
//! SQLite writes beside a database that has a write-ahead log even to read it. Where that can't be, and no log has anything, the file
//! alone is the database, and is read as one that nobody changes; that nobody did is seen before each look at it. Where a log has
//! something, it is read with the index that its writer left, or not at all: without the log these would be older rows.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::OpenFlags;

use super::frozen::FileStamp;
use super::{BODIES, DATABASE, StoreError};

/// What may be done with a vault's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Everything.
    Write,
    /// Reading the database and its log.
    ReadWithLog,
    /// Reading the database, which was changed at this time last.
    ReadAlone(Option<SystemTime>),
    /// The same, because the disk has no room for what SQLite writes beside a database that it writes.
    Full(Option<SystemTime>),
    /// Reading the database as it stood then, because nothing in the folder may change: see [`super::frozen`].
    Frozen(FileStamp),
}

impl Access {
    /// What may be done with the vault in `folder`, which is there.
    pub(super) fn of(folder: &Path) -> Self {
        let can_write = |path: &PathBuf| rustix::fs::access(path, rustix::fs::Access::WRITE_OK);
        let needed = [folder.to_owned(), folder.join(DATABASE), folder.join(BODIES)];
        let beside = ["-wal", "-shm"].map(|ending| folder.join(format!("{DATABASE}{ending}")));
        // One question each: another process that closes the vault takes away what stands beside it at any moment.
        let writable_or_gone = |path| matches!(can_write(path), Ok(()) | Err(rustix::io::Errno::NOENT));
        if needed.iter().all(|path| can_write(path).is_ok()) && beside.iter().all(writable_or_gone) {
            Self::Write
        } else if log_length(folder) > 0 {
            Self::ReadWithLog
        } else {
            Self::ReadAlone(changed(folder))
        }
    }

    /// What may be done where the disk is too full to open the vault in `folder` for writing; `None` where a log has something that
    /// can't be left out.
    pub(super) fn of_full_disk(self, folder: &Path) -> Option<Self> {
        (self == Self::Write && log_length(folder) == 0).then(|| Self::Full(changed(folder)))
    }

    /// Whether the file alone is read, as one that nobody changes.
    pub(super) fn is_alone(self) -> bool {
        match self {
            Self::Write | Self::ReadWithLog => false,
            Self::ReadAlone(_) | Self::Full(_) => true,
            Self::Frozen(stamp) => !stamp.has_log(),
        }
    }

    /// How SQLite is to open the database in `folder`: what, and in which way.
    pub(super) fn open(self, folder: &Path) -> (PathBuf, OpenFlags) {
        let path = folder.join(DATABASE);
        match self {
            Self::Write => (path, OpenFlags::SQLITE_OPEN_READ_WRITE),
            // Of the copy.
            Self::Frozen(stamp) if stamp.has_log() => (path, OpenFlags::SQLITE_OPEN_READ_WRITE),
            Self::ReadWithLog => (path, OpenFlags::SQLITE_OPEN_READ_ONLY),
            Self::ReadAlone(_) | Self::Full(_) | Self::Frozen(_) => {
                (immutable(&path), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
            }
        }
    }

    /// What `error` is, which came while the database in `folder` was opened like that.
    pub(super) fn explain(self, folder: &Path, error: StoreError) -> StoreError {
        let cannot_open = |error: &rusqlite::Error| error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen);
        match error {
            StoreError::ReadOnly { .. } if self == Self::ReadWithLog => StoreError::LogLeft { path: folder.to_owned() },
            StoreError::Database(error) if self == Self::ReadWithLog && cannot_open(&error) => {
                StoreError::LogLeft { path: folder.to_owned() }
            }
            error => error,
        }
    }

    /// Whether the database in `folder` is what was opened: one that is read alone must not have been written since.
    pub(super) fn still_holds(self, folder: &Path) -> bool {
        match self {
            Self::Write | Self::ReadWithLog => true,
            Self::ReadAlone(then) | Self::Full(then) => log_length(folder) == 0 && changed(folder) == then,
            Self::Frozen(then) => FileStamp::of(folder) == then,
        }
    }
}

fn log_length(folder: &Path) -> u64 {
    fs::symlink_metadata(folder.join(format!("{DATABASE}-wal"))).map_or(0, |found| found.len())
}

fn changed(folder: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(folder.join(DATABASE)).and_then(|found| found.modified()).ok()
}

/// `path` as SQLite's name of a file that nobody changes.
fn immutable(path: &Path) -> PathBuf {
    let mut uri = b"file:".to_vec();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(*byte),
            _ => uri.extend(format!("%{byte:02x}").bytes()),
        }
    }
    uri.extend(b"?immutable=1");
    OsStr::from_bytes(&uri).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_nothing_but_where_the_file_is() {
        let odd = Path::new(OsStr::from_bytes(b"/a b/100%?immutable=0#\xff/vault.db"));
        let uri = immutable(odd);
        assert_eq!(uri, Path::new("file:/a%20b/100%25%3fimmutable%3d0%23%ff/vault.db?immutable=1"));
    }
}
