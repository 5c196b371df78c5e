//! The profiles that there were when an import looked: what is stored is held against them.

use crate::platform::ProfileEntry;
use crate::session::{Home, SessionError, profiles};

/// The profiles of the moment at which somebody was shown what would be replaced.
#[derive(Clone, Debug)]
pub struct Seen(Vec<ProfileEntry>);

impl Seen {
    /// Those that there are now.
    ///
    /// # Errors
    /// [`SessionError::Platform`] where the settings can't be read.
    pub fn now(home: &Home) -> Result<Self, SessionError> {
        Ok(Self(profiles::list(home)?))
    }

    /// Those that the settings listed at that moment.
    pub fn of(profiles: Vec<ProfileEntry>) -> Self {
        Self(profiles)
    }

    /// The profiles, by name.
    pub fn profiles(&self) -> &[ProfileEntry] {
        &self.0
    }

    /// Sees that under these names there is what there was then: nobody agreed to replace anything else.
    ///
    /// # Errors
    /// [`SessionError::ProfileCame`] with the first that is new, or another; where the settings can't be read.
    pub(super) fn check<'a>(&self, home: &Home, mut names: impl Iterator<Item = &'a str>) -> Result<(), SessionError> {
        let now = profiles::list(home)?;
        // One that went is replaced by nobody.
        let is_other = |name: &&str| now.iter().any(|entry| entry.name == *name && !self.0.contains(entry));
        match names.find(is_other) {
            Some(name) => Err(SessionError::ProfileCame(name.to_owned())),
            None => Ok(()),
        }
    }

    /// Takes in the profile `name`, which was just stored with everybody's consent.
    pub(super) fn take_in(&mut self, home: &Home, name: &str) -> Result<(), SessionError> {
        self.0.retain(|entry| entry.name != name);
        self.0.extend(profiles::list(home)?.into_iter().filter(|entry| entry.name == name));
        Ok(())
    }
}
