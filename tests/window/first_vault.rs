//! The first minutes with a vault on a passphrase.

use crate::support::desktop::Window;
use crate::support::steps::Login;

use super::{cli, run_cli, write_picture};

const PASSPHRASE: &str = "seven green boats in 1 harbour";
const FOR_THE_COPY: &str = "another passphrase for anna";

#[test]
fn a_person_makes_a_vault_and_stores_locks_unlocks_opens_and_seals() {
    let window = Window::first_run();
    window.make_vault_on_passphrase(PASSPHRASE);
    window.add_login(&Login { title: "GitHub", username: "anna@example.org", password: "hunter2-hunter2" });
    window.add_note("Door codes", "Front 1234, back 5678");
    let picture = write_picture(window.folder(), "Passport.png");
    window.drop_files(&[&picture], "Add to the vault");
    window.sees_control("Passport.png");

    window.lock();
    assert!(!window.shows("GitHub") && !window.shows("Passport"));
    window.unlock_with_passphrase(PASSPHRASE);

    assert_eq!(window.copy_note("Door codes"), "Front 1234, back 5678");
    window.click("GitHub");
    window.sees("anna@example.org");
    window.click("Show password");
    window.sees_control("Hide password");
    window.click("Passport.png");
    window.sees("240 × 160");

    let report = window.folder().join("Report.txt");
    std::fs::write(&report, "what the report says").unwrap();
    let sealed = window.seal_beside(&report, Some(FOR_THE_COPY));
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "what the report says", "the file itself stays as it is");
    std::fs::remove_file(&report).unwrap();
    let mut decrypt = cli();
    decrypt.args(["decrypt", "--passphrase-file", "-"]).arg(&sealed);
    run_cli(window.enter(&mut decrypt), &format!("{FOR_THE_COPY}\n"));
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "what the report says");

    let (_, status) = window.close();
    assert!(status.success());
}

#[test]
fn a_wrong_passphrase_is_said_and_the_right_one_still_opens() {
    let window = Window::first_run();
    window.make_vault_on_passphrase(PASSPHRASE);
    window.lock();
    window.fill("Passphrase", "not this one");
    window.press("Return");
    window.sees("Wrong passphrase");
    window.erase("not this one".len());
    window.unlock_with_passphrase(PASSPHRASE);
}

#[test]
fn the_command_line_locks_the_window() {
    let window = Window::first_run();
    window.make_vault_on_passphrase(PASSPHRASE);
    window.add_note("Door codes", "Front 1234");
    run_cli(window.enter(cli().arg("lock")), "");
    window.sees_control("Unlock");
    assert!(!window.shows("Door codes"));
}
