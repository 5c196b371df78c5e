//! What is made for a vault's ways in (its slots, as a person meets them) without the open session: everything that asks AWS, or takes a second of Argon2.
//!
//! Owns: the slots as they were when it was taken ([`Ways`]), and what is prepared from them. Changes nothing in the vault: the
//! session does, with what comes out of here. So whoever keeps a session for others can go on using it meanwhile.

use std::sync::Arc;

use jiff::Timestamp;

use super::open::{open_first, passphrase_binding};
use super::sheet::EmergencySheet;
use super::{Home, SessionError, profiles};
use crate::crypto::random;
use crate::platform::SlotMemory;
use crate::providers::kms::resolve;
use crate::providers::{
    KdfParams, KeyName, KeyProvider, KmsProvider, PassphraseRecord, ProviderError, RecoveryForm, RecoveryProvider,
    RecoveryRecord,
};
use crate::secret::SecretString;
use crate::vault::{NewSlot, SlotConfig, SlotId, SlotRecord, VaultId, on_thread, on_thread_without_keys};

/// Another way into a vault.
#[derive(Debug)]
pub enum NewKey {
    /// A KMS key.
    Kms {
        /// The AWS profile to use it as.
        profile: String,
        /// The key; an alias is resolved now, and never stored.
        key: KeyName,
    },
    /// A recovery passphrase: a public key in the vault, whose private half the passphrase opens.
    Passphrase(SecretString),
    /// The same with the code of an emergency sheet.
    Sheet(Arc<EmergencySheet>),
}

/// What a slot's key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// A passphrase.
    Passphrase,
    /// A KMS key.
    Kms {
        /// Its ARN.
        arn: String,
    },
    /// A recovery key, whose private half a passphrase opens.
    RecoveryPassphrase,
    /// A recovery key, whose private half the code on an emergency sheet opens.
    Sheet,
}

impl SlotKind {
    /// What the slot's configuration says.
    ///
    /// # Errors
    /// [`SessionError::Provider`]: a recovery record that can't be read.
    pub fn of(config: &SlotConfig) -> Result<Self, SessionError> {
        Ok(match config {
            SlotConfig::Passphrase { .. } => Self::Passphrase,
            SlotConfig::Kms { key_arn } => Self::Kms { arn: key_arn.clone() },
            SlotConfig::Recovery { record } => match RecoveryRecord::from_bytes(record)?.form() {
                RecoveryForm::Passphrase => Self::RecoveryPassphrase,
                RecoveryForm::Sheet => Self::Sheet,
            },
        })
    }
}

/// A vault's slots, taken from its session.
pub struct Ways {
    pub(super) vault: VaultId,
    pub(super) name: String,
    pub(super) slots: Vec<SlotRecord>,
    /// The slot that opened the session.
    pub(super) opened: SlotId,
}

/// A slot that was made, and which profile uses it. The vault does not have it yet.
pub struct MadeSlot {
    /// The slot, for [`crate::vault::UnlockedVault::wrap_for_slot`].
    pub new: NewSlot,
    /// What to remember of it, once the vault has it.
    pub memory: NewSlotMemory,
}

/// What this machine will remember of a new slot.
pub struct NewSlotMemory {
    slot: SlotId,
    profile: Option<String>,
}

/// KMS keys of the vault that remembered profiles can use.
pub struct Reached {
    /// Each with what wraps for it.
    pub providers: Vec<(SlotId, Arc<dyn KeyProvider>)>,
    /// One that could not be used, if there is one, and why.
    pub failed: Option<(SlotId, SessionError)>,
}

impl Ways {
    /// The slot that opened the session.
    pub fn opened(&self) -> SlotId {
        self.opened
    }

    /// A fresh emergency sheet. It opens nothing before its slot is added.
    ///
    /// # Errors
    /// [`SessionError::Random`], [`SessionError::Provider`].
    pub fn make_sheet(&self) -> Result<EmergencySheet, SessionError> {
        EmergencySheet::make(self.vault, self.name.clone(), Timestamp::now())
    }

    /// Makes a slot for `new`: resolves an alias, or makes a recovery key on a thread of its own.
    ///
    /// # Errors
    /// Those of [`profiles::load`]; [`SessionError::Provider`]; [`SessionError::SameKey`] where the vault has that KMS key;
    /// [`SessionError::Random`].
    pub async fn make(&self, home: &Home, new: NewKey) -> Result<MadeSlot, SessionError> {
        let fresh = || random::make_bytes().map(SlotId::from_random).map_err(|_| SessionError::Random);
        let (id, secret, form) = match new {
            NewKey::Kms { profile, key } => return self.make_kms(home, fresh()?, profile, &key).await,
            NewKey::Passphrase(passphrase) => (fresh()?, passphrase, RecoveryForm::Passphrase),
            NewKey::Sheet(sheet) => (sheet.slot(), sheet.recovery_code().secret().duplicate(), RecoveryForm::Sheet),
        };
        let binding = passphrase_binding(self.vault, id);
        let made = on_thread("sealkeep-recovery", move || {
            let (record, key) = RecoveryRecord::make(&secret, form, KdfParams::DEFAULT, &binding)?;
            Ok::<_, ProviderError>((RecoveryProvider::with_key(key, id)?, record.to_bytes()?))
        });
        let (provider, record) = made.await??;
        let provider: Arc<dyn KeyProvider> = Arc::new(provider);
        let new = NewSlot { id, config: SlotConfig::Recovery { record }, provider };
        Ok(MadeSlot { new, memory: NewSlotMemory { slot: id, profile: None } })
    }

    async fn make_kms(
        &self,
        home: &Home,
        id: SlotId,
        profile: String,
        key: &KeyName,
    ) -> Result<MadeSlot, SessionError> {
        let loaded = profiles::load(home, &profile).await?;
        let arn = resolve(&loaded, key).await?;
        if self.slots.iter().any(|slot| slot.config.key_arn() == Some(arn.as_str())) {
            return Err(SessionError::SameKey(arn.to_string()));
        }
        let config = SlotConfig::Kms { key_arn: arn.to_string() };
        let new = NewSlot { id, config, provider: Arc::new(KmsProvider::new(&loaded, arn)) };
        Ok(MadeSlot { new, memory: NewSlotMemory { slot: id, profile: Some(profile) } })
    }

    /// What wraps for the vault's other KMS keys, as far as this machine remembers profiles for them.
    ///
    /// # Errors
    /// [`SessionError::Platform`].
    pub async fn reach(&self, home: &Home) -> Result<Reached, SessionError> {
        let known = load_settings(home).await?.slot_profiles;
        let mut reached = Reached { providers: Vec::new(), failed: None };
        for slot in self.slots.iter().filter(|slot| slot.id != self.opened) {
            let (Some(profile), Some(arn)) = (known.get(&slot.id.to_string()), slot.config.key_arn()) else { continue };
            match profiles::load(home, profile).await {
                Ok(profile) => {
                    let provider: Arc<dyn KeyProvider> = Arc::new(KmsProvider::new(&profile, arn.parse()?));
                    reached.providers.push((slot.id, provider));
                }
                // The others get theirs all the same.
                Err(error) => reached.failed = reached.failed.or(Some((slot.id, error))),
            }
        }
        Ok(reached)
    }

    /// The configuration of the slot that `old` opens, for `new`: `slot`, or whichever it opens, the one that opened the vault first of
    /// all. Argon2 runs on a thread of its own.
    ///
    /// # Errors
    /// [`ProviderError::WrongPassphrase`]; [`SessionError::NoSlot`] where the vault has no passphrase.
    pub async fn changed_passphrase(
        &self,
        slot: Option<SlotId>,
        old: SecretString,
        new: SecretString,
    ) -> Result<(SlotId, SlotConfig), SessionError> {
        let vault = self.vault;
        let mut slots: Vec<_> =
            self.slots.iter().filter(|known| slot.is_none_or(|id| id == known.id)).cloned().collect();
        slots.sort_by_key(|slot| slot.id != self.opened);
        on_thread("sealkeep-argon2", move || changed_slot(vault, &slots, &old, &new)).await?
    }

    /// What `secret`, a passphrase, a recovery passphrase or a recovery code, opens: the slot, and its provider.
    ///
    /// # Errors
    /// [`ProviderError::WrongPassphrase`]; [`SessionError::NoSlot`] where the vault has nothing that can be typed.
    pub async fn open_typed(&self, secret: SecretString) -> Result<(SlotId, Arc<dyn KeyProvider>), SessionError> {
        let vault = self.vault;
        let slots: Vec<_> = self.slots.iter().filter(|slot| slot.config.key_arn().is_none()).cloned().collect();
        if slots.is_empty() {
            return Err(SessionError::NoSlot("recovery key and no passphrase"));
        }
        let opened = open_first(vault, slots, secret).await;
        opened.map(|(slot, key)| (slot, key.provider()))
    }
}

impl NewSlotMemory {
    /// A KMS key's slot, and the profile that uses it.
    pub(super) fn of_kms(slot: SlotId, profile: String) -> Self {
        Self { slot, profile: Some(profile) }
    }

    /// Remembers that this profile opens `vault` from now on, where one is given, and the slot.
    pub(super) async fn replace(self, home: &Home, vault: Option<String>) -> Result<(), SessionError> {
        let (home, slot, profile) = (home.clone(), self.slot, self.profile);
        on_thread_without_keys("sealkeep-settings", move || {
            home.settings().update(|settings| {
                let Some(profile) = profile else { return };
                if let Some(vault) = vault {
                    settings.vault_profiles.insert(vault, profile.clone());
                }
                settings.slot_profiles.insert(slot.to_string(), profile);
            })
        })
        .await??;
        Ok(())
    }

    /// Remembers the slot: when it was added here, and as which profile its KMS key is used.
    ///
    /// # Errors
    /// [`SessionError::Platform`].
    pub async fn keep(self, home: &Home) -> Result<(), SessionError> {
        let Self { slot, profile } = self;
        let home = home.clone();
        on_thread_without_keys("sealkeep-settings", move || {
            home.settings().update(|settings| {
                if let Some(profile) = profile {
                    settings.slot_profiles.insert(slot.to_string(), profile);
                }
                settings.slots.entry(slot.to_string()).or_default().added = Some(Timestamp::now().as_second());
            })
        })
        .await??;
        Ok(())
    }
}

/// Remembers that a drill just proved the slot.
pub(crate) async fn remember_drill(home: &Home, slot: SlotId) -> Result<(), SessionError> {
    let home = home.clone();
    let now = Timestamp::now().as_second();
    on_thread_without_keys("sealkeep-settings", move || {
        let drilled = |memory: &mut SlotMemory| memory.drilled = Some(now);
        home.settings().update(|settings| drilled(settings.slots.entry(slot.to_string()).or_default()))
    })
    .await??;
    Ok(())
}

/// Forgets a slot that there is no more.
pub(super) async fn forget_slot(home: &Home, slot: SlotId) -> Result<(), SessionError> {
    let home = home.clone();
    on_thread_without_keys("sealkeep-settings", move || {
        home.settings().update(|settings| settings.forget_slot(&slot.to_string()))
    })
    .await??;
    Ok(())
}

pub(super) async fn load_settings(home: &Home) -> Result<crate::platform::Settings, SessionError> {
    let home = home.clone();
    Ok(on_thread_without_keys("sealkeep-settings", move || home.settings().load()).await??.settings)
}

/// The slot that `old` opens, configured for `new`. Blocks on Argon2.
fn changed_slot(
    vault: VaultId,
    slots: &[SlotRecord],
    old: &SecretString,
    new: &SecretString,
) -> Result<(SlotId, SlotConfig), SessionError> {
    let mut seen = false;
    for slot in slots {
        let binding = passphrase_binding(vault, slot.id);
        let changed = match &slot.config {
            SlotConfig::Passphrase { record } => {
                let record =
                    PassphraseRecord::from_bytes(record)?.with_passphrase(old, new, KdfParams::DEFAULT, &binding);
                record.map(|record| SlotConfig::Passphrase { record: record.to_bytes() })
            }
            SlotConfig::Recovery { record } => {
                let record = RecoveryRecord::from_bytes(record)?;
                // The code on a sheet is not somebody's to choose: a new sheet is a new slot.
                if record.form() == RecoveryForm::Sheet {
                    continue;
                }
                let record = record.with_passphrase(old, new, KdfParams::DEFAULT, &binding);
                record.and_then(|record| Ok(SlotConfig::Recovery { record: record.to_bytes()? }))
            }
            SlotConfig::Kms { .. } => continue,
        };
        seen = true;
        match changed {
            Ok(config) => return Ok((slot.id, config)),
            Err(ProviderError::WrongPassphrase) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if seen { Err(ProviderError::WrongPassphrase.into()) } else { Err(SessionError::NoSlot("passphrase")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::SlotState;

    #[test]
    fn another_passphrase_is_for_the_slot_that_opened_where_the_old_one_opens_two() {
        let (vault, old) = (VaultId([1; 16]), SecretString::copy_of("one for both"));
        let slot = |id: u8| {
            let id = SlotId([id; 16]);
            let (record, _) = PassphraseRecord::make(&old, KdfParams::FLOOR, &passphrase_binding(vault, id)).unwrap();
            SlotRecord { id, state: SlotState::Active, config: SlotConfig::Passphrase { record: record.to_bytes() } }
        };
        let slots = vec![slot(1), slot(2)];
        for opened in [SlotId([1; 16]), SlotId([2; 16])] {
            let ways = Ways { vault, name: String::new(), slots: slots.clone(), opened };
            let changing = ways.changed_passphrase(None, old.duplicate(), SecretString::copy_of("another"));
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            assert_eq!(runtime.block_on(changing).unwrap().0, opened);
        }
    }
}
