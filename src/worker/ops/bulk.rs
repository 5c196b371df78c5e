//! What jobs over many files have in common: where they begin, which failures end them, how they are told to have ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Asked;
use super::expand::{FoundFile, expand};
use crate::session::{Batch, SessionError};
use crate::vault::VaultError;
use crate::worker::meter::JobMeter;
use crate::worker::stop::StopReason;
use crate::worker::thread::on_thread;
use crate::worker::{JobEnd, JobKind, JobOutcome, Problem, What};

/// A job that goes through files, one after the other.
pub(super) struct Bulk {
    pub(super) meter: Arc<JobMeter>,
    pub(super) files: Vec<FoundFile>,
    pub(super) outcome: JobOutcome,
}

/// Finds the files at `paths` and below.
pub(super) async fn begin(asked: &Asked, kind: JobKind, paths: Vec<PathBuf>) -> Result<Bulk, Problem> {
    let stop = asked.stop.clone();
    let found = on_thread("look", move || expand(paths, &stop)).await?;
    let count = u64::try_from(found.files.len()).unwrap_or(u64::MAX);
    let meter = JobMeter::new(asked.reply.clone(), asked.stop.clone(), kind, count, found.total());
    let outcome = JobOutcome { end: JobEnd::Finished, items: vec![], files: vec![], left_out: found.left_out };
    Ok(Bulk { meter, files: found.files, outcome })
}

/// Why one file of a job failed.
pub(super) enum Failure {
    /// What was to be done with it.
    Session(SessionError),
    /// The job itself.
    Job(Problem),
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        Self::Session(error.into())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Job(problem)
    }
}

/// Takes note that the file at `path` failed; whether the job goes on with the others.
pub(super) fn note_failure(
    asked: &Asked,
    batch: Batch,
    outcome: &mut JobOutcome,
    path: PathBuf,
    failure: Failure,
) -> bool {
    let (of_one_file, problem) = match failure {
        Failure::Session(error) => (error.is_of_one_file(batch), error.into()),
        Failure::Job(problem) => (false, problem),
    };
    let problem = asked.explain(problem);
    let goes_on = of_one_file && end_for(&problem) == JobEnd::Stopped;
    if !goes_on {
        outcome.end = end_for(&problem);
    }
    if goes_on || outcome.end == JobEnd::Stopped {
        outcome.left_out.push((path, problem));
    }
    goes_on
}

/// Tells how the job ended.
pub(super) fn finish(asked: &Asked, mut outcome: JobOutcome) {
    match asked.stop.reason() {
        Some(StopReason::Cancelled) => outcome.end = JobEnd::Cancelled,
        Some(StopReason::Locked) => outcome.end = JobEnd::Locked,
        None => {}
    }
    asked.reply.tell(What::JobDone(outcome));
}

pub(super) fn end_for(problem: &Problem) -> JobEnd {
    match problem {
        Problem::Cancelled => JobEnd::Cancelled,
        Problem::Locked => JobEnd::Locked,
        _ => JobEnd::Stopped,
    }
}

/// A file's name, to be shown.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
