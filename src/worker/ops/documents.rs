//! Documents: opened in memory, or written out in the clear.

use std::path::PathBuf;

use super::Asked;
use super::bulk::name_of;
use crate::platform::{OutFile, Replace};
use crate::secret::SecretBytes;
use crate::vault::{BodyReader, CryptoError, ItemId, VaultError};
use crate::worker::meter::{FileMeter, JobMeter};
use crate::worker::thread::{on_thread, on_thread_without_keys};
use crate::worker::{DOCUMENT_LIMIT, JobKind, Preview, Problem, What, preview};

pub(super) async fn open(asked: &Asked, item: ItemId, revision: Option<u32>) -> Result<(), Problem> {
    let (media_type, size) = look(asked, item).await?;
    let size = size_of(asked, item, revision).await?.unwrap_or(size);
    if size > DOCUMENT_LIMIT {
        return Err(Problem::TooLarge { length: size, limit: DOCUMENT_LIMIT });
    }
    let reader = reader(asked, item, revision).await?;
    let job = JobMeter::new(asked.reply.clone(), asked.stop.clone(), JobKind::OpenDocument, 1, size);
    // The title is the vault's and stays there.
    let file = job.file(String::new(), size);
    let (stop, kind) = (asked.stop.clone(), media_type.clone());
    let opened = on_thread("open", move || {
        let limit = usize::try_from(DOCUMENT_LIMIT).unwrap_or(usize::MAX);
        let bytes = reader.document(limit, &*file)?;
        let preview = preview::decode(&kind, &bytes, &stop);
        let bytes = if matches!(preview, Preview::Image(_)) { SecretBytes::default() } else { bytes };
        Ok::<_, VaultError>((bytes, preview))
    });
    let (bytes, preview) = opened.await?.map_err(|error| match error {
        VaultError::TooLarge(limit) => Problem::TooLarge { length: size, limit },
        error => error.into(),
    })?;
    asked.stop.check()?;
    asked.reply.tell(What::DocumentOpened { item, revision, media_type, bytes, preview });
    Ok(())
}

pub(super) async fn save_as(
    asked: &Asked,
    item: ItemId,
    revision: Option<u32>,
    path: PathBuf,
    replace: bool,
) -> Result<(), Problem> {
    let (_, size) = look(asked, item).await?;
    let size = size_of(asked, item, revision).await?.unwrap_or(size);
    let name = name_of(&path);
    let out = {
        let path = path.clone();
        let replace = if replace { Replace::Yes } else { Replace::No };
        // Before anybody is asked for a key: a name that is taken, or a disk that is full.
        on_thread("write", move || {
            let out = OutFile::create(&path, replace)?;
            out.expect(size).map(|()| out)
        })
    };
    let out = out.await??;
    let reader = reader(asked, item, revision).await?;
    let job = JobMeter::new(asked.reply.clone(), asked.stop.clone(), JobKind::SaveDocument, 1, size);
    let file = job.file(name, size);
    let out = on_thread("write", move || write(out, reader, &file)).await??;
    // The key is gone, and what is left is for the disk.
    let _gone = asked.let_go();
    on_thread_without_keys("write", move || out.commit()).await??;
    asked.reply.tell(What::DocumentSaved { item, path });
    Ok(())
}

fn write(mut out: OutFile, reader: BodyReader, file: &FileMeter) -> Result<OutFile, Problem> {
    match reader.copy_to(&mut out, file) {
        Ok(_) => Ok(out),
        Err(VaultError::Crypto(CryptoError::Sink(error))) => Err(out.explain(error).into()),
        Err(error) => Err(error.into()),
    }
}

async fn look(asked: &Asked, item: ItemId) -> Result<(String, u64), Problem> {
    let looked = asked
        .desk
        .seat
        .with(|session| session.vault.summary(item).map(|summary| (summary.media_type.clone(), summary.size)));
    Ok(looked.await??)
}

/// How long an earlier revision of a document is.
pub(super) async fn size_of(asked: &Asked, item: ItemId, revision: Option<u32>) -> Result<Option<u64>, Problem> {
    let Some(number) = revision else { return Ok(None) };
    let history = asked.desk.seat.with(|session| session.vault.history(item)).await??;
    Ok(history.iter().find(|revision| revision.number == number).map(|revision| revision.length))
}

pub(super) async fn reader(asked: &Asked, item: ItemId, revision: Option<u32>) -> Result<BodyReader, Problem> {
    let opening = asked.desk.seat.with(|session| session.vault.body_reader(item, revision)).await?;
    let reader = asked.stop.or(opening).await??;
    asked.desk.tell_latency(&asked.reply).await?;
    Ok(reader)
}
