//! Checking everything that a vault has: rows against the manifest, and every frame of every body.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::crypto::{CryptoError, Watch};
use crate::format::v1::{CollectionId, ItemId, ItemState, RevisionEntry};
use crate::providers::{BoxFuture, ErrorClass};
use crate::store::Counts;

use super::contents::{added_rows, head_findings};
use super::error::{Finding, Problem};
use super::read::{BodyReader, FoundBody};
use super::thread::on_thread;
use super::verify::verify_pages;
use super::{UnlockedVault, VaultError};

/// How much is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Rows, lengths, the database's structure: no data key is unwrapped.
    Quick,
    /// Every frame of every revision too: one unwrap for each.
    Full,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct CheckReport {
    /// How many items were checked.
    pub items: u64,
    /// How many revisions.
    pub revisions: u64,
    /// How many bytes of sealed bodies were opened; none in a quick check.
    pub bytes: u64,
    /// What is not as it was written.
    pub problems: Vec<Problem>,
}

struct Listed {
    collection: CollectionId,
    item: ItemId,
    revision: RevisionEntry,
    /// Whether the vault showed the item when the check began.
    shown: bool,
}

/// A check under way: what was found so far, and the revisions whose frames are still to be looked at. It holds no key and borrows
/// nothing, so that the vault can be used between its steps.
pub struct Checking {
    report: CheckReport,
    left: VecDeque<Listed>,
    /// How many bytes of bodies there are.
    total: u64,
}

/// A revision that is about to be looked at, with its data key. Borrows nothing, and blocks: made for a thread of its own.
pub struct CheckStep {
    collection: CollectionId,
    item: ItemId,
    number: u32,
    length: u64,
    body: Result<BodyReader, Finding>,
}

/// One revision was looked at.
pub struct RevisionChecked {
    collection: CollectionId,
    item: ItemId,
    number: u32,
    length: u64,
    found: Option<Finding>,
}

impl CheckStep {
    /// How many bytes of content there are to open.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Opens every frame.
    ///
    /// # Errors
    /// [`VaultError::Store`], [`VaultError::Crypto`] where `watch` cancels.
    pub fn look(self, watch: &dyn Watch) -> Result<RevisionChecked, VaultError> {
        let Self { collection, item, number, length, body } = self;
        let found = match body.map(|reader| reader.verify(watch)) {
            Ok(Ok(_)) => None,
            Ok(Err(VaultError::Crypto(CryptoError::NotAuthentic))) => Some(Finding::BodyChanged(number)),
            Ok(Err(error)) => return Err(error),
            Err(finding) => Some(finding),
        };
        Ok(RevisionChecked { collection, item, number, length, found })
    }
}

impl Checking {
    /// How many bytes of bodies the whole check reads.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many revisions are still to be looked at.
    pub fn left(&self) -> u64 {
        self.left.len() as u64
    }

    /// What was found so far.
    pub fn report(&self) -> &CheckReport {
        &self.report
    }

    /// What was found.
    pub fn into_report(self) -> CheckReport {
        self.report
    }

    /// Takes in what a look at a revision gave.
    pub fn take_in(&mut self, checked: RevisionChecked) {
        let RevisionChecked { collection, item, number, length, found } = checked;
        let Some(what) = found else {
            self.report.bytes += length;
            return;
        };
        let same = |known: &Problem| known.item == Some(item) && about(&known.what) == Some(number);
        if !self.report.problems.iter().any(same) {
            let problem = Problem { collection: Some(collection), item: Some(item), what, page: None };
            self.report.problems.push(problem);
        }
    }
}

impl UnlockedVault {
    /// Checks the vault against what was written. Problems are in the report; an error means that it could not be checked.
    ///
    /// # Errors
    /// [`VaultError::Store`], [`VaultError::Provider`] where nobody answers, [`VaultError::Crypto`] where `watch` cancels.
    pub fn check(
        &mut self,
        depth: Depth,
        watch: Arc<dyn Watch + Send + Sync>,
    ) -> BoxFuture<'_, Result<CheckReport, VaultError>> {
        Box::pin(async move {
            let mut checking = self.begin_check(depth, &*watch)?;
            while let Some(next) = self.check_next(&mut checking) {
                let Some(step) = next.await? else { continue };
                let watch = Arc::clone(&watch);
                checking.take_in(on_thread("sealkeep-check", move || step.look(&*watch)).await??);
            }
            Ok(checking.into_report())
        })
    }

    /// Checks the rows, and lists the revisions whose frames [`UnlockedVault::check_next`] looks at; none in a quick check. Blocks: on
    /// reading every row.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::check`].
    pub fn begin_check(&mut self, depth: Depth, watch: &(dyn Watch + Send + Sync)) -> Result<Checking, VaultError> {
        self.refresh()?;
        let (report, listed) = self.check_rows(watch)?;
        let left: VecDeque<_> = if depth == Depth::Full { listed.into() } else { VecDeque::new() };
        let total = left.iter().map(|listed| listed.revision.length).sum();
        Ok(Checking { report, left, total })
    }

    /// Unwraps the data key of the next revision. `None` when there is none left; the future gives none where the revision was removed
    /// since the check began. What was changed meanwhile is looked at as it is now. The future borrows nothing.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::check`].
    pub fn check_next(
        &mut self,
        checking: &mut Checking,
    ) -> Option<BoxFuture<'static, Result<Option<CheckStep>, VaultError>>> {
        let listed = checking.left.pop_front()?;
        let (collection, item) = (listed.collection, listed.item);
        let (number, length) = (listed.revision.number, listed.revision.length);
        let found = self.refresh().and_then(|_| self.find_listed(listed));
        Some(Box::pin(async move {
            let body = match found? {
                None => return Ok(None),
                Some(Err(finding)) => Err(finding),
                Some(Ok(found)) => unlock(found, number).await?,
            };
            Ok(Some(CheckStep { collection, item, number, length, body }))
        }))
    }

    fn check_rows(&self, watch: &(dyn Watch + Send + Sync)) -> Result<(CheckReport, Vec<Listed>), VaultError> {
        let mut report = CheckReport::default();
        let mut listed = Vec::new();
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        // What was found when the vault was opened and does not show in rows.
        let outside = |problem: &&Problem| problem.what.is_from_pins();
        report.problems.extend(self.contents.problems.iter().filter(outside).cloned());
        let stored = rows.collections()?;
        let mut expected = Some(Counts::default());
        for collection in &self.contents.collections {
            let name = stored.iter().find(|row| row.id == collection.id).map(|row| row.name.as_slice());
            let findings = head_findings(&rows, collection, name.unwrap_or_default())?;
            let problem = |what| Problem { collection: Some(collection.id), item: None, what, page: None };
            report.problems.extend(findings.into_iter().map(problem));
            for page in verify_pages(collection, &rows, self.store.bodies(), |_| ())? {
                expected = expected.zip(page.counts).map(|(sum, more)| sum.plus(more));
                report.problems.extend(page.problems);
            }
            for page in &collection.head.pages {
                if watch.is_cancelled() {
                    return Err(CryptoError::Cancelled.into());
                }
                let Ok(page) = collection.page(&rows, page.page)? else { continue };
                for item in page.items.into_iter().filter(|item| item.state == ItemState::Live) {
                    report.items += 1;
                    report.revisions += item.revisions.len() as u64;
                    let shown = self.contents.place_of(item.id).is_ok();
                    let list = |revision| Listed { collection: collection.id, item: item.id, revision, shown };
                    listed.extend(item.revisions.into_iter().map(list));
                }
            }
        }
        if let Some(expected) = expected {
            report.problems.extend(added_rows(expected, rows.counts()?));
        }
        let no_item = |what| Problem { collection: None, item: None, what, page: None };
        let listing = self.store.bodies().list()?;
        report.problems.extend(listing.strange.into_iter().map(|name| no_item(Finding::Stranger(name.into()))));
        let named: HashSet<_> = rows.revisions_in_files()?.into_iter().collect();
        let orphans = listing.bodies.into_iter().filter(|id| !named.contains(id));
        report.problems.extend(orphans.map(|id| no_item(Finding::Stranger(id.to_string().into()))));
        drop(snapshot);
        report.problems.extend(self.store.check_structure()?.into_iter().map(|line| no_item(Finding::Structure(line))));
        Ok((report, listed))
    }

    /// The body of a listed revision, or what is wrong with it; `None` where it was removed since it was listed.
    fn find_listed(&self, mut listed: Listed) -> Result<Option<Result<FoundBody, Finding>>, VaultError> {
        let found = self.listed_body(&listed)?;
        if found.is_ok() || !listed.shown {
            return Ok(Some(found));
        }
        // Somebody may have saved since: what counts is what the manifest says now.
        let now = {
            let snapshot = self.store.snapshot()?;
            let entry = self.entry(&snapshot.rows(), listed.item).map(|(_, entry)| entry);
            entry.map(|entry| entry.revisions.into_iter().find(|revision| revision.id == listed.revision.id))
        };
        match now {
            Err(VaultError::NoSuchItem(_)) | Ok(None) => Ok(None),
            Err(_) => Ok(Some(found)),
            Ok(Some(revision)) if revision == listed.revision => Ok(Some(found)),
            Ok(Some(revision)) => {
                listed.revision = revision;
                self.listed_body(&listed).map(Some)
            }
        }
    }

    fn listed_body(&self, listed: &Listed) -> Result<Result<FoundBody, Finding>, VaultError> {
        let collection = self.contents.collections.iter().find(|known| known.id == listed.collection);
        let collection = collection.ok_or_else(|| VaultError::Damaged("a collection is gone".to_owned()))?;
        let snapshot = self.store.snapshot()?;
        self.found_body(&snapshot.rows(), collection, listed.item, &listed.revision)
    }
}

async fn unlock(found: FoundBody, number: u32) -> Result<Result<BodyReader, Finding>, VaultError> {
    match found.unlock().await {
        Ok(reader) => Ok(Ok(reader)),
        Err(VaultError::Provider(error)) if error.class() != ErrorClass::Unreachable => {
            Ok(Err(Finding::BodyLocked { number, reason: error.to_string() }))
        }
        Err(VaultError::Crypto(CryptoError::NotAuthentic)) => Ok(Err(Finding::BodyChanged(number))),
        Err(error) => Err(error),
    }
}

/// The revision that a finding is about.
pub(super) fn about(finding: &Finding) -> Option<u32> {
    match finding {
        Finding::RevisionMissing(number)
        | Finding::RevisionChanged(number)
        | Finding::WrapsChanged(number)
        | Finding::BodyMissing(number)
        | Finding::BodyChanged(number) => Some(*number),
        _ => None,
    }
}
