//! The role of the machine that this program runs on: for servers, which have nobody to ask.

use std::env;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::time::Duration;

use aws_config::Region;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::{self};
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;

use crate::providers::ProviderError;
use crate::secret::{SecretBytes, SecretString};

use super::role::assume_role_with_web_identity;
use super::{AwsProfile, Patience};

/// Where an EC2 instance's metadata is. Named here, so that no variable of the environment can say otherwise.
const INSTANCE_METADATA: &str = "http://169.254.169.254";

/// AWS takes tokens of 20,000 characters at most.
const LONGEST_TOKEN: usize = 20_000;

/// Which of a machine's roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineRole {
    /// An EC2 instance's: from its metadata service (version 2, with a session token).
    Instance,
    /// A container's, in ECS or EKS: as `AWS_CONTAINER_CREDENTIALS_…` in the environment say.
    Container,
    /// The one that a token in a file stands for: as `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN` in the environment say.
    WebIdentity,
}

impl MachineRole {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Instance, Self::Container, Self::WebIdentity];

    /// `instance`, `container`, `web-identity`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Container => "container",
            Self::WebIdentity => "web-identity",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Asks the machine for the credentials of its role.
///
/// # Errors
/// [`ProviderError::SignInFailed`]: this machine has no such role, or its service did not answer; of a web identity, what AWS STS said.
pub async fn machine_credentials(profile: &AwsProfile, role: MachineRole) -> Result<Credentials, ProviderError> {
    let asking = tokio::time::timeout(Patience::default().whole, ask(profile, role));
    let late = match role {
        MachineRole::Instance | MachineRole::Container => "this machine's service did not answer in time",
        MachineRole::WebIdentity => "AWS STS, which takes the web identity's token, did not answer in time",
    };
    asking.await.unwrap_or_else(|_| Err(failed(profile, late.to_owned())))
}

async fn ask(profile: &AwsProfile, role: MachineRole) -> Result<Credentials, ProviderError> {
    match role {
        MachineRole::Instance => instance(profile).await,
        MachineRole::Container => container(profile).await,
        // The SDK's own provider would ask where the environment says, and not where the profile does.
        MachineRole::WebIdentity => web_identity(profile).await,
    }
}

async fn instance(profile: &AwsProfile) -> Result<Credentials, ProviderError> {
    let config = provider_config(profile);
    let client = imds::Client::builder().configure(&config).max_attempts(2);
    let client = client.connect_timeout(Duration::from_secs(1)).read_timeout(Duration::from_secs(2));
    let client = client.endpoint(metadata_of(profile)).map_err(|error| failed(profile, error.to_string()))?;
    let provider = ImdsCredentialsProvider::builder().configure(&config).imds_client(client.build()).build();
    // The provider's own words are about its code.
    let why = "the instance's metadata service did not answer, or the instance has no role";
    provider.provide_credentials().await.map_err(|_| failed(profile, why.to_owned()))
}

async fn container(profile: &AwsProfile) -> Result<Credentials, ProviderError> {
    let provider = EcsCredentialsProvider::builder().configure(&provider_config(profile)).build();
    provider.provide_credentials().await.map_err(|error| {
        let why = match error {
            CredentialsError::CredentialsNotLoaded(_) => {
                "no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI in the environment: this is no container with a role"
            }
            _ => "the container's credentials service did not answer",
        };
        failed(profile, why.to_owned())
    })
}

async fn web_identity(profile: &AwsProfile) -> Result<Credentials, ProviderError> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(file), Some(role)) = (variable("AWS_WEB_IDENTITY_TOKEN_FILE"), variable("AWS_ROLE_ARN")) else {
        let why = "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are not both in the environment";
        return Err(failed(profile, why.to_owned()));
    };
    let token = tokio::task::spawn_blocking(move || read_token(&file)).await.ok().flatten();
    let token = token.ok_or_else(|| failed(profile, "the web identity's token can't be read".to_owned()))?;
    let name = variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| "sealkeep".to_owned());
    let answer = assume_role_with_web_identity(profile, &role, &name, &token).await;
    answer.map_err(|error| match error {
        // Of a token, and not of an access key or of a session that somebody could begin anew.
        ProviderError::Credentials { reason } | ProviderError::Unexpected(reason) => {
            failed(profile, format!("AWS does not take the web identity's token ({reason})"))
        }
        other => other,
    })
}

/// The token in `file`, where that is text of a length that AWS takes.
fn read_token(file: &str) -> Option<SecretString> {
    // A pipe could keep this waiting for ever.
    if !fs::metadata(file).ok()?.is_file() {
        return None;
    }
    let mut bytes = SecretBytes::new(vec![0; LONGEST_TOKEN + 1]);
    let mut file = File::open(file).ok()?;
    let mut length = 0;
    loop {
        // EXPOSE: read into.
        match file.read(&mut bytes.expose_mut()[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    if length > LONGEST_TOKEN {
        return None;
    }
    bytes.truncate(length);
    SecretString::from_bytes(bytes).ok()
}

/// An emulator on this machine stands in for the metadata service, too.
fn metadata_of(profile: &AwsProfile) -> &str {
    profile
        .network()
        .endpoint()
        .filter(|endpoint| !endpoint.is_encrypted())
        .map_or(INSTANCE_METADATA, |here| here.as_str())
}

fn provider_config(profile: &AwsProfile) -> ProviderConfig {
    let sdk = profile.configure(profile.region(), Patience::default());
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(2)).build();
    let mut config = ProviderConfig::without_region()
        .with_region(Some(Region::new(profile.region().to_owned())))
        .with_timeout_config(sdk.timeout_config().cloned().unwrap_or(timeouts));
    if let Some(client) = sdk.http_client() {
        config = config.with_http_client(client);
    }
    config
}

fn failed(profile: &AwsProfile, reason: String) -> ProviderError {
    ProviderError::SignInFailed { profile: profile.name().to_owned(), reason }
}
