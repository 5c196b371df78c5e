//! Moving a wrapped key from one KMS key to another, inside AWS KMS.
//!
//! Invariant: both keys and both contexts are named, and the answer must name the same keys. No plaintext key is in this process.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html>

use std::sync::Arc;

use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;

use crate::format::{EncryptedDataKey, EncryptionContext};
use crate::providers::pace::Pace;
use crate::providers::{AwsProfile, BoxFuture, Patience, ProviderError, Rewrapper};

use super::KeyArn;
use super::client::KmsClient;
use super::failure::explain;
use super::provider::{check_answered_by, check_wrapped_by, pairs, wrapped_under};

/// Moves wrapped keys between two KMS keys of one region. Its futures need a tokio runtime with time and network; dropping one
/// ends its call.
pub struct KmsReEncrypt {
    client: KmsClient,
    from: KeyArn,
    to: KeyArn,
    pace: Arc<Pace>,
}

impl KmsReEncrypt {
    /// Asks as `profile`, which needs `kms:ReEncryptFrom` on the one key and `kms:ReEncryptTo` on the other. Connects to nothing
    /// before the first call.
    pub fn new(profile: &AwsProfile, from: KeyArn, to: KeyArn, pace: &Arc<Pace>) -> Self {
        let client = KmsClient::new(profile, from.region(), Patience::ONE_ATTEMPT);
        Self { client, from, to, pace: Arc::clone(pace) }
    }

    /// Whether AWS KMS moves keys between these two: it does so within a region.
    pub fn is_possible(from: &KeyArn, to: &KeyArn) -> bool {
        (from.partition(), from.region()) == (to.partition(), to.region())
    }

    async fn ask(
        &self,
        wrapped: &EncryptedDataKey,
        context: &EncryptionContext,
    ) -> Result<EncryptedDataKey, ProviderError> {
        let request = self.client.sdk().re_encrypt();
        let request = request.ciphertext_blob(Blob::new(wrapped.ciphertext.as_slice()));
        let request = request.source_key_id(self.from.as_str()).set_source_encryption_context(pairs(context));
        let request = request.destination_key_id(self.to.as_str()).set_destination_encryption_context(pairs(context));
        let answer = self.client.ask_and(request.send(), |error| {
            // One action that needs two keys: only the text says which of them it is about.
            let about = error.message().unwrap_or_default();
            let is_about_new = about.contains("ReEncryptTo") || about.contains(self.to.as_str());
            let (action, key) =
                if is_about_new { ("kms:ReEncryptTo", &self.to) } else { ("kms:ReEncryptFrom", &self.from) };
            explain(error, action, key.as_str())
        });
        let answer = answer.await?;
        check_answered_by(&self.from, answer.source_key_id.as_deref())?;
        check_answered_by(&self.to, answer.key_id.as_deref())?;
        wrapped_under(&self.to, answer.ciphertext_blob)
    }
}

impl Rewrapper for KmsReEncrypt {
    fn rewrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<EncryptedDataKey, ProviderError>> {
        Box::pin(async move {
            check_wrapped_by(&self.from, wrapped)?;
            self.pace.run(|| self.ask(wrapped, context)).await
        })
    }
}
