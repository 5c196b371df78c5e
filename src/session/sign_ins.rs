//! Who is signed in: in memory, until it ends, or until the vault locks.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::lock::{Mutex as Turns, OwnedMutexGuard};

use crate::providers::aws::TemporaryCredentials;
use crate::secret::SecretBytes;

/// What profiles got by signing in. Clones share it.
#[derive(Clone, Default)]
pub(super) struct SignIns {
    kept: Arc<Mutex<Kept>>,
    /// One asks at a time, or two would ask the same person the same.
    turns: Arc<Turns<()>>,
}

/// A mark is the digest of what the keyring had: what was signed in with anything else is not used.
type Mark = [u8; 32];

#[derive(Default)]
struct Kept {
    temporary: HashMap<String, (Mark, TemporaryCredentials)>,
    opened: HashMap<String, (Mark, SecretBytes)>,
    tokens: HashMap<String, SecretBytes>,
}

impl SignIns {
    /// Waits for its turn to ask; it ends when what is returned is dropped.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turns).lock_owned().await
    }

    pub(super) fn temporary(&self, profile: &str, mark: Mark) -> Option<TemporaryCredentials> {
        let kept = self.kept();
        kept.temporary.get(profile).filter(|(known, _)| *known == mark).map(|(_, credentials)| credentials.clone())
    }

    pub(super) fn keep_temporary(&self, profile: &str, mark: Mark, credentials: &TemporaryCredentials) {
        self.kept().temporary.insert(profile.to_owned(), (mark, credentials.clone()));
    }

    /// A protected profile's bytes, as its passphrase opened them.
    pub(super) fn opened(&self, profile: &str, mark: Mark) -> Option<SecretBytes> {
        let kept = self.kept();
        let (_, bytes) = kept.opened.get(profile).filter(|(known, _)| *known == mark)?;
        // EXPOSE: another secret.
        Some(SecretBytes::copy_of(bytes.expose()))
    }

    pub(super) fn keep_opened(&self, profile: &str, mark: Mark, bytes: SecretBytes) {
        self.kept().opened.insert(profile.to_owned(), (mark, bytes));
    }

    /// The sign-in of a protected profile, which no keyring has.
    pub(super) fn token(&self, name: &str) -> Option<SecretBytes> {
        // EXPOSE: another secret.
        self.kept().tokens.get(name).map(|bytes| SecretBytes::copy_of(bytes.expose()))
    }

    pub(super) fn keep_token(&self, name: &str, bytes: SecretBytes) {
        self.kept().tokens.insert(name.to_owned(), bytes);
    }

    /// Forgets and wipes everything.
    pub(super) fn forget(&self) {
        *self.kept() = Kept::default();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SignIns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignIns")
    }
}
