//! What AWS says of one key: whether it can wrap, and for how long there will be one.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html>

use aws_sdk_kms::primitives::DateTime;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeyUsageType};
use jiff::Timestamp;

use crate::providers::shown::shown;
use crate::providers::{AwsProfile, Patience, ProviderError};

use super::client::KmsClient;
use super::{KeyArn, KeyName};

/// What AWS says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDescription {
    /// Which key; where an alias was asked for, what it points at.
    pub arn: KeyArn,
    /// As AWS names it: `Enabled`, `Disabled`, `PendingDeletion`.
    pub state: String,
    /// Why it can't wrap now; `None`: it can.
    pub unfit: Option<Unfit>,
    /// When it will be gone, where its deletion is pending.
    pub deletion: Option<Timestamp>,
    /// What somebody wrote about it, fit to be shown; often nothing.
    pub description: String,
    /// Whether it, or a copy of it, is in several regions.
    pub multi_region: bool,
    /// Whether AWS itself manages it.
    pub of_aws: bool,
}

/// Why a key can't wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is disabled.
    Disabled,
    /// It waits for its deletion.
    PendingDeletion,
    /// It is being made, has no material yet, or its key store is away.
    NotReady,
    /// It is not a symmetric key for encryption.
    NotSymmetric,
    /// AWS manages it, for AWS's own services.
    OfAws,
}

impl KeyDescription {
    /// Whether it can wrap now: enabled, symmetric, and made for encryption.
    pub fn is_usable(&self) -> bool {
        self.unfit.is_none()
    }

    fn of(arn: KeyArn, metadata: &KeyMetadata) -> Self {
        Self {
            arn,
            state: metadata.key_state().map_or("Unknown", |state| state.as_str()).to_owned(),
            unfit: unfit(metadata),
            deletion: metadata.deletion_date().and_then(moment),
            description: shown_text(metadata.description().unwrap_or_default()),
            multi_region: metadata.multi_region().unwrap_or_default(),
            of_aws: is_of_aws(metadata),
        }
    }
}

/// What AWS says of the key that `name` names: one call, `kms:DescribeKey`.
///
/// # Errors
/// [`ProviderError`]: nobody was reached, nobody was allowed to ask, or there is no such key.
pub async fn describe_key(profile: &AwsProfile, name: &KeyName) -> Result<KeyDescription, ProviderError> {
    let client = KmsClient::new(profile, name.region(), Patience::default());
    describe(&client, name).await
}

pub(super) async fn describe(client: &KmsClient, name: &KeyName) -> Result<KeyDescription, ProviderError> {
    let call = client.sdk().describe_key().key_id(name.as_str()).send();
    let answer = client.ask(call, "kms:DescribeKey", name.as_str()).await?;
    let metadata = answer.key_metadata().ok_or_else(|| unexpected("no description in the answer"))?;
    let arn: KeyArn = metadata.arn().unwrap_or_default().parse().map_err(|_| unexpected("a key without an ARN"))?;
    let same = match name {
        KeyName::Key(asked) => *asked == arn,
        // An alias points at a key of its own account and region.
        KeyName::Alias(asked) => (asked.region(), asked.account()) == (arn.region(), arn.account()),
    };
    if !same {
        return Err(ProviderError::Unexpected(format!("for another key, {arn}")));
    }
    Ok(KeyDescription::of(arn, metadata))
}

/// A moment as AWS gives it, to the second.
pub(super) fn moment(moment: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(moment.secs()).ok()
}

pub(super) fn unexpected(what: &str) -> ProviderError {
    ProviderError::Unexpected(what.to_owned())
}

fn unfit(metadata: &KeyMetadata) -> Option<Unfit> {
    let symmetric = metadata.key_spec().is_none_or(|spec| spec.as_str() == "SYMMETRIC_DEFAULT");
    let for_encryption = metadata.key_usage().is_none_or(|usage| *usage == KeyUsageType::EncryptDecrypt);
    // What stays as it is comes before what may change.
    if !symmetric || !for_encryption {
        return Some(Unfit::NotSymmetric);
    }
    if is_of_aws(metadata) {
        return Some(Unfit::OfAws);
    }
    match metadata.key_state().map(|state| state.as_str()) {
        Some("Disabled") => Some(Unfit::Disabled),
        Some("PendingDeletion" | "PendingReplicaDeletion") => Some(Unfit::PendingDeletion),
        _ if metadata.enabled() => None,
        _ => Some(Unfit::NotReady),
    }
}

fn is_of_aws(metadata: &KeyMetadata) -> bool {
    metadata.key_manager() == Some(&KeyManagerType::Aws)
}

/// As somebody wrote it, with letters of any script, and with nothing that controls a terminal or turns a line around.
fn shown_text(text: &str) -> String {
    const LONGEST: usize = 120;
    let plain = |letter: char| letter.is_alphanumeric() || letter == ' ' || letter.is_ascii_punctuation();
    if text.chars().all(plain) { text.chars().take(LONGEST).collect() } else { shown(text.as_bytes()) }
}
