//! Checking everything that a vault has: rows against the manifest, and every frame of every body.

use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use crate::crypto::{CryptoError, Watch};
use crate::format::v1::{CollectionId, ItemId, ItemState, RevisionEntry, SlotState};
use crate::providers::{BoxFuture, ErrorClass};
use crate::store::{Counts, StoreError};

use super::contents::{added_rows, head_findings};
use super::error::{Finding, Problem};
use super::halt::Halt;
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
    /// How many revisions were not opened: they were saved after the slot that opened the vault was retired.
    pub unopened: u64,
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
    revision: RevisionEntry,
    body: Result<BodyReader, Finding>,
}

/// What the manifest says of a revision, and its body or what is wrong with it.
type Looked = (RevisionEntry, Result<FoundBody, Finding>);

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
        self.revision.length
    }

    /// Opens every frame, and holds them all against their digest.
    ///
    /// # Errors
    /// [`VaultError::Store`], [`VaultError::Crypto`] where `watch` cancels.
    pub fn look(self, watch: &dyn Watch) -> Result<RevisionChecked, VaultError> {
        let Self { collection, item, revision, body } = self;
        let found = match body.map(|reader| reader.verify(watch)) {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(fault(&revision, error)?),
            Err(finding) => Some(finding),
        };
        Ok(RevisionChecked { collection, item, number: revision.number, length: revision.length, found })
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
        let same = |known: &Problem| known.item == Some(item) && known.what.revision() == Some(number);
        if !self.report.problems.iter().any(same) {
            let problem = Problem { collection: Some(collection), item: Some(item), what, page: None };
            self.report.problems.push(problem);
        }
    }
}

impl UnlockedVault {
    /// Checks the vault against what was written, to its end, whatever is found on the way. Problems are in the report; an error
    /// means that it could not be checked. `watch` counts bytes of bodies, of which [`UnlockedVault::body_bytes`] are there.
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

    /// The length of all bodies, history included, in bytes: what the rows say.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn body_bytes(&self) -> Result<u64, VaultError> {
        self.read_unless_over(None, |_| Ok(self.store.snapshot()?.rows().body_totals()?.0))
    }

    /// Checks the rows, and lists the revisions whose frames [`UnlockedVault::check_next`] looks at; none in a quick check. Blocks: on
    /// reading every row.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::check`].
    pub fn begin_check(&mut self, depth: Depth, watch: &(dyn Watch + Send + Sync)) -> Result<Checking, VaultError> {
        self.refresh()?;
        let (report, listed) = self.read_unless_over(Some(watch), |halt| self.check_rows(halt))?;
        let left: VecDeque<_> = if depth == Depth::Full { listed.into() } else { VecDeque::new() };
        let total = left.iter().map(|listed| listed.revision.length).sum();
        Ok(Checking { report, left, total })
    }

    /// Unwraps the data key of the next revision. `None` when there is none left; the future gives none where the revision was removed
    /// since the check began, or is of no use to a retired slot. What was changed meanwhile is looked at as it is now. The future borrows nothing.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::check`].
    pub fn check_next(
        &mut self,
        checking: &mut Checking,
    ) -> Option<BoxFuture<'static, Result<Option<CheckStep>, VaultError>>> {
        let listed = checking.left.pop_front()?;
        let (collection, item, revision) = (listed.collection, listed.item, listed.revision.clone());
        let refreshed = self.refresh();
        let found = match refreshed.map(|_| self.find_listed(listed)) {
            Ok(Err(VaultError::NotWrapped(_))) if self.is_open_by_retired_slots() => {
                checking.report.unopened += 1;
                return Some(Box::pin(async { Ok(None) }));
            }
            found => found,
        };
        Some(Box::pin(async move {
            let body = match found? {
                Ok(None) => return Ok(None),
                Ok(Some((_, Err(finding)))) => {
                    return Ok(Some(CheckStep { collection, item, revision, body: Err(finding) }));
                }
                Ok(Some((revision, Ok(found)))) => {
                    let body = found.unlock().await.map(Ok).or_else(|error| fault(&revision, error).map(Err))?;
                    return Ok(Some(CheckStep { collection, item, revision, body }));
                }
                Err(error) => Err(fault(&revision, error)?),
            };
            Ok(Some(CheckStep { collection, item, revision, body }))
        }))
    }

    /// Whether this session has retired slots alone: they open what there was, and nothing that was saved since.
    fn is_open_by_retired_slots(&self) -> bool {
        let state = |id| self.contents.slots.iter().find(|slot| slot.id == id).map(|slot| slot.state);
        self.access.providers.iter().all(|(id, _)| state(*id) == Some(SlotState::UnwrapOnly))
    }

    fn check_rows(&self, halt: Halt<'_>) -> Result<(CheckReport, Vec<Listed>), VaultError> {
        let mut report = CheckReport::default();
        let mut listed = Vec::new();
        let structure = self.store.check_structure()?;
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
            let go_on = &mut |_| halt.check();
            for page in verify_pages(collection, &collection.head.pages, &rows, self.store.bodies(), go_on)?.pages {
                expected = expected.zip(page.counts).map(|(sum, more)| sum.plus(more));
                report.problems.extend(page.problems);
            }
            // What was ended early looks like damage.
            halt.check()?;
            for page in &collection.head.pages {
                halt.check()?;
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
        match (rows.counts(), expected) {
            (Ok(counts), Some(expected)) => report.problems.extend(added_rows(expected, counts)),
            (Ok(_), None) => {}
            (Err(StoreError::Damaged(what)), _) => report.problems.push(Problem::of_vault(Finding::Structure(what))),
            (Err(error), _) => return Err(error.into()),
        }
        let listing = self.store.bodies().list(&|| halt.is_over())?;
        let stranger = |name: PathBuf| Problem::of_vault(Finding::Stranger(name));
        report.problems.extend(listing.strange.into_iter().map(|name| stranger(name.into())));
        match rows.revisions_in_files() {
            Ok(named) => {
                let named: HashSet<_> = named.into_iter().collect();
                let orphans = listing.bodies.into_iter().filter(|id| !named.contains(id));
                report.problems.extend(orphans.map(|id| stranger(id.to_string().into())));
            }
            Err(StoreError::Damaged(what)) => report.problems.push(Problem::of_vault(Finding::Structure(what))),
            Err(error) => return Err(error.into()),
        }
        report.problems.extend(structure.into_iter().map(Finding::Structure).map(Problem::of_vault));
        Ok((report, listed))
    }

    /// The body of a listed revision, or what is wrong with it, and what the manifest says of it; `None` where it was removed since
    /// it was listed.
    fn find_listed(&self, mut listed: Listed) -> Result<Option<Looked>, VaultError> {
        let found = self.listed_body(&listed)?;
        if found.is_ok() || !listed.shown {
            return Ok(Some((listed.revision, found)));
        }
        // Somebody may have saved since: what counts is what the manifest says now.
        let now = {
            let snapshot = self.store.snapshot()?;
            let entry = self.entry(&snapshot.rows(), listed.item).map(|(_, entry)| entry);
            entry.map(|entry| entry.revisions.into_iter().find(|revision| revision.id == listed.revision.id))
        };
        match now {
            Err(VaultError::NoSuchItem(_)) | Ok(None) => Ok(None),
            Err(_) => Ok(Some((listed.revision, found))),
            Ok(Some(revision)) if revision == listed.revision => Ok(Some((revision, found))),
            Ok(Some(revision)) => {
                listed.revision = revision;
                let found = self.listed_body(&listed)?;
                Ok(Some((listed.revision, found)))
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

/// What it says of a body that it could not be opened; an error where it says nothing of it: nobody answered, somebody
/// cancelled, nothing can be written.
pub(super) fn fault(entry: &RevisionEntry, error: VaultError) -> Result<Finding, VaultError> {
    let number = entry.number;
    match error {
        VaultError::Crypto(CryptoError::NotAuthentic | CryptoError::TooLong) => Ok(Finding::BodyChanged(number)),
        VaultError::Crypto(CryptoError::Source(error)) => {
            Ok(Finding::BodyUnreadable { number, reason: error.to_string() })
        }
        VaultError::Store(error @ (StoreError::File { .. } | StoreError::Damaged(_))) => {
            Ok(Finding::BodyUnreadable { number, reason: error.to_string() })
        }
        VaultError::Provider(error) if error.class() != ErrorClass::Unreachable => {
            Ok(Finding::BodyLocked { number, reason: error.to_string() })
        }
        error @ (VaultError::NotWrapped(_) | VaultError::Damaged(_)) => {
            Ok(Finding::BodyLocked { number, reason: error.to_string() })
        }
        error => Err(error),
    }
}
