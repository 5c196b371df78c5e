//! Commands that take several files: one that fails is told, and the others go on.

use sealkeep::session::SessionError;

use crate::context::Context;
use crate::error::CliError;
use crate::wording::word;

/// Several files, of which some may fail.
pub struct Several<'a> {
    context: &'a Context,
    /// Where there is just one, its failure is the command's.
    single: bool,
    failure: Option<CliError>,
}

impl<'a> Several<'a> {
    pub fn new(context: &'a Context, count: usize) -> Self {
        Self { context, single: count == 1, failure: None }
    }

    /// What came of one, if it went well; else tells why not.
    pub fn goes_on<T>(&mut self, done: Result<T, CliError>) -> Option<T> {
        match done {
            Ok(done) => Some(done),
            Err(error) => {
                if self.single {
                    self.failure = Some(error);
                    return None;
                }
                let worded = word(&error);
                if let Some(worded) = &worded {
                    self.context.out.error(worded);
                }
                let status = worded.map(|worded| worded.code);
                // The first one decides how the command ends; where its reader went away, there is nobody to tell.
                self.failure.get_or_insert(status.map_or(error, CliError::Said));
                None
            }
        }
    }

    /// Whether the next file may fare better.
    pub fn is_of_one_file(&self, error: &CliError) -> bool {
        match error {
            CliError::Input(..) | CliError::Usage(..) => true,
            CliError::Session(error) => matches!(
                error,
                SessionError::NoSource(_)
                    | SessionError::SourceIsFolder(_)
                    | SessionError::SourceNotAFile(_)
                    | SessionError::SourceDenied(_)
                    | SessionError::Source { .. }
                    | SessionError::SourceChanged(_)
                    | SessionError::SourceDamaged(_)
                    | SessionError::OntoItself(_)
                    | SessionError::SameOutput(_)
                    | SessionError::NoOpenedName(_)
                    | SessionError::NotSealed(_)
                    | SessionError::NotReadable { .. }
                    | SessionError::NoOpener(_)
                    | SessionError::Provider(_)
                    | SessionError::Out(_)
            ),
            _ => false,
        }
    }

    /// How the command ends.
    pub fn end(self) -> Result<(), CliError> {
        self.failure.map_or(Ok(()), Err)
    }
}
