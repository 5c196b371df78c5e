//! What a rekey began with, noted outside the vault until it is done: so that the same again, after a kill, goes on with what is left.
//!
//! Not needed where only old keys are meant: what was done is young then. Holds identifiers alone, which the vault's folder shows as well.
//! Whoever changes or removes the note makes a rekey do more than is left, or less than was meant of what was begun before it was
//! changed: it is worth what the pins are.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::{PlatformError, Unfinished};
use crate::session::{Home, SessionError};
use crate::vault::{ItemId, RekeyScope, Rekeying, RevisionId, UnlockedVault};

/// A rekey that was begun.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(super) struct Begun {
    /// In seconds since 1970.
    since: i64,
    /// The items that were meant; none where all were.
    items: Option<Vec<Uuid>>,
    /// The revisions that had their old keys then.
    revisions: Vec<Uuid>,
    /// The index keys that were to be replaced, by their commitments.
    index: Vec<String>,
}

fn note(home: &Home, vault: &UnlockedVault) -> Unfinished {
    Unfinished::of(home.folders(), "rekey", Uuid::from_bytes(vault.id().0))
}

fn named(scope: &RekeyScope) -> Option<Vec<Uuid>> {
    let sorted = |items: &Vec<ItemId>| {
        let mut items: Vec<_> = items.iter().map(|item| Uuid::from_bytes(item.0)).collect();
        items.sort_unstable();
        items.dedup();
        items
    };
    scope.items.as_ref().map(sorted)
}

impl Begun {
    /// The same rekey, if it was begun here and there is anything left of it. What can't be read counts as none.
    ///
    /// # Errors
    /// [`SessionError::Platform`], [`SessionError::Vault`].
    pub(super) fn load(home: &Home, vault: &UnlockedVault, scope: &RekeyScope) -> Result<Option<Self>, SessionError> {
        if scope.older_than_days.is_some() {
            return Ok(None);
        }
        Ok(Self::noted(home, vault)?.filter(|begun| begun.items == named(scope)))
    }

    /// Whatever was begun here. What can't be read counts as nothing.
    ///
    /// # Errors
    /// [`SessionError::Platform`].
    pub(super) fn noted(home: &Home, vault: &UnlockedVault) -> Result<Option<Self>, SessionError> {
        let noted = note(home, vault).load()?;
        Ok(noted.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// What was meant.
    pub(super) fn scope(&self) -> RekeyScope {
        let ids = |items: &Vec<Uuid>| items.iter().map(|item| ItemId(*item.as_bytes())).collect();
        RekeyScope { items: self.items.as_ref().map(ids), older_than_days: None }
    }

    /// Notes that a rekey of `scope` begins, with all that `rekeying` has.
    ///
    /// # Errors
    /// [`SessionError::Platform`], [`SessionError::Vault`].
    pub(super) fn begin(
        home: &Home,
        vault: &UnlockedVault,
        scope: &RekeyScope,
        rekeying: &Rekeying,
    ) -> Result<(), SessionError> {
        let id = |revision: &RevisionId| Uuid::from_bytes(revision.0);
        let begun = Self {
            since: vault.now().as_second(),
            items: named(scope),
            revisions: rekeying.revisions.iter().map(|revision| id(&revision.id)).collect(),
            index: if rekeying.index { vault.index_commitments()? } else { Vec::new() },
        };
        if scope.older_than_days.is_some() {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&begun).map_err(PlatformError::Encode)?;
        Ok(note(home, vault).store(&bytes)?)
    }

    /// It is done.
    ///
    /// # Errors
    /// [`SessionError::Platform`].
    pub(super) fn end(home: &Home, vault: &UnlockedVault) -> Result<(), SessionError> {
        Ok(note(home, vault).remove()?)
    }

    /// When it was begun.
    pub(super) fn since(&self) -> Timestamp {
        Timestamp::from_second(self.since).unwrap_or_default()
    }

    /// What is left of it, of all that there is.
    pub(super) fn left_of(&self, vault: &UnlockedVault, found: &Rekeying) -> Rekeying {
        let mut found = found.clone();
        let meant: HashSet<Uuid> = self.revisions.iter().copied().collect();
        found.revisions.retain(|revision| meant.contains(&Uuid::from_bytes(revision.id.0)));
        found.index &= vault.index_commitments().is_ok_and(|now| now.iter().any(|key| self.index.contains(key)));
        found
    }
}
