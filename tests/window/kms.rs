//! The same on AWS KMS: a profile from the keyring.

use crate::support::desktop::Window;
use crate::support::moto::Moto;
use crate::support::steps::{Login, Profile};

use super::{cli, run_cli, write_picture};

#[test]
fn a_person_makes_a_vault_on_a_kms_key_and_opens_it_again() {
    let moto = Moto::shared();
    let key = moto.make_key();
    let window = Window::first_run();
    let profile = Profile { name: "work", access_key_id: "AKIATESTING", secret: "testing", endpoint: moto.endpoint() };
    window.make_vault_on_kms(&profile, &key);
    window.add_login(&Login { title: "GitHub", username: "anna@example.org", password: "hunter2-hunter2" });
    window.add_note("Door codes", "Front 1234, back 5678");
    let picture = write_picture(window.folder(), "Passport.png");
    window.drop_files(&[&picture], "Add to the vault");
    window.sees_control("Passport.png");

    window.lock();
    assert!(!window.shows("GitHub") && !window.shows("Passport"));
    window.click("Unlock");
    assert_eq!(window.copy_note("Door codes"), "Front 1234, back 5678");
    window.click("GitHub");
    window.sees("anna@example.org");
    window.click("Passport.png");
    window.sees("240 × 160");

    let report = window.folder().join("Report.txt");
    std::fs::write(&report, "what the report says").unwrap();
    let sealed = window.seal_beside(&report, None);
    std::fs::remove_file(&report).unwrap();
    let mut decrypt = cli();
    decrypt.args(["decrypt", "--profile", "work", "--key", &key]).arg(&sealed);
    run_cli(window.enter(&mut decrypt), "");
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "what the report says");
}
