//! Whether the database that is open is still the one at its path.
//!
//! A file-sync program, or somebody who puts a backup back, replaces the file or the folder by another: what is written to
//! the old one would be lost, and its write-ahead log would be taken for the new one's.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::{DATABASE, StoreError};

/// A database file, as it was when it was opened.
#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    device: u64,
    inode: u64,
}

impl Place {
    /// The database in `folder` as it is now; it must be a file that nothing else links to, as must be what SQLite keeps
    /// beside it.
    pub(super) fn of(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join(DATABASE);
        let found = fs::symlink_metadata(&file).map_err(|error| StoreError::of_file("open", &file, error))?;
        for ending in ["", "-wal", "-shm"] {
            let beside = folder.join(format!("{DATABASE}{ending}"));
            if let Ok(beside) = fs::symlink_metadata(&beside)
                && (!beside.is_file() || beside.nlink() > 1)
            {
                return Err(StoreError::Damaged(format!("{DATABASE}{ending} is a link, or linked to")));
            }
        }
        // It would be played back into the database. We keep a write-ahead log, and no such journal.
        if fs::symlink_metadata(folder.join(format!("{DATABASE}-journal"))).is_ok() {
            return Err(StoreError::Damaged(format!("{DATABASE}-journal is not Sealkeep's")));
        }
        Ok(Self { file, device: found.dev(), inode: found.ino() })
    }

    /// Sees to it that the file is still there. Where it is not, `database` leaves its log alone when it is closed.
    pub(super) fn check(&self, database: &Connection) -> Result<(), StoreError> {
        let same =
            fs::symlink_metadata(&self.file).is_ok_and(|found| found.dev() == self.device && found.ino() == self.inode);
        if same {
            return Ok(());
        }
        database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Err(StoreError::Replaced { path: self.file.clone() })
    }
}
