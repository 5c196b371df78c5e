//! Argon2id, and wiping what it worked in.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use crate::crypto::AeadKey;
use crate::providers::ProviderError;
use crate::secret::{SecretKey, SecretString};

use super::KdfParams;

/// The key that `passphrase` opens a record with. Blocks for as long as `params` make it.
pub(super) fn derive_passphrase_key(
    passphrase: &SecretString,
    salt: &[u8],
    params: KdfParams,
) -> Result<AeadKey, ProviderError> {
    let cost = Params::new(params.memory_kib(), params.passes(), params.lanes(), Some(SecretKey::LENGTH))
        .map_err(|_| ProviderError::Malformed("its passphrase parameters can't be"))?;
    let mut memory = working_memory(cost.block_count())?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
    let key = SecretKey::filled_by(|key| {
        // EXPOSE: the input of Argon2.
        argon2.hash_password_into_with_memory(passphrase.expose().as_bytes(), salt, key, memory.as_mut_slice())
    });
    key.map(|key| AeadKey::new(&key)).map_err(|error| ProviderError::Crypto(error.to_string()))
}

/// Ours, not the crate's own, which frees it as it is.
fn working_memory(blocks: usize) -> Result<Zeroizing<Vec<Block>>, ProviderError> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(blocks).map_err(|_| {
        ProviderError::Crypto(format!("not enough memory: the passphrase needs {} MiB", (blocks * Block::SIZE) >> 20))
    })?;
    memory.resize(blocks, Block::new());
    Ok(Zeroizing::new(memory))
}
