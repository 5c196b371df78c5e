//! HKDF-SHA512, and what a message's keys are derived with.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/algorithm-suites.md>

use hkdf::Hkdf;
use sha2::Sha512;
use subtle::ConstantTimeEq;

use crate::format::{Commitment, MessageId, Suite};
use crate::secret::{SecretKey, wipe_stack};

use super::{CryptoError, DataKey};

/// Info for the commitment.
const COMMIT_INFO: &[u8] = b"COMMITKEY";

/// Info for the content key, after the suite's number.
const CONTENT_INFO: &[u8] = b"DERIVEKEY";

/// Derives a key of another purpose from `key`: HKDF-SHA512 with `salt` and `info` (RFC 5869).
///
/// # Errors
/// None that can happen: 32 bytes are never too many.
pub fn derive_key(key: &SecretKey, salt: &[u8], info: &[u8]) -> Result<SecretKey, CryptoError> {
    // EXPOSE: the input of HKDF.
    SecretKey::filled_by(|derived| hkdf_sha512(key.expose(), salt, info, derived))
}

/// HKDF-SHA512 of any length: extract from `input` with `salt`, expand with `info` into `output`.
///
/// # Errors
/// [`CryptoError::TooLong`] above 255 × 64 bytes.
pub fn hkdf_sha512(input: &[u8], salt: &[u8], info: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
    let expanded = hkdf_sha512_unwiped(input, salt, info, output);
    wipe_stack();
    expanded
}

/// The same for many in a row: what it leaves on the stack is for the caller to wipe.
pub(super) fn hkdf_sha512_unwiped(
    input: &[u8],
    salt: &[u8],
    info: &[u8],
    output: &mut [u8],
) -> Result<(), CryptoError> {
    Hkdf::<Sha512>::new(Some(salt), input).expand(info, output).map_err(|_| CryptoError::TooLong)
}

/// The key that seals and opens the header and content of message `id`, of `suite`.
pub(super) fn derive_content_key(key: &DataKey, suite: Suite, id: &MessageId) -> Result<SecretKey, CryptoError> {
    let info = [&suite.id().to_be_bytes()[..], CONTENT_INFO].concat();
    derive_key(key.secret(), &id.0, &info)
}

/// What commits message `id` to `key`.
pub(super) fn derive_commitment(key: &DataKey, id: &MessageId) -> Result<Commitment, CryptoError> {
    let mut commitment = [0; 32];
    // EXPOSE: the input of HKDF; the commitment is public.
    hkdf_sha512(key.secret().expose(), &id.0, COMMIT_INFO, &mut commitment)?;
    Ok(Commitment(commitment))
}

impl DataKey {
    /// Whether this is the data key that message `id` was sealed under, by its commitment: to be asked of every key
    /// that was unwrapped, whichever provider served it.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] where it is another key.
    pub fn verify(&self, id: &MessageId, commitment: &Commitment) -> Result<(), CryptoError> {
        let derived = derive_commitment(self, id)?;
        if bool::from(derived.0.ct_eq(&commitment.0)) { Ok(()) } else { Err(CryptoError::NotAuthentic) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commitment_is_the_keys_and_the_messages_own() {
        let key = |byte| DataKey::from_secret(SecretKey::copy_of(&[byte; 32]).unwrap());
        let (id, other) = (MessageId([1; 32]), MessageId([2; 32]));
        let commitment = derive_commitment(&key(7), &id).unwrap();
        key(7).verify(&id, &commitment).unwrap();
        assert!(matches!(key(8).verify(&id, &commitment), Err(CryptoError::NotAuthentic)));
        assert!(matches!(key(7).verify(&other, &commitment), Err(CryptoError::NotAuthentic)));
    }

    #[test]
    fn derived_keys_differ_by_salt_and_info() {
        let key = SecretKey::copy_of(&[7; 32]).unwrap();
        // EXPOSE: compared in a test.
        let derive = |salt, info| *derive_key(&key, salt, info).unwrap().expose();
        assert_eq!(derive(b"salt", b"info"), derive(b"salt", b"info"));
        assert_ne!(derive(b"salt", b"info"), derive(b"salu", b"info"));
        assert_ne!(derive(b"salt", b"info"), derive(b"salt", b"infp"));
    }
}
