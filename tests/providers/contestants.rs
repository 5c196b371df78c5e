//! Every provider there is, ready to wrap.

use std::sync::Arc;

use sealkeep::providers::{
    AwsProfile, KdfParams, KeyProvider, KmsProvider, Network, PassphraseProvider, PassphraseRecord, ProfileKind,
    SlotKey,
};
use sealkeep::secret::SecretString;

use super::run;
use crate::support::fake_kms::FakeKms;
use crate::support::moto::Moto;

/// Two providers of one kind with a key each.
pub(super) struct Contestant {
    pub(super) name: &'static str,
    pub(super) one: Arc<dyn KeyProvider>,
    /// Another provider for the first one's key, as a second person has it.
    pub(super) same: Arc<dyn KeyProvider>,
    pub(super) other: Arc<dyn KeyProvider>,
    /// How many calls went over the network so far.
    pub(super) calls: Box<dyn Fn() -> usize>,
    /// moto refuses some of this under other names, and takes what AWS would not; the answer is then not ours.
    pub(super) exact: bool,
}

pub(super) fn contestants() -> Vec<Contestant> {
    vec![vault_passphrase(), file_passphrase(), fake_kms(), moto()]
}

/// A passphrase's slot key, as a vault has it.
pub(super) fn vault_passphrase() -> Contestant {
    let (record, key) = make_record();
    let slot = |key, id| Arc::new(PassphraseProvider::for_slot(key, [id; 16]));
    Contestant {
        name: "passphrase of a vault",
        one: slot(key, 1),
        same: slot(unlocked(&record), 1),
        other: slot(SlotKey::make_random().unwrap(), 2),
        calls: Box::new(|| 0),
        exact: true,
    }
}

fn file_passphrase() -> Contestant {
    let ((record, key), (other_record, other_key)) = (make_record(), make_record());
    Contestant {
        name: "passphrase of a file",
        one: Arc::new(PassphraseProvider::for_file(key, &record)),
        same: Arc::new(PassphraseProvider::for_file(unlocked(&record), &record)),
        other: Arc::new(PassphraseProvider::for_file(other_key, &other_record)),
        calls: Box::new(|| 0),
        exact: true,
    }
}

fn fake_kms() -> Contestant {
    let (fake, key) = FakeKms::with_key();
    let other = fake.make_key();
    let colleague = fake.profile_of("colleague", "AKIAFAKECOLLEAGUE", "anothersecret", Some("token"));
    fake.add_principal("AKIAFAKECOLLEAGUE", "anothersecret", Some("token"));
    Contestant {
        name: "aws-kms on the fake",
        one: Arc::new(KmsProvider::new(&fake.profile("one"), key.clone())),
        same: Arc::new(KmsProvider::new(&colleague, key)),
        other: Arc::new(KmsProvider::new(&fake.profile("one"), other)),
        calls: Box::new(move || fake.calls().len()),
        exact: true,
    }
}

fn moto() -> Contestant {
    let profile = moto_profile();
    let (key, other) = (make_moto_key(&profile), make_moto_key(&profile));
    let provider = |key: &str| Arc::new(KmsProvider::new(&profile, key.parse().unwrap()));
    let (one, same, other) = (provider(&key), provider(&key), provider(&other));
    let all = [Arc::clone(&one), Arc::clone(&same), Arc::clone(&other)];
    Contestant {
        name: "aws-kms on moto",
        one,
        same,
        other,
        calls: Box::new(move || all.iter().map(|provider| provider.calls() as usize).sum()),
        exact: false,
    }
}

/// A profile for moto, which looks at no credentials.
pub(super) fn moto_profile() -> AwsProfile {
    AwsProfile::new("moto", Moto::REGION, Network::at(Moto::shared().endpoint()).unwrap(), moto_kind()).unwrap()
}

/// Credentials that nobody but moto takes.
pub(super) fn moto_kind() -> ProfileKind {
    ProfileKind::Static {
        access_key_id: "testing".to_owned(),
        secret_access_key: SecretString::copy_of("testing"),
        session_token: None,
    }
}

/// A new key's ARN.
pub(super) fn make_moto_key(profile: &AwsProfile) -> String {
    let client = aws_sdk_kms::Client::new(&profile.configure(Moto::REGION, Default::default()));
    let made = run(client.create_key().send()).unwrap();
    made.key_metadata.unwrap().arn.unwrap()
}

pub(super) const PASSPHRASE: &str = "correct horse battery staple";

pub(super) fn make_record() -> (PassphraseRecord, SlotKey) {
    PassphraseRecord::make(&SecretString::copy_of(PASSPHRASE), KdfParams::FLOOR, b"").unwrap()
}

fn unlocked(record: &PassphraseRecord) -> SlotKey {
    record.unlock(&SecretString::copy_of(PASSPHRASE), b"").unwrap()
}
