//! Somebody who used the AWS command line: their profiles, taken over in the window, and a vault on them.

use crate::support::aws_files::{AwsFiles, LINE_IN_FULL, without_key};
use crate::support::desktop::Desktop;
use crate::support::fake_kms::FakeKms;

#[test]
fn profiles_are_taken_over_their_keys_leave_the_file_and_a_vault_opens_with_them() {
    let (kms, key) = FakeKms::with_key();
    kms.point_alias("alias/team", &key);
    let desktop = Desktop::start();
    let files = AwsFiles::write(desktop.home(), &kms);
    let (config, before) = files.contents();
    let window = desktop.open(&[]);
    window.click("With AWS KMS");
    window.click("Import from the AWS command line");
    window.sees("elsewhere: its credentials come from another program");
    // They ask the emulator: nobody but a person ticks that.
    window.click("All");
    window.fill("Profile passphrase", "pear tree on the quay");
    window.fill("Profile passphrase again", "pear tree on the quay");
    window.click("Import 2 profiles");
    window.sees("2 profiles are in the keyring");
    window.sees("[user] · 2 lines");
    window.sees(LINE_IN_FULL);
    assert_eq!(files.contents(), (config.clone(), before.clone()));
    window.click("Remove these keys");
    window.sees("2 lines removed from");
    let line = format!("{LINE_IN_FULL}\n");
    assert_eq!(files.contents(), (config, without_key(&before, &line)));
    window.click("Done");

    // Back where it began, with a role whose key only the keyring has.
    window.click("reader");
    window.click("alias/team");
    window.sees("Round trip");
    window.click("Create vault");
    window.sees_empty_vault();
    assert!(kms.count("AssumeRole") > 0);
    window.press("ctrl+k");
    window.sees_control("AWS profiles");
    window.type_text("AWS profiles");
    window.press("Return");
    window.click("Test user");
    window.sees("alias/team");
}
