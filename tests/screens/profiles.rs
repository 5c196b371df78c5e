//! The page of AWS profiles.

use sealkeep::worker::{Command, Problem, ProfileKind, ProfileReport, What};

use crate::support::screen::{Screen, profile, settings_with};

fn page() -> Screen {
    let mut screen = Screen::with(settings_with(&[]));
    screen.press("AWS profiles");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::ListProfiles));
    screen.answer(request, What::Profiles(vec![profile("work")]));
    screen
}

#[test]
fn a_profile_is_tested_and_shows_who_it_is() {
    let mut screen = page();
    screen.press("Test work");
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::TestProfile { name, key: None } if name == "work"), "{command:?}");
    let report = ProfileReport {
        profile: "work".to_owned(),
        region: "eu-west-1".to_owned(),
        account: Some("111122223333".to_owned()),
        principal: Some("arn:aws:iam::111122223333:user/anna".to_owned()),
        key: None,
    };
    screen.answer(request, What::ProfileTested(report));
    assert!(screen.shows("AWS answered") && screen.shows("111122223333"));
}

#[test]
fn removing_asks_first() {
    let mut screen = page();
    screen.press("Remove work");
    screen.press("Keep");
    assert!(screen.try_command().is_none());
    screen.press("Remove work");
    screen.press("Remove");
    assert!(matches!(screen.command().1, Command::RemoveProfile { name } if name == "work"));
}

#[test]
fn no_keyring_says_how_to_get_one_and_keeps_the_form() {
    let mut screen = page();
    screen.press("Add a profile");
    for (field, text) in
        [("Name", "home"), ("Region", "eu-north-1"), ("Access key ID", "AKIA"), ("Secret access key", "s3cr3t-key")]
    {
        screen.write(field, text);
    }
    assert!(!screen.tree().contains("s3cr3t-key"));
    screen.press("Store profile");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::NoKeyring));
    assert!(screen.mentions("No keyring service is running"));
    assert!(screen.mentions("gnome-keyring"));
    screen.press("Try again");
    let (request, command) = screen.command();
    let Command::AddProfile(new) = command else { panic!("{command:?}") };
    let ProfileKind::Static { secret_access_key, .. } = &new.kind else { panic!("another kind: {new:?}") };
    assert_eq!(secret_access_key.expose(), "s3cr3t-key");
    screen.answer(request, What::Profiles(vec![profile("home"), profile("work")]));
    assert!(screen.shows("Test home") && !screen.shows("Store profile"));
}

#[test]
fn the_way_to_aws_is_folded_until_somebody_needs_it() {
    let mut screen = page();
    screen.press("Add a profile");
    for (field, text) in
        [("Name", "home"), ("Region", "eu-north-1"), ("Access key ID", "AKIA"), ("Secret access key", "s3cr3t-key")]
    {
        screen.write(field, text);
    }
    assert!(!screen.shows("Proxy"));
    screen.press("Network");
    screen.press("AWS's own endpoints: FIPS");
    assert!(!screen.shows("Proxy password"));
    screen.write("Proxy", "http://anna@proxy.example.com:3128");
    screen.write("Proxy password", "hunter2 of the proxy");
    assert!(!screen.tree().contains("hunter2"));
    screen.press("Store profile");
    let (request, command) = screen.command();
    let Command::AddProfile(new) = command else { panic!("{command:?}") };
    assert_eq!(new.network.proxy.as_deref(), Some("http://anna@proxy.example.com:3128"));
    // EXPOSE: compared in a test.
    assert_eq!(new.network.proxy_password.as_ref().unwrap().expose(), "hunter2 of the proxy");
    assert_eq!((new.network.fips, new.network.dual_stack, new.network.endpoint_url), (true, false, None));
    // With an endpoint of one's own there are no other names to choose.
    screen.answer(request, What::Failed(Problem::NoKeyring));
    screen.write("Endpoint address", "https://vpce-1.kms.eu-north-1.vpce.amazonaws.com");
    assert!(!screen.shows("AWS's own endpoints: FIPS"));
    screen.press("Store profile");
    let Command::AddProfile(new) = screen.command().1 else { panic!("no profile") };
    assert!(!new.network.fips && new.network.endpoint_url.is_some());
}

#[test]
fn a_keyring_that_can_not_be_read_is_said_on_the_page() {
    let mut screen = Screen::with(settings_with(&[]));
    screen.press("AWS profiles");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::KeyringLocked));
    assert!(screen.shows("The keyring is locked."));
    screen.press("Try again");
    assert!(matches!(screen.command().1, Command::ListProfiles));
}
