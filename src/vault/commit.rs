//! Saving: changes become visible together, in one transaction, or not at all.

use std::sync::Arc;

use crate::format::v1::ItemId;
use crate::secret::SecretString;

use super::draft::{Draft, Drafted};
use super::{Kind, PinError, SealedBody, SummaryEdit, UnlockedVault, VaultError};

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
    /// A new revision of an item's content.
    Revise {
        /// The item.
        item: ItemId,
        /// Its new content.
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
    /// The item and all of its revisions are gone for good.
    Purge {
        /// The item.
        item: ItemId,
    },
}

impl UnlockedVault {
    /// Saves all of `changes`, or none; the items, one for each change. Takes in what other processes committed before.
    /// Blocks: on the disk, and for up to five seconds while another process saves.
    ///
    /// # Errors
    /// [`VaultError::Unaccepted`], [`VaultError::NoSuchItem`], [`VaultError::WrongItem`], [`VaultError::Damaged`] for an
    /// item that can't be trusted, [`VaultError::TooLong`], [`VaultError::Store`]. Nothing has happened then.
    pub fn commit(&mut self, changes: Vec<Change>) -> Result<Vec<ItemId>, VaultError> {
        self.contents.check_writable()?;
        let bodies = Arc::clone(self.store.bodies());
        let mut store = self.store.change()?;
        self.contents.take_in(&store.rows(), &bodies)?;
        self.contents.check_writable()?;
        let mut draft = Draft::new(&self.contents, self.access.device, self.access.clock.now());
        let items = changes.into_iter().map(|change| draft.apply(&mut store, change)).collect::<Result<Vec<_>, _>>()?;
        let drafted = draft.finish(&store)?;
        store.commit()?;
        self.show(drafted);
        Ok(items)
    }

    /// What could not be remembered outside the vault at the last commit: the commit itself is safe, but an older copy of
    /// the vault would not be noticed here.
    pub fn unpinned(&self) -> Option<&PinError> {
        self.unpinned.as_ref()
    }

    /// Takes what was committed into memory, and does what follows a commit.
    pub(super) fn show(&mut self, drafted: Drafted) {
        let Drafted { collections, shown, gone, unneeded, slots } = drafted;
        let purged = !gone.is_empty();
        self.contents.generation += 1;
        for item in gone {
            self.contents.remove_item(item);
            self.contents.problems.retain(|problem| problem.item != Some(item));
        }
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
        if purged {
            // The rows are gone: what can't be removed of the rest now is swept at the next unlock.
            for revision in unneeded {
                let _ = self.store.bodies().remove(revision);
            }
            let _ = self.store.bodies().sync();
        }
        // At rest the database file is whole by itself, for whoever copies it or puts another in its place.
        let _ = self.store.truncate_log();
    }
}
