//! AWS profiles: many of them, what they ask, and what copying leaves in the status bar.

use super::{PASSPHRASE, path_of};
use crate::support::desktop::Window;
use crate::support::fake_kms::{FakeKms, Role};
use crate::support::steps::{Login, Profile};
use crate::window::{cli, run_cli};

const MFA: &str = "arn:aws:iam::111122223333:mfa/annas-phone";

pub(super) fn profiles(colours: &str) {
    let (kms, key) = FakeKms::with_key();
    let window = Window::first_run();
    let picture = |name: &str| window.picture(&path_of(colours, name));
    let shot = |name: &str| {
        window.click_all("Dismiss");
        window.comes_to_rest();
        picture(name);
    };
    let narrow = |name: &str| {
        window.resize(860, 560);
        shot(name);
        window.resize(1180, 760);
    };
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    window.click("Back");
    window.make_vault_on_kms(&Profile::owner(&kms.endpoint()), key.as_str());
    window.add_login(&Login { title: "Staging database", username: "deploy", password: "tulip-harbour-2961" });
    window.click_all("Dismiss");
    window.resize(860, 560);
    window.click("Copy password");
    window.sees("Password copied");
    // It counts down, and so does not come to rest.
    window.click_all("Dismiss");
    picture("copied-narrow");
    window.press("ctrl+l");
    window.sees_control("Unlock");
    window.resize(1180, 760);

    // Added elsewhere, while the window is open.
    for name in ["audit", "billing", "deploy", "reader", "support"] {
        let arn = format!("arn:aws:iam::111122223333:role/vault-{name}");
        let mfa = (name == "support").then(|| MFA.to_owned());
        kms.add_role(Role {
            arn: arn.clone(),
            trusts: vec![FakeKms::ACCESS_KEY_ID.to_owned()],
            mfa_serial: mfa.clone(),
            ..Role::default()
        });
        let mut add = cli();
        add.args(["profile", "add", name, "--region", FakeKms::REGION, "--role-arn", &arn, "--source", "owner"]);
        add.args(["--endpoint-url", &kms.endpoint()]);
        if let Some(mfa) = &mfa {
            add.args(["--mfa-serial", mfa]);
        }
        run_cli(window.enter(&mut add), "");
    }
    window.click("AWS profiles");
    window.sees_control("Test support");
    window.click("Protect owner");
    window.fill("New passphrase", PASSPHRASE);
    window.fill("New passphrase again", PASSPHRASE);
    shot("profile-protect");
    window.click("Protect");
    window.sees("· protected");
    window.sees("access key of");
    shot("profiles-several");
    narrow("profiles-several-narrow");
    window.click("More about reader");
    window.sees("Remove reader…");
    picture("profiles-menu");
    window.press("Escape");
    window.click("Add a profile");
    shot("profile-form");
    narrow("profile-form-narrow");
    window.click("Cancel");
    window.click("Back");
    window.sees_control("Unlock");
    shot("unlock-profiles");
    narrow("unlock-profiles-narrow");

    // A lock ends every session of AWS.
    window.press("ctrl+l");
    window.sees_control("Unlock");
    window.click("support");
    window.click("Unlock");
    window.sees("Passphrase of “owner”");
    // Behind it an arc turns, so that the window does not come to rest.
    let asked = |name: &str| {
        picture(name);
        window.resize(860, 560);
        window.sees_control("Continue");
        picture(&format!("{name}-narrow"));
        window.resize(1180, 760);
        window.sees_control("Continue");
    };
    asked("asked-passphrase");
    window.fill("Passphrase", PASSPHRASE);
    window.press("Return");
    window.sees("MFA code for “support”");
    asked("asked-mfa");
    window.press("Escape");
    window.sees_control("Unlock");
    // The page grows less high when nobody is waited for any more.
    window.comes_to_rest();
    window.click("Another vault…");
    window.click("New vault");
    window.click("With AWS KMS");
    window.sees_control("audit");
    shot("new-kms-profiles");
    narrow("new-kms-profiles-narrow");
}
