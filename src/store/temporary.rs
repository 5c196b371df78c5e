//! A body file that is being written.
//!
//! Invariant: it gets its final name only once it is durable, and never where a flush of it has failed: a later one that works says
//! nothing of what was lost.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::fs::{AtFlags, OFlags};

use crate::format::v1::RevisionId;

use super::bodies::{TEMPORARY, UNCOMMITTED};
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
    flushed: Arc<Mutex<Flushed>>,
}

/// How a file stands to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flushed {
    NotYet,
    Done,
    Failed,
}

/// Makes a body file durable, on any thread. Has nothing of what was sealed but the file.
#[derive(Debug)]
pub struct Flush {
    file: File,
    folder: PathBuf,
    flushed: Arc<Mutex<Flushed>>,
}

impl Flush {
    /// Waits for the disk. Where it was done before, nothing is done.
    ///
    /// # Errors
    /// [`StoreError`]; the file can't be published then, by this flush or another.
    pub fn run(&self) -> Result<(), StoreError> {
        flush(&self.file, &self.flushed).map_err(|error| StoreError::of_file("write", &self.folder, error))
    }
}

/// One at a time: whoever comes second must not take what the first one was told for their own.
fn flush(file: &File, flushed: &Mutex<Flushed>) -> io::Result<()> {
    let mut flushed = flushed.lock().unwrap_or_else(PoisonError::into_inner);
    match *flushed {
        Flushed::Done => Ok(()),
        Flushed::Failed => Err(io::Error::other("it could not be made durable before")),
        Flushed::NotYet => {
            *flushed = Flushed::Failed;
            file.sync_all()?;
            *flushed = Flushed::Done;
            Ok(())
        }
    }
}

impl TemporaryBody {
    pub(super) fn create(bodies: Arc<Bodies>) -> Result<Self, StoreError> {
        for _ in 0..ATTEMPTS {
            let name = format!("{TEMPORARY}{}", uuid::Uuid::new_v4());
            let failed = |error: io::Error| StoreError::of_file("make", &bodies.path_of(&name), error);
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = rustix::fs::openat(&bodies.folder, name.as_str(), flags, UNCOMMITTED);
            let file = File::from(file.map_err(|error| failed(error.into()))?);
            // A sweep that saw the file before it was locked has it locked now, or has removed it.
            let locked = file.try_lock().is_ok();
            if locked && rustix::fs::fstat(&file).map_err(|error| failed(error.into()))?.st_nlink > 0 {
                let flushed = Arc::new(Mutex::new(Flushed::NotYet));
                return Ok(Self { bodies, file, name: Some(name), flushed });
            }
        }
        Err(StoreError::InUse)
    }

    /// What makes durable what was written until then: to be called after the last byte.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn flush_of(&self) -> Result<Flush, StoreError> {
        let file = self.file.try_clone().map_err(|error| self.failed(error))?;
        Ok(Flush { file, folder: self.bodies.path().to_owned(), flushed: Arc::clone(&self.flushed) })
    }

    /// A failed write of this file. Its folder is named: its own name means nothing to anybody.
    pub fn failed(&self, error: io::Error) -> StoreError {
        StoreError::of_file("write", self.bodies.path(), error)
    }

    /// Gives the file its final name; the lock stays. What was not made durable is now.
    pub(super) fn publish(mut self, revision: RevisionId) -> Result<Self, StoreError> {
        flush(&self.file, &self.flushed).map_err(|error| self.failed(error))?;
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

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use super::*;

    #[test]
    fn a_flush_that_failed_is_not_made_good_by_one_that_works() {
        let folder = tempfile::tempdir().unwrap();
        let bodies = Arc::new(Bodies::open_folder(folder.path()).unwrap());
        let revision = RevisionId([7; 16]);
        let file = TemporaryBody::create(Arc::clone(&bodies)).unwrap();
        // What can't be flushed stands in for a disk that fails.
        let (pipe, _other) = std::io::pipe().unwrap();
        let failing = Flush { file: File::from(OwnedFd::from(pipe)), ..file.flush_of().unwrap() };
        assert!(failing.run().is_err());
        assert!(file.flush_of().unwrap().run().is_err());
        assert!(file.publish(revision).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

        let file = TemporaryBody::create(Arc::clone(&bodies)).unwrap();
        file.flush_of().unwrap().run().unwrap();
        drop(file.publish(revision).unwrap());
        assert!(bodies.open(revision).is_ok());
        // Without anybody's flush before.
        drop(TemporaryBody::create(bodies).unwrap().publish(RevisionId([8; 16])).unwrap());
    }
}
