//! Who a profile is, as AWS sees it.

use aws_sdk_sts::Client;
use aws_sdk_sts::config::Builder;

use crate::providers::kms::explain;
use crate::providers::shown::shown;

use super::{AwsProfile, Patience, watch};

/// Who a profile is. What AWS said, made fit to be shown; nothing is decided by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account's number.
    pub account: Option<String>,
    /// The principal: the ARN of a user or of an assumed role.
    pub principal: Option<String>,
}

/// Asks AWS who `profile` is: one call, `sts:GetCallerIdentity`, in its region. It is good to know and no more, and in a private
/// network there may be a way to KMS alone: it is tried once, and whoever gets no answer, or may not ask, goes without.
pub async fn identify(profile: &AwsProfile) -> Option<Identity> {
    let usual = Patience::default();
    let patience = Patience { whole: usual.attempt, attempts: 1, ..usual };
    let client = Client::from_conf(Builder::from(&profile.configure(profile.region(), patience)).build());
    let asking = async {
        let answer = client.get_caller_identity().send().await;
        answer.map_err(|error| explain(&error, "sts:GetCallerIdentity", "*"))
    };
    let answer = watch(profile.session(), asking).await.ok()?;
    let fit = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(|text| shown(text.as_bytes()));
    Some(Identity { account: fit(answer.account()), principal: fit(answer.arn()) })
}
