//! Whether the material of a key is replaced from time to time. What was wrapped under it stays as it is and still opens.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html>

use aws_sdk_kms::types::RotationType;
use jiff::Timestamp;

use crate::providers::{AwsProfile, Patience, ProviderError};

use super::KeyArn;
use super::client::KmsClient;
use super::key::moment;

/// How a key's material is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Whether that happens by itself.
    pub enabled: bool,
    /// After how many days each time.
    pub every_days: Option<u32>,
    /// When it does next.
    pub next: Option<Timestamp>,
    /// Since when one that somebody asked for is under way.
    pub running: Option<Timestamp>,
    /// When it was replaced last; `None`: never, or AWS does not let this profile know.
    pub last: Option<Timestamp>,
    /// How often somebody asked for it so far; `None`: AWS does not let this profile know.
    pub on_demand: Option<u32>,
}

/// AWS gives 100 to a page, and has far fewer.
const MOST_PAGES: usize = 10;

/// How the material of `key` is replaced: `kms:GetKeyRotationStatus`, and `kms:ListKeyRotations` where that is allowed.
///
/// # Errors
/// [`ProviderError`]; [`ProviderError::Unsupported`] for a key of a kind that is never rotated.
pub async fn rotation(profile: &AwsProfile, key: &KeyArn) -> Result<Rotation, ProviderError> {
    let client = KmsClient::new(profile, key.region(), Patience::default());
    let call = client.sdk().get_key_rotation_status().key_id(key.as_str()).send();
    let said = client.ask(call, "kms:GetKeyRotationStatus", key.as_str()).await?;
    let past = past(&client, key).await.ok();
    Ok(Rotation {
        enabled: said.key_rotation_enabled(),
        every_days: said.rotation_period_in_days().and_then(|days| u32::try_from(days).ok()),
        next: said.next_rotation_date().and_then(moment),
        running: said.on_demand_rotation_start_date().and_then(moment),
        last: past.as_ref().and_then(|past| past.last),
        on_demand: past.map(|past| past.on_demand),
    })
}

/// Turns on that the material of `key` is replaced every year. Where it is on already, nothing changes but the period.
///
/// # Errors
/// [`ProviderError`]; [`ProviderError::Unsupported`] for a key of a kind that is never rotated.
pub async fn enable_rotation(profile: &AwsProfile, key: &KeyArn) -> Result<(), ProviderError> {
    let client = KmsClient::new(profile, key.region(), Patience::default());
    enable(&client, key).await
}

/// Replaces the material of `key` now. It is asked for once, and not tried again: each one counts, and the first two cost.
///
/// # Errors
/// [`ProviderError`]; [`ProviderError::Limit`] where there were too many, or one is under way.
pub async fn rotate_now(profile: &AwsProfile, key: &KeyArn) -> Result<(), ProviderError> {
    let client = KmsClient::new(profile, key.region(), Patience::once());
    let call = client.sdk().rotate_key_on_demand().key_id(key.as_str()).send();
    client.ask(call, "kms:RotateKeyOnDemand", key.as_str()).await?;
    Ok(())
}

pub(super) async fn enable(client: &KmsClient, key: &KeyArn) -> Result<(), ProviderError> {
    let call = client.sdk().enable_key_rotation().key_id(key.as_str()).send();
    client.ask(call, "kms:EnableKeyRotation", key.as_str()).await?;
    Ok(())
}

/// Whether the material of `key` is replaced by itself: one call.
pub(super) async fn is_rotated(client: &KmsClient, key: &KeyArn) -> Result<bool, ProviderError> {
    let call = client.sdk().get_key_rotation_status().key_id(key.as_str()).send();
    let said = client.ask(call, "kms:GetKeyRotationStatus", key.as_str()).await?;
    Ok(said.key_rotation_enabled())
}

struct Past {
    last: Option<Timestamp>,
    on_demand: u32,
}

async fn past(client: &KmsClient, key: &KeyArn) -> Result<Past, ProviderError> {
    let mut past = Past { last: None, on_demand: 0 };
    let mut marker = None;
    for _ in 0..MOST_PAGES {
        let call = client.sdk().list_key_rotations().key_id(key.as_str()).set_marker(marker).send();
        let answer = client.ask(call, "kms:ListKeyRotations", key.as_str()).await?;
        for entry in answer.rotations() {
            past.last = past.last.max(entry.rotation_date().and_then(moment));
            past.on_demand += u32::from(entry.rotation_type() == Some(&RotationType::OnDemand));
        }
        marker = answer.next_marker().map(str::to_owned);
        if !answer.truncated() || marker.is_none() {
            break;
        }
    }
    Ok(past)
}
