//! Opening a vault for somebody: what is there, whether it is trusted, the key, and what is remembered afterwards.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::providers::{
    CodeError, KeyArn, KeyProvider, KmsProvider, PassphraseProvider, PassphraseRecord, ProviderError, RecoveryCode,
    RecoveryForm, RecoveryProvider, RecoveryRecord,
};
use crate::secret::SecretString;
use crate::vault::{
    Confirmed, DeviceId, IsOver, LockedVault, Opening, Reading, SlotConfig, SlotId, SlotRecord, Trust, UnlockFailed,
    VaultError, VaultId, VaultStatus, on_thread, on_thread_without_keys,
};

use super::clock::SystemClock;
use super::opened::{Key, Session};
use super::trust::{is_settled, names_keys_of};
use super::{Home, SessionError, TrustAnswer, profiles};

/// What opens a vault.
#[derive(Debug)]
pub enum UnlockBy {
    /// A passphrase.
    Passphrase(SecretString),
    /// A KMS key, used as the AWS profile of this name.
    Profile(String),
}

/// A locked vault that was looked at: no key and no network was needed.
pub struct Inspected {
    locked: LockedVault,
    folder: PathBuf,
    trust: Trust,
    settled: bool,
    profile: Option<String>,
    device: DeviceId,
    reading: Arc<dyn Reading>,
}

/// Looks at the vault in `folder`.
///
/// # Errors
/// [`SessionError::Vault`]: not a vault, a newer format, in use, damaged; [`SessionError::Platform`].
pub async fn inspect(home: &Home, folder: &Path) -> Result<Inspected, SessionError> {
    inspect_as(home, folder, LockedVault::open_unless).await
}

/// Looks at the vault in `folder`, however damaged: what it opens as is to be salvaged, and for nothing else. See
/// [`Session::salvage`].
///
/// # Errors
/// Those of [`inspect`], where nothing at all can be found in it.
pub async fn inspect_to_salvage(home: &Home, folder: &Path) -> Result<Inspected, SessionError> {
    inspect_as(home, folder, LockedVault::open_to_salvage_unless).await
}

async fn inspect_as(
    home: &Home,
    folder: &Path,
    open: fn(&Path, IsOver<'_>) -> Result<LockedVault, VaultError>,
) -> Result<Inspected, SessionError> {
    let (home, folder) = (home.clone(), folder.to_owned());
    while_awaited("sealkeep-inspect", move |is_over| {
        let locked = open(&folder, is_over)?;
        let trust = locked.trust(home.pins())?;
        let settled = is_settled(&home, &locked, &trust)?;
        let settings = home.settings().load()?.settings;
        let profile = settings.vault_profiles.get(&locked.id().to_string()).cloned();
        Ok(Inspected {
            locked,
            folder,
            trust,
            settled,
            profile,
            device: DeviceId(home.device()?),
            reading: Arc::new(()),
        })
    })
    .await
}

/// Does `look` on a thread of its own, and tells it where nobody waits for it any more. Any folder may be looked at while another vault
/// is open: there are no keys here that a lock would wait for.
async fn while_awaited<T: Send + 'static>(
    name: &str,
    look: impl FnOnce(IsOver<'_>) -> Result<T, SessionError> + Send + 'static,
) -> Result<T, SessionError> {
    let waiting = Arc::new(());
    let awaited = Arc::downgrade(&waiting);
    let looked = on_thread_without_keys(name, move || look(&|| awaited.strong_count() == 0)).await;
    drop(waiting);
    looked?
}

impl Inspected {
    /// What can be known without a key: none of it is verified. It counts rows, which takes a while in a large vault, and ends with
    /// whoever waits for it.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn status(self) -> Result<(Self, VaultStatus), SessionError> {
        while_awaited("sealkeep-count", move |is_over| {
            let status = self.locked.status_unless(is_over)?;
            Ok((self, status))
        })
        .await
    }

    /// Which vault it says it is. Not verified.
    pub fn id(&self) -> VaultId {
        self.locked.id()
    }

    /// Its slots. Not verified.
    pub fn slots(&self) -> &[SlotRecord] {
        self.locked.slots()
    }

    /// The folder, as it was given.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether this is what was seen here before.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Whether it can be unlocked without asking the person about it first.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// The person's yes to what is there now.
    pub fn confirm(&self) -> Confirmed {
        self.locked.confirm()
    }

    /// Whether a passphrase can open it, or a recovery passphrase or code.
    pub fn has_passphrase(&self) -> bool {
        self.slots().iter().any(|slot| slot.unwraps() && slot.config.key_arn().is_none())
    }

    /// The KMS keys that can open it, as the vault names them.
    pub fn key_arns(&self) -> Vec<&str> {
        self.slots().iter().filter(|slot| slot.unwraps()).filter_map(|slot| slot.config.key_arn()).collect()
    }

    /// The AWS profile that opened it here last.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Lets `reading` hear how far reading the items has come, once there is a key.
    pub fn heard_by(self, reading: Arc<dyn Reading>) -> Self {
        Self { reading, ..self }
    }

    /// Unlocks it, and remembers it: the vault as the one opened last, the profile as the one that opens it.
    ///
    /// # Errors
    /// [`SessionError::NeedsTrust`] and [`SessionError::NoSlot`], before anybody is asked; those of [`profiles::load`];
    /// [`SessionError::Provider`]; [`SessionError::Vault`].
    pub async fn unlock(self, home: &Home, by: UnlockBy, trust: TrustAnswer) -> Result<Session, SessionError> {
        let profile = match &by {
            UnlockBy::Passphrase(_) => None,
            UnlockBy::Profile(name) => Some(name.as_str()),
        };
        let confirmed = self.settle(home, trust, profile).await?;
        let candidates = match by {
            UnlockBy::Passphrase(passphrase) => vec![self.open_local_slot(passphrase).await?],
            UnlockBy::Profile(name) => self.kms_slots(home, name).await?,
        };
        let Self { mut locked, folder, device, reading, .. } = self;
        let mut failed = None;
        for (slot, key) in candidates {
            let with = Opening {
                slot,
                provider: key.provider(),
                others: other_kms_slots(home, locked.slots(), slot).await,
                device,
                clock: Arc::new(SystemClock),
                pins: Arc::new(home.pins().clone()),
                reading: reading.clone(),
            };
            match locked.unlock(with, confirmed.clone()).await {
                Ok(vault) => return Ok(Session::begin(home, vault, &folder, slot, key).await),
                Err(UnlockFailed { vault, error }) => {
                    // The profile may be one for another of the vault's keys.
                    let another = matches!(&error, VaultError::Provider(_));
                    failed.get_or_insert(error);
                    match vault {
                        Some(vault) if another => locked = *vault,
                        _ => break,
                    }
                }
            }
        }
        Err(failed.map_or(SessionError::NoSlot("KMS key"), SessionError::from))
    }

    async fn settle(&self, home: &Home, answer: TrustAnswer, profile: Option<&str>) -> Result<Confirmed, SessionError> {
        let settled = match answer {
            TrustAnswer::Confirmed(confirmed) => return Ok(confirmed),
            TrustAnswer::Ask => self.settled,
            TrustAnswer::Keys(named) => {
                self.settled || Box::pin(names_keys_of(home, &self.trust, &named, profile)).await?
            }
        };
        if settled { Ok(self.confirm()) } else { Err(SessionError::NeedsTrust(self.trust.clone())) }
    }

    /// Tries the passphrase on each slot that has one: the vault's own first, then recovery keys. A recovery code is told from a
    /// passphrase by its check.
    async fn open_local_slot(&self, passphrase: SecretString) -> Result<(SlotId, Key), SessionError> {
        let vault = self.locked.id();
        let mut slots: Vec<_> =
            self.slots().iter().filter(|slot| slot.unwraps() && slot.config.key_arn().is_none()).collect();
        slots.sort_by_key(|slot| matches!(slot.config, SlotConfig::Recovery { .. }));
        if slots.is_empty() {
            return Err(SessionError::NoSlot("passphrase"));
        }
        let slots: Vec<SlotRecord> = slots.into_iter().cloned().collect();
        open_first(vault, slots, passphrase).await
    }

    /// The KMS keys that `profile` may be for: the one that it opened here before first, then those of its region.
    async fn kms_slots(&self, home: &Home, profile: String) -> Result<Vec<(SlotId, Key)>, SessionError> {
        let loaded = profiles::load(home, &profile).await?;
        let remembered = home.settings().load()?.settings.slot_profiles;
        let mut keys = Vec::new();
        for slot in self.slots().iter().filter(|slot| slot.unwraps()) {
            if let Some(arn) = slot.config.key_arn() {
                let key: KeyArn = arn.parse()?;
                let known = remembered.get(&slot.id.to_string());
                keys.push((
                    known.is_some_and(|known| *known != profile),
                    key.region() != loaded.region(),
                    slot.id,
                    key,
                ));
            }
        }
        keys.sort_by_key(|(for_another, other_region, ..)| (*for_another, *other_region));
        if keys.is_empty() {
            return Err(SessionError::NoSlot("KMS key"));
        }
        let key = |(_, _, slot, key)| {
            let provider = Arc::new(KmsProvider::new(&loaded, key));
            (slot, Key::Kms { provider, profile: profile.clone() })
        };
        Ok(keys.into_iter().map(key).collect())
    }
}

/// The first of `slots` that a passphrase or a recovery code opens, and what it opens. Argon2 runs elsewhere, once for each; nobody
/// who stops waiting has to wait for more than one.
pub(super) async fn open_first(
    vault: VaultId,
    slots: Vec<SlotRecord>,
    secret: SecretString,
) -> Result<(SlotId, Key), SessionError> {
    let secret = Arc::new(secret);
    let mut failed = ProviderError::WrongPassphrase;
    for slot in slots {
        let (id, secret) = (slot.id, Arc::clone(&secret));
        let open = move || open_with(&slot, &secret, &passphrase_binding(vault, slot.id));
        match on_thread("sealkeep-argon2", open).await? {
            Ok(key) => return Ok((id, key)),
            Err(ProviderError::WrongPassphrase) => {}
            Err(error) => failed = error,
        }
    }
    Err(failed.into())
}

/// What a passphrase or a recovery code opens in `slot`. Blocks on Argon2.
fn open_with(slot: &SlotRecord, secret: &SecretString, binding: &[u8]) -> Result<Key, ProviderError> {
    match &slot.config {
        SlotConfig::Passphrase { record } => {
            let opened = PassphraseRecord::from_bytes(record)?.unlock(secret, binding)?;
            Ok(Key::Passphrase(Arc::new(PassphraseProvider::for_slot(opened, slot.id.0))))
        }
        SlotConfig::Recovery { record } => {
            let record = RecoveryRecord::from_bytes(record)?;
            let opened = match record.form() {
                RecoveryForm::Passphrase => record.unlock(secret, binding)?,
                RecoveryForm::Sheet => {
                    let code = RecoveryCode::read(secret).map_err(|error| match error {
                        CodeError::Slip => ProviderError::MistypedCode,
                        // What is no code at all is a passphrase for something else.
                        CodeError::Length(_) | CodeError::Character => ProviderError::WrongPassphrase,
                    })?;
                    record.unlock(code.secret(), binding)?
                }
            };
            Ok(Key::Recovery(Arc::new(RecoveryProvider::with_key(opened, slot.id)?)))
        }
        SlotConfig::Kms { .. } => Err(ProviderError::WrongPassphrase),
    }
}

/// The vault's other KMS keys, as far as this machine remembers a profile for them: they wrap what is saved. One whose profile is
/// gone is owed its wraps.
async fn other_kms_slots(home: &Home, slots: &[SlotRecord], opened: SlotId) -> Vec<(SlotId, Arc<dyn KeyProvider>)> {
    let Ok(loaded) = home.settings().load() else { return Vec::new() };
    let mut others: Vec<(SlotId, Arc<dyn KeyProvider>)> = Vec::new();
    for slot in slots.iter().filter(|slot| slot.id != opened) {
        let Some(profile) = loaded.settings.slot_profiles.get(&slot.id.to_string()) else { continue };
        let Some(key) = slot.config.key_arn().and_then(|arn| arn.parse::<KeyArn>().ok()) else { continue };
        if let Ok(profile) = profiles::load(home, profile).await {
            others.push((slot.id, Arc::new(KmsProvider::new(&profile, key))));
        }
    }
    others
}

/// What a vault's passphrase record is bound to.
pub(super) fn passphrase_binding(vault: VaultId, slot: SlotId) -> Vec<u8> {
    [vault.0, slot.0].concat()
}
