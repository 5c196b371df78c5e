//! Signed messages: the public key that they bring along, and the signature after their body.
//!
//! ```text
//! footer = length(2) ‖ signature(length): ECDSA over P-384 and SHA-384 of header and body, in DER
//! ```
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message-footer.md>

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::FormatError;

/// The key of the encryption context under which a signed message carries its public key.
pub const PUBLIC_KEY_NAME: &str = "aws-crypto-public-key";

/// The longest signature that is read, in bytes: one of P-384 has 104 at most.
pub const MAX_SIGNATURE_LENGTH: usize = 512;

/// What a signed message is to be verified with: a point on P-384, compressed. Nothing says yet that it is on the curve.
///
/// It is made for one message and names nobody. What makes it the writer's is that it stands in the encryption context,
/// which is bound to the data key where that is unwrapped, and that the header's tag covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignerKey([u8; Self::LENGTH]);

impl SignerKey {
    /// The length of a compressed point in bytes: which half, then one coordinate.
    pub const LENGTH: usize = 49;

    /// The key of a compressed point.
    ///
    /// # Errors
    /// [`FormatError::SignerKey`] where it is not laid out like one.
    pub fn from_compressed(point: &[u8]) -> Result<Self, FormatError> {
        let point: [u8; Self::LENGTH] = point.try_into().map_err(|_| FormatError::SignerKey)?;
        if matches!(point[0], 2 | 3) { Ok(Self(point)) } else { Err(FormatError::SignerKey) }
    }

    /// The key as the encryption context writes it, in base64.
    pub(super) fn from_text(text: &str) -> Result<Self, FormatError> {
        // Bounded before it is decoded: the context is.
        let point = BASE64_STANDARD.decode(text).map_err(|_| FormatError::SignerKey)?;
        Self::from_compressed(&point)
    }

    /// The compressed point.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_compressed_point_in_strict_base64() {
        let point = [&[3][..], &[7; 48]].concat();
        let text = BASE64_STANDARD.encode(&point);
        assert_eq!(SignerKey::from_text(&text).unwrap().as_bytes()[..], point[..]);
        let uncompressed = [&[4][..], &[7; 96]].concat();
        for wrong in [&point[..48], &[&point[..], &[7]].concat(), &[&[1][..], &[7; 48]].concat(), &uncompressed, &[]] {
            assert_eq!(SignerKey::from_text(&BASE64_STANDARD.encode(wrong)), Err(FormatError::SignerKey));
        }
        for wrong in [text.trim_end_matches('='), &format!("{text}\n"), &format!(" {text}"), "ünicode", ""] {
            assert_eq!(SignerKey::from_text(wrong), Err(FormatError::SignerKey), "{wrong:?}");
        }
    }
}
