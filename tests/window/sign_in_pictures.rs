//! Pictures for `docs/screenshots/` of profiles that are tried and replaced, and of a role. Nothing is held here but what a
//! picture needs: a person looks at them.

use std::path::Path;

use crate::support::desktop::Window;
use crate::support::fake_kms::FakeKms;
use crate::support::steps::Profile;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screenshots");

#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_sign_ins() {
    ["Light", "Dark"].into_iter().for_each(sign_ins);
}

fn sign_ins(colours: &str) {
    let (kms, key) = FakeKms::with_key();
    let endpoint = kms.endpoint();
    let window = Window::first_run();
    let shot = |name: &str| {
        window.click_all("Dismiss");
        window.comes_to_rest();
        window.picture(&Path::new(FOLDER).join(format!("{name}-{}.png", colours.to_lowercase())));
    };
    let narrow = |name: &str| {
        window.resize(860, 560);
        shot(name);
        window.resize(1180, 760);
    };
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    window.click("Back");

    // Keys that can be used and keys that can't.
    let (off, gone) = (kms.make_key(), kms.make_key());
    for (alias, key) in [("alias/team", &key), ("alias/team-2025", &key), ("alias/archive", &off), ("alias/old", &gone)]
    {
        kms.point_alias(alias, key);
    }
    kms.set_key_state(&off, "Disabled");
    kms.schedule_deletion(&gone, 6);
    // The same name once more, and not protected.
    window.click("AWS profiles");
    let deploy = |passphrase| Profile { name: "deploy", passphrase, ..Profile::owner(&endpoint) };
    window.add_profile(&deploy(Some("seven green boats in 1 harbour")));
    window.sees_control("Test deploy");
    window.add_profile(&deploy(None));
    window.sees_control("Keep the old one");
    shot("profile-replace");
    window.click("Keep the old one");
    window.click("Credentials: Role");
    window.click("External ID, session length");
    window.fill("Session length", "30");
    window.sees("from 15 min to 12 h");
    shot("profile-role");
    window.click("Cancel");
    window.add_profile(&Profile::owner(&endpoint));
    window.click("Test owner");
    window.sees("3 KMS keys");
    shot("profile-keys");
    narrow("profile-keys-narrow");
    window.click("Back");

    // A key that may not be used, and who says so.
    kms.deny(FakeKms::ACCESS_KEY_ID, "GenerateDataKey");
    window.click("With AWS KMS");
    window.click("owner");
    window.click("alias/team");
    window.sees("kms:GenerateDataKey");
    shot("new-kms-denied");
}
