//! Wrapping a data key under a key of our own (docs/format.md, section 1.2).

use crate::crypto::{AeadKey, DataKey, IV_LENGTH, TAG_LENGTH, derive_key, random};
use crate::format::{EncryptionContext, put_prefixed};
use crate::providers::ProviderError;
use crate::secret::SecretKey;

/// What tells the wrapping key from every other that is derived from the same one.
const INFO: &[u8] = b"sealkeep v1 wrap";
const SALT_LENGTH: usize = 32;
const WRAPPED_LENGTH: usize = SALT_LENGTH + SecretKey::LENGTH + TAG_LENGTH;

/// The salt is random and fresh for every wrap, so that the key is, and an IV of zeros is never used twice under one.
const IV: [u8; IV_LENGTH] = [0; IV_LENGTH];

/// `salt(32) ‖ ciphertext(32) ‖ tag(16)` of `key` under HKDF-SHA512(`under`, salt, info), bound to `context`.
pub(super) fn wrap(under: &SecretKey, key: &DataKey, context: &EncryptionContext) -> Result<Vec<u8>, ProviderError> {
    let salt: [u8; SALT_LENGTH] = random::make_bytes()?;
    let aad = aad(context)?;
    let wrapping_key = wrapping_key(under, &salt)?;
    let mut tag = [0; TAG_LENGTH];
    let sealed = SecretKey::filled_by(|copy| {
        // EXPOSE: encrypted in place, in boxed memory that wipes itself.
        copy.copy_from_slice(key.secret().expose());
        wrapping_key.seal(&IV, &aad, copy).map(|made| tag = made)
    });
    // EXPOSE: ciphertext by now.
    Ok([&salt[..], sealed?.expose(), &tag].concat())
}

/// The data key that was wrapped.
pub(super) fn unwrap(under: &SecretKey, wrapped: &[u8], context: &EncryptionContext) -> Result<DataKey, ProviderError> {
    let wrapped: &[u8; WRAPPED_LENGTH] = wrapped.try_into().map_err(|_| ProviderError::Malformed("its length"))?;
    let malformed = || ProviderError::Malformed("its length");
    let (salt, rest) = wrapped.split_first_chunk::<SALT_LENGTH>().ok_or_else(malformed)?;
    let (sealed, tag) = rest.split_first_chunk::<{ SecretKey::LENGTH }>().ok_or_else(malformed)?;
    let tag: &[u8; TAG_LENGTH] = tag.try_into().map_err(|_| malformed())?;
    let aad = aad(context)?;
    let wrapping_key = wrapping_key(under, salt)?;
    let key = SecretKey::filled_by(|key| {
        *key = *sealed;
        wrapping_key.open(&IV, &aad, key, tag)
    });
    key.map(DataKey::from_secret).map_err(|_| ProviderError::NotAuthentic)
}

fn wrapping_key(under: &SecretKey, salt: &[u8; SALT_LENGTH]) -> Result<AeadKey, ProviderError> {
    Ok(AeadKey::new(&derive_key(under, salt, INFO)?))
}

fn aad(context: &EncryptionContext) -> Result<Vec<u8>, ProviderError> {
    let context = context.to_bytes().map_err(|_| ProviderError::Malformed("its context is too long"))?;
    let mut aad = Vec::with_capacity(context.len() + 17);
    put_prefixed(&mut aad, b"sealkeep wrap", ProviderError::TOO_LONG)?;
    put_prefixed(&mut aad, &context, ProviderError::TOO_LONG)?;
    Ok(aad)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> EncryptionContext {
        let pairs = [("sealkeep:item", "0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11"), ("sealkeep:purpose", "file")];
        EncryptionContext::new(pairs).unwrap()
    }

    fn key(from: u8) -> SecretKey {
        SecretKey::copy_of(&std::array::from_fn::<u8, 32, _>(|at| from + at as u8)).unwrap()
    }

    #[test]
    fn unwraps_what_another_program_wrapped_from_the_documentation() {
        // Python's `cryptography` 50: slot key 40…5f, salt c0…df, data key e0…ff.
        let text = "e5d2dfdc26344b651a616a18899b09bebb3a6351fd5bd48fc0e98ff9ef5b1a61dcfde865aea7626d64f74b97345df834";
        let sealed = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap());
        let wrapped: Vec<u8> = (0xC0..0xE0).chain(sealed).collect();
        let unwrapped = unwrap(&key(0x40), &wrapped, &context()).unwrap();
        // EXPOSE: compared in a test.
        assert_eq!(unwrapped.secret().expose(), key(0xE0).expose());
    }

    #[test]
    fn every_bit_of_a_wrap_counts() {
        let wrapped = wrap(&key(1), &DataKey::from_secret(key(2)), &context()).unwrap();
        for at in 0..wrapped.len() * 8 {
            let mut changed = wrapped.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert_eq!(unwrap(&key(1), &changed, &context()).unwrap_err(), ProviderError::NotAuthentic);
        }
        for length in 0..wrapped.len() {
            assert!(matches!(unwrap(&key(1), &wrapped[..length], &context()), Err(ProviderError::Malformed(_))));
        }
        assert_eq!(unwrap(&key(3), &wrapped, &context()).unwrap_err(), ProviderError::NotAuthentic);
    }
}
