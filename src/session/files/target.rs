//! Where bytes go: a file that appears when it is complete, or standard output.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use crate::platform::{OutFile, Replace};

use super::super::SessionError;
use super::naming::Direction;
use super::{OutputPlace, Source};

/// The outputs of one call: where they go, and that no two of them are the same.
#[derive(Debug)]
pub struct Outputs {
    place: OutputPlace,
    replace: Replace,
    begun: HashSet<PathBuf>,
}

/// An output that is being written.
#[derive(Debug)]
pub enum Target {
    /// A file; there is nothing at its path before it is committed.
    File(OutFile),
    /// Standard output: what was written is out.
    Stdout(File),
}

impl Outputs {
    /// No outputs yet.
    pub fn new(place: OutputPlace, replace: Replace) -> Self {
        Self { place, replace, begun: HashSet::new() }
    }

    /// Begins the output of sealing `source`.
    ///
    /// # Errors
    /// `NoName`, `OntoItself`, `SameOutput`; [`SessionError::Out`], above all where something has that name already.
    pub fn begin_sealed(&mut self, source: &Source) -> Result<Target, SessionError> {
        self.begin(source, Direction::Seal)
    }

    /// Begins the output of opening `source`.
    ///
    /// # Errors
    /// As [`Outputs::begin_sealed`], and `NoOpenedName`.
    pub fn begin_opened(&mut self, source: &Source) -> Result<Target, SessionError> {
        self.begin(source, Direction::Open)
    }

    fn begin(&mut self, source: &Source, direction: Direction) -> Result<Target, SessionError> {
        let Some(path) = self.place.path_for(source, direction)? else { return Target::stdout() };
        if !self.begun.insert(path.clone()) {
            return Err(SessionError::SameOutput(path));
        }
        let target = Target::file(&path, self.replace)?;
        if let (Target::File(file), Some(length)) = (&target, source.length()) {
            file.expect(length)?;
        }
        Ok(target)
    }
}

impl Target {
    /// A file that appears at `path` when it is complete.
    ///
    /// # Errors
    /// [`SessionError::Out`].
    pub fn file(path: &Path, replace: Replace) -> Result<Self, SessionError> {
        Ok(Self::File(OutFile::create(path, replace)?))
    }

    /// Standard output.
    ///
    /// # Errors
    /// [`SessionError::Stdout`] where it is closed.
    pub fn stdout() -> Result<Self, SessionError> {
        // Past the library's buffer, which would keep the end of what was written for as long as the process lives.
        let file = io::stdout().as_fd().try_clone_to_owned().map_err(SessionError::Stdout)?;
        Ok(Self::Stdout(File::from(file)))
    }

    /// Where it will appear; `None` for standard output.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file.path()),
            Self::Stdout(_) => None,
        }
    }

    /// Says what a failed write means.
    pub fn explain(&self, error: io::Error) -> SessionError {
        match self {
            Self::File(file) => file.explain(error).into(),
            Self::Stdout(_) => SessionError::Stdout(error),
        }
    }

    /// Makes it appear; the path where it did.
    ///
    /// # Errors
    /// [`SessionError::Out`]; nothing has appeared then.
    pub fn commit(self) -> Result<Option<PathBuf>, SessionError> {
        match self {
            Self::File(file) => {
                let path = file.path().to_owned();
                file.commit()?;
                Ok(Some(path))
            }
            Self::Stdout(_) => Ok(None),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stdout(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
