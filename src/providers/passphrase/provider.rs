//! Wrapping and unwrapping under a slot key.

use crate::crypto::{DataKey, FreshDataKey};
use crate::format::{EncryptedDataKey, EncryptionContext};
use crate::providers::shown::shown;
use crate::providers::{BoxFuture, KeyProvider, ProviderError, Wrapped};
use crate::secret::SecretKey;

use super::wrap::{unwrap, wrap};
use super::{PASSPHRASE_PROVIDER_ID, PENDING_PROVIDER_ID, PassphraseRecord, SlotKey};

/// Wraps and unwraps under the slot key that a passphrase opened. Nothing in it waits.
#[derive(Debug)]
pub struct PassphraseProvider {
    id: &'static str,
    key: SlotKey,
    info: Vec<u8>,
}

impl PassphraseProvider {
    /// The provider of a vault's slot, whose wraps name the slot.
    pub fn for_slot(key: SlotKey, slot_id: [u8; 16]) -> Self {
        Self { id: PASSPHRASE_PROVIDER_ID, key, info: slot_id.to_vec() }
    }

    /// The provider of a file of its own, whose wrap carries the record: the file and the passphrase are all that opening it
    /// takes.
    pub fn for_file(key: SlotKey, record: &PassphraseRecord) -> Self {
        Self { id: PASSPHRASE_PROVIDER_ID, key, info: record.to_bytes() }
    }

    /// What stands in for a slot whose own provider can't be reached, until that one wraps: `key` is derived from the collection's
    /// index key. Its wraps name the slot that they are owed to.
    pub fn for_pending(key: SecretKey, slot_id: [u8; 16]) -> Self {
        Self { id: PENDING_PROVIDER_ID, key: SlotKey::from_secret(key), info: slot_id.to_vec() }
    }

    /// The record that a file's wrap carries; `None` where a passphrase can't open `wrapped`, because another provider or a vault's
    /// slot wrapped it.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`]: there is one, and it can't be read.
    pub fn record_of(wrapped: &EncryptedDataKey) -> Result<Option<PassphraseRecord>, ProviderError> {
        const SLOT_ID_LENGTH: usize = 16;
        if wrapped.provider_id != PASSPHRASE_PROVIDER_ID || wrapped.provider_info.len() == SLOT_ID_LENGTH {
            return Ok(None);
        }
        PassphraseRecord::from_bytes(&wrapped.provider_info).map(Some)
    }

    /// The slot key, to be sealed under another passphrase.
    pub fn slot_key(&self) -> &SlotKey {
        &self.key
    }

    /// Wraps without waiting for anybody: see [`KeyProvider::wrap`].
    ///
    /// # Errors
    /// [`ProviderError::Crypto`].
    pub fn wrap_now(&self, key: Option<&DataKey>, context: &EncryptionContext) -> Result<Wrapped, ProviderError> {
        let made = match key {
            Some(_) => None,
            None => Some(FreshDataKey::make_random()?),
        };
        let Some(key) = key.or(made.as_deref()) else {
            return Err(ProviderError::Crypto("no data key".to_owned()));
        };
        let wrapped = EncryptedDataKey {
            provider_id: self.id.to_owned(),
            provider_info: self.info.clone(),
            ciphertext: wrap(self.key.secret(), key, context)?,
        };
        Ok(Wrapped { wrapped, made })
    }

    /// Unwraps without waiting for anybody: see [`KeyProvider::unwrap`].
    ///
    /// # Errors
    /// [`ProviderError::ForeignKey`], [`ProviderError::NotAuthentic`].
    pub fn unwrap_now(
        &self,
        wrapped: &EncryptedDataKey,
        context: &EncryptionContext,
    ) -> Result<DataKey, ProviderError> {
        if self.recognises(wrapped) {
            return unwrap(self.key.secret(), &wrapped.ciphertext, context);
        }
        let key = if wrapped.provider_id == PASSPHRASE_PROVIDER_ID {
            "another passphrase".to_owned()
        } else {
            // Its name is the provider's own business; that it is no passphrase's is what can be said here.
            format!("another provider's key ({})", shown(wrapped.provider_id.as_bytes()))
        };
        Err(ProviderError::ForeignKey { key })
    }
}

impl KeyProvider for PassphraseProvider {
    fn wrap<'a>(
        &'a self,
        key: Option<&'a DataKey>,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<Wrapped, ProviderError>> {
        Box::pin(std::future::ready(self.wrap_now(key, context)))
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<DataKey, ProviderError>> {
        Box::pin(std::future::ready(self.unwrap_now(wrapped, context)))
    }

    fn recognises(&self, wrapped: &EncryptedDataKey) -> bool {
        wrapped.provider_id == self.id && wrapped.provider_info == self.info
    }
}
