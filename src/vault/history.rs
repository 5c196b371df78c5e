//! An item's revisions: what there are, and how an earlier one comes back.
//!
//! Invariant: what comes back is sealed anew, as a new revision under a data key of its own. No header, no frame and no wrap is
//! ever copied from one revision to another, and none of the revisions between is lost: a restore removes nothing, also where the
//! vault keeps fewer. What is past the limit goes with the next ordinary save.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::crypto::{Watch, sha256};
use crate::format::v1::{Body, ItemEntry, ItemId, RevisionEntry, SummaryRecord};
use crate::providers::BoxFuture;
use crate::secret::SecretString;
use crate::store::Rows;

use super::manifest::OpenCollection;
use super::reseal::reseal_file;
use super::{BodyReader, Change, Fields, Kind, NewBody, RevisionView, SummaryEdit, UnlockedVault, VaultError};

/// An earlier revision whose content can be read, and a fresh key for it. Borrows nothing, and blocks: made for a thread of
/// its own.
pub struct Restoring {
    item: ItemId,
    kind: Kind,
    reader: BodyReader,
    body: NewBody,
    media_type: Option<String>,
}

/// The date of a day that a manifest names: so many since 1970-01-01.
pub(super) fn date_of(day: u32) -> Date {
    Date::new(1970, 1, 1).and_then(|first| first.checked_add(i64::from(day).days())).unwrap_or_default()
}

impl UnlockedVault {
    /// The item's revisions, newest first.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::refresh`]; [`VaultError::NoSuchItem`].
    pub fn history(&mut self, item: ItemId) -> Result<Vec<RevisionView>, VaultError> {
        self.refresh()?;
        let current = self.contents.summary_of(item)?.revision;
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        let (collection, entry) = self.entry(&rows, item)?;
        let first = first_summaries(collection, &rows, &entry)?;
        let view = |revision: &RevisionEntry| {
            let summary = first.get(&revision.number);
            RevisionView {
                number: revision.number,
                created: date_of(revision.day),
                saved: summary.and_then(|summary| Timestamp::from_second(summary.modified).ok()),
                size: revision.length,
                length: summary.map_or(0, |summary| summary.size),
                author: revision.device,
                current: revision.number == current,
            }
        };
        Ok(entry.revisions.iter().rev().map(view).collect())
    }

    /// Prepares to bring back the content of `revision`: unwraps its data key, and makes a fresh one for the new revision. The
    /// future borrows nothing.
    ///
    /// # Errors
    /// [`VaultError::NoSuchItem`], [`VaultError::NoSuchRevision`], [`VaultError::Unaccepted`], [`VaultError::Damaged`],
    /// [`VaultError::Provider`].
    pub fn restore_revision(
        &mut self,
        item: ItemId,
        revision: u32,
    ) -> BoxFuture<'static, Result<Restoring, VaultError>> {
        let prepared = self.prepare_restoring(item, revision);
        Box::pin(async move {
            let (kind, media_type, reader, body) = prepared?;
            Ok(Restoring { item, kind, reader: reader.await?, body: body.await?, media_type })
        })
    }

    fn prepare_restoring(&mut self, item: ItemId, revision: u32) -> Result<Prepared, VaultError> {
        // Before anybody is asked for a key.
        self.contents.check_writable()?;
        self.store.check_writable()?;
        let reader = self.body_reader(item, Some(revision));
        let kind = self.contents.summary_of(item)?.kind.clone();
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        let (collection, entry) = self.entry(&rows, item)?;
        let mut first = first_summaries(collection, &rows, &entry)?;
        drop(snapshot);
        Ok((kind, first.remove(&revision).map(|summary| summary.media_type), reader, self.new_body(Some(item))))
    }
}

type Prepared = (
    Kind,
    Option<String>,
    BoxFuture<'static, Result<BodyReader, VaultError>>,
    BoxFuture<'static, Result<NewBody, VaultError>>,
);

/// For each revision the summary that was sealed with it: the first one that names it. Those that are not as they were
/// written are left out.
fn first_summaries(
    collection: &OpenCollection,
    rows: &Rows<'_>,
    entry: &ItemEntry,
) -> Result<BTreeMap<u32, SummaryRecord>, VaultError> {
    let mut first = BTreeMap::new();
    for row in rows.summaries(entry.id)? {
        let listed = entry.summaries.iter().find(|listed| listed.number == row.number);
        if listed.is_none_or(|listed| listed.digest != sha256(&row.sealed)) {
            continue;
        }
        if let Some(summary) = collection.open_summary(entry.id, row.number, &row.sealed) {
            first.entry(summary.revision).or_insert(summary);
        }
    }
    Ok(first)
}

impl Restoring {
    /// Seals the earlier content anew: a document's in bounded memory. Title, tags and star stay as they are today, and an item
    /// in the trash comes out of it. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] where the content is not what was written, or `watch` cancels; [`VaultError::Store`].
    pub fn seal(self, watch: &(impl Watch + ?Sized)) -> Result<Change, VaultError> {
        let Self { item, kind, reader, body, media_type } = self;
        let mut edit = SummaryEdit { trashed: Some(false), ..SummaryEdit::default() };
        let body = if reader.is_file() {
            edit.media_type = media_type;
            reseal_file(reader, body, watch)?
        } else {
            let record = reader.record()?;
            let length = match &record {
                Body::Document(bytes) => {
                    edit.media_type = media_type;
                    Some(bytes.len() as u64)
                }
                Body::Fields(fields) => {
                    edit.subtitle = Some(subtitle_of(fields, &kind));
                    None
                }
            };
            body.seal_record(&record, length)?
        };
        Ok(Change::Restore { item, body, edit })
    }
}

/// What a list shows of these fields.
fn subtitle_of(fields: &[crate::format::v1::FieldRecord], kind: &Kind) -> SecretString {
    let field = |field: &crate::format::v1::FieldRecord| super::Field {
        name: field.name.clone(),
        value: field.value.duplicate(),
        hidden: field.hidden,
    };
    Fields(fields.iter().map(field).collect()).subtitle(kind)
}
