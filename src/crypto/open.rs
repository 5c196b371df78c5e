//! Opening a body as we write them: the header is verified with the data key, then the frames are opened.

use std::io::{self, Read, Write};

use crate::format::{
    Commitment, FINAL_PREFIX, FrameLayout, FrameLength, FramePlace, FramePrefix, HEADER_TAG_LENGTH, Header, MessageId,
    Suite,
};
use crate::secret::{SecretBytes, SecretKey};

use super::block::{Block, BlockShape, read_full};
use super::derive::derive_content_key;
use super::line::{self, Step};
use super::seal::HEADER_IV;
use super::{AeadKey, CryptoError, DataKey, NoWatch, TAG_LENGTH, Watch, Withheld};

/// A body whose header and frames are stored apart, as in a vault. Otherwise not to be believed yet.
#[derive(Debug)]
pub struct StoredBody<R> {
    header: Header,
    frames: R,
}

impl<R> StoredBody<R> {
    /// The body that `header` and `frames` make.
    pub fn new(header: Header, frames: R) -> Self {
        Self { header, frames }
    }

    /// Checks the commitment and then the header's tag with the body's data key: the only way to what opens frames.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] where it is another body's key or a byte of the header was changed.
    pub fn verify(self, key: &DataKey) -> Result<BodyOpener<R>, CryptoError> {
        let body = self.header.body();
        let claimed = Claimed {
            suite: Suite::Committing,
            id: body.message_id(),
            commitment: body.commitment(),
            body: body.as_bytes(),
            tag: self.header.tag(),
        };
        let content_key = claimed.verify(key)?;
        let opener = FrameOpener::new(&content_key, *body.message_id(), body.frame_length());
        Ok(BodyOpener { opener, frames: self.frames })
    }
}

/// What a header says, as far as a data key can tell whether it is true.
pub(super) struct Claimed<'a> {
    pub(super) suite: Suite,
    pub(super) id: &'a MessageId,
    pub(super) commitment: &'a Commitment,
    pub(super) body: &'a [u8],
    pub(super) tag: &'a [u8; HEADER_TAG_LENGTH],
}

impl Claimed<'_> {
    /// Checks the commitment and then the tag; gives the key of the content.
    pub(super) fn verify(&self, key: &DataKey) -> Result<SecretKey, CryptoError> {
        key.verify(self.id, self.commitment)?;
        let content_key = derive_content_key(key, self.suite, self.id)?;
        AeadKey::new(&content_key).open(&HEADER_IV, self.body, &mut [], self.tag)?;
        Ok(content_key)
    }
}

/// A body whose header is verified; opens the frames that follow it.
#[derive(Debug)]
pub struct BodyOpener<R> {
    pub(super) opener: FrameOpener,
    pub(super) frames: R,
}

impl<R> BodyOpener<R> {
    /// For reading single frames in any order: what opens them, and where they come from.
    pub fn into_parts(self) -> (FrameOpener, R) {
        (self.opener, self.frames)
    }
}

impl<R: Read + Send> BodyOpener<R> {
    /// Opens all frames on all cores, writes the plaintext to `sink` and flushes it; how many bytes that were. Memory is
    /// bounded by the frame length, not by the body.
    ///
    /// **Believe nothing of what `sink` got before this has returned `Ok`.** Every frame is verified before its plaintext
    /// is written, but that frames were cut off or added is found only at the end. A file is written under a temporary
    /// name and dropped on an error.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] for any frame that was changed, moved, repeated, taken away or added, and for bytes
    /// after the last one; [`CryptoError::Source`], [`CryptoError::Sink`], [`CryptoError::Cancelled`].
    pub fn open(self, sink: impl Write + Send, watch: &(impl Watch + ?Sized)) -> Result<u64, CryptoError> {
        self.opener.open(self.frames, sink, watch)
    }

    /// Opens all frames into memory: all of the plaintext, or an error and nothing.
    ///
    /// # Errors
    /// Those of [`BodyOpener::open`], and [`CryptoError::TooLong`] beyond `at_most` bytes.
    pub fn open_bytes(self, at_most: usize) -> Result<SecretBytes, CryptoError> {
        self.opener.open_bytes(self.frames, at_most)
    }
}

/// Collects plaintext up to a limit; more than that is refused.
#[derive(Debug)]
pub struct Limited {
    bytes: SecretBytes,
    at_most: usize,
    exceeded: bool,
}

impl Limited {
    /// Nothing yet, and never more than `at_most` bytes.
    pub fn new(at_most: usize) -> Self {
        Self { bytes: SecretBytes::default(), at_most, exceeded: false }
    }

    /// What `open` writes: all of it, or an error and nothing.
    pub(super) fn collect(
        at_most: usize,
        open: impl FnOnce(&mut Self) -> Result<u64, CryptoError>,
    ) -> Result<SecretBytes, CryptoError> {
        let mut sink = Self::new(at_most);
        match open(&mut sink) {
            Ok(_) => Ok(sink.into_bytes()),
            Err(_) if sink.is_exceeded() => Err(CryptoError::TooLong),
            Err(error) => Err(error),
        }
    }

    /// Whether more came than the limit, which is why a write failed.
    pub fn is_exceeded(&self) -> bool {
        self.exceeded
    }

    /// What was collected.
    pub fn into_bytes(self) -> SecretBytes {
        self.bytes
    }
}

impl Write for Limited {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.at_most - self.bytes.len() {
            self.exceeded = true;
            return Err(io::Error::other("more than the caller allowed"));
        }
        self.bytes.extend(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// What is collected is nobody's before it is given away, and wiped if it never is.
impl Withheld for Limited {}

/// Opens the frames of one verified message, in any order.
#[derive(Debug)]
pub struct FrameOpener {
    pub(super) key: AeadKey,
    pub(super) id: MessageId,
    pub(super) frame_length: FrameLength,
}

/// The plaintext of one frame.
#[derive(Debug)]
pub struct OpenedFrame {
    /// The plaintext.
    pub bytes: SecretBytes,
    /// Whether this is the message's last frame. A frame that should be the last one and is not, or the other way round,
    /// means that the body was cut short or added to.
    pub is_final: bool,
}

impl FrameOpener {
    pub(super) fn new(content_key: &SecretKey, id: MessageId, frame_length: FrameLength) -> Self {
        Self { key: AeadKey::new(content_key), id, frame_length }
    }

    /// For frames whose header is no longer stored, because its wraps are not the current ones: what it said is given, and the
    /// commitment holds key and message together. Whoever gives it vouches for the encryption context.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] where it is another message's key.
    pub fn without_header(
        key: &DataKey,
        id: MessageId,
        commitment: &Commitment,
        frame_length: FrameLength,
    ) -> Result<Self, CryptoError> {
        key.verify(&id, commitment)?;
        Ok(Self::new(&derive_content_key(key, Suite::Committing, &id)?, id, frame_length))
    }

    /// Opens all frames that `frames` has: see [`BodyOpener::open`].
    ///
    /// # Errors
    /// Those of [`BodyOpener::open`].
    pub fn open(
        &self,
        frames: impl Read + Send,
        sink: impl Write + Send,
        watch: &(impl Watch + ?Sized),
    ) -> Result<u64, CryptoError> {
        line::run(self, frames, sink, watch)
    }

    /// Opens all frames into memory: see [`BodyOpener::open_bytes`].
    ///
    /// # Errors
    /// Those of [`BodyOpener::open_bytes`].
    pub fn open_bytes(&self, frames: impl Read + Send, at_most: usize) -> Result<SecretBytes, CryptoError> {
        Limited::collect(at_most, |sink| self.open(frames, sink, &NoWatch))
    }

    /// Where frames begin, for reading them one by one.
    pub fn layout(&self) -> FrameLayout {
        FrameLayout::new(self.frame_length)
    }

    /// Opens frame number `sequence`, counted from 1, from its whole record.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] where `record` is anything else than that frame.
    pub fn open_frame(&self, sequence: u32, record: Vec<u8>) -> Result<OpenedFrame, CryptoError> {
        let mut bytes = SecretBytes::new(record);
        // EXPOSE: opened in place.
        let record = bytes.expose_mut();
        let frame = FramePrefix::read(record, sequence, self.frame_length).ok_or(CryptoError::NotAuthentic)?;
        if frame.record_length() != record.len() {
            return Err(CryptoError::NotAuthentic);
        }
        let (start, length) = (frame.place.prefix_length(), frame.length as usize);
        self.open_record(frame, record)?;
        record.copy_within(start..start + length, 0);
        bytes.truncate(length);
        Ok(OpenedFrame { bytes, is_final: matches!(frame.place, FramePlace::Final(_)) })
    }

    /// Opens the ciphertext in `record`, in place.
    fn open_record(&self, frame: FramePrefix, record: &mut [u8]) -> Result<(), CryptoError> {
        let text = record.get_mut(frame.place.prefix_length()..).ok_or(CryptoError::NotAuthentic)?;
        let (text, tag) = text.split_at_mut_checked(frame.length as usize).ok_or(CryptoError::NotAuthentic)?;
        let tag: &[u8; TAG_LENGTH] = (&*tag).try_into().map_err(|_| CryptoError::NotAuthentic)?;
        self.key.open(&frame.place.iv(), &frame.place.aad(&self.id, frame.length), text, tag)
    }
}

/// What was read of a body for one block.
pub(super) struct Reading {
    /// How many bytes its frames have.
    pub(super) frames: usize,
    /// How many bytes were read: more than the frames have only where the body has ended.
    pub(super) have: usize,
    /// Whether the final frame is among them.
    pub(super) ended: bool,
}

impl FrameOpener {
    /// Reads whole records, up to the final one if it comes. What follows that is not looked at, but may have been read.
    pub(super) fn read_frames(
        &self,
        number: u64,
        source: &mut impl Read,
        block: &mut Block,
    ) -> Result<Reading, CryptoError> {
        let shape = self.shape();
        let mut sequence = shape.first_sequence(number).map_err(|_| CryptoError::NotAuthentic)?;
        let mut have = block.fill(source, 0, shape.regular_length())?;
        let mut at = 0;
        while at < shape.regular_length() {
            // EXPOSE: ciphertext at this point; only the frame's front is looked at.
            let frame = FramePrefix::read(&block.bytes.expose()[at..have], sequence, self.frame_length);
            let frame = frame.ok_or(CryptoError::NotAuthentic)?;
            let end = at + frame.record_length();
            let ended = matches!(frame.place, FramePlace::Final(_));
            if ended && end > have && have == shape.regular_length() {
                // A long final frame in the block's last place: its prefix is longer than a regular frame's.
                have += block.fill(source, have, end - have)?;
            }
            if end > have {
                return Err(CryptoError::NotAuthentic);
            }
            block.push(frame);
            if ended {
                return Ok(Reading { frames: end, have, ended });
            }
            at = end;
            // A regular frame can't have the last number, so there is always a next one.
            sequence = sequence.checked_add(1).ok_or(CryptoError::NotAuthentic)?;
        }
        Ok(Reading { frames: at, have, ended: false })
    }
}

impl Step for FrameOpener {
    fn shape(&self) -> BlockShape {
        BlockShape::new(self.frame_length)
    }

    /// Reads whole records, and finds where the message ends: nothing may come after its final frame.
    fn read(&self, number: u64, source: &mut impl Read, block: &mut Block) -> Result<bool, CryptoError> {
        let read = self.read_frames(number, source, block)?;
        if read.ended && (read.frames < read.have || read_full(source, &mut [0])? > 0) {
            return Err(CryptoError::NotAuthentic);
        }
        Ok(read.ended)
    }

    /// Opens the block's frames, all of them or none, and moves their plaintext together.
    fn work(&self, block: &mut Block) -> Result<(), CryptoError> {
        // EXPOSE: opened in place.
        let bytes = block.bytes.expose_mut();
        let mut at = 0;
        for frame in &block.frames {
            let record = bytes.get_mut(at..at + frame.record_length()).ok_or(CryptoError::NotAuthentic)?;
            self.open_record(*frame, record)?;
            at += frame.record_length();
        }
        // The first frame's plaintext stays where it is, so that a block of one long frame is never copied.
        let start = block.frames.first().map_or(FINAL_PREFIX, |frame| frame.place.prefix_length());
        let (mut at, mut end) = (0, start);
        for frame in &block.frames {
            let text = at + frame.place.prefix_length();
            let length = frame.length as usize;
            if text != end {
                bytes.copy_within(text..text + length, end);
            }
            at += frame.record_length();
            end += length;
        }
        block.output = start..end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::secret::SecretKey;

    use super::*;

    fn opener(frame_length: u32) -> FrameOpener {
        let key = AeadKey::new(&SecretKey::copy_of(&[7; 32]).unwrap());
        FrameOpener { key, id: MessageId([1; 32]), frame_length: FrameLength::new(frame_length).unwrap() }
    }

    /// One frame, sealed as another writer might.
    fn record(opener: &FrameOpener, place: FramePlace, text: &[u8]) -> Vec<u8> {
        let length = u32::try_from(text.len()).unwrap();
        let mut record = vec![0; place.prefix_length()];
        place.put_prefix(&mut record, length).unwrap();
        let mut text = text.to_vec();
        let tag = opener.key.seal(&place.iv(), &place.aad(&opener.id, length), &mut text).unwrap();
        record.extend_from_slice(&text);
        record.extend_from_slice(&tag);
        record
    }

    fn open(opener: &FrameOpener, frames: &[u8]) -> (Result<u64, CryptoError>, Vec<u8>) {
        let mut output = Vec::new();
        (line::run(opener, frames, &mut output, &NoWatch), output)
    }

    #[test]
    fn a_full_final_frame_opens_wherever_it_stands() {
        // Some writers end an exact multiple of the frame length with a full frame, which in a block's last place is
        // longer than the block.
        for frame_length in [4, 100_000, 300_000] {
            let opener = opener(frame_length);
            let text = vec![9; frame_length as usize];
            let in_block = u32::try_from(opener.shape().frames).unwrap().min(3);
            let ends = [1, in_block, in_block + 1];
            for end in ends {
                let mut frames = Vec::new();
                for sequence in 1..end {
                    frames.extend(record(&opener, FramePlace::Regular(sequence), &text));
                }
                frames.extend(record(&opener, FramePlace::Final(end), &text));
                let (opened, output) = open(&opener, &frames);
                assert_eq!(opened.unwrap(), u64::from(end) * u64::from(frame_length));
                assert!(output.iter().all(|byte| *byte == 9));
                let (refused, output) = open(&opener, &[&frames[..], b"\0"].concat());
                assert!(matches!(refused, Err(CryptoError::NotAuthentic)));
                assert!(output.len() < end as usize * text.len());
            }
        }
    }

    #[test]
    fn a_final_frame_longer_than_the_frame_length_is_refused() {
        let opener = opener(16);
        let (refused, output) = open(&opener, &record(&opener, FramePlace::Final(1), &[9; 17]));
        assert!(matches!(refused, Err(CryptoError::NotAuthentic)) && output.is_empty());
    }

    #[test]
    fn a_regular_frame_that_claims_to_be_the_last_one_is_refused() {
        let opener = opener(16);
        // Sealed as regular, relabelled: the kind is authenticated.
        let sealed = record(&opener, FramePlace::Regular(1), &[9; 16]);
        let mut relabelled = vec![0; FINAL_PREFIX];
        FramePlace::Final(1).put_prefix(&mut relabelled, 16).unwrap();
        relabelled.extend_from_slice(&sealed[16..]);
        let (refused, output) = open(&opener, &relabelled);
        assert!(matches!(refused, Err(CryptoError::NotAuthentic)) && output.is_empty());
    }
}
