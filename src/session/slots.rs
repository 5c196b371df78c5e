//! The vault's ways in, for somebody: adding one, taking one away, another passphrase, a drill.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use crate::crypto::{CryptoError, Watch, random};
use crate::providers::kms::resolve;
use crate::providers::{
    BoxFuture, KdfParams, KeyName, KeyProvider, KmsProvider, PassphraseRecord, ProviderError, RecoveryCode,
    RecoveryForm, RecoveryProvider, RecoveryRecord,
};
use crate::secret::SecretString;
use crate::vault::{
    DrillReport, NewSlot, NewWraps, Owed, SlotConfig, SlotId, SlotRecord, SlotState, VaultError, VaultId, on_thread,
};

use super::open::{open_with, passphrase_binding};
use super::{Home, Session, SessionError, profiles};

/// As many keys are on their way to AWS KMS at once. Its default quota is thousands a second.
const IN_FLIGHT: usize = 16;
/// As many revisions get their new wraps in one transaction: what an interruption costs at most.
const BATCH: usize = 256;

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
    Sheet(RecoveryCode),
}

/// A slot as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotView {
    /// The slot.
    pub slot: SlotRecord,
    /// How many data keys are not wrapped for it, though they should be.
    pub owed: u64,
    /// Whether it opened the vault.
    pub opened: bool,
}

impl Session {
    /// The vault's slots, and what is owed to each. Blocks: on reading every row.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub fn slots(&mut self) -> Result<Vec<SlotView>, SessionError> {
        let slots = self.vault.slots().to_vec();
        let view = |slot: SlotRecord| {
            let owed = if slot.state == SlotState::UnwrapOnly { 0 } else { self.vault.count_owed(slot.id)? };
            Ok(SlotView { opened: slot.id == self.slot, slot, owed })
        };
        slots.into_iter().map(view).collect()
    }

    /// Adds a way into the vault: wraps the index key and every data key for it, and reads no body. Where it is interrupted,
    /// [`Session::repair_slots`] goes on. `watch` counts keys.
    ///
    /// # Errors
    /// Those of [`profiles::load`]; [`SessionError::Provider`]; [`SessionError::SameKey`] where the vault has that KMS key;
    /// [`SessionError::Vault`]; [`SessionError::Cancelled`].
    pub async fn add_slot(
        &mut self,
        home: &Home,
        new: NewKey,
        watch: &(dyn Watch + Send + Sync),
    ) -> Result<SlotId, SessionError> {
        let id = SlotId::from_random(random::make_bytes().map_err(|_| SessionError::Random)?);
        let profile = match &new {
            NewKey::Kms { profile, .. } => Some(profile.clone()),
            NewKey::Passphrase(_) | NewKey::Sheet(_) => None,
        };
        let new = make_slot(home, self.vault.id(), id, new).await?;
        if let Some(arn) = new.config.key_arn()
            && self.vault.slots().iter().any(|slot| slot.config.key_arn() == Some(arn))
        {
            return Err(SessionError::SameKey(arn.to_owned()));
        }
        let added = self.vault.wrap_for_slot(new).await?;
        let id = self.vault.add_slot(added)?;
        if let Some(profile) = profile {
            remember_profile(home, id, profile).await?;
        }
        self.make_good(Some(id), watch).await?;
        Ok(id)
    }

    /// Wraps what is owed to any slot that this session, or a remembered profile, can reach; how many keys that were.
    ///
    /// # Errors
    /// [`SessionError::Provider`], [`SessionError::Vault`], [`SessionError::Cancelled`]. What was wrapped stays; those of
    /// [`profiles::load`] where nothing could be wrapped because of it.
    pub async fn repair_slots(&mut self, home: &Home, watch: &(dyn Watch + Send + Sync)) -> Result<u64, SessionError> {
        let known = home.settings().load()?.settings.slot_profiles;
        let slots = self.vault.slots().to_vec();
        let mut failed = None;
        for slot in slots.iter().filter(|slot| slot.id != self.slot) {
            let (Some(profile), Some(arn)) = (known.get(&slot.id.to_string()), slot.config.key_arn()) else { continue };
            match profiles::load(home, profile).await {
                Ok(profile) => self.vault.bring(slot.id, Arc::new(KmsProvider::new(&profile, arn.parse()?))),
                // The others get theirs all the same.
                Err(error) => {
                    failed.get_or_insert((slot.id, error));
                }
            }
        }
        let made = self.make_good(None, watch).await?;
        match failed {
            Some((slot, error)) if made == 0 && self.vault.count_owed(slot)? > 0 => Err(error),
            _ => Ok(made),
        }
    }

    async fn make_good(&mut self, to: Option<SlotId>, watch: &(dyn Watch + Send + Sync)) -> Result<u64, SessionError> {
        let owed = self.vault.owed(to)?;
        let mut made = 0;
        let mut failed: Option<VaultError> = None;
        for batch in owed.chunks(BATCH) {
            let mut wraps: Vec<NewWraps> = Vec::with_capacity(batch.len());
            let mut nobody = false;
            for few in batch.chunks(IN_FLIGHT) {
                if watch.is_cancelled() {
                    return Err(SessionError::from(VaultError::Crypto(CryptoError::Cancelled)));
                }
                let wrapping = few.iter().map(|owed: &Owed| self.vault.wrap_owed(owed.clone())).collect();
                let before = wraps.len();
                for wrapped in all(wrapping).await {
                    match wrapped {
                        Ok(wrapped) => wraps.push(wrapped),
                        // One key that can't be unwrapped stands in no other's way.
                        Err(error) => {
                            failed.get_or_insert(error);
                        }
                    }
                }
                watch.advanced(few.len() as u64);
                nobody = wraps.len() == before;
                if nobody {
                    break;
                }
            }
            made += wraps.len() as u64;
            self.vault.put_wraps(wraps)?;
            if nobody {
                break;
            }
        }
        self.vault.settle_slots()?;
        failed.map_or(Ok(made), |error| Err(error.into()))
    }

    /// Another passphrase for the slot that the old one opens: one row changes. Blocks no caller: Argon2 runs elsewhere.
    ///
    /// # Errors
    /// [`ProviderError::WrongPassphrase`]; [`SessionError::NoSlot`] where the vault has no passphrase; [`SessionError::Vault`].
    pub async fn change_passphrase(&mut self, old: SecretString, new: SecretString) -> Result<SlotId, SessionError> {
        let vault = self.vault.id();
        let slots = self.vault.slots().to_vec();
        let changed = on_thread("sealkeep-argon2", move || changed_slot(vault, &slots, &old, &new)).await??;
        let (id, config) = changed;
        self.vault.change_slot(id, config)?;
        Ok(id)
    }

    /// Proves that `secret`, a passphrase, a recovery passphrase or a recovery code, alone opens everything that the vault has.
    ///
    /// # Errors
    /// [`ProviderError::WrongPassphrase`]; [`SessionError::NoSlot`]; [`SessionError::Vault`]; [`SessionError::Cancelled`].
    pub async fn drill(
        &mut self,
        secret: SecretString,
        watch: Arc<dyn Watch + Send + Sync>,
    ) -> Result<(SlotId, DrillReport), SessionError> {
        let vault = self.vault.id();
        let slots: Vec<_> = self.vault.slots().iter().filter(|slot| slot.config.key_arn().is_none()).cloned().collect();
        if slots.is_empty() {
            return Err(SessionError::NoSlot("recovery key and no passphrase"));
        }
        let (id, provider) = on_thread("sealkeep-argon2", move || {
            let mut failed = ProviderError::WrongPassphrase;
            for slot in slots {
                match open_with(&slot, &secret, &passphrase_binding(vault, slot.id)) {
                    Ok(key) => return Ok((slot.id, key.provider())),
                    Err(ProviderError::WrongPassphrase) => {}
                    Err(error) => failed = error,
                }
            }
            Err(failed)
        })
        .await??;
        Ok((id, self.vault.drill(id, provider, watch).await?))
    }
}

async fn make_slot(home: &Home, vault: VaultId, id: SlotId, new: NewKey) -> Result<NewSlot, SessionError> {
    let (secret, form) = match new {
        NewKey::Kms { profile, key } => {
            let loaded = profiles::load(home, &profile).await?;
            let arn = resolve(&loaded, &key).await?;
            let config = SlotConfig::Kms { key_arn: arn.to_string() };
            return Ok(NewSlot { id, config, provider: Arc::new(KmsProvider::new(&loaded, arn)) });
        }
        NewKey::Passphrase(passphrase) => (passphrase, RecoveryForm::Passphrase),
        NewKey::Sheet(code) => (code.secret().duplicate(), RecoveryForm::Sheet),
    };
    let binding = passphrase_binding(vault, id);
    let made = on_thread("sealkeep-recovery", move || {
        let (record, key) = RecoveryRecord::make(&secret, form, KdfParams::DEFAULT, &binding)?;
        Ok::<_, ProviderError>((RecoveryProvider::with_key(key, id)?, record.to_bytes()?))
    });
    let (provider, record) = made.await??;
    let provider: Arc<dyn KeyProvider> = Arc::new(provider);
    Ok(NewSlot { id, config: SlotConfig::Recovery { record }, provider })
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

async fn remember_profile(home: &Home, slot: SlotId, profile: String) -> Result<(), SessionError> {
    let home = home.clone();
    on_thread("sealkeep-settings", move || {
        home.settings().update(|settings| {
            settings.slot_profiles.insert(slot.to_string(), profile);
        })
    })
    .await??;
    Ok(())
}

/// Polls all of `futures` to their ends, together.
async fn all<T>(futures: Vec<BoxFuture<'static, T>>) -> Vec<T> {
    let mut slots: Vec<(Option<BoxFuture<'static, T>>, Option<T>)> =
        futures.into_iter().map(|future| (Some(future), None)).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (future, done) in &mut slots {
            if let Some(running) = future {
                match running.as_mut().poll(context) {
                    Poll::Ready(result) => (*future, *done) = (None, Some(result)),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    slots.into_iter().filter_map(|(_, done)| done).collect()
}
