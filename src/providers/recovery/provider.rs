//! Wrapping and unwrapping under a recovery key: RSA-OAEP with SHA-256.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};

use crate::crypto::{DataKey, FreshDataKey};
use crate::format::v1::SlotId;
use crate::format::{EncryptedDataKey, EncryptionContext};
use crate::providers::shown::shown;
use crate::providers::{BoxFuture, KeyProvider, PassphraseProvider, ProviderError, SlotKey, Wrapped};
use crate::secret::{SecretBytes, SecretKey, assert_cannot_travel};

use super::failed;

/// The provider id of keys that are wrapped for a recovery key; the key's name, in the provider info, is the slot's id as text.
pub const RECOVERY_PROVIDER_ID: &str = "sealkeep-recovery";

/// Shorter keys are refused, and so are longer ones than anybody needs.
const KEY_BITS: std::ops::RangeInclusive<usize> = 3072..=8192;

/// What the passphrase or code of a recovery record opens: the private half, and the slot key.
pub struct RecoveryKey {
    pub(super) private: PrivateDecryptingKey,
    pub(super) slot_key: SlotKey,
}

/// The public half, as the DER of a SubjectPublicKeyInfo.
pub(super) fn public_der(private: &PrivateDecryptingKey) -> Result<Vec<u8>, ProviderError> {
    let der: PublicKeyX509Der<'_> = private.public_key().as_der().map_err(failed)?;
    Ok(der.as_ref().to_vec())
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

assert_cannot_travel!(RecoveryKey);

/// Wraps for a recovery key; unwraps where the private half is there.
///
/// Whoever has the public half can wrap any key, and RSA has no place for the encryption context: such a wrap says nothing of who
/// made it. A vault holds a data key against the manifest, which is sealed under the index key. So an **index key** is never
/// wrapped that way: it is wrapped under the slot key, as a passphrase does, when the slot is added; an RSA wrap of one is refused.
#[derive(Debug)]
pub struct RecoveryProvider {
    public: OaepPublicEncryptingKey,
    private: Option<OaepPrivateDecryptingKey>,
    /// Wraps and unwraps index keys; not there where nobody typed anything.
    local: Option<PassphraseProvider>,
    slot: SlotId,
}

/// Whether a key that is wrapped under `context` is an index key.
fn is_index(context: &EncryptionContext) -> bool {
    context.value("sealkeep:purpose") == Some("index")
}

impl RecoveryProvider {
    /// Wraps data keys, and nothing else. `public` is the DER of a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`]: not an RSA key, or one of fewer than 3072 bits.
    pub fn wrapping(public: &[u8], slot: SlotId) -> Result<Self, ProviderError> {
        Ok(Self { public: read_public(public)?, private: None, local: None, slot })
    }

    /// Wraps and unwraps.
    ///
    /// # Errors
    /// [`ProviderError::Crypto`].
    pub fn with_key(key: RecoveryKey, slot: SlotId) -> Result<Self, ProviderError> {
        let RecoveryKey { private, slot_key } = key;
        let public = OaepPublicEncryptingKey::new(private.public_key()).map_err(failed)?;
        let private = OaepPrivateDecryptingKey::new(private).map_err(failed)?;
        let local = Some(PassphraseProvider::for_slot(slot_key, slot.0));
        Ok(Self { public, private: Some(private), local, slot })
    }

    fn wrap_any(&self, key: Option<&DataKey>, context: &EncryptionContext) -> Result<Wrapped, ProviderError> {
        if is_index(context) {
            return self.local.as_ref().ok_or(ProviderError::RecoveryLocked)?.wrap_now(key, context);
        }
        self.wrap_now(key)
    }

    fn unwrap_any(&self, wrapped: &EncryptedDataKey, context: &EncryptionContext) -> Result<DataKey, ProviderError> {
        if is_index(context) {
            return self.local.as_ref().ok_or(ProviderError::RecoveryLocked)?.unwrap_now(wrapped, context);
        }
        self.unwrap_now(wrapped)
    }

    fn wrap_now(&self, key: Option<&DataKey>) -> Result<Wrapped, ProviderError> {
        let made = match key {
            Some(_) => None,
            None => Some(FreshDataKey::make_random()?),
        };
        let key = key.or(made.as_deref()).ok_or_else(|| ProviderError::Crypto("no data key".to_owned()))?;
        let mut ciphertext = vec![0; self.public.ciphertext_size()];
        // EXPOSE: encrypted.
        let text = key.secret().expose();
        let length = self.public.encrypt(&OAEP_SHA256_MGF1SHA256, text, &mut ciphertext, None).map_err(failed)?.len();
        ciphertext.truncate(length);
        let wrapped = EncryptedDataKey {
            provider_id: RECOVERY_PROVIDER_ID.to_owned(),
            provider_info: self.slot.to_string().into_bytes(),
            ciphertext,
        };
        Ok(Wrapped { wrapped, made })
    }

    fn is_for_public_key(&self, wrapped: &EncryptedDataKey) -> bool {
        wrapped.provider_id == RECOVERY_PROVIDER_ID && wrapped.provider_info == self.slot.to_string().as_bytes()
    }

    fn unwrap_now(&self, wrapped: &EncryptedDataKey) -> Result<DataKey, ProviderError> {
        if !self.is_for_public_key(wrapped) {
            let key = format!("another provider's key ({})", shown(wrapped.provider_id.as_bytes()));
            return Err(ProviderError::ForeignKey { key });
        }
        let private = self.private.as_ref().ok_or(ProviderError::RecoveryLocked)?;
        if wrapped.ciphertext.len() != private.key_size_bytes() {
            return Err(ProviderError::Malformed("its length"));
        }
        let mut room = SecretBytes::new(vec![0; private.min_output_size()]);
        // EXPOSE: decrypted into.
        let opened = private.decrypt(&OAEP_SHA256_MGF1SHA256, &wrapped.ciphertext, room.expose_mut(), None);
        let key = opened.map_err(|_| ProviderError::NotAuthentic)?;
        SecretKey::copy_of(key).map(DataKey::from_secret).ok_or(ProviderError::NotAuthentic)
    }
}

impl KeyProvider for RecoveryProvider {
    fn wrap<'a>(
        &'a self,
        key: Option<&'a DataKey>,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<Wrapped, ProviderError>> {
        Box::pin(std::future::ready(self.wrap_any(key, context)))
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<DataKey, ProviderError>> {
        Box::pin(std::future::ready(self.unwrap_any(wrapped, context)))
    }

    fn recognises(&self, wrapped: &EncryptedDataKey) -> bool {
        self.is_for_public_key(wrapped) || self.local.as_ref().is_some_and(|local| local.recognises(wrapped))
    }
}

fn read_public(der: &[u8]) -> Result<OaepPublicEncryptingKey, ProviderError> {
    let malformed = || ProviderError::Malformed("its recovery key is no RSA key");
    let key = PublicEncryptingKey::from_der(der).map_err(|_| malformed())?;
    if !KEY_BITS.contains(&key.key_size_bits()) {
        return Err(ProviderError::Malformed("its recovery key is too short or too long"));
    }
    OaepPublicEncryptingKey::new(key).map_err(failed)
}
