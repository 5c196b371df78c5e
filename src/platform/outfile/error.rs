//! Why an output file could not be written.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Why an output file did not come to be. Nothing half-written is left in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum OutError {
    /// There is a file of this name, and replacing it was not asked for.
    #[error("“{}” exists already", .0.display())]
    Exists(PathBuf),
    /// The path is a folder.
    #[error("“{}” is a folder", .0.display())]
    IsFolder(PathBuf),
    /// The path is a device, a pipe or a socket.
    #[error("“{}” is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// The path names no file: it is empty, or ends in `/` or `..`.
    #[error("“{}” is not the name of a file", .0.display())]
    NoName(PathBuf),
    /// The folder that should hold the file does not exist.
    #[error("there is no folder “{}”", .0.display())]
    NoFolder(PathBuf),
    /// The disk, or the quota, is full.
    #[error("there is no room on the disk for “{}”", path.display())]
    NoSpace {
        /// The file.
        path: PathBuf,
        /// How many bytes are missing at least, where that is known.
        missing: Option<u64>,
    },
    /// The folder, or its whole disk, may not be written to.
    #[error("“{}” can't be written: its folder is read-only", .0.display())]
    ReadOnly(PathBuf),
    /// The file system does not take a name this long.
    #[error("the name of “{}” is too long", .0.display())]
    NameTooLong(PathBuf),
    /// The file system, or a limit of this process, does not take a file this large.
    #[error("“{}” is too large for this disk", .0.display())]
    TooLarge(PathBuf),
    /// The file that was to be replaced is not what was read.
    #[error("“{}” changed since it was read", .0.display())]
    Changed(PathBuf),
    /// Anything else the system had to say.
    #[error("“{}” can't be written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl OutError {
    /// What to do about it, in one short sentence; empty where nothing general helps.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Exists(_) => "Choose another name, or say that it may be replaced.",
            Self::IsFolder(_) | Self::NoName(_) | Self::NotAFile(_) => "Give the name of a file.",
            Self::NoFolder(_) => "Make the folder first, or choose another.",
            Self::NoSpace { .. } => "Nothing was lost. Free some space, then try again.",
            Self::ReadOnly(_) => "Choose a folder that you may write to.",
            Self::NameTooLong(_) => "Choose a shorter name.",
            Self::Changed(_) => "Nothing was changed. Try again when no program writes to it.",
            Self::TooLarge(_) => "Choose another disk.",
            Self::Io { .. } => "",
        }
    }

    /// Says what the system's `error` means for the file at `path`.
    pub fn explain(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match Errno::from_io_error(&error) {
            Some(Errno::EXIST) => Self::Exists(path),
            Some(Errno::ISDIR) => Self::IsFolder(path),
            Some(Errno::NOSPC | Errno::DQUOT) => Self::NoSpace { path, missing: None },
            Some(Errno::ROFS | Errno::ACCESS | Errno::PERM) => Self::ReadOnly(path),
            Some(Errno::NAMETOOLONG) => Self::NameTooLong(path),
            Some(Errno::FBIG) => Self::TooLarge(path),
            _ => Self::Io { path, source: error },
        }
    }
}
