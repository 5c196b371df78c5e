//! Which failure ends a command or a job that goes through several files: one rule, for the window and the command line.

use crate::platform::{OutError, PlatformError};
use crate::vault::VaultError;

use super::SessionError;

/// What is done with several files, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// They go into one vault.
    Adding,
    /// They are sealed, all of them for the same recipients.
    Sealing,
    /// They are opened, each with the key that it was sealed for.
    Opening,
}

impl SessionError {
    /// Whether it is about one file of `batch`, so that the next may well fare better: its source, its name, its output; and where
    /// each file has a key of its own, that key. The keys that all of them share, the vault and a full disk concern the others as
    /// well.
    pub fn is_of_one_file(&self, batch: Batch) -> bool {
        match self {
            Self::NoSource(_)
            | Self::SourceIsFolder(_)
            | Self::SourceNotAFile(_)
            | Self::SourceDenied(_)
            | Self::Source { .. }
            | Self::SourceChanged(_)
            | Self::SourceDamaged(_)
            | Self::OntoItself(_)
            | Self::SameOutput(_)
            | Self::NoOpenedName(_)
            | Self::NotSealed(_)
            | Self::NotReadable { .. }
            | Self::NoOpener(_)
            | Self::Vault(VaultError::TooLong(_) | VaultError::TooLarge(_)) => true,
            Self::Provider(_) | Self::SealedFile(_) => batch == Batch::Opening,
            Self::Out(error) | Self::Platform(PlatformError::Write(error)) => {
                !matches!(error, OutError::NoSpace { .. })
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::ProviderError;
    use crate::vault::StoreError;

    #[test]
    fn a_key_concerns_one_file_only_where_each_has_its_own() {
        let wrong = SessionError::from(ProviderError::WrongPassphrase);
        assert!(wrong.is_of_one_file(Batch::Opening));
        assert!(!wrong.is_of_one_file(Batch::Sealing) && !wrong.is_of_one_file(Batch::Adding));
    }

    #[test]
    fn a_file_concerns_itself_and_a_disk_or_a_vault_all_of_them() {
        let path = || "/f".into();
        for batch in [Batch::Adding, Batch::Sealing, Batch::Opening] {
            for own in [SessionError::SourceDenied(path()), SessionError::Out(OutError::Exists(path()))] {
                assert!(own.is_of_one_file(batch), "{own}");
            }
            let full = OutError::NoSpace { path: path(), missing: None };
            let read_only = VaultError::from(StoreError::ReadOnly { path: path() });
            for all in [SessionError::Out(full), SessionError::Vault(read_only), SessionError::Cancelled] {
                assert!(!all.is_of_one_file(batch), "{all}");
            }
        }
    }
}
