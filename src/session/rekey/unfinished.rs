//! What a rekey began with, noted outside the vault until it is done: so that the same again, after a kill, goes on with what is left.
//!
//! Not needed where only old keys are meant: what was done is young then. Holds identifiers alone, which the vault's folder shows as well.
//! Whoever changes the note makes a rekey do more than is left, or less: it is worth what the pins are.
//!
//! Invariant: what goes on leaves out only keys that were made since it was begun. So it goes on for a few days, at the place where it was
//! begun, and while the vault has the ways in that it had: with one that was taken away since, everything is meant anew. One that came
//! may go before anybody looks: where it comes on this machine, what was begun is forgotten.

use std::collections::HashSet;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::platform::{PlatformError, Unfinished};
use crate::session::{Home, SessionError};
use crate::vault::{ItemId, RekeyScope, Rekeying, RevisionId, UnlockedVault, VaultError};

/// For so long the same goes on; after that, too much may have been seen of the keys that were made first.
const GOES_ON: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A rekey that was begun.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(super) struct Begun {
    /// In seconds since 1970.
    since: i64,
    /// The vault's folder then.
    place: PathBuf,
    /// The ways in that there were: see [`slots_of`].
    slots: String,
    /// The items that were meant; none where all were.
    items: Option<Vec<Uuid>>,
    /// The revisions that had their old keys then.
    revisions: Vec<Uuid>,
    /// The index keys that were to be replaced, by their commitments.
    index: Vec<String>,
}

/// A choice does not take the place of what was begun with everything.
fn note(home: &Home, vault: &UnlockedVault, is_choice: bool) -> Unfinished {
    let work = if is_choice { "rekey-items" } else { "rekey" };
    Unfinished::of(home.folders(), work, Uuid::from_bytes(vault.id().0))
}

/// A digest of the vault's slots, with their states. A passphrase that was changed makes another one.
fn slots_of(vault: &UnlockedVault) -> Result<String, SessionError> {
    let mut digest = Sha256::new();
    for slot in vault.slots() {
        digest.update(slot.id.0);
        digest.update([slot.state.code()]);
        digest.update(slot.config.to_bytes().map_err(VaultError::from)?);
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
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
    /// The same rekey, if it was begun here and may go on. What can't be read counts as none.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub(super) fn load(home: &Home, vault: &UnlockedVault, scope: &RekeyScope) -> Result<Option<Self>, SessionError> {
        if scope.older_than_days.is_some() {
            return Ok(None);
        }
        Ok(Self::read(home, vault, scope.items.is_some())?.filter(|begun| begun.items == named(scope)))
    }

    /// Whatever was begun here and may go on: everything first.
    ///
    /// # Errors
    /// Those of [`Begun::load`].
    pub(super) fn noted(home: &Home, vault: &UnlockedVault) -> Result<Option<Self>, SessionError> {
        let all = Self::read(home, vault, false)?;
        if all.is_some() { Ok(all) } else { Self::read(home, vault, true) }
    }

    fn read(home: &Home, vault: &UnlockedVault, is_choice: bool) -> Result<Option<Self>, SessionError> {
        let noted = note(home, vault, is_choice).load().ok().flatten();
        let Some(begun) = noted.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok()) else { return Ok(None) };
        let age = vault.now().duration_since(begun.since());
        let goes_on = begun.items.is_some() == is_choice
            && begun.place == vault.folder()
            && begun.slots == slots_of(vault)?
            && (SignedDuration::ZERO..GOES_ON).contains(&age);
        Ok(goes_on.then_some(begun))
    }

    /// What was meant.
    pub(super) fn scope(&self) -> RekeyScope {
        let ids = |items: &Vec<Uuid>| items.iter().map(|item| ItemId(*item.as_bytes())).collect();
        RekeyScope { items: self.items.as_ref().map(ids), older_than_days: None }
    }

    /// Notes that a rekey of `scope` begins, with all that `rekeying` has: in the place of what was noted of the same.
    ///
    /// # Errors
    /// [`SessionError::Platform`], [`SessionError::Vault`].
    pub(super) fn begin(
        home: &Home,
        vault: &UnlockedVault,
        scope: &RekeyScope,
        rekeying: &Rekeying,
    ) -> Result<(), SessionError> {
        if scope.older_than_days.is_some() {
            return Ok(());
        }
        let id = |revision: &RevisionId| Uuid::from_bytes(revision.0);
        let begun = Self {
            since: vault.now().as_second(),
            place: vault.folder().to_owned(),
            slots: slots_of(vault)?,
            items: named(scope),
            revisions: rekeying.revisions.iter().map(|revision| id(&revision.id)).collect(),
            index: if rekeying.index { vault.index_commitments()? } else { Vec::new() },
        };
        let bytes = serde_json::to_vec(&begun).map_err(PlatformError::Encode)?;
        Ok(note(home, vault, scope.items.is_some()).store(&bytes)?)
    }

    /// A rekey of `scope` is done. What was noted of another one stays.
    ///
    /// # Errors
    /// [`SessionError::Platform`].
    pub(super) fn end(home: &Home, vault: &UnlockedVault, scope: &RekeyScope) -> Result<(), SessionError> {
        match scope.older_than_days {
            Some(_) => Ok(()),
            None => Ok(note(home, vault, scope.items.is_some()).remove()?),
        }
    }

    /// Nothing is noted any more.
    ///
    /// # Errors
    /// [`SessionError::Platform`].
    pub(super) fn forget(home: &Home, vault: &UnlockedVault) -> Result<(), SessionError> {
        Ok([true, false].into_iter().try_for_each(|is_choice| note(home, vault, is_choice).remove())?)
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
