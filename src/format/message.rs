//! The header of a message, whoever wrote it: `body ‖ tag`. The body is what the tag authenticates.
//!
//! ```text
//! body = 02 ‖ suite(2) ‖ message id(32) ‖ context length(2) ‖ context
//!      ‖ key count(2) ‖ keys ‖ content type(1) ‖ frame length(4) ‖ commitment(32)
//! ```
//! The content type is 02 for frames, and 01 for one block, whose frame length is 0.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message-header.md>

use super::bytes::Fields;
use super::{
    Commitment, EncryptedDataKey, EncryptionContext, FormatError, FrameLength, HEADER_TAG_LENGTH, MAX_CONTEXT_LENGTH,
    MAX_KEYS, MessageId, SignerKey, Suite, suite,
};

const VERSION_1: u8 = 1;
pub(super) const VERSION_2: u8 = 2;
/// In version 1 a type follows the version, always this one.
const VERSION_1_TYPE: u8 = 0x80;
const NOT_FRAMED: u8 = 1;
pub(super) const FRAMED: u8 = 2;

/// How a message's content is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// In frames, of this much plaintext each but the last one.
    Framed(FrameLength),
    /// As one block, which is verified at its end and not before. Only read.
    SingleBlock,
}

/// A message's header with its tag, of any kind that is read. Parsing says nothing about whether it is authentic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHeader {
    pub(super) suite: Suite,
    pub(super) signer: Option<SignerKey>,
    pub(super) message_id: MessageId,
    pub(super) context: EncryptionContext,
    pub(super) keys: Vec<EncryptedDataKey>,
    pub(super) content: Content,
    pub(super) commitment: Commitment,
    /// The bytes that the tag authenticates.
    pub(super) bytes: Vec<u8>,
    pub(super) tag: [u8; HEADER_TAG_LENGTH],
}

/// How far the bytes at hand reach into a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// The header is complete; the first frame begins after this many bytes.
    Complete(Box<MessageHeader>, usize),
    /// At least this many bytes from the beginning are needed to get further. Never more than belong to the header.
    Needs(usize),
}

impl MessageHeader {
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

    /// The algorithm suite.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// What the signature is to be verified with: there in a message of [`Suite::Signed`], and in no other.
    pub fn signer(&self) -> Option<&SignerKey> {
        self.signer.as_ref()
    }

    /// The message's identifier.
    pub fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// The encryption context, with the signature's key where there is one.
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The wrapped keys, one to eight: any one of them opens the message.
    pub fn keys(&self) -> &[EncryptedDataKey] {
        &self.keys
    }

    /// How the content is laid out.
    pub fn content(&self) -> Content {
        self.content
    }

    /// What commits the message to its data key.
    pub fn commitment(&self) -> &Commitment {
        &self.commitment
    }

    /// The bytes that the tag authenticates.
    pub fn body_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The tag.
    pub fn tag(&self) -> &[u8; HEADER_TAG_LENGTH] {
        &self.tag
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

fn parse(cursor: &mut Cursor<'_>) -> Result<MessageHeader, FormatError> {
    check_version(cursor)?;
    let suite_id = cursor.u16()?;
    let suite = Suite::of(suite_id).ok_or_else(|| FormatError::OtherSuite { suite: suite::describe(suite_id) })?;
    let message_id = MessageId(cursor.array()?);
    let context_length = usize::from(cursor.u16()?);
    if context_length > MAX_CONTEXT_LENGTH {
        return Err(FormatError::ContextTooLong(context_length));
    }
    cursor.need(context_length)?;
    let context = cursor.fields.take(context_length)?;
    let (context, signer) = match suite {
        Suite::Committing => (EncryptionContext::from_bytes(context)?, None),
        Suite::Signed => EncryptionContext::from_signed_bytes(context).map(|(context, key)| (context, Some(key)))?,
    };
    let key_count = checked_key_count(usize::from(cursor.u16()?))?;
    let mut keys = Vec::with_capacity(usize::from(key_count));
    for _ in 0..key_count {
        keys.push(cursor.key()?);
    }
    let content_type = cursor.u8()?;
    if !matches!(content_type, FRAMED | NOT_FRAMED) {
        return Err(FormatError::NotAMessage);
    }
    let content = match (content_type, cursor.array().map(u32::from_be_bytes)?) {
        (NOT_FRAMED, 0) => Content::SingleBlock,
        (NOT_FRAMED, length) => return Err(FormatError::FramesOfSingleBlock(length)),
        (_, length) => Content::Framed(FrameLength::new(length)?),
    };
    let commitment = Commitment(cursor.array()?);
    let bytes = cursor.bytes[..cursor.at()].to_vec();
    let tag = cursor.array()?;
    Ok(MessageHeader { suite, signer, message_id, context, keys, content, commitment, bytes, tag })
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

pub(super) fn checked_key_count(count: usize) -> Result<u16, FormatError> {
    match u16::try_from(count) {
        Ok(0) => Err(FormatError::NoKeys),
        Ok(fits) if count <= MAX_KEYS => Ok(fits),
        _ => Err(FormatError::TooManyKeys(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Header, MAX_FRAME_LENGTH, PUBLIC_KEY_NAME};

    /// The base64 of 02 and 48 zeros.
    const POINT: &str = "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

    /// A header as another writer might lay it out.
    fn header(suite: u16, pairs: &[(&str, &str)], content_type: u8, frame_length: u32) -> Vec<u8> {
        let field = |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
        let mut context = Vec::new();
        if !pairs.is_empty() {
            context.extend(u16::try_from(pairs.len()).unwrap().to_be_bytes());
            context.extend(pairs.iter().flat_map(|(key, value)| [field(key), field(value)].concat()));
        }
        let mut bytes = vec![2];
        bytes.extend(suite.to_be_bytes());
        bytes.extend([3; 32]);
        bytes.extend(u16::try_from(context.len()).unwrap().to_be_bytes());
        bytes.extend(context);
        bytes.extend(2_u16.to_be_bytes());
        for _ in 0..2 {
            bytes.extend([field("test"), field("some key"), field("wrapped")].concat());
        }
        bytes.push(content_type);
        bytes.extend(frame_length.to_be_bytes());
        bytes.extend([4; 32]);
        bytes.extend([5; 16]);
        bytes
    }

    /// Each kind that is read.
    fn kinds() -> [(Vec<u8>, Suite, Content); 4] {
        let framed = Content::Framed(FrameLength::new(16).unwrap());
        let signed = [("k", "v"), (PUBLIC_KEY_NAME, POINT)];
        [
            (header(0x0478, &signed[..1], 2, 16), Suite::Committing, framed),
            (header(0x0478, &[], 1, 0), Suite::Committing, Content::SingleBlock),
            (header(0x0578, &signed, 2, 16), Suite::Signed, framed),
            (header(0x0578, &signed, 1, 0), Suite::Signed, Content::SingleBlock),
        ]
    }

    #[test]
    fn reads_both_suites_and_both_layouts_of_content() {
        for (bytes, suite, content) in kinds() {
            let header = MessageHeader::parse(&bytes).unwrap();
            assert_eq!((header.suite(), header.content()), (suite, content));
            assert_eq!(header.signer().is_some(), suite == Suite::Signed);
            assert_eq!(header.context().value(PUBLIC_KEY_NAME), header.signer().map(|_| POINT));
            assert_eq!((header.message_id(), header.commitment()), (&MessageId([3; 32]), &Commitment([4; 32])));
            assert_eq!((header.keys().len(), header.tag()), (2, &[5; 16]));
            assert_eq!(header.body_bytes(), &bytes[..bytes.len() - 16]);
        }
    }

    #[test]
    fn only_the_first_kind_is_a_vaults() {
        let [(ours, ..), others @ ..] = kinds();
        assert_eq!(Header::parse(&ours).unwrap().to_bytes(), ours);
        for (other, ..) in others {
            assert_eq!(Header::parse(&other).unwrap_err(), FormatError::NotOurs);
        }
    }

    #[test]
    fn an_incremental_reader_never_reads_past_the_header() {
        for (bytes, ..) in kinds() {
            let message = [&bytes[..], b"frames"].concat();
            let mut at = 0;
            loop {
                match MessageHeader::parse_prefix(&message[..at]).unwrap() {
                    Prefix::Needs(more) => {
                        assert!(more > at && more <= bytes.len(), "at {at} needs {more}");
                        at = more;
                    }
                    Prefix::Complete(parsed, length) => {
                        let whole = MessageHeader::parse(&bytes).unwrap();
                        assert_eq!((*parsed, length, at), (whole, bytes.len(), bytes.len()));
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn refuses_every_cut_and_everything_appended() {
        for (bytes, ..) in kinds() {
            for cut in 0..bytes.len() {
                assert_eq!(MessageHeader::parse(&bytes[..cut]).unwrap_err(), FormatError::Truncated, "cut at {cut}");
            }
            let longer = [&bytes[..], b"\0"].concat();
            assert_eq!(MessageHeader::parse(&longer).unwrap_err(), FormatError::Trailing("header"));
        }
    }

    #[test]
    fn refuses_limits_before_the_rest_is_there() {
        let bytes = header(0x0478, &[], 2, 16);
        let mut long_context = bytes[..37].to_vec();
        long_context[35..37].copy_from_slice(&8193_u16.to_be_bytes());
        let refused = |bytes: &[u8]| MessageHeader::parse_prefix(bytes).unwrap_err();
        assert_eq!(refused(&long_context), FormatError::ContextTooLong(8193));
        let at = bytes.len() - 16 - 32 - 4;
        for length in [0, MAX_FRAME_LENGTH + 1, u32::MAX] {
            let changed = [&bytes[..at], &length.to_be_bytes()].concat();
            assert_eq!(refused(&changed), FormatError::FrameLength(length));
        }
        for length in [1, 4096, u32::MAX] {
            let single = [&bytes[..at - 1], &[1], &length.to_be_bytes()].concat();
            assert_eq!(refused(&single), FormatError::FramesOfSingleBlock(length));
        }
        for content_type in [0, 3, 0xFF] {
            assert_eq!(refused(&[&bytes[..at - 1], &[content_type]].concat()), FormatError::NotAMessage);
        }
    }

    #[test]
    fn the_suite_says_whether_there_is_a_key_of_the_signature() {
        let refused = |suite, pairs: &[(&str, &str)]| MessageHeader::parse(&header(suite, pairs, 2, 16)).unwrap_err();
        assert_eq!(refused(0x0478, &[(PUBLIC_KEY_NAME, POINT)]), FormatError::ReservedContextKey);
        assert_eq!(refused(0x0578, &[]), FormatError::SignerKey);
        assert_eq!(refused(0x0578, &[("k", "v")]), FormatError::SignerKey);
        assert_eq!(refused(0x0578, &[(PUBLIC_KEY_NAME, "AgAA")]), FormatError::SignerKey);
        let twice = [(PUBLIC_KEY_NAME, POINT), (PUBLIC_KEY_NAME, POINT)];
        assert_eq!(refused(0x0578, &twice), FormatError::DuplicateContextKey);
    }

    #[test]
    fn refuses_other_suites_and_versions_by_name() {
        let said = |bytes: &[u8]| MessageHeader::parse(bytes).unwrap_err().to_string();
        assert_eq!(
            said(b"\x02\x03\x78"),
            "sealed with AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384 (0x0378); \
             only AES_256_GCM_HKDF_SHA512_COMMIT_KEY and AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384 are read"
        );
        assert_eq!(
            said(b"\x01\x80\x02\x14"),
            "a version 1 message, sealed with AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256 (0x0214); only version 2 \
             with AES_256_GCM_HKDF_SHA512_COMMIT_KEY or AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384 is read"
        );
        assert!(said(b"\x02\xAB\xCD").contains("an unknown suite (0xABCD)"));
        assert_eq!(said(b"\x03"), "not an encrypted message");
        assert_eq!(said(b"\x01\x81"), "not an encrypted message");
        assert_eq!(said(b"SQLite format 3"), "not an encrypted message");
    }
}
