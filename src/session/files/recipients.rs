//! Who will be able to open what is sealed.

use std::sync::Arc;

use crate::format::MAX_KEYS;
use crate::providers::kms::resolve;
use crate::providers::{KdfParams, KeyName, KeyProvider, KmsProvider, PassphraseProvider, PassphraseRecord};
use crate::secret::SecretString;
use crate::vault::on_thread;

use super::super::{Home, SessionError, profiles};

/// Where a file's record belongs: nowhere but to the file that carries it.
pub(super) const FILE_BINDING: &[u8] = b"";

/// Who will be able to open what is sealed. The first of them makes each data key.
#[derive(Clone)]
pub struct Recipients(Vec<Arc<dyn KeyProvider>>);

impl Recipients {
    /// Whoever knows `passphrase`. Files that are sealed for one `Recipients` have one record, and take one run of Argon2.
    ///
    /// # Errors
    /// [`SessionError::Provider`]: no memory, no random numbers; [`SessionError::Thread`].
    pub async fn of_passphrase(passphrase: SecretString) -> Result<Self, SessionError> {
        let provider = on_thread("sealkeep-argon2", move || {
            let (record, key) = PassphraseRecord::make(&passphrase, KdfParams::DEFAULT, FILE_BINDING)?;
            Ok::<_, SessionError>(PassphraseProvider::for_file(key, &record))
        });
        Ok(Self(vec![Arc::new(provider.await??)]))
    }

    /// Whoever may use one of `keys`, as the AWS profile `profile` sees them. An alias is resolved now: one call; a key costs
    /// none.
    ///
    /// # Errors
    /// Those of [`profiles::load`]; [`SessionError::Provider`] for an alias that can't be resolved.
    pub async fn of_keys(home: &Home, profile: &str, keys: &[KeyName]) -> Result<Self, SessionError> {
        let profile = profiles::load(home, profile).await?;
        let mut arns = Vec::with_capacity(keys.len());
        for key in keys {
            let arn = resolve(&profile, key).await?;
            if !arns.contains(&arn) {
                arns.push(arn);
            }
        }
        Ok(Self(arns.into_iter().map(|arn| Arc::new(KmsProvider::new(&profile, arn)) as _).collect()))
    }

    /// Whoever has what `provider` stands for.
    pub fn of_provider(provider: Arc<dyn KeyProvider>) -> Self {
        Self(vec![provider])
    }

    /// These and `others`.
    ///
    /// # Errors
    /// [`SessionError::TooManyRecipients`].
    pub fn and(mut self, others: Self) -> Result<Self, SessionError> {
        self.0.extend(others.0);
        if self.0.len() > MAX_KEYS {
            return Err(SessionError::TooManyRecipients { most: MAX_KEYS });
        }
        Ok(self)
    }

    pub(super) fn providers(&self) -> &[Arc<dyn KeyProvider>] {
        &self.0
    }
}
