//! A profile that a passphrase seals: whoever sits at an unlocked desktop, or reads the keyring, has no credentials yet.
//!
//! The bytes are docs/format.md, section 9.
//! In the keyring it is `{"version":1,"kind":"protected","of":KIND,"region":REGION,"record":…,"sealed":…}`: `record` is a
//! passphrase record (docs/format.md, section 3) bound to the profile's name, which gives a random key; `sealed` is the profile
//! as it would be without, under that key by AES-256-GCM: `IV(12) ‖ ciphertext ‖ tag(16)`, with AAD `lp16("sealkeep profile") ‖
//! lp16(name)`. Both are base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::crypto::{AeadKey, IV_LENGTH, TAG_LENGTH, random};
use crate::format::put_prefixed;
use crate::providers::ProviderError;
use crate::providers::passphrase::{KdfParams, PassphraseRecord};
use crate::secret::{SecretBytes, SecretString};

use super::AwsProfile;

const VERSION: u32 = 1;
pub(super) const PROTECTED: &str = "protected";

/// What the keyring has for a profile.
#[derive(Debug)]
pub enum StoredProfile {
    /// It can be used.
    Open(AwsProfile),
    /// A passphrase opens it.
    Protected(ProtectedProfile),
}

/// A profile that a passphrase opens. Nothing in it is secret.
#[derive(Clone, Debug)]
pub struct ProtectedProfile {
    name: String,
    of: String,
    region: String,
    record: PassphraseRecord,
    sealed: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    kind: String,
    of: String,
    region: String,
    record: String,
    sealed: String,
}

impl StoredProfile {
    /// The profile `name` from the keyring's bytes.
    ///
    /// # Errors
    /// [`ProviderError::Config`]: the bytes are not a profile, or one of a newer Sealkeep.
    pub fn from_bytes(name: &str, bytes: &SecretBytes) -> Result<Self, ProviderError> {
        // EXPOSE: parsed; a protected one has nothing secret in it, and of any other nothing is kept here.
        match serde_json::from_slice::<Stored>(bytes.expose()) {
            Ok(stored) if stored.kind == PROTECTED => ProtectedProfile::read(name, stored).map(Self::Protected),
            _ => AwsProfile::from_bytes(name, bytes).map(Self::Open),
        }
    }
}

impl ProtectedProfile {
    /// Seals `profile` under `passphrase`. Blocks for as long as Argon2 takes.
    ///
    /// # Errors
    /// [`ProviderError::Crypto`]: no random bytes, or not enough memory.
    pub fn seal(profile: &AwsProfile, passphrase: &SecretString) -> Result<Self, ProviderError> {
        let name = profile.name().to_owned();
        let (record, key) = PassphraseRecord::make(passphrase, KdfParams::DEFAULT, name.as_bytes())?;
        let iv: [u8; IV_LENGTH] = random::make_bytes()?;
        let mut text = profile.to_bytes()?;
        // EXPOSE: encrypted in place.
        let tag = AeadKey::new(key.secret()).seal(&iv, &aad(&name)?, text.expose_mut())?;
        // EXPOSE: it is ciphertext now.
        let sealed = [&iv, text.expose(), &tag].concat();
        Ok(Self { name, of: profile.kind_name().to_owned(), region: profile.region().to_owned(), record, sealed })
    }

    /// The profile. Blocks for as long as Argon2 takes.
    ///
    /// # Errors
    /// [`ProviderError::WrongPassphrase`]: it is another, or what was sealed was changed; nothing can tell which.
    pub fn open(&self, passphrase: &SecretString) -> Result<AwsProfile, ProviderError> {
        let key = self.record.unlock(passphrase, self.name.as_bytes())?;
        let wrong = || ProviderError::WrongPassphrase;
        let (iv, rest) = self.sealed.split_first_chunk::<IV_LENGTH>().ok_or_else(wrong)?;
        let (text, tag) = rest.split_last_chunk::<TAG_LENGTH>().ok_or_else(wrong)?;
        let mut text = SecretBytes::copy_of(text);
        // EXPOSE: decrypted in place, in a secret.
        AeadKey::new(key.secret()).open(iv, &aad(&self.name)?, text.expose_mut(), tag).map_err(|_| wrong())?;
        AwsProfile::from_bytes(&self.name, &text)
    }

    /// The profile's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What kind is sealed: see [`AwsProfile::kind_name`]. Not verified.
    pub fn kind_name(&self) -> &str {
        &self.of
    }

    /// The region. Not verified.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Bytes for the keyring.
    ///
    /// # Errors
    /// None that can happen: the bytes are written to memory.
    pub fn to_bytes(&self) -> Result<SecretBytes, ProviderError> {
        let stored = Stored {
            version: VERSION,
            kind: PROTECTED.to_owned(),
            of: self.of.clone(),
            region: self.region.clone(),
            record: STANDARD.encode(self.record.to_bytes()),
            sealed: STANDARD.encode(&self.sealed),
        };
        let mut bytes = SecretBytes::with_capacity(1024);
        serde_json::to_writer(&mut bytes, &stored).map_err(|_| unreadable(&self.name))?;
        Ok(bytes)
    }

    fn read(name: &str, stored: Stored) -> Result<Self, ProviderError> {
        if stored.version != VERSION {
            let why = format!("the profile “{name}” was stored by a newer Sealkeep, which is needed to use it");
            return Err(ProviderError::Config(why));
        }
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| unreadable(name));
        let record = PassphraseRecord::from_bytes(&bytes(&stored.record)?)?;
        let sealed = bytes(&stored.sealed)?;
        Ok(Self { name: name.to_owned(), of: stored.of, region: stored.region, record, sealed })
    }
}

fn aad(name: &str) -> Result<Vec<u8>, ProviderError> {
    let mut aad = Vec::new();
    for field in [b"sealkeep profile", name.as_bytes()] {
        put_prefixed(&mut aad, field, ProviderError::TOO_LONG)?;
    }
    Ok(aad)
}

fn unreadable(name: &str) -> ProviderError {
    ProviderError::Config(format!("what the keyring has for the profile “{name}” can't be read; add it again"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::aws::{Network, ProfileKind};

    fn profile(name: &str) -> AwsProfile {
        let kind = ProfileKind::Static {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: SecretString::copy_of("wJalrXUtnFEMIK7MDENG"),
            session_token: None,
        };
        AwsProfile::new(name, "eu-central-1", Network::default(), kind).unwrap()
    }

    fn passphrase(text: &str) -> SecretString {
        SecretString::copy_of(text)
    }

    #[test]
    fn opens_with_its_passphrase_under_its_name_and_not_otherwise() {
        let sealed = ProtectedProfile::seal(&profile("work"), &passphrase("1234")).unwrap();
        let bytes = sealed.to_bytes().unwrap();
        // EXPOSE: looked through in a test.
        let text = std::str::from_utf8(bytes.expose()).unwrap();
        assert!(!text.contains("AKIA") && !text.contains("wJal"), "{text}");
        let read = |name: &str| match StoredProfile::from_bytes(name, &bytes).unwrap() {
            StoredProfile::Protected(read) => read,
            StoredProfile::Open(_) => panic!("it is sealed"),
        };
        let opened = read("work").open(&passphrase("1234")).unwrap();
        assert_eq!(opened.access_key_id(), Some("AKIAIOSFODNN7EXAMPLE"));
        assert_eq!((read("work").kind_name(), read("work").region()), ("static", "eu-central-1"));
        assert_eq!(read("work").open(&passphrase("1235")).unwrap_err(), ProviderError::WrongPassphrase);
        // Somebody who can write to the keyring, and gives one profile another's name.
        assert_eq!(read("home").open(&passphrase("1234")).unwrap_err(), ProviderError::WrongPassphrase);
        let mut changed = read("work");
        *changed.sealed.last_mut().unwrap() ^= 1;
        assert_eq!(changed.open(&passphrase("1234")).unwrap_err(), ProviderError::WrongPassphrase);
    }

    #[test]
    fn opens_what_another_program_made_from_the_documentation() {
        let document = include_str!("../../../docs/format.md").replace('\n', "");
        let stored =
            document.find(r#"{"version":1,"kind":"protected","of":"static""#).map(|at| &document[at..]).unwrap();
        let stored = stored.split_inclusive('}').next().unwrap();
        let read = |name: &str| match StoredProfile::from_bytes(name, &SecretBytes::copy_of(stored.as_bytes())).unwrap()
        {
            StoredProfile::Protected(read) => read,
            StoredProfile::Open(_) => panic!("docs/format.md, section 9, has an open profile"),
        };
        assert_eq!((read("work").kind_name(), read("work").region()), ("static", "eu-central-1"));
        let opened = read("work").open(&passphrase("pässphrase")).unwrap();
        assert_eq!((opened.access_key_id(), opened.region()), (Some("AKIAIOSFODNN7EXAMPLE"), "eu-central-1"));
        assert_eq!(read("works").open(&passphrase("pässphrase")).unwrap_err(), ProviderError::WrongPassphrase);
        // And what is written is of the same form.
        // EXPOSE: ciphertext, held against the document in a test.
        let bytes = read("work").to_bytes().unwrap();
        assert_eq!(std::str::from_utf8(bytes.expose()).unwrap(), stored);
    }

    #[test]
    fn the_same_profile_is_sealed_anew_each_time() {
        let seal = || ProtectedProfile::seal(&profile("work"), &passphrase("1234")).unwrap();
        let (one, two) = (seal(), seal());
        assert_ne!(one.sealed, two.sealed);
        assert_ne!(one.record, two.record);
    }

    #[test]
    fn what_is_not_sealed_is_read_as_ever() {
        let bytes = profile("work").to_bytes().unwrap();
        assert!(matches!(StoredProfile::from_bytes("work", &bytes), Ok(StoredProfile::Open(_))));
        assert!(StoredProfile::from_bytes("work", &SecretBytes::copy_of(b"hunter2")).is_err());
    }
}
