//! What a person does in the window, one step each, as they would say it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::desktop::Window;
use super::fake_kms::FakeKms;

/// A login to type in.
pub struct Login<'a> {
    pub title: &'a str,
    pub username: &'a str,
    pub password: &'a str,
}

impl Window {
    /// From the first page to an empty vault.
    pub fn make_vault_on_passphrase(&self, passphrase: &str) {
        self.click("On this computer");
        self.fill("Passphrase", passphrase);
        self.fill("Passphrase again", passphrase);
        self.click("Create vault");
        self.sees_empty_vault();
    }

    /// From the page where a key is chosen to an empty vault, on a new profile and the KMS key with this ARN, which has no alias.
    pub fn make_vault_on_kms(&self, profile: &Profile<'_>, key: &str) {
        self.click("With AWS KMS");
        self.add_profile(profile);
        // A key without an alias goes by the end of its id.
        self.click(&format!("key …{}", &key[key.len() - 12..]));
        self.sees("Round trip");
        self.click("Create vault");
        self.sees_empty_vault();
    }

    /// Stores an AWS profile; the button that begins with it is on the screen.
    pub fn add_profile(&self, profile: &Profile<'_>) {
        self.click("Add a profile");
        self.fill("Name", profile.name);
        self.fill("Region", FakeKms::REGION);
        self.fill("Access key ID", profile.access_key_id);
        self.fill("Secret access key", profile.secret);
        match profile.passphrase {
            Some(passphrase) => {
                self.fill("Profile passphrase", passphrase);
                self.fill("Profile passphrase again", passphrase);
            }
            None => self.click("Protection: None"),
        }
        self.click("Network");
        self.fill("Endpoint address", profile.endpoint);
        self.click("Store profile");
    }

    pub fn sees_empty_vault(&self) {
        self.sees_control("New");
        self.sees("0 items");
    }

    pub fn add_login(&self, login: &Login<'_>) {
        self.click("New");
        self.fill("Title", login.title);
        self.fill("User name", login.username);
        self.fill("Password", login.password);
        self.click("Save");
        self.sees_control("Edit");
    }

    pub fn add_note(&self, title: &str, text: &str) {
        self.click("New");
        self.click("Kind: Note");
        self.fill("Title", title);
        self.fill("Text", text);
        self.click("Save");
        self.sees_control("Edit");
    }

    /// Locks with the keyboard, and sees that it has.
    pub fn lock(&self) {
        self.press("ctrl+l");
        self.sees_control("Unlock");
    }

    pub fn unlock_with_passphrase(&self, passphrase: &str) {
        self.fill("Passphrase", passphrase);
        self.press("Return");
        self.sees_control("New");
    }

    /// Opens a note and copies its text.
    pub fn copy_note(&self, title: &str) -> String {
        self.click(title);
        self.click("Copy text");
        self.sees("Text copied");
        self.paste()
    }

    /// To the page of ways in.
    pub fn go_to_ways_in(&self) {
        self.press("ctrl+k");
        self.sees_control("Ways in: keys, recovery, emergency sheet");
        self.type_text("ways in");
        self.press("Return");
        self.sees_control("Add a way in…");
    }

    /// From the page of ways in: a recovery passphrase, which is there when this returns.
    pub fn add_recovery_passphrase(&self, passphrase: &str) {
        self.click("Add a way in…");
        self.click("Recovery passphrase");
        self.fill("Recovery passphrase", passphrase);
        self.fill("Recovery passphrase again", passphrase);
        self.click("Add this passphrase");
        self.sees("Recovery passphrase added");
    }

    /// From the page of ways in to a fresh sheet on the screen; its code.
    pub fn make_sheet(&self) -> String {
        self.click("Add a way in…");
        self.click("Emergency sheet");
        let is_code = |name: &str| {
            let groups: Vec<_> = name.split('-').collect();
            groups.len() == 9 && groups.iter().all(|group| group.len() == 4)
        };
        self.await_node("the code", |node| is_code(&node.name)).name
    }

    /// Types the groups of `code` that are asked for, as from paper.
    pub fn type_groups(&self, code: &str) {
        self.click("I have it on paper");
        self.sees_control("Add this sheet");
        let ordinals = ["First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth"];
        for (ordinal, group) in ordinals.iter().zip(code.split('-')) {
            let label = format!("{ordinal} group");
            if self.shows(&label) {
                self.fill(&label, group);
            }
        }
    }

    /// What another program pastes.
    pub fn paste(&self) -> String {
        let mut paste = Command::new("xclip");
        let output = self.enter(paste.args(["-selection", "clipboard", "-o"])).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Drops a file to an encrypted copy beside it, for a passphrase or for the vault's KMS key, and waits for the copy.
    pub fn seal_beside(&self, file: &Path, passphrase: Option<&str>) -> PathBuf {
        self.drop_files(&[file], "Encrypted copy beside the file");
        if let Some(passphrase) = passphrase {
            self.fill("Passphrase for the copy", passphrase);
            self.fill("Passphrase for the copy again", passphrase);
        }
        // On a busy machine what was typed is still being drawn, and the question grows and shrinks with it.
        self.comes_to_rest();
        self.click("Make the copy");
        let mut sealed = file.as_os_str().to_owned();
        sealed.push(".sealed");
        let sealed = PathBuf::from(sealed);
        self.await_file(&sealed);
        sealed
    }
}

/// An AWS profile to type in.
pub struct Profile<'a> {
    pub name: &'a str,
    pub access_key_id: &'a str,
    pub secret: &'a str,
    pub endpoint: &'a str,
    /// What it is sealed under in the keyring, if it is.
    pub passphrase: Option<&'a str>,
}

impl<'a> Profile<'a> {
    /// Of the one who may do everything on the tests' own KMS.
    pub fn owner(endpoint: &'a str) -> Self {
        let (access_key_id, secret) = (FakeKms::ACCESS_KEY_ID, FakeKms::SECRET_ACCESS_KEY);
        Self { name: "owner", access_key_id, secret, endpoint, passphrase: None }
    }
}
