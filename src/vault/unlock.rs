//! Unlocking: one unwrap for each collection, then everything is held against the manifests.

use std::fmt;
use std::sync::Arc;

use crate::crypto::IndexKey;
use crate::format::EncryptedDataKey;
use crate::format::v1::{CollectionId, DeviceId, SlotId, SlotRecord, VaultId};
use crate::providers::{BoxFuture, ErrorClass, KeyProvider, ProviderError};
use crate::store::{EndReads, StoreError, WrapRow};

use super::contents::{Contents, OpenKey};
use super::context::index_context;
use super::locked::{Confirmed, LockedVault, Purpose};
use super::open::{Access, Seen, UnlockedVault};
use super::patience::{Patience, PatientReading};
use super::thread::on_thread;
use super::{Clock, Pins, VaultError};

/// A wrap that its slot's provider made.
pub(super) const WRAPPED: u8 = 1;
/// A wrap that is owed to its slot: it is under a key that is derived from the index key.
pub(super) const PENDING: u8 = 2;

/// What a session brings to a vault.
#[derive(Clone)]
pub struct Opening {
    /// The slot that opens the vault.
    pub slot: SlotId,
    /// That slot's provider.
    pub provider: Arc<dyn KeyProvider>,
    /// The providers of other slots: they wrap new keys, and unwrap what the first one has no wrap of.
    pub others: Vec<(SlotId, Arc<dyn KeyProvider>)>,
    /// This installation. What is written in revisions is an identifier that is derived from it and the vault's place, so
    /// that the changes of two copies on one machine are counted apart.
    pub device: DeviceId,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What was seen before.
    pub pins: Arc<dyn Pins>,
    /// Hears how far reading the items has come.
    pub reading: Arc<dyn Reading>,
}

/// Hears how far reading a vault's items has come. Called on a thread of its own; should return at once.
pub trait Reading: Send + Sync {
    /// `done` of about `total` items are read: `total` is what the database says before anything of it is believed.
    fn read(&self, done: u64, total: u64);

    /// Whether nobody wants it any more. Asked on any thread, often; should return at once.
    fn is_over(&self) -> bool {
        false
    }

    /// What ends every read of the vault from now on, as long as it is open: see [`super::UnlockedVault::end_reads_by`].
    fn ends(&self) -> Option<EndReads> {
        None
    }
}

/// Nobody listens.
impl Reading for () {
    fn read(&self, _done: u64, _total: u64) {}
}

/// Unlocking failed. The vault is given back, to be tried again.
pub struct UnlockFailed {
    /// The vault; `None` only where its thread died with it, and it must be opened again.
    pub vault: Option<Box<LockedVault>>,
    /// Why.
    pub error: VaultError,
}

impl fmt::Debug for UnlockFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnlockFailed").field("error", &self.error).finish_non_exhaustive()
    }
}

impl From<UnlockFailed> for VaultError {
    fn from(failed: UnlockFailed) -> Self {
        failed.error
    }
}

struct WrappedIndexKey {
    collection: CollectionId,
    epoch: u32,
    commitment: [u8; 32],
    /// `None` where it is not there, which is allowed only in salvaging.
    edk: Option<EncryptedDataKey>,
}

impl LockedVault {
    /// Unlocks the vault: one unwrap for each collection, and then a thread that verifies all rows.
    ///
    /// A vault that is not wholly what was written, or an older copy, is unlocked all the same: see
    /// [`UnlockedVault::problems`].
    ///
    /// # Errors
    /// [`VaultError::NotConfirmed`] and [`VaultError::NotWrapped`], before anybody is asked; [`VaultError::Provider`], with
    /// [`ProviderError::WrongKey`] where it gives another key each time it is asked;
    /// [`VaultError::SlotsForged`]; [`VaultError::Damaged`] where the head itself can't be believed; [`VaultError::Crypto`] where
    /// [`Reading::is_over`] says so.
    pub fn unlock(
        mut self,
        with: Opening,
        confirmed: Confirmed,
    ) -> BoxFuture<'static, Result<UnlockedVault, UnlockFailed>> {
        if let Some(ends) = with.reading.ends() {
            self.store.end_reads_by(ends);
        }
        let wrapped = self.check_before_asking(&with, &confirmed).and_then(|()| self.wrapped_index_keys(with.slot));
        Box::pin(async move {
            let keys = match wrapped {
                Ok(wrapped) => unwrap_index_keys(self.vault, &with, wrapped, self.purpose).await,
                Err(error) => Err(error),
            };
            match keys {
                Ok(keys) => self.open_contents(with, keys).await,
                Err(error) => Err(UnlockFailed { vault: Some(Box::new(self)), error }),
            }
        })
    }

    fn check_before_asking(&self, with: &Opening, confirmed: &Confirmed) -> Result<(), VaultError> {
        if confirmed.vault != self.vault || confirmed.slots != self.slots {
            return Err(VaultError::NotConfirmed);
        }
        let slot = self.slots.iter().find(|slot| slot.id == with.slot);
        if slot.is_some_and(SlotRecord::unwraps) { Ok(()) } else { Err(VaultError::NotWrapped(with.slot)) }
    }

    fn wrapped_index_keys(&self, slot: SlotId) -> Result<Vec<WrappedIndexKey>, VaultError> {
        let snapshot = self.store.snapshot()?;
        let rows = snapshot.rows();
        let collections = rows.collections()?;
        // This version makes one; whoever may encrypt under the KMS key could add one of their own.
        if collections.len() != 1 {
            return Err(VaultError::Damaged(format!("it has {} collections instead of one", collections.len())));
        }
        let wrapped = collections.into_iter().map(|collection| {
            let edk = rows.index_wraps(collection.id, collection.epoch).map_err(VaultError::from);
            let edk = match edk.and_then(|wraps| wrap_of(&wraps, slot)) {
                Err(error) if self.purpose == Purpose::Salvage && is_damage(&error) => None,
                edk => Some(edk?),
            };
            let (epoch, commitment) = (collection.epoch, collection.commitment);
            Ok(WrappedIndexKey { collection: collection.id, epoch, commitment, edk })
        });
        wrapped.collect()
    }

    async fn open_contents(self, with: Opening, keys: Vec<OpenKey>) -> Result<UnlockedVault, UnlockFailed> {
        let opened = on_thread("sealkeep-unlock", move || {
            let LockedVault { store, vault, slots, purpose } = self;
            let seen = Seen::load(&*with.pins, vault, store.folder());
            let salvaged_by = (purpose == Purpose::Salvage).then_some(with.slot);
            let patience = Patience::new(Arc::clone(&with.clock));
            let open = |seen| {
                let reading = &PatientReading::new(&patience, &*with.reading);
                let read = || Contents::open(&store, vault, slots.clone(), keys, reading, salvaged_by);
                let read = store.interruptibly(&|| reading.is_over(), read);
                Ok((seen, read.map_err(|error| patience.explain(error))?))
            };
            let opened = seen.and_then(open);
            match opened {
                Ok((seen, contents)) => {
                    let access = Access::new(with, &store);
                    UnlockedVault::begin(store, contents, access, &seen)
                }
                Err(error) => {
                    Err(UnlockFailed { vault: Some(Box::new(LockedVault { store, vault, slots, purpose })), error })
                }
            }
        });
        opened.await.unwrap_or_else(|error| Err(UnlockFailed { vault: None, error: error.into() }))
    }
}

async fn unwrap_index_keys(
    vault: VaultId,
    with: &Opening,
    wrapped: Vec<WrappedIndexKey>,
    purpose: Purpose,
) -> Result<Vec<OpenKey>, VaultError> {
    let mut keys = Vec::with_capacity(wrapped.len());
    for WrappedIndexKey { collection, epoch, commitment, edk } in wrapped {
        let key = match edk {
            Some(edk) => match unwrap_index_key(vault, with, (collection, epoch, &commitment), &edk).await {
                Err(error) if purpose == Purpose::Salvage && is_damage(&error) => None,
                key => Some(key?),
            },
            None => None,
        };
        keys.push(OpenKey { collection, epoch, key });
    }
    Ok(keys)
}

/// One unwrap; a second one only where the first gave another key than the one that `commitment` was stored for.
async fn unwrap_index_key(
    vault: VaultId,
    with: &Opening,
    (collection, epoch, commitment): (CollectionId, u32, &[u8; 32]),
    edk: &EncryptedDataKey,
) -> Result<IndexKey, VaultError> {
    let context = index_context(vault, collection)?;
    let unwrap = async || {
        let key = with.provider.unwrap(edk, &context).await?;
        Ok::<_, VaultError>(IndexKey::adopt(key, collection, epoch)?)
    };
    let (key, came) = unwrap().await?;
    if came == *commitment {
        return Ok(key);
    }
    drop(key);
    // What was wrapped is the same however often it is unwrapped: two answers that differ are not both right, and say nothing of the vault.
    let (_, again) = unwrap().await?;
    if again != came {
        return Err(ProviderError::WrongKey.into());
    }
    Err(VaultError::Damaged("the index key is not the one that was sealed with".to_owned()))
}

/// Whether bytes are not what was written: nobody refused, and nobody failed to answer.
pub(super) fn is_damage(error: &VaultError) -> bool {
    match error {
        VaultError::Provider(error) => error.class() == ErrorClass::Damaged,
        VaultError::Damaged(_) | VaultError::NotWrapped(_) | VaultError::Store(StoreError::Damaged(_)) => true,
        _ => false,
    }
}

/// The encrypted data key that was wrapped for `slot`.
pub(super) fn wrap_of(wraps: &[WrapRow], slot: SlotId) -> Result<EncryptedDataKey, VaultError> {
    let wrap = wraps.iter().find(|wrap| wrap.slot == slot && wrap.state == WRAPPED);
    let wrap = wrap.ok_or(VaultError::NotWrapped(slot))?;
    EncryptedDataKey::from_bytes(&wrap.edk).map_err(|_| VaultError::Damaged("a wrapped key".to_owned()))
}
