//! The vault's pins, kept in this machine's state folder.

use std::path::Path;

use uuid::Uuid;

use crate::platform::{self, PinFile, PlatformError};
use crate::vault::{Pin, PinError, Pins, VaultId};

/// Keeps what was seen of vaults in this installation's state folder.
#[derive(Clone, Debug)]
pub(super) struct StoredPins(pub(super) platform::Pins);

/// Carries either error through an update.
struct UpdateError(PinError);

impl StoredPins {
    fn file(&self, vault: VaultId, place: &Path) -> PinFile {
        self.0.of(Uuid::from_bytes(vault.0), place)
    }

    /// Everything that is pinned of `vault`, wherever it was seen. What can't be understood is left out: it trusts nothing.
    pub(super) fn of_vault(&self, vault: VaultId) -> Result<Vec<Pin>, PlatformError> {
        let mut pins = Vec::new();
        for file in self.0.of_vault(Uuid::from_bytes(vault.0))? {
            pins.extend(file.load()?.and_then(|bytes| Pin::from_bytes(&bytes).ok()));
        }
        Ok(pins)
    }
}

impl Pins for StoredPins {
    fn load(&self, vault: VaultId, place: &Path) -> Result<Option<Pin>, PinError> {
        let bytes = self.file(vault, place).load().map_err(failed)?;
        // A pin that can't be read trusts nothing: the person is asked, and what is seen then takes its place.
        Ok(bytes.map(|bytes| Pin::from_bytes(&bytes).unwrap_or_else(|_| Pin::unreadable(vault))))
    }

    fn load_all(&self, vault: VaultId) -> Result<Vec<Pin>, PinError> {
        self.of_vault(vault).map_err(failed)
    }

    fn other_vault_at(&self, vault: VaultId, place: &Path) -> Result<Option<VaultId>, PinError> {
        let seen = self.0.vaults_at(place).map_err(failed)?;
        Ok(seen.into_iter().map(|seen| VaultId(seen.into_bytes())).find(|seen| *seen != vault))
    }

    fn store(&self, pin: &Pin, place: &Path) -> Result<(), PinError> {
        let update = |before: Option<Vec<u8>>| {
            let later = match before.and_then(|bytes| Pin::from_bytes(&bytes).ok()) {
                // Another process may have seen more of the vault meanwhile.
                Some(before) => before.later(pin.clone()),
                None => pin.clone(),
            };
            Ok(later.to_bytes()?)
        };
        self.file(pin.vault()?, place).update(update).map_err(|UpdateError(error)| error)
    }

    fn replace(&self, pin: &Pin, place: &Path) -> Result<(), PinError> {
        self.file(pin.vault()?, place).store(&pin.to_bytes()?).map_err(failed)
    }
}

#[allow(clippy::needless_pass_by_value)]
fn failed(error: PlatformError) -> PinError {
    PinError(error.to_string())
}

impl From<PinError> for UpdateError {
    fn from(error: PinError) -> Self {
        Self(error)
    }
}

impl From<PlatformError> for UpdateError {
    fn from(error: PlatformError) -> Self {
        Self(failed(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{SlotConfig, SlotId, SlotRecord, SlotState};

    const VAULT: VaultId = VaultId([1; 16]);

    fn pin(vault: VaultId, slots: u8) -> Pin {
        let slot = |id| SlotRecord {
            id: SlotId([id; 16]),
            state: SlotState::Active,
            config: SlotConfig::Passphrase { record: vec![id] },
        };
        Pin::new(vault, &(0..slots).map(slot).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn pins_are_kept_by_vault_and_place_and_a_stranger_at_the_place_is_noticed() {
        let home = tempfile::tempdir().unwrap();
        let pins = StoredPins(platform::Pins::open(&platform::Folders::under(home.path()).unwrap()).unwrap());
        let place = home.path().join("v.sealkeep");
        assert_eq!(pins.load(VAULT, &place).unwrap(), None);
        pins.store(&pin(VAULT, 1), &place).unwrap();
        assert_eq!(pins.load(VAULT, &place).unwrap(), Some(pin(VAULT, 1)));
        assert_eq!(pins.load(VAULT, &home.path().join("other")).unwrap(), None);
        assert_eq!(pins.other_vault_at(VAULT, &place).unwrap(), None);
        assert_eq!(pins.other_vault_at(VaultId([2; 16]), &place).unwrap(), Some(VAULT));
        // Slots that somebody confirmed take the place of the old ones.
        pins.store(&pin(VAULT, 2), &place).unwrap();
        assert_eq!(pins.load(VAULT, &place).unwrap(), Some(pin(VAULT, 2)));
        pins.replace(&pin(VAULT, 1), &place).unwrap();
        assert_eq!(pins.of_vault(VAULT).unwrap(), [pin(VAULT, 1)]);
    }
}
