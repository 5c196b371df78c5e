//! Items, documents and their versions, on a passphrase.

use sealkeep::vault::{Change, SummaryEdit};

use super::{PASSPHRASE, path_of, shoot};
use crate::support::desktop::Window;
use crate::support::steps::Login;
use crate::support::vaults;
use crate::window::write_picture;

/// Longer than any column.
const LONG_TITLE: &str =
    "Contract with the old provider, cancelled in writing on 3 March, kept until the deposit has come back";

/// Versions, and what is past its time in the trash.
pub(super) fn keeping(colours: &str) {
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

pub(super) fn passphrase(colours: &str) {
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
