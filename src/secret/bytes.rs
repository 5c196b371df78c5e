//! Plaintext bytes.

use std::fmt;
use std::io;
use std::ops::Range;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Plaintext of any length: a document, an encoded record. Wiped when dropped.
///
/// Growth moves the bytes; the old allocation is wiped here, before it is freed, so that the type does not lean on the
/// global allocator.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes over `bytes`; nothing is copied.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// An empty secret with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Copies `bytes` into a secret. The caller keeps, and wipes, its own copy.
    pub fn copy_of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The length in bytes, which is not a secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lends the plaintext. Say why at the call: `// EXPOSE: reason`.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Lends the plaintext for changes that keep its length. Say why at the call: `// EXPOSE: reason`.
    pub fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Appends `more`; when the allocation must grow, the old one is wiped.
    pub fn extend(&mut self, more: &[u8]) {
        if self.0.capacity() - self.0.len() < more.len() {
            let wanted = (self.0.len() + more.len()).max(self.0.capacity() * 2);
            let mut grown = Vec::with_capacity(wanted);
            grown.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = grown;
        }
        self.0.extend_from_slice(more);
    }

    /// Shortens to `length` bytes and wipes what is cut off.
    pub fn truncate(&mut self, length: usize) {
        if length < self.0.len() {
            self.0[length..].zeroize();
            self.0.truncate(length);
        }
    }

    /// Keeps the bytes of `range`, which must be within, and wipes the others.
    pub fn keep(&mut self, range: Range<usize>) {
        let length = range.len();
        self.0.copy_within(range, 0);
        self.truncate(length);
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

impl io::Write for SecretBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", SecretBytes::copy_of(b"hunter2")), "SecretBytes(…)");
    }

    #[test]
    fn grows_and_shrinks_without_losing_bytes() {
        let mut secret = SecretBytes::default();
        for chunk in [&b"one"[..], b"two", b"three"] {
            secret.extend(chunk);
        }
        assert_eq!(secret.expose(), b"onetwothree");
        secret.truncate(3);
        assert_eq!(secret.expose(), b"one");
        assert_eq!(secret.len(), 3);
        secret.keep(1..3);
        assert_eq!(secret.expose(), b"ne");
    }
}
