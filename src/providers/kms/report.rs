//! A round trip that shows whether a profile can use a key.

use std::time::Duration;

use crate::format::EncryptionContext;
use crate::providers::{AwsProfile, KeyProvider, Patience, ProviderError};

use super::client::KmsClient;
use super::key::describe;
use super::lookup::aliases;
use super::{AliasArn, KeyArn, KeyName, KmsProvider};

/// What a round trip showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsReport {
    /// Which key; where an alias was given, what it points at.
    pub key: KeyArn,
    /// Its alias, `alias/team`, if it has one and this profile may know.
    pub alias: Option<String>,
    /// As AWS names it, `Enabled`, if this profile may know.
    pub state: Option<String>,
    /// How long unwrapping took, over a connection that was open already.
    pub latency: Duration,
}

/// Makes a data key under `name` as `profile`, unwraps it again and forgets it. What this needs is what a vault needs
/// every day: `kms:GenerateDataKey` and `kms:Decrypt`. Asks for alias and state too, and goes without where that is denied (an alias given
/// as `name` has to be resolved, though). The context, which CloudTrail shows, is `sealkeep:purpose` = `test` alone.
///
/// # Errors
/// [`ProviderError`]: what a vault would meet.
pub async fn test_key(profile: &AwsProfile, name: &KeyName) -> Result<KmsReport, ProviderError> {
    let client = KmsClient::new(profile, name.region(), Patience::default());
    let described = match describe(&client, name).await {
        Err(ProviderError::AccessDenied { .. }) if matches!(name, KeyName::Key(_)) => None,
        answer => Some(answer?),
    };
    let key = match (&described, name) {
        (Some(described), _) => described.arn.clone(),
        (None, KeyName::Key(key)) => key.clone(),
        (None, KeyName::Alias(alias)) => return Err(ProviderError::KeyNotFound { key: alias.to_string() }),
    };
    let latency = round_trip(profile, &key).await?;
    let alias = match name {
        KeyName::Alias(alias) => Some(AliasArn::name(alias).to_owned()),
        KeyName::Key(_) => match aliases(&client, key.region(), Some(&key)).await {
            Ok(mut found) => found.remove(key.id()).and_then(|named| named.into_iter().map(|named| named.alias).min()),
            // Nice to know, and no more: what counts has worked.
            Err(_) => None,
        },
    };
    Ok(KmsReport { key, alias, state: described.map(|described| described.state), latency })
}

async fn round_trip(profile: &AwsProfile, key: &KeyArn) -> Result<Duration, ProviderError> {
    let context = EncryptionContext::new([("sealkeep:purpose", "test")])
        .map_err(|error| ProviderError::Config(error.to_string()))?;
    let provider = KmsProvider::new(profile, key.clone());
    let made = provider.wrap(None, &context).await?;
    let unwrapped = provider.unwrap(&made.wrapped, &context).await?;
    // EXPOSE: two copies of one key, compared; both are wiped at the end of this function.
    let same = made.made.is_some_and(|made| made.secret().expose() == unwrapped.secret().expose());
    if !same {
        return Err(ProviderError::WrongKey);
    }
    Ok(provider.last_latency().unwrap_or_default())
}
