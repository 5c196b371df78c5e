//! Files into the vault: sealed one after the other, with their keys asked for ahead, and committed in batches, so that what is done stays.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Asked;
use super::bulk::{self, Bulk, Failure, name_of};
use super::expand::FoundFile;
use super::saving::{commit, make_durable, tell_items};
use crate::secret::SecretString;
use crate::session::files::Source;
use crate::session::{self, BodiesAhead, seal_document};
use crate::vault::{Change, ItemId};
use crate::worker::meter::JobMeter;
use crate::worker::stop::StopReason;
use crate::worker::thread::on_thread;
use crate::worker::{JobKind, JobOutcome, Problem};

/// A batch is committed at the latest when it has so many files, is so old, or has a file that was written to the disk anyway.
const BATCH: usize = 64;
const BATCH_AGE: Duration = Duration::from_secs(1);
const LARGE: u64 = 256 * 1024;

/// What was sealed and is not yet committed.
struct Batch {
    changes: Vec<(PathBuf, Change)>,
    begun: Instant,
    has_large: bool,
}

impl Batch {
    fn new() -> Self {
        Self { changes: Vec::new(), begun: Instant::now(), has_large: false }
    }

    fn is_full(&self) -> bool {
        self.changes.len() >= BATCH || self.has_large || self.begun.elapsed() >= BATCH_AGE
    }
}

pub(super) async fn add(asked: &Asked, paths: Vec<PathBuf>) -> Result<(), Problem> {
    // Without a vault nothing is read.
    asked.desk.seat.with(|_| ()).await?;
    let Bulk { meter, files, mut outcome } = bulk::begin(asked, JobKind::AddFiles, paths).await?;
    let (mut batch, mut keys) = (Batch::new(), BodiesAhead::of(files.iter().map(|file| file.length).collect()));
    for (at, file) in files.into_iter().enumerate() {
        let (path, length) = (file.path.clone(), file.length);
        match seal(asked, &meter, file, (&mut keys, at)).await {
            Ok(change) => {
                batch.has_large |= length > LARGE;
                batch.changes.push((path, change));
            }
            Err(failure) => {
                if !bulk::note_failure(asked, session::Batch::Adding, &mut outcome, path, failure) {
                    break;
                }
            }
        }
        if batch.is_full() && !flush(asked, &mut batch, &mut outcome).await {
            break;
        }
    }
    // A cancel keeps what was sealed, as it keeps what was saved; a lock lets go of everything at once.
    if asked.stop.reason() != Some(StopReason::Locked) {
        flush(asked, &mut batch, &mut outcome).await;
    }
    bulk::finish(asked, outcome);
    Ok(())
}

/// Commits the batch; whether the job can go on.
async fn flush(asked: &Asked, batch: &mut Batch, outcome: &mut JobOutcome) -> bool {
    let (paths, changes): (Vec<_>, Vec<_>) = std::mem::replace(batch, Batch::new()).changes.into_iter().unzip();
    if changes.is_empty() {
        return true;
    }
    match save(asked, changes).await {
        Ok(items) => {
            outcome.items.extend(items);
            tell_items(asked).await;
            true
        }
        Err(problem) => {
            let problem = asked.explain(problem);
            outcome.end = bulk::end_for(&problem);
            outcome.left_out.extend(paths.into_iter().map(|path| (path, problem.clone())));
            false
        }
    }
}

async fn save(asked: &Asked, changes: Vec<Change>) -> Result<Vec<ItemId>, Problem> {
    let _turn = asked.desk.seat.turn().await?;
    commit(asked, changes).await
}

/// Seals the file that is number `at` of all.
async fn seal(
    asked: &Asked,
    job: &Arc<JobMeter>,
    file: FoundFile,
    (keys, at): (&mut BodiesAhead, usize),
) -> Result<Change, Failure> {
    asked.stop.check()?;
    let FoundFile { path, length } = file;
    let name = name_of(&path);
    let meter = job.file(name.clone(), length);
    let sealed = async {
        let source = on_thread("read", move || Source::open(&path)).await??;
        let making = asked.desk.seat.with(|session| keys.take(&session.vault, at)).await?;
        let body = asked.stop.or(making).await??;
        asked.desk.tell_latency(&asked.reply).await?;
        let watch = Arc::clone(&meter);
        let title = SecretString::new(name);
        let sealed = on_thread("seal", move || seal_document(body, source, title, Vec::new(), &*watch));
        let change = sealed.await??;
        make_durable(asked, &change).await?;
        Ok(change)
    };
    let sealed = sealed.await;
    meter.finish();
    sealed
}
