//! A vault's folder that is being made: beside its place first, so that a crash leaves no half vault there.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::StoreError;

/// A folder under a temporary name. Dropped before it is published, it is removed with everything in it.
#[derive(Debug)]
pub struct NewFolder {
    path: PathBuf,
    /// Where it is to be.
    place: PathBuf,
    published: bool,
}

impl NewFolder {
    /// Makes the folder that is to be at `place`.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::ReadOnly`], [`StoreError::NoSpace`], [`StoreError::File`].
    pub fn make(place: &Path) -> Result<Self, StoreError> {
        Self::check_free(place)?;
        let mut name = OsString::from(".");
        name.push(place.file_name().unwrap_or_default());
        name.push(format!(".making-{}", uuid::Uuid::new_v4().simple()));
        let path = parent_of(place).join(name);
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| StoreError::of_file("make", place, error))?;
        Ok(Self { path, place: place.to_owned(), published: false })
    }

    /// Sees to it that nothing is at `place`: not even a link that leads nowhere.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::File`].
    pub fn check_free(place: &Path) -> Result<(), StoreError> {
        match fs::symlink_metadata(place) {
            Ok(_) => Err(StoreError::Exists { path: place.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(StoreError::of_file("look at", place, error)),
        }
    }

    /// The folder, for as long as it is being made.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it will be, with every link on the way resolved.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn place(&self) -> Result<PathBuf, StoreError> {
        let parent = parent_of(&self.place);
        let parent = fs::canonicalize(parent).map_err(|error| StoreError::of_file("open", parent, error))?;
        Ok(parent.join(self.place.file_name().unwrap_or_default()))
    }

    /// Gives the folder its name, for good.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where something has come to its place; [`StoreError::File`].
    pub fn publish(mut self) -> Result<(), StoreError> {
        // Renaming a folder replaces an empty one, and nothing else; that one is refused just before.
        Self::check_free(&self.place)?;
        fs::rename(&self.path, &self.place).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                StoreError::Exists { path: self.place.clone() }
            }
            _ => StoreError::of_file("make", &self.place, error),
        })?;
        self.published = true;
        let parent = parent_of(&self.place);
        let synced = File::open(parent).and_then(|parent| parent.sync_all());
        synced.map_err(|error| StoreError::of_file("write", parent, error))
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.published {
            // Nothing of it was ever seen; that it stays is the least of the problems of whoever gets here.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn parent_of(folder: &Path) -> &Path {
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_published_leaves_nothing_and_what_is_takes_nobodys_place() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("v.sealkeep");
        let made = NewFolder::make(&place).unwrap();
        fs::write(made.path().join("inside"), "x").unwrap();
        drop(made);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let (first, second) = (NewFolder::make(&place).unwrap(), NewFolder::make(&place).unwrap());
        first.publish().unwrap();
        assert!(matches!(second.publish(), Err(StoreError::Exists { path }) if path == place));
        assert!(matches!(NewFolder::make(&place), Err(StoreError::Exists { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
