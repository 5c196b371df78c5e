//! Salvaging: what a damaged vault still has, in a new one. No vault is open meanwhile, and none is afterwards.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::open::{tell_inspected, unlock_inspected};
use super::{Asked, system};
use crate::session::{self, NewVault};
use crate::vault::Watch;
use crate::worker::meter::{FileMeter, JobMeter};
use crate::worker::outbox::Reply;
use crate::worker::thread::on_thread;
use crate::worker::{JobKind, Problem, Salvage, Salvaged, UnlockBy, UnlockStep, What};

pub(super) async fn inspect(asked: &Asked, folder: PathBuf) -> Result<(), Problem> {
    let inspected = asked.stop.or(session::inspect_to_salvage(asked.desk.home()?, &folder)).await??;
    tell_inspected(asked, &folder, inspected).await
}

pub(super) async fn salvage(asked: &Asked, wanted: Salvage) -> Result<(), Problem> {
    let Salvage { folder, into, by, trust, passphrase } = wanted;
    let home = asked.desk.home()?;
    asked.reply.tell(What::Unlocking(UnlockStep::Reading));
    // Before anybody is asked for a key.
    asked.stop.or(try_place(folder.clone(), into.clone())).await??;
    let inspected = asked.stop.or(session::inspect_to_salvage(home, &folder)).await??;
    let (inspected, status) = asked.stop.or(inspected.status()).await??;
    let total = status.bytes;
    let typed = match &by {
        UnlockBy::Passphrase(typed) => Some(typed.duplicate()),
        UnlockBy::Profile(_) => None,
    };
    let session = unlock_inspected(asked, &folder, inspected, by, trust).await?;
    let new = match passphrase {
        Some(passphrase) => NewVault::Passphrase(passphrase),
        None => session.same_way_in(typed)?.ok_or(Problem::NeedsPassphrase)?,
    };
    let job = JobMeter::new(asked.reply.clone(), asked.stop.clone(), JobKind::Salvage, 0, total);
    let (last, gone) = oneshot::channel();
    let watch = Arc::new(Held { meter: job.file(String::new(), total), reply: asked.reply.clone(), _last: last });
    let salvaged = asked.stop.or(session.salvage(home, &into, new, watch)).await;
    // A thread that was in the middle of it still has the new vault's folder: nothing has ended before that is gone.
    let _ = gone.await;
    let report = salvaged??;
    asked.reply.tell(What::Salvaged(Box::new(Salvaged { from: folder, into, report })));
    // What opens the new vault is remembered.
    system::tell_settings(asked).await
}

async fn try_place(folder: PathBuf, into: PathBuf) -> Result<(), Problem> {
    Ok(on_thread("vault", move || session::try_place_to_salvage(&folder, &into)).await??)
}

/// Counts for the window. Whoever works on the salvage holds it, and when the last of them is done, its other end knows.
struct Held {
    meter: Arc<FileMeter>,
    reply: Reply,
    _last: oneshot::Sender<()>,
}

impl Watch for Held {
    fn advanced(&self, bytes: u64) {
        self.meter.advanced(bytes);
    }

    fn is_cancelled(&self) -> bool {
        // A lock counts from when it is asked for.
        self.meter.is_cancelled() || self.reply.is_late()
    }
}
