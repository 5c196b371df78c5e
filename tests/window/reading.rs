//! What a screen reader can read in the window, and what not.

use crate::support::accessibility::Role;
use crate::support::desktop::Window;
use crate::support::steps::Login;

const PASSPHRASE: &str = "seven green boats in 1 harbour";
const NOTE: &str = "Front 1234, back 5678";
const PASSWORD: &str = "hunter2-hunter2";

#[test]
fn a_screen_reader_reads_what_is_on_the_screen_and_nothing_that_is_masked() {
    let window = Window::first_run();
    window.await_node("the window's name", |node| node.role == Role::Frame && node.name == "Sealkeep");
    window.click("On this computer");
    window.fill("Passphrase", PASSPHRASE);
    assert!(!window.shows(PASSPHRASE), "a passphrase that is typed");
    window.click("Show passphrase");
    window.sees(PASSPHRASE);
    window.click("Hide passphrase");
    window.sees_control("Show passphrase");
    assert!(!window.shows(PASSPHRASE), "a passphrase that is hidden again");
    window.fill("Passphrase again", PASSPHRASE);
    window.click("Create vault");
    window.sees_empty_vault();
    window.await_node("the window's name", |node| node.role == Role::Frame && node.name.starts_with("Sealkeep – "));

    window.add_note("Door codes", NOTE);
    let note = window.await_node("the note", |node| node.role == Role::Document && node.name == "Text");
    assert!(note.enabled && !note.editable, "{note:?}");
    assert_eq!(window.text(&note).as_deref(), Some(NOTE));

    window.add_login(&Login { title: "GitHub", username: "anna@example.org", password: PASSWORD });
    window.sees("anna@example.org");
    assert!(!window.shows(NOTE) && !window.shows(PASSWORD));
    window.click("Show password");
    window.sees(PASSWORD);
    window.click("Hide password");
    window.sees_control("Show password");
    assert!(!window.shows(PASSWORD));

    window.fill("Search", "door");
    window.sees("door");
    let search = window.await_node("the search", |node| node.role == Role::Field && node.name == "Search");
    assert_eq!(window.text(&search).as_deref(), Some("door"));
    assert!(search.enabled && search.editable, "{search:?}");
}
