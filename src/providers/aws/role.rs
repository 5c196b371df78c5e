//! Roles that are assumed as another profile.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::Builder;
use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::types::Credentials as Given;

use crate::providers::kms::explain;
use crate::providers::{DeniedBy, ProviderError};
use crate::secret::{SecretString, wipe_deep_stack};

use super::{AwsProfile, Patience, watch};

/// What CloudTrail shows as the session's name.
const SESSION_NAME: &str = "sealkeep";

/// A role, and whose credentials assume it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumeRole {
    /// The profile whose credentials ask for the role's.
    pub source: String,
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub role_arn: String,
    /// What the role's owner agreed on with somebody in another account.
    pub external_id: Option<String>,
    /// The device whose code is asked for: its ARN, or a hardware device's serial number.
    pub mfa_serial: Option<String>,
    /// For how long the credentials last, in seconds: 900 to 43,200; AWS's own default is an hour.
    pub duration_seconds: Option<u32>,
}

impl AssumeRole {
    pub(super) fn check(&self) -> Result<(), ProviderError> {
        AwsProfile::check_name(&self.source)?;
        if !is_role_arn(&self.role_arn) {
            return Err(refused("a role's ARN looks like arn:aws:iam::123456789012:role/NAME"));
        }
        let word =
            |extra: &'static str| move |byte: u8| byte.is_ascii_alphanumeric() || extra.as_bytes().contains(&byte);
        let sound = |text: &str, least: usize, most: usize, extra| {
            (least..=most).contains(&text.len()) && text.bytes().all(word(extra))
        };
        if self.external_id.as_ref().is_some_and(|id| !sound(id, 2, 1224, "+=,.@:/-_")) {
            return Err(refused("an external id has 2 to 1224 letters, digits and + = , . @ : / - _"));
        }
        if self.mfa_serial.as_ref().is_some_and(|serial| !sound(serial, 9, 256, "=/:,.@-_+")) {
            return Err(refused("an MFA device is named as in arn:aws:iam::123456789012:mfa/NAME"));
        }
        if self.duration_seconds.is_some_and(|seconds| !(900..=43_200).contains(&seconds)) {
            return Err(refused("a role's session lasts 900 seconds (15 minutes) to 43200 (12 hours)"));
        }
        Ok(())
    }
}

/// The role's credentials, asked for as `source` at the place of `profile`, with a `code` of the MFA device where it has one.
///
/// # Errors
/// [`ProviderError::AccessDenied`]: the role's trust policy, or this source's own, says no; [`ProviderError::WrongCode`];
/// [`ProviderError::SignedOut`] where it is the source's session that has ended; and whatever keeps AWS from answering.
pub async fn assume_role(
    profile: &AwsProfile,
    source: &AwsProfile,
    role: &AssumeRole,
    code: Option<&SecretString>,
) -> Result<Credentials, ProviderError> {
    let mut config = profile.configure(profile.region(), Patience::default()).into_builder();
    config.set_credentials_provider(Some(source.credentials_provider()));
    let client = Client::from_conf(Builder::from(&config.build()).build());
    let duration = role.duration_seconds.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX));
    let request = client.assume_role().role_arn(&role.role_arn).role_session_name(SESSION_NAME);
    let request = request.set_external_id(role.external_id.clone()).set_duration_seconds(duration);
    let request = match code {
        // EXPOSE: sent to AWS; good once, and for half a minute.
        Some(code) => request.set_serial_number(role.mfa_serial.clone()).token_code(code.expose().trim()),
        None => request,
    };
    // The session that asks may be one that AWS has ended.
    let asking = watch(source.session(), async {
        let answer = request.send().await;
        wipe_deep_stack();
        answer.map_err(|error| said_no(&error, "sts:AssumeRole", &role.role_arn))
    });
    given(profile.name(), asking.await?.credentials)
}

/// The credentials of the role that a web identity's token stands for. Nothing signs the request: the token is the proof.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
///
/// # Errors
/// Those of [`assume_role`]; [`ProviderError::Unexpected`] for a token that AWS does not take.
pub(super) async fn assume_role_with_web_identity(
    profile: &AwsProfile,
    role_arn: &str,
    session_name: &str,
    token: &SecretString,
) -> Result<Credentials, ProviderError> {
    let config = profile.configure(profile.region(), Patience::default());
    let client = Client::from_conf(Builder::from(&config).build());
    let request = client.assume_role_with_web_identity().role_arn(role_arn).role_session_name(session_name);
    // EXPOSE: sent to AWS.
    let answer = request.web_identity_token(token.expose().trim()).send().await;
    wipe_deep_stack();
    let answer = answer.map_err(|error| said_no(&error, "sts:AssumeRoleWithWebIdentity", role_arn))?;
    given(profile.name(), answer.credentials)
}

/// Credentials of a user's own session, in place of the access key itself: what is handed to other programs ends by itself.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
///
/// # Errors
/// Those of [`assume_role`].
pub async fn session_token(profile: &AwsProfile, lasts: Duration) -> Result<Credentials, ProviderError> {
    let config = profile.configure(profile.region(), Patience::default());
    let client = Client::from_conf(Builder::from(&config).build());
    let seconds = i32::try_from(lasts.as_secs()).unwrap_or(i32::MAX);
    let answer = client.get_session_token().duration_seconds(seconds).send().await;
    wipe_deep_stack();
    let answer = answer.map_err(|error| said_no(&error, "sts:GetSessionToken", "*"))?;
    given(profile.name(), answer.credentials)
}

fn given(profile: &str, given: Option<Given>) -> Result<Credentials, ProviderError> {
    let given = given.ok_or_else(|| failed(profile, "no credentials in the answer"))?;
    let expires = given.expiration.try_into().map_err(|_| failed(profile, "no time in the answer"))?;
    let (id, secret) = (given.access_key_id, given.secret_access_key);
    Ok(Credentials::new(id, secret, Some(given.session_token), Some(expires), "sealkeep"))
}

/// STS speaks an older protocol than KMS, with names of its own for the same things.
fn said_no<E>(error: &SdkError<E, HttpResponse>, action: &'static str, resource: &str) -> ProviderError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match (error.code(), error.message().unwrap_or_default()) {
        // One name for everything that is not allowed; only the text tells a code that was wrong, used before, or too old.
        (Some("AccessDenied"), why) if why.contains("MultiFactorAuthentication failed") => ProviderError::WrongCode,
        (Some("AccessDenied"), why) => {
            ProviderError::AccessDenied { action, key: resource.to_owned(), by: DeniedBy::read(why) }
        }
        _ => explain(error, action, resource),
    }
}

fn failed(profile: &str, reason: &str) -> ProviderError {
    ProviderError::SignInFailed { profile: profile.to_owned(), reason: reason.to_owned() }
}

fn is_role_arn(text: &str) -> bool {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = fields.as_slice() else { return false };
    let name = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@-_/".contains(&byte);
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let path = resource.strip_prefix("role/").unwrap_or_default();
    *arn == "arn"
        && (*partition == "aws" || partition.starts_with("aws-"))
        && partition.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        && *service == "iam"
        && region.is_empty()
        && digits
        && (1..=576).contains(&path.len())
        && !path.ends_with('/')
        && path.bytes().all(name)
}

fn refused(why: &str) -> ProviderError {
    ProviderError::Config(why.to_owned())
}
