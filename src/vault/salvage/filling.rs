//! The vault that is being filled: in a folder without a name, which goes away with whoever fills it.

use std::path::Path;
use std::sync::Arc;

use crate::crypto::{CryptoError, Watch};
use crate::format::v1::{CollectionId, ItemEntry, ItemId, ItemState, Retention, SummaryRecord, VaultId};
use crate::providers::BoxFuture;
use crate::store::NewFolder;
use crate::vault::create::Draft as NewDraft;
use crate::vault::draft::{Draft, Made, PagePlace};
use crate::vault::new_body::{Frames, LONGEST_IN_ROW};
use crate::vault::thread::on_thread;
use crate::vault::{LockedVault, NewBody, Opening, Pin, PinError, Pins, SealedBody, UnlockedVault, VaultError};

/// What waits to be written is at most about this much: bytes of rows, a file counting as [`FILE`].
const BATCH: u64 = 16 * 1024 * 1024;
/// What a body in a file, which stays open until it is written, counts.
const FILE: u64 = LONGEST_IN_ROW as u64;
/// What any row counts.
const ROW: u64 = 4 * 1024;

/// A vault that is being filled.
pub(super) struct Filling {
    folder: NewFolder,
    vault: UnlockedVault,
    pending: Vec<Part>,
    weight: u64,
    /// The item that was begun last, where it stands in the manifest.
    place: Option<PagePlace>,
}

/// A part of an item, sealed for the new vault. A revision belongs to the item that was put last.
pub(super) enum Part {
    Item(ItemId),
    Revision { body: Box<SealedBody>, made: Made },
    Summary { item: ItemId, number: u32, record: SummaryRecord },
}

impl Filling {
    /// Writes the empty vault. Blocks.
    pub(super) fn begin(draft: NewDraft, with: &Opening) -> Result<Self, VaultError> {
        let (folder, vault) = draft.write_unnamed(&Opening { pins: Arc::new(Nowhere), ..with.clone() })?;
        Ok(Self { folder, vault, pending: Vec::new(), weight: 0, place: None })
    }

    /// Makes a data key for a revision of `item`. The future borrows nothing.
    pub(super) fn new_body(&self, item: ItemId) -> BoxFuture<'static, Result<NewBody, VaultError>> {
        match self.collection() {
            Ok(collection) => self.vault.new_body_of(collection, item),
            Err(error) => Box::pin(async move { Err(error) }),
        }
    }

    fn collection(&self) -> Result<CollectionId, VaultError> {
        self.vault.contents.first_collection()
    }

    /// Takes a part; the parts of an item follow each other. Blocks on the disk where enough has come together.
    pub(super) fn put(&mut self, part: Part) -> Result<(), VaultError> {
        self.weight += ROW;
        if let Part::Revision { body, .. } = &part {
            self.weight += match &body.frames {
                Frames::Here(frames) => frames.len() as u64,
                Frames::File(_) => FILE,
            };
        }
        self.pending.push(part);
        if self.weight >= BATCH { self.write() } else { Ok(()) }
    }

    /// Writes what waits, in one transaction.
    fn write(&mut self) -> Result<(), VaultError> {
        let parts = std::mem::take(&mut self.pending);
        self.weight = 0;
        let vault = &mut self.vault;
        let mut store = vault.store.change()?;
        let mut draft = Draft::new(&vault.contents, vault.access.device, vault.access.clock.now());
        let no_item = || VaultError::Damaged("a part of no item".to_owned());
        for part in parts {
            match part {
                Part::Item(item) => self.place = Some(import_item(&mut draft, &store, item)?),
                Part::Revision { body, made } => {
                    draft.put_revision_as(&mut store, self.place.ok_or_else(no_item)?, *body, made)?;
                }
                Part::Summary { item, number, record } => {
                    draft.put_summary_as(&store, item, self.place.ok_or_else(no_item)?, record, number)?;
                }
            }
        }
        let drafted = draft.finish(&store)?;
        store.commit()?;
        vault.show(drafted);
        Ok(())
    }

    /// Opens what was written as anybody would, sees that all of it is right, and only then gives the vault its name: unless `watch`
    /// has cancelled by then.
    pub(super) async fn finish(
        mut self,
        with: Opening,
        retention: Retention,
        watch: Arc<dyn Watch + Send + Sync>,
    ) -> Result<VaultId, VaultError> {
        let pins = Arc::clone(&with.pins);
        let reopened = on_thread("sealkeep-salvage", move || {
            self.write()?;
            if retention != self.vault.retention() {
                self.vault.set_retention(retention)?;
            }
            let Self { folder, vault, .. } = self;
            drop(vault);
            let locked = LockedVault::open(folder.path())?;
            Ok::<_, VaultError>((folder, locked))
        });
        let (folder, locked) = reopened.await??;
        let confirmed = locked.confirm();
        let vault = locked.unlock(Opening { pins: Arc::new(Nowhere), ..with }, confirmed).await?;
        if let Some(problem) = vault.problems().first() {
            return Err(VaultError::Damaged(format!("the copy is not what was written: {problem}")));
        }
        let named = on_thread("sealkeep-salvage", move || {
            let (id, pin, place) = (vault.id(), vault.pin()?, folder.place()?);
            drop(vault);
            // Nothing is left to wait for: from here on it is there.
            if watch.is_cancelled() {
                return Err(CryptoError::Cancelled.into());
            }
            folder.publish()?;
            // It is there; that an older copy would not be noticed is no reason to say that it is not.
            let _ = pins.store(&pin, &place);
            Ok::<_, VaultError>(id)
        });
        named.await?
    }
}

/// Writes an item, without content as yet; where it stands.
fn import_item(draft: &mut Draft<'_>, store: &crate::store::Change<'_>, item: ItemId) -> Result<PagePlace, VaultError> {
    let place = draft.place_for_new(store, 0)?;
    let collection = draft.collections().first().map(|collection| collection.id);
    let collection = collection.ok_or_else(|| VaultError::Damaged("it has no collection".to_owned()))?;
    store.reserve_page(collection, place.page)?;
    store.insert_item(item, collection, place.page)?;
    let entry = ItemEntry { id: item, state: ItemState::Live, summaries: Vec::new(), revisions: Vec::new() };
    draft.page(store, place)?.items.push(entry);
    Ok(place)
}

/// Remembers nothing: what is being made has no place yet.
pub(in crate::vault) struct Nowhere;

impl Pins for Nowhere {
    fn load(&self, _: VaultId, _: &Path) -> Result<Option<Pin>, PinError> {
        Ok(None)
    }

    fn load_all(&self, _: VaultId) -> Result<Vec<Pin>, PinError> {
        Ok(Vec::new())
    }

    fn other_vault_at(&self, _: VaultId, _: &Path) -> Result<Option<VaultId>, PinError> {
        Ok(None)
    }

    fn store(&self, _: &Pin, _: &Path) -> Result<(), PinError> {
        Ok(())
    }

    fn replace(&self, _: &Pin, _: &Path) -> Result<(), PinError> {
        Ok(())
    }
}
