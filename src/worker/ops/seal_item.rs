//! An item out of the open vault into a sealed file of its own, never in the clear on the way.

use std::path::PathBuf;
use std::sync::Arc;

use super::bulk::name_of;
use super::documents::{reader, size_of};
use super::{Asked, seal_beside};
use crate::platform::Replace;
use crate::session::SessionError;
use crate::session::files::{Exported, Exporting, Target};
use crate::session::item_json::fields_text;
use crate::vault::Kind;
use crate::worker::meter::JobMeter;
use crate::worker::thread::{on_thread, on_thread_without_keys};
use crate::worker::{JobKind, Problem, SealItem, What};

pub(super) async fn seal(asked: &Asked, wanted: SealItem) -> Result<(), Problem> {
    let SealItem { item, revision, path, replace, recipients } = wanted;
    let summary = asked.desk.seat.with(|session| session.vault.summary(item).map(Arc::clone)).await??;
    if let Kind::Other(_) = summary.kind {
        return Err(Problem::WrongKind);
    }
    let number = revision.unwrap_or(summary.revision);
    // Whatever is saved meanwhile: it is this one that is meant.
    let revision = Some(number);
    let size = size_of(asked, item, revision).await?.unwrap_or(summary.size);
    let name = name_of(&path);
    // Before anybody is asked for a key: a name that is taken, or a disk that is full.
    let target = begin(path.clone(), replace, size).await?;
    let recipients = seal_beside::resolve(asked, recipients).await?;
    let reader = reader(asked, item, revision).await?;
    let content = match summary.kind {
        Kind::Document => Exported::Document(reader),
        _ => {
            let fields = on_thread("open", move || reader.fields()).await??;
            let text = asked.desk.seat.with(|session| fields_text(&session.vault, &summary, number, &fields)).await?;
            let text = text.map_err(|error| Problem::other(&error))?;
            Exported::Text(text)
        }
    };
    // From here on nothing waits for what a list shows of the item to be gone.
    drop(summary);
    let exporting = asked.stop.or(Exporting::begin(content, target, &name, &recipients)).await??;
    drop(recipients);
    let job = JobMeter::new(asked.reply.clone(), asked.stop.clone(), JobKind::SealItem, 1, size);
    let file = job.file(name, size);
    let sealed = on_thread("seal", move || exporting.seal(&*file)).await??;
    asked.stop.check()?;
    // The keys are gone, and what is left is for the disk.
    let _gone = asked.let_go();
    on_thread_without_keys("write", move || sealed.appear()).await??;
    asked.reply.tell(What::ItemSealed { item, path });
    Ok(())
}

async fn begin(path: PathBuf, replace: bool, size: u64) -> Result<Target, Problem> {
    let begun = on_thread("write", move || {
        let target = Target::file(&path, if replace { Replace::Yes } else { Replace::No })?;
        if let Target::File(file) = &target {
            file.expect(size)?;
        }
        Ok::<_, SessionError>(target)
    });
    Ok(begun.await??)
}
