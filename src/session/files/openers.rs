//! What a person has to open sealed files with: trusted KMS keys, and a passphrase.
//!
//! Invariant: a key that is neither pinned for one of this machine's vaults nor named by the person is not asked for anything.

use std::sync::Arc;

use crate::providers::kms::resolve;
use crate::providers::{
    KeyArn, KeyName, KeyProvider, KmsProvider, PassphraseProvider, PassphraseRecord, ProviderError,
};
use crate::secret::SecretString;
use crate::vault::{Recipient, on_thread};

use super::super::{Home, SessionError, profiles, trust};
use super::recipients::FILE_BINDING;

/// What a person has to open sealed files with. Keeps what it opened, so that the next file of the same kind costs less.
pub struct Openers {
    home: Home,
    /// The AWS profile that was named.
    profile: Option<String>,
    /// The AWS profile that there is, where there is just one.
    only: Option<String>,
    trusted: Vec<Trusted>,
    passphrase: Option<Arc<SecretString>>,
    kms: Vec<(KeyArn, Arc<KmsProvider>)>,
    slots: Vec<(PassphraseRecord, Arc<PassphraseProvider>)>,
}

/// A KMS key that may be asked, and the profile that opens its vault here.
struct Trusted {
    key: KeyArn,
    profile: Option<String>,
}

/// How one file can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// With a KMS key that is trusted.
    Kms {
        /// The key.
        key: KeyArn,
        /// The AWS profile to ask it as.
        profile: String,
    },
    /// With a passphrase: any of these records may be sealed under it. There is one at least; those that cost least come first.
    Passphrase(Vec<PassphraseRecord>),
}

/// A passphrase that takes more memory than this, in KiB, to try is worth a word before.
const HEAVY_KIB: u32 = 256 * 1024;

impl Way {
    /// How many MiB of memory trying the passphrase may take, where that is so much that it takes long.
    pub fn heavy_mib(&self) -> Option<u32> {
        let Self::Passphrase(records) = self else { return None };
        let most = records.iter().map(|record| record.params().memory_kib()).max()?;
        (most > HEAVY_KIB).then_some(most.div_ceil(1024))
    }
}

impl Openers {
    /// The keys of this machine's vaults, and `named` ones. `profile` is the AWS profile that was named; without one it is the
    /// one that opens the vault which the key belongs to, else the only one that there is.
    ///
    /// # Errors
    /// [`SessionError::Platform`]; where an alias is named, `WhichProfile`, those of [`profiles::load`] and
    /// [`SessionError::Provider`].
    pub async fn new(home: &Home, profile: Option<&str>, named: &[KeyName]) -> Result<Self, SessionError> {
        let only = profiles::only(home)?;
        let mut trusted = Vec::new();
        for name in named {
            let key = match name {
                KeyName::Key(key) => key.clone(),
                KeyName::Alias(_) => {
                    let profile = profile.or(only.as_deref()).ok_or(SessionError::WhichProfile)?;
                    resolve(&profiles::load(home, profile).await?, name).await?
                }
            };
            trusted.push(Trusted { key, profile: None });
        }
        trusted.extend(
            trust::pinned_keys(home)?.into_iter().map(|(key, profile)| Trusted { key, profile: Some(profile) }),
        );
        let profile = profile.map(str::to_owned);
        Ok(Self { home: home.clone(), profile, only, trusted, passphrase: None, kms: Vec::new(), slots: Vec::new() })
    }

    /// The passphrase to try. Until there is one, and where a file has both, KMS keys come first.
    pub fn set_passphrase(&mut self, passphrase: SecretString) {
        self.passphrase = Some(Arc::new(passphrase));
    }

    /// Whether there is a passphrase to try.
    pub fn has_passphrase(&self) -> bool {
        self.passphrase.is_some()
    }

    /// How a file for `recipients` can be opened. Asks nobody. Name the file `label` in errors.
    ///
    /// # Errors
    /// [`ProviderError::ForeignKey`] where it would take a KMS key that is not trusted; `WhichProfile`; `NoOpener`;
    /// [`ProviderError::Malformed`] where no passphrase record can be read, or each would cost too much.
    pub fn choose(&self, recipients: &[Recipient], label: &str) -> Result<Way, SessionError> {
        let kms = self.kms_way(recipients);
        let passphrase = passphrase_way(recipients);
        match (kms, passphrase) {
            (_, Some(Ok(way))) if self.has_passphrase() => Ok(way),
            (Some(Ok(way)), _) => Ok(way),
            (_, Some(way)) => Ok(way?),
            (Some(Err(error)), None) => Err(error),
            (None, None) => Err(SessionError::NoOpener(label.into())),
        }
    }

    /// The first trusted KMS key; else why the first one that is named is not asked.
    fn kms_way(&self, recipients: &[Recipient]) -> Option<Result<Way, SessionError>> {
        let named = recipients.iter().filter_map(|recipient| match recipient {
            Recipient::Kms { key_arn } => Some(key_arn),
            _ => None,
        });
        let mut refused = None;
        for arn in named {
            let key = arn.parse::<KeyArn>().ok();
            // Text that is not an ARN is not repeated.
            let shown = key.as_ref().map_or("something that is no KMS key", KeyArn::as_str).to_owned();
            let trusted = self.trusted.iter().find(|trusted| Some(&trusted.key) == key.as_ref());
            let Some(Trusted { key, profile }) = trusted else {
                refused.get_or_insert(Err(ProviderError::ForeignKey { key: shown }.into()));
                continue;
            };
            let profile = self.profile.as_ref().or(profile.as_ref()).or(self.only.as_ref());
            return Some(match profile {
                Some(profile) => Ok(Way::Kms { key: key.clone(), profile: profile.clone() }),
                None => Err(SessionError::WhichProfile),
            });
        }
        refused
    }

    /// The provider for `way`; for a passphrase, one run of Argon2 for each of its records until one opens, the first time.
    ///
    /// # Errors
    /// Those of [`profiles::load`]; [`ProviderError::WrongPassphrase`].
    pub async fn provider(&mut self, way: &Way) -> Result<Arc<dyn KeyProvider>, SessionError> {
        match way {
            Way::Kms { key, profile } => Ok(self.kms_provider(key, profile).await?),
            Way::Passphrase(records) => Ok(self.passphrase_provider(records).await?),
        }
    }

    async fn kms_provider(&mut self, key: &KeyArn, profile: &str) -> Result<Arc<KmsProvider>, SessionError> {
        if let Some((_, known)) = self.kms.iter().find(|(known, _)| known == key) {
            return Ok(Arc::clone(known));
        }
        let profile = profiles::load(&self.home, profile).await?;
        let provider = Arc::new(KmsProvider::new(&profile, key.clone()));
        self.kms.push((key.clone(), Arc::clone(&provider)));
        Ok(provider)
    }

    async fn passphrase_provider(
        &mut self,
        records: &[PassphraseRecord],
    ) -> Result<Arc<PassphraseProvider>, SessionError> {
        if let Some((_, known)) = self.slots.iter().find(|(known, _)| records.contains(known)) {
            return Ok(Arc::clone(known));
        }
        let passphrase = self.passphrase.clone().ok_or(ProviderError::WrongPassphrase)?;
        let mut failed = ProviderError::WrongPassphrase;
        for record in records {
            let (sealed, passphrase) = (record.clone(), Arc::clone(&passphrase));
            match on_thread("sealkeep-argon2", move || sealed.unlock(&passphrase, FILE_BINDING)).await? {
                Ok(key) => {
                    let provider = Arc::new(PassphraseProvider::for_file(key, record));
                    self.slots.push((record.clone(), Arc::clone(&provider)));
                    return Ok(provider);
                }
                Err(ProviderError::WrongPassphrase) => {}
                // Too little memory for one: that says more than that another is sealed under something else.
                Err(error) => failed = error,
            }
        }
        Err(failed.into())
    }
}

/// The passphrase records that can be read; else what is wrong with the first one, if there is one.
fn passphrase_way(recipients: &[Recipient]) -> Option<Result<Way, ProviderError>> {
    let mut records = Vec::new();
    let mut malformed = None;
    for recipient in recipients {
        let Recipient::Passphrase { record } = recipient else { continue };
        match PassphraseRecord::from_bytes(record) {
            Ok(record) => records.push(record),
            Err(error) => malformed = malformed.or(Some(error)),
        }
    }
    if records.is_empty() {
        return malformed.map(Err);
    }
    records.sort_by_key(|record| u64::from(record.params().memory_kib()) * u64::from(record.params().passes()));
    Some(Ok(Way::Passphrase(records)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::KdfParams;

    const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11";
    const OTHER: &str = "arn:aws:kms:eu-west-1:999999999999:key/0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11";

    fn openers(trusted: &[(&str, Option<&str>)], profile: Option<&str>) -> (tempfile::TempDir, Openers) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path()).unwrap();
        let trusted = trusted
            .iter()
            .map(|(key, profile)| Trusted { key: key.parse().unwrap(), profile: profile.map(str::to_owned) })
            .collect();
        let profile = profile.map(str::to_owned);
        (folder, Openers { home, profile, only: None, trusted, passphrase: None, kms: vec![], slots: vec![] })
    }

    fn kms(arn: &str) -> Recipient {
        Recipient::Kms { key_arn: arn.to_owned() }
    }

    fn refused_key(chosen: Result<Way, SessionError>) -> String {
        match chosen {
            Err(SessionError::Provider(ProviderError::ForeignKey { key })) => key,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_that_nobody_trusts_is_refused() {
        let (_folder, openers) = openers(&[(OTHER, None)], Some("work"));
        assert_eq!(refused_key(openers.choose(&[kms(KEY)], "f")), KEY);
        assert_eq!(refused_key(openers.choose(&[kms("\x1B[2J")], "f")), "something that is no KMS key");
    }

    #[test]
    fn a_trusted_key_is_found_behind_others_and_asked_as_the_right_profile() {
        let way = |profile: &str| Way::Kms { key: KEY.parse().unwrap(), profile: profile.to_owned() };
        let (_folder, of_vault) = openers(&[(KEY, Some("of the vault"))], None);
        assert_eq!(of_vault.choose(&[kms(OTHER), kms(KEY)], "f").unwrap(), way("of the vault"));
        let (_folder, named) = openers(&[(KEY, Some("of the vault"))], Some("named"));
        assert_eq!(named.choose(&[kms(KEY)], "f").unwrap(), way("named"));
        let (_folder, none) = openers(&[(KEY, None)], None);
        assert!(matches!(none.choose(&[kms(KEY)], "f"), Err(SessionError::WhichProfile)));
    }

    #[test]
    fn a_passphrase_comes_first_once_it_is_there_and_is_the_way_out_before() {
        let (record, _) = PassphraseRecord::make(&SecretString::copy_of("p"), KdfParams::FLOOR, FILE_BINDING).unwrap();
        let sealed_for = [kms(KEY), Recipient::Passphrase { record: record.to_bytes() }];
        let (_folder, stranger) = openers(&[], None);
        assert_eq!(stranger.choose(&sealed_for, "f").unwrap(), Way::Passphrase(vec![record.clone()]));
        let (_folder, mut both) = openers(&[(KEY, Some("work"))], None);
        assert!(matches!(both.choose(&sealed_for, "f").unwrap(), Way::Kms { .. }));
        both.set_passphrase(SecretString::copy_of("p"));
        assert_eq!(both.choose(&sealed_for, "f").unwrap(), Way::Passphrase(vec![record]));
        let unknown = [Recipient::Other { provider_id: "else".to_owned() }];
        assert!(matches!(both.choose(&unknown, "f"), Err(SessionError::NoOpener(_))));
    }

    #[test]
    fn every_passphrase_record_is_tried_and_one_that_cannot_be_read_hides_none() {
        let passphrase = |text: &str| SecretString::copy_of(text);
        let make = |text: &str| PassphraseRecord::make(&passphrase(text), KdfParams::FLOOR, FILE_BINDING).unwrap().0;
        let sealed = |record: &PassphraseRecord| Recipient::Passphrase { record: record.to_bytes() };
        let (theirs, mine) = (make("theirs"), make("mine"));
        let (_folder, mut openers) = openers(&[], None);
        openers.set_passphrase(passphrase("mine"));
        let mut too_heavy = theirs.to_bytes();
        too_heavy[1] = 0xFF;
        let broken = [vec![], vec![1; 105], too_heavy].map(|record| Recipient::Passphrase { record });
        let way = openers.choose(&[&broken[..], &[sealed(&theirs), sealed(&mine)]].concat(), "f").unwrap();
        assert_eq!(way, Way::Passphrase(vec![theirs.clone(), mine.clone()]));
        let open = |openers: &mut Openers, way: &Way| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(openers.provider(way)).map(drop)
        };
        open(&mut openers, &way).unwrap();
        assert_eq!(openers.slots.iter().map(|(record, _)| record).collect::<Vec<_>>(), [&mine]);
        let only_theirs = openers.choose(&[sealed(&theirs)], "f").unwrap();
        let refused = open(&mut openers, &only_theirs);
        assert!(matches!(refused, Err(SessionError::Provider(ProviderError::WrongPassphrase))));
        let unreadable = openers.choose(&broken, "f");
        assert!(matches!(unreadable, Err(SessionError::Provider(ProviderError::Malformed(_)))));
    }

    #[test]
    fn what_takes_long_comes_last_and_is_told() {
        let light = PassphraseRecord::make(&SecretString::copy_of("p"), KdfParams::FLOOR, FILE_BINDING).unwrap().0;
        let with_mib = |mib: u32| {
            let mut record = light.to_bytes();
            record[1..5].copy_from_slice(&(mib * 1024).to_be_bytes());
            Recipient::Passphrase { record }
        };
        let (_folder, openers) = openers(&[], None);
        let heavy_mib = |mib| openers.choose(&[with_mib(mib)], "f").unwrap().heavy_mib();
        assert_eq!((heavy_mib(256), heavy_mib(257), heavy_mib(1024)), (None, Some(257), Some(1024)));
        let both = openers.choose(&[with_mib(512), with_mib(64)], "f").unwrap();
        assert_eq!(both.heavy_mib(), Some(512));
        assert!(matches!(both, Way::Passphrase(records) if records[0].params().memory_kib() == 64 * 1024));
    }
}
