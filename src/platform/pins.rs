//! What this installation remembers of a vault outside the vault: one small file per vault and place, in the state folder.
//!
//! Owns: where the file is, that it is replaced whole, and that two processes never lose each other's update. What stands in
//! it is the vault's business and opaque here. No secrets: the file is private, but not sealed.
//! Invariant: a reader sees either the old content or the new, and an update is made from the newest content.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::folders::make_private;
use super::lockfile;
use super::outfile::replace_file;
use super::{Folders, PlatformError};

/// The pins of all vaults.
#[derive(Clone, Debug)]
pub struct Pins {
    folder: PathBuf,
}

/// The pins of one vault at one place; there may be none yet.
#[derive(Clone, Debug)]
pub struct PinFile {
    folder: PathBuf,
    vault: Uuid,
    place: String,
}

impl Pins {
    /// The pins in the state folder.
    ///
    /// # Errors
    /// `Folder` where their folder can't be made.
    pub fn open(folders: &Folders) -> Result<Self, PlatformError> {
        let folder = folders.state().join("pins");
        make_private(&folder)?;
        Ok(Self { folder })
    }

    /// The pins of `vault` where its folder is at `place`. The place is resolved: links and `..` lead to the same pins.
    pub fn of(&self, vault: Uuid, place: &Path) -> PinFile {
        PinFile { folder: self.folder.clone(), vault, place: name_of_place(place) }
    }

    /// Every vault that has pins for `place`: more than the one that is there now means that another stood there before.
    ///
    /// # Errors
    /// `Read`.
    pub fn vaults_at(&self, place: &Path) -> Result<Vec<Uuid>, PlatformError> {
        let wanted = name_of_place(place);
        Ok(self.all()?.into_iter().filter(|pin| pin.place == wanted).map(|pin| pin.vault).collect())
    }

    /// Every place's pins of `vault`: how a vault that was moved or copied is recognised.
    ///
    /// # Errors
    /// `Read`.
    pub fn of_vault(&self, vault: Uuid) -> Result<Vec<PinFile>, PlatformError> {
        Ok(self.all()?.into_iter().filter(|pin| pin.vault == vault).collect())
    }

    fn all(&self) -> Result<Vec<PinFile>, PlatformError> {
        let failed = |source| PlatformError::Read { path: self.folder.clone(), source };
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let parts = name.to_str().and_then(|name| name.strip_suffix(".json")).and_then(|name| name.split_once('.'));
            let Some((vault, place)) = parts else { continue };
            if let Ok(vault) = Uuid::parse_str(vault) {
                found.push(PinFile { folder: self.folder.clone(), vault, place: place.to_owned() });
            }
        }
        found.sort_by(|a, b| (a.vault, &a.place).cmp(&(b.vault, &b.place)));
        Ok(found)
    }
}

impl PinFile {
    /// What was stored last; `None` where nothing was.
    ///
    /// # Errors
    /// `Read`.
    pub fn load(&self) -> Result<Option<Vec<u8>>, PlatformError> {
        let path = self.path();
        match fs::read(&path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(PlatformError::Read { path, source }),
        }
    }

    /// Replaces the content, whatever it is. To change what is there, use [`PinFile::update`].
    ///
    /// # Errors
    /// `Write`, `Busy`.
    pub fn store(&self, content: &[u8]) -> Result<(), PlatformError> {
        self.update(|_| Ok(content.to_vec()))
    }

    /// Makes the new content from the old, alone: another process waits until this one is on the disk. An error of `change`
    /// leaves the old content.
    ///
    /// # Errors
    /// `change`'s own; `Read`, `Write`; `Busy` where another process holds the pins for 5 seconds.
    pub fn update<E: From<PlatformError>>(
        &self,
        change: impl FnOnce(Option<Vec<u8>>) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        let _lock = lockfile::lock(&self.folder.join("lock"))?;
        let new = change(self.load()?)?;
        replace_file(&self.path(), &new).map_err(PlatformError::from)?;
        Ok(())
    }

    /// Forgets the pins. Nothing to forget is no error.
    ///
    /// # Errors
    /// `Read`, `Busy`.
    pub fn remove(&self) -> Result<(), PlatformError> {
        let _lock = lockfile::lock(&self.folder.join("lock"))?;
        let path = self.path();
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(PlatformError::Read { path, source }),
            _ => Ok(()),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.{}.json", self.vault.hyphenated(), self.place))
    }
}

/// A file name for a place: a digest, because a path can be longer than a name, and need not be UTF-8.
fn name_of_place(place: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let resolved = fs::canonicalize(place).or_else(|_| match (place.parent(), place.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => Ok(fs::canonicalize(parent)?.join(name)),
        _ => std::path::absolute(place),
    });
    let resolved = resolved.unwrap_or_else(|_| place.to_owned());
    let digest = Sha256::digest(resolved.as_os_str().as_bytes());
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};
    use std::thread;

    use super::*;

    const VAULT: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn pins() -> (tempfile::TempDir, Pins) {
        let home = tempfile::tempdir().unwrap();
        let pins = Pins::open(&Folders::under(home.path()).unwrap()).unwrap();
        (home, pins)
    }

    #[test]
    fn what_is_stored_is_loaded_and_private() {
        let (home, pins) = pins();
        let pin = pins.of(VAULT, home.path());
        assert_eq!(pin.load().unwrap(), None);
        pin.store(b"{\"head\":1}").unwrap();
        assert_eq!(pin.load().unwrap().unwrap(), b"{\"head\":1}");
        assert_eq!(fs::metadata(pin.path()).unwrap().mode() & 0o777, 0o600);
        pin.remove().unwrap();
        pin.remove().unwrap();
        assert_eq!(pin.load().unwrap(), None);
    }

    #[test]
    fn vaults_and_places_are_kept_apart_and_found_again() {
        let (home, pins) = pins();
        let (a, b) = (home.path().join("a"), home.path().join("b"));
        pins.of(VAULT, &a).store(b"1").unwrap();
        pins.of(VAULT, &b).store(b"2").unwrap();
        pins.of(OTHER, &b).store(b"3").unwrap();
        assert_eq!(pins.of(VAULT, &a).load().unwrap().unwrap(), b"1");
        assert_eq!(pins.of(OTHER, &a).load().unwrap(), None);
        assert_eq!(pins.vaults_at(&b).unwrap(), [VAULT, OTHER]);
        assert_eq!(pins.of_vault(VAULT).unwrap().len(), 2);
    }

    #[test]
    fn a_place_is_the_same_by_every_way_that_leads_there() {
        let (home, pins) = pins();
        let place = home.path().join("place");
        let before = name_of_place(&place);
        fs::create_dir(&place).unwrap();
        symlink(&place, home.path().join("link")).unwrap();
        pins.of(VAULT, &place).store(b"1").unwrap();
        assert_eq!(pins.of(VAULT, &home.path().join("link")).load().unwrap().unwrap(), b"1");
        assert_eq!(pins.of(VAULT, &place.join("../place")).load().unwrap().unwrap(), b"1");
        assert_eq!(before, name_of_place(&place), "a vault that is about to be made has the same place");
    }

    #[test]
    fn no_update_is_lost() {
        let (home, pins) = pins();
        let pin = pins.of(VAULT, home.path());
        let add = |pin: &PinFile| {
            pin.update(|old| -> Result<_, PlatformError> {
                let count: u32 = old.map_or(0, |old| String::from_utf8(old).unwrap().parse().unwrap());
                Ok((count + 1).to_string().into_bytes())
            })
        };
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5).for_each(|_| add(&pin).unwrap()));
            }
        });
        assert_eq!(pin.load().unwrap().unwrap(), b"20");
    }

    #[test]
    fn a_refused_update_changes_nothing() {
        let (home, pins) = pins();
        let pin = pins.of(VAULT, home.path());
        pin.store(b"old").unwrap();
        assert!(matches!(pin.update(|_| Err(PlatformError::Random)), Err(PlatformError::Random)));
        assert_eq!(pin.load().unwrap().unwrap(), b"old");
    }
}
