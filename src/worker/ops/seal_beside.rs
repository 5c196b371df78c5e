//! Encrypted copies beside files.

use std::path::PathBuf;
use std::sync::Arc;

use super::Asked;
use super::bulk::{self, Bulk, Failure, name_of};
use super::expand::FoundFile;
use crate::platform::Replace;
use crate::session::files::{self, Encrypting, OutputPlace, Outputs, Source};
use crate::session::{Batch, SessionError};
use crate::worker::meter::JobMeter;
use crate::worker::thread::on_thread;
use crate::worker::{JobKind, Problem, Recipients};

pub(super) async fn seal(asked: &Asked, paths: Vec<PathBuf>, recipients: Recipients) -> Result<(), Problem> {
    let recipients = match recipients {
        // What the passphrase of a vault wraps can be opened only with the vault.
        Recipients::VaultKey => {
            asked.desk.seat.with(|session| session.recipients()).await?.ok_or(Problem::WrongKind)?
        }
        Recipients::Passphrase(passphrase) => asked.stop.or(files::Recipients::of_passphrase(passphrase)).await??,
    };
    let Bulk { meter, files, mut outcome } = bulk::begin(asked, JobKind::SealBeside, paths).await?;
    for file in files {
        let path = file.path.clone();
        match seal_one(asked, &meter, file, &recipients).await {
            Ok(written) => outcome.files.extend(written),
            Err(failure) => {
                if !bulk::note_failure(asked, Batch::Sealing, &mut outcome, path, failure) {
                    break;
                }
            }
        }
    }
    bulk::finish(asked, outcome);
    Ok(())
}

async fn seal_one(
    asked: &Asked,
    job: &Arc<JobMeter>,
    file: FoundFile,
    recipients: &files::Recipients,
) -> Result<Option<PathBuf>, Failure> {
    asked.stop.check()?;
    let FoundFile { path, length } = file;
    let meter = job.file(name_of(&path), length);
    let sealed = async {
        let begun = on_thread("read", move || {
            let source = Source::open(&path)?;
            // An output that exists is refused before anybody is asked for a key.
            let target = Outputs::new(OutputPlace::Beside, Replace::No).begin_sealed(&source)?;
            Ok::<_, SessionError>((source, target))
        });
        let (source, target) = begun.await??;
        let encrypting = asked.stop.or(Encrypting::begin(source, target, recipients)).await??;
        let watch = Arc::clone(&meter);
        Ok(on_thread("seal", move || encrypting.run(&*watch)).await??.path)
    };
    let sealed = sealed.await;
    meter.finish();
    sealed
}
