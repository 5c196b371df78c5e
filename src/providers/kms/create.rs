//! Making a KMS key: planned and shown first, then done as it was shown.
//!
//! Invariant: a key is asked for once, whatever happens. Each costs money, and an answer that is lost does not tell whether there is one.

use aws_sdk_kms::types::{KeySpec, KeyUsageType};

use crate::providers::aws::{check_region, identify};
use crate::providers::{AwsProfile, Patience, ProviderError};

use super::KeyArn;
use super::client::KmsClient;
use super::key::unexpected;
use super::key_policy::Maker;
use super::rotation::enable;

/// A key that is to be made: everything that will be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPlan {
    /// Where.
    pub region: String,
    /// What it will be called: `alias/team`.
    pub alias: String,
    /// What it is for, for whoever sees it in the AWS console.
    pub description: String,
    /// Whose it will be: the account of the profile.
    pub account: String,
    /// Who makes it, and will administer and use it.
    pub principal: String,
    /// Its key policy, word for word.
    pub policy: String,
}

/// A key that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeKey {
    /// Which.
    pub key: KeyArn,
    /// What could not be done with it then. It can be done later; the key works without.
    pub missing: Vec<(MakingStep, ProviderError)>,
}

/// What comes after a key is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MakingStep {
    /// Its name.
    Alias,
    /// That its material is replaced every year.
    Rotation,
}

/// AWS's own limits, in letters.
const LONGEST_ALIAS: usize = 250;
const LONGEST_DESCRIPTION: usize = 2000;

/// What it takes to make a key called `alias` (with or without `alias/`) as `profile` in `region`. Makes nothing: it asks whether there
/// is such an alias, and who the profile is.
///
/// # Errors
/// [`ProviderError::Exists`] for an alias that is taken; [`ProviderError::Config`] for one that can't be; what AWS says.
pub async fn plan_key(
    profile: &AwsProfile,
    region: &str,
    alias: &str,
    description: &str,
) -> Result<KeyPlan, ProviderError> {
    let alias = alias_name(alias)?;
    check_region(region)?;
    let description = description.trim();
    if description.chars().count() > LONGEST_DESCRIPTION || description.chars().any(char::is_control) {
        return Err(ProviderError::Config(format!(
            "a key's description is one line of up to {LONGEST_DESCRIPTION} letters"
        )));
    }
    // Before anything is made: an alias that is taken would leave a key without a name.
    match target(&KmsClient::new(profile, region, Patience::default()), &alias).await {
        Ok(_) => return Err(ProviderError::Exists { what: alias }),
        // Who may not look finds out when it is made.
        Err(ProviderError::KeyNotFound { .. } | ProviderError::AccessDenied { .. }) => {}
        Err(error) => return Err(error),
    }
    let who = identify(profile).await.and_then(|identity| identity.principal);
    let who = who.ok_or_else(|| ProviderError::Unreachable {
        reason: "AWS STS did not say who this profile is, and a key policy has to name somebody".to_owned(),
    })?;
    let maker = Maker::of(&who)?;
    Ok(KeyPlan {
        region: region.to_owned(),
        alias,
        description: description.to_owned(),
        policy: maker.policy(),
        account: maker.account,
        principal: who,
    })
}

/// Makes the key of `plan`: the key with its policy, then its alias, then its rotation. What fails after the key is there is told
/// beside it, and does not stop the rest.
///
/// # Errors
/// [`ProviderError::MaybeMade`] where the answer was lost; [`ProviderError::MadeElsewhere`] where it names a key that is not of the
/// account and region that were shown; any other: there is no key.
pub async fn make_key(profile: &AwsProfile, plan: &KeyPlan) -> Result<MadeKey, ProviderError> {
    let once = KmsClient::new(profile, &plan.region, Patience::once());
    let request = once.sdk().create_key().key_spec(KeySpec::SymmetricDefault).key_usage(KeyUsageType::EncryptDecrypt);
    let described = (!plan.description.is_empty()).then(|| plan.description.clone());
    let call = request.policy(&plan.policy).set_description(described).send();
    let made = once.ask(call, "kms:CreateKey", &plan.region).await.map_err(|error| match error {
        ProviderError::Unreachable { reason } if reason != "connection refused" => ProviderError::MaybeMade { reason },
        error => error,
    })?;
    let arn = made.key_metadata().and_then(|metadata| metadata.arn()).unwrap_or_default();
    let key: KeyArn =
        arn.parse().map_err(|_| ProviderError::MaybeMade { reason: "the answer names no key".to_owned() })?;
    if (key.region(), key.account()) != (plan.region.as_str(), plan.account.as_str()) {
        let (account, region) = (plan.account.clone(), plan.region.clone());
        return Err(ProviderError::MadeElsewhere { key: key.to_string(), account, region });
    }
    let client = KmsClient::new(profile, &plan.region, Patience::default());
    let mut missing = Vec::new();
    if let Err(error) = name(&client, &plan.alias, &key).await {
        missing.push((MakingStep::Alias, error));
    }
    if let Err(error) = enable(&client, &key).await {
        missing.push((MakingStep::Rotation, error));
    }
    Ok(MadeKey { key, missing })
}

async fn name(client: &KmsClient, alias: &str, key: &KeyArn) -> Result<(), ProviderError> {
    let call = client.sdk().create_alias().alias_name(alias).target_key_id(key.as_str()).send();
    match client.ask(call, "kms:CreateAlias", key.as_str()).await {
        // The answer to an earlier try may have been lost.
        Err(ProviderError::Exists { .. }) => match target(client, alias).await {
            Ok(named) if named == *key => Ok(()),
            Ok(_) | Err(_) => Err(ProviderError::Exists { what: alias.to_owned() }),
        },
        answer => answer.map(drop),
    }
}

/// The key that `alias` of the profile's own account names.
async fn target(client: &KmsClient, alias: &str) -> Result<KeyArn, ProviderError> {
    let call = client.sdk().describe_key().key_id(alias).send();
    let answer = client.ask(call, "kms:DescribeKey", alias).await?;
    let arn = answer.key_metadata().and_then(|metadata| metadata.arn()).unwrap_or_default();
    arn.parse().map_err(|_| unexpected("a key without an ARN"))
}

/// `alias/team` of what somebody typed.
fn alias_name(typed: &str) -> Result<String, ProviderError> {
    let name = typed.trim();
    let name = name.strip_prefix("alias/").unwrap_or(name);
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    if name.is_empty() || name.len() > LONGEST_ALIAS || !name.bytes().all(sound) {
        return Err(ProviderError::Config(format!(
            "an alias has 1 to {LONGEST_ALIAS} of the letters a-z, A-Z, digits and / _ -"
        )));
    }
    if name.starts_with("aws/") {
        return Err(ProviderError::Config("aliases that begin with alias/aws/ are AWS's own".to_owned()));
    }
    Ok(format!("alias/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_named_with_or_without_its_prefix() {
        for typed in ["team", "alias/team", " team "] {
            assert_eq!(alias_name(typed).unwrap(), "alias/team");
        }
        for typed in ["", "alias/", "aws/s3", "alias/aws/s3", "a b", "a:b", "größe", &"a".repeat(251)] {
            assert!(alias_name(typed).is_err(), "{typed}");
        }
    }
}
