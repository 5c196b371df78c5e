//! Wrapping and unwrapping under one KMS key.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use jiff::Timestamp;
use tokio::sync::Mutex;
use zeroize::Zeroize;

use crate::crypto::{DataKey, FreshDataKey};
use crate::format::{EncryptedDataKey, EncryptionContext};
use crate::providers::shown::shown;
use crate::providers::{AwsProfile, BoxFuture, KeyProvider, Patience, ProviderError, Wrapped};
use crate::secret::SecretKey;

use super::client::KmsClient;
use super::key::describe;
use super::{KMS_PROVIDER_ID, KeyArn, KeyName};

/// AWS KMS's own limit for what it wrapped.
const LONGEST_CIPHERTEXT: usize = 6144;

/// So long a failure waits to be told until when the key lasts.
const PATIENCE: Duration = Duration::from_secs(2);
/// So long the answer is not asked for again.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Wraps and unwraps under one KMS key, the pinned one, as one profile. Its futures need a tokio runtime with time and network;
/// dropping one ends its call.
pub struct KmsProvider {
    client: KmsClient,
    key: KeyArn,
    /// When AWS was asked last when the key will be gone, and what it said.
    deletion: Mutex<Option<(Instant, Option<Timestamp>)>>,
}

impl KmsProvider {
    /// The provider for `key`, asked in the key's own region. Connects to nothing before the first call.
    pub fn new(profile: &AwsProfile, key: KeyArn) -> Self {
        Self::with_patience(profile, key, Patience::default())
    }

    /// The same, waiting as long as `patience` says.
    pub fn with_patience(profile: &AwsProfile, key: KeyArn, patience: Patience) -> Self {
        Self { client: KmsClient::new(profile, key.region(), patience), key, deletion: Mutex::default() }
    }

    /// The pinned key.
    pub fn key(&self) -> &KeyArn {
        &self.key
    }

    /// How long AWS took for the last answer, if it gave one yet.
    pub fn last_latency(&self) -> Option<Duration> {
        self.client.last_latency()
    }

    /// How many calls were made.
    pub fn calls(&self) -> u64 {
        self.client.calls()
    }

    async fn generate(&self, context: &EncryptionContext) -> Result<Wrapped, ProviderError> {
        let request = self.client.sdk().generate_data_key().key_id(self.key.as_str()).key_spec(DataKeySpec::Aes256);
        let call = request.set_encryption_context(pairs(context)).send();
        let answer = match self.client.ask(call, "kms:GenerateDataKey", self.key.as_str()).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.dated(error).await),
        };
        // Out of the answer first: whatever is refused below, the plaintext is wiped.
        let secret = into_secret(answer.plaintext)?;
        check_answered_by(&self.key, answer.key_id.as_deref())?;
        let wrapped = wrapped_under(&self.key, answer.ciphertext_blob)?;
        Ok(Wrapped { wrapped, made: Some(FreshDataKey::from_generated(secret)) })
    }

    async fn encrypt(&self, key: &DataKey, context: &EncryptionContext) -> Result<Wrapped, ProviderError> {
        // EXPOSE: sent to AWS KMS, over TLS.
        let plaintext = Blob::new(key.secret().expose().as_slice());
        let request = self.client.sdk().encrypt().key_id(self.key.as_str()).plaintext(plaintext);
        let call = request.set_encryption_context(pairs(context)).send();
        let answer = match self.client.ask(call, "kms:Encrypt", self.key.as_str()).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.dated(error).await),
        };
        check_answered_by(&self.key, answer.key_id.as_deref())?;
        Ok(Wrapped { wrapped: wrapped_under(&self.key, answer.ciphertext_blob)?, made: None })
    }

    async fn decrypt(&self, wrapped: &EncryptedDataKey, context: &EncryptionContext) -> Result<DataKey, ProviderError> {
        check_wrapped_by(&self.key, wrapped)?;
        let blob = Blob::new(wrapped.ciphertext.as_slice());
        let request = self.client.sdk().decrypt().key_id(self.key.as_str()).ciphertext_blob(blob);
        let call = request.set_encryption_context(pairs(context)).send();
        let answer = match self.client.ask(call, "kms:Decrypt", self.key.as_str()).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.dated(error).await),
        };
        let secret = into_secret(answer.plaintext)?;
        check_answered_by(&self.key, answer.key_id.as_deref())?;
        Ok(DataKey::from_secret(secret))
    }

    /// The same; where the key waits for its deletion, AWS is asked until when, which whoever may not know goes without.
    async fn dated(&self, error: ProviderError) -> ProviderError {
        match error {
            ProviderError::KeyPendingDeletion { key, .. } => {
                ProviderError::KeyPendingDeletion { key, deletion: self.deletion().await }
            }
            other => other,
        }
    }

    /// When the key will be gone, as far as AWS says. Many calls that fail together ask once.
    async fn deletion(&self) -> Option<Timestamp> {
        let mut known = self.deletion.lock().await;
        if let Some((asked, deletion)) = *known
            && asked.elapsed() < REMEMBERED
        {
            return deletion;
        }
        let name = KeyName::Key(self.key.clone());
        let described = tokio::time::timeout(PATIENCE, describe(&self.client, &name)).await;
        let deletion = described.ok().and_then(Result::ok).and_then(|described| described.deletion);
        *known = Some((Instant::now(), deletion));
        deletion
    }
}

impl KeyProvider for KmsProvider {
    fn wrap<'a>(
        &'a self,
        key: Option<&'a DataKey>,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<Wrapped, ProviderError>> {
        Box::pin(async move {
            match key {
                Some(key) => self.encrypt(key, context).await,
                None => self.generate(context).await,
            }
        })
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<DataKey, ProviderError>> {
        Box::pin(self.decrypt(wrapped, context))
    }

    fn recognises(&self, wrapped: &EncryptedDataKey) -> bool {
        names(&self.key, wrapped)
    }
}

fn names(key: &KeyArn, wrapped: &EncryptedDataKey) -> bool {
    wrapped.provider_id == KMS_PROVIDER_ID && wrapped.provider_info == key.as_str().as_bytes()
}

/// Refuses what names another key, or can't be one that AWS KMS wrapped, before anybody is asked.
pub(super) fn check_wrapped_by(key: &KeyArn, wrapped: &EncryptedDataKey) -> Result<(), ProviderError> {
    if !names(key, wrapped) {
        let named = if wrapped.provider_id == KMS_PROVIDER_ID {
            shown(&wrapped.provider_info)
        } else {
            format!("another provider's key ({})", shown(wrapped.provider_id.as_bytes()))
        };
        return Err(ProviderError::ForeignKey { key: named });
    }
    if !(1..=LONGEST_CIPHERTEXT).contains(&wrapped.ciphertext.len()) {
        return Err(ProviderError::Malformed("AWS KMS wrapped no key of this length"));
    }
    Ok(())
}

/// What an answer gave, as wrapped under `key`.
pub(super) fn wrapped_under(key: &KeyArn, ciphertext: Option<Blob>) -> Result<EncryptedDataKey, ProviderError> {
    let ciphertext = ciphertext.map(Blob::into_inner).unwrap_or_default();
    if !(1..=LONGEST_CIPHERTEXT).contains(&ciphertext.len()) {
        return Err(ProviderError::Unexpected("no wrapped key in the answer".to_owned()));
    }
    Ok(EncryptedDataKey {
        provider_id: KMS_PROVIDER_ID.to_owned(),
        provider_info: key.as_str().as_bytes().to_vec(),
        ciphertext,
    })
}

/// An answer in another key's name is none.
pub(super) fn check_answered_by(key: &KeyArn, answered: Option<&str>) -> Result<(), ProviderError> {
    match answered {
        Some(answered) if answered == key.as_str() => Ok(()),
        Some(answered) => Err(ProviderError::Unexpected(format!("for another key, {}", shown(answered.as_bytes())))),
        None => Err(ProviderError::Unexpected("for no key".to_owned())),
    }
}

pub(super) fn pairs(context: &EncryptionContext) -> Option<HashMap<String, String>> {
    let pairs = context.pairs().map(|(key, value)| (key.to_owned(), value.to_owned()));
    (!context.is_empty()).then(|| pairs.collect())
}

/// Moves a plaintext out of the SDK's answer and wipes what it lay in.
fn into_secret(plaintext: Option<Blob>) -> Result<SecretKey, ProviderError> {
    let mut bytes = plaintext.map(Blob::into_inner).unwrap_or_default();
    let secret = SecretKey::copy_of(&bytes);
    bytes.zeroize();
    secret.ok_or_else(|| ProviderError::Unexpected("the data key has not 256 bits".to_owned()))
}
