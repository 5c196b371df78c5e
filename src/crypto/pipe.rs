//! From a thread that writes plaintext to one that reads it, through memory that wipes itself.
//!
//! Invariant: the reader comes to an end only where the writer said that all of it was written; a writer that is dropped before
//! is an error to read.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::secret::SecretBytes;

/// How many pieces may wait: enough that neither side stands still, and of bounded size.
const WAITING: usize = 2;

/// The end that is written to.
#[derive(Debug)]
pub struct Giver(SyncSender<Option<SecretBytes>>);

/// The end that is read from.
#[derive(Debug)]
pub struct Taker {
    pieces: Receiver<Option<SecretBytes>>,
    piece: SecretBytes,
    read: usize,
    ended: bool,
}

/// Both ends.
pub fn pipe() -> (Giver, Taker) {
    let (giver, pieces) = sync_channel(WAITING);
    (Giver(giver), Taker { pieces, piece: SecretBytes::default(), read: 0, ended: false })
}

impl Giver {
    /// Says that this was all.
    pub fn finish(self) {
        // Where nobody reads any more, nobody wants to know.
        let _ = self.0.send(None);
    }
}

impl Write for Giver {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty() {
            let piece = Some(SecretBytes::copy_of(bytes));
            self.0.send(piece).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Taker {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() && !self.ended {
            match self.pieces.recv() {
                Ok(Some(piece)) => (self.piece, self.read) = (piece, 0),
                Ok(None) => self.ended = true,
                Err(_) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            }
        }
        // EXPOSE: read from, by what seals it.
        let rest = &self.piece.expose()[self.read..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn all_comes_across_and_half_of_it_is_an_error() {
        for whole in [true, false] {
            let (mut giver, mut taker) = pipe();
            let giving = thread::spawn(move || {
                for _ in 0..10 {
                    giver.write_all(&[7; 1000]).unwrap();
                }
                if whole {
                    giver.finish();
                }
            });
            let mut read = Vec::new();
            assert_eq!(taker.read_to_end(&mut read).is_ok(), whole);
            assert_eq!(read, [7; 10_000]);
            giving.join().unwrap();
        }
    }

    #[test]
    fn nobody_writes_on_where_nobody_reads() {
        let (mut giver, taker) = pipe();
        drop(taker);
        assert!(giver.write_all(b"text").is_err());
        giver.finish();
    }
}
