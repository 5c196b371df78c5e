//! Key bytes.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// 256 bits of key. Boxed, so that moving the owner leaves no copy on the stack; wiped when dropped.
///
/// What the key is for is said by the type that holds it (`DataKey`, `IndexKey`, `SlotKey`): one key, one purpose.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretKey(Box<[u8; SecretKey::LENGTH]>);

impl SecretKey {
    /// The length in bytes.
    pub const LENGTH: usize = 32;

    /// A key that `fill` writes in place, so that no other copy ever exists.
    ///
    /// # Errors
    /// Whatever `fill` returns.
    pub fn filled_by<E>(fill: impl FnOnce(&mut [u8; SecretKey::LENGTH]) -> Result<(), E>) -> Result<Self, E> {
        let mut key = Self(Box::new([0; Self::LENGTH]));
        fill(&mut key.0)?;
        Ok(key)
    }

    /// Copies a key out of `bytes`; `None` unless there are exactly 32. The caller wipes its own copy.
    pub fn copy_of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::LENGTH {
            return None;
        }
        let mut key = Self(Box::new([0; Self::LENGTH]));
        key.0.copy_from_slice(bytes);
        Some(key)
    }

    /// Lends the key. Say why at the call: `// EXPOSE: reason`.
    pub fn expose(&self) -> &[u8; SecretKey::LENGTH] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_exactly_32_bytes_and_shows_none() {
        assert!(SecretKey::copy_of(&[7; 31]).is_none());
        assert!(SecretKey::copy_of(&[7; 33]).is_none());
        assert_eq!(SecretKey::copy_of(&[7; 32]).map(|key| format!("{key:?}")).as_deref(), Some("SecretKey(…)"));
    }
}
