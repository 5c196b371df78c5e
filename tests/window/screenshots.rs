//! `make screenshots`: the pictures in `docs/screenshots/`, of every screen, in light and dark. Nothing is held here: a person
//! looks at them.

use std::path::{Path, PathBuf};

use sealkeep::ui::wording::import::IMPORT;
use sealkeep::ui::wording::salvage::SALVAGE;
use sealkeep::vault::{Change, SummaryEdit};

use crate::support::aws_files::{AwsFiles, ROLE};
use crate::support::desktop::{Desktop, Window};
use crate::support::fake_kms::{FakeKms, Fault};
use crate::support::steps::{Login, Profile};
use crate::support::vaults;

use super::write_picture;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screenshots");
const PASSPHRASE: &str = "seven green boats in 1 harbour";

#[test]
#[ignore = "run by `make screenshots`; writes into docs/"]
fn take() {
    for colours in ["Light", "Dark"] {
        passphrase(colours);
        doubts(colours);
        keeping(colours);
        kms(colours);
        import(colours);
        ways_in(colours);
        new_keys(colours);
    }
}

/// Longer than any column.
const LONG_TITLE: &str =
    "Contract with the old provider, cancelled in writing on 3 March, kept until the deposit has come back";

/// Those of versions and the trash alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_keeping() {
    ["Light", "Dark"].into_iter().for_each(keeping);
}

/// Those of ways in, of a check and of a salvage alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_ways_in() {
    ["Light", "Dark"].into_iter().for_each(ways_in);
}

/// Those of an import, and of a profile that is tried, alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_import() {
    ["Light", "Dark"].into_iter().for_each(import);
}

/// Those of new keys alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_new_keys() {
    ["Light", "Dark"].into_iter().for_each(new_keys);
}

/// Those of a vault that was changed from outside alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_doubts() {
    ["Light", "Dark"].into_iter().for_each(doubts);
}

/// Versions, and what is past its time in the trash.
fn keeping(colours: &str) {
    let window = Window::first_run();
    let shot = |name: &str| shoot(&window, colours, name);
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    window.click("Back");
    window.make_vault_on_passphrase(vaults::PASSPHRASE);
    window.add_login(&Login { title: "GitHub", username: "anna@example.org", password: "tulip-harbour-2961" });
    window.click("Vault menu: My vault");
    window.click("Settings");
    window.click("Versions of logins and notes: 5");
    shot("settings-vault");
    window.click("Back");
    window.lock();
    let days_ago = |days: i64| jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    let mut vault = vaults::unlock_on(&window.vault(), days_ago(34));
    let trash = |item| {
        let edit = SummaryEdit { trashed: Some(true), ..SummaryEdit::default() };
        Change::Describe { item, edit }
    };
    let item = vaults::add_login(&mut vault, "Old bank", "tulip-harbour-2961");
    vault.commit(vec![trash(item)]).unwrap();
    drop(vault);
    let mut vault = vaults::unlock_on(&window.vault(), days_ago(7));
    let young = vaults::add_login(&mut vault, LONG_TITLE, "tulip-harbour-2961");
    let github = vault.find("GitHub", None).unwrap();
    vault.commit(vec![trash(young)]).unwrap();
    for password in ["two", "three", "four", "five"] {
        let body = vaults::block_on(vault.new_body(Some(github))).unwrap();
        let body = body.seal_fields(&vaults::login("anna@example.org", password)).unwrap();
        vault.commit(vec![Change::Revise { item: github, body, edit: SummaryEdit::default() }]).unwrap();
    }
    drop(vault);
    window.unlock_with_passphrase(vaults::PASSPHRASE);
    window.sees("1 item has been in the trash for more than 30 days");
    shot("overdue");
    window.click("GitHub");
    window.sees("anna@example.org");
    window.click("More");
    window.click("Versions");
    window.sees("Version 2");
    shot("versions");
    window.click("Show version 2");
    window.sees("This is version 2");
    shot("version-shown");
    window.click("Trash");
    window.click(LONG_TITLE);
    window.sees("anna");
    shot("trash");
}

/// What opens a vault, and what looks after it.
fn ways_in(colours: &str) {
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
    window.add_profile(&Profile { name: "spare", ..Profile::owner(&endpoint) });
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
    check_of_damage(&window, &shot);
}

/// New keys, on a KMS key beside a recovery passphrase.
fn new_keys(colours: &str) {
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
    window.click("For: Only old keys");
    window.sees("No key is older than");
    shot("new-keys-old");
    window.click("For: Everything");
    window.fill("Recovery passphrase", PASSPHRASE);
    kms.fail_always("GenerateDataKey", Fault::Hang);
    window.press("Return");
    window.sees("Opening and sealing again…");
    // It does not come to rest, and AWS KMS is not waited for for ever.
    window.picture(&path_of(colours, "new-keys-running"));
    window.click("Cancel");
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
    // The session has every way in by now.
    window.click("Go on with the new keys");
    window.click("Go on");
    window.sees("New keys for 3 versions, and for the list");
    shot("new-keys-done");
}

/// A check that finds something.
fn check_of_damage(window: &Window, shot: &dyn Fn(&str)) {
    let database = rusqlite::Connection::open(window.vault().join("vault.db")).unwrap();
    let sql = "UPDATE revision SET frames = CAST(substr(frames, 1, 40) || CASE hex(substr(frames, 41, 1)) WHEN '00' THEN x'01' \
               ELSE x'00' END || substr(frames, 42) AS BLOB) WHERE rowid IN (SELECT rowid FROM revision LIMIT 2)";
    assert_eq!(database.execute(sql, ()).unwrap(), 2);
    drop(database);
    window.click("Check again");
    window.sees("2 problems found");
    shot("check-problems");
    window.resize(860, 560);
    shot("check-problems-narrow");
    window.resize(1180, 760);
    window.click(SALVAGE);
    window.sees_control("Save what still opens");
    shot("salvage-kms");
    window.click("Save what still opens");
    window.sees("2 lost");
    shot("salvage-done-kms");
}

/// A vault that somebody changed from outside.
fn doubts(colours: &str) {
    let window = Window::first_run();
    let shot = |name: &str| shoot(&window, colours, name);
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    window.click("Back");
    window.make_vault_on_passphrase(PASSPHRASE);
    for title in ["GitHub", "Bank", "Internet provider"] {
        window.add_login(&Login { title, username: "anna@example.org", password: "tulip-harbour-2961" });
    }
    window.lock();
    let database = rusqlite::Connection::open(window.vault().join("vault.db")).unwrap();
    let sql =
        "DELETE FROM revision_wrap WHERE revision_id IN (SELECT revision_id FROM revision ORDER BY item_id LIMIT 2)";
    assert_eq!(database.execute(sql, ()).unwrap(), 2);
    drop(database);
    window.unlock_with_passphrase(PASSPHRASE);
    window.sees("2 items were changed outside Sealkeep");
    shot("damaged");
    window.click("Show them");
    window.sees("What can't be trusted");
    shot("damaged-items");
    window.click("Close");
    window.click("Save anyway");
    window.sees("Save to this vault as it is?");
    shot("damaged-question");
    window.press("Escape");
    window.resize(860, 560);
    shot("damaged-narrow");
    window.resize(1180, 760);
    window.click(SALVAGE);
    window.sees_control("Save what still opens");
    window.fill("Passphrase", PASSPHRASE);
    shot("salvage");
    window.click("Opened by: Another passphrase");
    window.resize(860, 560);
    shot("salvage-narrow");
    window.click("Opened by: The same passphrase");
    window.click("Save what still opens");
    window.sees("2 lost");
    shot("salvage-done-narrow");
    window.resize(1180, 760);
    shot("salvage-done");
}

fn passphrase(colours: &str) {
    let window = Window::first_run();
    let shot = |name: &str| shoot(&window, colours, name);
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    shot("settings");
    window.click("Back");
    window.sees_control("On this computer");
    shot("first-run");
    window.click("On this computer");
    window.fill("Passphrase", PASSPHRASE);
    window.fill("Passphrase again", PASSPHRASE);
    shot("new-passphrase");
    window.click("Create vault");
    window.sees_empty_vault();
    shot("empty");
    for (title, username) in [
        ("GitHub", "anna@example.org"),
        ("Bank", "anna.example"),
        ("Internet provider", "K-1729304"),
        ("Mail", "anna@example.org"),
    ] {
        window.add_login(&Login { title, username, password: "tulip-harbour-2961" });
    }
    window.add_note("Door codes", "Front door 1234, bicycle shed 5678.");
    let picture = write_picture(window.folder(), "Passport.png");
    let contract = window.folder().join("Rental contract.txt");
    std::fs::write(&contract, "Between the landlord and the tenant.\n").unwrap();
    window.drop_files(&[&picture, &contract], "Add to the vault");
    window.sees_control("Passport.png");
    window.sees_control("Rental contract.txt");
    shot("added");
    window.click("GitHub");
    window.sees("anna@example.org");
    shot("login");
    window.click("Show password");
    window.sees_control("Hide password");
    shot("login-revealed");
    window.click("Edit");
    window.fill("Tags", "work,travel,");
    shot("edit-login");
    window.click("Save");
    window.sees_control("Edit");
    window.click("Bank");
    window.sees("anna.example");
    window.click("Edit");
    window.click_all("Dismiss");
    window.fill("Tags", "w");
    window.sees("Add tag work");
    // A click elsewhere would finish the tag.
    window.picture(&path_of(colours, "edit-tags"));
    window.click("Add tag work");
    window.click("Save");
    window.sees_control("Edit");
    window.click("Passport.png");
    window.sees("240 × 160");
    shot("document");
    window.click("Door codes");
    window.sees_control("Copy text");
    shot("note");
    window.press("ctrl+k");
    window.sees("Lock");
    shot("commands");
    window.press("Escape");
    let hover = window.hover_files(&[&contract]);
    window.sees("Encrypted copy beside the file");
    // What hovers keeps the window busy.
    window.picture(&path_of(colours, "drop"));
    hover.drop_on("Encrypted copy beside the file");
    window.sees("Make the copy");
    shot("encrypted-copy");
    window.press("Escape");
    window.resize(860, 560);
    window.click("GitHub");
    window.sees("anna@example.org");
    shot("narrow");
    window.resize(1180, 760);
    window.lock();
    shot("unlock");
    window.fill("Passphrase", "not this one");
    window.press("Return");
    window.sees("Wrong passphrase");
    shot("wrong-passphrase");
}

fn kms(colours: &str) {
    let (kms, key) = FakeKms::with_key();
    kms.point_alias("alias/team", &key);
    let window = Window::first_run();
    let shot = |name: &str| shoot(&window, colours, name);
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    window.click("Back");
    window.click("With AWS KMS");
    window.add_profile(&Profile::owner(&kms.endpoint()));
    window.click("alias/team");
    window.sees("Round trip");
    shot("new-kms");
    window.click("Create vault");
    window.sees_empty_vault();
    window.add_login(&Login { title: "Staging database", username: "deploy", password: "tulip-harbour-2961" });
    shot("kms");
    window.lock();
    shot("unlock-kms");
    kms.deny(FakeKms::ACCESS_KEY_ID, "Decrypt");
    window.click("Unlock");
    window.sees("kms:Decrypt");
    shot("kms-denied");
    window.click("AWS profiles");
    window.sees("owner");
    shot("profiles");
}

/// Profiles of the AWS command line, and one that is tried.
fn import(colours: &str) {
    let (kms, key) = FakeKms::with_key();
    kms.point_alias("alias/team", &key);
    kms.point_alias("alias/team-2025", &key);
    (0..12).for_each(|_| drop(kms.make_key()));
    let desktop = Desktop::start();
    let home = desktop.home().to_owned();
    let window = desktop.open(&[]);
    let shot = |name: &str| shoot(&window, colours, name);
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    window.click("Back");
    window.click("AWS profiles");
    window.sees("No profile yet");
    shot("profiles-none");
    window.click(IMPORT);
    window.sees("has no profiles on this computer");
    shot("import-none");
    let files = AwsFiles::write(&home, &kms);
    let (config, credentials) = files.contents();
    let roles: String = (1..9)
        .map(|number| format!("[profile team-{number}]\nrole_arn = {ROLE}-{number}\nsource_profile = user\n"))
        .collect();
    std::fs::write(&files.config, format!("{config}{roles}")).unwrap();
    std::fs::write(files.credentials.with_extension("bak"), &credentials).unwrap();
    window.click("Look again");
    window.sees("10 profiles found");
    shot("import");
    window.click("None");
    window.click("reader");
    window.fill("Profile passphrase", PASSPHRASE);
    window.fill("Profile passphrase again", PASSPHRASE);
    shot("import-chosen");
    window.resize(860, 560);
    shot("import-narrow");
    window.click("Import 2 profiles");
    window.sees_control("Remove these keys");
    shot("import-keys-narrow");
    window.resize(1180, 760);
    shot("import-keys");
    window.click("The AWS command line afterwards: Has no credentials");
    window.click("Remove these keys");
    window.sees("2 lines removed from");
    shot("import-removed");
    window.resize(860, 560);
    shot("import-removed-narrow");
    window.resize(1180, 760);
    window.click("Done");
    window.click("Test user");
    window.sees("alias/team");
    shot("profile-tested");
    window.resize(860, 560);
    shot("profile-tested-narrow");
    window.resize(1180, 760);
    ["ListKeys", "ListAliases"].into_iter().for_each(|action| kms.deny(FakeKms::ACCESS_KEY_ID, action));
    window.click("Test user");
    window.sees("kms:ListKeys");
    shot("profile-may-not-list");
}

fn shoot(window: &Window, colours: &str, name: &str) {
    std::fs::create_dir_all(FOLDER).unwrap();
    window.click_all("Dismiss");
    window.comes_to_rest();
    window.picture(&path_of(colours, name));
}

fn path_of(colours: &str, name: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{name}-{}.png", colours.to_lowercase()))
}
