//! Plaintext that waits on a disk, encrypted, until all of it was verified: for what goes to a pipe.
//!
//! It is a body of frames like any other, under a key that is made for it and never stored. Invariant: nothing comes out
//! before [`Spool::release`], and then only what went in.

use std::io::{self, Read, Seek, Write};

use crate::format::{FINAL_PREFIX, FrameLength, FramePlace, MessageId};
use crate::secret::{SecretBytes, SecretKey};

use super::{BodyOpener, CryptoError, FrameOpener, TAG_LENGTH, Watch, Withheld, random};

const FRAME_LENGTH: FrameLength = FrameLength::DEFAULT;

/// Takes plaintext, and keeps it encrypted in a file that should have no name.
#[derive(Debug)]
pub struct Spool<F> {
    file: F,
    /// Seals frames here as well: each number once.
    frames: FrameOpener,
    /// The next frame: room for its longest prefix, then its text. Grows with what comes.
    record: SecretBytes,
    sequence: u32,
}

impl<F: Read + Write + Seek> Spool<F> {
    /// Nothing yet, to be kept in the empty `file`.
    ///
    /// # Errors
    /// [`CryptoError::Random`].
    pub fn new(file: F) -> Result<Self, CryptoError> {
        let key = SecretKey::filled_by(|key| random::fill(key))?;
        let frames = FrameOpener::new(&key, MessageId(random::make_bytes()?), FRAME_LENGTH);
        Ok(Self { file, frames, record: SecretBytes::new(vec![0; FINAL_PREFIX]), sequence: 1 })
    }

    /// Writes everything that was taken to `sink`, and flushes it; how many bytes that were.
    ///
    /// # Errors
    /// [`CryptoError::Sink`]; [`CryptoError::Cancelled`]; whatever else, where the file is not what was written to it.
    pub fn release(mut self, sink: impl Write + Send, watch: &(impl Watch + ?Sized)) -> Result<u64, CryptoError>
    where
        F: Send,
    {
        self.put(FramePlace::Final(self.sequence)).map_err(CryptoError::Source)?;
        self.file.rewind().map_err(CryptoError::Source)?;
        BodyOpener { opener: self.frames, frames: self.file }.open(sink, watch)
    }

    /// Seals what is in the record as the frame `place`, and writes it.
    fn put(&mut self, place: FramePlace) -> io::Result<()> {
        let length = self.filled();
        let plain_length = u32::try_from(length).map_err(io::Error::other)?;
        self.record.extend(&[0; TAG_LENGTH]);
        // EXPOSE: sealed in place.
        let record = &mut self.record.expose_mut()[FINAL_PREFIX - place.prefix_length()..];
        place.put_prefix(record, plain_length).ok_or_else(|| io::Error::other("a frame that does not fit"))?;
        let (text, tag) = record[place.prefix_length()..].split_at_mut(length);
        let aad = place.aad(&self.frames.id, plain_length);
        tag.copy_from_slice(&self.frames.key.seal(&place.iv(), &aad, text).map_err(io::Error::other)?);
        self.file.write_all(record)?;
        self.record.truncate(FINAL_PREFIX);
        Ok(())
    }

    /// How much text is in the record.
    fn filled(&self) -> usize {
        self.record.len() - FINAL_PREFIX
    }
}

impl<F: Read + Write + Seek> Write for Spool<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = FRAME_LENGTH.bytes() as usize - self.filled();
        let taken = bytes.len().min(room);
        self.record.extend(&bytes[..taken]);
        if taken == room {
            let next = self.sequence.checked_add(1).ok_or_else(|| io::Error::other("too many frames"))?;
            self.put(FramePlace::Regular(self.sequence))?;
            self.sequence = next;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// Encrypted under a key that nobody else has, and that is gone when it is dropped.
impl<F: Read + Write + Seek> Withheld for Spool<F> {}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use crate::crypto::NoWatch;

    use super::*;

    fn plaintext(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
    }

    #[test]
    fn gives_back_what_it_took_in_whatever_pieces() {
        let frame = FRAME_LENGTH.bytes() as usize;
        for length in [0, 1, frame - 1, frame, frame + 1, 2 * frame + 77] {
            for piece in [70_001, frame, usize::MAX] {
                let text = plaintext(length);
                let mut spool = Spool::new(Cursor::new(Vec::new())).unwrap();
                text.chunks(piece).for_each(|piece| spool.write_all(piece).unwrap());
                let mut out = Vec::new();
                assert_eq!(spool.release(&mut out, &NoWatch).unwrap(), length as u64);
                assert!(out == text, "{length} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn its_file_has_no_plaintext_and_believes_no_change() {
        let text = b"the very secret plan ".repeat(30_000);
        for at in [None, Some(0), Some(20), Some(100_000), Some(500_000)] {
            let mut spool = Spool::new(Cursor::new(Vec::new())).unwrap();
            spool.write_all(&text).unwrap();
            let kept = spool.file.get_mut();
            assert!(kept.len() > 500_000 && !kept.windows(8).any(|bytes| bytes == b"the very"));
            if let Some(at) = at {
                kept[at] ^= 1;
            }
            let mut out = Vec::new();
            let released = spool.release(&mut out, &NoWatch);
            assert_eq!(released.is_ok(), at.is_none());
            assert!(out == text[..out.len()]);
        }
    }

    #[test]
    fn no_two_have_the_same_key() {
        let kept = || {
            let mut spool = Spool::new(Cursor::new(Vec::new())).unwrap();
            spool.write_all(&[7; 300_000]).unwrap();
            spool.file.into_inner()
        };
        assert_ne!(kept(), kept());
    }
}
