//! An item's versions: listing them, bringing one back, adding a document's next one.

use std::path::PathBuf;

use super::Asked;
use super::bulk::name_of;
use super::documents::size_of;
use super::saving::{commit, make_durable, tell_items};
use crate::session::files::Source;
use crate::session::seal_version;
use crate::vault::{ItemId, Kind};
use crate::worker::meter::JobMeter;
use crate::worker::thread::on_thread;
use crate::worker::{JobKind, Problem, What};

pub(super) async fn list(asked: &Asked, item: ItemId) -> Result<(), Problem> {
    let revisions = asked.desk.seat.with(|session| session.vault.history(item)).await??;
    asked.reply.tell(What::HistoryOpened { item, revisions });
    Ok(())
}

pub(super) async fn restore(asked: &Asked, item: ItemId, revision: u32) -> Result<(), Problem> {
    let length = size_of(asked, item, Some(revision)).await?.unwrap_or(0);
    let seat = &asked.desk.seat;
    let begun = seat.with(|session| {
        let before = session.vault.summary(item)?.revision;
        Ok::<_, crate::vault::VaultError>((before, session.vault.restore_revision(item, revision)))
    });
    let (before, unwrapping) = begun.await??;
    let restoring = asked.stop.or(unwrapping).await??;
    asked.desk.tell_latency(&asked.reply).await?;
    let job = JobMeter::new(asked.reply.clone(), asked.stop.clone(), JobKind::RestoreRevision, 1, length);
    // The title is the vault's and stays there.
    let watch = job.file(String::new(), length);
    let change = on_thread("restore", move || restoring.seal(&*watch)).await??;
    make_durable(asked, &change).await?;
    asked.stop.check()?;
    let _turn = asked.stop.or(seat.turn()).await??;
    commit(asked, vec![change]).await?;
    asked.reply.tell(What::RevisionRestored { item, revision, before });
    tell_items(asked).await;
    Ok(())
}

pub(super) async fn add_version(asked: &Asked, item: ItemId, path: PathBuf) -> Result<(), Problem> {
    let seat = &asked.desk.seat;
    let kind = seat.with(|session| session.vault.summary(item).map(|summary| summary.kind.clone())).await??;
    if kind != Kind::Document {
        return Err(Problem::WrongKind);
    }
    let name = name_of(&path);
    let source = on_thread("read", move || Source::open(&path)).await??;
    let length = source.length().unwrap_or(0);
    let making = seat.with(|session| session.vault.new_body(Some(item))).await?;
    let body = asked.stop.or(making).await??;
    asked.desk.tell_latency(&asked.reply).await?;
    let job = JobMeter::new(asked.reply.clone(), asked.stop.clone(), JobKind::AddVersion, 1, length);
    let watch = job.file(name, length);
    let change = on_thread("seal", move || seal_version(body, source, &*watch)).await??;
    make_durable(asked, &change).await?;
    asked.stop.check()?;
    let _turn = asked.stop.or(seat.turn()).await??;
    commit(asked, vec![change]).await?;
    asked.reply.tell(What::Saved { item });
    tell_items(asked).await;
    Ok(())
}
