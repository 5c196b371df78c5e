//! What this machine trusts: keys of vaults that were opened here, and what a person confirms.

use crate::providers::kms::resolve;
use crate::providers::{KeyArn, KeyName};
use crate::vault::{Confirmed, LockedVault, SlotRecord, Trust};

use super::{Home, SessionError, profiles};

/// What the person has confirmed about a vault whose key, or which itself, this machine does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TrustAnswer {
    /// Nothing: what needs to be confirmed is [`SessionError::NeedsTrust`].
    #[default]
    Ask,
    /// These KMS keys: enough where they are all that the vault asks for, and it asks for one at least.
    Keys(Vec<KeyName>),
    /// What an inspection showed: see [`super::Inspected::confirm`]. Where the vault changed since, unlocking refuses.
    Confirmed(Confirmed),
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

/// Whether the keys that the person named are all that the vault asks for, whatever the reason why it is not known here. One that asks for none
/// can't be named this way. An alias is resolved as `profile`: a call about what the person named.
pub(super) async fn names_keys_of(
    home: &Home,
    trust: &Trust,
    named: &[KeyName],
    profile: Option<&str>,
) -> Result<bool, SessionError> {
    let key_arns = trust.key_arns();
    // A recovery key or a passphrase that was added has no name that could be meant.
    let unnamed = |now: &[SlotRecord]| now.iter().any(|slot| slot.config.key_arn().is_none());
    if key_arns.is_empty() || matches!(trust, Trust::SlotsChanged { now, .. } if unnamed(now)) {
        return Ok(false);
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{SlotConfig, SlotId, SlotState, VaultId};

    const ONE: &str = "arn:aws:kms:eu-west-1:123456789012:key/0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11";
    const TWO: &str = "arn:aws:kms:eu-west-1:999999999999:key/0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11";

    fn names(trust: &Trust, named: &[&str]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path()).unwrap();
        let named: Vec<KeyName> = named.iter().map(|arn| arn.parse().unwrap()).collect();
        let asked = names_keys_of(&home, trust, &named, None);
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(asked).unwrap()
    }

    #[test]
    fn whoever_names_every_key_that_a_vault_asks_for_trusts_it_and_nobody_else_does() {
        let slot = |id, arn: &str| SlotRecord {
            id: SlotId([id; 16]),
            state: SlotState::Active,
            config: SlotConfig::Kms { key_arn: arn.to_owned() },
        };
        let both = || vec![ONE.to_owned(), TWO.to_owned()];
        for trust in [
            Trust::FirstUse { key_arns: both() },
            Trust::AnotherVault { before: VaultId([1; 16]), key_arns: both() },
            Trust::SlotsChanged { before: vec![ONE.to_owned()], now: vec![slot(1, ONE), slot(2, TWO)] },
        ] {
            assert!(names(&trust, &[TWO, ONE]), "{trust:?}");
            for too_few in [&[][..], &[ONE], &[TWO]] {
                assert!(!names(&trust, too_few), "{trust:?} {too_few:?}");
            }
        }
        let added = SlotRecord { config: SlotConfig::Recovery { record: Vec::new() }, ..slot(2, "") };
        let trust = Trust::SlotsChanged { before: vec![ONE.to_owned()], now: vec![slot(1, ONE), added] };
        assert!(!names(&trust, &[ONE]), "nobody has named the recovery key that came");
        // There is no key to name: the passphrase has to prove it, and the person to say so.
        assert!(!names(&Trust::SlotsChanged { before: vec![ONE.to_owned()], now: Vec::new() }, &[ONE]));
        assert!(!names(&Trust::AnotherVault { before: VaultId([1; 16]), key_arns: Vec::new() }, &[ONE]));
    }
}
