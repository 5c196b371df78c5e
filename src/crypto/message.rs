//! Reading a whole message, whoever wrote it, in the only order that there is: read the header, verify it with the data key,
//! open the content.

use std::io::Read;

use crate::format::{Content, FormatError, MessageHeader, Prefix};
use crate::secret::SecretBytes;

use super::block::read_full;
use super::open::Claimed;
use super::{
    BodyOpener, CryptoError, DataKey, FrameOpener, Limited, NoWatch, SignatureCheck, Watch, WholeOpener, Withheld,
};

/// A message whose header was read and is within the limits, and is otherwise not to be believed yet.
#[derive(Debug)]
pub struct MessageReader<R> {
    header: MessageHeader,
    signature: Option<SignatureCheck>,
    source: R,
}

impl<R: Read> MessageReader<R> {
    /// Reads the header off `source`, and not a byte more.
    ///
    /// # Errors
    /// [`CryptoError::Format`], as soon as there is a field that is refused; [`CryptoError::Source`].
    pub fn read(mut source: R) -> Result<Self, CryptoError> {
        let mut bytes = Vec::new();
        loop {
            match MessageHeader::parse_prefix(&bytes)? {
                Prefix::Complete(header, _) => {
                    let signature = header.signer().map(SignatureCheck::new).transpose()?;
                    return Ok(Self { header: *header, signature, source });
                }
                Prefix::Needs(length) => {
                    let have = bytes.len();
                    bytes.resize(length, 0);
                    if read_full(&mut source, &mut bytes[have..])? < length - have {
                        return Err(CryptoError::Format(FormatError::Truncated));
                    }
                }
            }
        }
    }
}

impl<R> MessageReader<R> {
    /// What the header says, unverified: good for finding out who could unwrap the data key, and for nothing else.
    pub fn header(&self) -> &MessageHeader {
        &self.header
    }

    /// Checks the commitment and then the header's tag with the message's data key: the only way to what opens content.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] where it is another message's key or a byte of the header was changed.
    pub fn verify(self, key: &DataKey) -> Result<VerifiedMessage<R>, CryptoError> {
        let Self { header, signature, source } = self;
        let id = *header.message_id();
        let claimed = Claimed {
            suite: header.suite(),
            id: &id,
            commitment: header.commitment(),
            body: header.body_bytes(),
            tag: header.tag(),
        };
        let content_key = claimed.verify(key)?;
        let signature = signature.map(|mut signature| {
            signature.update(header.body_bytes());
            signature.update(header.tag());
            signature
        });
        Ok(match (header.content(), signature) {
            (Content::Framed(frame_length), None) => {
                let opener = FrameOpener::new(&content_key, id, frame_length);
                VerifiedMessage::Framed(BodyOpener { opener, frames: source })
            }
            (Content::Framed(frame_length), Some(signature)) => {
                let opener = FrameOpener::new(&content_key, id, frame_length);
                VerifiedMessage::AtEnd(WholeOpener::of_signed_frames(opener, signature, source))
            }
            (Content::SingleBlock, signature) => {
                VerifiedMessage::AtEnd(WholeOpener::of_single_block(content_key, id, signature, source))
            }
        })
    }
}

/// A message whose header is verified: what is left is its content.
#[derive(Debug)]
pub enum VerifiedMessage<R> {
    /// Framed and not signed, as we write them: each frame is verified before its plaintext goes anywhere.
    Framed(BodyOpener<R>),
    /// Signed, or in one block: whether it is what was sealed is known at its end, and not before.
    AtEnd(WholeOpener<R>),
}

impl<R: Read + Send> VerifiedMessage<R> {
    /// Opens the content and writes the plaintext to `sink`, which must not show it before this has returned `Ok`; how many
    /// bytes that were. Memory is bounded, whatever the message's length.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] for any byte that was changed, moved, repeated, taken away or added;
    /// [`CryptoError::Source`], [`CryptoError::Sink`], [`CryptoError::Cancelled`].
    pub fn open(self, sink: impl Withheld + Send, watch: &(impl Watch + ?Sized)) -> Result<u64, CryptoError> {
        match self {
            Self::Framed(opener) => opener.open(sink, watch),
            Self::AtEnd(opener) => opener.open(sink, watch),
        }
    }

    /// Opens the content into memory: all of the plaintext, or an error and nothing.
    ///
    /// # Errors
    /// Those of [`VerifiedMessage::open`], and [`CryptoError::TooLong`] beyond `at_most` bytes.
    pub fn open_bytes(self, at_most: usize) -> Result<SecretBytes, CryptoError> {
        Limited::collect(at_most, |sink| self.open(sink, &NoWatch))
    }
}
