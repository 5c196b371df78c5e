//! The signature of a whole message: ECDSA on P-384 over SHA-384. Only verified, never made.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message-footer.md>

use std::fmt;
use std::io::Read;

use aws_lc_rs::digest::{Context, SHA384};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1, ParsedPublicKey};

use crate::format::{FormatError, MAX_SIGNATURE_LENGTH, SignerKey};

use super::CryptoError;
use super::block::read_full;

/// Follows a signed message from its first byte on, and says at the end whether the signature is that of what went by.
pub struct SignatureCheck {
    key: ParsedPublicKey,
    digest: Context,
}

impl SignatureCheck {
    /// Nothing yet, to be verified with `key`.
    ///
    /// # Errors
    /// [`FormatError::SignerKey`] where it is no point on the curve.
    pub fn new(key: &SignerKey) -> Result<Self, CryptoError> {
        // A compressed point and nothing else: the library would take other encodings of a key too.
        let key = ParsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, key.as_bytes()).map_err(|_| FormatError::SignerKey)?;
        Ok(Self { key, digest: Context::new(&SHA384) })
    }

    /// `bytes` are what comes next in the message.
    pub fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    /// Whether `signature`, in DER, was made over all that went by. Of the two values of *s* that fit, both are taken, as
    /// the algorithm says; it has one encoding.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`].
    pub fn verify(self, signature: &[u8]) -> Result<(), CryptoError> {
        let digest = self.digest.finish();
        self.key.verify_digest_sig(&digest, signature).map_err(|_| CryptoError::NotAuthentic)
    }

    /// Reads the footer, which must be the last that `source` has, and verifies what went by with it.
    pub(super) fn verify_footer(self, mut source: impl Read) -> Result<(), CryptoError> {
        let mut length = [0; 2];
        fill(&mut source, &mut length)?;
        let length = usize::from(u16::from_be_bytes(length));
        if length > MAX_SIGNATURE_LENGTH {
            return Err(CryptoError::NotAuthentic);
        }
        let mut signature = vec![0; length];
        fill(&mut source, &mut signature)?;
        if read_full(&mut source, &mut [0])? > 0 {
            return Err(CryptoError::NotAuthentic);
        }
        self.verify(&signature)
    }
}

impl fmt::Debug for SignatureCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureCheck").finish_non_exhaustive()
    }
}

/// Reads exactly `bytes`; a message that ends before is not what was sealed.
pub(super) fn fill(source: &mut impl Read, bytes: &mut [u8]) -> Result<(), CryptoError> {
    if read_full(source, bytes)? < bytes.len() { Err(CryptoError::NotAuthentic) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

    use super::*;

    fn key_and_footer(message: &[u8]) -> (SignerKey, Vec<u8>) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let compressed = [&[2 + (point[96] & 1)], &point[1..49]].concat();
        let signature = pair.sign(&SystemRandom::new(), message).unwrap();
        let length = u16::try_from(signature.as_ref().len()).unwrap();
        let footer = [&length.to_be_bytes(), signature.as_ref()].concat();
        (SignerKey::from_compressed(&compressed).unwrap(), footer)
    }

    fn verify(key: &SignerKey, message: &[&[u8]], footer: &[u8]) -> Result<(), CryptoError> {
        let mut check = SignatureCheck::new(key)?;
        message.iter().for_each(|part| check.update(part));
        check.verify_footer(footer)
    }

    #[test]
    fn a_footer_is_that_of_its_message_and_its_key() {
        let (key, footer) = key_and_footer(b"a message");
        verify(&key, &[b"a mes", b"", b"sage"], &footer).unwrap();
        let (other, _) = key_and_footer(b"a message");
        assert!(matches!(verify(&key, &[b"a messagf"], &footer), Err(CryptoError::NotAuthentic)));
        assert!(matches!(verify(&other, &[b"a message"], &footer), Err(CryptoError::NotAuthentic)));
        for cut in 0..footer.len() {
            assert!(matches!(verify(&key, &[b"a message"], &footer[..cut]), Err(CryptoError::NotAuthentic)), "{cut}");
        }
        let longer = [&footer[..], b"\0"].concat();
        assert!(matches!(verify(&key, &[b"a message"], &longer), Err(CryptoError::NotAuthentic)));
    }

    #[test]
    fn a_footer_beyond_the_limit_is_refused_before_it_is_read() {
        struct Untouched;
        impl Read for Untouched {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                panic!("nothing of it should be read")
            }
        }
        let (key, _) = key_and_footer(b"");
        for length in [513_u16, u16::MAX] {
            let check = SignatureCheck::new(&key).unwrap();
            let refused = check.verify_footer(length.to_be_bytes().chain(Untouched));
            assert!(matches!(refused, Err(CryptoError::NotAuthentic)));
        }
        let at_the_limit = [&512_u16.to_be_bytes()[..], &[0x30; 512]].concat();
        assert!(matches!(verify(&key, &[b""], &at_the_limit), Err(CryptoError::NotAuthentic)));
    }

    #[test]
    fn a_key_that_is_no_point_on_the_curve_is_refused() {
        let mut refused = 0;
        for x in 0..16 {
            let mut point = [0; SignerKey::LENGTH];
            (point[0], point[48]) = (2, x);
            let key = SignerKey::from_compressed(&point).unwrap();
            refused += u32::from(matches!(SignatureCheck::new(&key), Err(CryptoError::Format(FormatError::SignerKey))));
        }
        assert!((1..16).contains(&refused), "about half of them are none: {refused}");
        // Not below the field's prime.
        let beyond = SignerKey::from_compressed(&[&[2][..], &[0xFF; 48]].concat()).unwrap();
        assert!(matches!(SignatureCheck::new(&beyond), Err(CryptoError::Format(FormatError::SignerKey))));
    }
}
