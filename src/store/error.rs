//! What can go wrong with a vault's folder.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no vault at this place.
    #[error("“{}” is not a vault", path.display())]
    NotAVault {
        /// The place.
        path: PathBuf,
    },
    /// A later version wrote it.
    #[error("the vault has format {found}; this version knows up to {known}")]
    Newer {
        /// The format that was found.
        found: i64,
        /// The latest format that is known here.
        known: i64,
    },
    /// Something is there already.
    #[error("“{}” exists already", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// Another process holds the vault.
    #[error("the vault is in use by another program")]
    InUse,
    /// Another database stands where the one was that is open, or none.
    #[error("“{}” was replaced or moved while it was open", path.display())]
    Replaced {
        /// The database's path.
        path: PathBuf,
    },
    /// The folder or its files can't be written.
    #[error("“{}” can't be written", path.display())]
    ReadOnly {
        /// The folder.
        path: PathBuf,
    },
    /// The folder or its files can't be written, and what a writer that ended early has left in the database's log can't be read
    /// without that.
    #[error("“{}” was not closed in order, and can't be written: its last changes stand in vault.db-wal", path.display())]
    LogLeft {
        /// The folder.
        path: PathBuf,
    },
    /// No room.
    #[error("no space is left for “{}”", path.display())]
    NoSpace {
        /// What was to be written; empty where it is the database.
        path: PathBuf,
    },
    /// The database's structure is not what a vault has.
    #[error("the vault's database is damaged: {0}")]
    Damaged(String),
    /// A file or a folder failed.
    #[error("could not {action} “{}”: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A read was ended before it was done: see [`super::Store::interruptibly`].
    #[error("reading the vault's database was ended early")]
    Interrupted,
    /// SQLite failed.
    #[error("the vault's database failed: {0}")]
    Database(#[source] rusqlite::Error),
}

impl StoreError {
    /// What a failed file operation on `path` is.
    pub fn of_file(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::NoSpace { path }
            }
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            _ => Self::File { action, path, source },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // The index of the log could not be made longer: it is the first file that an opened database writes.
        let extended = error.sqlite_error().map(|error| error.extended_code);
        if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
            return Self::NoSpace { path: PathBuf::new() };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse,
            Some(ErrorCode::DiskFull) => Self::NoSpace { path: PathBuf::new() },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path: PathBuf::new() },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged("its file is not in order".to_owned()),
            Some(ErrorCode::OperationInterrupted) => Self::Interrupted,
            Some(ErrorCode::NotADatabase) => Self::NotAVault { path: PathBuf::from("vault.db") },
            Some(_) => Self::Database(error),
            // A column of another type or length than the schema allows: somebody wrote past it.
            None => match error {
                rusqlite::Error::QueryReturnedNoRows => Self::Damaged("a row is missing".to_owned()),
                _ => Self::Damaged("a row can't be read".to_owned()),
            },
        }
    }
}
