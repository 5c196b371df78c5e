//! The ways in, a check, new keys, and another KMS key.

use super::{PASSPHRASE, damage, path_of, shoot};
use crate::support::desktop::Window;
use crate::support::fake_kms::{FakeKms, Fault};
use crate::support::steps::{Login, Profile};

/// What opens a vault, and what looks after it.
pub(super) fn ways_in(colours: &str) {
    let ((first, key), (second, other)) = (FakeKms::with_key(), FakeKms::with_key());
    let window = Window::first_run();
    let shot = |name: &str| shoot(&window, colours, name);
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    window.click("Back");
    window.make_vault_on_kms(&Profile::owner(&first.endpoint()), key.as_str());
    for title in ["Staging database", "Production database", "Deploy key"] {
        window.add_login(&Login { title, username: "deploy", password: "tulip-harbour-2961" });
    }
    shot("hint-of-recovery");
    window.go_to_ways_in();
    shot("ways-in-one");
    window.click("Add a way in…");
    window.sees("Recovery passphrase");
    shot("ways-in-choose");
    window.click("Recovery passphrase");
    window.fill("Recovery passphrase", PASSPHRASE);
    shot("ways-in-passphrase");
    window.click("Back");
    window.click("AWS KMS key");
    let endpoint = second.endpoint();
    // The whole form is in sight, above the status bar.
    window.resize(1180, 860);
    window.add_profile(&Profile { name: "spare", ..Profile::owner(&endpoint) });
    window.resize(1180, 760);
    window.click(&format!("key …{}", &other.as_str()[other.as_str().len() - 12..]));
    window.sees("Round trip");
    shot("ways-in-kms");
    window.click("Add this key");
    window.sees("AWS KMS key added");
    let code = window.make_sheet();
    shot("emergency-sheet");
    window.resize(860, 560);
    shot("emergency-sheet-narrow");
    window.resize(1180, 760);
    window.click("Save a printable sheet…");
    window.sees("Choose where…");
    shot("emergency-sheet-save");
    window.press("Escape");
    window.type_groups(&code);
    shot("emergency-sheet-confirm");
    window.click("Add this sheet");
    window.sees("Emergency sheet added");
    shot("emergency-sheet-added");
    second.go_away();
    window.click("Back");
    window.add_login(&Login { title: "Backup", username: "deploy", password: "tulip-harbour-2961" });
    window.sees("1 key owed");
    window.click("Repair");
    window.sees("Repair: AWS KMS key");
    shot("ways-in-owed");
    window.resize(860, 560);
    shot("ways-in-owed-narrow");
    window.resize(1180, 760);
    second.heal();
    window.click("Repair: AWS KMS key");
    window.sees("1 key wrapped");
    window.click("Remove: Emergency sheet");
    window.sees("Keep it");
    shot("ways-in-remove");
    window.press("Escape");
    window.click("Try it: Emergency sheet");
    window.fill("Recovery passphrase or code", "0000-0000");
    window.press("Return");
    window.sees("That opens nothing here.");
    shot("drill-wrong");
    window.press("ctrl+a");
    window.type_text(&code);
    window.press("Return");
    window.sees("it opens everything");
    shot("drill-done");
    window.click("Done");
    window.click("Check this vault…");
    window.sees_control("Check everything");
    shot("check");
    window.click("Check everything");
    window.sees("Everything is as it was written");
    shot("check-done");
    damage::check_of_damage(&window, &shot);
}

/// New keys, on a KMS key beside a recovery passphrase.
pub(super) fn new_keys(colours: &str) {
    let (kms, key) = FakeKms::with_key();
    let window = Window::first_run();
    let shot = |name: &str| shoot(&window, colours, name);
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    window.click("Back");
    window.make_vault_on_kms(&Profile::owner(&kms.endpoint()), key.as_str());
    for title in ["Staging database", "Production database", "Deploy key"] {
        window.add_login(&Login { title, username: "deploy", password: "tulip-harbour-2961" });
    }
    window.click("Production database");
    window.sees_control("Copy password");
    window.click_all("Dismiss");
    window.comes_to_rest();
    window.click("More");
    window.sees("New keys for this item…");
    // What is said in passing would close the menu when it is dismissed.
    window.picture(&path_of(colours, "item-menu"));
    window.click("New keys for this item…");
    window.sees("1 version with");
    shot("new-keys-item");
    window.click("Back");
    window.go_to_ways_in();
    window.add_recovery_passphrase(PASSPHRASE);
    window.click("New keys…");
    window.sees("3 versions with");
    window.fill("Recovery passphrase", "not this one");
    shot("new-keys");
    window.resize(860, 560);
    shot("new-keys-narrow");
    window.resize(1180, 760);
    window.press("Return");
    window.sees("That opens nothing here.");
    shot("new-keys-wrong");
    window.click("For: Only what is older than…");
    window.sees("No key is older than");
    shot("new-keys-old");
    window.click("For: Everything");
    window.fill("Recovery passphrase", PASSPHRASE);
    kms.fail_always("GenerateDataKey", Fault::Hang);
    window.press("Return");
    window.sees("Opening and sealing again…");
    // It does not come to rest, and AWS KMS is not waited for for ever.
    window.picture(&path_of(colours, "new-keys-running"));
    window.click("Stop");
    window.sees("With what was begun on");
    shot("new-keys-begun");
    kms.heal();
    kms.release();
    window.click("Back");
    window.sees("New keys were begun on");
    shot("ways-in-begun");
    window.resize(860, 560);
    shot("ways-in-begun-narrow");
    window.resize(1180, 760);
    window.click("Go on with the new keys");
    // What was typed before went when it was stopped.
    window.fill("Recovery passphrase", PASSPHRASE);
    window.press("Return");
    window.sees("New keys for 3 versions, and for the list");
    shot("new-keys-done");
}

/// A KMS key that will be gone, another one that is made, and the vault on its way there.
pub(super) fn moving(colours: &str) {
    let (kms, key) = FakeKms::with_key();
    let window = Window::first_run();
    let shot = |name: &str| shoot(&window, colours, name);
    let shot_narrow = |name: &str| {
        window.resize(860, 560);
        shot(&format!("{name}-narrow"));
        window.resize(1180, 760);
    };
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    window.click("Back");
    window.make_vault_on_kms(&Profile::owner(&kms.endpoint()), key.as_str());
    kms.point_alias("alias/team", &key);
    for title in ["Staging database", "Production database", "Deploy key"] {
        window.add_login(&Login { title, username: "deploy", password: "tulip-harbour-2961" });
    }
    kms.schedule_deletion(&key, 6);
    window.go_to_ways_in();
    window.sees("This key will be deleted in");
    shot("kms-doomed");
    shot_narrow("kms-doomed");
    window.click("Back");
    window.sees("is the only way in that is complete");
    shot("kms-alarm");
    shot_narrow("kms-alarm");
    window.click("Move to another key…");
    window.click("owner");
    window.sees("in use now");
    shot("move-choose");
    kms.set_key_state(&key, "Disabled");
    window.click("Look again");
    window.sees("This key is disabled");
    shot("move-disabled");
    kms.set_key_state(&key, "Enabled");
    window.click("Look again");
    window.click("New key…");
    window.click("Show what will be made");
    window.sees_control("Make this key");
    shot("kms-new-key");
    shot_narrow("kms-new-key");
    window.click("Make this key");
    window.sees("alias/sealkeep was made");
    window.sees("Round trip");
    shot("kms-made");
    window.click("See what it takes");
    window.sees_control("Move everything");
    shot("move");
    shot_narrow("move");
    kms.fail_always("ReEncrypt", Fault::Hang);
    window.click("Move everything");
    window.sees("Moving everything…");
    // It does not come to rest, and AWS KMS is not waited for for ever.
    window.picture(&path_of(colours, "move-running"));
    kms.heal();
    kms.release();
    window.sees("Everything is under the new key");
    shot("move-done");
}
