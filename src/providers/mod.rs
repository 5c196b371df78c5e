//! What wraps and unwraps data keys: AWS KMS, a passphrase, a recovery key.
//!
//! Owns: [`KeyProvider`], its implementations, their errors, and the AWS profile type. Touches no store, no window and
//! no keyring.
//! Invariant: a provider unwraps only what names its own key; anything else is refused before the network is used.

pub mod aws;
mod error;
pub mod kms;
mod pace;
pub mod passphrase;
pub mod recovery;
mod refusal;
mod rewrap;
mod shown;

use std::future::Future;
use std::pin::Pin;

pub use aws::{AwsProfile, Endpoint, Network, NetworkFields, Patience, ProfileKind};
pub use error::{ErrorClass, ProviderError};
pub use kms::{AliasArn, KeyArn, KeyName, KmsProvider, KmsReEncrypt, KmsReport};
pub use pace::{Pace, Paced};
pub use passphrase::{KdfParams, PassphraseProvider, PassphraseRecord, SlotKey};
pub use recovery::{CodeError, RecoveryCode, RecoveryForm, RecoveryProvider, RecoveryRecord};
pub use refusal::{CredentialFault, DeniedBy};
pub use rewrap::{Paceful, Rewrapper, ThroughHere};

use crate::crypto::{DataKey, FreshDataKey};
use crate::format::{EncryptedDataKey, EncryptionContext};

/// A future that says nothing of the runtime that will poll it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Wraps and unwraps data keys under one key that it never shows.
pub trait KeyProvider: Send + Sync {
    /// Wraps `key` under `context`. Where there is no key it makes one (AWS KMS: `GenerateDataKey`) and returns it
    /// beside its wrap: at most one call over the network either way.
    ///
    /// # Errors
    /// [`ProviderError`]: nobody was reached, nobody was allowed to, or the key can't be used.
    fn wrap<'a>(
        &'a self,
        key: Option<&'a DataKey>,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<Wrapped, ProviderError>>;

    /// Unwraps what [`KeyProvider::wrap`] gave, under exactly the same `context`.
    ///
    /// # Errors
    /// [`ProviderError::ForeignKey`], before any call, where `wrapped` names another key;
    /// [`ProviderError::NotAuthentic`] for another context or changed bytes; and those of `wrap`.
    fn unwrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<DataKey, ProviderError>>;

    /// Whether `wrapped` names this provider's key, as far as its bytes say; asks nobody.
    fn recognises(&self, wrapped: &EncryptedDataKey) -> bool;
}

/// What wrapping gave.
#[derive(Debug)]
pub struct Wrapped {
    /// The wrapped key, to be stored.
    pub wrapped: EncryptedDataKey,
    /// The data key, where there was none and it was made. It has sealed nothing yet.
    pub made: Option<FreshDataKey>,
}
