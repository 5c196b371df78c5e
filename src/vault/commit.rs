//! Saving: changes become visible together, in one transaction, or not at all. What they remove is then taken off the disk.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::format::v1::{ItemId, RevisionId};
use crate::secret::SecretString;
use crate::store::Change as StoreChange;

use super::draft::{Draft, Drafted};
use super::error::Problem;
use super::{Flush, Kind, PinError, SealedBody, SummaryEdit, UnlockedVault, VaultError};

/// One change of a vault.
#[derive(Debug)]
pub enum Change {
    /// A new item.
    Add {
        /// What it is.
        kind: Kind,
        /// Its title.
        title: SecretString,
        /// Its tags.
        tags: Vec<SecretString>,
        /// What a list shows below the title: see [`super::Fields::subtitle`].
        subtitle: SecretString,
        /// A document's media type, else empty.
        media_type: String,
        /// Its content.
        body: SealedBody,
    },
    /// A new revision of an item's content. Revisions that are past the vault's limit then are gone for good.
    Revise {
        /// The item.
        item: ItemId,
        /// Its new content.
        body: SealedBody,
        /// What else changes with it.
        edit: SummaryEdit,
    },
    /// The content of an earlier revision as a new one: see [`UnlockedVault::restore_revision`]. It removes nothing, whatever the
    /// vault's limit, so that what it replaces can be brought back; the next [`Change::Revise`] removes what is past the limit.
    Restore {
        /// The item.
        item: ItemId,
        /// The earlier content, sealed anew.
        body: SealedBody,
        /// What else changes with it.
        edit: SummaryEdit,
    },
    /// Another title, other tags, into the trash or out of it; the content stays.
    Describe {
        /// The item.
        item: ItemId,
        /// What changes.
        edit: SummaryEdit,
    },
    /// Old revisions of an item are gone for good; never the current one.
    Prune {
        /// The item.
        item: ItemId,
        /// Their numbers.
        revisions: BTreeSet<u32>,
    },
    /// The item and all of its revisions are gone for good.
    Purge {
        /// The item.
        item: ItemId,
    },
    /// The same for what somebody saw in the trash: where it is not there any more, or was put there anew, it is refused.
    PurgeTrashed {
        /// The item.
        item: ItemId,
        /// When it went into the trash.
        since: Timestamp,
    },
}

impl Change {
    /// Deletes an item for good that had gone into the trash at `trashed`, if it was there, when somebody decided it.
    pub fn purge(item: ItemId, trashed: Option<Timestamp>) -> Self {
        match trashed {
            Some(since) => Self::PurgeTrashed { item, since },
            None => Self::Purge { item },
        }
    }

    /// What makes the file of its body durable, if it has one: see [`SealedBody::unflushed`].
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn unflushed(&self) -> Result<Option<Flush>, VaultError> {
        match self {
            Self::Add { body, .. } | Self::Revise { body, .. } | Self::Restore { body, .. } => body.unflushed(),
            Self::Describe { .. } | Self::Prune { .. } | Self::Purge { .. } | Self::PurgeTrashed { .. } => Ok(None),
        }
    }
}

/// How long a commit that removes something waits for other programs, to empty the log. Other commits try once, and do not wait: nobody
/// who only saves is to be held up by what an earlier one left there.
const PATIENCE: Duration = Duration::from_secs(2);

/// What commits removed and could not take off the disk: ciphertext that nobody is shown any more, and that somebody with a key
/// could still open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// It stands in the write-ahead log, because another program is using the vault. A later commit removes it, and so does the
    /// last program that closes the vault.
    pub in_log: bool,
    /// So many files of bodies can't be removed. The next unlock tries again.
    pub files: usize,
}

impl Remains {
    /// Whether there is nothing.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

impl UnlockedVault {
    /// Saves all of `changes`, or none; the items, one for each change. Takes in what other processes committed before.
    /// Blocks: on the disk, and for up to five seconds while another process saves, or as long as
    /// [`UnlockedVault::wait_for_others`] was told.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::refresh`]; [`VaultError::Unaccepted`], [`VaultError::NoSuchItem`], [`VaultError::NoSuchRevision`],
    /// [`VaultError::CurrentRevision`], [`VaultError::WrongItem`], [`VaultError::WrongKind`], [`VaultError::LeftTrash`],
    /// [`VaultError::SlotGone`], [`VaultError::Damaged`] for an item that can't be trusted, [`VaultError::TooLong`]. Nothing has happened
    /// then.
    pub fn commit(&mut self, changes: Vec<Change>) -> Result<Vec<ItemId>, VaultError> {
        self.contents.check_writable()?;
        for change in &changes {
            // Before anybody else has to wait for it.
            change.unflushed()?.map_or(Ok(()), |flush| flush.run())?;
        }
        self.rewrite(|store, draft| changes.into_iter().map(|change| draft.apply(store, change)).collect())
    }

    /// Changes rows and the manifest over them, in one transaction, on top of what others committed; nothing else does, but the
    /// filling of a vault that has no name yet. `change` writes into both, and where it fails nothing has happened.
    pub(super) fn rewrite<T>(
        &mut self,
        change: impl FnOnce(&mut StoreChange<'_>, &mut Draft<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.contents.check_writable()?;
        let bodies = Arc::clone(self.store.bodies());
        let mut store = self.store.change()?;
        if self.contents.take_in(&store.rows(), &bodies, &|| false)? {
            self.waiting = None;
        }
        self.contents.check_writable()?;
        let mut draft = Draft::new(&self.contents, self.access.device, self.access.clock.now());
        let done = change(&mut store, &mut draft)?;
        let drafted = draft.finish(&store)?;
        store.commit()?;
        self.show(drafted);
        Ok(done)
    }

    /// What could not be remembered outside the vault at the last commit: the commit itself is safe, but an older copy of
    /// the vault would not be noticed here.
    pub fn unpinned(&self) -> Option<&PinError> {
        self.unpinned.as_ref()
    }

    /// Waits this long for other writers before a commit says that the vault is in use: for whoever has nothing that is to
    /// overtake a commit, as a lock does in the window.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn wait_for_others(&mut self, at_most: Duration) -> Result<(), VaultError> {
        Ok(self.store.be_patient(at_most)?)
    }

    /// The revisions of `item` that this session's last commit removed: those that it named, and those past the vault's limit.
    pub fn pruned(&self, item: ItemId) -> Vec<u32> {
        self.pruned.iter().filter(|(of, _)| *of == item).flat_map(|(_, numbers)| numbers).copied().collect()
    }

    /// What this session's commits removed and could not take off the disk yet: the commits themselves are safe.
    pub fn remains(&self) -> Remains {
        self.remains
    }

    /// Takes what was committed into memory, and does what follows a commit.
    pub(super) fn show(&mut self, drafted: Drafted) {
        let Drafted { collections, shown, gone, unneeded, pruned, slots, removes, owes } = drafted;
        // What is removed can only take away from nothing.
        self.waiting = self.waiting.filter(|waiting| *waiting == 0 && !owes);
        self.contents.generation += 1;
        for item in gone {
            self.contents.remove_item(item);
            self.contents.problems.retain(|problem| problem.item != Some(item));
        }
        for (item, numbers) in &pruned {
            let about_it = |problem: &Problem| problem.what.revision().is_some_and(|number| numbers.contains(&number));
            self.contents.problems.retain(|problem| !(problem.item == Some(*item) && about_it(problem)));
        }
        self.pruned = pruned;
        for (summary, place) in shown {
            self.contents.put_item(summary, place.collection, place.page);
        }
        for (number, collection) in collections {
            self.contents.collections[number] = collection;
        }
        if let Some(slots) = slots {
            self.contents.slots = slots;
        }
        self.remember();
        self.clean_up(unneeded, removes);
    }

    /// Takes off the disk what a commit removed. The rows are gone already, so that nothing here can fail the commit.
    fn clean_up(&mut self, unneeded: Vec<RevisionId>, removes: bool) {
        if !unneeded.is_empty() {
            // What can't be removed now is swept at the next unlock.
            let removed = unneeded.iter().filter(|revision| self.store.bodies().remove(**revision).is_ok()).count();
            self.remains.files += unneeded.len() - removed;
            let _ = self.store.bodies().sync();
        }
        self.remains.in_log |= removes;
        if removes {
            // Pages that stay are used by what is saved next, and hold zeros until then.
            let _ = self.store.free_pages();
        }
        // At rest the database file is whole by itself, for whoever copies it or puts another in its place.
        let patience = if removes { PATIENCE } else { Duration::ZERO };
        if self.store.truncate_log(patience).unwrap_or(false) {
            self.remains.in_log = false;
        }
    }
}
