//! The first run: two choices, and a vault on each.

use std::path::PathBuf;
use std::time::Duration;

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use sealkeep::worker::{
    Command, KeyChoice, KeyReport, NewVault, Problem, ProfileKind, ProfileReport, Settings, UnlockStep, What,
};

use crate::support::screen::{KEY, Screen, opened, profile, settings_with};

#[test]
fn begins_with_two_choices_and_nothing_typed() {
    let screen = Screen::with(Settings::default());
    assert!(screen.shows("On this computer") && screen.shows("With AWS KMS"));
}

#[test]
fn a_passphrase_vault_is_made_where_it_says_and_the_passphrase_is_nowhere_to_be_read() {
    let mut screen = Screen::with(Settings::default());
    screen.press("On this computer");
    screen.write("Name", "Family");
    screen.write("Passphrase", "anchor velvet mosaic plum");
    assert!(screen.shows("Strong"));
    screen.write("Passphrase again", "anchor velvet mosaic");
    assert!(screen.shows("The two are different."));
    screen.key(Key::Enter);
    assert!(screen.try_command().is_none(), "two different passphrases make no vault");
    screen.write("Passphrase again", " plum");
    assert!(!screen.tree().contains("velvet"));
    screen.press("Create vault");
    let (request, command) = screen.command();
    let Command::CreateVault { folder, key: NewVault::Passphrase(passphrase) } = command else { panic!("{command:?}") };
    assert_eq!(folder, PathBuf::from("/home/anna/Documents/Family.sealkeep"));
    assert_eq!(passphrase.expose(), "anchor velvet mosaic plum");
    screen.answer(request, What::Unlocking(UnlockStep::DerivingKey));
    assert!(screen.mentions("Making the key"));
    screen.answer(request, What::Unlocked(opened(Vec::new())));
    assert!(screen.shows("Your vault is open, and empty"));
}

#[test]
fn a_failure_is_said_and_what_was_typed_stays() {
    let mut screen = Screen::with(Settings::default());
    screen.press("On this computer");
    screen.write("Passphrase", "anchor velvet mosaic plum");
    screen.write("Passphrase again", "anchor velvet mosaic plum");
    screen.press("Create vault");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::Exists { path: "/home/anna/Documents/My vault.sealkeep".into() }));
    assert!(screen.shows("“My vault.sealkeep” exists already."));
    screen.write("Name", "Other");
    screen.press("Create vault");
    let (_, command) = screen.command();
    let Command::CreateVault { folder, .. } = command else { panic!("{command:?}") };
    assert!(folder.ends_with("Other.sealkeep"), "{}", folder.display());
}

#[test]
fn a_kms_vault_is_made_only_after_a_round_trip_that_shows_who_and_what() {
    let mut screen = Screen::with(settings_with(&[]));
    screen.press("With AWS KMS");
    assert!(matches!(screen.command().1, Command::ListProfiles));
    screen.press("work");
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::ListKeys { profile } if profile == "work"), "{command:?}");
    let keys =
        vec![KeyChoice { arn: KEY.to_owned(), alias: Some("alias/team".to_owned()), state: None, rotates: None }];
    screen.answer(request, What::Keys { profile: "work".to_owned(), keys });
    screen.press("Create vault");
    assert!(screen.try_command().is_none(), "nothing is made with a key that was not tried");
    screen.press("alias/team");
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::TestProfile { key: Some(key), .. } if key == KEY), "{command:?}");
    let key =
        KeyReport { arn: KEY.to_owned(), alias: Some("alias/team".to_owned()), latency: Duration::from_millis(38) };
    let report = ProfileReport {
        profile: "work".to_owned(),
        region: "eu-west-1".to_owned(),
        account: Some("111122223333".to_owned()),
        principal: Some("arn:aws:iam::111122223333:user/anna".to_owned()),
        key: Some(key),
        seen: Ok(Vec::new()),
    };
    screen.answer(request, What::ProfileTested(report));
    for shown in ["111122223333", "arn:aws:iam::111122223333:user/anna", "eu-west-1", "alias/team"] {
        assert!(screen.shows(shown), "{shown}");
    }
    screen.press("Create vault");
    let (_, command) = screen.command();
    let Command::CreateVault { key: NewVault::Kms { profile, key }, .. } = command else { panic!("{command:?}") };
    assert_eq!((profile.as_str(), key.as_str()), ("work", KEY));
}

#[test]
fn a_profile_can_be_added_on_the_way_and_its_secret_is_nowhere_to_be_read() {
    let mut screen = Screen::with(Settings::default());
    screen.press("With AWS KMS");
    assert!(matches!(screen.command().1, Command::ListProfiles));
    screen.press("Add a profile");
    screen.write("Region", "eu-west-1");
    screen.write("Name", "work");
    screen.write("Access key ID", "AKIAEXAMPLE");
    screen.write("Secret access key", "wJalrXUtnFEMI");
    assert!(!screen.tree().contains("wJalrXUtnFEMI"));
    screen.press("Protection: None");
    screen.press("Store profile");
    let (request, command) = screen.command();
    let Command::AddProfile(new) = command else { panic!("{command:?}") };
    assert_eq!((new.name.as_str(), new.region.as_str()), ("work", "eu-west-1"));
    let ProfileKind::Static { secret_access_key, .. } = &new.kind else { panic!("another kind: {new:?}") };
    // EXPOSE: compared in a test.
    assert_eq!(secret_access_key.expose(), "wJalrXUtnFEMI");
    screen.answer(request, What::Profiles(vec![profile("work")]));
    let (_, command) = screen.command();
    assert!(matches!(command, Command::ListKeys { .. }), "the new profile is chosen: {command:?}");
}

#[test]
fn the_name_is_free_and_a_name_that_is_none_says_why() {
    let mut screen = Screen::with(settings_with(&["/v/My vault.sealkeep", "/v/My vault 2.sealkeep"]));
    screen.press("New vault");
    screen.press("On this computer");
    assert!(screen.shows("My vault 3"));
    assert!(!screen.mentions("easy to guess"), "nothing was typed yet");
    screen.write("Name", "a/b");
    assert!(screen.mentions("can't have “/” in it"));
}

#[test]
fn a_failure_is_brought_into_view() {
    let mut screen = Screen::with(Settings::default());
    screen.window.set_size(egui::vec2(860.0, 560.0));
    screen.press("On this computer");
    screen.write("Passphrase", "anchor velvet mosaic plum");
    screen.write("Passphrase again", "anchor velvet mosaic plum");
    screen.key(Key::Enter);
    let (request, _) = screen.command();
    assert!(screen.field("Name").accesskit_node().is_disabled());
    screen.answer(request, What::Failed(Problem::Exists { path: "/home/anna/Documents/My vault.sealkeep".into() }));
    screen.window.run_steps(60);
    let rect = screen.window.get_by_label("“My vault.sealkeep” exists already.").rect();
    assert!(rect.max.y <= 560.0, "{rect:?}");
}

#[test]
fn escape_on_the_first_page_of_all_leads_nowhere() {
    let mut screen = Screen::with(Settings::default());
    screen.key(Key::Escape);
    assert!(screen.shows("Where should the key live?"), "there is no list to go back to");
    screen.press("On this computer");
    screen.key(Key::Escape);
    assert!(screen.shows("Where should the key live?"));
}

#[test]
fn a_window_that_cannot_begin_says_why_until_it_can() {
    let mut screen = Screen::open();
    let (request, _) = screen.command();
    let text = "the folder /home/anna/.config/sealkeep can't be prepared: Read-only file system".to_owned();
    screen.answer(request, What::Failed(Problem::NoSettings { text: text.clone() }));
    let why = "The folder /home/anna/.config/sealkeep can't be prepared: Read-only file system.";
    assert!(screen.shows(why) && screen.mentions("$SEALKEEP_HOME"));
    screen.key(Key::Escape);
    screen.ctrl(Key::L);
    screen.ctrl(Key::N);
    screen.window.run_steps(8);
    assert!(screen.shows(why) && screen.try_command().is_none(), "it stays");
    screen.press("Try again");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::Start), "{command:?}");
    screen.answer(request, What::Failed(Problem::NoSettings { text }));
    assert!(screen.shows(why));
    screen.press("Try again");
    let (request, _) = screen.command();
    let vaults_folder = Some(PathBuf::from("/home/anna/Documents"));
    screen.answer(request, What::Started { settings: Settings::default(), set_aside: None, vaults_folder });
    assert!(screen.shows("On this computer") && !screen.shows(why));
}
