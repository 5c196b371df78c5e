//! What the keyring has for a profile, as far as it has to be known to see whether it is still the same.

use crate::crypto::sha256_of_secret;
use crate::platform::KeyringError;
use crate::vault::on_thread_without_keys;

use super::{Home, SessionError, profiles};

/// The digest of what the keyring has for the profile `name`, sealed or not; `None` where it has nothing.
///
/// # Errors
/// [`SessionError::Keyring`].
pub(super) async fn of(home: &Home, name: &str) -> Result<Option<[u8; 32]>, SessionError> {
    let (home, name) = (home.clone(), name.to_owned());
    on_thread_without_keys("sealkeep-keyring", move || read(&home, &name)).await?
}

/// The same at once, for a thread that may wait for the keyring.
///
/// # Errors
/// [`SessionError::Keyring`].
pub(super) fn read(home: &Home, name: &str) -> Result<Option<[u8; 32]>, SessionError> {
    match home.keyring().get(&profiles::entry_name(name)) {
        // EXPOSE: hashed.
        Ok(there) => Ok(Some(sha256_of_secret(there.expose()))),
        Err(KeyringError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// In the place of what a profile is stored.
#[derive(Clone, Copy, Debug)]
pub(super) enum InPlaceOf {
    /// Of whatever the keyring has under its name.
    Anything,
    /// Of just this, which is looked for right before it is written; `None`: of nothing.
    Just(Option<[u8; 32]>),
}
