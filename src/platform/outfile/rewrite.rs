//! A person's own file with other content: the old one is whole until the new one is, and of the old one nothing is left.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Gid, Mode, Uid};

use crate::secret::SecretBytes;

use super::{OutError, OutFile, Replace};

/// What became of the old content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldContent {
    /// Its blocks were overwritten with zeros. A file system that writes elsewhere, a snapshot or an SSD may have more of them.
    Overwritten,
    /// The file has another name, under which it is as it was.
    ElsewhereToo,
    /// The disk did not take the zeros.
    NotOverwritten,
}

/// Replaces the content of the file at `path`, `old`, by `new`, in one step: whatever happens meanwhile, the file is one or the other.
/// It keeps its mode, owner and group; where `path` is a symbolic link, the file that it leads to is replaced.
///
/// # Errors
/// `Changed` where the file has not the content `old`, or has no longer; `NotAFile`; `ReadOnly` where it, or its folder, can't be
/// written; `NoSpace`, `Io`. The file is then as it was, unless it was the last step that failed, on a disk that is failing.
pub fn rewrite(path: &Path, old: &SecretBytes, new: &SecretBytes) -> Result<OldContent, OutError> {
    let target = path.canonicalize().map_err(|error| OutError::explain(path, error))?;
    let failed = |error: io::Error| OutError::explain(&target, error);
    // Open from here on: by its name it can't be reached once it is replaced.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(&target).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    if !found.is_file() {
        return Err(OutError::NotAFile(target));
    }
    if !has_content(&file, &found, old).map_err(failed)? {
        return Err(OutError::Changed(target));
    }
    let mut out = OutFile::create(&target, Replace::Yes)?;
    out.belong_as(&found)?;
    // EXPOSE: what was asked to stay in the file.
    out.write_all(new.expose()).map_err(failed)?;
    // As late as can be: who writes to the file after this has not seen that it is replaced.
    let now = target.symlink_metadata().map_err(failed)?;
    if mark(&now) != mark(&found) {
        return Err(OutError::Changed(target));
    }
    out.commit()?;
    Ok(overwrite(&file))
}

impl OutFile {
    /// Gives the unfinished file the mode, owner and group of another.
    fn belong_as(&self, other: &Metadata) -> Result<(), OutError> {
        let failed = |errno: rustix::io::Errno| OutError::explain(&self.path, errno.into());
        let own = self.file.metadata().map_err(|error| OutError::explain(&self.path, error))?;
        if (own.uid(), own.gid()) != (other.uid(), other.gid()) {
            let (user, group) = (Uid::from_raw(other.uid()), Gid::from_raw(other.gid()));
            rustix::fs::fchown(&self.file, Some(user), Some(group)).map_err(failed)?;
        }
        // After the owner, whose change takes bits of the mode away.
        rustix::fs::fchmod(&self.file, Mode::from_raw_mode(other.permissions().mode() & 0o7777)).map_err(failed)
    }
}

/// Whether `file` has exactly the bytes of `content`.
fn has_content(file: &File, found: &Metadata, content: &SecretBytes) -> io::Result<bool> {
    if found.len() != content.len() as u64 {
        return Ok(false);
    }
    let mut read = SecretBytes::new(vec![0; content.len()]);
    // EXPOSE: read into, and held against what was read before.
    file.read_exact_at(read.expose_mut(), 0)?;
    // EXPOSE: the same.
    Ok(read.expose() == content.expose())
}

/// What is another where somebody wrote to a file, or put another in its place.
fn mark(file: &Metadata) -> (u64, u64, u64, i64, i64, u32) {
    (file.dev(), file.ino(), file.len(), file.mtime(), file.mtime_nsec(), file.mode())
}

/// Writes zeros over a file that has no name any more.
fn overwrite(file: &File) -> OldContent {
    let zeros = || {
        let found = file.metadata()?;
        if found.nlink() > 0 {
            return Ok(OldContent::ElsewhereToo);
        }
        file.write_all_at(&vec![0; usize::try_from(found.len()).unwrap_or(0)], 0)?;
        file.sync_all()?;
        Ok::<_, io::Error>(OldContent::Overwritten)
    };
    zeros().unwrap_or(OldContent::NotOverwritten)
}

/// Files beside `path` that an editor may have made of it, such as `credentials~` or `.credentials.swp`, with `word` in them. What
/// can't be read is passed over.
pub fn copies_beside(path: &Path, word: &str, longest: u64) -> Vec<PathBuf> {
    let Some((folder, name)) = path.parent().zip(path.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let others = entries.flatten().filter(|entry| {
        let other = entry.file_name().to_string_lossy().into_owned();
        other != name && other.contains(name)
    });
    let mut copies: Vec<PathBuf> = others.map(|entry| entry.path()).filter(|path| holds(path, word, longest)).collect();
    copies.sort();
    copies
}

fn holds(path: &Path, word: &str, longest: u64) -> bool {
    let read = || {
        let file = crate::platform::open_without_waiting(path)?;
        let found = file.metadata()?;
        if !found.is_file() || found.len() > longest {
            return Ok(false);
        }
        let mut content = SecretBytes::new(vec![0; usize::try_from(found.len()).unwrap_or(0)]);
        // EXPOSE: read into, and looked through.
        file.read_exact_at(content.expose_mut(), 0)?;
        // EXPOSE: the same.
        Ok::<_, io::Error>(content.expose().windows(word.len().max(1)).any(|part| part == word.as_bytes()))
    };
    read().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn secret(text: &str) -> SecretBytes {
        SecretBytes::copy_of(text.as_bytes())
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn the_file_behind_a_link_is_replaced_keeps_its_mode_and_its_old_blocks_are_zeros() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old and secret").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        let watching = File::open(&file).unwrap();
        assert_eq!(rewrite(&link, &secret("old and secret"), &secret("new")).unwrap(), OldContent::Overwritten);
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("file"));
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o640);
        let mut left = [1; 14];
        watching.read_exact_at(&mut left, 0).unwrap();
        assert_eq!(left, [0; 14]);
        assert_eq!(names(folder.path()), ["file", "link"]);
    }

    #[test]
    fn what_changed_has_another_name_or_is_no_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("file"), folder.path().join("other"));
        for changed in ["oLd", "older"] {
            fs::write(&file, changed).unwrap();
            assert!(matches!(rewrite(&file, &secret("old"), &secret("new")), Err(OutError::Changed(_))));
            assert_eq!(fs::read(&file).unwrap(), changed.as_bytes());
        }
        fs::write(&file, "old").unwrap();
        fs::hard_link(&file, &other).unwrap();
        assert_eq!(rewrite(&file, &secret("old"), &secret("new")).unwrap(), OldContent::ElsewhereToo);
        assert_eq!((fs::read(&file).unwrap(), fs::read(&other).unwrap()), (b"new".to_vec(), b"old".to_vec()));
        assert!(rewrite(folder.path(), &secret("old"), &secret("new")).is_err());
        assert_eq!(names(folder.path()), ["file", "other"]);
    }

    #[test]
    fn an_editors_copies_are_found_by_what_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("credentials", "AKIA1"),
            ("credentials~", "x AKIA1 y"),
            (".credentials.swp", "\0AKIA1\0"),
            ("credentials.bak", "AKIA2"),
            ("config", "AKIA1"),
        ] {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let found = copies_beside(&folder.path().join("credentials"), "AKIA1", 1 << 20);
        let expected = [".credentials.swp", "credentials~"].map(|name| folder.path().join(name));
        assert_eq!(found, expected);
        assert!(copies_beside(&folder.path().join("credentials"), "AKIA1", 4).is_empty());
    }
}
