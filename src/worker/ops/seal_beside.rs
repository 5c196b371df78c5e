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
use crate::worker::thread::{on_thread, on_thread_without_keys};
use crate::worker::{JobKind, Problem, Recipients};

pub(super) async fn seal(asked: &Asked, paths: Vec<PathBuf>, recipients: Recipients) -> Result<(), Problem> {
    let recipients = resolve(asked, recipients).await?;
    let Bulk { meter, files, mut outcome } = bulk::begin(asked, JobKind::SealBeside, paths).await?;
    for file in files {
        let path = file.path.clone();
        let sealed = match seal_one(asked, &meter, file, &recipients).await {
            Ok(sealed) => sealed,
            Err(failure) => {
                if bulk::note_failure(asked, Batch::Sealing, &mut outcome, path, failure) {
                    continue;
                }
                break;
            }
        };
        let mut appearing = Box::pin(on_thread_without_keys("write", move || sealed.appear()));
        let Ok(appeared) = asked.stop.or(&mut appearing).await else {
            // Stopped while the disk was waited for: it appears all the same, and takes no key for that.
            drop(recipients);
            let _gone = asked.let_go();
            if let Ok(Ok(written)) = appearing.await {
                outcome.files.extend(written.path);
            }
            break;
        };
        match appeared.map_err(Failure::from).and_then(|appeared| appeared.map_err(Failure::from)) {
            Ok(written) => outcome.files.extend(written.path),
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

/// Those who are meant, with what wraps for them.
pub(super) async fn resolve(asked: &Asked, recipients: Recipients) -> Result<files::Recipients, Problem> {
    match recipients {
        // What the passphrase of a vault wraps can be opened only with the vault.
        Recipients::VaultKey => asked.desk.seat.with(|session| session.recipients()).await?.ok_or(Problem::WrongKind),
        Recipients::Passphrase(passphrase) => Ok(asked.stop.or(files::Recipients::of_passphrase(passphrase)).await??),
    }
}

async fn seal_one(
    asked: &Asked,
    job: &Arc<JobMeter>,
    file: FoundFile,
    recipients: &files::Recipients,
) -> Result<files::Encrypted, Failure> {
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
        Ok(on_thread("seal", move || encrypting.seal(&*watch)).await??)
    };
    let sealed = sealed.await;
    meter.finish();
    sealed
}
