//! Every revision that the manifest lists, with its wraps: what is asked about all keys is asked here.
//!
//! Invariant: what can't be believed is never left out in silence. It is shown as damaged, or counted.

use crate::crypto::{CryptoError, Watch};
use crate::format::v1::{CollectionId, ItemId, ItemState, RevisionEntry, SlotId};
use crate::store::{Rows, WrapRow};

use super::contents::Contents;
use super::draft::{PagePlace, intact_wraps};
use super::unlock::WRAPPED;
use super::{UnlockedVault, VaultError};

/// What was passed over, because it is damaged: nobody knows what is wrapped for whom there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassedOver {
    /// Revisions whose wraps are not those that were written.
    pub revisions: u64,
    /// Pages of the manifest, with all that they listed.
    pub pages: u64,
}

impl PassedOver {
    /// Whether nothing was.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// A revision that there is.
pub(super) struct RevisionWithWraps<'a> {
    pub(super) place: PagePlace,
    pub(super) collection: CollectionId,
    pub(super) item: ItemId,
    pub(super) revision: &'a RevisionEntry,
    /// Its wraps, or what is wrong with them.
    pub(super) wraps: Result<Vec<WrapRow>, String>,
}

impl Contents {
    /// Shows `look` every revision that there is; what is wrong with the pages that can't be looked at. Ends where `is_over` says
    /// so.
    pub(super) fn each_revision(
        &self,
        rows: &Rows<'_>,
        is_over: &dyn Fn() -> bool,
        mut look: impl FnMut(RevisionWithWraps<'_>) -> Result<(), VaultError>,
    ) -> Result<Vec<String>, VaultError> {
        let mut unreadable = Vec::new();
        for (collection, known) in self.collections.iter().enumerate() {
            for listed in &known.head.pages {
                let page = match known.intact_page(rows, listed.page) {
                    Err(VaultError::Damaged(what)) => {
                        unreadable.push(what);
                        continue;
                    }
                    page => page?,
                };
                let place = PagePlace { collection, page: listed.page };
                for item in page.items.iter().filter(|item| item.state == ItemState::Live) {
                    if is_over() {
                        return Err(CryptoError::Cancelled.into());
                    }
                    for revision in &item.revisions {
                        let wraps = match intact_wraps(rows, revision) {
                            Err(VaultError::Damaged(what)) => Err(what),
                            wraps => Ok(wraps?),
                        };
                        look(RevisionWithWraps { place, collection: known.id, item: item.id, revision, wraps })?;
                    }
                }
            }
        }
        Ok(unreadable)
    }
}

impl UnlockedVault {
    /// The same of the rows as they are now. Ends where `watch` cancels, or the vault is being locked.
    pub(super) fn each_revision(
        &self,
        watch: Option<&dyn Watch>,
        look: impl FnMut(RevisionWithWraps<'_>) -> Result<(), VaultError>,
    ) -> Result<Vec<String>, VaultError> {
        self.read_unless_over(watch, |halt| {
            let snapshot = self.store.snapshot()?;
            self.contents.each_revision(&snapshot.rows(), &|| halt.is_over(), look)
        })
    }
}

/// Whether one of `wraps` was made by `slot`'s provider.
pub(super) fn is_wrapped(wraps: &[WrapRow], slot: SlotId) -> bool {
    wraps.iter().any(|wrap| wrap.slot == slot && wrap.state == WRAPPED)
}
