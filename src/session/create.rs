//! Making a vault for somebody.

use std::path::Path;
use std::sync::Arc;

use crate::crypto::random;
use crate::providers::kms::resolve;
use crate::providers::{KdfParams, KeyName, KmsProvider, PassphraseProvider, PassphraseRecord};
use crate::secret::SecretString;
use crate::vault::{
    self, DeviceId, NewSlot, SlotConfig, SlotId, StoreError, VaultError, VaultId, create_vault, on_thread,
    on_thread_without_keys,
};

use super::clock::SystemClock;
use super::open::passphrase_binding;
use super::opened::{Key, Session};
use super::{Home, SessionError, profiles};

/// What opens a new vault.
#[derive(Debug)]
pub enum NewVault {
    /// A passphrase.
    Passphrase(SecretString),
    /// A KMS key.
    Kms {
        /// The AWS profile to use it as.
        profile: String,
        /// The key; an alias is resolved now, and never stored.
        key: KeyName,
    },
}

/// Sees to it that a vault can be made in `folder`: before anybody chooses a passphrase for it.
///
/// # Errors
/// [`SessionError::Vault`], above all [`StoreError::Exists`] and [`StoreError::ReadOnly`]. Nothing is left behind.
pub fn try_place(folder: &Path) -> Result<(), SessionError> {
    Ok(vault::try_place(folder)?)
}

/// Makes a vault in `folder`, which must not be there, opens it, and remembers it.
///
/// # Errors
/// [`SessionError::Vault`], above all [`StoreError::Exists`]; those of [`profiles::load`]; [`SessionError::Provider`]. Nothing is
/// left behind then.
pub async fn create(home: &Home, folder: &Path, new: NewVault) -> Result<Session, SessionError> {
    let (new, slot, key) = prepare(home, folder, new).await?;
    Ok(Session::begin(home, create_vault(new).await?, folder, slot, key).await)
}

/// What a new vault in `folder` is to be: its slot, and what opens that.
pub(super) async fn prepare(
    home: &Home,
    folder: &Path,
    new: NewVault,
) -> Result<(vault::NewVault, SlotId, Key), SessionError> {
    // Before a key is made, or anybody is asked for one.
    if folder.symlink_metadata().is_ok() {
        return Err(VaultError::from(StoreError::Exists { path: folder.to_owned() }).into());
    }
    let id = VaultId::from_random(random_id()?);
    let slot = SlotId::from_random(random_id()?);
    let (config, key) = match new {
        NewVault::Passphrase(passphrase) => {
            let binding = passphrase_binding(id, slot);
            let made =
                on_thread("sealkeep-argon2", move || PassphraseRecord::make(&passphrase, KdfParams::DEFAULT, &binding));
            let (record, key) = made.await??;
            let config = SlotConfig::Passphrase { record: record.to_bytes() };
            (config, Key::Passphrase(Arc::new(PassphraseProvider::for_slot(key, slot.0))))
        }
        NewVault::Kms { profile, key } => {
            let loaded = profiles::load(home, &profile).await?;
            let arn = resolve(&loaded, &key).await?;
            let config = SlotConfig::Kms { key_arn: arn.to_string() };
            (config, Key::Kms { provider: Arc::new(KmsProvider::new(&loaded, arn)), profile })
        }
    };
    let device = {
        let home = home.clone();
        on_thread_without_keys("sealkeep-device", move || home.device()).await??
    };
    let new = vault::NewVault {
        folder: folder.to_owned(),
        id,
        slots: vec![NewSlot { id: slot, config, provider: key.provider() }],
        device: DeviceId(device),
        clock: Arc::new(SystemClock),
        pins: Arc::new(home.pins().clone()),
    };
    Ok((new, slot, key))
}

fn random_id() -> Result<[u8; 16], SessionError> {
    random::make_bytes().map_err(|_| SessionError::Random)
}
