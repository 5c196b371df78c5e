//! The KMS keys that this machine trusts, because a vault that was opened here uses them.

use crate::providers::KeyArn;
use crate::vault::{Pin, VaultId};

use super::{Home, SessionError};

/// The KMS keys of the vaults that were opened on this machine, each with the AWS profile that opens its vault.
///
/// # Errors
/// [`SessionError::Platform`] where settings or pins can't be read. A pin that can't be understood trusts nothing.
pub(super) fn pinned_keys(home: &Home) -> Result<Vec<(KeyArn, String)>, SessionError> {
    let mut keys = Vec::new();
    for (vault, profile) in home.settings().load()?.settings.vault_profiles {
        let Ok(VaultId(vault)) = vault.parse() else { continue };
        for file in home.pins().of_vault(uuid::Uuid::from_bytes(vault))? {
            let Some(pin) = file.load()?.and_then(|bytes| Pin::from_bytes(&bytes).ok()) else { continue };
            keys.extend(pin.key_arns().into_iter().filter_map(|arn| Some((arn.parse().ok()?, profile.clone()))));
        }
    }
    keys.sort();
    keys.dedup();
    Ok(keys)
}
