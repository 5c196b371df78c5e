//! SHA-256 of what is stored: ciphertext and wraps.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

use crate::secret::wipe_stack;

/// The SHA-256 digest of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The same of what is secret: nothing of its last block stays on the stack.
pub fn sha256_of_secret(bytes: &[u8]) -> [u8; 32] {
    let digest = hash_apart(bytes);
    wipe_stack();
    digest
}

/// What it leaves lies below the caller.
#[inline(never)]
fn hash_apart(bytes: &[u8]) -> [u8; 32] {
    sha256(bytes)
}

/// Passes bytes on to a writer, or from a reader, and digests and counts what went through.
pub struct Digesting<W> {
    inner: W,
    hash: Sha256,
    length: u64,
}

impl<W: Write> Digesting<W> {
    /// Digests what is written to `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), length: 0 }
    }

    /// The digest, the length in bytes, and the writer.
    pub fn finish(self) -> ([u8; 32], u64, W) {
        (self.hash.finalize().into(), self.length, self.inner)
    }
}

impl<R> Digesting<R> {
    /// Digests what is read from `inner`.
    pub fn reading(inner: R) -> Self {
        Self { inner, hash: Sha256::new(), length: 0 }
    }

    /// The digest of what was read so far, and its length in bytes.
    pub fn so_far(self) -> ([u8; 32], u64) {
        (self.hash.finalize().into(), self.length)
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.hash.update(&into[..count]);
        self.length += count as u64;
        Ok(count)
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_slices_agree() {
        let mut digesting = Digesting::new(Vec::new());
        digesting.write_all(b"ab").unwrap();
        digesting.write_all(b"c").unwrap();
        let (digest, length, written) = digesting.finish();
        assert_eq!((digest, length, &written[..]), (sha256(b"abc"), 3, &b"abc"[..]));
        assert_eq!(digest[..4], [0xba, 0x78, 0x16, 0xbf]);
    }
}
