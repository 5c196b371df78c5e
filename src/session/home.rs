//! What this installation knows: its folders, settings, keyring, pins and device.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::platform::{self, Folders, Keyring, SettingsFile};

use super::SessionError;
use super::person::{Nobody, Person};
use super::pins::StoredPins;
use super::sign_ins::SignIns;

/// What this installation knows. Cheap to make: nothing is asked of the keyring before it is needed.
#[derive(Clone, Debug)]
pub struct Home {
    folders: Folders,
    settings: SettingsFile,
    keyring: Keyring,
    pins: StoredPins,
    sign_ins: SignIns,
    person: Arc<dyn Person>,
}

impl Home {
    /// This user's installation, in `$SEALKEEP_HOME` where that is set.
    ///
    /// # Errors
    /// [`SessionError::Platform`] where its folders can't be made.
    pub fn open() -> Result<Self, SessionError> {
        Self::in_folders(Folders::of_user()?)
    }

    /// A separate installation inside `folder`.
    ///
    /// # Errors
    /// [`SessionError::Platform`] where its folders can't be made.
    pub fn under(folder: &Path) -> Result<Self, SessionError> {
        Self::in_folders(Folders::under(folder)?)
    }

    fn in_folders(folders: Folders) -> Result<Self, SessionError> {
        let pins = StoredPins(platform::Pins::open(&folders)?);
        Ok(Self {
            settings: SettingsFile::in_folders(&folders),
            keyring: Keyring::new(),
            pins,
            sign_ins: SignIns::default(),
            person: Arc::new(Nobody),
            folders,
        })
    }

    /// The same, with somebody to ask.
    pub fn with_person(self, person: Arc<dyn Person>) -> Self {
        Self { person, ..self }
    }

    /// Forgets and wipes every session of an AWS profile, as a lock does. A protected profile asks for its passphrase again, and a
    /// role with an MFA device for its code.
    pub fn sign_out(&self) {
        self.sign_ins.forget();
    }

    /// Where its files are.
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// What a person chose, and what is remembered to be handy.
    pub fn settings(&self) -> &SettingsFile {
        &self.settings
    }

    /// Where secrets are kept.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Who is signed in.
    pub(super) fn sign_ins(&self) -> &SignIns {
        &self.sign_ins
    }

    /// Who is asked.
    pub(super) fn person(&self) -> &dyn Person {
        &*self.person
    }

    /// What is remembered of vaults outside of them.
    pub(super) fn pins(&self) -> &StoredPins {
        &self.pins
    }

    /// The vault that was opened last.
    ///
    /// # Errors
    /// [`SessionError::Platform`] where the settings can't be read.
    pub fn last_vault(&self) -> Result<Option<PathBuf>, SessionError> {
        Ok(self.settings.load()?.settings.last_vault().map(Path::to_owned))
    }

    /// This installation's device id, made on first use.
    ///
    /// # Errors
    /// [`SessionError::Platform`].
    pub fn device(&self) -> Result<[u8; 16], SessionError> {
        Ok(platform::device_id(&self.folders)?)
    }
}
