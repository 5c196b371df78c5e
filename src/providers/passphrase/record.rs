//! The record that seals a slot key under a passphrase (docs/format.md, section 3).

use crate::crypto::{IV_LENGTH, TAG_LENGTH, random};
use crate::format::{Fields, FormatError, put_prefixed};
use crate::providers::ProviderError;
use crate::secret::{SecretKey, SecretString};

use super::KdfParams;
use super::kdf::derive_passphrase_key;

/// The length of a record in bytes.
pub const RECORD_LENGTH: usize = HEAD_LENGTH + IV_LENGTH + SecretKey::LENGTH + TAG_LENGTH;

const VERSION: u8 = 1;
const SALT_LENGTH: usize = 32;
/// Version, three parameters and the salt: what decides the key, and is authenticated with it.
const HEAD_LENGTH: usize = 1 + 3 * 4 + SALT_LENGTH;

/// The random key that a passphrase opens and that wraps data keys. Changing the passphrase keeps it.
#[derive(Debug)]
pub struct SlotKey(SecretKey);

/// A slot key, sealed under a passphrase; nothing in it is secret. 105 bytes:
///
/// `version(1) = 1 ‖ memory in KiB(4) ‖ passes(4) ‖ lanes(4) ‖ salt(32) ‖ IV(12) ‖ sealed slot key(32) ‖ tag(16)`
///
/// Numbers are big-endian. The slot key is sealed by AES-256-GCM under Argon2id (version 0x13, 32 bytes) of the passphrase's
/// UTF-8 bytes with those parameters and that salt. AAD is `lp16("sealkeep passphrase") ‖ lp16(the record up to and with the
/// salt) ‖ lp16(binding)`, where lp16 puts a length of two bytes before. The binding says where the record belongs: in a vault,
/// `vault id ‖ slot id`; in a file, nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassphraseRecord {
    params: KdfParams,
    salt: [u8; SALT_LENGTH],
    iv: [u8; IV_LENGTH],
    sealed: [u8; SecretKey::LENGTH],
    tag: [u8; TAG_LENGTH],
}

impl SlotKey {
    /// A new slot key from the operating system's random source.
    ///
    /// # Errors
    /// [`ProviderError::Crypto`] where the operating system has none to give.
    pub fn make_random() -> Result<Self, ProviderError> {
        Ok(Self(SecretKey::filled_by(|key| random::fill(key))?))
    }

    /// A key that takes a slot key's place: see [`super::PassphraseProvider::for_pending`].
    pub(super) fn from_secret(secret: SecretKey) -> Self {
        Self(secret)
    }

    pub(in crate::providers) fn secret(&self) -> &SecretKey {
        &self.0
    }
}

impl PassphraseRecord {
    /// Makes a slot key and the record that seals it. Blocks for as long as Argon2 takes, about a third of a second with the
    /// default parameters: call it on a thread of its own.
    ///
    /// # Errors
    /// [`ProviderError::Crypto`]: no random bytes, or not enough memory.
    pub fn make(
        passphrase: &SecretString,
        params: KdfParams,
        binding: &[u8],
    ) -> Result<(Self, SlotKey), ProviderError> {
        let key = SlotKey::make_random()?;
        let record = Self::for_key(&key, passphrase, params, binding)?;
        Ok((record, key))
    }

    /// The record that seals a slot key one has under another passphrase, with a salt of its own: what is wrapped under the slot
    /// key stays as it is. Blocks as [`PassphraseRecord::make`] does.
    ///
    /// # Errors
    /// Those of [`PassphraseRecord::make`].
    pub fn for_key(
        key: &SlotKey,
        passphrase: &SecretString,
        params: KdfParams,
        binding: &[u8],
    ) -> Result<Self, ProviderError> {
        let mut record = Self {
            params,
            salt: random::make_bytes()?,
            iv: random::make_bytes()?,
            sealed: [0; SecretKey::LENGTH],
            tag: [0; TAG_LENGTH],
        };
        let aad = record.aad(binding)?;
        let passphrase_key = derive_passphrase_key(passphrase, &record.salt, params)?;
        // EXPOSE: encrypted in place, and so plaintext in boxed memory that wipes itself, never in the record.
        let text = SecretKey::filled_by(|copy| {
            copy.copy_from_slice(key.0.expose());
            passphrase_key.seal(&record.iv, &aad, copy).map(|tag| record.tag = tag)
        });
        let sealed = text?;
        // EXPOSE: ciphertext by now.
        record.sealed = *sealed.expose();
        Ok(record)
    }

    /// The same slot key under another passphrase. Blocks for as long as two runs of Argon2 take.
    ///
    /// # Errors
    /// Those of [`PassphraseRecord::unlock`] and [`PassphraseRecord::make`].
    pub fn with_passphrase(
        &self,
        old: &SecretString,
        new: &SecretString,
        params: KdfParams,
        binding: &[u8],
    ) -> Result<Self, ProviderError> {
        Self::for_key(&self.unlock(old, binding)?, new, params, binding)
    }

    /// The slot key. Blocks as [`PassphraseRecord::make`] does.
    ///
    /// # Errors
    /// [`ProviderError::WrongPassphrase`]: the passphrase is another, or record or binding are not what was sealed; nothing can
    /// tell which. [`ProviderError::Crypto`]: not enough memory.
    pub fn unlock(&self, passphrase: &SecretString, binding: &[u8]) -> Result<SlotKey, ProviderError> {
        let aad = self.aad(binding)?;
        let passphrase_key = derive_passphrase_key(passphrase, &self.salt, self.params)?;
        let key = SecretKey::filled_by(|key| {
            *key = self.sealed;
            passphrase_key.open(&self.iv, &aad, key, &self.tag)
        });
        key.map(SlotKey).map_err(|_| ProviderError::WrongPassphrase)
    }

    /// How much work a guess is.
    pub fn params(&self) -> KdfParams {
        self.params
    }

    /// The record's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.head()[..], &self.iv, &self.sealed, &self.tag].concat()
    }

    /// The record in `bytes`.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`]: another length or version, or parameters that are too weak or too heavy.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProviderError> {
        let malformed = |_| ProviderError::Malformed("its passphrase record has another length");
        let mut fields = Fields::new(bytes);
        if bytes.len() != RECORD_LENGTH {
            return Err(malformed(FormatError::Truncated));
        }
        if fields.array().map_err(malformed)? != [VERSION] {
            return Err(ProviderError::Malformed("its passphrase record is of another version"));
        }
        let mut number = || fields.array().map(u32::from_be_bytes).map_err(malformed);
        let params = KdfParams::new(number()?, number()?, number()?)?;
        Ok(Self {
            params,
            salt: fields.array().map_err(malformed)?,
            iv: fields.array().map_err(malformed)?,
            sealed: fields.array().map_err(malformed)?,
            tag: fields.array().map_err(malformed)?,
        })
    }

    fn head(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(HEAD_LENGTH);
        head.push(VERSION);
        for number in [self.params.memory_kib(), self.params.passes(), self.params.lanes()] {
            head.extend_from_slice(&number.to_be_bytes());
        }
        head.extend_from_slice(&self.salt);
        head
    }

    fn aad(&self, binding: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let mut aad = Vec::new();
        for field in [b"sealkeep passphrase", &self.head()[..], binding] {
            put_prefixed(&mut aad, field, ProviderError::TOO_LONG)?;
        }
        Ok(aad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDING: &[u8] = b"vault and slot";

    fn passphrase(text: &str) -> SecretString {
        SecretString::copy_of(text)
    }

    fn make() -> (PassphraseRecord, SlotKey) {
        PassphraseRecord::make(&passphrase("correct horse"), KdfParams::FLOOR, BINDING).unwrap()
    }

    fn same(one: &SlotKey, two: &SlotKey) -> bool {
        // EXPOSE: compared in a test.
        one.secret().expose() == two.secret().expose()
    }

    #[test]
    fn opens_with_its_passphrase_where_it_belongs_and_not_otherwise() {
        let (record, key) = make();
        let read = PassphraseRecord::from_bytes(&record.to_bytes()).unwrap();
        assert_eq!(read, record);
        assert!(same(&read.unlock(&passphrase("correct horse"), BINDING).unwrap(), &key));
        for (text, binding) in
            [("correct horsf", BINDING), ("", BINDING), ("correct horse", b"another slot"), ("correct horse", b"")]
        {
            assert_eq!(read.unlock(&passphrase(text), binding).unwrap_err(), ProviderError::WrongPassphrase);
        }
    }

    #[test]
    fn another_passphrase_keeps_the_slot_key_and_nothing_else() {
        let (record, key) = make();
        let changed = PassphraseRecord::for_key(&key, &passphrase("battery"), KdfParams::FLOOR, BINDING).unwrap();
        assert_ne!((changed.salt, changed.iv, changed.sealed), (record.salt, record.iv, record.sealed));
        assert!(same(&changed.unlock(&passphrase("battery"), BINDING).unwrap(), &key));
        assert!(changed.unlock(&passphrase("correct horse"), BINDING).is_err());
    }

    #[test]
    fn every_byte_counts() {
        let (record, _) = make();
        let bytes = record.to_bytes();
        assert_eq!(bytes.len(), 105);
        // One byte of each field: a run of Argon2 costs too much for all of them. A parameter that moves within its limits
        // makes another key, and one that leaves them is refused.
        for at in [0, 3, 8, 12, 13, 44, 45, 57, 88, 89, 104] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let opened = PassphraseRecord::from_bytes(&changed)
                .and_then(|record| record.unlock(&passphrase("correct horse"), BINDING));
            let error = opened.map(drop).unwrap_err();
            assert!(matches!(error, ProviderError::WrongPassphrase | ProviderError::Malformed(_)), "{at}: {error}");
        }
        for length in [0, 104, 106] {
            let mut cut = bytes.clone();
            cut.resize(length, 0);
            assert!(matches!(PassphraseRecord::from_bytes(&cut), Err(ProviderError::Malformed(_))));
        }
    }

    #[test]
    fn opens_a_record_that_another_program_made_from_the_documentation() {
        // Python's `cryptography` 50: salt 00…1f, IV 20…2b, slot key 40…5f, binding 80…9f.
        let sealed = "7e38f8b2fdb477ff93c730ace78e061abb2ee2c6dee5143b1d833f98d46e98393f6873f5c44f47c8969f0d77851373c4";
        let sealed = (0..sealed.len()).step_by(2).map(|at| u8::from_str_radix(&sealed[at..at + 2], 16).unwrap());
        let head = [&[1, 0, 0, 0x4c, 0, 0, 0, 0, 2, 0, 0, 0, 1][..], &range::<32>(0), &range::<12>(0x20)].concat();
        let bytes: Vec<u8> = head.into_iter().chain(sealed).collect();
        let record = PassphraseRecord::from_bytes(&bytes).unwrap();
        assert_eq!(record.to_bytes(), bytes);
        let key = record.unlock(&passphrase("pässphrase"), &range::<32>(0x80)).unwrap();
        // EXPOSE: compared in a test.
        assert_eq!(*key.secret().expose(), range::<32>(0x40));
    }

    fn range<const N: usize>(from: u8) -> [u8; N] {
        std::array::from_fn(|at| from + at as u8)
    }
}
