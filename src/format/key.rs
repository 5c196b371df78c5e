//! One wrapped data key, as a message's header carries it.

use super::FormatError;
use super::bytes::{Fields, put_prefixed};

/// A data key that some key provider has encrypted. Not secret.
///
/// <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message-header.md#encrypted-data-key-entries>
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EncryptedDataKey {
    /// Which kind of provider wrapped it: `aws-kms`, …
    pub provider_id: String,
    /// Which key of the provider wrapped it: for `aws-kms` the KMS key's ARN in UTF-8.
    pub provider_info: Vec<u8>,
    /// The encrypted data key, as the provider wrote it.
    pub ciphertext: Vec<u8>,
}

impl EncryptedDataKey {
    /// The key as a header writes it: three fields, each preceded by its length in two bytes.
    ///
    /// # Errors
    /// [`FormatError::MalformedKey`] where a field is longer than 65,535 bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FormatError> {
        let mut bytes =
            Vec::with_capacity(6 + self.provider_id.len() + self.provider_info.len() + self.ciphertext.len());
        for field in [self.provider_id.as_bytes(), &self.provider_info, &self.ciphertext] {
            put_prefixed(&mut bytes, field, FormatError::MalformedKey)?;
        }
        Ok(bytes)
    }

    /// The key in `bytes`, which must hold nothing else.
    ///
    /// # Errors
    /// [`FormatError::Truncated`], [`FormatError::Trailing`], and [`FormatError::MalformedKey`] where the provider is
    /// not UTF-8.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut fields = Fields::new(bytes);
        let key = Self::take(&mut fields)?;
        if fields.left() > 0 {
            return Err(FormatError::Trailing("encrypted data key"));
        }
        Ok(key)
    }

    /// Takes one key off the front of `fields`.
    pub(crate) fn take(fields: &mut Fields<'_>) -> Result<Self, FormatError> {
        let provider_id = fields.prefixed()?;
        let provider_info = fields.prefixed()?;
        let ciphertext = fields.prefixed()?;
        let provider_id = std::str::from_utf8(provider_id).map_err(|_| FormatError::MalformedKey)?;
        Ok(Self {
            provider_id: provider_id.to_owned(),
            provider_info: provider_info.to_vec(),
            ciphertext: ciphertext.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> EncryptedDataKey {
        EncryptedDataKey {
            provider_id: "aws-kms".to_owned(),
            provider_info: b"arn:aws:kms:eu-west-1:111122223333:key/x".to_vec(),
            ciphertext: vec![0xA5; 184],
        }
    }

    #[test]
    fn is_read_back_as_written() {
        let bytes = key().to_bytes().unwrap();
        assert_eq!(&bytes[..9], b"\0\x07aws-kms");
        assert_eq!(EncryptedDataKey::from_bytes(&bytes).unwrap(), key());
    }

    #[test]
    fn refuses_every_cut_and_everything_appended() {
        let bytes = key().to_bytes().unwrap();
        for cut in 0..bytes.len() {
            assert_eq!(EncryptedDataKey::from_bytes(&bytes[..cut]).unwrap_err(), FormatError::Truncated);
        }
        let longer = [&bytes[..], b"\0"].concat();
        assert_eq!(EncryptedDataKey::from_bytes(&longer).unwrap_err(), FormatError::Trailing("encrypted data key"));
    }

    #[test]
    fn refuses_what_two_bytes_of_length_cannot_say() {
        let long = EncryptedDataKey { ciphertext: vec![0; 65_536], ..key() };
        assert_eq!(long.to_bytes().unwrap_err(), FormatError::MalformedKey);
    }
}
