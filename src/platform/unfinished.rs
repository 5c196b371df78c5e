//! What was begun with a vault and is not done yet: one small file for each kind of work and vault, in the state folder.
//!
//! Owns: where the file is, that it is replaced whole and is private. What stands in it is opaque here. No secrets.

use std::fs;
use std::io;
use std::path::PathBuf;

use uuid::Uuid;

use super::folders::make_private;
use super::outfile::replace_file;
use super::{Folders, PlatformError};

/// A longer one is none that was written here.
const LONGEST: u64 = 256 * 1024 * 1024;

/// Where it is noted that something was begun with a vault.
#[derive(Clone, Debug)]
pub struct Unfinished {
    folder: PathBuf,
    name: String,
}

impl Unfinished {
    /// The note of `work`, a plain word, with `vault`. Nothing is made yet.
    pub fn of(folders: &Folders, work: &str, vault: Uuid) -> Self {
        Self { folder: folders.state().join("unfinished"), name: format!("{work}.{}.json", vault.hyphenated()) }
    }

    /// What was noted last; `None` where nothing is.
    ///
    /// # Errors
    /// `Read`.
    pub fn load(&self) -> Result<Option<Vec<u8>>, PlatformError> {
        let path = self.path();
        let read = || {
            if fs::metadata(&path)?.len() > LONGEST {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too long"));
            }
            fs::read(&path)
        };
        match read() {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(PlatformError::Read { path, source }),
        }
    }

    /// Notes `content`, on the disk before this returns.
    ///
    /// # Errors
    /// `Folder`, `Write`.
    pub fn store(&self, content: &[u8]) -> Result<(), PlatformError> {
        make_private(&self.folder)?;
        Ok(replace_file(&self.path(), content)?)
    }

    /// It is done. Nothing to forget is no error.
    ///
    /// # Errors
    /// `Read`.
    pub fn remove(&self) -> Result<(), PlatformError> {
        let path = self.path();
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(PlatformError::Read { path, source }),
            _ => Ok(()),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_note_is_private_kept_by_vault_and_gone_once_it_is_done() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::under(home.path()).unwrap();
        let of = |work: &str, vault| Unfinished::of(&folders, work, Uuid::from_u128(vault));
        let note = of("rekey", 1);
        assert_eq!(note.load().unwrap(), None);
        note.store(b"{}").unwrap();
        note.store(b"{\"left\":[]}").unwrap();
        assert_eq!(note.load().unwrap().unwrap(), b"{\"left\":[]}");
        assert_eq!((of("rekey", 2).load().unwrap(), of("other", 1).load().unwrap()), (None, None));
        assert_eq!(fs::metadata(note.path()).unwrap().mode() & 0o777, 0o600);
        note.remove().unwrap();
        note.remove().unwrap();
        assert_eq!(note.load().unwrap(), None);
    }
}
