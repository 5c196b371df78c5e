//! What a damaged vault still has: items, their summaries and their bodies, each as far as it can be verified.
//!
//! What a page of the manifest says is believed before what rows say of themselves. Where the page is gone, a summary that opens
//! under the list's key and a body that opens under its own are still somebody's who had the keys; that they are the last ones
//! is not proven then. A key that is wrapped without being bound to its place is nobody's, unless a page says what it opens:
//! anybody can wrap one for a recovery key.

use std::io;

use super::rebuilt::LAST_NUMBER;
use crate::crypto::sha256;
use crate::format::v1::{
    DeviceId, ItemEntry, ItemId, ItemState as EntryState, RevisionEntry, RevisionId, SlotId, SummaryRecord,
};
use crate::format::{Commitment, EncryptedDataKey, MessageId};
use crate::providers::recovery::RECOVERY_PROVIDER_ID;
use crate::store::{BodyStat, ItemRows, RevisionRow, Rows, SmallFrames, StoreError, WrapRow};
use crate::vault::check::fault;
use crate::vault::context::body_context;
use crate::vault::manifest::OpenCollection;
use crate::vault::new_body::LONGEST_IN_ROW;
use crate::vault::read::{FoundBody, Source};
use crate::vault::verify::{LAYOUT_FILE, LAYOUT_RECORD};
use crate::vault::{Finding, Kind, UnlockedVault, VaultError};

const SECONDS_A_DAY: i64 = 86_400;

/// Where an item was found.
pub(super) enum Candidate {
    /// A page of the manifest lists it.
    Listed(ItemEntry),
    /// Only its rows are there.
    Unlisted(ItemId),
}

/// What a page says of items.
pub(super) struct OnPage {
    pub(super) live: Vec<ItemEntry>,
    /// What was deleted for good, and is not copied, whatever rows there are.
    pub(super) purged: Vec<ItemId>,
}

/// Who vouches for an item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its page, and the head.
    Proven,
    /// Its page, which may be an old one.
    Listed,
    /// Nobody.
    Unlisted,
}

/// What can be had of an item without a key of its own.
pub(super) struct FoundItem {
    pub(super) id: ItemId,
    /// The summaries that open, oldest first.
    pub(super) summaries: Vec<(u32, SummaryRecord)>,
    /// The highest number that any summary had: of those that a page lists, or that open. What a row says is no number.
    pub(super) last_summary: u32,
    /// The revisions that there should be, oldest first.
    pub(super) revisions: Vec<RevisionEntry>,
    /// What is not there any more.
    pub(super) lost: Vec<Finding>,
    /// Who says that these are the last ones.
    pub(super) standing: Standing,
}

impl UnlockedVault {
    fn salvaged(&self) -> Result<&OpenCollection, VaultError> {
        self.contents.collections.first().ok_or_else(|| VaultError::Damaged("it has no collection".to_owned()))
    }

    /// The pages that the head lists.
    pub(super) fn pages_to_salvage(&self) -> Result<Vec<u32>, VaultError> {
        Ok(self.salvaged()?.head.pages.iter().map(|page| page.page).collect())
    }

    /// Whether a KMS key opens this vault now.
    pub(super) fn is_under_kms(&self) -> bool {
        let is_kms = |id: &SlotId| self.slots().iter().any(|slot| slot.id == *id && slot.config.key_arn().is_some());
        self.access.providers.iter().any(|(id, _)| is_kms(id))
    }

    /// The items that a page lists, or why it can't be believed.
    pub(super) fn listed_on(&self, page: u32) -> Result<Result<OnPage, Finding>, VaultError> {
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        let collection = self.salvaged()?;
        self.check_still_the_same(&rows, collection)?;
        Ok(collection.page(&rows, page)?.map(|page| {
            let (live, purged): (Vec<_>, Vec<_>) =
                page.items.into_iter().partition(|entry| entry.state == EntryState::Live);
            OnPage { live, purged: purged.into_iter().map(|entry| entry.id).collect() }
        }))
    }

    /// The items whose rows say that they stand on a page; none where not even those can be read.
    pub(super) fn unlisted_on(&self, page: u32) -> Result<Vec<ItemId>, VaultError> {
        let snapshot = self.store.snapshot()?;
        let (rows, collection) = (snapshot.rows(), self.salvaged()?);
        self.check_still_the_same(&rows, collection)?;
        match rows.items_on_page(collection.id, page) {
            Err(StoreError::Damaged(_)) => Ok(Vec::new()),
            items => Ok(items?),
        }
    }

    /// Somebody who saves meanwhile would make pages look changed.
    fn check_still_the_same(&self, rows: &Rows<'_>, collection: &OpenCollection) -> Result<(), VaultError> {
        match rows.head(collection.id) {
            Ok(Some(head)) if sha256(&head) == collection.digest => Ok(()),
            Ok(_) => Err(StoreError::InUse.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// What can be had of an item without a key of its own.
    pub(super) fn look_at(&self, candidate: Candidate) -> Result<FoundItem, VaultError> {
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        let collection = self.salvaged()?;
        match candidate {
            Candidate::Listed(entry) => {
                let found = match rows.item(entry.id) {
                    Ok(found) => Ok(found),
                    Err(StoreError::Damaged(reason)) => Err(Finding::ItemUnreadable(reason)),
                    Err(error) => return Err(error.into()),
                };
                Ok(listed(collection, entry, found))
            }
            Candidate::Unlisted(item) => match rows.item(item) {
                Ok(rows) => Ok(unlisted(collection, rows)),
                Err(StoreError::Damaged(reason)) => Ok(FoundItem {
                    id: item,
                    summaries: Vec::new(),
                    last_summary: 0,
                    revisions: Vec::new(),
                    lost: vec![Finding::ItemUnreadable(reason)],
                    standing: Standing::Unlisted,
                }),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// The body that `entry` is about. Only what it is sealed with counts: its row may say what it wants.
    pub(super) fn body_to_salvage(
        &self,
        item: ItemId,
        entry: &RevisionEntry,
        standing: Standing,
    ) -> Result<Result<FoundBody, Finding>, VaultError> {
        let number = entry.number;
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        let collection = self.salvaged()?;
        let unreadable = |error: &dyn std::fmt::Display| Finding::BodyUnreadable { number, reason: error.to_string() };
        let frames = if entry.layout == LAYOUT_FILE {
            match self.store.bodies().stat(entry.id) {
                Ok(BodyStat::Missing) => return Ok(Err(Finding::BodyMissing(number))),
                Ok(BodyStat::File(length)) if length == entry.length => {}
                Ok(_) => return Ok(Err(Finding::BodyChanged(number))),
                Err(error) => return Ok(Err(unreadable(&error))),
            }
            match self.store.bodies().open(entry.id) {
                Ok(file) => Source::File(file),
                Err(error) => return Ok(Err(unreadable(&error))),
            }
        } else {
            match rows.frames(entry.id) {
                Ok(Some(frames)) if sha256(&frames) != entry.body => return Ok(Err(Finding::BodyChanged(number))),
                Ok(Some(frames)) => Source::Here(io::Cursor::new(frames)),
                Ok(None) => return Ok(Err(Finding::RevisionMissing(number))),
                Err(error @ StoreError::Damaged(_)) => return Ok(Err(unreadable(&error))),
                Err(error) => return Err(error.into()),
            }
        };
        let context = body_context(self.id(), collection.id, item, entry.id)?;
        let mut wraps = rows.wraps(&entry.id.0).map_err(VaultError::from);
        let mut has_unbound = false;
        if let (Standing::Unlisted, Ok(wraps)) = (standing, &mut wraps) {
            has_unbound = !wraps.iter().all(is_bound);
            wraps.retain(is_bound);
        }
        match wraps.and_then(|wraps| self.wrapped_key(collection, &wraps, context)) {
            Err(VaultError::NotWrapped(_)) if has_unbound => {
                let reason = "its page of the manifest is damaged, and anybody can wrap a key for a recovery key: open the vault \
                              in another way";
                Ok(Err(Finding::BodyLocked { number, reason: reason.to_owned() }))
            }
            Ok(key) => Ok(FoundBody::of_entry(entry, frames, key).ok_or(Finding::RevisionChanged(number))),
            Err(error) => fault(entry, error).map(Err),
        }
    }
}

/// Whether a wrapped key is bound to the body that it is for, and to whoever has the secret. RSA binds to nothing; that provider
/// unwraps no data key that is named otherwise, and no other one what is named like this.
fn is_bound(wrap: &WrapRow) -> bool {
    EncryptedDataKey::from_bytes(&wrap.edk).is_ok_and(|edk| edk.provider_id != RECOVERY_PROVIDER_ID)
}

/// An item that a page lists.
fn listed(collection: &OpenCollection, entry: ItemEntry, rows: Result<ItemRows, Finding>) -> FoundItem {
    let mut lost = Vec::new();
    let mut summaries = Vec::new();
    let rows = rows.map_err(|finding| lost.push(finding)).ok();
    let last_summary = entry.summaries.iter().map(|summary| summary.number).max().unwrap_or(0);
    for known in entry.summaries.iter().filter(|_| rows.is_some()) {
        let row = rows.iter().flat_map(|rows| &rows.summaries).find(|row| row.number == known.number);
        let Some(row) = row else {
            lost.push(Finding::SummaryMissing(known.number));
            continue;
        };
        let is_same = sha256(&row.sealed) == known.digest;
        match is_same.then(|| collection.open_summary(entry.id, row.number, &row.sealed)).flatten() {
            Some(record) => summaries.push((known.number, record)),
            None => lost.push(Finding::SummaryChanged(known.number)),
        }
    }
    summaries.sort_by_key(|(number, _)| *number);
    let standing = if collection.is_proven { Standing::Proven } else { Standing::Listed };
    let mut revisions = entry.revisions;
    revisions.sort_by_key(|revision| revision.number);
    FoundItem { id: entry.id, summaries, last_summary, revisions, lost, standing }
}

/// An item that no page vouches for.
fn unlisted(collection: &OpenCollection, rows: ItemRows) -> FoundItem {
    let mut lost = Vec::new();
    let mut summaries = Vec::new();
    for row in &rows.summaries {
        match collection.open_summary(rows.id, row.number, &row.sealed) {
            Some(record) => summaries.push((row.number, record)),
            None => lost.push(Finding::SummaryChanged(row.number)),
        }
    }
    let last_summary = summaries.iter().map(|(number, _)| *number).max().unwrap_or(0);
    let mut revisions: Vec<RevisionEntry> = Vec::new();
    for row in &rows.revisions {
        match entry_of(row, &summaries) {
            Some(entry) => revisions.push(entry),
            None => lost.push(Finding::RevisionChanged(row.number)),
        }
    }
    leave_room(&mut revisions, &mut summaries);
    FoundItem { id: rows.id, summaries, last_summary, revisions, lost, standing: Standing::Unlisted }
}

/// Numbers revisions anew where a row says a number that none can have in a vault, or two say the same, or one after which there is none
/// for the next save.
fn leave_room(revisions: &mut [RevisionEntry], summaries: &mut [(u32, SummaryRecord)]) {
    revisions.sort_by_key(|revision| revision.number);
    let differ = revisions.windows(2).all(|pair| pair[0].number != pair[1].number);
    if differ && revisions.iter().all(|revision| (1..=LAST_NUMBER).contains(&revision.number)) {
        return;
    }
    let anew: Vec<(u32, u32)> = revisions.iter().map(|revision| revision.number).zip(1..).collect();
    for (_, record) in summaries {
        let number = anew.iter().find(|(was, _)| *was == record.revision).map(|(_, now)| *now);
        record.revision = number.unwrap_or(record.revision);
    }
    revisions.iter_mut().zip(anew).for_each(|(revision, (_, now))| revision.number = now);
}

/// Whether a summary is of a document that is so long that its frames are a file.
fn is_of_file(record: &SummaryRecord) -> bool {
    Kind::from_name(&record.kind) == Kind::Document && record.size > LONGEST_IN_ROW as u64
}

/// What a page might have said of a revision, by its row. The day stands on the page alone: a summary that was sealed with the
/// revision tells it as well.
fn entry_of(row: &RevisionRow, summaries: &[(u32, SummaryRecord)]) -> Option<RevisionEntry> {
    let of_revision = summaries.iter().find(|(_, record)| record.revision == row.number);
    let saved = of_revision.or(summaries.last()).map_or(0, |(_, record)| record.modified);
    let layout = u8::try_from(row.layout).ok().filter(|layout| [LAYOUT_RECORD, LAYOUT_FILE].contains(layout))?;
    // What is sealed in the one layout means something else in the other.
    if of_revision.is_some_and(|(_, record)| (layout == LAYOUT_FILE) != is_of_file(record)) {
        return None;
    }
    Some(RevisionEntry {
        number: row.number,
        id: RevisionId(row.id.as_slice().try_into().ok()?),
        device: DeviceId(row.device.as_slice().try_into().ok()?),
        day: u32::try_from(saved / SECONDS_A_DAY).unwrap_or(0),
        // Nobody knows: it is never believed to be younger.
        key_day: u32::try_from(saved / SECONDS_A_DAY).unwrap_or(0),
        layout,
        header: [0; 32],
        wraps: [0; 32],
        message_id: MessageId(row.message_id.as_slice().try_into().ok()?),
        frame_length: u32::try_from(row.frame_length).ok()?,
        commitment: Commitment(row.commitment.as_slice().try_into().ok()?),
        length: match &row.frames {
            SmallFrames::Here(frames) => frames.len() as u64,
            SmallFrames::Long(length) => *length,
            SmallFrames::File => u64::try_from(row.length).ok()?,
        },
        body: row.digest.as_slice().try_into().ok()?,
    })
}
