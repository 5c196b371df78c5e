//! The files in `bodies/`: one for each body that is too long for a row.
//!
//! Names are revision ids and nothing else, links are never followed, and everything happens relative to the folder that
//! was opened, so that no path in a hostile vault leads anywhere.

use std::ffi::{CStr, OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

use crate::format::v1::RevisionId;

use super::{StoreError, TemporaryBody};

/// What the name of a file that is still being written begins with.
pub(super) const TEMPORARY: &str = ".tmp-";

/// The permissions of a file that no commit has named yet, or none names any more. The sticky bit means nothing for a file: no tool
/// that copies a vault without its permissions gives it by chance.
pub(super) const UNCOMMITTED: Mode = Mode::RUSR.union(Mode::WUSR).union(Mode::SVTX);

/// Those of one that a commit has named.
const COMMITTED: Mode = Mode::RUSR;

/// No vault has as many bodies: a folder that was made to be listed without end fills no memory.
const MOST_BODIES: usize = 4_000_000;

/// So many other names are told.
const MOST_STRANGERS: usize = 1000;

/// The open folder of body files. Shared with whoever writes one on another thread.
#[derive(Debug)]
pub struct Bodies {
    pub(super) folder: OwnedFd,
    path: PathBuf,
}

/// What stands at a body file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyStat {
    /// A file of this many bytes.
    File(u64),
    /// Nothing.
    Missing,
    /// Something else than a file: a link, a folder.
    Strange,
}

/// What is in the folder.
#[derive(Debug, Default)]
pub struct Listing {
    /// What has the name of a body: its revision.
    pub bodies: Vec<RevisionId>,
    /// Names of files that are being written, or were when their writer died; a thousand at most.
    pub temporary: Vec<OsString>,
    /// Names of anything else; a thousand at most.
    pub strange: Vec<OsString>,
}

impl Bodies {
    /// Opens the folder at `path`, which must not be a link.
    pub(super) fn open_folder(path: &Path) -> Result<Self, StoreError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| match error {
            rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP => {
                StoreError::Damaged("its folder of bodies is missing".to_owned())
            }
            error => StoreError::of_file("open", path, error.into()),
        })?;
        Ok(Self { folder, path: path.to_owned() })
    }

    /// Begins a body file, under a temporary name that is locked for as long as the returned value lives.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create_temporary(self: &Arc<Self>) -> Result<TemporaryBody, StoreError> {
        TemporaryBody::create(Arc::clone(self))
    }

    /// Opens a body file, to read it.
    ///
    /// # Errors
    /// [`StoreError::File`], also for what is not a file.
    pub fn open(&self, revision: RevisionId) -> Result<File, StoreError> {
        let name = revision.to_string();
        let failed = |error: io::Error| StoreError::of_file("open", &self.path_of(&name), error);
        // Not blocking: a pipe in a file's place must not stop anybody.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::openat(&self.folder, name.as_str(), flags, Mode::empty());
        let file = File::from(file.map_err(|error| failed(error.into()))?);
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "not a file")));
        }
        Ok(file)
    }

    /// What stands at a body file's name.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn stat(&self, revision: RevisionId) -> Result<BodyStat, StoreError> {
        let name = revision.to_string();
        match rustix::fs::statat(&self.folder, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if FileType::from_raw_mode(found.st_mode) == FileType::RegularFile => {
                Ok(BodyStat::File(found.st_size.unsigned_abs()))
            }
            Ok(_) => Ok(BodyStat::Strange),
            Err(rustix::io::Errno::NOENT) => Ok(BodyStat::Missing),
            Err(error) => Err(StoreError::of_file("look at", &self.path_of(&name), error.into())),
        }
    }

    /// The body files that no commit has named, or none names any more; those of writers that are at work, too.
    ///
    /// # Errors
    /// Those of [`Bodies::list`].
    pub(super) fn uncommitted(&self, is_over: &dyn Fn() -> bool) -> Result<Vec<RevisionId>, StoreError> {
        let mut uncommitted = Vec::new();
        for id in self.list(is_over)?.bodies {
            if is_over() {
                return Err(StoreError::Interrupted);
            }
            if !self.is_committed(id)? {
                uncommitted.push(id);
            }
        }
        Ok(uncommitted)
    }

    /// Whether a body file was committed once, or is none at all, or gone: those are never swept.
    fn is_committed(&self, revision: RevisionId) -> Result<bool, StoreError> {
        let name = revision.to_string();
        let found = match rustix::fs::statat(&self.folder, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => found,
            // A purge removes its files when its rows are gone.
            Err(rustix::io::Errno::NOENT) => return Ok(true),
            Err(error) => return Err(StoreError::of_file("look at", &self.path_of(&name), error.into())),
        };
        let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
        Ok(!is_file || Mode::from_raw_mode(found.st_mode) != UNCOMMITTED)
    }

    /// Marks a body file as committed, or as one that was not. For one that is going to be removed see
    /// [`Bodies::mark_for_removal`].
    pub(super) fn mark(&self, revision: RevisionId, committed: bool) {
        let mode = if committed { COMMITTED } else { UNCOMMITTED };
        // What can't be marked stays as it is: at worst a file that nobody needs is not swept. By its descriptor: a link that
        // somebody put in its place leads to a file of their choice.
        if let Ok(file) = self.open(revision) {
            let _ = rustix::fs::fchmod(&file, mode);
        }
    }

    /// Marks a body file as one that is only waiting to be removed, on the disk before this returns: after a power cut it could
    /// not be told from one that a newer copy of the rows needs.
    ///
    /// # Errors
    /// [`StoreError::File`] where it can't be flushed; that it is not there is none.
    pub(super) fn mark_for_removal(&self, revision: RevisionId) -> Result<(), StoreError> {
        self.mark(revision, false);
        let Ok(file) = self.open(revision) else { return Ok(()) };
        file.sync_all().map_err(|error| StoreError::of_file("write", &self.path_of(&revision.to_string()), error))
    }

    /// What is in the folder; `is_over`, which is asked at every name, ends it.
    ///
    /// # Errors
    /// [`StoreError::File`]; [`StoreError::Interrupted`]; [`StoreError::Damaged`] where there are more files than any vault has.
    pub fn list(&self, is_over: &dyn Fn() -> bool) -> Result<Listing, StoreError> {
        let failed = |error: rustix::io::Errno| StoreError::of_file("list", &self.path, error.into());
        let mut listing = Listing::default();
        for entry in Dir::read_from(&self.folder).map_err(failed)? {
            if is_over() {
                return Err(StoreError::Interrupted);
            }
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let text = name.to_str().unwrap_or_default();
            let is_file = match entry.file_type() {
                FileType::Unknown => self.is_file(name)?,
                known => Some(known == FileType::RegularFile),
            };
            let Some(is_file) = is_file else { continue };
            match text.parse::<RevisionId>() {
                // Only the one way of writing an id: `check` would otherwise miss a second file for it.
                Ok(id) if id.to_string() == text => listing.bodies.push(id),
                _ if is_file && text.starts_with(TEMPORARY) => keep(&mut listing.temporary, name),
                _ => keep(&mut listing.strange, name),
            }
            if listing.bodies.len() > MOST_BODIES {
                return Err(StoreError::Damaged("its folder of bodies has more files than any vault".to_owned()));
            }
        }
        Ok(listing)
    }

    /// Whether a name is a file's; `None` where it was removed or renamed since it was listed.
    fn is_file(&self, name: &CStr) -> Result<Option<bool>, StoreError> {
        match rustix::fs::statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode) == FileType::RegularFile)),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(StoreError::of_file("list", &self.path, error.into())),
        }
    }

    /// Removes the temporary files of writers that died; how many they were. A living writer holds its file's lock. What
    /// can't be removed stays: it is in nobody's way.
    ///
    /// # Errors
    /// Those of [`Bodies::list`].
    pub fn sweep_temporary(&self, is_over: &dyn Fn() -> bool) -> Result<usize, StoreError> {
        let mut removed = 0;
        for name in self.list(is_over)?.temporary {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
            let Ok(file) = rustix::fs::openat(&self.folder, &name, flags, Mode::empty()) else { continue };
            let file = File::from(file);
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => continue,
            }
            removed += usize::from(rustix::fs::unlinkat(&self.folder, &name, AtFlags::empty()).is_ok());
        }
        Ok(removed)
    }

    /// Removes a body file. Nothing to remove is no error.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn remove(&self, revision: RevisionId) -> Result<(), StoreError> {
        let name = revision.to_string();
        match rustix::fs::unlinkat(&self.folder, name.as_str(), AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(StoreError::of_file("remove", &self.path_of(&name), error.into())),
        }
    }

    /// Makes names that were given or removed durable.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn sync(&self) -> Result<(), StoreError> {
        rustix::fs::fsync(&self.folder).map_err(|error| StoreError::of_file("write", &self.path, error.into()))
    }

    /// The folder's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Puts `name` to the others, where these are not too many already.
fn keep(names: &mut Vec<OsString>, name: &CStr) {
    if names.len() < MOST_STRANGERS {
        names.push(OsStr::from_bytes(name.to_bytes()).to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_with_many_names_is_left_when_it_is_over_and_fills_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..MOST_STRANGERS + 200 {
            fs::write(folder.path().join(format!("stranger-{number}")), "").unwrap();
        }
        let bodies = Bodies::open_folder(folder.path()).unwrap();
        let listing = bodies.list(&|| false).unwrap();
        assert_eq!((listing.bodies.len(), listing.strange.len()), (0, MOST_STRANGERS));
        let asked = Cell::new(0);
        let is_over = || {
            asked.set(asked.get() + 1);
            asked.get() == 10
        };
        assert!(matches!(bodies.list(&is_over), Err(StoreError::Interrupted)));
        assert_eq!(asked.get(), 10, "no name is looked at after it");
    }

    #[test]
    fn what_a_tool_copied_without_permissions_is_not_taken_for_uncommitted() {
        let folder = tempfile::tempdir().unwrap();
        let bodies = Bodies::open_folder(folder.path()).unwrap();
        let id: RevisionId = "6f1c0fd2-1111-4111-8111-111111111111".parse().unwrap();
        let path = folder.path().join(id.to_string());
        fs::write(&path, "body").unwrap();
        for mode in [0o400, 0o600, 0o640, 0o644, 0o700, 0o755, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(bodies.uncommitted(&|| false).unwrap(), [], "{mode:o}");
        }
        bodies.mark_for_removal(id).unwrap();
        assert_eq!(bodies.uncommitted(&|| false).unwrap(), [id]);
        bodies.mark(id, true);
        assert_eq!(bodies.uncommitted(&|| false).unwrap(), []);
        bodies.remove(id).unwrap();
        assert!(bodies.is_committed(id).unwrap(), "one that is gone is nobody's to sweep");
    }
}
