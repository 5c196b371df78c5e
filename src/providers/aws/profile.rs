//! A profile: who one is to AWS, and where.

use crate::providers::ProviderError;
use crate::secret::SecretString;

use super::Endpoint;

/// Credentials for AWS under a name of one's own, with the region to look for keys in. Lives in the system's keyring, as the
/// bytes of [`AwsProfile::to_bytes`]. Nothing secret shows in `Debug`.
#[derive(Debug)]
pub struct AwsProfile {
    name: String,
    region: String,
    endpoint: Option<Endpoint>,
    kind: ProfileKind,
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
}

impl AwsProfile {
    /// A profile, once every part of it can be what it says.
    ///
    /// # Errors
    /// [`ProviderError::Config`] says which part can't, and never shows a secret one.
    pub fn new(name: &str, region: &str, endpoint_url: Option<&str>, kind: ProfileKind) -> Result<Self, ProviderError> {
        Self::check_name(name)?;
        check_region(region)?;
        kind.check()?;
        let endpoint = endpoint_url.map(str::parse).transpose()?;
        Ok(Self { name: name.to_owned(), region: region.to_owned(), endpoint, kind })
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

    /// What stands in for AWS's own addresses.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.endpoint.as_ref()
    }

    /// Where the credentials come from.
    pub fn kind(&self) -> &ProfileKind {
        &self.kind
    }

    /// The access key's id, to be shown: not a secret.
    pub fn access_key_id(&self) -> &str {
        match &self.kind {
            ProfileKind::Static { access_key_id, .. } => access_key_id,
        }
    }
}

impl ProfileKind {
    fn check(&self) -> Result<(), ProviderError> {
        let Self::Static { access_key_id, secret_access_key, session_token } = self;
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !(1..=128).contains(&access_key_id.len()) || !access_key_id.bytes().all(word) {
            return Err(refused("an access key ID has only letters and digits, as in AKIAIOSFODNN7EXAMPLE"));
        }
        if !is_secret(secret_access_key, 256) {
            return Err(refused("the secret access key is empty, or has characters that none has"));
        }
        if session_token.as_ref().is_some_and(|token| !is_secret(token, 16 * 1024)) {
            return Err(refused("the session token is empty, or has characters that none has"));
        }
        Ok(())
    }
}

pub(in crate::providers) fn check_region(region: &str) -> Result<(), ProviderError> {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (4..=32).contains(&region.len()) && region.contains('-') && region.bytes().all(sound) {
        return Ok(());
    }
    Err(refused("a region looks like eu-central-1"))
}

fn is_secret(text: &SecretString, longest: usize) -> bool {
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
        let profile = AwsProfile::new("work", "eu-central-1", Some("http://localhost:1"), kind).unwrap();
        assert_eq!((profile.name(), profile.region()), ("work", "eu-central-1"));
        let debug = format!("{profile:?}");
        assert!(debug.contains("AKIAIOSFODNN7EXAMPLE") && !debug.contains("wJal") && !debug.contains("Fwo"), "{debug}");
    }

    #[test]
    fn refuses_each_part_that_cannot_be_and_shows_no_secret() {
        let refused =
            |name, region, endpoint, kind| AwsProfile::new(name, region, endpoint, kind).unwrap_err().to_string();
        let good = || kind("AKIA", "secret", None);
        for name in ["", "a b", "-x", "a/b", "a\nb"] {
            assert!(refused(name, "eu-west-1", None, good()).contains("name"));
        }
        for region in ["", "frankfurt", "EU-WEST-1", "eu-west-1.evil.example.com"] {
            assert!(refused("a", region, None, good()).contains("region"));
        }
        assert!(refused("a", "eu-west-1", Some("http://example.com"), good()).contains("this machine"));
        assert!(refused("a", "eu-west-1", None, kind("AK/IA", "x", None)).contains("access key ID"));
        assert!(refused("a", "eu-west-1", None, kind("AKIA", "", None)).contains("secret access key"));
        let pasted = refused("a", "eu-west-1", None, kind("AKIA", "hunter2\n", None));
        assert!(pasted.contains("secret access key") && !pasted.contains("hunter2"));
        assert!(refused("a", "eu-west-1", None, kind("AKIA", "x", Some(" "))).contains("session token"));
    }
}
