//! AES-256-GCM with a 96-bit IV and a 128-bit tag, in place.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};

use crate::secret::{SecretKey, wipe_stack};

use super::CryptoError;

/// A key that is expanded for AES-256-GCM. Boxed, so that moving it leaves no copy; wiped when dropped.
///
/// Who calls this sees to it that no IV is used twice under one key.
#[derive(Debug)]
pub struct AeadKey(Box<Aes256Gcm>);

/// The length of an IV in bytes.
pub const IV_LENGTH: usize = 12;

/// The length of a tag in bytes.
pub const TAG_LENGTH: usize = 16;

impl AeadKey {
    /// Expands `key`.
    pub fn new(key: &SecretKey) -> Self {
        // EXPOSE: AES expands the key from its 32 bytes.
        let expanded = Self::new_unwiped(key.expose());
        wipe_stack();
        expanded
    }

    /// The same for many in a row: what it leaves on the stack is for the caller to wipe.
    pub(super) fn new_unwiped(key: &[u8; SecretKey::LENGTH]) -> Self {
        Self(Box::new(Aes256Gcm::new(key.into())))
    }

    /// Encrypts `text` in place and gives its tag, which also covers `aad`.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] above 64 GiB.
    pub fn seal(&self, iv: &[u8; IV_LENGTH], aad: &[u8], text: &mut [u8]) -> Result<[u8; TAG_LENGTH], CryptoError> {
        let tag = self.0.encrypt_inout_detached(iv.into(), aad, text.into()).map_err(|_| CryptoError::TooLong)?;
        Ok(tag.into())
    }

    /// Decrypts `text` in place if `tag` is that of it and `aad`; otherwise leaves it as it was.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`].
    pub fn open(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), CryptoError> {
        self.0.decrypt_inout_detached(iv.into(), aad, text.into(), tag.into()).map_err(|_| CryptoError::NotAuthentic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_it_sealed_and_leaves_the_rest_alone() {
        let key = AeadKey::new(&SecretKey::copy_of(&[7; 32]).unwrap());
        let mut text = *b"attack at dawn";
        let tag = key.seal(&[1; 12], b"aad", &mut text).unwrap();
        let sealed = text;
        for (iv, aad) in [([2; 12], &b"aad"[..]), ([1; 12], b"aae")] {
            assert!(matches!(key.open(&iv, aad, &mut text, &tag), Err(CryptoError::NotAuthentic)));
            assert_eq!(text, sealed);
        }
        key.open(&[1; 12], b"aad", &mut text, &tag).unwrap();
        assert_eq!(&text, b"attack at dawn");
    }
}
