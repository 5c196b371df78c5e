//! A profile's credentials for another program: `credential_process` of the AWS command line and SDKs.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::providers::aws::{ProfileKind, session_token};
use crate::secret::SecretBytes;

use super::{Home, SessionError, profiles};

/// For how long what an access key stands for is handed out.
const LASTS: Duration = Duration::from_secs(3600);

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Written<'a> {
    version: u32,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

/// The JSON document that AWS's programs read from a process: credentials that end by themselves. In place of a lasting access key it
/// has those of a session of an hour (`sts:GetSessionToken`), unless `lasting` is asked for: some accounts' policies, and calls of
/// IAM, take no such session.
///
/// # Errors
/// Those of [`profiles::load`]; [`SessionError::Provider`] with what AWS said.
pub async fn for_process(home: &Home, name: &str, lasting: bool) -> Result<SecretBytes, SessionError> {
    let profile = profiles::load(home, name).await?;
    let credentials = match profile.kind() {
        ProfileKind::Static { session_token: None, .. } if !lasting => session_token(&profile, LASTS).await?,
        _ => profile.current_credentials().await?,
    };
    let written = Written {
        version: 1,
        access_key_id: credentials.access_key_id(),
        secret_access_key: credentials.secret_access_key(),
        session_token: credentials.session_token(),
        expiration: credentials.expiry().and_then(|end| Timestamp::try_from(end).ok()).map(in_seconds),
    };
    let mut document = SecretBytes::with_capacity(8 * 1024);
    serde_json::to_writer(&mut document, &written).map_err(|_| SessionError::Thread)?;
    document.extend(b"\n");
    Ok(document)
}

/// ISO 8601 to the second: what every SDK reads.
fn in_seconds(end: Timestamp) -> String {
    Timestamp::from_second(end.as_second()).unwrap_or(end).to_string()
}
