//! Files without a name, which vanish with the last process that has them open, however it ends.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

/// An empty file in `folder`'s file system, to be written and read by this process alone: nobody can open it, nor give it a
/// name. Where the file system knows no such files, it has a random name for as long as it takes to remove that.
///
/// # Errors
/// The system's.
pub fn nameless_file(folder: &Path) -> io::Result<File> {
    born_nameless(folder).or_else(|_| unlinked(folder))
}

const OPEN: OFlags = OFlags::RDWR.union(OFlags::EXCL).union(OFlags::CLOEXEC);
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

fn born_nameless(folder: &Path) -> io::Result<File> {
    // With EXCL it can never be given a name.
    Ok(rustix::fs::openat(CWD, folder, OPEN | OFlags::TMPFILE, PRIVATE)?.into())
}

fn unlinked(folder: &Path) -> io::Result<File> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let path = folder.join(format!(".sealkeep-{:016x}.spool", u64::from_ne_bytes(random)));
    let file = rustix::fs::openat(CWD, &path, OPEN | OFlags::CREATE | OFlags::NOFOLLOW, PRIVATE)?;
    rustix::fs::unlinkat(CWD, &path, AtFlags::empty())?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn is_written_and_read_and_is_in_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        for make in [nameless_file, born_nameless, unlinked] {
            let mut file = make(folder.path()).unwrap();
            file.write_all(b"content").unwrap();
            file.rewind().unwrap();
            let mut read = String::new();
            file.read_to_string(&mut read).unwrap();
            let found = file.metadata().unwrap();
            assert_eq!((read.as_str(), found.nlink(), found.mode() & 0o777), ("content", 0, 0o600));
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let missing = nameless_file(&folder.path().join("missing")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
