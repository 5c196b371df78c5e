//! Which keys there are, and what AWS says of one.

use std::collections::HashMap;

use aws_sdk_kms::types::{AliasListEntry, KeyMetadata, KeyUsageType};

use crate::providers::{AwsProfile, Patience, ProviderError};

use super::client::KmsClient;
use super::failure::explain;
use super::{KeyArn, KeyName};

/// A key to pick from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// Which key.
    pub arn: KeyArn,
    /// Its aliases, `alias/team`, sorted. Often there is one, sometimes none.
    pub aliases: Vec<String>,
}

/// What AWS says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDescription {
    /// Which key; where an alias was asked for, what it points at.
    pub arn: KeyArn,
    /// As AWS names it: `Enabled`, `Disabled`, `PendingDeletion`.
    pub state: String,
    /// Whether it can wrap now: enabled, symmetric, and made for encryption.
    pub usable: bool,
}

/// AWS gives 100 to a page. A list that is longer than this is no list to pick from, or one that never ends.
const MOST_PAGES: usize = 50;

/// The key that `name` names. Costs one call for an alias, none for a key.
///
/// # Errors
/// [`ProviderError`]: nobody was reached, nobody was allowed to ask, or there is no such alias.
pub async fn resolve(profile: &AwsProfile, name: &KeyName) -> Result<KeyArn, ProviderError> {
    match name {
        KeyName::Key(arn) => Ok(arn.clone()),
        KeyName::Alias(_) => describe_key(profile, name).await.map(|described| described.arn),
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

/// The keys of the profile's account in its region, by alias and then by id, without those that AWS manages. Where listing
/// aliases is denied, the keys are listed without.
///
/// # Errors
/// [`ProviderError`]: nobody was reached, or nobody was allowed to ask.
pub async fn list_keys(profile: &AwsProfile) -> Result<Vec<ListedKey>, ProviderError> {
    let client = KmsClient::new(profile, profile.region(), Patience::default());
    let mut aliases = match aliases(&client, profile.region(), None).await {
        Err(ProviderError::AccessDenied { .. }) => HashMap::new(),
        answer => answer?,
    };
    let mut keys: Vec<ListedKey> = Vec::new();
    for arn in arns(&client, profile.region()).await? {
        let mut aliases = aliases.remove(arn.id()).unwrap_or_default();
        aliases.sort();
        // AWS's own keys can't be used by anybody else's program.
        if !aliases.iter().any(|alias| alias.starts_with("alias/aws/")) {
            keys.push(ListedKey { arn, aliases });
        }
    }
    keys.sort_by(|one, two| {
        let rank = |key: &ListedKey| (key.aliases.is_empty(), key.aliases.first().cloned());
        rank(one).cmp(&rank(two)).then_with(|| one.arn.cmp(&two.arn))
    });
    Ok(keys)
}

pub(super) async fn describe(client: &KmsClient, name: &KeyName) -> Result<KeyDescription, ProviderError> {
    let call = client.sdk().describe_key().key_id(name.as_str()).send();
    let answer = client.timed(call).await.map_err(|error| explain(&error, "kms:DescribeKey", name.as_str()))?;
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
    let state = metadata.key_state().map_or("Unknown", |state| state.as_str()).to_owned();
    Ok(KeyDescription { arn, state, usable: is_usable(metadata) })
}

/// The aliases of each key by its id, or those of `key` alone.
pub(super) async fn aliases(
    client: &KmsClient,
    region: &str,
    key: Option<&KeyArn>,
) -> Result<HashMap<String, Vec<String>>, ProviderError> {
    let asked = key.map_or(region, KeyArn::as_str);
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    let mut marker = None;
    for _ in 0..MOST_PAGES {
        let request = client.sdk().list_aliases().set_key_id(key.map(|key| key.as_str().to_owned()));
        let call = request.set_marker(marker).send();
        let answer = client.timed(call).await.map_err(|error| explain(&error, "kms:ListAliases", asked))?;
        for (id, name) in answer.aliases().iter().filter_map(named) {
            found.entry(id.to_owned()).or_default().push(name.to_owned());
        }
        marker = answer.next_marker().map(str::to_owned);
        if !answer.truncated() || marker.is_none() {
            break;
        }
    }
    Ok(found)
}

async fn arns(client: &KmsClient, region: &str) -> Result<Vec<KeyArn>, ProviderError> {
    let mut found = Vec::new();
    let mut marker = None;
    for _ in 0..MOST_PAGES {
        let call = client.sdk().list_keys().set_marker(marker).send();
        let answer = client.timed(call).await.map_err(|error| explain(&error, "kms:ListKeys", region))?;
        found.extend(answer.keys().iter().filter_map(|key| key.key_arn()?.parse::<KeyArn>().ok()));
        marker = answer.next_marker().map(str::to_owned);
        if !answer.truncated() || marker.is_none() {
            break;
        }
    }
    Ok(found)
}

fn named(alias: &AliasListEntry) -> Option<(&str, &str)> {
    Some((alias.target_key_id()?, alias.alias_name()?))
}

fn is_usable(metadata: &KeyMetadata) -> bool {
    let symmetric = metadata.key_spec().is_none_or(|spec| spec.as_str() == "SYMMETRIC_DEFAULT");
    let for_encryption = metadata.key_usage().is_none_or(|usage| *usage == KeyUsageType::EncryptDecrypt);
    metadata.enabled() && symmetric && for_encryption
}

fn unexpected(what: &str) -> ProviderError {
    ProviderError::Unexpected(what.to_owned())
}
