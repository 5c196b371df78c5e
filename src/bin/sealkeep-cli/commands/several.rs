//! Commands that take several files: one that fails is told, and the others go on, where they may fare better.

use std::ops::ControlFlow;

use sealkeep::session::Batch;

use crate::context::Context;
use crate::error::CliError;
use crate::wording::word;

/// Several files, of which some may fail.
pub struct Several<'a> {
    context: &'a Context,
    batch: Batch,
    /// Where there is just one, its failure is the command's.
    single: bool,
    failure: Option<CliError>,
}

impl<'a> Several<'a> {
    pub fn new(context: &'a Context, batch: Batch, count: usize) -> Self {
        Self { context, batch, single: count == 1, failure: None }
    }

    /// What came of one, if it went well; else tells why not. Breaks where the next would fare no better.
    pub fn note<T>(&mut self, done: Result<T, CliError>) -> ControlFlow<(), Option<T>> {
        let error = match done {
            Ok(done) => return ControlFlow::Continue(Some(done)),
            Err(error) => error,
        };
        let goes_on = match &error {
            CliError::Input(..) | CliError::Usage(..) => true,
            CliError::Session(error) => error.is_of_one_file(self.batch),
            _ => false,
        };
        if self.single {
            self.failure = Some(error);
        } else {
            let worded = word(&error);
            if let Some(worded) = &worded {
                self.context.out.error(worded);
            }
            let status = worded.map(|worded| worded.code);
            // The first one decides how the command ends; where its reader went away, there is nobody to tell.
            self.failure.get_or_insert(status.map_or(error, CliError::Said));
        }
        if goes_on { ControlFlow::Continue(None) } else { ControlFlow::Break(()) }
    }

    /// How the command ends.
    pub fn end(self) -> Result<(), CliError> {
        self.failure.map_or(Ok(()), Err)
    }
}
