//! Sealing a body: a fresh data key, wrapped for every active slot, that seals one revision and is gone.

use std::io::Read;
use std::sync::Arc;

use crate::crypto::{BodySealer, Digesting, FreshDataKey, Watch, random, seal_header, sha256};
use crate::format::v1::{Body, CollectionId, Digest, FieldRecord, ItemId, RevisionId, SlotId, pad};
use crate::format::{EncryptionContext, FrameLength, Header};
use crate::providers::{BoxFuture, ProviderError};
use crate::secret::SecretBytes;
use crate::store::{Bodies, Flush, TemporaryBody};

use super::context::body_context;
use super::open::SlotProvider;
use super::proof::unwrap_fresh;
use super::unlock::{PENDING, WRAPPED};
use super::verify::{LAYOUT_FILE, LAYOUT_RECORD};
use super::wrapping::{Wrap, Wrapping, keys_of_header};
use super::{Fields, UnlockedVault, VaultError};

/// Documents up to this many bytes stand in their row, padded; longer ones are files.
pub(super) const LONGEST_IN_ROW: usize = 256 * 1024;

/// A data key that is wrapped and has sealed nothing yet.
#[derive(Debug)]
pub struct NewBody {
    item: ItemId,
    collection: CollectionId,
    /// Of the index key that what is owed is wrapped under.
    epoch: u32,
    revision: RevisionId,
    context: EncryptionContext,
    key: FreshDataKey,
    wraps: Vec<Wrap>,
    bodies: Arc<Bodies>,
}

/// A body that is sealed and waits to be committed. Dropped before that, nothing of it stays.
#[derive(Debug)]
pub struct SealedBody {
    pub(super) item: ItemId,
    pub(super) collection: CollectionId,
    /// Of the index key that what is owed is wrapped under.
    pub(super) epoch: u32,
    pub(super) revision: RevisionId,
    pub(super) header: Header,
    pub(super) wraps: Vec<Wrap>,
    pub(super) frames: Frames,
    /// Length of the frames in bytes.
    pub(super) length: u64,
    /// Digest of the frames.
    pub(super) digest: Digest,
    /// A document's length in bytes; `None` where it is fields.
    pub(super) document: Option<u64>,
}

#[derive(Debug)]
pub(super) enum Frames {
    /// For the row.
    Here(Vec<u8>),
    /// In a file that has no name yet.
    File(TemporaryBody),
}

impl Frames {
    pub(super) fn layout(&self) -> u8 {
        match self {
            Self::Here(_) => LAYOUT_RECORD,
            Self::File(_) => LAYOUT_FILE,
        }
    }
}

impl UnlockedVault {
    /// Makes a data key for a new revision of `item`, or of a new item, and wraps it for every active slot: one call for
    /// each KMS key. What is owed to a slot that nobody can reach now is made good by a repair: see [`SealedBody::owes`]. The
    /// future borrows nothing.
    ///
    /// # Errors
    /// [`VaultError::NoSuchItem`], [`VaultError::Unaccepted`]; [`VaultError::Store`] where the vault can only be read, or the disk is full;
    /// [`VaultError::Provider`] where a provider refuses.
    pub fn new_body(&self, item: Option<ItemId>) -> BoxFuture<'static, Result<NewBody, VaultError>> {
        let prepared = self.prepare(item);
        Box::pin(async move { prepared?.make().await })
    }

    /// The same for a new key in the place of one that these slots have wraps of: each of them wraps it, or nobody.
    pub(super) fn new_body_needing(
        &self,
        item: ItemId,
        slots: Vec<SlotId>,
    ) -> BoxFuture<'static, Result<NewBody, VaultError>> {
        let prepared = self.prepare(Some(item));
        let needing = |prepared: Prepared| Prepared { wrapping: prepared.wrapping.needing(slots), ..prepared };
        Box::pin(async move { prepared.map(needing)?.make().await })
    }

    fn prepare(&self, item: Option<ItemId>) -> Result<Prepared, VaultError> {
        self.contents.check_writable()?;
        // Before anybody is asked for a key.
        self.store.check_writable()?;
        let collection = match item {
            Some(item) => self.contents.summary_of(item)?.collection,
            None => self.contents.first_collection()?,
        };
        let item = item.map_or_else(|| random::make_bytes().map(ItemId::from_random), Ok)?;
        self.prepare_in(collection, item)
    }

    /// The same for a new item that has its identifier already.
    pub(super) fn new_body_of(
        &self,
        collection: CollectionId,
        item: ItemId,
    ) -> BoxFuture<'static, Result<NewBody, VaultError>> {
        let prepared = self.prepare_in(collection, item);
        Box::pin(async move { prepared?.make().await })
    }

    fn prepare_in(&self, collection: CollectionId, item: ItemId) -> Result<Prepared, VaultError> {
        let revision = RevisionId::from_random(random::make_bytes()?);
        Ok(Prepared {
            item,
            collection,
            revision,
            context: body_context(self.id(), collection, item, revision)?,
            epoch: self.contents.collections.iter().find(|known| known.id == collection).map_or(0, |known| known.epoch),
            wrapping: self.wrapping(collection)?,
            bodies: Arc::clone(self.store.bodies()),
        })
    }
}

struct Prepared {
    item: ItemId,
    collection: CollectionId,
    epoch: u32,
    revision: RevisionId,
    context: EncryptionContext,
    wrapping: Wrapping,
    bodies: Arc<Bodies>,
}

impl Prepared {
    async fn make(self) -> Result<NewBody, VaultError> {
        let Self { item, collection, epoch, revision, context, wrapping, bodies } = self;
        let (key, wraps) = wrapping.make(&context).await?;
        Ok(NewBody { item, collection, epoch, revision, context, key, wraps, bodies })
    }
}

impl NewBody {
    /// The item whose body it will be: a new one's identifier, if it is for a new item.
    pub fn item(&self) -> ItemId {
        self.item
    }

    /// Whether a way in could not be reached, and is owed its wrap: see [`SealedBody::owes`].
    pub fn owes(&self) -> bool {
        self.wraps.iter().any(|wrap| wrap.state == PENDING)
    }

    /// Lets each of `providers` that wrapped the key show that it unwraps it: for content whose only other copy goes.
    pub(super) async fn prove(&self, providers: &[SlotProvider]) -> Result<(), VaultError> {
        for (slot, provider) in providers {
            let made = self.wraps.iter().find(|wrap| wrap.slot == *slot && wrap.state == WRAPPED);
            let Some(wrap) = made else { continue };
            let unwrapped = unwrap_fresh(&**provider, &wrap.edk, &self.context).await?;
            if !self.key.is(&unwrapped) {
                return Err(ProviderError::WrongKey.into());
            }
        }
        Ok(())
    }

    /// Seals fields.
    ///
    /// # Errors
    /// [`VaultError::TooLong`].
    pub fn seal_fields(self, fields: &Fields) -> Result<SealedBody, VaultError> {
        let record = |field: &super::Field| FieldRecord {
            name: field.name.clone(),
            hidden: field.hidden,
            value: field.value.duplicate(),
        };
        self.seal_record(&Body::Fields(fields.0.iter().map(record).collect()), None)
    }

    /// Seals fields as another vault had them.
    pub(super) fn seal_stored_fields(self, fields: Vec<FieldRecord>) -> Result<SealedBody, VaultError> {
        self.seal_record(&Body::Fields(fields), None)
    }

    /// Seals a document, which is read to its end; in bounded memory, on all cores. Blocks, but not on the disk: the key is gone when
    /// this returns, and only then is a file made durable, by [`SealedBody::unflushed`] or the commit.
    ///
    /// # Errors
    /// [`VaultError::Crypto`]: the source failed, or the watch cancelled; [`VaultError::Store`].
    pub fn seal_document(
        self,
        mut source: impl Read + Send,
        watch: &(impl Watch + ?Sized),
    ) -> Result<SealedBody, VaultError> {
        let begin = read_begin(&mut source)?;
        if begin.len() > LONGEST_IN_ROW {
            return self.seal_file(begin, source, watch);
        }
        let size = begin.len() as u64;
        if watch.is_cancelled() {
            return Err(crate::crypto::CryptoError::Cancelled.into());
        }
        let sealed = self.seal_record(&Body::Document(begin), Some(size))?;
        watch.advanced(size);
        Ok(sealed)
    }

    pub(super) fn seal_record(self, body: &Body, document: Option<u64>) -> Result<SealedBody, VaultError> {
        let padded = pad(&body.to_bytes()?)?;
        let (sealer, rest) = self.begin()?;
        let frames = sealer.seal_bytes(&padded)?;
        let (length, digest) = (frames.len() as u64, sha256(&frames));
        Ok(rest.finish(Frames::Here(frames), length, digest, document))
    }

    fn seal_file(
        self,
        begin: SecretBytes,
        source: impl Read + Send,
        watch: &(impl Watch + ?Sized),
    ) -> Result<SealedBody, VaultError> {
        let mut sink = Digesting::new(self.bodies.create_temporary()?);
        let (sealer, rest) = self.begin()?;
        // EXPOSE: read from, to be sealed.
        let sealed = sealer.seal(begin.expose().chain(source), &mut sink, watch);
        let (digest, length, file) = sink.finish();
        let size = sealed.map_err(|error| match error {
            crate::crypto::CryptoError::Sink(error) => file.failed(error).into(),
            error => VaultError::from(error),
        })?;
        drop(begin);
        Ok(rest.finish(Frames::File(file), length, digest, Some(size)))
    }

    /// Makes the header, which uses up the key.
    fn begin(self) -> Result<(BodySealer, Begun), VaultError> {
        let Self { item, collection, epoch, revision, context, key, wraps, .. } = self;
        let keys = keys_of_header(&wraps);
        let (header, sealer) = seal_header(key, context, keys, FrameLength::DEFAULT)?;
        Ok((sealer, Begun { item, collection, epoch, revision, header, wraps }))
    }
}

/// A body whose header is made.
struct Begun {
    item: ItemId,
    collection: CollectionId,
    epoch: u32,
    revision: RevisionId,
    header: Header,
    wraps: Vec<Wrap>,
}

impl Begun {
    fn finish(self, frames: Frames, length: u64, digest: Digest, document: Option<u64>) -> SealedBody {
        let Self { item, collection, epoch, revision, header, wraps } = self;
        SealedBody { item, collection, epoch, revision, header, wraps, frames, length, digest, document }
    }
}

impl SealedBody {
    /// The item whose body it is.
    pub fn item(&self) -> ItemId {
        self.item
    }

    /// What makes its file durable, if it has one: long work for the disk, which needs no key. A commit does what was not done.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn unflushed(&self) -> Result<Option<Flush>, VaultError> {
        match &self.frames {
            Frames::Here(_) => Ok(None),
            Frames::File(file) => Ok(Some(file.flush_of()?)),
        }
    }

    /// Whether a slot could not be reached, so that its wrap is owed.
    pub fn owes(&self) -> bool {
        self.wraps.iter().any(|wrap| wrap.state == PENDING)
    }
}

/// Reads one byte more than fits into a row, or everything.
fn read_begin(source: &mut impl Read) -> Result<SecretBytes, VaultError> {
    let mut begin = SecretBytes::new(vec![0; LONGEST_IN_ROW + 1]);
    let mut length = 0;
    while length < begin.len() {
        // EXPOSE: filled from the source.
        match source.read(&mut begin.expose_mut()[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(crate::crypto::CryptoError::Source(error).into()),
        }
    }
    begin.truncate(length);
    Ok(begin)
}
