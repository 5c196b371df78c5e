//! What this machine trusts: keys of vaults that were opened here, and what a person confirms.

use crate::providers::kms::resolve;
use crate::providers::{KeyArn, KeyName};
use crate::vault::{Confirmed, LockedVault, Trust};

use super::{Home, SessionError, profiles};

/// What the person has confirmed about a vault whose key, or which itself, this machine does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TrustAnswer {
    /// Nothing: what needs to be confirmed is [`SessionError::NeedsTrust`].
    #[default]
    Ask,
    /// These KMS keys: enough where a vault is used for the first time and asks for no others.
    Keys(Vec<KeyName>),
    /// What an inspection showed: see [`super::Inspected::confirm`]. Where the vault changed since, unlocking refuses.
    Confirmed(Confirmed),
    /// Whatever is there.
    Everything,
}

/// Whether the vault needs no word from anybody: it is known here, it asks for no KMS key, or it is a copy of a vault that is
/// known here, with the same slots.
pub(super) fn is_settled(home: &Home, locked: &LockedVault, trust: &Trust) -> Result<bool, SessionError> {
    if trust.is_settled() {
        return Ok(true);
    }
    let copy = matches!(trust, Trust::FirstUse { .. });
    Ok(copy && home.pins().of_vault(locked.id())?.iter().any(|pin| pin.has_slots(locked.slots()).unwrap_or(false)))
}

/// Whether the keys that the person named are those that a first use asks for. An alias is resolved as `profile`: a call about
/// what the person named.
pub(super) async fn names_keys_of(
    home: &Home,
    trust: &Trust,
    named: &[KeyName],
    profile: Option<&str>,
) -> Result<bool, SessionError> {
    let Trust::FirstUse { key_arns } = trust else { return Ok(false) };
    let mut known: Vec<KeyArn> = Vec::new();
    for name in named {
        match (name, profile) {
            (KeyName::Key(key), _) => known.push(key.clone()),
            (KeyName::Alias(_), Some(profile)) => {
                known.push(resolve(&profiles::load(home, profile).await?, name).await?)
            }
            (KeyName::Alias(_), None) => {}
        }
    }
    Ok(key_arns.iter().all(|arn| known.iter().any(|known| known.as_str() == arn)))
}

/// The KMS keys of the vaults that were opened on this machine, each with the AWS profile that opens its vault.
///
/// # Errors
/// [`SessionError::Platform`] where settings or pins can't be read.
pub(super) fn pinned_keys(home: &Home) -> Result<Vec<(KeyArn, String)>, SessionError> {
    let mut keys = Vec::new();
    for (vault, profile) in home.settings().load()?.settings.vault_profiles {
        let Ok(vault) = vault.parse() else { continue };
        for pin in home.pins().of_vault(vault)? {
            keys.extend(pin.key_arns().into_iter().filter_map(|arn| Some((arn.parse().ok()?, profile.clone()))));
        }
    }
    keys.sort();
    keys.dedup();
    Ok(keys)
}
