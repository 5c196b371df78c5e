//! Which keys there are, and what AWS says of one.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_kms::types::AliasListEntry;
use futures_util::future::join;

use crate::providers::{AwsProfile, Patience, ProviderError};

use super::client::KmsClient;
use super::key::describe_key;
use super::{KeyArn, KeyName};

/// A key to pick from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// Which key.
    pub arn: KeyArn,
    /// Its aliases, `alias/team`, sorted. Often there is one, sometimes none.
    pub aliases: Vec<String>,
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

/// The keys of the profile's account in its region, by alias and then by id, without those that AWS manages. Where listing
/// aliases is denied, the keys are listed without; where listing keys is, those that have an alias.
///
/// # Errors
/// [`ProviderError`]: nobody was reached, or nobody was allowed to ask.
pub async fn list_keys(profile: &AwsProfile) -> Result<Vec<ListedKey>, ProviderError> {
    let client = KmsClient::new(profile, profile.region(), Patience::default());
    let (aliases, arns) = join(aliases(&client, profile.region(), None), arns(&client, profile.region())).await;
    let (mut aliases, arns) = match (aliases, arns) {
        (Err(ProviderError::AccessDenied { .. }), arns) => (HashMap::new(), arns?),
        (Ok(aliases), Err(ProviderError::AccessDenied { .. })) if !aliases.is_empty() => {
            let arns = aliases.values().flatten().filter_map(Named::key).collect::<BTreeSet<KeyArn>>();
            (aliases, arns.into_iter().collect())
        }
        (aliases, arns) => (aliases?, arns?),
    };
    let mut keys: Vec<ListedKey> = Vec::new();
    for arn in arns {
        let named = aliases.remove(arn.id()).unwrap_or_default();
        let mut aliases: Vec<String> = named.into_iter().map(|named| named.alias).collect();
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

/// An alias, and what it names.
pub(super) struct Named {
    pub(super) alias: String,
    /// Its own ARN, of which the key has partition, region and account.
    arn: String,
    key: String,
}

impl Named {
    fn of(entry: &AliasListEntry) -> Option<Self> {
        let (alias, arn, key) = (entry.alias_name()?, entry.alias_arn()?, entry.target_key_id()?);
        Some(Self { alias: alias.to_owned(), arn: arn.to_owned(), key: key.to_owned() })
    }

    fn key(&self) -> Option<KeyArn> {
        let place = self.arn.strip_suffix(&self.alias)?;
        format!("{place}key/{}", self.key).parse().ok()
    }
}

/// The aliases of each key by its id, or those of `key` alone.
pub(super) async fn aliases(
    client: &KmsClient,
    region: &str,
    key: Option<&KeyArn>,
) -> Result<HashMap<String, Vec<Named>>, ProviderError> {
    let asked = key.map_or(region, KeyArn::as_str);
    let mut found: HashMap<String, Vec<Named>> = HashMap::new();
    let mut marker = None;
    for _ in 0..MOST_PAGES {
        let request = client.sdk().list_aliases().set_key_id(key.map(|key| key.as_str().to_owned()));
        let call = request.set_marker(marker).send();
        let answer = client.ask(call, "kms:ListAliases", asked).await?;
        for named in answer.aliases().iter().filter_map(Named::of) {
            found.entry(named.key.clone()).or_default().push(named);
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
        let answer = client.ask(call, "kms:ListKeys", region).await?;
        found.extend(answer.keys().iter().filter_map(|key| key.key_arn()?.parse::<KeyArn>().ok()));
        marker = answer.next_marker().map(str::to_owned);
        if !answer.truncated() || marker.is_none() {
            break;
        }
    }
    Ok(found)
}
