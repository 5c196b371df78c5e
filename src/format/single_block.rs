//! Content in one block: how it is laid out, and what is authenticated with it. Only read.
//!
//! ```text
//! block = IV(12) ‖ length(8) ‖ ciphertext(length) ‖ tag(16)
//! AAD   = message id(32) ‖ "AWSKMSEncryptionClient Single Block" ‖ 1(4) ‖ length(8)
//! ```
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message-body.md#non-framed-data>

use super::{FRAME_IV_LENGTH, MessageId};

/// The most bytes that one block has: what AES-GCM takes under one IV.
pub const MAX_SINGLE_BLOCK_LENGTH: u64 = (1 << 36) - 32;

const CONTENT: &[u8] = b"AWSKMSEncryptionClient Single Block";

/// The only block counts as the first one.
const SEQUENCE: u32 = 1;

/// What comes before a block's ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SingleBlockPrefix {
    /// The IV, which another writer chose.
    pub iv: [u8; FRAME_IV_LENGTH],
    /// How many bytes of ciphertext follow; the tag follows them.
    pub length: u64,
}

impl SingleBlockPrefix {
    /// How many bytes it has.
    pub const LENGTH: usize = FRAME_IV_LENGTH + 8;

    /// Reads it; `None` where the length is beyond [`MAX_SINGLE_BLOCK_LENGTH`].
    pub fn read(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        let (iv, length) = bytes.split_first_chunk()?;
        let length = u64::from_be_bytes(length.try_into().ok()?);
        (length <= MAX_SINGLE_BLOCK_LENGTH).then_some(Self { iv: *iv, length })
    }

    /// What is authenticated beside the content.
    pub fn aad(&self, id: &MessageId) -> Vec<u8> {
        [&id.0[..], CONTENT, &SEQUENCE.to_be_bytes(), &self.length.to_be_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_laid_out_as_specified() {
        let prefix =
            SingleBlockPrefix::read(b"\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\0\0\0\0\0\0\x01\x02").unwrap();
        assert_eq!(prefix, SingleBlockPrefix { iv: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], length: 0x102 });
        let aad = [&[9; 32][..], b"AWSKMSEncryptionClient Single Block\0\0\0\x01\0\0\0\0\0\0\x01\x02"].concat();
        assert_eq!(prefix.aad(&MessageId([9; 32])), aad);
    }

    #[test]
    fn takes_64_gib_less_two_blocks_and_not_a_byte_more() {
        let of_length = |length: u64| {
            let mut bytes = [0; SingleBlockPrefix::LENGTH];
            bytes[FRAME_IV_LENGTH..].copy_from_slice(&length.to_be_bytes());
            SingleBlockPrefix::read(&bytes)
        };
        assert_eq!(of_length(68_719_476_704).unwrap().length, 68_719_476_704);
        assert_eq!(of_length(68_719_476_705), None);
        assert_eq!(of_length(u64::MAX), None);
    }
}
