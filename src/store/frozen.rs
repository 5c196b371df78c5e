//! A vault's rows as they are, read without a byte in its folder changing: for one that is damaged, and is evidence.
//!
//! SQLite writes beside a database that has a log, even to read it, and puts the log into it when it is closed. So where a log has
//! anything, both are copied into a folder of their own, and read there; else the file is read as one that nobody changes.
//! What is copied is as sealed as it was.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
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

/// A copy of a database and its log, which goes with this.
#[derive(Debug)]
pub(super) struct Frozen(PathBuf);

impl Frozen {
    /// Copies what is in `folder`, as it was at `stamp`.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where somebody wrote meanwhile; [`StoreError::NoSpace`], [`StoreError::File`].
    pub(super) fn copy_of(folder: &Path, stamp: FileStamp) -> Result<Self, StoreError> {
        let place = std::env::temp_dir().join(format!("sealkeep-reading-{}", uuid::Uuid::new_v4().simple()));
        let made = DirBuilder::new().mode(0o700).create(&place);
        made.map_err(|error| StoreError::of_file("make", &place, error))?;
        let copy = Self(place);
        for name in [DATABASE, &log()] {
            let (from, to) = (folder.join(name), copy.0.join(name));
            copy_file(&from, &to).map_err(|error| StoreError::of_file("copy", &from, error))?;
        }
        if FileStamp::of(folder) == stamp { Ok(copy) } else { Err(StoreError::InUse) }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        // In the folder for what is temporary, where anybody may clear it away.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let no_link = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let mut source = OpenOptions::new().read(true).custom_flags(no_link.bits().cast_signed()).open(from)?;
    let mut target: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut source, &mut target).map(|_| ())
}
