//! What moves a wrapped data key from one key to another.

use std::sync::Arc;

use crate::crypto::DataKey;
use crate::format::{EncryptedDataKey, EncryptionContext};

use super::pace::Pace;
use super::{BoxFuture, KeyProvider, ProviderError, Wrapped};

/// Moves wrapped data keys from one key to another, as many at once as is good for whoever is asked.
pub trait Rewrapper: Send + Sync {
    /// `wrapped` under the other key, bound to the same `context`.
    ///
    /// # Errors
    /// [`ProviderError`]: those of unwrapping under the one key, and of wrapping under the other.
    fn rewrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<EncryptedDataKey, ProviderError>>;
}

/// Unwraps under one key and wraps under the other, here: for two keys that AWS KMS can't move between. The data key is in this
/// process for that moment, and goes to the other key's KMS over TLS.
pub struct ThroughHere {
    from: Arc<dyn KeyProvider>,
    to: Arc<dyn KeyProvider>,
}

impl ThroughHere {
    /// Each key is asked by its own provider; both are to be [`Paceful`].
    pub fn new(from: Arc<dyn KeyProvider>, to: Arc<dyn KeyProvider>) -> Self {
        Self { from, to }
    }
}

impl Rewrapper for ThroughHere {
    fn rewrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<EncryptedDataKey, ProviderError>> {
        Box::pin(async move {
            let key = self.from.unwrap(wrapped, context).await?;
            Ok(self.to.wrap(Some(&key), context).await?.wrapped)
        })
    }
}

/// A provider whose calls are paced.
pub struct Paceful {
    provider: Arc<dyn KeyProvider>,
    pace: Arc<Pace>,
}

impl Paceful {
    /// Paces what is asked of `provider`, together with whatever else has that `pace`.
    pub fn new(provider: Arc<dyn KeyProvider>, pace: Arc<Pace>) -> Self {
        Self { provider, pace }
    }
}

impl KeyProvider for Paceful {
    fn wrap<'a>(
        &'a self,
        key: Option<&'a DataKey>,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<Wrapped, ProviderError>> {
        Box::pin(self.pace.run(move || self.provider.wrap(key, context)))
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<DataKey, ProviderError>> {
        Box::pin(self.pace.run(move || self.provider.unwrap(wrapped, context)))
    }

    fn recognises(&self, wrapped: &EncryptedDataKey) -> bool {
        self.provider.recognises(wrapped)
    }
}
