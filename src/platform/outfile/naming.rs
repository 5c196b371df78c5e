//! How an unfinished file is kept, and how the finished one takes its name.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::AsRawFd;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::{Errno, Result};

use super::Replace;

const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// An unfinished file's temporary name; `None` where it needs none.
#[derive(Debug)]
pub(super) struct Temporary(Option<OsString>);

impl Temporary {
    /// A new empty file in `folder`: nameless where the file system can, hidden elsewhere.
    pub(super) fn new(folder: &OwnedFd) -> Result<(File, Self)> {
        Self::nameless(folder).or_else(|_| Self::named(folder))
    }

    /// A file without a name.
    pub(super) fn nameless(folder: &OwnedFd) -> Result<(File, Self)> {
        let file = rustix::fs::openat(folder, c".", OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, PRIVATE)?;
        // Naming it later goes through /proc.
        rustix::fs::statat(CWD, by_descriptor(&file), AtFlags::empty())?;
        Ok((File::from(file), Self(None)))
    }

    /// A file with a hidden name that nobody else has.
    pub(super) fn named(folder: &OwnedFd) -> Result<(File, Self)> {
        let name = hidden_name()?;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(folder, &name, flags, PRIVATE)?;
        Ok((File::from(file), Self(Some(name))))
    }

    /// Gives the finished file its name, in one step that never takes somebody else's place unasked.
    pub(super) fn take_name(&mut self, file: &File, folder: &OwnedFd, name: &OsStr, replace: Replace) -> Result<()> {
        if self.0.is_none() {
            match link_nameless(file, folder, name) {
                Err(Errno::EXIST) if replace == Replace::Yes => {}
                done => return done,
            }
            let hidden = hidden_name()?;
            link_nameless(file, folder, &hidden)?;
            self.0 = Some(hidden);
        }
        let Some(hidden) = &self.0 else { return Ok(()) };
        match replace {
            Replace::Yes => rustix::fs::renameat(folder, hidden, folder, name)?,
            Replace::No => rename_to_free_name(folder, hidden, name)?,
        }
        self.0 = None;
        Ok(())
    }

    /// Removes the temporary name, if there is one.
    pub(super) fn remove(&mut self, folder: &OwnedFd) {
        if let Some(name) = self.0.take() {
            // Nothing can be done about a failure here, and nobody is waiting for it.
            let _ = rustix::fs::unlinkat(folder, &name, AtFlags::empty());
        }
    }
}

fn hidden_name() -> Result<OsString> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| Errno::IO)?;
    Ok(format!(".sealkeep-{:016x}.part", u64::from_ne_bytes(random)).into())
}

fn by_descriptor(file: &impl AsRawFd) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

fn link_nameless(file: &File, folder: &OwnedFd, name: &OsStr) -> Result<()> {
    rustix::fs::linkat(CWD, by_descriptor(file), folder, name, AtFlags::SYMLINK_FOLLOW)
}

/// Renames, and never replaces anything.
pub(super) fn rename_to_free_name(folder: &OwnedFd, from: &OsStr, to: &OsStr) -> Result<()> {
    match rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        done => return done,
    }
    // NFS and some FUSE file systems have no such rename, but their links never replace.
    match rustix::fs::linkat(folder, from, folder, to, AtFlags::empty()) {
        Ok(()) => return rustix::fs::unlinkat(folder, from, AtFlags::empty()),
        Err(Errno::EXIST) => return Err(Errno::EXIST),
        Err(_) => {}
    }
    // No links either: claim the name with an empty file, then rename over the claim.
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
    rustix::fs::openat(folder, to, flags, PRIVATE)?;
    rustix::fs::renameat(folder, from, folder, to).inspect_err(|_| {
        let _ = rustix::fs::unlinkat(folder, to, AtFlags::empty());
    })
}
