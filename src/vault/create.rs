//! Making a vault: in a folder beside its place first, so that a crash leaves no half vault there.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::crypto::{IndexKey, random};
use crate::format::EncryptedDataKey;
use crate::format::v1::{CollectionId, DeviceId, Head, SlotConfig, SlotId, SlotRecord, SlotState, VaultId};
use crate::providers::{BoxFuture, KeyProvider, ProviderError};
use crate::store::{Store, StoreError, WrapRow};

use super::contents::Contents;
use super::context::index_context;
use super::locked::LockedVault;
use super::manifest::{OpenCollection, digest_of_wraps};
use super::open::{Access, Seen, device_at};
use super::thread::on_thread;
use super::unlock::{Opening, WRAPPED};
use super::{Clock, Pins, UnlockedVault, VaultError};

/// What the first collection is called.
const FIRST_COLLECTION: &str = "Main";

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

struct Draft {
    folder: PathBuf,
    vault: VaultId,
    slots: Vec<SlotRecord>,
    collection: OpenCollection,
    commitment: [u8; 32],
    wraps: Vec<(SlotId, EncryptedDataKey)>,
    device: DeviceId,
}

/// Makes a vault and opens it. The first slot's provider makes the index key: one call for each KMS key.
///
/// # Errors
/// [`VaultError::Exists`], [`VaultError::Provider`], [`VaultError::Store`]; nothing is left behind then.
pub fn create_vault(new: NewVault) -> BoxFuture<'static, Result<UnlockedVault, VaultError>> {
    Box::pin(async move {
        let NewVault { folder, id: vault, slots, device, clock, pins } = new;
        check_place(&folder)?;
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
        let provider_of = |slot: &NewSlot| (slot.id, Arc::clone(&slot.provider));
        let with = Opening {
            slot: first.id,
            provider: Arc::clone(&first.provider),
            others: slots.iter().skip(1).map(provider_of).collect(),
            device,
            clock,
            pins,
        };
        let record = |slot: NewSlot| SlotRecord { id: slot.id, state: SlotState::Active, config: slot.config };
        let mut slots: Vec<_> = slots.into_iter().map(record).collect();
        slots.sort_by_key(|slot| slot.id);
        wraps.sort_by_key(|(slot, _)| *slot);
        let head = Head { slots: slots.clone(), pages: vec![], devices: vec![], name: [0; 32], index_wraps: [0; 32] };
        let collection = OpenCollection::make(vault, collection, key, head);
        let draft = Draft { folder, vault, slots, collection, commitment, wraps, device };
        on_thread("sealkeep-create", move || draft.write(with)).await?
    })
}

impl Draft {
    fn write(self, with: Opening) -> Result<UnlockedVault, VaultError> {
        let temporary = Temporary::make(&self.folder)?;
        let collection = self.write_rows(&temporary.path)?;
        temporary.move_to(&self.folder)?;
        let LockedVault { store, vault, slots } = LockedVault::open(&self.folder)?;
        let contents = Contents::of_new(vault, slots, collection, FIRST_COLLECTION);
        let access = Access::new(with, &store);
        let seen = Seen::load(&*access.pins, vault, store.folder())?;
        Ok(UnlockedVault::begin(store, contents, access, &seen)?)
    }

    /// Writes everything in one transaction and closes the database, which puts it into one file.
    fn write_rows(&self, folder: &Path) -> Result<OpenCollection, VaultError> {
        let mut collection = self.collection.clone();
        let mut store = Store::create(folder)?;
        let change = store.change()?;
        change.insert_vault(self.vault)?;
        for slot in &self.slots {
            change.insert_slot(slot)?;
        }
        let name = collection.seal_name(FIRST_COLLECTION)?;
        change.insert_collection(collection.id, self.commitment, &name)?;
        let mut rows = Vec::with_capacity(self.wraps.len());
        for (slot, edk) in &self.wraps {
            let edk = edk.to_bytes()?;
            change.insert_index_wrap(collection.id, collection.epoch, *slot, &edk)?;
            rows.push(WrapRow { slot: *slot, state: WRAPPED, edk });
        }
        collection.head.name = crate::crypto::sha256(&name);
        collection.head.index_wraps = digest_of_wraps(&rows);
        collection.head.advance(device_at(self.device, &place_of(&self.folder)?));
        let head = collection.seal_head(&collection.head)?;
        change.put_head(collection.id, &head)?;
        change.commit()?;
        collection.digest = crate::crypto::sha256(&head);
        store.truncate_log()?;
        Ok(collection)
    }
}

/// Where the vault will be, with every link on the way resolved.
fn place_of(folder: &Path) -> Result<PathBuf, VaultError> {
    let parent = parent_of(folder);
    let parent = fs::canonicalize(parent).map_err(|error| failed("open", parent, error))?;
    Ok(parent.join(folder.file_name().unwrap_or_default()))
}

fn parent_of(folder: &Path) -> &Path {
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn check_place(folder: &Path) -> Result<(), VaultError> {
    match fs::symlink_metadata(folder) {
        Ok(_) => Err(VaultError::Exists { path: folder.to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("look at", folder, error)),
    }
}

/// The folder that the vault is made in; removed unless it is moved.
struct Temporary {
    path: PathBuf,
    parent: PathBuf,
    moved: bool,
}

impl Temporary {
    fn make(folder: &Path) -> Result<Self, VaultError> {
        let parent = parent_of(folder).to_owned();
        let mut name = OsString::from(".");
        name.push(folder.file_name().unwrap_or_default());
        let random = u64::from_be_bytes(random::make_bytes()?);
        name.push(format!(".making-{random:016x}"));
        let path = parent.join(name);
        DirBuilder::new().mode(0o700).create(&path).map_err(|error| failed("make", folder, error))?;
        Ok(Self { path, parent, moved: false })
    }

    fn move_to(mut self, folder: &Path) -> Result<(), VaultError> {
        // Renaming a folder replaces an empty one, and nothing else; that one is refused just before.
        check_place(folder)?;
        fs::rename(&self.path, folder).map_err(|error| match error.kind() {
            std::io::ErrorKind::DirectoryNotEmpty
            | std::io::ErrorKind::AlreadyExists
            | std::io::ErrorKind::NotADirectory => VaultError::Exists { path: folder.to_owned() },
            _ => failed("make", folder, error),
        })?;
        self.moved = true;
        let synced = File::open(&self.parent).and_then(|parent| parent.sync_all());
        synced.map_err(|error| failed("write", &self.parent, error))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.moved {
            // Nothing of it was ever seen; that it stays is the least of the problems of whoever gets here.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn failed(action: &'static str, path: &Path, error: std::io::Error) -> VaultError {
    StoreError::of_file(action, path, error).into()
}
