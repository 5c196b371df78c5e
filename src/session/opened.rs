//! An open vault, and what opened it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::providers::{KeyProvider, KmsProvider, PassphraseProvider, RecoveryProvider};
use crate::vault::{SlotId, UnlockedVault, on_thread_without_keys};

use super::files::Recipients;
use super::{Home, SessionError};

/// An open vault, and what opened it. Dropping it is locking.
#[derive(Debug)]
pub struct Session {
    /// The vault.
    pub vault: UnlockedVault,
    pub(super) slot: SlotId,
    key: Key,
    not_remembered: Option<SessionError>,
}

/// What opened a vault.
pub(super) enum Key {
    Passphrase(Arc<PassphraseProvider>),
    Kms { provider: Arc<KmsProvider>, profile: String },
    Recovery(Arc<RecoveryProvider>),
}

/// What opened a vault, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyDescription {
    /// A passphrase.
    Passphrase,
    /// A recovery passphrase, or the code on an emergency sheet.
    Recovery,
    /// AWS KMS.
    Kms {
        /// The region.
        region: String,
        /// The key's ARN.
        arn: String,
        /// The AWS profile.
        profile: String,
    },
}

impl Session {
    /// The vault was opened with `key`: remembers it in the settings.
    pub(super) async fn begin(home: &Home, vault: UnlockedVault, folder: &Path, slot: SlotId, key: Key) -> Self {
        let (home, folder, id) = (home.clone(), folder.to_owned(), vault.id().to_string());
        let profile = match &key {
            Key::Passphrase(_) | Key::Recovery(_) => None,
            Key::Kms { profile, .. } => Some(profile.clone()),
        };
        let remembered = on_thread_without_keys("sealkeep-settings", move || {
            home.settings().update(|settings| {
                settings.remember_vault(&folder);
                if let Some(profile) = profile {
                    settings.vault_profiles.insert(id, profile.clone());
                    settings.slot_profiles.insert(slot.to_string(), profile);
                }
            })
        });
        let not_remembered = match remembered.await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(SessionError::from(error)),
            Err(error) => Some(error.into()),
        };
        Self { vault, slot, key, not_remembered }
    }

    /// What opened it, to be shown.
    pub fn key_description(&self) -> KeyDescription {
        match &self.key {
            Key::Passphrase(_) => KeyDescription::Passphrase,
            Key::Recovery(_) => KeyDescription::Recovery,
            Key::Kms { provider, profile } => {
                let key = provider.key();
                KeyDescription::Kms { region: key.region().to_owned(), arn: key.to_string(), profile: profile.clone() }
            }
        }
    }

    /// How long AWS KMS took for its last answer; `None` where it was not asked.
    pub fn last_latency(&self) -> Option<Duration> {
        match &self.key {
            Key::Passphrase(_) | Key::Recovery(_) => None,
            Key::Kms { provider, .. } => provider.last_latency(),
        }
    }

    /// Whoever may use the vault's KMS key, for files beside the vault; `None` where a passphrase opened it, because what that
    /// passphrase wraps can be opened only with the vault.
    pub fn recipients(&self) -> Option<Recipients> {
        match &self.key {
            Key::Passphrase(_) | Key::Recovery(_) => None,
            Key::Kms { provider, .. } => Some(Recipients::of_provider(Arc::clone(provider) as Arc<dyn KeyProvider>)),
        }
    }

    /// Another KMS key took the place of what opened it.
    pub(super) fn opened_by(&mut self, slot: SlotId, provider: Arc<KmsProvider>, profile: String) {
        (self.slot, self.key) = (slot, Key::Kms { provider, profile });
    }

    /// Why the settings don't know of it: it is open all the same.
    pub fn not_remembered(&self) -> Option<&SessionError> {
        self.not_remembered.as_ref()
    }
}

impl Key {
    pub(super) fn provider(&self) -> Arc<dyn KeyProvider> {
        match self {
            Self::Passphrase(provider) => Arc::clone(provider) as Arc<dyn KeyProvider>,
            Self::Kms { provider, .. } => Arc::clone(provider) as Arc<dyn KeyProvider>,
            Self::Recovery(provider) => Arc::clone(provider) as Arc<dyn KeyProvider>,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase",
            Self::Recovery(_) => "Recovery",
            Self::Kms { .. } => "Kms",
        })
    }
}
