//! AES-256-GCM piece by piece, for content in one block that is too long for memory.
//!
//! Made of what aes-gcm is made of, in the same way (NIST SP 800-38D, 7.2). Invariant: what it decrypts is **not
//! authentic** before [`GcmStream::verify`] has returned `Ok`, which is why it is used for [`Withheld`] places alone.
//!
//! [`Withheld`]: super::Withheld

use std::fmt;

use aes_gcm::KeyInit;
use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::{InnerIvInit, StreamCipherCore};
use ctr::CtrCore;
use ctr::flavors::Ctr32BE;
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::format::MAX_SINGLE_BLOCK_LENGTH;
use crate::secret::{SecretKey, wipe_stack};

use super::{CryptoError, IV_LENGTH, TAG_LENGTH};

/// AES's block.
const BLOCK: usize = 16;

/// The counter's value for the tag's mask; content begins with the next one.
const FIRST_COUNTER: u32 = 1;

/// Decrypts one text under one IV, in order, and verifies it at the end. Boxed, so that moving it leaves no copy of the key;
/// wiped when dropped.
pub struct GcmStream(Box<State>);

struct State {
    cipher: Aes256,
    hash: GHash,
    mask: Zeroizing<[u8; BLOCK]>,
    iv: [u8; IV_LENGTH],
    aad_length: u64,
    length: u64,
}

impl GcmStream {
    /// The beginning of a text under `key` and `iv`, with `aad`.
    pub fn new(key: &SecretKey, iv: &[u8; IV_LENGTH], aad: &[u8]) -> Self {
        // EXPOSE: AES expands the key from its 32 bytes.
        let cipher = Aes256::new(key.expose().into());
        let hash_key = Zeroizing::new(first_keystream(&cipher, [0; BLOCK]));
        let mask = Zeroizing::new(first_keystream(&cipher, counter_block(iv, FIRST_COUNTER)));
        let mut hash = GHash::new(&(*hash_key).into());
        hash.update_padded(aad);
        let begun = Self(Box::new(State { cipher, hash, mask, iv: *iv, aad_length: aad.len() as u64, length: 0 }));
        wipe_stack();
        begun
    }

    /// Decrypts what comes next, in place. Only the last piece may be other than a multiple of 16 bytes.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] after such a piece, and beyond [`MAX_SINGLE_BLOCK_LENGTH`].
    pub fn decrypt(&mut self, text: &mut [u8]) -> Result<(), CryptoError> {
        let state = &mut *self.0;
        let length = state.length.saturating_add(text.len() as u64);
        if !state.length.is_multiple_of(BLOCK as u64) || length > MAX_SINGLE_BLOCK_LENGTH {
            return Err(CryptoError::TooLong);
        }
        let blocks_before = u32::try_from(state.length / BLOCK as u64).map_err(|_| CryptoError::TooLong)?;
        let counter = blocks_before.checked_add(FIRST_COUNTER + 1).ok_or(CryptoError::TooLong)?;
        state.hash.update_padded(text);
        key_stream(&state.cipher, counter_block(&state.iv, counter)).apply_keystream_partial(text.into());
        state.length = length;
        Ok(())
    }

    /// Whether `tag` is that of all that was decrypted, and of the AAD.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`].
    pub fn verify(self, tag: &[u8; TAG_LENGTH]) -> Result<(), CryptoError> {
        let State { hash, mask, aad_length, length, .. } = *self.0;
        let mut hash = hash;
        let mut lengths = [0; BLOCK];
        lengths[..8].copy_from_slice(&(aad_length * 8).to_be_bytes());
        lengths[8..].copy_from_slice(&(length * 8).to_be_bytes());
        hash.update(&[lengths.into()]);
        let mut expected = Zeroizing::new(<[u8; BLOCK]>::from(hash.finalize()));
        expected.iter_mut().zip(mask.iter()).for_each(|(byte, mask)| *byte ^= mask);
        wipe_stack();
        if bool::from(expected.ct_eq(tag)) { Ok(()) } else { Err(CryptoError::NotAuthentic) }
    }
}

impl fmt::Debug for GcmStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GcmStream(…)")
    }
}

fn counter_block(iv: &[u8; IV_LENGTH], counter: u32) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..IV_LENGTH].copy_from_slice(iv);
    block[IV_LENGTH..].copy_from_slice(&counter.to_be_bytes());
    block
}

fn key_stream(cipher: &Aes256, counter_block: [u8; BLOCK]) -> CtrCore<&Aes256, Ctr32BE> {
    CtrCore::inner_iv_init(cipher, &counter_block.into())
}

/// The first block of key stream: the encryption of the counter's first value.
fn first_keystream(cipher: &Aes256, counter: [u8; BLOCK]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    key_stream(cipher, counter).apply_keystream_partial(block.as_mut_slice().into());
    block
}

#[cfg(test)]
mod tests {
    use crate::crypto::AeadKey;

    use super::*;

    fn key() -> SecretKey {
        SecretKey::copy_of(&[7; 32]).unwrap()
    }

    #[test]
    fn opens_in_any_pieces_what_aes_gcm_seals() {
        for length in [0, 1, 15, 16, 17, 64, 1000, 4096, 70_001] {
            let plain: Vec<u8> = (0..length).map(|at| (at * 31 + at / 251) as u8).collect();
            let mut sealed = plain.clone();
            let tag = AeadKey::new(&key()).seal(&[3; 12], b"some aad", &mut sealed).unwrap();
            for piece in [16, 48, 4096, 1 << 20] {
                let mut stream = GcmStream::new(&key(), &[3; 12], b"some aad");
                let mut text = sealed.clone();
                for piece in text.chunks_mut(piece) {
                    stream.decrypt(piece).unwrap();
                }
                assert_eq!(text, plain);
                stream.verify(&tag).unwrap();
            }
        }
    }

    #[test]
    fn every_flipped_bit_is_found_at_the_end() {
        let mut sealed = *b"attack at dawn, or a little later";
        let tag = AeadKey::new(&key()).seal(&[3; 12], b"aad", &mut sealed).unwrap();
        let verify = |iv: &[u8; 12], aad: &[u8], text: &[u8], tag: &[u8; 16]| {
            let mut stream = GcmStream::new(&key(), iv, aad);
            stream.decrypt(&mut text.to_vec()).unwrap();
            stream.verify(tag)
        };
        verify(&[3; 12], b"aad", &sealed, &tag).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(verify(&[3; 12], b"aad", &flipped, &tag), Err(CryptoError::NotAuthentic)));
        }
        for bit in 0..128 {
            let mut flipped = tag;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(verify(&[3; 12], b"aad", &sealed, &flipped), Err(CryptoError::NotAuthentic)));
        }
        assert!(verify(&[4; 12], b"aad", &sealed, &tag).is_err());
        assert!(verify(&[3; 12], b"aae", &sealed, &tag).is_err());
        assert!(verify(&[3; 12], b"aad", &sealed[..32], &tag).is_err());
    }

    #[test]
    fn nothing_follows_an_uneven_piece() {
        let mut stream = GcmStream::new(&key(), &[3; 12], b"");
        stream.decrypt(&mut [0; 17]).unwrap();
        assert!(matches!(stream.decrypt(&mut [0; 16]), Err(CryptoError::TooLong)));
    }

    #[test]
    fn the_counter_reaches_the_last_block_and_not_beyond() {
        let mut stream = GcmStream::new(&key(), &[3; 12], b"");
        stream.0.length = MAX_SINGLE_BLOCK_LENGTH - 16;
        stream.decrypt(&mut [0; 16]).unwrap();
        assert!(matches!(stream.decrypt(&mut [0; 1]), Err(CryptoError::TooLong)));
    }
}
