//! Opening a vault for somebody: what is there, whether it is trusted, the key, and what is remembered afterwards.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::providers::{KeyArn, KmsProvider, PassphraseProvider, PassphraseRecord};
use crate::secret::SecretString;
use crate::vault::{
    Confirmed, DeviceId, LockedVault, Opening, Reading, SlotConfig, SlotId, SlotRecord, Trust, VaultId, VaultStatus,
    on_thread,
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
    status: VaultStatus,
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
    let (home, folder) = (home.clone(), folder.to_owned());
    on_thread("sealkeep-inspect", move || {
        let locked = LockedVault::open(&folder)?;
        let status = locked.status()?;
        let trust = locked.trust(home.pins())?;
        let settled = is_settled(&home, &locked, &trust)?;
        let settings = home.settings().load()?.settings;
        let profile = settings.vault_profiles.get(&locked.id().to_string()).cloned();
        Ok(Inspected {
            locked,
            folder,
            status,
            trust,
            settled,
            profile,
            device: DeviceId(home.device()?),
            reading: Arc::new(()),
        })
    })
    .await?
}

impl Inspected {
    /// What can be known without a key. None of it is verified.
    pub fn status(&self) -> &VaultStatus {
        &self.status
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

    /// Whether a passphrase can open it.
    pub fn has_passphrase(&self) -> bool {
        self.slots().iter().any(|slot| slot.unwraps() && matches!(slot.config, SlotConfig::Passphrase { .. }))
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
        let (slot, key) = match by {
            UnlockBy::Passphrase(passphrase) => self.open_passphrase_slot(passphrase).await?,
            UnlockBy::Profile(name) => self.reach_kms_slot(home, name).await?,
        };
        let with = Opening {
            slot,
            provider: key.provider(),
            others: Vec::new(),
            device: self.device,
            clock: Arc::new(SystemClock),
            pins: Arc::new(home.pins().clone()),
            reading: self.reading,
        };
        let vault = self.locked.unlock(with, confirmed).await.map_err(|failed| failed.error)?;
        Ok(Session::begin(home, vault, &self.folder, key).await)
    }

    async fn settle(&self, home: &Home, answer: TrustAnswer, profile: Option<&str>) -> Result<Confirmed, SessionError> {
        let settled = match answer {
            TrustAnswer::Confirmed(confirmed) => return Ok(confirmed),
            TrustAnswer::Everything => true,
            TrustAnswer::Ask => self.settled,
            TrustAnswer::Keys(named) => self.settled || names_keys_of(home, &self.trust, &named, profile).await?,
        };
        if settled { Ok(self.confirm()) } else { Err(SessionError::NeedsTrust(self.trust.clone())) }
    }

    async fn open_passphrase_slot(&self, passphrase: SecretString) -> Result<(SlotId, Key), SessionError> {
        let record = |slot: &SlotRecord| match &slot.config {
            SlotConfig::Passphrase { record } if slot.unwraps() => Some((slot.id, record.clone())),
            _ => None,
        };
        let (slot, record) = self.slots().iter().find_map(record).ok_or(SessionError::NoSlot("passphrase"))?;
        let record = PassphraseRecord::from_bytes(&record)?;
        let binding = passphrase_binding(self.locked.id(), slot);
        let opened = on_thread("sealkeep-argon2", move || record.unlock(&passphrase, &binding)).await??;
        Ok((slot, Key::Passphrase(Arc::new(PassphraseProvider::for_slot(opened, slot.0)))))
    }

    async fn reach_kms_slot(&self, home: &Home, profile: String) -> Result<(SlotId, Key), SessionError> {
        let arn_of = |slot: &SlotRecord| Some((slot.id, slot.config.key_arn().filter(|_| slot.unwraps())?.to_owned()));
        let (slot, arn) = self.slots().iter().find_map(arn_of).ok_or(SessionError::NoSlot("KMS key"))?;
        let key: KeyArn = arn.parse()?;
        let provider = Arc::new(KmsProvider::new(&profiles::load(home, &profile).await?, key));
        Ok((slot, Key::Kms { provider, profile }))
    }
}

/// What a vault's passphrase record is bound to.
pub(super) fn passphrase_binding(vault: VaultId, slot: SlotId) -> Vec<u8> {
    [vault.0, slot.0].concat()
}
