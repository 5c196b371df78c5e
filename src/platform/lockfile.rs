//! A lock between the processes of this user, held for the length of one small read and write.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::PlatformError;

/// Longer than any holder needs; a holder that was stopped in the middle must not stop everybody.
const PATIENCE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(5);

/// Holds the lock until dropped.
#[derive(Debug)]
pub(super) struct FileLock {
    _held: File,
}

/// Takes the lock file at `path`, which stays there for ever: removing a lock file lets two holders in.
pub(super) fn lock(path: &Path) -> Result<FileLock, PlatformError> {
    let failed = |source: io::Error| PlatformError::Read { path: path.to_owned(), source };
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path).map_err(failed)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(FileLock { _held: file }),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(STEP),
            Err(TryLockError::WouldBlock) => return Err(PlatformError::Busy(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
}
