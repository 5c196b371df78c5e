//! A profile: who one is to AWS, and where.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use crate::providers::ProviderError;
use crate::secret::SecretString;

use super::{AssumeRole, IdentityCenter, MachineRole, Network, TemporaryCredentials};

/// Credentials for AWS under a name of one's own, with the region to look for keys in. Lives in the system's keyring, as the
/// bytes of [`AwsProfile::to_bytes`]. Nothing secret shows in `Debug`.
#[derive(Debug)]
pub struct AwsProfile {
    name: String,
    region: String,
    network: Arc<Network>,
    kind: ProfileKind,
    signed_in: Option<TemporaryCredentials>,
}

/// Where a profile's credentials come from.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProfileKind {
    /// An access key of an IAM user; or of a session, which then has a token and ends.
    Static {
        /// Names the key; not secret: CloudTrail and signatures show it.
        access_key_id: String,
        /// Signs requests.
        secret_access_key: SecretString,
        /// Of temporary credentials.
        session_token: Option<SecretString>,
    },
    /// A role, assumed as another profile.
    AssumeRole(AssumeRole),
    /// IAM Identity Center, where a person signs in with a browser.
    IdentityCenter(IdentityCenter),
    /// The role of the machine that this program runs on.
    Machine(MachineRole),
}

/// The kinds as they are stored and shown.
pub(super) const STATIC: &str = "static";
pub(super) const ASSUME_ROLE: &str = "assume-role";
pub(super) const IDENTITY_CENTER: &str = "identity-center";
pub(super) const MACHINE: &str = "machine";

impl AwsProfile {
    /// A profile, once every part of it can be what it says.
    ///
    /// # Errors
    /// [`ProviderError::Config`] says which part can't, and never shows a secret one.
    pub fn new(name: &str, region: &str, network: Network, kind: ProfileKind) -> Result<Self, ProviderError> {
        Self::check_name(name)?;
        check_region(region)?;
        kind.check()?;
        Ok(Self { name: name.to_owned(), region: region.to_owned(), network: Arc::new(network), kind, signed_in: None })
    }

    /// Whether `name` can name a profile: 1 to 64 letters, digits and `.`, `_`, `@`, `+`, `-`, not beginning with `-`, so that it
    /// is itself on a command line and in the keyring.
    ///
    /// # Errors
    /// [`ProviderError::Config`].
    pub fn check_name(name: &str) -> Result<(), ProviderError> {
        let sound = |letter: char| letter.is_alphanumeric() || "._@+-".contains(letter);
        let length = name.chars().count();
        if (1..=64).contains(&length) && name.chars().all(sound) && !name.starts_with('-') {
            return Ok(());
        }
        Err(refused("a profile's name has 1 to 64 letters, digits and . _ @ + -, and does not begin with -"))
    }

    /// The profile's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The region to look for keys in. A key's own ARN says where it is, wherever that is.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// By which way AWS is reached.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Where the credentials come from.
    pub fn kind(&self) -> &ProfileKind {
        &self.kind
    }

    /// What kind it is, as it is stored and shown: `static`, `assume-role`, `identity-center`, `machine`.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            ProfileKind::Static { .. } => STATIC,
            ProfileKind::AssumeRole(_) => ASSUME_ROLE,
            ProfileKind::IdentityCenter(_) => IDENTITY_CENTER,
            ProfileKind::Machine(_) => MACHINE,
        }
    }

    /// The access key's id, to be shown: not a secret. A profile that gets one for each session has none.
    pub fn access_key_id(&self) -> Option<&str> {
        match &self.kind {
            ProfileKind::Static { access_key_id, .. } => Some(access_key_id),
            _ => None,
        }
    }

    /// The profile with what gives its credentials: those that are not its own come from elsewhere, and somebody may have had to
    /// be asked for them.
    pub fn signed_in(self, credentials: &TemporaryCredentials) -> Self {
        Self { signed_in: Some(credentials.clone()), ..self }
    }

    /// Another of the same, with secrets of its own that it wipes.
    pub fn duplicate(&self) -> Self {
        let kind = self.kind.duplicate();
        let (name, region) = (self.name.clone(), self.region.clone());
        Self { name, region, network: Arc::clone(&self.network), kind, signed_in: self.signed_in.clone() }
    }

    /// What requests would be signed with now, for another program.
    ///
    /// # Errors
    /// [`ProviderError::SignedOut`]; what kept new ones away.
    pub async fn current_credentials(&self) -> Result<Credentials, ProviderError> {
        self.credentials_provider().provide_credentials().await.map_err(|error| {
            let ours = std::error::Error::source(&error).and_then(|ours| ours.downcast_ref::<ProviderError>());
            let failed =
                || ProviderError::SignInFailed { profile: self.name.clone(), reason: "there are none".to_owned() };
            ours.cloned().unwrap_or_else(failed)
        })
    }

    /// The session that Sealkeep itself got for it; `None`: its credentials are its own, or nobody signed in.
    pub(in crate::providers) fn session(&self) -> Option<&TemporaryCredentials> {
        self.signed_in.as_ref()
    }

    /// What signs requests.
    pub(super) fn credentials_provider(&self) -> SharedCredentialsProvider {
        match (&self.kind, &self.signed_in) {
            (ProfileKind::Static { access_key_id, secret_access_key, session_token }, _) => {
                // EXPOSE: the SDK signs with it, and wipes its copy when the client is dropped.
                let secret = secret_access_key.expose();
                // EXPOSE: the SDK sends it, and wipes its copy.
                let token = session_token.as_ref().map(|token| token.expose().to_owned());
                SharedCredentialsProvider::new(Credentials::new(access_key_id, secret, token, None, "sealkeep"))
            }
            (_, Some(signed_in)) => SharedCredentialsProvider::new(signed_in.clone()),
            (_, None) => SharedCredentialsProvider::new(NotSignedIn(self.name.clone())),
        }
    }
}

/// Awaits `call`, which is made as a profile with this session. One that AWS has ended is dropped: whoever asks next gets a new one. What
/// is stored in the profile itself, session token and all, stays.
///
/// # Errors
/// Those of `call`; [`ProviderError::SignedOut`] for a session that has ended.
pub(in crate::providers) async fn watch<T>(
    session: Option<&TemporaryCredentials>,
    call: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    match session {
        Some(session) => session.watch(call).await,
        None => call.await,
    }
}

/// In place of credentials that nobody asked for yet.
#[derive(Debug)]
struct NotSignedIn(String);

impl ProvideCredentials for NotSignedIn {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let error = ProviderError::SignedOut { profile: self.0.clone() };
        future::ProvideCredentials::ready(Err(CredentialsError::provider_error(error)))
    }
}

impl ProfileKind {
    /// Another of the same, with secrets of its own that it wipes.
    pub fn duplicate(&self) -> Self {
        match self {
            Self::Static { access_key_id, secret_access_key, session_token } => Self::Static {
                access_key_id: access_key_id.clone(),
                secret_access_key: secret_access_key.duplicate(),
                session_token: session_token.as_ref().map(SecretString::duplicate),
            },
            Self::AssumeRole(role) => Self::AssumeRole(role.clone()),
            Self::IdentityCenter(center) => Self::IdentityCenter(center.clone()),
            Self::Machine(role) => Self::Machine(*role),
        }
    }

    fn check(&self) -> Result<(), ProviderError> {
        match self {
            Self::Static { access_key_id, secret_access_key, session_token } => {
                check_static(access_key_id, secret_access_key, session_token.as_ref())
            }
            Self::AssumeRole(role) => role.check(),
            Self::IdentityCenter(center) => center.check(),
            Self::Machine(_) => Ok(()),
        }
    }
}

fn check_static(
    access_key_id: &str,
    secret_access_key: &SecretString,
    session_token: Option<&SecretString>,
) -> Result<(), ProviderError> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !(1..=128).contains(&access_key_id.len()) || !access_key_id.bytes().all(word) {
        return Err(refused("an access key ID has only letters and digits, as in AKIAIOSFODNN7EXAMPLE"));
    }
    if !is_secret(secret_access_key, 256) {
        return Err(refused("the secret access key is empty, or has characters that none has"));
    }
    if session_token.is_some_and(|token| !is_secret(token, 16 * 1024)) {
        return Err(refused("the session token is empty, or has characters that none has"));
    }
    Ok(())
}

/// Whether `region` can be one.
pub(in crate::providers) fn check_region(region: &str) -> Result<(), ProviderError> {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (4..=32).contains(&region.len()) && region.contains('-') && region.bytes().all(sound) {
        return Ok(());
    }
    Err(refused("a region looks like eu-central-1"))
}

/// Whether `text` can stand in a header.
pub(super) fn is_secret(text: &SecretString, longest: usize) -> bool {
    // EXPOSE: to see that a header can hold it; a pasted line break could not be sent.
    (1..=longest).contains(&text.len()) && text.expose().bytes().all(|byte| byte.is_ascii_graphic())
}

fn refused(why: &str) -> ProviderError {
    ProviderError::Config(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(id: &str, secret: &str, token: Option<&str>) -> ProfileKind {
        ProfileKind::Static {
            access_key_id: id.to_owned(),
            secret_access_key: SecretString::copy_of(secret),
            session_token: token.map(SecretString::copy_of),
        }
    }

    #[test]
    fn takes_what_aws_gives_and_shows_no_secret() {
        let kind = kind("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Some("FwoGZXIv=="));
        let profile = AwsProfile::new("work", "eu-central-1", Network::default(), kind).unwrap();
        assert_eq!((profile.name(), profile.region()), ("work", "eu-central-1"));
        let debug = format!("{profile:?}");
        assert!(debug.contains("AKIAIOSFODNN7EXAMPLE") && !debug.contains("wJal") && !debug.contains("Fwo"), "{debug}");
    }

    #[test]
    fn refuses_each_part_that_cannot_be_and_shows_no_secret() {
        let refused =
            |name, region, kind| AwsProfile::new(name, region, Network::default(), kind).unwrap_err().to_string();
        let good = || kind("AKIA", "secret", None);
        for name in ["", "a b", "-x", "a/b", "a\nb"] {
            assert!(refused(name, "eu-west-1", good()).contains("name"));
        }
        for region in ["", "frankfurt", "EU-WEST-1", "eu-west-1.evil.example.com"] {
            assert!(refused("a", region, good()).contains("region"));
        }
        assert!(refused("a", "eu-west-1", kind("AK/IA", "x", None)).contains("access key ID"));
        assert!(refused("a", "eu-west-1", kind("AKIA", "", None)).contains("secret access key"));
        let pasted = refused("a", "eu-west-1", kind("AKIA", "hunter2\n", None));
        assert!(pasted.contains("secret access key") && !pasted.contains("hunter2"));
        assert!(refused("a", "eu-west-1", kind("AKIA", "x", Some(" "))).contains("session token"));
    }
}
