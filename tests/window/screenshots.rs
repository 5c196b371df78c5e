//! `make screenshots`: the pictures in `docs/screenshots/`, of every screen, in light and dark. Nothing is held here: a person
//! looks at them.

use std::path::{Path, PathBuf};

use crate::support::desktop::Window;
use crate::support::fake_kms::FakeKms;
use crate::support::steps::{Login, Profile};

use super::write_picture;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screenshots");
const PASSPHRASE: &str = "seven green boats in 1 harbour";

#[test]
#[ignore = "run by `make screenshots`; writes into docs/"]
fn take() {
    for colours in ["Light", "Dark"] {
        passphrase(colours);
        doubts(colours);
        kms(colours);
    }
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
    window.sees_control("Save");
    shot("edit-login");
    window.click("Cancel");
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

fn shoot(window: &Window, colours: &str, name: &str) {
    std::fs::create_dir_all(FOLDER).unwrap();
    window.click_all("Dismiss");
    window.comes_to_rest();
    window.picture(&path_of(colours, name));
}

fn path_of(colours: &str, name: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{name}-{}.png", colours.to_lowercase()))
}
