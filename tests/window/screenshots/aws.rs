//! A vault on a KMS key, AWS profiles, and those of the AWS command line.

use sealkeep::ui::wording::import::IMPORT;

use super::{PASSPHRASE, shoot};
use crate::support::aws_files::{AwsFiles, ROLE};
use crate::support::desktop::{Desktop, Window};
use crate::support::fake_kms::FakeKms;
use crate::support::steps::{Login, Profile};

pub(super) fn kms(colours: &str) {
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
pub(super) fn import(colours: &str) {
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
