//! Making a vault: its keys, and then its rows, in one transaction of a folder that has no name yet.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::crypto::{IndexKey, random};
use crate::format::EncryptedDataKey;
use crate::format::v1::{CollectionId, DeviceId, Head, SlotConfig, SlotId, SlotRecord, SlotState, VaultId};
use crate::providers::{BoxFuture, KeyProvider, ProviderError};
use crate::secret::SecretString;
use crate::store::{NewFolder, Store, WrapRow};

use super::contents::Contents;
use super::context::index_context;
use super::draft::day_of;
use super::locked::LockedVault;
use super::manifest::{OpenCollection, digest_of_wraps};
use super::open::{Access, Seen, device_at};
use super::proof::prove_index_wrap;
use super::thread::on_thread;
use super::unlock::{Opening, WRAPPED};
use super::{Clock, Pins, UnlockedVault, VaultError};

/// What the first collection is called.
pub(super) const FIRST_COLLECTION: &str = "Main";

/// A slot of a vault that is to be made.
pub struct NewSlot {
    /// Its identifier: the passphrase record binds it.
    pub id: SlotId,
    /// Its configuration.
    pub config: SlotConfig,
    /// Its provider.
    pub provider: Arc<dyn KeyProvider>,
}

/// A vault that is to be made.
pub struct NewVault {
    /// The folder, which must not be there.
    pub folder: PathBuf,
    /// The vault's identifier, random: see [`crate::crypto::random`].
    pub id: VaultId,
    /// Its slots: at least one. A KMS key comes first.
    pub slots: Vec<NewSlot>,
    /// This installation.
    pub device: DeviceId,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is kept outside.
    pub pins: Arc<dyn Pins>,
}

/// Sees to it that a vault can be made in `folder`, by making a folder there and removing it.
///
/// # Errors
/// [`VaultError::Store`].
pub fn try_place(folder: &Path) -> Result<(), VaultError> {
    Ok(NewFolder::make(folder).map(drop)?)
}

/// A vault whose keys are made, and nothing else.
pub(super) struct Draft {
    folder: PathBuf,
    vault: VaultId,
    slots: Vec<SlotRecord>,
    collection: OpenCollection,
    name: SecretString,
    commitment: [u8; 32],
    wraps: Vec<(SlotId, EncryptedDataKey)>,
    device: DeviceId,
}

/// Makes a vault and opens it. The first slot's provider makes the index key, and each shows that it unwraps it: two calls for each KMS key.
///
/// # Errors
/// [`VaultError::Store`], above all [`crate::store::StoreError::Exists`]; [`VaultError::Provider`]. Nothing is left behind then.
pub fn create_vault(new: NewVault) -> BoxFuture<'static, Result<UnlockedVault, VaultError>> {
    Box::pin(async move {
        let (draft, with) = Draft::make(new, SecretString::copy_of(FIRST_COLLECTION)).await?;
        on_thread("sealkeep-create", move || draft.write(with)).await?
    })
}

impl Draft {
    /// Makes the keys of a vault whose collection is called `name`, and what opens it.
    pub(super) async fn make(new: NewVault, name: SecretString) -> Result<(Self, Opening), VaultError> {
        let NewVault { folder, id: vault, slots, device, clock, pins } = new;
        NewFolder::check_free(&folder)?;
        let collection = CollectionId::from_random(random::make_bytes()?);
        let context = index_context(vault, collection)?;
        let mut wraps = Vec::with_capacity(slots.len());
        let mut key = None;
        for slot in &slots {
            let wrapped = slot.provider.wrap(key.as_ref(), &context).await?;
            if key.is_none() {
                let made = wrapped.made.ok_or_else(|| ProviderError::Unexpected("no data key was made".to_owned()))?;
                key = Some(made.into_data_key());
            }
            wraps.push((slot.id, wrapped.wrapped));
        }
        let (Some(key), Some(first)) = (key, slots.first()) else {
            return Err(ProviderError::Config("a vault needs a key provider".to_owned()).into());
        };
        let (key, commitment) = IndexKey::adopt(key, collection, 1)?;
        for (slot, (_, edk)) in slots.iter().zip(&wraps) {
            prove_index_wrap(&*slot.provider, edk, &context, (collection, 1, &commitment)).await?;
        }
        let provider_of = |slot: &NewSlot| (slot.id, Arc::clone(&slot.provider));
        let with = Opening {
            slot: first.id,
            provider: Arc::clone(&first.provider),
            others: slots.iter().skip(1).map(provider_of).collect(),
            device,
            clock: Arc::clone(&clock),
            pins,
            reading: Arc::new(()),
        };
        let record = |slot: NewSlot| SlotRecord { id: slot.id, state: SlotState::Active, config: slot.config };
        let mut slots: Vec<_> = slots.into_iter().map(record).collect();
        slots.sort_by_key(|slot| slot.id);
        wraps.sort_by_key(|(slot, _)| *slot);
        let head = Head { slots: slots.clone(), key_day: day_of(clock.now()), ..Head::default() };
        let collection = OpenCollection::make(vault, collection, key, head);
        Ok((Self { folder, vault, slots, collection, name, commitment, wraps, device }, with))
    }

    fn write(self, with: Opening) -> Result<UnlockedVault, VaultError> {
        let folder = NewFolder::make(&self.folder)?;
        let collection = self.write_rows(&folder)?;
        folder.publish()?;
        let store = self.open_written(&self.folder)?;
        let contents = Contents::of_new(self.vault, self.slots, collection, self.name);
        let access = Access::new(with, &store);
        let seen = Seen::load(&*access.pins, self.vault, store.folder())?;
        Ok(UnlockedVault::begin(store, contents, access, &seen)?)
    }

    /// Writes the empty vault into a folder that has no name yet, and opens it there. Nothing is remembered of it.
    pub(super) fn write_unnamed(self, with: &Opening) -> Result<(NewFolder, UnlockedVault), VaultError> {
        let folder = NewFolder::make(&self.folder)?;
        let collection = self.write_rows(&folder)?;
        let store = self.open_written(folder.path())?;
        let contents = Contents::of_new(self.vault, self.slots, collection, self.name);
        let mut access = Access::new(with.clone(), &store);
        access.device = device_at(self.device, &folder.place()?);
        Ok((folder, UnlockedVault::new(store, contents, access)))
    }

    /// Opens the vault that was just written, and sees to it that it has the slots that were made for it and no other: whatever is saved
    /// is wrapped for each of them, and the folder may be on somebody else's disk.
    fn open_written(&self, folder: &Path) -> Result<Store, VaultError> {
        let LockedVault { store, vault, slots, .. } = LockedVault::open(folder)?;
        if (vault, &slots) == (self.vault, &self.slots) { Ok(store) } else { Err(VaultError::SlotsForged) }
    }

    /// Writes everything in one transaction and closes the database, which puts it into one file.
    fn write_rows(&self, folder: &NewFolder) -> Result<OpenCollection, VaultError> {
        let mut collection = self.collection.clone();
        let mut store = Store::create(folder.path())?;
        let change = store.change()?;
        change.insert_vault(self.vault)?;
        for slot in &self.slots {
            change.insert_slot(slot)?;
        }
        // EXPOSE: sealed.
        let name = collection.seal_name(self.name.expose())?;
        change.insert_collection(collection.id, self.commitment, &name)?;
        let mut rows = Vec::with_capacity(self.wraps.len());
        for (slot, edk) in &self.wraps {
            let edk = edk.to_bytes()?;
            change.insert_index_wrap(collection.id, collection.epoch, *slot, &edk)?;
            rows.push(WrapRow { slot: *slot, state: WRAPPED, edk });
        }
        collection.head.name = crate::crypto::sha256(&name);
        collection.head.index_wraps = digest_of_wraps(&rows);
        collection.head.advance(device_at(self.device, &folder.place()?));
        let head = collection.seal_head(&collection.head)?;
        change.put_head(collection.id, &head)?;
        change.commit()?;
        collection.digest = crate::crypto::sha256(&head);
        store.truncate_log(std::time::Duration::ZERO)?;
        Ok(collection)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::providers::{KdfParams, PassphraseProvider, PassphraseRecord};
    use crate::vault::salvage::Nowhere;

    struct Epoch;

    impl Clock for Epoch {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
    }

    /// A vault on a passphrase, whose clock stands still.
    pub(in crate::vault) fn new_vault(folder: PathBuf) -> NewVault {
        let (id, slot) = (VaultId([1; 16]), SlotId([2; 16]));
        let binding = [id.0, slot.0].concat();
        let secret = SecretString::copy_of("passphrase");
        let (record, key) = PassphraseRecord::make(&secret, KdfParams::FLOOR, &binding).unwrap();
        let config = SlotConfig::Passphrase { record: record.to_bytes() };
        let provider = Arc::new(PassphraseProvider::for_slot(key, slot.0));
        NewVault {
            folder,
            id,
            slots: vec![NewSlot { id: slot, config, provider }],
            device: DeviceId([3; 16]),
            clock: Arc::new(Epoch),
            pins: Arc::new(Nowhere),
        }
    }

    #[test]
    fn a_slot_that_came_into_a_new_vault_from_outside_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("New.sealkeep");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let making = Draft::make(new_vault(path.clone()), SecretString::copy_of("Main"));
        let (draft, _) = runtime.block_on(making).unwrap();
        let folder = NewFolder::make(&path).unwrap();
        draft.write_rows(&folder).unwrap();
        drop(draft.open_written(folder.path()).unwrap());
        let database = rusqlite::Connection::open(folder.path().join("vault.db")).unwrap();
        database.execute("INSERT INTO slot SELECT randomblob(16), state, config FROM slot", []).unwrap();
        drop(database);
        assert!(matches!(draft.open_written(folder.path()).map(drop), Err(VaultError::SlotsForged)));
    }
}
