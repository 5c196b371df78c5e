//! Checking everything that a vault has: rows against the manifest, and every frame of every body.

use std::collections::HashSet;
use std::sync::Arc;

use crate::crypto::{CryptoError, Watch};
use crate::format::v1::{CollectionId, ItemId, ItemState, RevisionEntry};
use crate::providers::{BoxFuture, ErrorClass};
use crate::store::Counts;

use super::contents::{added_rows, head_findings};
use super::error::{Finding, Problem};
use super::read::FoundBody;
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
            self.refresh()?;
            let (mut report, listed) = self.check_rows()?;
            if depth == Depth::Full {
                for revision in listed {
                    let (number, item, collection) = (revision.revision.number, revision.item, revision.collection);
                    let length = revision.revision.length;
                    match self.check_revision_whole(revision, &watch).await? {
                        None => report.bytes += length,
                        Some(what) => {
                            let same = |known: &Problem| known.item == Some(item) && about(&known.what) == Some(number);
                            if !report.problems.iter().any(same) {
                                let collection = Some(collection);
                                report.problems.push(Problem { collection, item: Some(item), what, page: None });
                            }
                        }
                    }
                }
            }
            Ok(report)
        })
    }

    fn check_rows(&self) -> Result<(CheckReport, Vec<Listed>), VaultError> {
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
                let Ok(page) = collection.page(&rows, page.page)? else { continue };
                for item in page.items.into_iter().filter(|item| item.state == ItemState::Live) {
                    report.items += 1;
                    report.revisions += item.revisions.len() as u64;
                    let list = |revision| Listed { collection: collection.id, item: item.id, revision };
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

    /// Opens every frame of a revision; what was found, if it is not what was written.
    async fn check_revision_whole(
        &mut self,
        listed: Listed,
        watch: &Arc<dyn Watch + Send + Sync>,
    ) -> Result<Option<Finding>, VaultError> {
        let number = listed.revision.number;
        let found = match self.listed_body(&listed)? {
            Ok(found) => found,
            Err(finding) => return Ok(Some(finding)),
        };
        let reader = match found.unlock().await {
            Ok(reader) => reader,
            Err(VaultError::Provider(error)) if error.class() != ErrorClass::Unreachable => {
                return Ok(Some(Finding::BodyLocked { number, reason: error.to_string() }));
            }
            Err(VaultError::Crypto(CryptoError::NotAuthentic)) => return Ok(Some(Finding::BodyChanged(number))),
            Err(error) => return Err(error),
        };
        let watch = Arc::clone(watch);
        match on_thread("sealkeep-check", move || reader.verify(&*watch)).await? {
            Ok(_) => Ok(None),
            Err(VaultError::Crypto(CryptoError::NotAuthentic)) => Ok(Some(Finding::BodyChanged(number))),
            Err(error) => Err(error),
        }
    }

    fn listed_body(&self, listed: &Listed) -> Result<Result<FoundBody, Finding>, VaultError> {
        let collection = self.contents.collections.iter().find(|known| known.id == listed.collection);
        let collection = collection.ok_or_else(|| VaultError::Damaged("a collection is gone".to_owned()))?;
        let snapshot = self.store.snapshot()?;
        self.found_body(&snapshot.rows(), collection, listed.item, &listed.revision)
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
