//! That a wrap opens: asked of whoever has just made it, before anything depends on it.

use crate::crypto::{DataKey, IndexKey};
use crate::format::v1::CollectionId;
use crate::format::{EncryptedDataKey, EncryptionContext};
use crate::providers::{ErrorClass, KeyProvider, ProviderError};

use super::VaultError;

/// What `provider` unwraps `edk` to, which was just made for it: where it can't, it is about the provider, and not about the wrap.
///
/// # Errors
/// What it says of it, or [`ProviderError::WrongKey`] where it takes that for something else.
pub(super) async fn unwrap_fresh(
    provider: &dyn KeyProvider,
    edk: &EncryptedDataKey,
    context: &EncryptionContext,
) -> Result<DataKey, ProviderError> {
    provider.unwrap(edk, context).await.map_err(|error| match error.class() {
        ErrorClass::Damaged => ProviderError::WrongKey,
        _ => error,
    })
}

/// Whose index key it is: of a collection, of an epoch, of a commitment.
pub(super) type WhichIndexKey<'a> = (CollectionId, u32, &'a [u8; 32]);

/// Sees to it that `provider` unwraps the index key that is meant from `edk`: one call where it is a KMS key.
///
/// # Errors
/// [`VaultError::Provider`]: those of [`unwrap_fresh`], and [`ProviderError::WrongKey`] where it gives another key.
pub(super) async fn prove_index_wrap(
    provider: &dyn KeyProvider,
    edk: &EncryptedDataKey,
    context: &EncryptionContext,
    (collection, epoch, commitment): WhichIndexKey<'_>,
) -> Result<(), VaultError> {
    let unwrapped = unwrap_fresh(provider, edk, context).await?;
    IndexKey::verify(unwrapped, collection, epoch, commitment).map_err(|_| ProviderError::WrongKey)?;
    Ok(())
}
