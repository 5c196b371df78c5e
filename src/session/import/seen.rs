//! The profiles that there were when an import looked: what is stored is held against them.

use std::collections::HashMap;

use super::Import;
use crate::platform::ProfileEntry;
use crate::session::{Home, SessionError, mark, profiles};

/// The profiles of the moment at which somebody was shown what would be replaced.
#[derive(Clone, Debug)]
pub struct Seen {
    profiles: Vec<ProfileEntry>,
    /// Of those that the import would replace, the digest of what the keyring had; `None` where it had nothing.
    marks: HashMap<String, Option<[u8; 32]>>,
}

impl Seen {
    /// Those that there are now.
    ///
    /// # Errors
    /// [`SessionError::Platform`] where the settings can't be read; [`SessionError::Keyring`] where one can't be read that `import`
    /// would replace.
    pub async fn now(home: &Home, import: &Import) -> Result<Self, SessionError> {
        Self::of(home, profiles::list(home)?, import).await
    }

    /// Those that the settings listed a moment ago, with what the keyring has for those that `import` would replace.
    ///
    /// # Errors
    /// [`SessionError::Keyring`].
    pub async fn of(home: &Home, profiles: Vec<ProfileEntry>, import: &Import) -> Result<Self, SessionError> {
        let mut marks = HashMap::new();
        for name in import.names().filter(|name| profiles.iter().any(|entry| entry.name == *name)) {
            marks.insert(name.to_owned(), mark::of(home, name).await?);
        }
        Ok(Self { profiles, marks })
    }

    /// The profiles, by name.
    pub fn profiles(&self) -> &[ProfileEntry] {
        &self.profiles
    }

    /// Whether under this name there is what there was then, or nothing: nobody agreed to replace anything else. What the settings say
    /// of it, above all whose it is, may be news.
    ///
    /// # Errors
    /// Those of [`Seen::now`].
    pub(super) async fn is_still(&self, home: &Home, name: &str) -> Result<bool, SessionError> {
        match self.marks.get(name) {
            Some(then) => {
                let now = mark::of(home, name).await?;
                // One that went is replaced by nobody.
                Ok(now.is_none() || now == *then)
            }
            None => Ok(profiles::list(home)?.iter().all(|entry| entry.name != name)),
        }
    }

    /// Takes in that the keyring has `mark` for the profile `name`, which was just stored with everybody's consent.
    pub(super) fn take_in(&mut self, name: &str, mark: [u8; 32]) {
        self.marks.insert(name.to_owned(), Some(mark));
    }
}
