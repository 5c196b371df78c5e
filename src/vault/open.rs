//! An open vault. Dropping it is locking: its keys and everything that it shows are wiped with it.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use crate::crypto::sha256;
use crate::format::v1::{CollectionId, DeviceId, ItemId, SlotId, SlotRecord, VaultId};
use crate::providers::KeyProvider;
use crate::store::{Store, StoreError};

use super::contents::Contents;
use super::error::{Finding, Problem};
use super::locked::{LockedVault, Purpose};
use super::unlock::{Opening, UnlockFailed};
use super::{Clock, CollectionView, HeadAge, ItemChange, ItemSummary, Pin, PinError, Pins, Remains, VaultError};

/// How vault folders' names end.
const EXTENSION: &str = "sealkeep";

/// An unlocked vault: items can be listed, opened and saved.
pub struct UnlockedVault {
    pub(super) store: Store,
    pub(super) contents: Contents,
    pub(super) access: Access,
    /// Why the last commit could not be remembered outside.
    pub(super) unpinned: Option<PinError>,
    /// What commits could not take off the disk.
    pub(super) remains: Remains,
    /// The revisions that the last commit removed, by item.
    pub(super) pruned: Vec<(ItemId, BTreeSet<u32>)>,
    /// How many wraps wait for slots, where that was counted and nothing that could change it has happened since.
    pub(super) waiting: Option<u64>,
}

/// A slot, and what wraps and unwraps for it.
pub(super) type SlotProvider = (SlotId, Arc<dyn KeyProvider>);

/// What the session brought.
#[derive(Clone)]
pub(super) struct Access {
    /// The slots that can be used in this session; the one that opened the vault is the first.
    pub(super) providers: Vec<SlotProvider>,
    pub(super) device: DeviceId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) pins: Arc<dyn Pins>,
}

impl Access {
    pub(super) fn new(with: Opening, store: &Store) -> Self {
        let mut providers = vec![(with.slot, with.provider)];
        providers.extend(with.others.into_iter().filter(|(slot, _)| *slot != with.slot));
        let device = device_at(with.device, store.folder());
        Self { providers, device, clock: with.clock, pins: with.pins }
    }
}

/// What was seen of a vault on this machine. Read before the vault's rows are: what another process saves in between is then
/// newer than what was seen, and never taken for missing.
pub(super) struct Seen {
    here: Option<Pin>,
    elsewhere: Vec<Pin>,
}

impl Seen {
    pub(super) fn load(pins: &dyn Pins, vault: VaultId, place: &Path) -> Result<Self, VaultError> {
        let here = pins.load(vault, place)?;
        let elsewhere = if here.is_none() { pins.load_all(vault)? } else { Vec::new() };
        Ok(Self { here, elsewhere })
    }
}

/// What revisions made at `place` say of who made them.
pub(super) fn device_at(installation: DeviceId, place: &Path) -> DeviceId {
    let digest = sha256(&[b"sealkeep device at ", &installation.0[..], place.as_os_str().as_bytes()].concat());
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    DeviceId::from_random(half)
}

impl UnlockedVault {
    pub(super) fn new(store: Store, contents: Contents, access: Access) -> Self {
        let (remains, pruned) = (Remains::default(), Vec::new());
        Self { store, contents, access, unpinned: None, remains, pruned, waiting: None }
    }

    /// The vault whose contents were just opened: compares them with what was seen before, and remembers what is newer.
    pub(super) fn begin(store: Store, contents: Contents, access: Access, seen: &Seen) -> Result<Self, UnlockFailed> {
        let mut vault = Self::new(store, contents, access);
        match vault.compare_with(seen) {
            Ok(()) => Ok(vault),
            Err(error) => {
                let Self { store, mut contents, .. } = vault;
                let slots = std::mem::take(&mut contents.slots);
                let locked = LockedVault { store, vault: contents.vault, slots, purpose: contents.purpose };
                Err(UnlockFailed { vault: Some(Box::new(locked)), error })
            }
        }
    }

    /// Holds the heads against what was seen of this vault at its place; where nothing was, against what was seen of it
    /// anywhere on this machine.
    fn compare_with(&mut self, seen: &Seen) -> Result<(), VaultError> {
        let Seen { here, elsewhere } = seen;
        let mut findings: Vec<(CollectionId, Finding)> = Vec::new();
        for pin in here.iter().chain(elsewhere) {
            for found in self.differences(pin)? {
                if !findings.contains(&found) {
                    findings.push(found);
                }
            }
        }
        let problem = |(collection, what)| Problem { collection: Some(collection), item: None, what, page: None };
        let is_as_seen = findings.is_empty();
        self.contents.problems.extend(findings.into_iter().map(problem));
        if self.contents.purpose == Purpose::Salvage {
            return Ok(());
        }
        if let Some(here) = here {
            self.contents.accepted = here.accepted().iter().cloned().collect();
            if self.contents.problems.is_empty() {
                // Only now: if the database were the wrong one, files that it does not know may belong to the right one.
                // What can't be swept now can be the next time: it is in nobody's way.
                if let Err(error @ (StoreError::Interrupted | StoreError::Replaced { .. })) = self.store.sweep_bodies()
                {
                    return Err(error.into());
                }
            }
        }
        if is_as_seen {
            let mut pin = self.pin()?;
            here.iter().for_each(|here| pin.keep_announced(here));
            self.access.pins.store(&pin, self.folder())?;
        }
        Ok(())
    }

    /// How the collections differ from those that were seen.
    fn differences(&self, pin: &Pin) -> Result<Vec<(CollectionId, Finding)>, VaultError> {
        let pinned = pin.collections();
        if pinned.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        // Without the key, the one that stands in for it is nobody's.
        let has_key = !self.contents.problems.iter().any(|problem| problem.what == Finding::IndexKey);
        for collection in &self.contents.collections {
            let key = collection.commitment()?;
            match pin.age_of(collection.id, (collection.epoch, &key), &collection.digest, &collection.head) {
                HeadAge::OtherKey | HeadAge::NewKey if !collection.is_proven && !has_key => {}
                HeadAge::NewKey => found.push((collection.id, Finding::NewIndexKey)),
                HeadAge::OtherKey => found.push((collection.id, Finding::OtherIndexKey)),
                // A head that can't be believed says nothing of its age.
                _ if !collection.is_proven => {}
                HeadAge::Current => {}
                HeadAge::Unknown => found.push((collection.id, Finding::CollectionAdded)),
                HeadAge::Older(missing) => found.push((collection.id, Finding::OlderCopy { missing })),
                HeadAge::Forked => found.push((collection.id, Finding::OtherHistory)),
            }
        }
        let is_there = |id: &CollectionId| self.contents.collections.iter().any(|collection| collection.id == *id);
        found.extend(pinned.into_iter().filter(|id| !is_there(id)).map(|id| (id, Finding::CollectionMissing)));
        Ok(found)
    }

    /// What is seen of the vault now.
    pub(super) fn pin(&self) -> Result<Pin, PinError> {
        self.contents.pin()
    }

    /// The vault.
    pub fn id(&self) -> VaultId {
        self.contents.vault
    }

    /// The vault's folder.
    pub fn folder(&self) -> &Path {
        self.store.folder()
    }

    /// The vault's name: its folder's, without `.sealkeep`.
    pub fn name(&self) -> String {
        let folder = self.folder();
        let name = match folder.extension() {
            Some(extension) if extension == EXTENSION => folder.file_stem(),
            _ => folder.file_name(),
        };
        name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The slots, verified.
    pub fn slots(&self) -> &[SlotRecord] {
        &self.contents.slots
    }

    /// The collections.
    pub fn collections(&self) -> &[CollectionView] {
        &self.contents.views
    }

    /// What a list shows of each item, trashed ones too, in no order.
    pub fn summaries(&self) -> &[Arc<ItemSummary>] {
        &self.contents.items
    }

    /// What a list shows of one item.
    ///
    /// # Errors
    /// [`VaultError::NoSuchItem`].
    pub fn summary(&self, item: ItemId) -> Result<&Arc<ItemSummary>, VaultError> {
        self.contents.summary_of(item)
    }

    /// What is not as it was written. While there is anything, nothing can be saved, until
    /// [`UnlockedVault::accept`].
    pub fn problems(&self) -> &[Problem] {
        &self.contents.problems
    }

    /// The problems that stand in the way of saving: those that were not accepted here before.
    pub fn unaccepted(&self) -> impl Iterator<Item = &Problem> {
        self.contents.unaccepted()
    }

    /// How many changes of items there have been since the vault was opened: up to where somebody knows them who has seen all
    /// of [`UnlockedVault::summaries`] now.
    pub fn changes(&self) -> usize {
        self.contents.touched.len()
    }

    /// The items that have changed since [`UnlockedVault::changes`] was `known`, each as it is now. One that changed twice is
    /// there twice.
    pub fn changes_since(&self, known: usize) -> Vec<ItemChange> {
        let touched = self.contents.touched.get(known..).unwrap_or_default();
        touched.iter().map(|item| (*item, self.summary(*item).ok().cloned())).collect()
    }

    /// Counts the changes of what [`UnlockedVault::summaries`], [`UnlockedVault::problems`] and
    /// [`UnlockedVault::unaccepted`] give: while it is the same, so are they.
    pub fn generation(&self) -> u64 {
        self.contents.generation
    }

    /// Takes the vault as it is: the person has seen the problems. An older copy becomes the one that is known here, and
    /// saving goes on; what is damaged stays marked. Blocks: on the disk.
    ///
    /// # Errors
    /// [`VaultError::Pins`]; nothing is accepted then.
    pub fn accept(&mut self) -> Result<(), VaultError> {
        let stays = |problem: &&Problem| !problem.what.is_from_pins();
        let stays: Vec<_> = self.contents.problems.iter().filter(stays).cloned().collect();
        let accepted = stays.iter().map(Problem::mark).collect();
        let before = std::mem::replace(&mut self.contents.accepted, accepted);
        let kept = self.pin().and_then(|pin| self.access.pins.replace(&pin, self.folder()));
        if let Err(error) = kept {
            self.contents.accepted = before;
            return Err(error.into());
        }
        self.contents.problems = stays;
        self.contents.generation += 1;
        Ok(())
    }

    /// Takes in what other processes committed; whether there was anything.
    ///
    /// # Errors
    /// [`VaultError::Older`], [`VaultError::SlotsChanged`], [`VaultError::Damaged`], [`VaultError::Store`];
    /// [`VaultError::Crypto`] where the vault is being locked.
    pub fn refresh(&mut self) -> Result<bool, VaultError> {
        let snapshot = self.store.snapshot()?;
        let changed = self.contents.take_in(&snapshot.rows(), self.store.bodies(), &|| self.store.is_ending())?;
        drop(snapshot);
        if changed {
            self.waiting = None;
            self.remember();
        }
        Ok(changed)
    }

    /// Remembers outside what the vault has now. What was saved is saved, even where this fails.
    pub(super) fn remember(&mut self) {
        if self.contents.purpose == Purpose::Salvage {
            return;
        }
        let from_pins = self.contents.problems.iter().any(|problem| problem.what.is_from_pins());
        if !from_pins {
            let stored = self.pin().and_then(|pin| self.access.pins.store(&pin, self.store.folder()));
            self.unpinned = stored.err();
        }
    }
}

impl std::fmt::Debug for UnlockedVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnlockedVault").field("id", &self.id()).finish_non_exhaustive()
    }
}
