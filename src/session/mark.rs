//! What the keyring has for a profile, as far as it has to be known to see whether it is still the same.

use crate::crypto::sha256;
use crate::platform::KeyringError;
use crate::vault::on_thread_without_keys;

use super::{Home, SessionError, profiles};

/// The digest of what the keyring has for the profile `name`, sealed or not; `None` where it has nothing.
///
/// # Errors
/// [`SessionError::Keyring`].
pub(super) async fn of(home: &Home, name: &str) -> Result<Option<[u8; 32]>, SessionError> {
    let (home, entry) = (home.clone(), profiles::entry_name(name));
    on_thread_without_keys("sealkeep-keyring", move || match home.keyring().get(&entry) {
        // EXPOSE: hashed.
        Ok(there) => Ok(Some(sha256(there.expose()))),
        Err(KeyringError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    })
    .await?
}
