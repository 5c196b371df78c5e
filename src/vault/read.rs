//! Opening an item's content: one unwrap, then frames.

use std::fs::File;
use std::io::{self, Read, Write};

use crate::crypto::{CryptoError, DataKey, Digesting, FrameOpener, Limited, NoWatch, StoredBody, Watch};
use crate::format::v1::{Body, Digest, ItemEntry, ItemId, RevisionEntry, unpad};
use crate::format::{Commitment, EncryptionContext, FrameLength, Header, MessageId};
use crate::providers::{BoxFuture, ProviderError};
use crate::secret::SecretBytes;
use crate::store::{RevisionRow, Rows, SmallFrames};

use super::context::body_context;
use super::manifest::OpenCollection;
use super::verify::{LAYOUT_FILE, check_body, check_revision};
use super::wrapping::WrappedKey;
use super::{Field, Fields, Finding, ItemSummary, UnlockedVault, VaultError};

/// No body of fields, and no document in a row, is longer than this, padded.
const LONGEST_RECORD: usize = 80 * 1024 * 1024;

/// An item's content whose header is verified, ready to be opened. Holds the one data key, borrows nothing, and blocks: made
/// for a thread of its own.
pub struct BodyReader {
    opener: FrameOpener,
    frames: Source,
    layout: u8,
    written: Written,
}

/// What the manifest says of the frames that were written: their digest and length. Whoever had the data key, or had it once,
/// could have sealed others under it.
type Written = (Digest, u64);

/// Where frames come from.
pub(super) enum Source {
    Here(io::Cursor<Vec<u8>>),
    File(File),
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Here(frames) => frames.read(into),
            Self::File(file) => file.read(into),
        }
    }
}

/// A revision that was found and held against the manifest; no key yet.
pub(super) struct FoundBody {
    front: Front,
    frames: Source,
    layout: u8,
    written: Written,
    key: WrappedKey,
    /// What the key commits to, where the wraps are those that the manifest has: then another key is not the vault's fault.
    committed: Option<(MessageId, Commitment)>,
}

/// What stands before frames.
enum Front {
    /// The header that was sealed with them.
    Header(Box<Header>),
    /// The header is gone, because it named other wraps: what the row says, which the manifest holds.
    Columns { id: MessageId, frame_length: FrameLength, commitment: Commitment },
}

impl UnlockedVault {
    /// Unwraps the data key of an item's content: the current one, or that of `revision`. Exactly one unwrap. The future
    /// borrows nothing.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::refresh`]; [`VaultError::NoSuchItem`], [`VaultError::NoSuchRevision`], [`VaultError::NotWrapped`] where
    /// the slot that opened the vault has no wrap of it, [`VaultError::Provider`].
    pub fn body_reader(
        &mut self,
        item: ItemId,
        revision: Option<u32>,
    ) -> BoxFuture<'static, Result<BodyReader, VaultError>> {
        let found = self.refresh().and_then(|_| self.find_body(item, revision));
        Box::pin(async move { found?.unlock().await })
    }

    pub(super) fn entry(&self, rows: &Rows<'_>, item: ItemId) -> Result<(&OpenCollection, ItemEntry), VaultError> {
        let place = self.contents.place_of(item)?;
        let collection = &self.contents.collections[place.collection];
        let page = collection.intact_page(rows, place.page)?;
        let entry = page.items.into_iter().find(|entry| entry.id == item);
        Ok((collection, entry.ok_or(VaultError::NoSuchItem(item))?))
    }

    fn find_body(&self, item: ItemId, revision: Option<u32>) -> Result<FoundBody, VaultError> {
        let summary: &ItemSummary = self.contents.summary_of(item)?;
        let snapshot = self.store.snapshot()?;
        let (collection, entry) = self.entry(&snapshot.rows(), item)?;
        // A summary that can't be read names no revision; the last one is what was saved last.
        let last = entry.revisions.last().map_or(0, |last| last.number);
        let number = revision.unwrap_or(if summary.revision > 0 { summary.revision } else { last });
        let entry = entry.revisions.iter().find(|known| known.number == number);
        let entry = entry.ok_or(VaultError::NoSuchRevision(number))?;
        let found = self.found_body(&snapshot.rows(), collection, item, entry)?;
        found.map_err(|finding| VaultError::Damaged(finding.to_string()))
    }

    /// The body that `entry` is about, or what is wrong with it.
    pub(super) fn found_body(
        &self,
        rows: &Rows<'_>,
        collection: &OpenCollection,
        item: ItemId,
        entry: &RevisionEntry,
    ) -> Result<Result<FoundBody, Finding>, VaultError> {
        let number = entry.number;
        let Some(row) = rows.revision(item, number)? else { return Ok(Err(Finding::RevisionMissing(number))) };
        if let Some(finding) = check_revision(entry, &row) {
            return Ok(Err(finding));
        }
        if let Some(finding) = check_body(entry, &row, self.store.bodies())? {
            return Ok(Err(finding));
        }
        let context = body_context(self.id(), collection.id, item, entry.id)?;
        let Some(front) = Front::of(entry, &row, &context) else {
            return Ok(Err(Finding::RevisionChanged(number)));
        };
        let key = self.wrapped_key(collection, &row.wraps, context)?;
        let committed = Some((entry.message_id, entry.commitment));
        let frames = match row.frames {
            SmallFrames::Here(frames) => frames,
            SmallFrames::Long(_) => rows.frames(entry.id)?.unwrap_or_default(),
            SmallFrames::File => {
                let frames = Source::File(self.store.bodies().open(entry.id)?);
                return Ok(Ok(FoundBody {
                    front,
                    frames,
                    layout: entry.layout,
                    written: written(entry),
                    key,
                    committed,
                }));
            }
        };
        let frames = Source::Here(io::Cursor::new(frames));
        Ok(Ok(FoundBody { front, frames, layout: entry.layout, written: written(entry), key, committed }))
    }
}

fn written(entry: &RevisionEntry) -> Written {
    (entry.body, entry.length)
}

impl Front {
    /// `None` where a header is there that can't be read, or that was sealed with another context: what the provider is asked
    /// with is our own.
    fn of(entry: &RevisionEntry, row: &RevisionRow, context: &EncryptionContext) -> Option<Self> {
        match &row.header {
            Some(header) => {
                let header = Header::parse(header).ok()?;
                (*header.body().context() == *context).then(|| Self::Header(Box::new(header)))
            }
            None => Some(Self::Columns {
                id: entry.message_id,
                frame_length: FrameLength::new(entry.frame_length).ok()?,
                commitment: entry.commitment,
            }),
        }
    }

    fn verify(self, key: &DataKey) -> Result<FrameOpener, CryptoError> {
        match self {
            Self::Header(header) => Ok(StoredBody::new(*header, ()).verify(key)?.into_parts().0),
            Self::Columns { id, frame_length, commitment } => {
                FrameOpener::without_header(key, id, &commitment, frame_length)
            }
        }
    }
}

impl FoundBody {
    /// A body as the manifest has it, whatever else the rows say of it. `None` where no message can be like that.
    pub(super) fn of_entry(entry: &RevisionEntry, frames: Source, key: WrappedKey) -> Option<Self> {
        let front = Front::Columns {
            id: entry.message_id,
            frame_length: FrameLength::new(entry.frame_length).ok()?,
            commitment: entry.commitment,
        };
        Some(Self { front, frames, layout: entry.layout, written: written(entry), key, committed: None })
    }

    pub(super) async fn unlock(self) -> Result<BodyReader, VaultError> {
        let Self { front, frames, layout, written, key, committed } = self;
        let key = key.unwrap().await?;
        if let Some((id, commitment)) = &committed {
            key.verify(id, commitment).map_err(|_| ProviderError::WrongKey)?;
        }
        let opener = front.verify(&key)?;
        Ok(BodyReader { opener, frames, layout, written })
    }
}

impl BodyReader {
    /// The item's fields.
    ///
    /// # Errors
    /// [`VaultError::WrongKind`] for a document; [`VaultError::Crypto`]; [`VaultError::Damaged`] where they are no fields.
    pub fn fields(self) -> Result<Fields, VaultError> {
        if self.is_file() {
            return Err(VaultError::WrongKind);
        }
        let Body::Fields(fields) = self.record()? else { return Err(VaultError::WrongKind) };
        let field = |field: crate::format::v1::FieldRecord| Field {
            name: field.name,
            value: field.value,
            hidden: field.hidden,
        };
        Ok(Fields(fields.into_iter().map(field).collect()))
    }

    /// A document's bytes, if they are no more than `at_most`.
    ///
    /// # Errors
    /// [`VaultError::TooLarge`], [`VaultError::WrongKind`] for fields, [`VaultError::Crypto`].
    pub fn document(self, at_most: usize, watch: &(impl Watch + ?Sized)) -> Result<SecretBytes, VaultError> {
        let mut sink = Limited::new(at_most);
        let copied = self.copy_to(&mut sink, watch);
        if sink.is_exceeded() {
            return Err(VaultError::TooLarge(at_most as u64));
        }
        copied.map(|_| sink.into_bytes())
    }

    /// Writes a document's bytes to `sink`; how many they were. Only an `Ok` says that `sink` has the whole document.
    ///
    /// # Errors
    /// [`VaultError::WrongKind`] for fields, [`VaultError::Crypto`].
    pub fn copy_to(self, mut sink: impl Write + Send, watch: &(impl Watch + ?Sized)) -> Result<u64, VaultError> {
        if self.is_file() {
            return self.open_into(sink, watch);
        }
        let Body::Document(bytes) = self.record()? else { return Err(VaultError::WrongKind) };
        if watch.is_cancelled() {
            return Err(CryptoError::Cancelled.into());
        }
        // EXPOSE: handed to where the caller wants the document.
        sink.write_all(bytes.expose()).and_then(|()| sink.flush()).map_err(CryptoError::Sink)?;
        watch.advanced(bytes.len() as u64);
        Ok(bytes.len() as u64)
    }

    /// Opens every frame and keeps nothing.
    pub(super) fn verify(self, watch: &(impl Watch + ?Sized)) -> Result<(), VaultError> {
        self.open_into(io::sink(), watch).map(|_| ())
    }

    /// Opens every frame into `sink`, and sees that these are the ones that were written.
    fn open_into(self, sink: impl Write + Send, watch: &(impl Watch + ?Sized)) -> Result<u64, VaultError> {
        let mut frames = Digesting::reading(self.frames);
        let length = self.opener.open(&mut frames, sink, watch)?;
        if frames.so_far() == self.written { Ok(length) } else { Err(CryptoError::NotAuthentic.into()) }
    }

    /// Whether its frames are a file's.
    pub(super) fn is_file(&self) -> bool {
        self.layout == LAYOUT_FILE
    }

    pub(super) fn record(self) -> Result<Body, VaultError> {
        let mut padded = Limited::new(LONGEST_RECORD);
        let opened = self.open_into(&mut padded, &NoWatch);
        if padded.is_exceeded() {
            return Err(VaultError::TooLarge(LONGEST_RECORD as u64));
        }
        opened?;
        let padded = padded.into_bytes();
        let damaged = |_| VaultError::Damaged("the content is sealed, but not laid out as it should be".to_owned());
        Body::from_bytes(&unpad(padded).map_err(damaged)?).map_err(damaged)
    }
}
