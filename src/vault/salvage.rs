//! Salvage: everything of a damaged vault that still verifies, copied into a new one.
//!
//! Owns: what is copied, and what is said of what is not. Writes nothing into the old vault, and no plaintext anywhere: each
//! revision is opened under its old data key and sealed under a new one. Invariant: the new vault has a name only once it is
//! whole and was opened; nothing is in it that did not verify.

mod copying;
mod filling;
mod found;
mod rebuilt;

use std::collections::HashSet;
use std::sync::Arc;

use crate::crypto::{CryptoError, Watch};
use crate::format::v1::{ItemId, RevisionEntry, SlotConfig, SlotRecord, VaultId};
use crate::providers::{BoxFuture, ErrorClass, ProviderError};
use crate::secret::SecretString;

use super::check::fault;
use super::create::{Draft as NewDraft, FIRST_COLLECTION};
use super::draft::Made;
use super::patience::Patient;
use super::thread::on_thread;
use super::{Finding, NewVault, Opening, Problem, UnlockedVault, VaultError};
#[cfg(test)]
pub(super) use filling::Nowhere;
use filling::{Filling, Part};
use found::{Candidate, FoundItem, Standing};

/// What came of a salvage.
#[derive(Debug)]
pub struct SalvageReport {
    /// The new vault.
    pub vault: VaultId,
    /// How many items it has.
    pub items: u64,
    /// How many revisions they have.
    pub revisions: u64,
    /// How many bytes of sealed bodies were opened and sealed again.
    pub bytes: u64,
    /// What was left behind.
    pub lost: Vec<Lost>,
    /// What was copied, and is not in all as it was.
    pub changed: Vec<Altered>,
    /// What was found wrong with the old vault, whether or not anything was lost by it.
    pub problems: Vec<Problem>,
    /// The old vault's slots that have no part in the new one: other KMS keys, recovery passphrases and codes.
    pub slots: Vec<SlotRecord>,
}

/// Something that did not verify, and is not in the new vault.
#[derive(Debug)]
pub struct Lost {
    /// The item; `None` for a page of the manifest: nobody knows any more which items stood on it, whatever rows are left.
    pub item: Option<ItemId>,
    /// Its title, if it is known.
    pub title: Option<SecretString>,
    /// Whether nothing of the item was copied.
    pub whole_item: bool,
    /// What was found.
    pub what: Finding,
}

/// An item that was copied, and is not in all as it was.
#[derive(Debug)]
pub struct Altered {
    /// The item.
    pub item: ItemId,
    /// Its title, if it is known.
    pub title: Option<SecretString>,
    /// In which way.
    pub how: Alteration,
}

/// How an item is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alteration {
    /// The content that it had last did not verify: an earlier one is in its place.
    #[error("revision {now} is the current one now, because revision {was} is damaged")]
    OlderContent {
        /// The revision that was current.
        was: u32,
        /// The one that is now.
        now: u32,
    },
    /// Its last summary did not verify: title, tags and marks are those of an earlier one.
    #[error("its title, tags and marks are those of an earlier save")]
    OlderSummary,
    /// No summary verified.
    #[error("its title, tags, marks and times could not be read; it was given a title")]
    NoSummary,
    /// The manifest does not vouch for it.
    #[error(
        "its part of the manifest is damaged: this may be an older state than the last one, or something that was purged"
    )]
    Unproven,
    /// The same, and of its content AWS KMS alone says whose it is.
    #[error(
        "its part of the manifest is damaged: this may be an older state than the last one, or something that was purged, \
         and whoever may encrypt under the KMS key could have written it"
    )]
    UnprovenUnderKms,
}

/// Whether it is about the one wrapped key, and not about who unwraps.
fn is_of_one_wrap(error: &ProviderError) -> bool {
    error.class() == ErrorClass::Damaged || matches!(error, ProviderError::ForeignKey { .. })
}

/// Whether the new vault has a slot like `slot`.
fn has_such(new: &NewVault, slot: &SlotRecord) -> bool {
    new.slots.iter().any(|new| match (&new.config, &slot.config) {
        (SlotConfig::Kms { key_arn: new }, SlotConfig::Kms { key_arn }) => new == key_arn,
        (SlotConfig::Passphrase { .. }, SlotConfig::Passphrase { .. }) => true,
        _ => false,
    })
}

/// Both vaults, and what came of it so far. Goes from thread to thread.
struct Salvaging {
    source: UnlockedVault,
    filling: Filling,
    report: SalvageReport,
    /// The items that the pages which can be believed list, purged ones too: nobody else has a say in these.
    listed: HashSet<ItemId>,
    /// Whether a KMS key opens it.
    is_under_kms: bool,
    watch: Arc<Patient>,
}

impl UnlockedVault {
    /// Copies everything that still verifies into a new vault: items with their identifiers, every revision under its number with
    /// its day and author, tags, marks, times, the trash. Each revision costs one unwrap and one new key, one after the other;
    /// memory is bounded. `watch` counts bytes of bodies; where it cancels, or anything else than the content fails, nothing is
    /// left of the new vault. What is deleted for good is not copied, nor are the slots: the new vault has those of `new`.
    ///
    /// This vault should have been opened by [`super::LockedVault::open_to_salvage`], and nobody should save to it meanwhile.
    ///
    /// # Errors
    /// [`VaultError::OtherIndexKey`] until such a vault is accepted: see [`UnlockedVault::accept`];
    /// [`VaultError::Store`], above all [`super::StoreError::Exists`], and [`super::StoreError::InUse`] where somebody saved;
    /// [`VaultError::Provider`] where somebody refuses or does not answer; [`VaultError::Crypto`] where `watch` cancels;
    /// [`VaultError::Stalled`] where nothing goes on: it may be left alone, and has keys.
    pub fn salvage(
        self,
        new: NewVault,
        watch: Arc<dyn Watch + Send + Sync>,
    ) -> BoxFuture<'static, Result<SalvageReport, VaultError>> {
        Box::pin(async move {
            let is_other = |what: &Finding| matches!(what, Finding::OtherIndexKey | Finding::NewIndexKey);
            if self.problems().iter().any(|problem| is_other(&problem.what)) {
                return Err(VaultError::OtherIndexKey);
            }
            let is_under_kms = self.is_under_kms();
            let slots = self.slots().iter().filter(|slot| !has_such(&new, slot)).cloned().collect();
            let name = self.collections().first().map(|view| view.name.duplicate());
            let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| SecretString::copy_of(FIRST_COLLECTION));
            let (draft, with) = NewDraft::make(new, name).await?;
            let report = SalvageReport {
                vault: self.id(),
                items: 0,
                revisions: 0,
                bytes: 0,
                lost: Vec::new(),
                changed: Vec::new(),
                problems: self.problems().to_vec(),
                slots,
            };
            let watch = Arc::new(Patient::new(Arc::clone(&with.clock), watch));
            let begun = with.clone();
            let filling = on_thread("sealkeep-salvage", move || Filling::begin(draft, &begun)).await??;
            let listed = HashSet::new();
            let salvaging =
                Salvaging { source: self, filling, report, listed, is_under_kms, watch: Arc::clone(&watch) };
            Box::new(salvaging).run(with).await.map_err(|error| watch.patience.explain(error))
        })
    }
}

impl Salvaging {
    async fn run(self: Box<Self>, with: Opening) -> Result<SalvageReport, VaultError> {
        let (mut all, pages) = self.read(|source| source.pages_to_salvage()).await?;
        let mut without_page = Vec::new();
        for page in pages? {
            let (then, found) = all.read(move |source| source.listed_on(page)).await?;
            all = then;
            match found? {
                Ok(found) => {
                    let new = found.live.into_iter().filter(|entry| all.listed.insert(entry.id)).collect::<Vec<_>>();
                    all.listed.extend(found.purged);
                    all = all.salvage_all(new.into_iter().map(Candidate::Listed)).await?;
                }
                Err(what) => {
                    all.report.lost.push(Lost { item: None, title: None, whole_item: false, what });
                    without_page.push(page);
                }
            }
        }
        // Only now: what a page lists is not taken from rows that say that they belong to another one.
        for page in without_page {
            let (then, found) = all.read(move |source| source.unlisted_on(page)).await?;
            all = then;
            let new = found?.into_iter().filter(|id| all.listed.insert(*id)).collect::<Vec<_>>();
            all = all.salvage_all(new.into_iter().map(Candidate::Unlisted)).await?;
        }
        let Self { source, filling, mut report, watch, .. } = *all;
        // All that was read is on its way to the disk, and what is written is verified: that it takes long is no reason to throw it away.
        watch.patience.go_on();
        report.vault = filling.finish(with, source.retention(), watch.person()).await?;
        on_thread("sealkeep-salvage", move || drop(source)).await?;
        Ok(report)
    }

    async fn salvage_all(
        self: Box<Self>,
        candidates: impl Iterator<Item = Candidate> + Send,
    ) -> Result<Box<Self>, VaultError> {
        let mut all = self;
        for candidate in candidates {
            let (then, item) = all.read(move |source| source.look_at(candidate)).await?;
            all = then.salvage(item?).await?;
        }
        Ok(all)
    }

    /// Reads the old vault on a thread, as far as the watch lets it.
    async fn read<T: Send + 'static>(
        self: Box<Self>,
        read: impl FnOnce(&UnlockedVault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<(Box<Self>, Result<T, VaultError>), VaultError> {
        self.on_thread(move |all| {
            let (source, watch) = (&all.source, Arc::clone(&all.watch));
            source.read_unless_over(Some(&*watch), |_| read(source))
        })
        .await
    }

    /// Does what blocks on a thread.
    async fn on_thread<T: Send + 'static>(
        mut self: Box<Self>,
        work: impl FnOnce(&mut Self) -> T + Send + 'static,
    ) -> Result<(Box<Self>, T), VaultError> {
        // A step begins, so the one before has come to its end: also one that waited for AWS KMS.
        self.watch.patience.go_on();
        if self.watch.is_cancelled() {
            return Err(CryptoError::Cancelled.into());
        }
        Ok(on_thread("sealkeep-salvage", move || {
            let done = work(&mut self);
            (self, done)
        })
        .await?)
    }

    /// Copies one item.
    async fn salvage(self: Box<Self>, found: FoundItem) -> Result<Box<Self>, VaultError> {
        let mut all = self;
        let FoundItem { id, summaries, last_summary, revisions, lost, standing } = found;
        let title = summaries.last().map(|(_, record)| record.title.duplicate());
        let mut lost: Vec<Finding> = lost;
        let last_revision = revisions.last().map_or(0, |last| last.number);
        let mut copied = rebuilt::Copied::default();
        for entry in revisions {
            let (then, done) = all.salvage_revision(id, entry.clone(), standing, copied.is_empty()).await?;
            all = then;
            match done {
                Ok(content) => copied.add(entry.number, content),
                Err(finding) => lost.push(finding),
            }
        }
        let whole_item = copied.is_empty();
        if whole_item && lost.is_empty() {
            lost.push(Finding::ItemMissing);
        }
        let lost = lost.into_iter().map(|what| {
            let title = title.as_ref().map(SecretString::duplicate);
            Lost { item: Some(id), title, whole_item, what }
        });
        all.report.lost.extend(lost);
        if whole_item {
            return Ok(all);
        }
        let rebuilt = rebuilt::rebuild(id, summaries, last_summary, last_revision, &copied);
        let unproven = match standing {
            Standing::Proven => None,
            Standing::Unlisted if all.is_under_kms => Some(Alteration::UnprovenUnderKms),
            Standing::Listed | Standing::Unlisted => Some(Alteration::Unproven),
        };
        for how in rebuilt.altered.into_iter().chain(unproven) {
            let title = title.as_ref().map(SecretString::duplicate);
            all.report.changed.push(Altered { item: id, title, how });
        }
        let parts = rebuilt.summaries;
        let (mut all, put) = all
            .on_thread(move |all| {
                let mut parts = parts.into_iter();
                parts.try_for_each(|(number, record)| all.filling.put(Part::Summary { item: id, number, record }))
            })
            .await?;
        put?;
        all.report.items += 1;
        Ok(all)
    }

    /// Copies one revision; what its content is, or what is wrong with it.
    async fn salvage_revision(
        self: Box<Self>,
        item: ItemId,
        entry: RevisionEntry,
        standing: Standing,
        is_first: bool,
    ) -> Result<(Box<Self>, Result<rebuilt::Content, Finding>), VaultError> {
        let of_entry = entry.clone();
        let (all, body) = self.read(move |source| source.body_to_salvage(item, &of_entry, standing)).await?;
        let body = match body? {
            Ok(body) => body,
            Err(finding) => return Ok((all, Err(finding))),
        };
        let reader = match body.unlock().await {
            Ok(reader) => reader,
            // Somebody who refuses this one refuses the next as well: there is nothing to copy then, and nothing is lost either.
            Err(VaultError::Provider(error)) if !is_of_one_wrap(&error) => return Err(error.into()),
            Err(error) => return fault(&entry, error).map(|finding| (all, Err(finding))),
        };
        let new = all.filling.new_body(item).await?;
        let (all, copied) = all
            .on_thread(move |all| {
                let (body, content) = match copying::copy(&entry, reader, new, &*all.watch)? {
                    Ok(copied) => copied,
                    Err(finding) => return Ok(Err(finding)),
                };
                if is_first {
                    all.filling.put(Part::Item(item))?;
                }
                let made = Made { number: entry.number, device: entry.device, day: entry.day };
                all.filling.put(Part::Revision { body: Box::new(body), made })?;
                all.report.revisions += 1;
                all.report.bytes = all.report.bytes.saturating_add(entry.length);
                Ok::<_, VaultError>(Ok(content))
            })
            .await?;
        Ok((all, copied?))
    }
}
