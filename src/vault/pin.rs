//! What was last seen of a vault, kept outside it: how an older copy, another vault or an added slot is noticed.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::format::v1::{CollectionId, Digest, Head, SlotConfig, SlotRecord, VaultId};

/// Where pins are kept: this machine's state, not the vault's folder.
pub trait Pins: Send + Sync {
    /// What was last seen of `vault` at `place`.
    ///
    /// # Errors
    /// [`PinError`] where pins are there and can't be read.
    fn load(&self, vault: VaultId, place: &Path) -> Result<Option<Pin>, PinError>;

    /// What was last seen of `vault` anywhere: copies of it, and itself before it was moved.
    ///
    /// # Errors
    /// [`PinError`].
    fn load_all(&self, vault: VaultId) -> Result<Vec<Pin>, PinError>;

    /// Whether a vault other than `vault` was seen at `place` before, and which.
    ///
    /// # Errors
    /// [`PinError`].
    fn other_vault_at(&self, vault: VaultId, place: &Path) -> Result<Option<VaultId>, PinError>;

    /// Remembers `pin`, on the disk before it returns. Whoever keeps pins takes the newer of two for each device.
    ///
    /// # Errors
    /// [`PinError`].
    fn store(&self, pin: &Pin, place: &Path) -> Result<(), PinError>;

    /// Remembers `pin` whatever was seen before: the person takes an older copy as the right one.
    ///
    /// # Errors
    /// [`PinError`].
    fn replace(&self, pin: &Pin, place: &Path) -> Result<(), PinError>;
}

/// Pins can't be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was last seen of this vault can't be read or written: {0}")]
pub struct PinError(pub String);

/// What was last seen of a vault. Not secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    vault: String,
    slots: Vec<PinnedSlot>,
    /// The slots that a change was about to make, where one was: whether it came to that is known at the next unlock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    announced: Option<Vec<PinnedSlot>>,
    /// The index keys, by their commitments, that such a change was about to bring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    announced_keys: Vec<AnnouncedKey>,
    heads: Vec<PinnedHead>,
    /// What was found wrong and accepted: see `Problem::mark`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accepted: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PinnedSlot {
    id: String,
    state: u8,
    config: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AnnouncedKey {
    collection: String,
    key: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PinnedHead {
    collection: String,
    digest: String,
    devices: Vec<(String, u64)>,
    /// The commitment of the index key; empty in a pin that was written before it was remembered.
    #[serde(default)]
    key: String,
    /// The epoch of that key.
    #[serde(default)]
    epoch: u32,
}

/// How a head stands to the one that was last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadAge {
    /// It is the same one, or came after it.
    Current,
    /// It misses this many changes that were seen here.
    Older(u64),
    /// It has the same count of changes and is another one: two histories.
    Forked,
    /// The collection was never seen here.
    Unknown,
    /// It is sealed under another index key: whoever may encrypt under the vault's KMS key can have made it.
    OtherKey,
    /// The same in a later epoch: after a rekey elsewhere it is so, too.
    NewKey,
}

impl Pin {
    /// What is seen of `vault`: its slots, and no head yet.
    ///
    /// # Errors
    /// [`PinError`] for a slot that can't be written.
    pub fn new(vault: VaultId, slots: &[SlotRecord]) -> Result<Self, PinError> {
        let slots = slots.iter().map(pinned_slot).collect::<Result<_, _>>()?;
        Ok(Self { slots, ..Self::unreadable(vault) })
    }

    /// Stands for a pin that can't be read any more: it trusts no slot and has seen nothing.
    pub fn unreadable(vault: VaultId) -> Self {
        let (slots, heads, announced_keys) = (Vec::new(), Vec::new(), Vec::new());
        Self { vault: vault.to_string(), slots, announced: None, announced_keys, heads, accepted: Vec::new() }
    }

    /// The problems that the person has accepted.
    pub(super) fn accepted(&self) -> &[String] {
        &self.accepted
    }

    /// Remembers the problems that the person has accepted.
    pub(super) fn set_accepted(&mut self, accepted: Vec<String>) {
        self.accepted = accepted;
    }

    /// The collections that were seen.
    pub(super) fn collections(&self) -> Vec<CollectionId> {
        self.heads.iter().filter_map(|seen| seen.collection.parse().ok()).collect()
    }

    /// Reads a pin.
    ///
    /// # Errors
    /// [`PinError`] for anything that [`Pin::to_bytes`] does not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PinError> {
        serde_json::from_slice(bytes).map_err(|error| PinError(error.to_string()))
    }

    /// The pin's bytes: JSON.
    ///
    /// # Errors
    /// None that can happen.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PinError> {
        serde_json::to_vec_pretty(self).map_err(|error| PinError(error.to_string()))
    }

    /// The vault.
    ///
    /// # Errors
    /// [`PinError`] where it is not an identifier.
    pub fn vault(&self) -> Result<VaultId, PinError> {
        self.vault.parse().map_err(|_| PinError("not a vault's identifier".to_owned()))
    }

    /// Says that `slots` are about to take the place of those that are pinned: stored before they are committed, so that a crash
    /// between the commit and the pin after it is not taken for somebody else's change. Nobody but whoever holds the index key
    /// can make a head that lists them.
    ///
    /// # Errors
    /// [`PinError`] for a slot that can't be written.
    pub fn announce(&mut self, slots: &[SlotRecord]) -> Result<(), PinError> {
        self.announced = Some(slots.iter().map(pinned_slot).collect::<Result<_, _>>()?);
        Ok(())
    }

    /// Says the same of an index key that is about to take the place of `collection`'s, by its commitment.
    pub fn announce_key(&mut self, collection: CollectionId, key: &[u8; 32]) {
        self.announced_keys.push(AnnouncedKey { collection: collection.to_string(), key: to_hex(key) });
    }

    /// Goes on announcing what `before` did, where nothing was committed since: a commit whose flush failed may come back after a power
    /// cut, and the next one is what puts an end to it.
    pub(super) fn keep_announced(&mut self, before: &Self) {
        if self.heads == before.heads {
            self.announced.clone_from(&before.announced);
            self.announced_keys.clone_from(&before.announced_keys);
        }
    }

    /// Whether these are the slots that were pinned, or that were announced: the same ones, configured the same.
    ///
    /// # Errors
    /// [`PinError`] for a slot that can't be written.
    pub fn has_slots(&self, slots: &[SlotRecord]) -> Result<bool, PinError> {
        let mut now = slots.iter().map(pinned_slot).collect::<Result<Vec<_>, _>>()?;
        now.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(std::iter::once(&self.slots).chain(&self.announced).any(|known| {
            let mut known = known.clone();
            known.sort_by(|a, b| a.id.cmp(&b.id));
            now == known
        }))
    }

    /// The ARNs of the KMS keys that were pinned.
    pub fn key_arns(&self) -> Vec<String> {
        let arn = |slot: &PinnedSlot| {
            let config = SlotConfig::from_bytes(&from_hex(&slot.config)?).ok()?;
            config.key_arn().map(str::to_owned)
        };
        self.slots.iter().filter_map(arn).collect()
    }

    /// How `head`, whose sealed bytes have `digest`, stands to what was seen of `collection`; `key` is the epoch and the commitment of its
    /// index key.
    pub fn age_of(&self, collection: CollectionId, key: (u32, &[u8; 32]), digest: &Digest, head: &Head) -> HeadAge {
        let Some(seen) = self.heads.iter().find(|seen| seen.collection == collection.to_string()) else {
            return HeadAge::Unknown;
        };
        let (epoch, key) = (key.0, to_hex(key.1));
        let is_announced = |known: &AnnouncedKey| known.collection == seen.collection && known.key == key;
        if !seen.key.is_empty() && seen.key != key && !self.announced_keys.iter().any(is_announced) {
            return if seen.epoch > 0 && epoch > seen.epoch { HeadAge::NewKey } else { HeadAge::OtherKey };
        }
        let sequence_of = |device: &str| {
            head.devices.iter().find(|known| known.device.to_string() == device).map_or(0, |known| known.sequence)
        };
        let missing: u64 =
            seen.devices.iter().map(|(device, sequence)| sequence.saturating_sub(sequence_of(device))).sum();
        let total: u64 = head.devices.iter().map(|device| device.sequence).sum();
        let seen_total: u64 = seen.devices.iter().map(|(_, sequence)| *sequence).sum();
        if missing > 0 {
            HeadAge::Older(missing)
        } else if total == seen_total && seen.digest != to_hex(digest) {
            HeadAge::Forked
        } else {
            HeadAge::Current
        }
    }

    /// Remembers `head`, whose sealed bytes have `digest`, as the last one seen of `collection`, and the epoch and the commitment of its
    /// index key.
    pub fn put_head(&mut self, collection: CollectionId, key: (u32, &[u8; 32]), digest: &Digest, head: &Head) {
        let id = collection.to_string();
        self.heads.retain(|seen| seen.collection != id);
        let devices = head.devices.iter().map(|known| (known.device.to_string(), known.sequence)).collect();
        self.heads.push(PinnedHead {
            collection: id,
            digest: to_hex(digest),
            devices,
            key: to_hex(key.1),
            epoch: key.0,
        });
    }

    /// Which of two pins of one vault came later: the one that has more of every device, else `self`. Its slots come with it: they
    /// are sealed in the head that it saw.
    pub fn later(self, other: Self) -> Self {
        let covers = |one: &Self, two: &Self| {
            two.heads.iter().all(|theirs| {
                one.heads.iter().find(|ours| ours.collection == theirs.collection).is_some_and(|ours| {
                    theirs.devices.iter().all(|(device, sequence)| {
                        ours.devices.iter().any(|(known, ours)| known == device && ours >= sequence)
                    })
                })
            })
        };
        if covers(&other, &self) { other } else { self }
    }
}

fn pinned_slot(slot: &SlotRecord) -> Result<PinnedSlot, PinError> {
    let config = slot.config.to_bytes().map_err(|error| PinError(error.to_string()))?;
    Ok(PinnedSlot { id: slot.id.to_string(), state: slot.state.code(), config: to_hex(&config) })
}

/// Two digits a byte, in lower case.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::v1::{DeviceId, SlotId, SlotState};

    const HERE: CollectionId = CollectionId([2; 16]);
    const KEY: [u8; 32] = [7; 32];

    fn slot(id: u8, arn: &str) -> SlotRecord {
        let config = SlotConfig::Kms { key_arn: arn.to_owned() };
        SlotRecord { id: SlotId([id; 16]), state: SlotState::Active, config }
    }

    fn head(devices: &[(u8, u64)]) -> Head {
        let mut head = Head::default();
        for (device, sequence) in devices {
            for _ in 0..*sequence {
                head.advance(DeviceId([*device; 16]));
            }
        }
        head
    }

    #[test]
    fn an_older_copy_and_a_second_history_are_noticed() {
        let mut pin = Pin::new(VaultId([1; 16]), &[slot(1, "a")]).unwrap();
        assert_eq!(pin.age_of(HERE, (1, &KEY), &[1; 32], &head(&[(1, 1)])), HeadAge::Unknown);
        pin.put_head(HERE, (1, &KEY), &[1; 32], &head(&[(1, 3), (2, 2)]));
        let age = |digest, devices: &[(u8, u64)]| pin.age_of(HERE, (1, &KEY), &[digest; 32], &head(devices));
        assert_eq!(age(1, &[(1, 3), (2, 2)]), HeadAge::Current);
        assert_eq!(age(2, &[(1, 3), (2, 2)]), HeadAge::Forked);
        assert_eq!(age(2, &[(1, 4), (2, 2), (3, 1)]), HeadAge::Current);
        assert_eq!(age(2, &[(1, 2), (2, 1)]), HeadAge::Older(2));
        assert_eq!(age(2, &[(1, 9)]), HeadAge::Older(2), "another device's changes do not make up for it");
        let ahead = head(&[(1, 4), (2, 2)]);
        assert_eq!(pin.age_of(HERE, (1, &[8; 32]), &[2; 32], &ahead), HeadAge::OtherKey, "however far it is ahead");
    }

    #[test]
    fn slots_are_compared_whole() {
        let pin = Pin::new(VaultId([1; 16]), &[slot(1, "a"), slot(2, "b")]).unwrap();
        assert_eq!(pin.has_slots(&[slot(2, "b"), slot(1, "a")]), Ok(true));
        for others in [vec![slot(1, "a")], vec![slot(1, "a"), slot(2, "c")], vec![slot(1, "a"), slot(3, "b")]] {
            assert_eq!(pin.has_slots(&others), Ok(false));
        }
        assert_eq!(pin.key_arns(), ["a", "b"]);
    }

    #[test]
    fn slots_that_were_announced_are_known_whether_or_not_they_came_and_others_are_not() {
        let mut pin = Pin::new(VaultId([1; 16]), &[slot(1, "a")]).unwrap();
        pin.announce(&[slot(2, "b"), slot(1, "a")]).unwrap();
        let mut pin = Pin::from_bytes(&pin.to_bytes().unwrap()).unwrap();
        for known in [vec![slot(1, "a")], vec![slot(1, "a"), slot(2, "b")]] {
            assert_eq!(pin.has_slots(&known), Ok(true));
        }
        for other in [vec![slot(2, "b")], vec![slot(1, "a"), slot(2, "c")], vec![]] {
            assert_eq!(pin.has_slots(&other), Ok(false));
        }
        pin.put_head(HERE, (1, &KEY), &[1; 32], &head(&[(1, 1)]));
        // An unlock in between has seen the head that was seen before.
        let mut unlocked = Pin::new(VaultId([1; 16]), &[slot(1, "a")]).unwrap();
        unlocked.put_head(HERE, (1, &KEY), &[1; 32], &head(&[(1, 1)]));
        unlocked.keep_announced(&pin);
        assert_eq!(unlocked, pin);
        // What is stored after a commit announces nothing, and takes its place.
        let mut after = Pin::new(VaultId([1; 16]), &[slot(1, "a"), slot(2, "b")]).unwrap();
        after.put_head(HERE, (1, &KEY), &[2; 32], &head(&[(1, 2)]));
        assert_eq!(pin.clone().later(after.clone()), after);
        assert_eq!(after.has_slots(&[slot(1, "a")]), Ok(false));
        let mut later = after.clone();
        later.keep_announced(&pin);
        assert_eq!(later, after);
    }

    #[test]
    fn an_index_key_that_was_announced_is_known_whether_or_not_it_came_and_others_are_not() {
        let mut pin = Pin::new(VaultId([1; 16]), &[slot(1, "a")]).unwrap();
        pin.put_head(HERE, (1, &KEY), &[1; 32], &head(&[(1, 1)]));
        let before = pin.clone();
        pin.announce_key(HERE, &[8; 32]);
        let pin = Pin::from_bytes(&pin.to_bytes().unwrap()).unwrap();
        let age = |pin: &Pin, place, key: u8, devices| {
            pin.age_of(place, (u32::from(key) - 6, &[key; 32]), &[1; 32], &head(devices))
        };
        assert_eq!(age(&pin, HERE, 7, &[(1, 1)]), HeadAge::Current, "it did not come");
        assert_eq!(age(&pin, HERE, 8, &[(1, 2)]), HeadAge::Current, "it came");
        assert_eq!(age(&pin, HERE, 8, &[]), HeadAge::Older(1), "it says nothing of how old a copy is");
        assert_eq!(age(&pin, HERE, 9, &[(1, 2)]), HeadAge::NewKey, "a later epoch, which nobody announced here");
        // An unlock in between goes on announcing it, and what is stored after the commit does not.
        let mut unlocked = before.clone();
        unlocked.keep_announced(&pin);
        assert_eq!(unlocked, pin);
        let mut after = Pin::new(VaultId([1; 16]), &[slot(1, "a")]).unwrap();
        after.put_head(HERE, (2, &[8; 32]), &[2; 32], &head(&[(1, 2)]));
        let after = pin.later(after);
        assert_eq!(age(&after, HERE, 7, &[(1, 3)]), HeadAge::OtherKey);
    }

    #[test]
    fn is_read_back_as_written_and_the_later_one_is_kept() {
        let mut early = Pin::new(VaultId([1; 16]), &[slot(1, "a")]).unwrap();
        early.put_head(HERE, (1, &KEY), &[1; 32], &head(&[(1, 3)]));
        let mut late = early.clone();
        late.put_head(HERE, (1, &KEY), &[2; 32], &head(&[(1, 4)]));
        assert_eq!(Pin::from_bytes(&late.to_bytes().unwrap()).unwrap(), late);
        assert_eq!(early.clone().later(late.clone()), late);
        assert_eq!(late.clone().later(early), late);
        assert_eq!(late.vault(), Ok(VaultId([1; 16])));
        assert!(Pin::from_bytes(b"{}").is_err());
    }
}
