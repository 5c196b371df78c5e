//! The settings: what a person chose, and what the program remembers to be handy. No secrets, ever.
//!
//! Owns: the file, its defaults, and that nothing in it is lost: neither what a newer version wrote there, nor what a damaged
//! file held.
//! Invariant: the file is replaced whole, under a lock, so that a window and a command line don't lose each other's changes.

mod file;
mod path_text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use file::{LoadedSettings, SettingsFile};

/// How many vaults the picker remembers.
const RECENT: usize = 12;

/// A day.
const MOST_IDLE_MINUTES: u32 = 24 * 60;
const MOST_CLIPBOARD_SECONDS: u32 = 60 * 60;
/// In points; more than any desktop has.
const LARGEST_WINDOW: f32 = 32_768.0;

/// Everything that is remembered between starts. Unknown keys are kept as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The vaults opened last, newest first.
    pub recent_vaults: Vec<RecentVault>,
    /// The AWS profile that this machine uses for a vault, by the vault's id.
    pub vault_profiles: BTreeMap<String, String>,
    /// The AWS profile that this machine uses for one KMS key of a vault that has several, by the slot's id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub slot_profiles: BTreeMap<String, String>,
    /// What else this machine remembers of a vault's slot, by the slot's id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub slots: BTreeMap<String, SlotMemory>,
    /// When the person put aside, for a vault, the hint that its recovery is missing or was not tried: by the vault's id, in seconds
    /// since 1970.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub recovery_hints_put_aside: BTreeMap<String, i64>,
    /// The AWS profiles whose credentials are in the keyring. Names and regions: nothing that opens anything.
    pub profiles: Vec<ProfileEntry>,
    /// The colours.
    pub theme: Theme,
    /// Minutes without a hand on mouse or keyboard before a vault locks, a day at most; 0 is never.
    pub idle_lock_minutes: u32,
    /// Seconds before a copied secret is removed from the clipboard, an hour at most; 0 is never.
    pub clipboard_clear_seconds: u32,
    /// The size of everything in the window, in per cent: 50 to 300.
    pub scale_percent: u16,
    /// The window's size when it was closed.
    pub window: Option<WindowSize>,
    /// What other versions wrote here.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// What this machine remembers of a vault's slot. In seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlotMemory {
    /// When it was added here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<i64>,
    /// When a drill here last proved that it opens everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drilled: Option<i64>,
    /// What other versions wrote here.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// A vault in the picker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentVault {
    /// Its folder, absolute.
    #[serde(with = "path_text")]
    pub path: PathBuf,
    /// What other versions wrote here.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// An AWS profile's name, and what can be shown of it without asking the keyring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileEntry {
    /// The name, which its keyring entry is found by.
    pub name: String,
    /// The AWS region.
    pub region: String,
    /// What gives its credentials: `static`, `assume-role`, `identity-center`, `machine`.
    #[serde(default = "usual_kind")]
    pub kind: String,
    /// Whether a passphrase seals it in the keyring.
    #[serde(default)]
    pub protected: bool,
    /// The number of the account that it is of, where it says so itself or AWS has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The name of the role or the user that it is there, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// What other versions wrote here.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl ProfileEntry {
    /// One of which no more is known: not whose it is, nor that a passphrase seals it.
    pub fn new(name: &str, region: &str, kind: &str) -> Self {
        Self {
            name: name.to_owned(),
            region: region.to_owned(),
            kind: kind.to_owned(),
            protected: false,
            account: None,
            principal: None,
            other: serde_json::Map::new(),
        }
    }
}

/// What there was before there were others.
fn usual_kind() -> String {
    "static".to_owned()
}

/// The colours of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Whatever the desktop uses.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A size in points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowSize {
    /// Points from left to right.
    pub width: f32,
    /// Points from top to bottom.
    pub height: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            recent_vaults: Vec::new(),
            vault_profiles: BTreeMap::new(),
            slot_profiles: BTreeMap::new(),
            slots: BTreeMap::new(),
            recovery_hints_put_aside: BTreeMap::new(),
            profiles: Vec::new(),
            theme: Theme::System,
            idle_lock_minutes: 5,
            clipboard_clear_seconds: 30,
            scale_percent: 100,
            window: None,
            other: serde_json::Map::new(),
        }
    }
}

impl Settings {
    /// The same, with numbers that a program can live with: somebody may have written the file by hand.
    fn within_limits(mut self) -> Self {
        self.idle_lock_minutes = self.idle_lock_minutes.min(MOST_IDLE_MINUTES);
        self.clipboard_clear_seconds = self.clipboard_clear_seconds.min(MOST_CLIPBOARD_SECONDS);
        self.scale_percent = self.scale_percent.clamp(50, 300);
        let sound = |points: f32| (1.0..=LARGEST_WINDOW).contains(&points);
        self.window = self.window.filter(|window| sound(window.width) && sound(window.height));
        self
    }

    /// The vault that was opened last.
    pub fn last_vault(&self) -> Option<&Path> {
        self.recent_vaults.first().map(|vault| vault.path.as_path())
    }

    /// Puts the vault at `path` first; the picker keeps the newest dozen. A relative path is taken from the current folder.
    pub fn remember_vault(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let known = self.recent_vaults.iter().position(|vault| vault.path == path);
        let entry = known.map(|index| self.recent_vaults.remove(index));
        self.recent_vaults.insert(0, entry.unwrap_or_else(|| RecentVault { path, other: serde_json::Map::new() }));
        self.recent_vaults.truncate(RECENT);
    }

    /// Takes the vault at `path` out of the picker.
    pub fn forget_vault(&mut self, path: &Path) {
        self.recent_vaults.retain(|vault| vault.path != path);
    }

    /// Forgets a slot that is gone.
    pub fn forget_slot(&mut self, slot: &str) {
        self.slot_profiles.remove(slot);
        self.slots.remove(slot);
    }

    /// The profile of this name.
    pub fn profile(&self, name: &str) -> Option<&ProfileEntry> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// Adds the profile, or puts it in the place of the one of its name, of which only what other versions wrote stays; the list
    /// stays sorted by name.
    pub fn remember_profile(&mut self, profile: ProfileEntry) {
        match self.profiles.iter_mut().find(|known| known.name == profile.name) {
            Some(known) => {
                let other = std::mem::take(&mut known.other);
                *known = ProfileEntry { other, ..profile };
            }
            None => self.profiles.push(profile),
        }
        self.profiles.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Removes the profile, and every vault's memory of it.
    pub fn forget_profile(&mut self, name: &str) {
        self.profiles.retain(|profile| profile.name != name);
        self.vault_profiles.retain(|_, profile| profile != name);
        self.slot_profiles.retain(|_, profile| profile != name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vault_opened_last_comes_first_and_the_list_is_short() {
        let mut settings = Settings::default();
        for number in 0..20 {
            settings.remember_vault(Path::new(&format!("/v/{number}")));
        }
        settings.remember_vault(Path::new("/v/15"));
        assert_eq!(settings.last_vault(), Some(Path::new("/v/15")));
        assert_eq!(settings.recent_vaults.len(), RECENT);
        assert_eq!(settings.recent_vaults.iter().filter(|v| v.path == Path::new("/v/15")).count(), 1);
        settings.forget_vault(Path::new("/v/15"));
        assert_eq!(settings.last_vault(), Some(Path::new("/v/19")));
    }

    #[test]
    fn a_forgotten_profile_leaves_no_vault_pointing_at_it() {
        let mut settings = Settings::default();
        let own = serde_json::Map::from_iter([("since".to_owned(), serde_json::Value::from(3))]);
        let work = ProfileEntry {
            account: Some("111122223333".to_owned()),
            other: own.clone(),
            ..ProfileEntry::new("work", "eu-west-1", "static")
        };
        settings.remember_profile(work);
        settings.remember_profile(ProfileEntry::new("home", "eu-north-1", "static"));
        let role = ProfileEntry { protected: true, ..ProfileEntry::new("work", "us-east-1", "assume-role") };
        settings.remember_profile(role.clone());
        assert_eq!(
            settings.profile("work"),
            Some(&ProfileEntry { other: own, ..role }),
            "whose it was is not whose it is"
        );
        settings.vault_profiles.insert("id".to_owned(), "work".to_owned());
        assert_eq!(settings.profiles.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["home", "work"]);
        assert_eq!(settings.profile("work").map(|p| p.region.as_str()), Some("us-east-1"));
        settings.forget_profile("work");
        assert!(settings.profile("work").is_none());
        assert!(settings.vault_profiles.is_empty());
    }
}
