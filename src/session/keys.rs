//! KMS keys, for somebody who picks one, makes one, or looks after one: as an AWS profile of this machine.

use std::sync::Arc;

use futures_util::future::join;

use crate::providers::kms::{self, KeyDescription, KeyPlan, ListedKey, MadeKey, Rotation, SurveyedKey};
use crate::providers::{KeyArn, KeyName, ProviderError};

use super::person::Nobody;
use super::{Home, SessionError, profiles};

/// What AWS says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLook {
    /// Its state; or why AWS did not say.
    pub description: Result<KeyDescription, ProviderError>,
    /// How its material is replaced; or why AWS did not say.
    pub rotation: Result<Rotation, ProviderError>,
}

/// The KMS keys that the profile `name` can see in its region, those with an alias first; and with each what it is fit for, where AWS
/// says that in time. `listed` is told their names before that is asked.
///
/// # Errors
/// Those of [`profiles::load`], and [`SessionError::Provider`] with what AWS said.
pub async fn list(
    home: &Home,
    name: &str,
    listed: impl FnOnce(&[ListedKey]),
) -> Result<Vec<SurveyedKey>, SessionError> {
    let profile = profiles::load(home, name).await?;
    let keys = kms::list_keys(&profile).await?;
    listed(&keys);
    Ok(kms::survey(&profile, keys).await)
}

/// What making a key would take, as [`kms::plan_key`]; in the profile's region where none is named. Makes nothing.
///
/// # Errors
/// Those of [`profiles::load`] and of [`kms::plan_key`].
pub async fn plan(
    home: &Home,
    name: &str,
    region: Option<&str>,
    alias: &str,
    description: &str,
) -> Result<KeyPlan, SessionError> {
    let profile = profiles::load(home, name).await?;
    let region = region.unwrap_or(profile.region());
    Ok(kms::plan_key(&profile, region, alias, description).await?)
}

/// Makes the key that `plan` says, as the profile `name`.
///
/// # Errors
/// Those of [`profiles::load`] and of [`kms::make_key`].
pub async fn make(home: &Home, name: &str, plan: &KeyPlan) -> Result<MadeKey, SessionError> {
    let profile = profiles::load(home, name).await?;
    Ok(kms::make_key(&profile, plan).await?)
}

/// Asks AWS about `key` as the profile `name`: its state, and how its material is replaced. What AWS does not say is told as such.
///
/// # Errors
/// Those of [`profiles::load`].
pub async fn look(home: &Home, name: &str, key: &KeyArn) -> Result<KeyLook, SessionError> {
    let profile = profiles::load(home, name).await?;
    let named = KeyName::Key(key.clone());
    let (description, rotation) = join(kms::describe_key(&profile, &named), kms::rotation(&profile, key)).await;
    Ok(KeyLook { description, rotation })
}

/// The state of `key` alone, in one call, and nobody is asked for anything: a profile that would have to ask goes without.
///
/// # Errors
/// Those of [`profiles::load`]; [`SessionError::Provider`] with what AWS said.
pub async fn state(home: &Home, name: &str, key: &KeyArn) -> Result<KeyDescription, SessionError> {
    let profile = profiles::load(&home.clone().with_person(Arc::new(Nobody)), name).await?;
    Ok(kms::describe_key(&profile, &KeyName::Key(key.clone())).await?)
}

/// The key that `key` names, asked as the profile `name`: one call for an alias, none for a key.
///
/// # Errors
/// Those of [`profiles::load`]; [`SessionError::Provider`] with what AWS said.
pub async fn resolve(home: &Home, name: &str, key: &KeyName) -> Result<KeyArn, SessionError> {
    match key {
        KeyName::Key(key) => Ok(key.clone()),
        KeyName::Alias(_) => Ok(kms::resolve(&profiles::load(home, name).await?, key).await?),
    }
}

/// Turns on that the material of `key` is replaced every year.
///
/// # Errors
/// Those of [`profiles::load`] and of [`kms::enable_rotation`].
pub async fn enable_rotation(home: &Home, name: &str, key: &KeyArn) -> Result<(), SessionError> {
    let profile = profiles::load(home, name).await?;
    Ok(kms::enable_rotation(&profile, key).await?)
}

/// Replaces the material of `key` now, once.
///
/// # Errors
/// Those of [`profiles::load`] and of [`kms::rotate_now`].
pub async fn rotate_now(home: &Home, name: &str, key: &KeyArn) -> Result<(), SessionError> {
    let profile = profiles::load(home, name).await?;
    Ok(kms::rotate_now(&profile, key).await?)
}
