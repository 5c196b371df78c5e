//! The header that we write: version 2, suite 0x0478, framed. It is the only one that a vault has.
//!
//! A header is `body ‖ tag`; the body is what the tag authenticates. Those that others may write are read by
//! [`MessageHeader`], which has the layout too.

use super::message::{FRAMED, VERSION_2, checked_key_count};
use super::{
    Commitment, Content, EncryptedDataKey, EncryptionContext, FormatError, MAX_FRAME_LENGTH, MessageHeader, MessageId,
    SUITE_ID, Suite,
};

/// The tag's length in bytes.
pub const HEADER_TAG_LENGTH: usize = 16;

/// How many bytes of plaintext each frame but the last one has: 1 to [`MAX_FRAME_LENGTH`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLength(u32);

impl FrameLength {
    /// What we write: 256 KiB, which fits into a core's cache between its two passes over a frame.
    pub const DEFAULT: Self = Self(256 * 1024);

    /// A frame length of `bytes`.
    ///
    /// # Errors
    /// [`FormatError::FrameLength`] for 0 and above [`MAX_FRAME_LENGTH`].
    pub fn new(bytes: u32) -> Result<Self, FormatError> {
        if (1..=MAX_FRAME_LENGTH).contains(&bytes) { Ok(Self(bytes)) } else { Err(FormatError::FrameLength(bytes)) }
    }

    /// The frame length in bytes.
    pub fn bytes(self) -> u32 {
        self.0
    }
}

/// A header's body: everything but the tag, with the very bytes that the tag authenticates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderBody {
    message_id: MessageId,
    context: EncryptionContext,
    keys: Vec<EncryptedDataKey>,
    frame_length: FrameLength,
    commitment: Commitment,
    bytes: Vec<u8>,
}

impl HeaderBody {
    /// Lays out a header body.
    ///
    /// # Errors
    /// [`FormatError::NoKeys`], [`FormatError::TooManyKeys`], [`FormatError::MalformedKey`].
    pub fn new(
        message_id: MessageId,
        context: EncryptionContext,
        keys: Vec<EncryptedDataKey>,
        frame_length: FrameLength,
        commitment: Commitment,
    ) -> Result<Self, FormatError> {
        let key_count = checked_key_count(keys.len())?;
        let context_bytes = context.to_bytes()?;
        let context_length =
            u16::try_from(context_bytes.len()).map_err(|_| FormatError::ContextTooLong(context_bytes.len()))?;
        let mut bytes = vec![VERSION_2];
        bytes.extend_from_slice(&SUITE_ID.to_be_bytes());
        bytes.extend_from_slice(&message_id.0);
        bytes.extend_from_slice(&context_length.to_be_bytes());
        bytes.extend_from_slice(&context_bytes);
        bytes.extend_from_slice(&key_count.to_be_bytes());
        for key in &keys {
            bytes.extend_from_slice(&key.to_bytes()?);
        }
        bytes.push(FRAMED);
        bytes.extend_from_slice(&frame_length.bytes().to_be_bytes());
        bytes.extend_from_slice(&commitment.0);
        Ok(Self { message_id, context, keys, frame_length, commitment, bytes })
    }

    /// The message's identifier.
    pub fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// The encryption context.
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The wrapped keys, one to eight: any one of them opens the message.
    pub fn keys(&self) -> &[EncryptedDataKey] {
        &self.keys
    }

    /// The frame length.
    pub fn frame_length(&self) -> FrameLength {
        self.frame_length
    }

    /// What commits the message to its data key.
    pub fn commitment(&self) -> &Commitment {
        &self.commitment
    }

    /// The bytes that the tag authenticates.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A header with its tag. Parsing says nothing about whether it is authentic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    body: HeaderBody,
    tag: [u8; HEADER_TAG_LENGTH],
}

impl Header {
    /// A body with the tag that was made for it.
    pub fn new(body: HeaderBody, tag: [u8; HEADER_TAG_LENGTH]) -> Self {
        Self { body, tag }
    }

    /// Everything but the tag.
    pub fn body(&self) -> &HeaderBody {
        &self.body
    }

    /// The tag.
    pub fn tag(&self) -> &[u8; HEADER_TAG_LENGTH] {
        &self.tag
    }

    /// The header as it stands in a message.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.body.as_bytes(), &self.tag].concat()
    }

    /// The header in `bytes`, which must hold nothing else.
    ///
    /// # Errors
    /// Those of [`MessageHeader::parse`]; [`FormatError::NotOurs`] for one that only others write.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let MessageHeader { suite, message_id, context, keys, content, commitment, bytes, tag, .. } =
            MessageHeader::parse(bytes)?;
        match (suite, content) {
            (Suite::Committing, Content::Framed(frame_length)) => {
                Ok(Self { body: HeaderBody { message_id, context, keys, frame_length, commitment, bytes }, tag })
            }
            _ => Err(FormatError::NotOurs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> EncryptedDataKey {
        EncryptedDataKey { provider_id: "test".to_owned(), provider_info: vec![byte], ciphertext: vec![byte; 5] }
    }

    fn header(keys: usize) -> Result<Header, FormatError> {
        let context = EncryptionContext::new([("k", "v")])?;
        let keys = (1..=8).cycle().map(key).take(keys).collect();
        let length = FrameLength::new(16)?;
        HeaderBody::new(MessageId([3; 32]), context, keys, length, Commitment([4; 32]))
            .map(|body| Header::new(body, [5; 16]))
    }

    #[test]
    fn is_laid_out_as_specified() {
        let expected = [
            &b"\x02\x04\x78"[..],
            &[3; 32],
            b"\0\x08\0\x01\0\x01k\0\x01v",
            b"\0\x01\0\x04test\0\x01\x01\0\x05\x01\x01\x01\x01\x01",
            b"\x02\0\0\0\x10",
            &[4; 32],
            &[5; 16],
        ]
        .concat();
        assert_eq!(header(1).unwrap().to_bytes(), expected);
        assert_eq!(Header::parse(&expected).unwrap(), header(1).unwrap());
    }

    #[test]
    fn refuses_every_cut_and_everything_appended() {
        let bytes = header(2).unwrap().to_bytes();
        for cut in 0..bytes.len() {
            assert_eq!(Header::parse(&bytes[..cut]).unwrap_err(), FormatError::Truncated, "cut at {cut}");
        }
        assert_eq!(Header::parse(&[&bytes[..], b"\0"].concat()).unwrap_err(), FormatError::Trailing("header"));
    }

    #[test]
    fn refuses_more_than_eight_keys_and_none() {
        header(8).unwrap();
        assert_eq!(header(0).unwrap_err(), FormatError::NoKeys);
        assert_eq!(header(9).unwrap_err(), FormatError::TooManyKeys(9));
        let mut bytes = header(1).unwrap().to_bytes();
        let count_at = 3 + 32 + 10;
        for (count, error) in [(0, FormatError::NoKeys), (0xFFFF, FormatError::TooManyKeys(0xFFFF))] {
            bytes[count_at..count_at + 2].copy_from_slice(&u16::to_be_bytes(count));
            assert_eq!(Header::parse(&bytes).unwrap_err(), error);
        }
    }
}
