//! Salvage for somebody: everything of a damaged vault that still verifies, into a new one that opens in the same way.

use std::path::Path;
use std::sync::Arc;

use crate::crypto::Watch;
use crate::providers::RecoveryCode;
use crate::secret::SecretString;
use crate::vault::{SalvageReport, on_thread_without_keys};

use super::create::{prepare, try_place};
use super::opened::Key;
use super::{Home, KeyDescription, NewVault, Session, SessionError};

impl Session {
    /// The way in of a new vault that opens as this one was opened: with the same KMS key as the same profile, or with the
    /// passphrase that was `typed`. `None` where that was the code on an emergency sheet: paper is nothing to type every day.
    ///
    /// # Errors
    /// [`SessionError::Provider`] for a key that is no ARN.
    pub fn same_way_in(&self, typed: Option<SecretString>) -> Result<Option<NewVault>, SessionError> {
        match self.key_description() {
            KeyDescription::Kms { arn, profile, .. } => Ok(Some(NewVault::Kms { profile, key: arn.parse()? })),
            KeyDescription::Passphrase | KeyDescription::Recovery => {
                let typed = typed.filter(|typed| RecoveryCode::read(typed).is_err());
                Ok(typed.map(NewVault::Passphrase))
            }
        }
    }

    /// Copies everything that still verifies into a new vault in `folder`, which must not be there, and which `new` opens; then
    /// this vault is locked. The session comes from [`super::inspect_to_salvage`]. Blocks nobody: what takes long is done on
    /// threads, and the future may be dropped at any time, like one that `watch` cancels: nothing is left in `folder` then.
    /// `watch` counts bytes of sealed bodies, of which [`super::Inspected::status`] says how many there are.
    ///
    /// The profile is remembered for the new vault; what is opened next is not changed.
    ///
    /// # Errors
    /// [`SessionError::Vault`], above all [`crate::vault::StoreError::Exists`]; those of [`super::create`];
    /// [`SessionError::Provider`] where AWS KMS does not answer, or refuses; [`SessionError::Cancelled`].
    pub async fn salvage(
        self,
        home: &Home,
        folder: &Path,
        new: NewVault,
        watch: Arc<dyn Watch + Send + Sync>,
    ) -> Result<SalvageReport, SessionError> {
        let (new, slot, key) = prepare(home, folder, new).await?;
        let report = self.vault.salvage(new, watch).await?;
        if let Key::Kms { profile, .. } = key {
            let (home, vault) = (home.clone(), report.vault.to_string());
            let remembered = on_thread_without_keys("sealkeep-settings", move || {
                home.settings().update(|settings| {
                    settings.vault_profiles.insert(vault, profile.clone());
                    settings.slot_profiles.insert(slot.to_string(), profile);
                })
            });
            // The vault is there all the same, and asks for a profile when it is opened.
            let _ = remembered.await;
        }
        Ok(report)
    }
}

/// Sees to it that what is salvaged of the vault in `folder` can go to `into`: before anybody is asked for a key. Blocks.
///
/// # Errors
/// [`SessionError::InsideTheOld`]; those of [`try_place`]. Nothing is left behind.
pub fn try_place_to_salvage(folder: &Path, into: &Path) -> Result<(), SessionError> {
    if is_inside(into, folder) {
        return Err(SessionError::InsideTheOld(into.to_owned()));
    }
    try_place(into)
}

/// Whether `into`, which is not there, would stand in `folder`.
fn is_inside(into: &Path, folder: &Path) -> bool {
    let parent = into.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (parent.canonicalize(), folder.canonicalize()) {
        (Ok(parent), Ok(folder)) => parent.starts_with(folder),
        _ => false,
    }
}
