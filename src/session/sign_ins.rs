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
    /// How often everything was forgotten: what was begun before is not kept after it.
    era: u64,
    temporary: HashMap<String, (Mark, TemporaryCredentials)>,
    opened: HashMap<String, (Mark, SecretBytes)>,
    tokens: HashMap<String, SecretBytes>,
}

/// When something was begun: see [`SignIns::now`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Era(u64);

impl SignIns {
    /// Waits for its turn to ask; it ends when what is returned is dropped.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turns).lock_owned().await
    }

    /// Now. What was begun in an era, and comes after everything was forgotten, is dropped instead of kept.
    pub(super) fn now(&self) -> Era {
        Era(self.kept().era)
    }

    pub(super) fn temporary(&self, profile: &str, mark: Mark) -> Option<TemporaryCredentials> {
        let kept = self.kept();
        kept.temporary.get(profile).filter(|(known, _)| *known == mark).map(|(_, credentials)| credentials.clone())
    }

    pub(super) fn keep_temporary(&self, era: Era, profile: &str, mark: Mark, credentials: &TemporaryCredentials) {
        if let Some(mut kept) = self.kept_in(era) {
            kept.temporary.insert(profile.to_owned(), (mark, credentials.clone()));
        }
    }

    /// A protected profile's bytes, as its passphrase opened them.
    pub(super) fn opened(&self, profile: &str, mark: Mark) -> Option<SecretBytes> {
        let kept = self.kept();
        let (_, bytes) = kept.opened.get(profile).filter(|(known, _)| *known == mark)?;
        // EXPOSE: another secret.
        Some(SecretBytes::copy_of(bytes.expose()))
    }

    pub(super) fn keep_opened(&self, era: Era, profile: &str, mark: Mark, bytes: SecretBytes) {
        if let Some(mut kept) = self.kept_in(era) {
            kept.opened.insert(profile.to_owned(), (mark, bytes));
        }
    }

    /// The sign-in of a protected profile, which no keyring has.
    pub(super) fn token(&self, name: &str) -> Option<SecretBytes> {
        // EXPOSE: another secret.
        self.kept().tokens.get(name).map(|bytes| SecretBytes::copy_of(bytes.expose()))
    }

    pub(super) fn keep_token(&self, era: Era, name: &str, bytes: SecretBytes) {
        if let Some(mut kept) = self.kept_in(era) {
            kept.tokens.insert(name.to_owned(), bytes);
        }
    }

    /// Forgets and wipes everything.
    pub(super) fn forget(&self) {
        let mut kept = self.kept();
        *kept = Kept { era: kept.era + 1, ..Kept::default() };
    }

    /// Forgets and wipes every session and everything of `profile`, which is stored anew, for something that was begun in `begun`: the
    /// era that it goes on in. What passphrases opened of other profiles stays: their bytes in the keyring are the same. Where
    /// everything was forgotten meanwhile, it is an era in which nothing is kept any more.
    pub(super) fn forget_for(&self, begun: Era, profile: &str) -> Era {
        let mut kept = self.kept();
        let goes_on = kept.era == begun.0;
        let mut opened = std::mem::take(&mut kept.opened);
        opened.remove(profile);
        *kept = Kept { era: kept.era + 1, opened, ..Kept::default() };
        if goes_on { Era(kept.era) } else { begun }
    }

    /// What is kept, as long as nothing was forgotten since `era`.
    fn kept_in(&self, era: Era) -> Option<MutexGuard<'_, Kept>> {
        Some(self.kept()).filter(|kept| kept.era == era.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_before_everything_was_forgotten_is_not_kept_after() {
        let sign_ins = SignIns::default();
        let before = sign_ins.now();
        let secret = || SecretBytes::copy_of(b"opened");
        sign_ins.keep_opened(before, "work", [1; 32], secret());
        assert!(sign_ins.opened("work", [1; 32]).is_some());
        assert!(sign_ins.opened("work", [2; 32]).is_none(), "what the keyring has now is something else");
        sign_ins.forget();
        assert!(sign_ins.opened("work", [1; 32]).is_none());
        sign_ins.keep_opened(before, "work", [1; 32], secret());
        sign_ins.keep_token(before, "portal", secret());
        assert!(sign_ins.opened("work", [1; 32]).is_none() && sign_ins.token("portal").is_none());
        sign_ins.keep_opened(sign_ins.now(), "work", [1; 32], secret());
        assert!(sign_ins.opened("work", [1; 32]).is_some());
    }

    #[test]
    fn what_forgets_for_itself_goes_on_unless_somebody_else_forgot_meanwhile() {
        let sign_ins = SignIns::default();
        let secret = || SecretBytes::copy_of(b"opened");
        let goes_on = sign_ins.forget_for(sign_ins.now(), "work");
        sign_ins.keep_opened(goes_on, "work", [1; 32], secret());
        assert!(sign_ins.opened("work", [1; 32]).is_some());
        // Another profile that is stored ends sessions, and asks for no passphrase again.
        sign_ins.keep_token(sign_ins.now(), "portal", secret());
        sign_ins.forget_for(sign_ins.now(), "other");
        assert!(sign_ins.opened("work", [1; 32]).is_some() && sign_ins.token("portal").is_none());
        sign_ins.forget_for(sign_ins.now(), "work");
        assert!(sign_ins.opened("work", [1; 32]).is_none());
        // A lock, while a profile is being sealed.
        let begun = sign_ins.now();
        sign_ins.forget();
        let over = sign_ins.forget_for(begun, "work");
        sign_ins.keep_opened(over, "work", [1; 32], secret());
        assert!(sign_ins.opened("work", [1; 32]).is_none());
    }
}
