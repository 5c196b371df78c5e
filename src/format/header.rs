//! The message header, version 2: `body ‖ tag`. The body is what the tag authenticates.
//!
//! ```text
//! body = 02 ‖ suite(2) ‖ message id(32) ‖ context length(2) ‖ context
//!      ‖ key count(2) ‖ keys ‖ 02 (framed) ‖ frame length(4) ‖ commitment(32)
//! ```
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message-header.md>

use super::bytes::Fields;
use super::{
    Commitment, EncryptedDataKey, EncryptionContext, FormatError, MAX_CONTEXT_LENGTH, MAX_FRAME_LENGTH, MAX_KEYS,
    MessageId, SUITE_ID, suite,
};

/// The tag's length in bytes.
pub const HEADER_TAG_LENGTH: usize = 16;

const VERSION_1: u8 = 1;
const VERSION_2: u8 = 2;
/// In version 1 a type follows the version, always this one.
const VERSION_1_TYPE: u8 = 0x80;
const NOT_FRAMED: u8 = 1;
const FRAMED: u8 = 2;

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

/// How far the bytes at hand reach into a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// The header is complete; the first frame begins after this many bytes.
    Complete(Box<Header>, usize),
    /// At least this many bytes from the beginning are needed to get further. Never more than belong to the header.
    Needs(usize),
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
    /// Says what is not a header, not one that we read, or beyond a limit.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        match Self::parse_prefix(bytes)? {
            Prefix::Complete(header, length) if length == bytes.len() => Ok(*header),
            Prefix::Complete(..) => Err(FormatError::Trailing("header")),
            Prefix::Needs(_) => Err(FormatError::Truncated),
        }
    }

    /// Reads as much of a header as `bytes` begin with, for a source that can't be read further than the header: give
    /// what there is, get what is needed, until it is complete.
    ///
    /// # Errors
    /// As soon as a field is there that is refused.
    pub fn parse_prefix(bytes: &[u8]) -> Result<Prefix, FormatError> {
        let mut cursor = Cursor { bytes, fields: Fields::new(bytes), needs: 0 };
        match parse(&mut cursor) {
            Ok(header) => Ok(Prefix::Complete(Box::new(header), bytes.len() - cursor.fields.left())),
            Err(FormatError::Truncated) => Ok(Prefix::Needs(cursor.needs)),
            Err(error) => Err(error),
        }
    }
}

/// Fields that remember how many bytes the one that was missing would have needed.
struct Cursor<'a> {
    bytes: &'a [u8],
    fields: Fields<'a>,
    needs: usize,
}

impl<'a> Cursor<'a> {
    fn at(&self) -> usize {
        self.bytes.len() - self.fields.left()
    }

    /// Demands that `length` more bytes are there.
    fn need(&mut self, length: usize) -> Result<(), FormatError> {
        self.needs = self.at() + length;
        if self.fields.left() < length { Err(FormatError::Truncated) } else { Ok(()) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        self.need(N)?;
        self.fields.array()
    }

    fn u16(&mut self) -> Result<u16, FormatError> {
        self.array().map(u16::from_be_bytes)
    }

    fn u8(&mut self) -> Result<u8, FormatError> {
        self.array().map(u8::from_be_bytes)
    }

    /// One wrapped key: its three fields are waited for one by one.
    fn key(&mut self) -> Result<EncryptedDataKey, FormatError> {
        let start = self.at();
        let mut length = 0;
        for _ in 0..3 {
            let rest = &self.bytes[start + length..];
            self.needs = start + length + 2;
            let (prefix, _) = rest.split_first_chunk().ok_or(FormatError::Truncated)?;
            length += 2 + usize::from(u16::from_be_bytes(*prefix));
            self.need(length)?;
        }
        EncryptedDataKey::take(&mut self.fields)
    }
}

fn parse(cursor: &mut Cursor<'_>) -> Result<Header, FormatError> {
    check_version(cursor)?;
    let suite_id = cursor.u16()?;
    if suite_id != SUITE_ID {
        return Err(FormatError::OtherSuite { suite: suite::describe(suite_id) });
    }
    let message_id = MessageId(cursor.array()?);
    let context_length = usize::from(cursor.u16()?);
    if context_length > MAX_CONTEXT_LENGTH {
        return Err(FormatError::ContextTooLong(context_length));
    }
    cursor.need(context_length)?;
    let context = EncryptionContext::from_bytes(cursor.fields.take(context_length)?)?;
    let key_count = checked_key_count(usize::from(cursor.u16()?))?;
    let mut keys = Vec::with_capacity(usize::from(key_count));
    for _ in 0..key_count {
        keys.push(cursor.key()?);
    }
    match cursor.u8()? {
        FRAMED => {}
        NOT_FRAMED => return Err(FormatError::NotFramed),
        _ => return Err(FormatError::NotAMessage),
    }
    let frame_length = FrameLength::new(cursor.array().map(u32::from_be_bytes)?)?;
    let commitment = Commitment(cursor.array()?);
    let bytes = cursor.bytes[..cursor.at()].to_vec();
    let tag = cursor.array()?;
    Ok(Header { body: HeaderBody { message_id, context, keys, frame_length, commitment, bytes }, tag })
}

fn check_version(cursor: &mut Cursor<'_>) -> Result<(), FormatError> {
    match cursor.u8()? {
        VERSION_2 => Ok(()),
        VERSION_1 => {
            if cursor.u8()? != VERSION_1_TYPE {
                return Err(FormatError::NotAMessage);
            }
            let suite_id = cursor.u16()?;
            Err(FormatError::Version1 { suite: suite::describe(suite_id) })
        }
        _ => Err(FormatError::NotAMessage),
    }
}

fn checked_key_count(count: usize) -> Result<u16, FormatError> {
    match u16::try_from(count) {
        Ok(0) => Err(FormatError::NoKeys),
        Ok(fits) if count <= MAX_KEYS => Ok(fits),
        _ => Err(FormatError::TooManyKeys(count)),
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
    fn an_incremental_reader_never_reads_past_the_header() {
        let bytes = header(8).unwrap().to_bytes();
        let message = [&bytes[..], b"frames"].concat();
        let mut at = 0;
        loop {
            match Header::parse_prefix(&message[..at]).unwrap() {
                Prefix::Needs(more) => {
                    assert!(more > at && more <= bytes.len(), "at {at} needs {more}");
                    at = more;
                }
                Prefix::Complete(parsed, length) => {
                    assert_eq!((*parsed, length, at), (header(8).unwrap(), bytes.len(), bytes.len()));
                    break;
                }
            }
        }
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
            assert_eq!(Header::parse_prefix(&bytes).unwrap_err(), error);
        }
    }

    #[test]
    fn refuses_limits_before_the_rest_is_there() {
        let bytes = header(1).unwrap().to_bytes();
        let mut long_context = bytes[..37].to_vec();
        long_context[35..37].copy_from_slice(&8193_u16.to_be_bytes());
        assert_eq!(Header::parse_prefix(&long_context).unwrap_err(), FormatError::ContextTooLong(8193));
        let at = bytes.len() - 16 - 32 - 4;
        for length in [0, MAX_FRAME_LENGTH + 1, u32::MAX] {
            let mut changed = bytes[..at + 4].to_vec();
            changed[at..].copy_from_slice(&length.to_be_bytes());
            assert_eq!(Header::parse_prefix(&changed).unwrap_err(), FormatError::FrameLength(length));
        }
        let mut not_framed = bytes[..at].to_vec();
        not_framed[at - 1] = 1;
        assert_eq!(Header::parse_prefix(&not_framed).unwrap_err(), FormatError::NotFramed);
        not_framed[at - 1] = 3;
        assert_eq!(Header::parse_prefix(&not_framed).unwrap_err(), FormatError::NotAMessage);
    }

    #[test]
    fn refuses_other_suites_and_versions_by_name() {
        let said = |bytes: &[u8]| Header::parse(bytes).unwrap_err().to_string();
        assert_eq!(
            said(b"\x02\x05\x78"),
            "sealed with AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384 (0x0578); \
             only AES_256_GCM_HKDF_SHA512_COMMIT_KEY is read"
        );
        assert_eq!(
            said(b"\x01\x80\x03\x78"),
            "a version 1 message, sealed with AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384 (0x0378); \
             only version 2 with AES_256_GCM_HKDF_SHA512_COMMIT_KEY is read"
        );
        assert!(said(b"\x02\xAB\xCD").contains("an unknown suite (0xABCD)"));
        assert_eq!(said(b"\x03"), "not an encrypted message");
        assert_eq!(said(b"\x01\x81"), "not an encrypted message");
        assert_eq!(said(b"SQLite format 3"), "not an encrypted message");
    }
}
