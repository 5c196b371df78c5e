//! Removing old revisions: those that a person names, and those past a limit that was set before.
//!
//! Invariant: the current revision stays, whatever is asked for; and what goes takes its summaries with it, so that no title
//! of then stays behind.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::format::v1::{ItemEntry, ItemId, ItemState as EntryState};
use crate::store::Change as StoreChange;

use super::draft::{Draft, PagePlace};
use super::history::date_of;
use super::purge::doomed;
use super::verify::LAYOUT_FILE;
use super::{ItemSummary, Kind, Problem, UnlockedVault, VaultError};

/// Which revisions are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PruneLimit {
    /// How many an item of fields keeps, the newest ones; `None`: all.
    pub keep: Option<u32>,
    /// How many a document keeps; `None`: all.
    pub keep_documents: Option<u32>,
    /// Only those that were saved more than so many days ago.
    pub older_than_days: Option<u32>,
}

/// Old revisions of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prunable {
    /// The item.
    pub item: ItemId,
    /// Their numbers, ascending.
    pub revisions: Vec<u32>,
    /// The day that the newest of them was saved, by the clock of the machine that saved it.
    pub until: Date,
    /// How many bytes they take, as ciphertext.
    pub bytes: u64,
}

impl PruneLimit {
    /// The revisions of `entry` that it means; never the current one.
    fn of(&self, entry: &ItemEntry, summary: &ItemSummary, today: u32) -> Prunable {
        let keep = if summary.kind == Kind::Document { self.keep_documents } else { self.keep };
        let keep = match (keep, self.older_than_days) {
            // Nothing but the age is asked for.
            (None, Some(_)) => 0,
            (None, None) => entry.revisions.len(),
            (Some(keep), _) => usize::try_from(keep).unwrap_or(usize::MAX),
        };
        let past = entry.revisions.len().saturating_sub(keep);
        // None is older than the one before it, whatever the clock said that it was saved by.
        let days = entry.revisions.iter().scan(0, |last: &mut u32, revision| {
            *last = revision.day.max(*last);
            Some((revision, *last))
        });
        let old = |day: u32| self.older_than_days.is_none_or(|days| today.saturating_sub(day) > days);
        let goes = days.take(past).filter(|(revision, day)| revision.number != summary.revision && old(*day));
        let goes: Vec<_> = goes.map(|(revision, _)| revision).collect();
        Prunable {
            item: entry.id,
            revisions: goes.iter().map(|revision| revision.number).collect(),
            until: date_of(goes.iter().map(|revision| revision.day).max().unwrap_or(0)),
            bytes: goes.iter().map(|revision| revision.length).sum(),
        }
    }
}

impl UnlockedVault {
    /// The revisions that `limit` means: of `items`, or of all that there are. Nothing is removed; see
    /// [`super::Change::Prune`]. Items that can't be trusted are left out.
    ///
    /// # Errors
    /// [`VaultError::NoSuchItem`], [`VaultError::Damaged`], [`VaultError::Store`]; [`VaultError::Clock`] where age is asked for and
    /// the clock can't be believed.
    pub fn prunable(&mut self, items: Option<&[ItemId]>, limit: PruneLimit) -> Result<Vec<Prunable>, VaultError> {
        self.refresh()?;
        let now = self.access.clock.now();
        if limit.older_than_days.is_some() {
            self.check_clock(now)?;
        }
        let today = super::draft::day_of(now);
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        let mut found = Vec::new();
        if let Some(items) = items {
            for item in items {
                let summary = self.contents.summary_of(*item)?;
                found.push(limit.of(&self.entry(&rows, *item)?.1, summary, today));
            }
        } else {
            for collection in &self.contents.collections {
                for page in &collection.head.pages {
                    let Ok(page) = collection.page(&rows, page.page)? else { continue };
                    for entry in page.items.iter().filter(|entry| entry.state == EntryState::Live) {
                        let summary = self.contents.summary_of(entry.id)?;
                        if summary.is_intact() {
                            found.push(limit.of(entry, summary, today));
                        }
                    }
                }
            }
        }
        found.retain(|prunable| !prunable.revisions.is_empty());
        Ok(found)
    }
}

impl Draft<'_> {
    /// Removes revisions of an item, and the summaries that stood over them alone.
    pub(super) fn prune(
        &mut self,
        store: &mut StoreChange<'_>,
        item: ItemId,
        numbers: &BTreeSet<u32>,
    ) -> Result<ItemId, VaultError> {
        let (summary, place) = self.intact(item)?;
        if numbers.contains(&summary.revision) {
            return Err(VaultError::CurrentRevision(summary.revision));
        }
        let over_them = self.summaries_over(store, place, item, numbers)?;
        let entry = self.entry(store, place, item)?;
        let (goes, stays): (Vec<_>, Vec<_>) =
            std::mem::take(&mut entry.revisions).into_iter().partition(|revision| numbers.contains(&revision.number));
        entry.revisions = stays;
        entry.summaries.retain(|summary| !over_them.contains(&summary.number));
        let known = |number: &&u32| goes.iter().any(|revision| revision.number == **number);
        if let Some(unknown) = numbers.iter().find(|number| !known(number)) {
            return Err(VaultError::NoSuchRevision(*unknown));
        }
        for number in over_them {
            store.delete_summary(item, number)?;
        }
        for revision in goes {
            let about_it = |problem: &Problem| {
                problem.item == Some(item) && problem.what.revision().is_none_or(|number| number == revision.number)
            };
            let is_whole = !self.contents.problems.iter().any(about_it);
            store.delete_revision(doomed(&store.rows(), &revision, is_whole)?)?;
            if revision.layout == LAYOUT_FILE {
                store.release(revision.id)?;
                self.unneeded.push(revision.id);
            }
        }
        self.pruned.push((item, numbers.clone()));
        self.removes = true;
        Ok(item)
    }

    /// The summaries that say nothing but of those revisions. One that can't be opened stays: it may say something else.
    fn summaries_over(
        &mut self,
        store: &StoreChange<'_>,
        place: PagePlace,
        item: ItemId,
        numbers: &BTreeSet<u32>,
    ) -> Result<Vec<u32>, VaultError> {
        let collection = &self.contents.collections[place.collection];
        let rows = store.rows().summaries(item)?;
        let over = rows.iter().filter(|row| {
            let opened = collection.open_summary(item, row.number, &row.sealed);
            opened.is_some_and(|summary| numbers.contains(&summary.revision))
        });
        Ok(over.map(|row| row.number).collect())
    }
}
