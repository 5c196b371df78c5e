//! Looking at a vault, making one, opening one.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Asked;
use super::system::tell_changed_profiles;
use crate::platform::{OutError, Place, place_of};
use crate::session::{self, Inspected, Session};
use crate::vault::{self, CollectionView, EndReads, Listing, Reading, SlotConfig, SlotRecord, VaultStatus};
use crate::worker::outbox::Reply;
use crate::worker::stop::Stop;
use crate::worker::thread::{on_thread, on_thread_without_keys};
use crate::worker::{
    Doubt, KeyView, NewVault, OpenedVault, Problem, Trust, TrustAnswer, UnlockBy, UnlockStep, VaultView, Warning, What,
};

pub(super) async fn inspect(asked: &Asked, folder: PathBuf) -> Result<(), Problem> {
    let inspected = asked.stop.or(session::inspect(asked.desk.home()?, &folder)).await??;
    // They are what it would be unlocked by.
    tell_changed_profiles(asked).await;
    tell_inspected(asked, &folder, inspected).await
}

/// Shows what can be known of a locked vault; what the person confirms later is that.
pub(super) async fn tell_inspected(asked: &Asked, folder: &Path, inspected: Inspected) -> Result<(), Problem> {
    asked.desk.remember_shown(folder, inspected.confirm());
    let (inspected, status) = asked.stop.or(inspected.status()).await??;
    asked.reply.tell(What::Inspected(view(&inspected, &status)));
    Ok(())
}

pub(super) async fn create(asked: &Asked, folder: PathBuf, key: NewVault) -> Result<(), Problem> {
    let (new, step) = match key {
        NewVault::Passphrase(passphrase) => (session::NewVault::Passphrase(passphrase), UnlockStep::DerivingKey),
        NewVault::Kms { profile, key } => {
            (session::NewVault::Kms { profile, key: key.parse()? }, UnlockStep::AskingKms)
        }
    };
    asked.reply.tell(What::Unlocking(step));
    make_parent(&folder).await?;
    let mut opened = asked.stop.or(session::create(asked.desk.home()?, &folder, new)).await??;
    opened.vault.end_reads_by(asked.reply.ends_reads());
    place(asked, folder, opened).await
}

/// The folder for vaults is made for the first one.
async fn make_parent(folder: &Path) -> Result<(), Problem> {
    let Some(parent) = folder.parent().map(Path::to_owned) else { return Ok(()) };
    on_thread_without_keys("vault", move || {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&parent);
        made.map_err(|error| OutError::explain(&parent, error).into())
    })
    .await?
}

pub(super) async fn unlock(asked: &Asked, folder: PathBuf, by: UnlockBy, trust: TrustAnswer) -> Result<(), Problem> {
    let home = asked.desk.home()?;
    asked.reply.tell(What::Unlocking(UnlockStep::Reading));
    let inspected = asked.stop.or(session::inspect(home, &folder)).await??;
    let opened = unlock_inspected(asked, &folder, inspected, by, trust).await?;
    place(asked, folder, opened).await
}

/// Opens what was looked at, and tells its steps.
pub(super) async fn unlock_inspected(
    asked: &Asked,
    folder: &Path,
    inspected: Inspected,
    by: UnlockBy,
    trust: TrustAnswer,
) -> Result<Session, Problem> {
    let trust = match trust {
        TrustAnswer::Ask => session::TrustAnswer::Ask,
        // What they confirmed is what they were shown, and not what may stand there meanwhile.
        TrustAnswer::Confirmed => session::TrustAnswer::Confirmed(asked.desk.shown(folder).ok_or(Problem::NeedsTrust)?),
    };
    let step = match &by {
        UnlockBy::Passphrase(_) => UnlockStep::DerivingKey,
        UnlockBy::Profile(_) => UnlockStep::AskingKms,
    };
    asked.reply.tell(What::Unlocking(step));
    let steps = Steps { reply: asked.reply.clone(), stop: asked.stop.clone(), told: AtomicU64::new(0) };
    let inspected = inspected.heard_by(Arc::new(steps));
    Ok(asked.stop.or(inspected.unlock(asked.desk.home()?, by, trust)).await??)
}

/// Tells how many items are read: at the beginning, and then as often as is worth a look.
struct Steps {
    reply: Reply,
    stop: Stop,
    /// How many of them were told.
    told: AtomicU64,
}

const STEPS: u64 = 20;

impl Reading for Steps {
    fn read(&self, done: u64, total: u64) {
        let done = done.min(total);
        let step = 1 + (done * STEPS).checked_div(total).unwrap_or(0);
        if self.told.fetch_max(step, Ordering::Relaxed) < step {
            self.reply.tell(What::Unlocking(UnlockStep::ReadingItems { done, total }));
        }
    }

    fn is_over(&self) -> bool {
        self.reply.is_late() || self.stop.reason().is_some()
    }

    fn ends(&self) -> Option<EndReads> {
        Some(self.reply.ends_reads())
    }
}

async fn place(asked: &Asked, folder: PathBuf, opened: Session) -> Result<(), Problem> {
    let items = opened.vault.summaries().to_vec();
    let stop = asked.stop.clone();
    let listed = on_thread("order", move || Listing::make_unless(|| stop.reason().is_some(), items).map(Box::new));
    let items = listed.await?.ok_or(Problem::Cancelled)?;
    let place = {
        let folder = folder.clone();
        asked.stop.or(on_thread_without_keys("vault", move || place_of(&folder))).await??
    };
    let doubts = asked.desk.begin_vault(&opened.vault);
    let mut shown = describe(folder, &opened, items, doubts);
    shown.warnings.extend(warning_of(place));
    let problem = opened.not_remembered().map(|error| Problem::other(error));
    let latency = opened.last_latency();
    // Nothing is waited for between the last look at the stop and this.
    asked.desk.seat.place(opened);
    asked.reply.tell(What::Unlocked(shown));
    if let Some(latency) = latency {
        asked.reply.tell(What::KeyLatency(latency));
    }
    if let Some(problem) = problem {
        asked.desk.outbox.tell(What::Failed(problem));
    }
    // The picker has a new first entry.
    if let Err(problem) = super::system::tell_settings(asked).await {
        asked.desk.outbox.tell(What::Failed(problem));
    }
    Ok(())
}

/// A place where a vault should not be.
fn warning_of(place: Place) -> Option<Warning> {
    match place {
        Place::Local => None,
        Place::Network(kind) => Some(Warning::OnNetwork(kind)),
        Place::Synced(program) => Some(Warning::Synced(program.to_owned())),
    }
}

fn describe(folder: PathBuf, opened: &Session, items: Box<Listing>, doubts: Vec<Doubt>) -> OpenedVault {
    let vault = &opened.vault;
    let collection = |known: &CollectionView| CollectionView { id: known.id, name: known.name.duplicate() };
    OpenedVault {
        folder,
        name: vault.name(),
        id: vault.id(),
        key: opened.key_description(),
        collections: vault.collections().iter().map(collection).collect(),
        items,
        doubts,
        warnings: Vec::new(),
        retention: vault.retention(),
        now: vault.now(),
        // A clock that can't be right makes nothing old.
        overdue: vault.past_their_time().unwrap_or_default(),
    }
}

fn view(inspected: &Inspected, status: &VaultStatus) -> VaultView {
    VaultView {
        folder: inspected.folder().to_owned(),
        name: name_of(inspected.folder()),
        id: status.vault,
        keys: inspected.slots().iter().filter(|slot| slot.unwraps()).map(key_view).collect(),
        trust: if inspected.is_settled() { Trust::Known } else { trust_view(inspected.trust()) },
        profile: inspected.profile().map(str::to_owned),
        items: status.items,
        bytes: status.bytes,
    }
}

fn name_of(folder: &Path) -> String {
    let name = match folder.extension() {
        Some(extension) if extension == "sealkeep" => folder.file_stem(),
        _ => folder.file_name(),
    };
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn key_view(slot: &SlotRecord) -> KeyView {
    match &slot.config {
        SlotConfig::Passphrase { .. } => KeyView::Passphrase,
        SlotConfig::Recovery { .. } => KeyView::Recovery,
        SlotConfig::Kms { key_arn: arn } => {
            // arn:PARTITION:kms:REGION:…, or nothing that can be shown as a region.
            KeyView::Kms { region: arn.split(':').nth(3).unwrap_or_default().to_owned(), arn: arn.to_owned() }
        }
    }
}

fn trust_view(trust: &vault::Trust) -> Trust {
    match trust {
        vault::Trust::Known => Trust::Known,
        vault::Trust::FirstUse { key_arns } => Trust::FirstUse { keys: key_arns.clone() },
        vault::Trust::SlotsChanged { before, .. } => {
            Trust::KeysChanged { before: before.clone(), now: trust.key_arns() }
        }
        vault::Trust::AnotherVault { .. } => Trust::AnotherVault,
    }
}
