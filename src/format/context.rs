//! The encryption context: the pairs that are bound to a wrapped key, in the clear.

use std::collections::BTreeMap;

use super::bytes::{Fields, put_prefixed};
use super::{FormatError, MAX_CONTEXT_LENGTH, PUBLIC_KEY_NAME, SignerKey};

/// Keys that begin like this belong to the message format.
const RESERVED_PREFIX: &str = "aws-crypto-";

/// The pairs that are bound to a wrapped key and to a message. Not secret: AWS KMS logs them in the clear.
///
/// At most 8 KiB as serialised; no key is empty, there twice, or begins with `aws-crypto-`, but for the one that a signed
/// message brings along. Sorted by the keys' UTF-8 bytes, as the format wants them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncryptionContext {
    pairs: BTreeMap<String, String>,
}

impl EncryptionContext {
    /// The context of no pairs.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A context of `pairs`, in any order.
    ///
    /// # Errors
    /// Refuses empty, repeated and reserved keys, and more than [`MAX_CONTEXT_LENGTH`] bytes.
    pub fn new<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, FormatError> {
        let mut context = Self::empty();
        for (key, value) in pairs {
            context.insert(key.into(), value.into(), None)?;
        }
        let length = context.serialised_length();
        if length > MAX_CONTEXT_LENGTH {
            return Err(FormatError::ContextTooLong(length));
        }
        Ok(context)
    }

    /// The pairs, sorted by the keys' UTF-8 bytes.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of `key`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.pairs.get(key).map(String::as_str)
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pairs as the message format writes them: a count, then length-prefixed keys and values; nothing at all where
    /// there are no pairs. (The header puts the length of this in front.)
    ///
    /// # Errors
    /// None for a context that was made by this type; the limit is what keeps every length in two bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FormatError> {
        let length = self.serialised_length();
        let mut bytes = Vec::with_capacity(length);
        if self.pairs.is_empty() {
            return Ok(bytes);
        }
        let count = u16::try_from(self.pairs.len()).map_err(|_| FormatError::ContextTooLong(length))?;
        bytes.extend_from_slice(&count.to_be_bytes());
        for (key, value) in &self.pairs {
            put_prefixed(&mut bytes, key.as_bytes(), FormatError::ContextTooLong(length))?;
            put_prefixed(&mut bytes, value.as_bytes(), FormatError::ContextTooLong(length))?;
        }
        Ok(bytes)
    }

    /// The context in `bytes`, which must hold nothing else. Pairs may be in any order: what is authenticated is the
    /// message's own bytes, not this value.
    ///
    /// # Errors
    /// Those of [`EncryptionContext::new`], and [`FormatError::MalformedContext`] where lengths and count disagree.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        Self::read(bytes, None)
    }

    /// The context of a signed message, and the key of its signature, which stands in it: whoever unwraps the data key is
    /// asked with it too.
    ///
    /// # Errors
    /// Those of [`EncryptionContext::from_bytes`]; [`FormatError::SignerKey`] where there is no such key, or none that can be
    /// one.
    pub(super) fn from_signed_bytes(bytes: &[u8]) -> Result<(Self, SignerKey), FormatError> {
        let context = Self::read(bytes, Some(PUBLIC_KEY_NAME))?;
        let key = context.value(PUBLIC_KEY_NAME).ok_or(FormatError::SignerKey)?;
        let key = SignerKey::from_text(key)?;
        Ok((context, key))
    }

    /// Reads `bytes`, where `reserved` is the one reserved key that may be among the keys.
    fn read(bytes: &[u8], reserved: Option<&str>) -> Result<Self, FormatError> {
        if bytes.len() > MAX_CONTEXT_LENGTH {
            return Err(FormatError::ContextTooLong(bytes.len()));
        }
        let mut context = Self::empty();
        if bytes.is_empty() {
            return Ok(context);
        }
        let mut fields = Fields::new(bytes);
        let count = fields.u16().map_err(malformed)?;
        for _ in 0..count {
            let key = text(fields.prefixed())?;
            let value = text(fields.prefixed())?;
            context.insert(key, value, reserved)?;
        }
        if count == 0 || fields.left() > 0 {
            return Err(FormatError::MalformedContext);
        }
        Ok(context)
    }

    fn insert(&mut self, key: String, value: String, reserved: Option<&str>) -> Result<(), FormatError> {
        if key.is_empty() {
            return Err(FormatError::EmptyContextKey);
        }
        if key.starts_with(RESERVED_PREFIX) && reserved != Some(key.as_str()) {
            return Err(FormatError::ReservedContextKey);
        }
        if self.pairs.contains_key(&key) {
            return Err(FormatError::DuplicateContextKey);
        }
        self.pairs.insert(key, value);
        Ok(())
    }

    fn serialised_length(&self) -> usize {
        if self.pairs.is_empty() {
            return 0;
        }
        2 + self.pairs.iter().map(|(key, value)| 4 + key.len() + value.len()).sum::<usize>()
    }
}

fn text(field: Result<&[u8], FormatError>) -> Result<String, FormatError> {
    let field = field.map_err(malformed)?;
    std::str::from_utf8(field).map(str::to_owned).map_err(|_| FormatError::MalformedContext)
}

/// Inside a context whose length is known, running out of bytes is a contradiction, not a message cut short.
fn malformed(_: FormatError) -> FormatError {
    FormatError::MalformedContext
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_sorted_by_utf8_bytes_and_read_back() {
        // U+FF5E sorts after U+10000 in UTF-16, before it in UTF-8.
        let context = EncryptionContext::new([("\u{10000}", "4"), ("\u{FF5E}", "3"), ("b", "2"), ("a", "1")]).unwrap();
        assert_eq!(context.pairs().map(|(_, value)| value).collect::<String>(), "1234");
        let bytes = context.to_bytes().unwrap();
        assert_eq!(&bytes[..14], b"\0\x04\0\x01a\0\x011\0\x01b\0\x012");
        assert_eq!(EncryptionContext::from_bytes(&bytes).unwrap(), context);
    }

    #[test]
    fn no_pairs_are_no_bytes() {
        assert_eq!(EncryptionContext::empty().to_bytes().unwrap(), b"");
        assert!(EncryptionContext::from_bytes(b"").unwrap().is_empty());
        assert_eq!(EncryptionContext::from_bytes(b"\0\0").unwrap_err(), FormatError::MalformedContext);
    }

    #[test]
    fn refuses_keys_that_are_reserved_empty_or_there_twice() {
        let refused = |pairs: &[(&str, &str)]| EncryptionContext::new(pairs.iter().copied()).unwrap_err();
        assert_eq!(refused(&[("aws-crypto-public-key", "x")]), FormatError::ReservedContextKey);
        assert_eq!(refused(&[("", "x")]), FormatError::EmptyContextKey);
        assert_eq!(refused(&[("a", "x"), ("a", "x")]), FormatError::DuplicateContextKey);
        let twice = b"\0\x02\0\x01a\0\x011\0\x01a\0\x012";
        assert_eq!(EncryptionContext::from_bytes(twice).unwrap_err(), FormatError::DuplicateContextKey);
    }

    #[test]
    fn only_a_signed_message_has_a_reserved_key_and_only_the_one() {
        let point = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, [2; SignerKey::LENGTH]);
        let bytes = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            EncryptionContext { pairs }.to_bytes().unwrap()
        };
        let signed = bytes(&[("a", "1"), (PUBLIC_KEY_NAME, &point)]);
        assert_eq!(EncryptionContext::from_bytes(&signed).unwrap_err(), FormatError::ReservedContextKey);
        let (context, key) = EncryptionContext::from_signed_bytes(&signed).unwrap();
        assert_eq!((context.value(PUBLIC_KEY_NAME), key.as_bytes()), (Some(&point[..]), &[2; SignerKey::LENGTH]));
        assert_eq!(context.to_bytes().unwrap(), signed, "whoever unwraps is asked with all of it");
        let refused = |pairs: &[(&str, &str)]| EncryptionContext::from_signed_bytes(&bytes(pairs)).unwrap_err();
        let other = [(PUBLIC_KEY_NAME, &point[..]), ("aws-crypto-other", "x")];
        assert_eq!(refused(&other), FormatError::ReservedContextKey);
        for none in [&[("a", "1")][..], &[], &[(PUBLIC_KEY_NAME, "")], &[(PUBLIC_KEY_NAME, "AAAA")]] {
            assert_eq!(refused(none), FormatError::SignerKey);
        }
    }

    #[test]
    fn takes_8_kib_and_not_a_byte_more() {
        let of_length = |length: usize| EncryptionContext::new([("k", "v".repeat(length - 7))]);
        assert_eq!(of_length(8192).unwrap().to_bytes().unwrap().len(), 8192);
        assert_eq!(of_length(8193).unwrap_err(), FormatError::ContextTooLong(8193));
        assert_eq!(EncryptionContext::from_bytes(&[0; 8193]).unwrap_err(), FormatError::ContextTooLong(8193));
    }

    #[test]
    fn refuses_every_cut_and_everything_appended() {
        let bytes = EncryptionContext::new([("key", "välue"), ("other", "")]).unwrap().to_bytes().unwrap();
        for cut in 1..bytes.len() {
            assert_eq!(EncryptionContext::from_bytes(&bytes[..cut]).unwrap_err(), FormatError::MalformedContext);
        }
        let longer = [&bytes[..], b"\0"].concat();
        assert_eq!(EncryptionContext::from_bytes(&longer).unwrap_err(), FormatError::MalformedContext);
        let not_text = b"\0\x01\0\x01a\0\x01\xFF";
        assert_eq!(EncryptionContext::from_bytes(not_text).unwrap_err(), FormatError::MalformedContext);
    }
}
