//! The page of AWS profiles.

use sealkeep::secret::SecretString;
use sealkeep::worker::{
    Command, DeniedBy, KeyState, ListedSeat, MachineRole, Problem, ProfileEntry, ProfileKind, ProfileReport, Seat,
    SeenKey, Unfit, What,
};

use egui_kittest::kittest::Queryable;

use crate::support::screen::{KEY, Screen, profile, settings_with};

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
        seen: Ok(Vec::new()),
    };
    screen.answer(request, What::ProfileTested(report));
    assert!(screen.shows("AWS answered") && screen.shows("111122223333"));
}

#[test]
fn a_test_that_somebody_gave_up_is_no_failure() {
    let mut screen = page();
    screen.press("Test work");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::Cancelled));
    assert!(!screen.shows("Cancelled.") && screen.shows("Test work"), "{}", screen.tree());
    screen.press("Test work");
    assert!(matches!(screen.command().1, Command::TestProfile { .. }));
}

fn tested(seen: Result<Vec<SeenKey>, Problem>) -> Screen {
    let mut screen = page();
    screen.press("Test work");
    let (request, _) = screen.command();
    let report = ProfileReport {
        profile: "work".to_owned(),
        region: "eu-west-1".to_owned(),
        account: None,
        principal: None,
        key: None,
        seen,
    };
    screen.answer(request, What::ProfileTested(report));
    screen
}

#[test]
fn a_test_lists_the_keys_that_the_profile_sees_with_their_aliases() {
    let key = |number: usize, aliases: &[&str]| SeenKey {
        arn: format!("arn:aws:kms:eu-west-1:111122223333:key/{number:08}-12ab-34cd-56ef-1234567890ab"),
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        state: Some(KeyState { unfit: None, days: None }),
    };
    let mut keys = vec![key(1, &["alias/also", "alias/team"]), key(2, &[])];
    keys[1].state = Some(KeyState { unfit: Some(Unfit::Disabled), days: None });
    keys.extend((3..400).map(|number| SeenKey { state: None, ..key(number, &["alias/more"]) }));
    let screen = tested(Ok(keys));
    assert!(screen.shows("399 KMS keys"));
    assert!(screen.mentions("alias/also, alias/team: arn:aws:kms:eu-west-1:111122223333:key/00000001"));
    assert!(screen.mentions("No alias: arn:aws:kms:eu-west-1:111122223333:key/00000002"));
    let said = |number: u32| format!("key/{number:08}-12ab-34cd-56ef-1234567890ab");
    assert!(screen.mentions(&format!("{}: disabled", said(2))));
    assert!(screen.mentions(&format!("{}: state not known", said(399))));
    assert!(!screen.mentions(&format!("{}: ", said(1))), "nothing is the matter with it");
    // What comes after a long list is still in reach.
    assert!(screen.window.get_by_label("Add a profile").rect().max.y < 760.0);
    assert!(tested(Ok(Vec::new())).mentions("sees no KMS key"));
}

#[test]
fn a_test_whose_listing_is_refused_says_which_statement_is_missing() {
    let by = DeniedBy::IdentityPolicy;
    let denied = Problem::KmsDenied { action: "kms:ListKeys".to_owned(), key: "eu-west-1".to_owned(), by };
    let mut screen = tested(Err(denied));
    assert!(screen.shows("AWS answered") && screen.mentions("can't be listed (kms:ListKeys)"));
    assert!(screen.mentions("\"Action\": \"kms:ListKeys\""), "{}", screen.tree());
    screen.press("Copy the statement");
    let Command::CopyPlain { text } = screen.command().1 else { panic!("not copied") };
    let statement: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&statement["Action"], &statement["Resource"]), (&"kms:ListKeys".into(), &"*".into()));
    let screen = tested(Err(Problem::Throttled));
    assert!(screen.mentions("could not be listed"));
}

#[test]
fn a_test_that_fails_says_as_whom_above_what_failed() {
    let mut screen = page();
    screen.press("Test work");
    let (request, _) = screen.command();
    let report = ProfileReport {
        profile: "work".to_owned(),
        region: "eu-west-1".to_owned(),
        account: Some("111122223333".to_owned()),
        principal: Some("arn:aws:iam::111122223333:user/anna".to_owned()),
        key: None,
        seen: Ok(Vec::new()),
    };
    screen.answer(request, What::ProfileKnown(report));
    assert!(!screen.shows("arn:aws:iam::111122223333:user/anna"), "it goes on: why comes after it");
    screen.answer(request, What::Failed(Problem::KmsDisabled { key: KEY.to_owned() }));
    assert!(screen.shows("arn:aws:iam::111122223333:user/anna") && screen.mentions("is disabled"), "{}", screen.tree());
    // Another test begins anew.
    screen.press("Test work");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::Throttled));
    assert!(!screen.shows("arn:aws:iam::111122223333:user/anna") && screen.mentions("too many requests"));
}

#[test]
fn a_profile_of_the_same_name_is_replaced_only_after_a_question() {
    let mut screen = page();
    screen.press("Add a profile");
    for (field, text) in
        [("Name", "work"), ("Region", "eu-north-1"), ("Access key ID", "AKIA"), ("Secret access key", "s3cr3t-key")]
    {
        screen.write(field, text);
    }
    screen.press("Protection: None");
    let there = || Box::new(ProfileEntry { protected: true, ..profile("work") });
    for answered in ["Keep the old one", "Replace"] {
        screen.press("Store profile");
        let (request, command) = screen.command();
        assert!(matches!(&command, Command::AddProfile(new) if new.name == "work"), "{command:?}");
        screen.answer(request, What::Failed(Problem::ProfileExists(there())));
        assert!(
            screen.mentions("Replace the profile “work”?") && screen.mentions("eu-west-1 · access key · protected")
        );
        assert!(screen.mentions("It is protected; the new one is not"));
        screen.press(answered);
        if answered != "Replace" {
            assert!(screen.try_command().is_none());
        }
    }
    let (request, command) = screen.command();
    let Command::ReplaceProfile { new, old } = command else { panic!("{command:?}") };
    assert!(new.name == "work" && new.region == "eu-north-1" && old == there());
    screen.answer(request, What::Profiles(vec![profile("work")]));
    assert!(!screen.shows("Store profile") && !screen.mentions("Replace the profile"));
}

#[test]
fn a_session_of_a_role_lasts_as_long_as_somebody_says() {
    let mut screen = page();
    screen.press("Add a profile");
    screen.press("Credentials: Role");
    screen.write("Name", "reader");
    screen.write("Region", "eu-north-1");
    screen.write("Role ARN", "arn:aws:iam::111122223333:role/vault-reader");
    screen.press("External ID, session length");
    screen.write("Session length", "1");
    assert!(screen.mentions("from 15 min to 12 h"));
    screen.press("Store profile");
    assert!(screen.try_command().is_none(), "one of what?");
    screen.write("Session length", " h 30 min");
    assert!(!screen.mentions("from 15 min to 12 h"));
    screen.press("Store profile");
    let Command::AddProfile(new) = screen.command().1 else { panic!("no profile") };
    let ProfileKind::AssumeRole(role) = &new.kind else { panic!("another kind: {new:?}") };
    assert_eq!(role.duration_seconds, Some(5400));
}

#[test]
fn removing_asks_first() {
    let mut screen = page();
    assert!(!screen.mentions("Remove"), "it is in a menu");
    screen.press("More about work");
    screen.press("Remove work…");
    screen.press("Keep");
    assert!(screen.try_command().is_none());
    screen.press("More about work");
    screen.press("Remove work…");
    screen.press("Remove");
    assert!(matches!(screen.command().1, Command::RemoveProfile { name } if name == "work"));
}

#[test]
fn what_can_be_done_with_profiles_stands_in_columns() {
    let mut screen = Screen::with(settings_with(&[]));
    screen.press("AWS profiles");
    let (request, _) = screen.command();
    let role = ProfileEntry {
        account: Some("111122223333".to_owned()),
        principal: Some("a-role-whose-name-is-long-because-somebody-liked-it-so".to_owned()),
        ..ProfileEntry::new("reader", "eu-west-1", "assume-role")
    };
    let protected = ProfileEntry { protected: true, ..profile("other") };
    screen.answer(request, What::Profiles(vec![protected, role, profile("work")]));
    for column in ["Test", "Protect", "More about"] {
        let lefts: Vec<f32> = ["other", "reader", "work"]
            .iter()
            .filter_map(|name| Some(screen.window.query_by_label(&format!("{column} {name}"))?.rect().min.x))
            .collect();
        assert_eq!(lefts.len(), if column == "Protect" { 2 } else { 3 }, "a role has nothing to protect");
        assert!(lefts.windows(2).all(|two| two[0] == two[1]), "{column}: {lefts:?}");
    }
    let words = screen.window.get_by_label_contains("a-role-whose-name-is-long").rect();
    assert!(words.max.x <= screen.window.get_by_label("Test reader").rect().min.x, "{words:?}");
}

#[test]
fn who_comes_back_to_the_window_sees_what_was_added_elsewhere() {
    let mut screen = page();
    screen.window.event(egui::Event::WindowFocused(true));
    screen.step();
    let (request, command) = screen.command();
    assert!(matches!(command, Command::ListProfiles), "{command:?}");
    screen.answer(request, What::Profiles(vec![profile("by-the-cli"), profile("work")]));
    assert!(screen.shows("by-the-cli"));
    assert!(screen.try_command().is_none(), "once is enough");
}

#[test]
fn what_nobody_asked_for_fails_in_silence() {
    let mut screen = page();
    let before = screen.tree();
    screen.window.event(egui::Event::WindowFocused(true));
    screen.step();
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::NoKeyring));
    assert!(screen.shows("work") && !screen.mentions("keyring service"), "{before} became {}", screen.tree());
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
    screen.press("Protection: None");
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
    screen.press("Protection: None");
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

#[test]
fn an_access_key_is_sealed_under_a_passphrase_unless_somebody_says_otherwise() {
    let mut screen = page();
    screen.press("Add a profile");
    for (field, text) in
        [("Name", "home"), ("Region", "eu-north-1"), ("Access key ID", "AKIA"), ("Secret access key", "s3cr3t-key")]
    {
        screen.write(field, text);
    }
    let tree = screen.tree();
    let first = tree.find("A passphrase seals this profile's key in the keyring. It is asked for after each lock.");
    assert!(first.unwrap() < tree.find("Protection: None").unwrap(), "what it is comes first: {tree}");
    screen.press("Store profile");
    assert!(screen.try_command().is_none(), "the passphrase is missing");
    screen.write("Profile passphrase", "4711");
    screen.write("Profile passphrase again", "4711");
    assert!(screen.mentions("A short PIN stops a passer-by, not a program") && !screen.tree().contains("4711"));
    screen.press("Store profile");
    let Command::AddProfile(new) = screen.command().1 else { panic!("no profile") };
    // EXPOSE: compared in a test.
    assert_eq!(new.protect.as_ref().map(|passphrase| passphrase.expose()), Some("4711"));
}

#[test]
fn a_role_is_taken_as_another_profile_and_a_machine_has_nothing_to_seal() {
    let mut screen = page();
    screen.press("Add a profile");
    screen.press("Credentials: Role");
    screen.write("Name", "reader");
    screen.write("Region", "eu-north-1");
    screen.write("Role ARN", "arn:aws:iam::111122223333:role/vault-reader");
    screen.write("MFA device", "arn:aws:iam::111122223333:mfa/anna");
    assert!(!screen.shows("Profile passphrase") && screen.mentions("code is asked for after each lock"));
    screen.press("Store profile");
    let (request, command) = screen.command();
    let Command::AddProfile(new) = command else { panic!("{command:?}") };
    let ProfileKind::AssumeRole(role) = &new.kind else { panic!("another kind: {new:?}") };
    assert_eq!((role.source.as_str(), role.external_id.as_deref()), ("work", None));
    assert_eq!(role.mfa_serial.as_deref(), Some("arn:aws:iam::111122223333:mfa/anna"));
    screen.answer(request, What::Failed(Problem::NoKeyring));
    screen.press("Credentials: This machine");
    screen.press("Machine: Container");
    screen.press("Store profile");
    let Command::AddProfile(new) = screen.command().1 else { panic!("no profile") };
    assert!(matches!(new.kind, ProfileKind::Machine(MachineRole::Container)) && new.protect.is_none());
}

#[test]
fn at_identity_center_one_signs_in_and_then_chooses_what_to_be() {
    let mut screen = page();
    screen.press("Add a profile");
    screen.press("Credentials: Identity Center");
    screen.press("Protection: None");
    for (field, text) in [
        ("Name", "people"),
        ("Region", "eu-north-1"),
        ("Start URL", "https://d-1.awsapps.com/start"),
        ("Identity Center's region", "eu-west-1"),
    ] {
        screen.write(field, text);
    }
    screen.press("Sign in");
    let (request, command) = screen.command();
    let Command::ListSeats(new) = command else { panic!("{command:?}") };
    assert!(matches!(&new.kind, ProfileKind::IdentityCenter(center) if center.seat.is_none()));
    let seat = |role: &str| Seat { account: "111122223333".to_owned(), role: role.to_owned() };
    let listed = |role| ListedSeat { seat: seat(role), account_name: "Production".to_owned() };
    screen.answer(request, What::Seats(vec![listed("Reader"), listed("Editor")]));
    screen.press("Editor");
    screen.press("Store profile");
    let Command::AddProfile(new) = screen.command().1 else { panic!("no profile") };
    let ProfileKind::IdentityCenter(center) = &new.kind else { panic!("another kind: {new:?}") };
    assert_eq!(center.seat, Some(seat("Editor")));
}

#[test]
fn a_profile_is_protected_later_and_no_longer() {
    let mut screen = page();
    assert!(screen.mentions("eu-west-1 · access key"));
    screen.press("Protect work");
    screen.write("New passphrase", "4711");
    screen.write("New passphrase again", "4711");
    screen.press("Protect");
    let (request, command) = screen.command();
    let Command::ProtectProfile { name, passphrase: Some(passphrase) } = command else { panic!("{command:?}") };
    assert!(name == "work" && passphrase.same_as(&SecretString::copy_of("4711")));
    screen.answer(request, What::Profiles(vec![ProfileEntry { protected: true, ..profile("work") }]));
    assert!(screen.mentions("eu-west-1 · access key · protected"));
    screen.press("Protect work");
    screen.press("Remove the protection");
    let Command::ProtectProfile { passphrase: None, .. } = screen.command().1 else { panic!("not removed") };
}
