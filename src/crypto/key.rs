//! The data key, and how often it may be used.

use std::ops::Deref;

use subtle::ConstantTimeEq;

use crate::secret::{SecretKey, assert_cannot_travel};

use super::{CryptoError, random};

/// A 256-bit data key: what a key provider wraps and unwraps. Opens its one message; cannot seal.
///
/// Wiped when dropped, shows nothing in `Debug`, cannot be copied, and is compared with a fresh one alone.
#[derive(Debug)]
pub struct DataKey(SecretKey);

impl DataKey {
    /// The data key that was unwrapped.
    pub fn from_secret(secret: SecretKey) -> Self {
        Self(secret)
    }

    /// Lends the key, for wrapping and for deriving.
    pub fn secret(&self) -> &SecretKey {
        &self.0
    }

    /// Gives the key to another type that owns its purpose.
    pub fn into_secret(self) -> SecretKey {
        self.0
    }
}

/// A data key that was just made and has sealed nothing yet. Sealing a header consumes it, so that no second header can
/// be made under it: two different headers would share an IV and give the authentication key away.
///
/// Wraps like any [`DataKey`], by reference; what is unwrapped is a `DataKey` and never fresh.
#[derive(Debug)]
pub struct FreshDataKey(DataKey);

impl FreshDataKey {
    /// A new key from the operating system's random source.
    ///
    /// # Errors
    /// [`CryptoError::Random`] where the operating system has none to give.
    pub fn make_random() -> Result<Self, CryptoError> {
        SecretKey::filled_by(|key| random::fill(key)).map(Self::from_generated)
    }

    /// The key that a service has generated for us just now (AWS KMS `GenerateDataKey`). Never for one that was
    /// unwrapped.
    pub fn from_generated(secret: SecretKey) -> Self {
        Self(DataKey::from_secret(secret))
    }

    /// Whether `unwrapped` is this very key, told in constant time: what proves that whoever wrapped it unwraps it.
    pub fn is(&self, unwrapped: &DataKey) -> bool {
        // EXPOSE: compared.
        bool::from(self.secret().expose().ct_eq(unwrapped.secret().expose()))
    }

    /// Gives up sealing: for a key that is to wrap or derive and never seals a message.
    pub fn into_data_key(self) -> DataKey {
        self.0
    }
}

impl Deref for FreshDataKey {
    type Target = DataKey;

    fn deref(&self) -> &DataKey {
        &self.0
    }
}

assert_cannot_travel!(DataKey, FreshDataKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_key_is_what_was_unwrapped_of_it_and_no_other() {
        let fresh = FreshDataKey::from_generated(SecretKey::copy_of(&[7; 32]).unwrap());
        let unwrapped = |byte| DataKey::from_secret(SecretKey::copy_of(&[byte; 32]).unwrap());
        assert!(fresh.is(&unwrapped(7)) && !fresh.is(&unwrapped(8)));
    }

    #[test]
    fn fresh_keys_differ_and_show_nothing() {
        let (one, two) = (FreshDataKey::make_random().unwrap(), FreshDataKey::make_random().unwrap());
        // EXPOSE: compared in a test.
        assert_ne!(one.secret().expose(), two.secret().expose());
        assert_eq!(format!("{one:?}"), "FreshDataKey(DataKey(SecretKey(…)))");
    }
}
