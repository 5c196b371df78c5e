//! The same on AWS KMS: a profile from the keyring, and a second person with a profile of their own.

use crate::support::desktop::{Desktop, Window};
use crate::support::fake_kms::FakeKms;
use crate::support::moto::Moto;
use crate::support::steps::{Login, Profile};

use super::{cli, run_cli, write_picture};

#[test]
fn a_person_makes_a_vault_on_a_kms_key_and_opens_it_again() {
    let moto = Moto::shared();
    let key = moto.make_key();
    let window = Window::first_run();
    let profile = Profile {
        name: "work",
        access_key_id: "AKIATESTING",
        secret: "testing",
        endpoint: moto.endpoint(),
        passphrase: None,
    };
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

#[test]
fn a_second_person_with_another_profile_opens_a_copy() {
    let (kms, key) = FakeKms::with_key();
    let window = Window::first_run();
    window.make_vault_on_kms(&Profile::owner(&kms.endpoint()), key.as_str());
    window.add_note("Door codes", "Front 1234, back 5678");
    let vault = window.vault();
    let (desktop, _) = window.close();

    kms.add_principal("AKIABERTSOWN00000002", "berts/own/secret", None);
    let berts = Desktop::start();
    let copy = berts.folder().join("Copy.sealkeep");
    let status = std::process::Command::new("cp").arg("-r").arg(&vault).arg(&copy).status().unwrap();
    assert!(status.success());
    let calls = kms.calls().len();

    let window = berts.open(&[]);
    window.will_pick(&copy);
    window.click("Open it…");
    window.sees("Is this the key that you expect?");
    window.sees(key.as_str());
    window.click("Yes, go on");
    assert_eq!(kms.calls().len(), calls, "nobody is asked before the key is confirmed");
    let bert = Profile {
        name: "bert",
        access_key_id: "AKIABERTSOWN00000002",
        secret: "berts/own/secret",
        endpoint: &kms.endpoint(),
        passphrase: None,
    };
    // The button leads to the page of profiles, which has one of its own.
    window.click("Add a profile");
    window.add_profile(&bert);
    window.sees_control("Test bert");
    window.click("Back");
    window.click("bert");
    window.click("Unlock");
    assert_eq!(window.copy_note("Door codes"), "Front 1234, back 5678");
    assert_eq!(kms.calls().last().unwrap().caller, "AKIABERTSOWN00000002");
    drop(desktop);
}
