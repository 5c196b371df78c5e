//! What stands for a sign-in at IAM Identity Center: kept in the keyring, and in no file.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_ssooidc::operation::create_token::CreateTokenOutput;
use serde::{Deserialize, Serialize};

use crate::providers::ProviderError;
use crate::secret::{SecretBytes, SecretString};

use super::profile::is_secret;
use super::stored::ReadSecret;

/// A token ends this long before AWS says so: it has to reach AWS.
const AHEAD: Duration = Duration::from_secs(60);

/// This program's registration with a portal's identity service, which a token belongs to.
#[derive(Debug)]
pub struct Registration {
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    /// Seconds since 1970.
    pub(super) expires: i64,
}

/// A sign-in. Nothing secret shows in `Debug`.
#[derive(Debug)]
pub struct SsoToken {
    pub(super) registration: Registration,
    pub(super) access_token: SecretString,
    /// Seconds since 1970.
    expires: i64,
    pub(super) refresh_token: Option<SecretString>,
}

impl Clone for Registration {
    fn clone(&self) -> Self {
        let (client_id, client_secret) = (self.client_id.clone(), self.client_secret.duplicate());
        Self { client_id, client_secret, expires: self.expires }
    }
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    client_id: &'a str,
    client_secret: &'a str,
    client_expires: i64,
    access_token: &'a str,
    expires: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    client_id: String,
    client_secret: ReadSecret,
    client_expires: i64,
    access_token: ReadSecret,
    expires: i64,
    refresh_token: Option<ReadSecret>,
}

impl Registration {
    pub(super) fn lasts(&self) -> bool {
        lasts(self.expires)
    }
}

impl SsoToken {
    /// As AWS gave it; where it gave no new refresh token, the last one goes on.
    pub(super) fn given(
        registration: Registration,
        answer: CreateTokenOutput,
        last_refresh: Option<&SecretString>,
    ) -> Result<Self, ProviderError> {
        const LONGEST: usize = 64 * 1024;
        let token = answer.access_token.map(SecretString::new).filter(|token| is_secret(token, LONGEST));
        let access_token = token.ok_or_else(|| ProviderError::Unexpected("no token in the answer".to_owned()))?;
        let refresh = answer.refresh_token.map(SecretString::new).filter(|token| is_secret(token, LONGEST));
        let refresh_token = refresh.or_else(|| last_refresh.map(SecretString::duplicate));
        let lifetime = Duration::from_secs(u64::try_from(answer.expires_in).unwrap_or_default());
        Ok(Self { registration, access_token, expires: seconds(SystemTime::now() + lifetime), refresh_token })
    }

    /// Whether it is good for a minute at least, as far as this machine's clock says.
    pub fn lasts(&self) -> bool {
        lasts(self.expires)
    }

    /// The registration that it belongs to: a new sign-in can use it.
    pub fn into_registration(self) -> Registration {
        self.registration
    }

    /// Bytes for the keyring.
    ///
    /// # Errors
    /// None that can happen: the bytes are written to memory.
    pub fn to_bytes(&self) -> Result<SecretBytes, ProviderError> {
        let written = Written {
            version: 1,
            client_id: &self.registration.client_id,
            // EXPOSE: for the keyring's bytes, which are a secret again; so are the others.
            client_secret: self.registration.client_secret.expose(),
            client_expires: self.registration.expires,
            // EXPOSE: as above.
            access_token: self.access_token.expose(),
            expires: self.expires,
            // EXPOSE: as above.
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose()),
        };
        let mut bytes = SecretBytes::with_capacity(4096);
        let done = serde_json::to_writer(&mut bytes, &written);
        done.map_err(|_| ProviderError::Config("a token can't be written".to_owned()))?;
        Ok(bytes)
    }

    /// The token in the keyring's bytes; `None` where they are none, and a new sign-in takes their place.
    pub fn from_bytes(bytes: &SecretBytes) -> Option<Self> {
        // EXPOSE: parsed; what is secret in it becomes a secret where it is read.
        let read: Read = serde_json::from_slice(bytes.expose()).ok().filter(|read: &Read| read.version == 1)?;
        let (client_id, client_secret) = (read.client_id, read.client_secret.0);
        Some(Self {
            registration: Registration { client_id, client_secret, expires: read.client_expires },
            access_token: read.access_token.0,
            expires: read.expires,
            refresh_token: read.refresh_token.map(|token| token.0),
        })
    }
}

fn lasts(expires: i64) -> bool {
    seconds(SystemTime::now() + AHEAD) < expires
}

fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(expires_in: i32, refresh: Option<&str>, last: Option<&SecretString>) -> SsoToken {
        let registration = Registration {
            client_id: "client".to_owned(),
            client_secret: SecretString::copy_of("client-secret"),
            expires: i64::MAX,
        };
        let answer = CreateTokenOutput::builder().access_token("access").expires_in(expires_in);
        SsoToken::given(registration, answer.set_refresh_token(refresh.map(str::to_owned)).build(), last).unwrap()
    }

    #[test]
    fn comes_back_from_the_keyrings_bytes_and_shows_no_secret() {
        let token = given(3600, Some("refresh"), None);
        let debug = format!("{token:?}");
        assert!(!debug.contains("access\"") && !debug.contains("client-secret") && !debug.contains("\"refresh\""));
        let back = SsoToken::from_bytes(&token.to_bytes().unwrap()).unwrap();
        assert!(back.lasts() && back.registration.lasts());
        assert!(back.access_token.same_as(&token.access_token));
        assert!(back.refresh_token.unwrap().same_as(token.refresh_token.as_ref().unwrap()));
        assert!(SsoToken::from_bytes(&SecretBytes::copy_of(b"{\"version\":2}")).is_none());
    }

    #[test]
    fn ends_a_minute_before_aws_says_so_and_keeps_the_refresh_token_it_had() {
        assert!(!given(60, None, None).lasts());
        assert!(given(120, None, None).lasts());
        let last = SecretString::copy_of("last");
        assert!(given(120, None, Some(&last)).refresh_token.unwrap().same_as(&last));
    }
}
