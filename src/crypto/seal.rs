//! Sealing a message: its header, once, and its body, once.

use std::io::{Read, Write};

use crate::format::{
    EncryptedDataKey, EncryptionContext, FINAL_PREFIX, FrameLayout, FrameLength, FramePlace, FramePrefix, Header,
    HeaderBody, MessageId, REGULAR_PREFIX, Suite,
};
use crate::secret::{SecretBytes, assert_cannot_travel};

use super::block::{Block, BlockShape};
use super::derive::{derive_commitment, derive_content_key};
use super::line::{self, Step};
use super::{AeadKey, CryptoError, FreshDataKey, IV_LENGTH, NoWatch, TAG_LENGTH, Watch, random};

/// The IV of the header's tag. Frames count from 1, so that none of them has it.
pub(super) const HEADER_IV: [u8; IV_LENGTH] = [0; IV_LENGTH];

/// Makes the one header of `key`, with a random message id, and what seals the one body that belongs to it.
///
/// `keys` are the wraps of `key`, made under the same `context`. The data key is wiped here.
///
/// # Errors
/// [`CryptoError::Format`] for no or too many wrapped keys, [`CryptoError::Random`].
pub fn seal_header(
    key: FreshDataKey,
    context: EncryptionContext,
    keys: Vec<EncryptedDataKey>,
    frame_length: FrameLength,
) -> Result<(Header, BodySealer), CryptoError> {
    let id = MessageId(random::make_bytes()?);
    seal_header_as(id, key, context, keys, frame_length)
}

/// [`seal_header`] with a given message id, for holding it against another writer's message.
fn seal_header_as(
    id: MessageId,
    key: FreshDataKey,
    context: EncryptionContext,
    keys: Vec<EncryptedDataKey>,
    frame_length: FrameLength,
) -> Result<(Header, BodySealer), CryptoError> {
    let commitment = derive_commitment(&key, &id)?;
    let content_key = AeadKey::new(&derive_content_key(&key, Suite::Committing, &id)?);
    drop(key);
    let body = HeaderBody::new(id, context, keys, frame_length, commitment)?;
    let tag = content_key.seal(&HEADER_IV, body.as_bytes(), &mut [])?;
    Ok((Header::new(body, tag), BodySealer { key: content_key, id, frame_length }))
}

/// Seals one body, once: using it consumes it, because a second body would use the same IVs again.
#[derive(Debug)]
pub struct BodySealer {
    key: AeadKey,
    id: MessageId,
    frame_length: FrameLength,
}

impl BodySealer {
    /// Seals everything that `source` has into frames, on all cores, and flushes `sink`; how many bytes were sealed.
    /// Memory is bounded by the frame length, not by the body.
    ///
    /// `source` and `sink` are read and written by several threads, one at a time and in order. Only an `Ok` means that
    /// `sink` has the whole body.
    ///
    /// # Errors
    /// [`CryptoError::Source`], [`CryptoError::Sink`], [`CryptoError::Cancelled`], and [`CryptoError::TooLong`] after
    /// 2³² − 1 frames.
    pub fn seal(
        self,
        source: impl Read + Send,
        sink: impl Write + Send,
        watch: &(impl Watch + ?Sized),
    ) -> Result<u64, CryptoError> {
        line::run(&self, source, sink, watch)
    }

    /// Seals a body that is in memory, and gives its frames.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`].
    pub fn seal_bytes(self, body: &SecretBytes) -> Result<Vec<u8>, CryptoError> {
        let length = FrameLayout::new(self.frame_length).sealed_length(body.len() as u64);
        let length = length.and_then(|length| usize::try_from(length).ok()).ok_or(CryptoError::TooLong)?;
        let mut frames = Vec::with_capacity(length);
        // EXPOSE: read from, to be sealed.
        self.seal(body.expose(), &mut frames, &NoWatch)?;
        Ok(frames)
    }
}

assert_cannot_travel!(AeadKey, BodySealer);

impl Step for BodySealer {
    fn shape(&self) -> BlockShape {
        BlockShape::new(self.frame_length)
    }

    /// Reads plaintext to where each frame's ciphertext will stand.
    fn read(&self, number: u64, source: &mut impl Read, block: &mut Block) -> Result<bool, CryptoError> {
        let shape = self.shape();
        let frame_length = self.frame_length.bytes() as usize;
        let mut sequence = shape.first_sequence(number)?;
        for slot in 0..shape.frames {
            let start = slot * shape.record_length + REGULAR_PREFIX;
            let count = block.fill(source, start, frame_length)?;
            // Room for the longer prefix of a final frame, and for the tag of any.
            block.grow(start + count + FINAL_PREFIX - REGULAR_PREFIX + TAG_LENGTH);
            if count < frame_length {
                let place = FramePlace::Final(sequence);
                let shifted = start - REGULAR_PREFIX + place.prefix_length();
                // EXPOSE: moved in place.
                block.bytes.expose_mut().copy_within(start..start + count, shifted);
                block.push(FramePrefix { place, length: u32::try_from(count).map_err(|_| CryptoError::TooLong)? });
                return Ok(true);
            }
            let place = FramePlace::Regular(sequence);
            block.push(FramePrefix { place, length: self.frame_length.bytes() });
            // The last number is left for a final frame, which is also what keeps a regular one from looking like it.
            sequence = sequence.checked_add(1).ok_or(CryptoError::TooLong)?;
        }
        Ok(false)
    }

    fn work(&self, block: &mut Block) -> Result<(), CryptoError> {
        // EXPOSE: sealed in place.
        let mut rest = block.bytes.expose_mut();
        let mut length = 0;
        for frame in &block.frames {
            let (record, behind) = rest.split_at_mut_checked(frame.record_length()).ok_or(CryptoError::TooLong)?;
            self.seal_frame(*frame, record)?;
            length += record.len();
            rest = behind;
        }
        block.output = 0..length;
        Ok(())
    }
}

impl BodySealer {
    /// Seals the plaintext in `record`, and puts prefix and tag around it.
    fn seal_frame(&self, frame: FramePrefix, record: &mut [u8]) -> Result<(), CryptoError> {
        let place = frame.place;
        place.put_prefix(record, frame.length).ok_or(CryptoError::TooLong)?;
        let text = record.get_mut(place.prefix_length()..).ok_or(CryptoError::TooLong)?;
        let (text, tag) = text.split_at_mut_checked(frame.length as usize).ok_or(CryptoError::TooLong)?;
        let made = self.key.seal(&place.iv(), &place.aad(&self.id, frame.length), text)?;
        tag.copy_from_slice(&made);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use crate::crypto::{DataKey, MessageReader};
    use crate::format::Content;
    use crate::secret::SecretKey;

    use super::*;

    /// The value that follows `name:` in the vector file.
    fn vector(name: &str) -> Vec<u8> {
        let text = include_str!("../../tests/vectors/message.txt");
        let (_, value) = text.split_once(&format!("{name}:\n")).unwrap();
        let digits: String = value.split("\n\n").next().unwrap().split_whitespace().collect();
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
    }

    fn vector_key() -> SecretKey {
        SecretKey::copy_of(&vector("data key")).unwrap()
    }

    #[test]
    fn opens_another_writers_message() {
        let message = vector("message");
        let reader = MessageReader::read(&message[..]).unwrap();
        let context = EncryptionContext::new([("a", "1"), ("b", "2")]).unwrap();
        assert_eq!(reader.header().context(), &context);
        let opened = reader.verify(&DataKey::from_secret(vector_key())).unwrap().open_bytes(200).unwrap();
        // EXPOSE: compared in a test.
        assert_eq!(opened.expose(), vector("plaintext"));
    }

    #[test]
    fn writes_another_writers_message_byte_for_byte() {
        let message = vector("message");
        let theirs = MessageReader::read(&message[..]).unwrap();
        let theirs = theirs.header();
        let Content::Framed(frame_length) = theirs.content() else { panic!("it is framed") };
        let (header, sealer) = seal_header_as(
            *theirs.message_id(),
            FreshDataKey::from_generated(vector_key()),
            theirs.context().clone(),
            theirs.keys().to_vec(),
            frame_length,
        )
        .unwrap();
        let mut ours = header.to_bytes();
        sealer.seal(&vector("plaintext")[..], &mut ours, &NoWatch).unwrap();
        assert_eq!(ours, message);
    }

    fn sealer(frame_length: u32) -> BodySealer {
        let keys = theirs_keys();
        let frame_length = FrameLength::new(frame_length).unwrap();
        let key = FreshDataKey::make_random().unwrap();
        seal_header(key, EncryptionContext::empty(), keys, frame_length).unwrap().1
    }

    fn theirs_keys() -> Vec<EncryptedDataKey> {
        MessageReader::read(&vector("message")[..]).unwrap().header().keys().to_vec()
    }

    #[test]
    fn a_body_with_more_frames_than_can_be_numbered_is_too_long() {
        let sealer = sealer(4096);
        let last_block = u64::from(u32::MAX) / sealer.shape().frames as u64;
        let mut block = sealer.shape().make_block();
        let read = sealer.read(last_block, &mut io::repeat(7), &mut block);
        assert!(matches!(read, Err(CryptoError::TooLong)));
        block.clear();
        let frames_left = u64::from(u32::MAX) % sealer.shape().frames as u64;
        let mut just_fits = io::Read::take(io::repeat(7), (frames_left - 1) * 4096 + 4095);
        assert!(sealer.read(last_block, &mut just_fits, &mut block).unwrap());
        assert!(sealer.read(last_block + 1, &mut io::empty(), &mut block).is_err());
    }

    #[test]
    fn no_key_and_too_many_keys_make_no_header() {
        for count in [0, 9] {
            let key = FreshDataKey::make_random().unwrap();
            let keys = vec![theirs_keys()[0].clone(); count];
            let refused = seal_header(key, EncryptionContext::empty(), keys, FrameLength::DEFAULT);
            assert!(matches!(refused, Err(CryptoError::Format(_))));
        }
    }
}
