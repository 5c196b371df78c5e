//! The index key: what a collection's records are sealed under, for one epoch.

use subtle::ConstantTimeEq;

use crate::format::v1::CollectionId;
use crate::secret::SecretKey;

use super::{CryptoError, DataKey, derive_key, hkdf_sha512};

const COMMITMENT_INFO: &[u8] = b"sealkeep v1 index commitment";
const PENDING_INFO: &[u8] = b"sealkeep v1 pending";

/// A collection's index key. Lives as long as the session; never seals anything itself, only derives.
#[derive(Debug)]
pub struct IndexKey(SecretKey);

impl IndexKey {
    /// Takes a data key for the index of `collection` in `epoch`, with the commitment to store beside its wraps.
    ///
    /// # Errors
    /// None that can happen.
    pub fn adopt(key: DataKey, collection: CollectionId, epoch: u32) -> Result<(Self, [u8; 32]), CryptoError> {
        let key = Self(key.into_secret());
        let commitment = key.derive_commitment(collection, epoch)?;
        Ok((key, commitment))
    }

    /// Takes an unwrapped key, if it is the one that `commitment` was stored for.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] where it is another one, whoever unwrapped it.
    pub fn verify(
        key: DataKey,
        collection: CollectionId,
        epoch: u32,
        commitment: &[u8; 32],
    ) -> Result<Self, CryptoError> {
        let (key, derived) = Self::adopt(key, collection, epoch)?;
        if bool::from(derived.ct_eq(commitment)) { Ok(key) } else { Err(CryptoError::NotAuthentic) }
    }

    /// A copy to be wrapped for one more slot, and dropped.
    ///
    /// # Errors
    /// None that can happen.
    pub fn copy_to_wrap(&self) -> Result<DataKey, CryptoError> {
        // EXPOSE: copied from one wiping box into another.
        let copy = SecretKey::filled_by(|copy| {
            copy.copy_from_slice(self.0.expose());
            Ok::<(), CryptoError>(())
        });
        copy.map(DataKey::from_secret)
    }

    /// What wraps that are owed to a slot are wrapped under until its provider can be reached (docs/format.md, section 2).
    ///
    /// # Errors
    /// None that can happen.
    pub fn derive_pending(&self) -> Result<SecretKey, CryptoError> {
        derive_key(&self.0, &[], PENDING_INFO)
    }

    pub(super) fn secret(&self) -> &SecretKey {
        &self.0
    }

    /// What tells this key from every other: stored beside its wraps. Not secret.
    ///
    /// # Errors
    /// None that can happen.
    pub fn derive_commitment(&self, collection: CollectionId, epoch: u32) -> Result<[u8; 32], CryptoError> {
        let salt = [&collection.0[..], &epoch.to_be_bytes()].concat();
        let mut commitment = [0; 32];
        // EXPOSE: HKDF's input; what comes out is public.
        hkdf_sha512(self.0.expose(), &salt, COMMITMENT_INFO, &mut commitment)?;
        Ok(commitment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_collection_or_epoch_is_refused() {
        let key = |byte| DataKey::from_secret(SecretKey::copy_of(&[byte; 32]).unwrap());
        let (here, there) = (CollectionId([1; 16]), CollectionId([2; 16]));
        let (_, commitment) = IndexKey::adopt(key(7), here, 1).unwrap();
        assert!(IndexKey::verify(key(7), here, 1, &commitment).is_ok());
        assert!(IndexKey::verify(key(8), here, 1, &commitment).is_err());
        assert!(IndexKey::verify(key(7), there, 1, &commitment).is_err());
        assert!(IndexKey::verify(key(7), here, 2, &commitment).is_err());
    }

    #[test]
    fn agrees_with_the_documents_test_vector() {
        let key = DataKey::from_secret(SecretKey::copy_of(&[7; 32]).unwrap());
        let (_, commitment) = IndexKey::adopt(key, CollectionId([2; 16]), 1).unwrap();
        let hex: String = commitment.iter().map(|byte| format!("{byte:02x}")).collect();
        let document = include_str!("../../docs/format.md").replace(['\n', ' '], "");
        assert!(document.contains(&hex), "docs/format.md, section 8, should hold {hex}");
    }
}
