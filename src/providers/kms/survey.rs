//! Which of the keys that a profile sees can be used.

use std::time::Duration;

use futures_util::future::join;
use futures_util::stream::{self, StreamExt};
use tokio::time::{Instant, timeout_at};

use crate::providers::{AwsProfile, Patience};

use super::KeyDescription;
use super::KeyName;
use super::client::KmsClient;
use super::key::describe;
use super::lookup::ListedKey;
use super::rotation::is_rotated;

/// A key to pick from, with what AWS says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedKey {
    /// The key.
    pub key: ListedKey,
    /// What it is fit for; `None` where AWS did not say in time, or may not say.
    pub description: Option<KeyDescription>,
    /// Whether its material is replaced by itself, where AWS says.
    pub rotates: Option<bool>,
}

/// As many keys are asked about at once.
const IN_FLIGHT: usize = 8;
/// More are no list to look through: of the rest the names are shown.
const MOST: usize = 100;
/// The same where the state is asked for beside something else.
const MOST_STATES: usize = 50;
/// After so long the names have to do.
const PATIENCE: Duration = Duration::from_secs(8);

/// Asks about the first hundred of `keys`: two calls each, `kms:DescribeKey` and `kms:GetKeyRotationStatus`, several keys at once. What
/// is denied, or does not come in time, is left out: it is no failure.
pub async fn survey(profile: &AwsProfile, keys: Vec<ListedKey>) -> Vec<SurveyedKey> {
    look(profile, keys, MOST, true).await
}

/// Asks for the state alone of the first fifty of `keys`: one call each, `kms:DescribeKey`. Otherwise as [`survey`].
pub async fn survey_states(profile: &AwsProfile, keys: Vec<ListedKey>) -> Vec<SurveyedKey> {
    look(profile, keys, MOST_STATES, false).await
}

async fn look(profile: &AwsProfile, keys: Vec<ListedKey>, most: usize, rotation: bool) -> Vec<SurveyedKey> {
    let usual = Patience::default();
    let client = KmsClient::new(profile, profile.region(), Patience { attempts: 2, ..usual });
    let deadline = Instant::now() + PATIENCE;
    let client = &client;
    let look = |(number, key): (usize, ListedKey)| async move {
        let (mut description, mut rotates) = (None, None);
        if number < most {
            let name = KeyName::Key(key.arn.clone());
            let rotated = async { if rotation { is_rotated(client, &key.arn).await.ok() } else { None } };
            let asking = join(describe(client, &name), rotated);
            if let Ok((described, rotated)) = timeout_at(deadline, asking).await {
                (description, rotates) = (described.ok(), rotated);
            }
        }
        SurveyedKey { key, description, rotates }
    };
    stream::iter(keys.into_iter().enumerate()).map(look).buffered(IN_FLIGHT).collect().await
}
