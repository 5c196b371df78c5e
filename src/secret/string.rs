//! Plaintext text.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::SecretBytes;

/// Plaintext text: a passphrase, a password, a title. Wiped when dropped.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub struct SecretString(String);

impl SecretString {
    /// Takes over `text`; nothing is copied.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Copies `text` into a secret. The caller keeps, and wipes, its own copy.
    pub fn copy_of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text in `bytes`.
    ///
    /// # Errors
    /// Gives the bytes back where they are not UTF-8.
    pub fn from_bytes(bytes: SecretBytes) -> Result<Self, SecretBytes> {
        // EXPOSE: checked and copied into the new secret; `bytes` wipes itself.
        match std::str::from_utf8(bytes.expose()) {
            Ok(text) => Ok(Self::copy_of(text)),
            Err(_) => Err(bytes),
        }
    }

    /// The length in bytes, which is not a secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lends the text. Say why at the call: `// EXPOSE: reason`.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A second secret with the same text, for a second owner. Deliberately not `Clone`: a copy is a decision.
    pub fn duplicate(&self) -> Self {
        Self::copy_of(&self.0)
    }

    /// Inserts `more` at the byte index `at`, which must be a character boundary; an outgrown allocation is wiped.
    pub fn insert(&mut self, at: usize, more: &str) {
        let mut grown = String::with_capacity((self.0.len() + more.len()).next_power_of_two().max(64));
        grown.push_str(&self.0[..at]);
        grown.push_str(more);
        grown.push_str(&self.0[at..]);
        self.0.zeroize();
        self.0 = grown;
    }

    /// Removes the bytes of `range`, whose ends must be character boundaries, and wipes the tail that moved.
    pub fn remove(&mut self, range: std::ops::Range<usize>) {
        let mut kept = String::with_capacity(self.0.capacity());
        kept.push_str(&self.0[..range.start]);
        kept.push_str(&self.0[range.end..]);
        self.0.zeroize();
        self.0 = kept;
    }

    /// Whether both hold the same text, in time that depends only on the lengths.
    pub fn same_as(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq;
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretString(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_in_place() {
        let mut text = SecretString::copy_of("pässword");
        text.insert(0, "my ");
        text.remove(3..4);
        assert_eq!(text.expose(), "my ässword");
        assert!(text.same_as(&SecretString::copy_of("my ässword")));
        assert!(!text.same_as(&SecretString::copy_of("my ässwore")));
        assert_eq!(format!("{text:?}"), "SecretString(…)");
    }

    #[test]
    fn refuses_what_is_not_text() {
        assert!(SecretString::from_bytes(SecretBytes::copy_of(&[0xFF])).is_err());
        assert_eq!(SecretString::from_bytes(SecretBytes::copy_of(b"ok")).map(|s| s.len()).ok(), Some(2));
    }
}
