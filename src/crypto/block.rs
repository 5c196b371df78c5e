//! A run of whole frames in one buffer: what a thread reads, seals or opens, and writes at a time.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use crate::format::{FINAL_PREFIX, FrameLength, FramePrefix, REGULAR_PREFIX};
use crate::secret::SecretBytes;

use super::CryptoError;

/// How much plaintext a block holds where frames are short: enough that locks and system calls don't show, little enough
/// for a core's cache.
const BLOCK_LENGTH: usize = 256 * 1024;

/// How large a block's buffer is at first. Most bodies are small, and every byte of a buffer has to be wiped.
const FIRST_LENGTH: usize = 4 * 1024;

/// How many times larger a buffer gets when it is full.
const GROWTH: usize = 8;

/// The buffer, reused from block to block and wiped when dropped, and what is in it.
pub(super) struct Block {
    pub(super) bytes: SecretBytes,
    /// The frames in `bytes`, one after the other from the beginning.
    pub(super) frames: Vec<FramePrefix>,
    /// What is to be written, once the block is sealed or opened.
    pub(super) output: Range<usize>,
    /// How many bytes of plaintext the frames have.
    pub(super) plain_length: u64,
}

/// How many frames there are in a block, and how large its buffer is.
#[derive(Clone, Copy)]
pub(super) struct BlockShape {
    pub(super) frames: usize,
    pub(super) record_length: usize,
}

impl BlockShape {
    pub(super) fn new(frame_length: FrameLength) -> Self {
        let frame_length = frame_length.bytes() as usize;
        let record_length = REGULAR_PREFIX + frame_length + super::TAG_LENGTH;
        Self { frames: (BLOCK_LENGTH / frame_length).max(1), record_length }
    }

    /// The length of a block of regular frames in bytes.
    pub(super) fn regular_length(self) -> usize {
        self.frames * self.record_length
    }

    /// The most that a block's buffer can have: a final frame's record can be longer than a regular one's.
    pub(super) fn buffer_length(self) -> usize {
        self.regular_length() + FINAL_PREFIX - REGULAR_PREFIX
    }

    /// The sequence number of the first frame in block `number`.
    pub(super) fn first_sequence(self, number: u64) -> Result<u32, CryptoError> {
        number
            .checked_mul(self.frames as u64)
            .and_then(|before| u32::try_from(before).ok()?.checked_add(1))
            .ok_or(CryptoError::TooLong)
    }

    pub(super) fn make_block(self) -> Block {
        let first_length = self.buffer_length().min(FIRST_LENGTH);
        Block { bytes: SecretBytes::new(vec![0; first_length]), frames: Vec::new(), output: 0..0, plain_length: 0 }
    }
}

impl Block {
    /// Forgets the frames of the block before; their bytes are overwritten by the next ones, or wiped at the end.
    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.output = 0..0;
        self.plain_length = 0;
    }

    /// Reads `length` bytes, or until the source has ended, to `start` in the buffer, which grows only for bytes that are
    /// really there; how many bytes were read.
    pub(super) fn fill(&mut self, source: &mut impl Read, start: usize, length: usize) -> Result<usize, CryptoError> {
        let (mut at, end) = (start, start + length);
        while at < end {
            if at >= self.bytes.len() {
                self.grow((self.bytes.len() * GROWTH).min(end).max(at + 1));
            }
            let until = end.min(self.bytes.len());
            // EXPOSE: filled, with plaintext when sealing.
            at += read_full(source, &mut self.bytes.expose_mut()[at..until])?;
            if at < until {
                break;
            }
        }
        Ok(at - start)
    }

    /// Sees to it that the buffer has at least `length` bytes; an outgrown one is wiped.
    pub(super) fn grow(&mut self, length: usize) {
        if self.bytes.len() < length {
            let mut grown = SecretBytes::new(vec![0; length]);
            // EXPOSE: moved to the larger buffer.
            grown.expose_mut()[..self.bytes.len()].copy_from_slice(self.bytes.expose());
            self.bytes = grown;
        }
    }

    pub(super) fn push(&mut self, frame: FramePrefix) {
        self.plain_length += u64::from(frame.length);
        self.frames.push(frame);
    }
}

/// Reads until `buffer` is full or the source has ended; how many bytes were read.
pub(super) fn read_full(source: &mut impl Read, buffer: &mut [u8]) -> Result<usize, CryptoError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) if count <= buffer.len() - filled => filled += count,
            Ok(_) => return Err(CryptoError::Source(io::Error::other("more bytes read than asked for"))),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(CryptoError::Source(error)),
        }
    }
    Ok(filled)
}
