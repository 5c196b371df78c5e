//! Sealed records: summaries, names, manifest pages, heads. See `docs/format.md`, section 5.

use zeroize::Zeroizing;

use crate::format::v1::{RECORD_VERSION, RecordPlace, pad, unpad};
use crate::secret::{SecretBytes, SecretKey, wipe_stack};

use super::derive::hkdf_sha512_unwiped;
use super::{AeadKey, CryptoError, IV_LENGTH, IndexKey, TAG_LENGTH, random};

const SALT_LENGTH: usize = 32;
const FRONT_LENGTH: usize = 2 + SALT_LENGTH;
const INFO: &[u8] = b"sealkeep v1 record ";

impl IndexKey {
    /// Seals `content`, padded, for its place, under a key and IV that a fresh random salt makes its own.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`], [`CryptoError::Random`].
    pub fn seal_record(&self, place: &RecordPlace, content: &SecretBytes) -> Result<Vec<u8>, CryptoError> {
        self.seal_record_with(random::make_bytes()?, place, content)
    }

    fn seal_record_with(
        &self,
        salt: [u8; SALT_LENGTH],
        place: &RecordPlace,
        content: &SecretBytes,
    ) -> Result<Vec<u8>, CryptoError> {
        let (key, iv) = self.derive_record_key(place, &salt)?;
        wipe_stack();
        let mut text = pad(content).map_err(|_| CryptoError::TooLong)?;
        // EXPOSE: encrypted in place.
        let tag = key.seal(&iv, &place.to_aad(), text.expose_mut())?;
        // EXPOSE: it is ciphertext now.
        Ok([&[RECORD_VERSION, place.kind.code()][..], &salt, text.expose(), &tag].concat())
    }

    /// Opens a record that must belong to `place`.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] for anything that was not sealed for that place under this key.
    pub fn open_record(&self, place: &RecordPlace, sealed: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.record_opener().open(place, sealed)
    }

    /// What opens many records, one after the other.
    pub fn record_opener(&self) -> RecordOpener<'_> {
        RecordOpener(self)
    }

    fn derive_record_key(&self, place: &RecordPlace, salt: &[u8]) -> Result<(AeadKey, [u8; IV_LENGTH]), CryptoError> {
        let mut info = [0; INFO.len() + 1];
        info[..INFO.len()].copy_from_slice(INFO);
        info[INFO.len()] = place.kind.code();
        let mut derived = Zeroizing::new([0; SecretKey::LENGTH + IV_LENGTH]);
        // EXPOSE: HKDF's input.
        hkdf_sha512_unwiped(self.secret().expose(), salt, &info, derived.as_mut())?;
        let (key, iv) = derived.split_first_chunk::<{ SecretKey::LENGTH }>().ok_or(CryptoError::TooLong)?;
        let iv = iv.try_into().map_err(|_| CryptoError::TooLong)?;
        Ok((AeadKey::new_unwiped(key), iv))
    }
}

/// Opens records under one key. What hashing and key expansion leave on the stack is wiped when this is dropped, once for all of
/// them: keep it no longer than that.
pub struct RecordOpener<'a>(&'a IndexKey);

impl RecordOpener<'_> {
    /// Opens a record that must belong to `place`.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] for anything that was not sealed for that place under this key.
    pub fn open(&mut self, place: &RecordPlace, sealed: &[u8]) -> Result<SecretBytes, CryptoError> {
        let (front, rest) = sealed.split_at_checked(FRONT_LENGTH).ok_or(CryptoError::NotAuthentic)?;
        let (text, tag) = rest.split_last_chunk::<TAG_LENGTH>().ok_or(CryptoError::NotAuthentic)?;
        let (marks, salt) = front.split_at(2);
        if marks != [RECORD_VERSION, place.kind.code()] {
            return Err(CryptoError::NotAuthentic);
        }
        let (key, iv) = self.0.derive_record_key(place, salt)?;
        let mut text = SecretBytes::copy_of(text);
        // EXPOSE: decrypted in place, in a secret.
        key.open(&iv, &place.to_aad(), text.expose_mut(), tag)?;
        unpad(text).map_err(|_| CryptoError::NotAuthentic)
    }
}

impl Drop for RecordOpener<'_> {
    fn drop(&mut self) {
        wipe_stack();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::DataKey;
    use crate::format::v1::{CollectionId, ItemId, RecordKind, VaultId};

    fn index_key(byte: u8) -> IndexKey {
        let key = DataKey::from_secret(SecretKey::copy_of(&[byte; 32]).unwrap());
        IndexKey::adopt(key, CollectionId([2; 16]), 1).unwrap().0
    }

    fn place() -> RecordPlace {
        RecordPlace {
            kind: RecordKind::Summary,
            vault: VaultId([1; 16]),
            collection: CollectionId([2; 16]),
            epoch: 1,
            item: Some(ItemId([3; 16])),
            number: 7,
        }
    }

    #[test]
    fn opens_in_its_place_and_nowhere_else() {
        let key = index_key(7);
        let content = SecretBytes::copy_of(b"a summary");
        let sealed = key.seal_record(&place(), &content).unwrap();
        assert_eq!(sealed.len(), FRONT_LENGTH + 256 + TAG_LENGTH);
        assert_ne!(sealed, key.seal_record(&place(), &content).unwrap());
        assert_eq!(key.open_record(&place(), &sealed).unwrap().expose(), b"a summary");
        for other in [
            RecordPlace { kind: RecordKind::Head, ..place() },
            RecordPlace { item: None, ..place() },
            RecordPlace { number: 8, ..place() },
        ] {
            assert!(matches!(key.open_record(&other, &sealed), Err(CryptoError::NotAuthentic)));
        }
        assert!(matches!(index_key(8).open_record(&place(), &sealed), Err(CryptoError::NotAuthentic)));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let key = index_key(7);
        let sealed = key.seal_record(&place(), &SecretBytes::copy_of(b"a summary")).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(key.open_record(&place(), &changed), Err(CryptoError::NotAuthentic)), "bit {bit}");
        }
        for cut in 0..sealed.len() {
            assert!(key.open_record(&place(), &sealed[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn agrees_with_the_documents_test_vector() {
        let sealed =
            index_key(7).seal_record_with([9; SALT_LENGTH], &place(), &SecretBytes::copy_of(b"a summary")).unwrap();
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        let document = include_str!("../../docs/format.md").replace(['\n', ' '], "");
        assert!(document.contains(&hex), "docs/format.md, section 8, should hold {hex}");
    }
}
