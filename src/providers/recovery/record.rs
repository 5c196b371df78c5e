//! The record that keeps a recovery key (docs/format.md, section 3): the public half as it is, the private half sealed.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeySize, PrivateDecryptingKey};

use crate::crypto::{AeadKey, IV_LENGTH, TAG_LENGTH, derive_key, random};
use crate::format::v1::SlotId;
use crate::format::{Fields, put_prefixed};
use crate::providers::passphrase::{RECORD_LENGTH, SlotKey};
use crate::providers::{KdfParams, PassphraseRecord, ProviderError};
use crate::secret::{SecretBytes, SecretString};

use super::provider::{RecoveryKey, public_der};
use super::{RecoveryProvider, failed};

const VERSION: u8 = 1;
const SALT_LENGTH: usize = 32;
const INFO: &[u8] = b"sealkeep v1 recovery key";
/// No DER of a key of at most 8192 bits is longer.
const LONGEST_DER: usize = 8 * 1024;

/// The salt is random and fresh for every seal, so that the key is, and an IV of zeros is never used twice under one.
const IV: [u8; IV_LENGTH] = [0; IV_LENGTH];

/// What opens the private half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RecoveryForm {
    /// A passphrase that the person chose.
    Passphrase = 1,
    /// The code on an emergency sheet: see [`super::RecoveryCode`].
    Sheet = 2,
}

/// A recovery key: its public half, and its private half sealed under a slot key that a passphrase opens. Nothing in it is
/// secret.
///
/// `version(1) = 1 ‖ form(1) ‖ passphrase record(105) ‖ lp16(public key) ‖ salt(32) ‖ lp16(sealed private key ‖ tag(16))`
///
/// The public key is the DER of a SubjectPublicKeyInfo, the private key that of a PKCS #8 PrivateKeyInfo. It is sealed by
/// AES-256-GCM under HKDF-SHA512(slot key, salt, info = `sealkeep v1 recovery key`), with an IV of zeros and the AAD
/// `lp16("sealkeep recovery") ‖ lp16(form(1)) ‖ lp16(public key) ‖ lp16(binding)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryRecord {
    form: RecoveryForm,
    passphrase: PassphraseRecord,
    public: Vec<u8>,
    salt: [u8; SALT_LENGTH],
    sealed: Vec<u8>,
}

impl RecoveryRecord {
    /// Makes a recovery key of 3072 bits whose private half `secret` opens. Blocks: on Argon2 and on looking for two primes, about
    /// a second. Call it on a thread of its own.
    ///
    /// # Errors
    /// [`ProviderError::Crypto`]: no random bytes, or not enough memory.
    pub fn make(
        secret: &SecretString,
        form: RecoveryForm,
        params: KdfParams,
        binding: &[u8],
    ) -> Result<(Self, RecoveryKey), ProviderError> {
        let (passphrase, slot_key) = PassphraseRecord::make(secret, params, binding)?;
        let private = PrivateDecryptingKey::generate(KeySize::Rsa3072).map_err(failed)?;
        let salt = random::make_bytes()?;
        let mut record = Self { form, passphrase, public: public_der(&private)?, salt, sealed: Vec::new() };
        let der: Pkcs8V1Der<'_> = private.as_der().map_err(failed)?;
        let mut text = SecretBytes::copy_of(der.as_ref());
        drop(der);
        let aad = record.aad(binding)?;
        // EXPOSE: encrypted in place.
        let sealed = record.sealing_key(&slot_key)?.seal(&IV, &aad, text.expose_mut());
        let tag = sealed?;
        // EXPOSE: ciphertext by now.
        record.sealed = [text.expose(), &tag].concat();
        Ok((record, RecoveryKey { private, slot_key }))
    }

    /// The private half. Blocks as [`RecoveryRecord::make`] does, without the primes.
    ///
    /// # Errors
    /// [`ProviderError::WrongPassphrase`]; [`ProviderError::NotAuthentic`] where the key is not the one that was sealed, or does
    /// not belong to the public half.
    pub fn unlock(&self, secret: &SecretString, binding: &[u8]) -> Result<RecoveryKey, ProviderError> {
        let slot_key = self.passphrase.unlock(secret, binding)?;
        let (text, tag) = self.sealed.split_last_chunk::<TAG_LENGTH>().ok_or(ProviderError::NotAuthentic)?;
        let mut text = SecretBytes::copy_of(text);
        let aad = self.aad(binding)?;
        // EXPOSE: decrypted in place, in a secret.
        let opened = self.sealing_key(&slot_key)?.open(&IV, &aad, text.expose_mut(), tag);
        opened.map_err(|_| ProviderError::NotAuthentic)?;
        // EXPOSE: read by AWS-LC, which wipes what it frees.
        let private = PrivateDecryptingKey::from_pkcs8(text.expose()).map_err(|_| ProviderError::NotAuthentic)?;
        if public_der(&private)? != self.public {
            return Err(ProviderError::NotAuthentic);
        }
        Ok(RecoveryKey { private, slot_key })
    }

    /// The same key under another passphrase. Blocks for as long as two runs of Argon2 take.
    ///
    /// # Errors
    /// Those of [`RecoveryRecord::unlock`] and [`RecoveryRecord::make`].
    pub fn with_passphrase(
        &self,
        old: &SecretString,
        new: &SecretString,
        params: KdfParams,
        binding: &[u8],
    ) -> Result<Self, ProviderError> {
        let slot_key = self.passphrase.unlock(old, binding)?;
        Ok(Self { passphrase: PassphraseRecord::for_key(&slot_key, new, params, binding)?, ..self.clone() })
    }

    /// What wraps for this key without its private half.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`].
    pub fn wrapping(&self, slot: SlotId) -> Result<RecoveryProvider, ProviderError> {
        RecoveryProvider::wrapping(&self.public, slot)
    }

    /// What opens the private half.
    pub fn form(&self) -> RecoveryForm {
        self.form
    }

    /// The record's bytes.
    ///
    /// # Errors
    /// None that can happen.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ProviderError> {
        let mut bytes = vec![VERSION, self.form as u8];
        bytes.extend_from_slice(&self.passphrase.to_bytes());
        put_prefixed(&mut bytes, &self.public, ProviderError::TOO_LONG)?;
        bytes.extend_from_slice(&self.salt);
        put_prefixed(&mut bytes, &self.sealed, ProviderError::TOO_LONG)?;
        Ok(bytes)
    }

    /// The record in `bytes`.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`]: another length or version, a key that is too short, parameters that are too weak or too
    /// heavy.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProviderError> {
        let malformed = || ProviderError::Malformed("its recovery record can't be read");
        let mut rest = Fields::new(bytes);
        let [version, form] = rest.array().map_err(|_| malformed())?;
        if version != VERSION {
            return Err(ProviderError::Malformed("its recovery record is of another version"));
        }
        let form = match form {
            1 => RecoveryForm::Passphrase,
            2 => RecoveryForm::Sheet,
            _ => return Err(malformed()),
        };
        let passphrase = rest.array::<RECORD_LENGTH>().map_err(|_| malformed())?;
        let public = rest.prefixed().map_err(|_| malformed())?;
        let salt = rest.array::<SALT_LENGTH>().map_err(|_| malformed())?;
        let sealed = rest.prefixed().map_err(|_| malformed())?;
        if rest.left() > 0 {
            return Err(malformed());
        }
        if public.len() > LONGEST_DER || sealed.len() > LONGEST_DER {
            return Err(malformed());
        }
        let passphrase = PassphraseRecord::from_bytes(&passphrase)?;
        let record = Self { form, passphrase, public: public.to_vec(), salt, sealed: sealed.to_vec() };
        record.wrapping(SlotId([0; 16]))?;
        Ok(record)
    }

    fn sealing_key(&self, slot_key: &SlotKey) -> Result<AeadKey, ProviderError> {
        Ok(AeadKey::new(&derive_key(slot_key.secret(), &self.salt, INFO)?))
    }

    fn aad(&self, binding: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let mut aad = Vec::new();
        for field in [b"sealkeep recovery", &[self.form as u8][..], &self.public, binding] {
            put_prefixed(&mut aad, field, ProviderError::TOO_LONG)?;
        }
        Ok(aad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::DataKey;
    use crate::format::EncryptionContext;
    use crate::providers::KeyProvider;
    use crate::secret::SecretKey;

    const BINDING: &[u8] = b"vault and slot";
    const SLOT: SlotId = SlotId([5; 16]);

    fn text(text: &str) -> SecretString {
        SecretString::copy_of(text)
    }

    fn record() -> RecoveryRecord {
        RecoveryRecord::make(&text("correct horse"), RecoveryForm::Passphrase, KdfParams::FLOOR, BINDING).unwrap().0
    }

    fn now<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn whoever_has_the_public_half_wraps_and_only_the_private_half_unwraps() {
        let record = record();
        let read = RecoveryRecord::from_bytes(&record.to_bytes().unwrap()).unwrap();
        assert_eq!(read, record);
        let context = EncryptionContext::empty();
        let wrapping = read.wrapping(SLOT).unwrap();
        let key = DataKey::from_secret(SecretKey::copy_of(&[7; 32]).unwrap());
        let wrapped = now(wrapping.wrap(Some(&key), &context)).unwrap().wrapped;
        assert_eq!((wrapped.provider_info.as_slice(), wrapped.ciphertext.len()), (SLOT.to_string().as_bytes(), 384));
        assert_eq!(now(wrapping.unwrap(&wrapped, &context)).unwrap_err(), ProviderError::RecoveryLocked);

        let opened = RecoveryProvider::with_key(read.unlock(&text("correct horse"), BINDING).unwrap(), SLOT).unwrap();
        // EXPOSE: compared in a test.
        assert_eq!(now(opened.unwrap(&wrapped, &context)).unwrap().secret().expose(), &[7; 32]);
        let elsewhere = read.wrapping(SlotId([6; 16])).unwrap();
        assert!(matches!(now(elsewhere.unwrap(&wrapped, &context)), Err(ProviderError::ForeignKey { .. })));
        for at in [0, 100, 383] {
            let mut changed = wrapped.clone();
            changed.ciphertext[at] ^= 1;
            assert_eq!(now(opened.unwrap(&changed, &context)).unwrap_err(), ProviderError::NotAuthentic);
        }
    }

    #[test]
    fn an_index_key_is_believed_only_from_somebody_who_had_the_passphrase() {
        let record = record();
        let context = EncryptionContext::new([("sealkeep:purpose", "index")]).unwrap();
        let key = DataKey::from_secret(SecretKey::copy_of(&[7; 32]).unwrap());
        let public = record.wrapping(SLOT).unwrap();
        assert_eq!(now(public.wrap(Some(&key), &context)).unwrap_err(), ProviderError::RecoveryLocked);
        // What anybody can make with the public half.
        let forged = now(public.wrap(Some(&key), &EncryptionContext::empty())).unwrap().wrapped;
        let opened = RecoveryProvider::with_key(record.unlock(&text("correct horse"), BINDING).unwrap(), SLOT).unwrap();
        assert!(matches!(now(opened.unwrap(&forged, &context)), Err(ProviderError::ForeignKey { .. })));
        let made = now(opened.wrap(Some(&key), &context)).unwrap().wrapped;
        // EXPOSE: compared in a test.
        assert_eq!(now(opened.unwrap(&made, &context)).unwrap().secret().expose(), &[7; 32]);
        let elsewhere = EncryptionContext::new([("sealkeep:purpose", "index"), ("sealkeep:vault", "x")]).unwrap();
        assert_eq!(now(opened.unwrap(&made, &elsewhere)).unwrap_err(), ProviderError::NotAuthentic);
    }

    #[test]
    fn opens_with_its_passphrase_where_it_belongs_and_another_passphrase_keeps_the_key() {
        let record = record();
        for (secret, binding) in [("correct horsf", BINDING), ("correct horse", b"another slot")] {
            assert_eq!(record.unlock(&text(secret), binding).unwrap_err(), ProviderError::WrongPassphrase);
        }
        let changed =
            record.with_passphrase(&text("correct horse"), &text("battery"), KdfParams::FLOOR, BINDING).unwrap();
        assert_eq!(
            changed.unlock(&text("battery"), BINDING).map(|key| public_der(&key.private)).unwrap().unwrap(),
            record.public
        );
        assert!(changed.unlock(&text("correct horse"), BINDING).is_err());
    }

    #[test]
    fn another_public_key_form_or_version_is_refused() {
        let record = record();
        let bytes = record.to_bytes().unwrap();
        for (at, error) in [
            (0, ProviderError::Malformed("its recovery record is of another version")),
            (1, ProviderError::NotAuthentic),
            (bytes.len() - 1, ProviderError::NotAuthentic),
        ] {
            let mut changed = bytes.clone();
            changed[at] ^= 3;
            let opened =
                RecoveryRecord::from_bytes(&changed).and_then(|record| record.unlock(&text("correct horse"), BINDING));
            assert_eq!(opened.map(drop).unwrap_err(), error, "{at}");
        }
        let other = RecoveryRecord { public: self::record().public, ..record.clone() };
        assert_eq!(other.unlock(&text("correct horse"), BINDING).map(drop).unwrap_err(), ProviderError::NotAuthentic);
        for cut in 0..bytes.len() {
            assert!(RecoveryRecord::from_bytes(&bytes[..cut]).is_err());
        }
        let short = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
        let short = RecoveryRecord { public: public_der(&short).unwrap(), ..record };
        assert!(RecoveryRecord::from_bytes(&short.to_bytes().unwrap()).is_err());
    }
}
