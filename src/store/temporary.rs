//! A body file that is being written.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;

use rustix::fs::{AtFlags, Mode, OFlags};

use crate::format::v1::RevisionId;

use super::bodies::TEMPORARY;
use super::{Bodies, StoreError};

/// How often another name is tried where a sweep was between making a file and locking it.
const ATTEMPTS: usize = 8;

/// A body file under a temporary name. Its lock says that its writer lives; dropped before it is published, it is removed.
#[derive(Debug)]
pub struct TemporaryBody {
    bodies: Arc<Bodies>,
    file: File,
    /// `None` once it has its final name.
    name: Option<String>,
}

impl TemporaryBody {
    pub(super) fn create(bodies: Arc<Bodies>) -> Result<Self, StoreError> {
        for _ in 0..ATTEMPTS {
            let name = format!("{TEMPORARY}{}", uuid::Uuid::new_v4());
            let failed = |error: io::Error| StoreError::of_file("make", &bodies.path_of(&name), error);
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mode = Mode::RUSR | Mode::WUSR;
            let file = rustix::fs::openat(&bodies.folder, name.as_str(), flags, mode);
            let file = File::from(file.map_err(|error| failed(error.into()))?);
            // A sweep that saw the file before it was locked has it locked now, or has removed it.
            let locked = file.try_lock().is_ok();
            if locked && rustix::fs::fstat(&file).map_err(|error| failed(error.into()))?.st_nlink > 0 {
                return Ok(Self { bodies, file, name: Some(name) });
            }
        }
        Err(StoreError::InUse)
    }

    /// Makes what was written durable.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_all().map_err(|error| self.failed(error))
    }

    /// A failed write of this file. Its folder is named: its own name means nothing to anybody.
    pub fn failed(&self, error: io::Error) -> StoreError {
        StoreError::of_file("write", self.bodies.path(), error)
    }

    /// Gives the file its final name; the lock stays.
    pub(super) fn publish(mut self, revision: RevisionId) -> Result<Self, StoreError> {
        let Some(name) = self.name.take() else { return Ok(self) };
        let folder = &self.bodies.folder;
        match rustix::fs::renameat(folder, name.as_str(), folder, revision.to_string().as_str()) {
            Ok(()) => Ok(self),
            Err(error) => {
                self.name = Some(name);
                Err(self.failed(error.into()))
            }
        }
    }
}

impl Write for TemporaryBody {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for TemporaryBody {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // What can't be removed now is swept at the next open.
            let _ = rustix::fs::unlinkat(&self.bodies.folder, name.as_str(), AtFlags::empty());
            // Who closes a long file that was removed waits until the system has thrown its pages away. A lock does not.
            if let Ok(other) = self.bodies.folder.try_clone() {
                let file = std::mem::replace(&mut self.file, File::from(other));
                // Where there is no thread to spare, it is closed here.
                let _ = thread::Builder::new().name("discard".to_owned()).spawn(move || drop(file));
            }
        }
    }
}
