//! Profiles of the AWS command line, taken over in the window.

use std::path::PathBuf;

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use sealkeep::worker::{
    AwsProfiles, Command, Found, FoundBy, GoesOn, ImportCommand, ImportProblem, ImportTold, Imported, KeyLines,
    KeyView, KeysInFile, KeysRemoved, LockReason, NotOffered, OldContent, Problem, Removed, RequestId, Trust, What,
};

use crate::support::screen::{FAMILY, KEY, Screen, profile, settings_with, vault_with};

const LINE: &str = "credential_process = sealkeep-cli profile credentials user";
const CREDENTIALS: &str = "/home/anna/.aws/credentials";

fn found(name: &str, source: Option<&str>) -> Found {
    Found {
        name: name.to_owned(),
        from: name.to_owned(),
        region: "eu-west-1".to_owned(),
        kind: if source.is_some() { "assume-role" } else { "static" },
        source: source.map(str::to_owned),
        access_key_id: source.is_none().then(|| "AKIAEXAMPLE1".to_owned()),
        role_arn: None,
        start_url: None,
        endpoint: None,
        is_elsewhere: false,
        protectable: source.is_none(),
        notes: Vec::new(),
    }
}

fn there(found: Vec<Found>) -> AwsProfiles {
    let files = vec!["/home/anna/.aws/config".into(), CREDENTIALS.into()];
    AwsProfiles { files, found, refused: Vec::new(), profiles: vec![profile("work")] }
}

fn told(told: ImportTold) -> What {
    What::Import(Box::new(told))
}

/// The view, before the files were read.
fn looking() -> (Screen, RequestId) {
    let mut screen = Screen::with(settings_with(&[]));
    screen.press("AWS profiles");
    let (request, _) = screen.command();
    screen.answer(request, What::Profiles(vec![profile("work")]));
    screen.press("Import from the AWS command line");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::Import(ImportCommand::Look { region: None })), "{command:?}");
    (screen, request)
}

fn choosing(there: AwsProfiles) -> Screen {
    let (mut screen, request) = looking();
    screen.answer(request, told(ImportTold::Found(there)));
    screen
}

fn chain() -> Vec<Found> {
    vec![found("user", None), found("reader", Some("user")), found("work", None), found("of-work", Some("work"))]
}

fn imported(names: &[&str]) -> Imported {
    Imported {
        stored: names.iter().map(|name| found(name, None)).collect(),
        profiles: names.iter().chain(&["work"]).map(|name| profile(name)).collect(),
        keys: vec![KeysInFile {
            file: CREDENTIALS.into(),
            sections: vec![KeyLines { section: "user".to_owned(), lines: 2 }],
        }],
        kept: Vec::new(),
        copies: vec![PathBuf::from("/home/anna/.aws/credentials~")],
        needs_its_keys: Vec::new(),
        lines: vec![("user".to_owned(), LINE.to_owned())],
        found_by: FoundBy::Name,
    }
}

fn is_ticked(screen: &Screen, name: &str) -> bool {
    let node = screen.window.get_by_role_and_label(egui::accesskit::Role::CheckBox, name);
    node.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True)
}

fn ticked(screen: &Screen) -> Vec<&'static str> {
    ["user", "reader", "work", "of-work"].into_iter().filter(|name| is_ticked(screen, name)).collect()
}

fn store(screen: &mut Screen) -> (RequestId, Vec<String>, Option<String>) {
    let (request, command) = screen.command();
    let Command::Import(ImportCommand::Store { names, protect }) = command else { panic!("{command:?}") };
    // EXPOSE: compared in a test.
    (request, names, protect.map(|passphrase| passphrase.expose().to_owned()))
}

/// The offer to remove the keys, after `user` was stored.
fn offered() -> Screen {
    let mut screen = choosing(there(vec![found("user", None)]));
    screen.press("Protection: None");
    screen.press("Import 1 profile");
    let (request, ..) = store(&mut screen);
    screen.answer(request, told(ImportTold::Imported(imported(&["user"]))));
    screen
}

#[test]
fn what_is_not_here_yet_is_ticked_and_sources_come_along() {
    let mut screen = choosing(there(chain()));
    // `work` is here already, and whoever takes its credentials would replace it.
    assert_eq!(ticked(&screen), ["user", "reader"]);
    let tree = screen.tree();
    assert!(tree.contains("eu-west-1 · role taken as user") && tree.contains("access key AKIAEXAMPLE1"), "{tree}");
    assert!(tree.contains("replaces the one that is here"));
    screen.press("user");
    assert_eq!(ticked(&screen), [""; 0], "without its source a role has no credentials");
    screen.press("of-work");
    assert_eq!(ticked(&screen), ["work", "of-work"]);
    assert!(screen.mentions("The credentials of work are replaced"));
    screen.press("All");
    assert_eq!(ticked(&screen).len(), 4);
    screen.press("None");
    assert!(ticked(&screen).is_empty());
    screen.press("Import");
    assert!(screen.try_command().is_none(), "nothing is ticked");
}

#[test]
fn what_would_be_replaced_is_what_is_there_when_the_files_are_read() {
    // Somebody else added `user` since the window listed the profiles.
    let profiles = vec![profile("user"), profile("work")];
    let screen = choosing(AwsProfiles { profiles, ..there(vec![found("user", None), found("other", None)]) });
    assert!(!is_ticked(&screen, "user") && is_ticked(&screen, "other"));
    assert!(screen.tree().contains("replaces the one that is here"));
}

#[test]
fn what_asks_somebody_else_than_aws_says_so_and_is_not_ticked_by_itself() {
    let elsewhere =
        Found { endpoint: Some("https://kms.example.com".to_owned()), is_elsewhere: true, ..found("user", None) };
    let mut screen = choosing(there(vec![elsewhere, found("reader", Some("user")), found("other", None)]));
    assert!(screen.tree().contains("asks https://kms.example.com instead of AWS"), "{}", screen.tree());
    assert!(!is_ticked(&screen, "user") && !is_ticked(&screen, "reader") && is_ticked(&screen, "other"));
    assert!(!screen.mentions("Not everything here asks AWS"));
    screen.press("reader");
    assert!(is_ticked(&screen, "user") && screen.mentions("user asks https://kms.example.com."));
}

#[test]
fn it_is_protected_unless_somebody_says_otherwise_and_shows_how_far_it_is() {
    let mut screen = choosing(there(chain()));
    screen.press("Import 2 profiles");
    assert!(screen.try_command().is_none(), "the passphrase is missing");
    screen.write("Profile passphrase", "4711");
    screen.write("Profile passphrase again", "4711");
    assert!(!screen.tree().contains("4711"));
    screen.press("Import 2 profiles");
    let (request, names, protect) = store(&mut screen);
    assert_eq!((names, protect.as_deref()), (vec!["user".to_owned(), "reader".to_owned()], Some("4711")));
    screen.answer(request, told(ImportTold::Storing { done: 1, total: 2 }));
    assert!(screen.mentions("1 of 2 profiles in the keyring"));
    screen.press_last("Cancel");
    assert_eq!(screen.cancelled(), [request]);
    screen.answer(request, What::Failed(Problem::Cancelled));
    assert!(matches!(screen.command().1, Command::ListProfiles), "what was stored until then is listed");
    assert!(screen.shows("Import 2 profiles"));
    screen.press("Import 2 profiles");
    let (request, ..) = store(&mut screen);
    screen.answer(request, told(ImportTold::Imported(imported(&["user", "reader"]))));
    assert!(
        screen.mentions("2 profiles are in the keyring") && screen.mentions("asks for its passphrase on the terminal")
    );
    assert!(!screen.tree().contains("4711"));
}

#[test]
fn a_role_alone_has_nothing_to_protect() {
    let machine = Found { kind: "machine", access_key_id: None, protectable: false, ..found("machine", None) };
    let mut screen = choosing(there(vec![machine, found("reader", Some("machine"))]));
    assert!(!screen.shows("Profile passphrase"));
    screen.press("Import 2 profiles");
    assert_eq!(store(&mut screen).2, None);
}

#[test]
fn keys_go_only_by_a_button_of_its_own_that_stands_below_what_goes() {
    let mut screen = offered();
    assert!(screen.mentions(CREDENTIALS) && screen.mentions("[user] · 2 lines"));
    assert!(screen.mentions("is not touched") && screen.mentions("/home/anna/.aws/credentials~"));
    assert!(screen.shows(LINE) && !screen.mentions("PATH"));
    assert!(screen.try_command().is_none(), "nothing goes by itself");
    screen.key(Key::Enter);
    assert!(screen.try_command().is_none());
    screen.press("The AWS command line afterwards: Has no credentials");
    screen.press("Remove these keys");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::Import(ImportCommand::RemoveKeys { use_sealkeep: false })), "{command:?}");
    screen.press("Removing…");
    assert!(screen.try_command().is_none(), "once is enough");
    let line = LINE.to_owned();
    let removed =
        Removed { file: CREDENTIALS.into(), lines: 2, old: OldContent::ElsewhereToo, with_process: Vec::new() };
    screen.answer(
        request,
        told(ImportTold::KeysRemoved(KeysRemoved {
            removed: vec![removed],
            stopped: None,
            goes_on: vec![("user".to_owned(), GoesOn::WithLine(line))],
            copies: vec![PathBuf::from("/home/anna/.aws/credentials~")],
        })),
    );
    assert!(screen.mentions("2 lines removed from") && screen.mentions("hard link"));
    assert!(screen.mentions("Replace this access key in AWS") && screen.mentions("is not touched"));
    screen.press("Copy the line of user");
    assert!(matches!(screen.command().1, Command::CopyPlain { .. }));
    screen.press("Done");
    assert!(screen.shows("Test user") && screen.shows("Add a profile"), "back at the list, which has it");
}

#[test]
fn keys_stay_where_nobody_presses_the_button() {
    let mut screen = offered();
    screen.press("Keep them there");
    assert!(matches!(screen.command().1, Command::ListProfiles), "the list is as it is now");
    assert!(screen.try_command().is_none() && screen.shows("Test user"));
}

#[test]
fn what_failed_half_way_says_what_is_done_and_what_is_not() {
    let mut screen = offered();
    screen.press("Remove these keys");
    let (request, _) = screen.command();
    let path = PathBuf::from(CREDENTIALS);
    screen.answer(request, What::Failed(Problem::Import(ImportProblem::Changed { path: path.clone() })));
    assert!(
        screen.mentions("changed since it was shown") && screen.try_command().is_some(),
        "and the list is read anew"
    );
    screen.press("Try again");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::Import(ImportCommand::Look { .. })), "what was shown is no more: {command:?}");
    // It was stored: to store it again replaces it.
    let profiles = vec![profile("user"), profile("work")];
    let again = AwsProfiles { profiles, ..there(vec![found("user", None)]) };
    screen.answer(request, told(ImportTold::Found(again)));
    screen.press("user");
    screen.press("Protection: None");
    screen.press("Import 1 profile");
    let (request, ..) = store(&mut screen);
    screen.answer(request, What::Failed(Problem::NoKeyring));
    assert!(screen.mentions("gnome-keyring"));
    assert!(matches!(screen.command().1, Command::ListProfiles));
    screen.press("Try again");
    let (request, ..) = store(&mut screen);
    screen.answer(request, told(ImportTold::Imported(imported(&["user"]))));
    screen.press("Remove these keys");
    let (request, _) = screen.command();
    let config = PathBuf::from("/home/anna/.aws/config");
    let removed = Removed { file: config, lines: 3, old: OldContent::Overwritten, with_process: Vec::new() };
    screen.answer(
        request,
        told(ImportTold::KeysRemoved(KeysRemoved {
            removed: vec![removed],
            stopped: Some(Problem::ReadOnly { path }),
            goes_on: Vec::new(),
            copies: Vec::new(),
        })),
    );
    assert!(screen.mentions("3 lines removed from") && screen.mentions("can't be written to"));
    assert!(screen.mentions("Import again to remove the rest"));
}

#[test]
fn without_files_it_says_where_they_would_be() {
    let (mut screen, request) = looking();
    let files = vec!["/home/anna/.aws/config".into(), CREDENTIALS.into()];
    screen.answer(request, What::Failed(Problem::Import(ImportProblem::NoFiles { files })));
    assert!(screen.shows("The AWS command line has no profiles on this computer."));
    assert!(screen.mentions("/home/anna/.aws/config") && screen.mentions(CREDENTIALS));
    assert!(screen.shows("Close") && !screen.shows("Try again"), "it is no failure");
    assert!(matches!(screen.command().1, Command::ListProfiles));
    screen.press("Look again");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::Import(ImportCommand::Look { .. })));
    // What fails is told as what it is.
    screen.answer(request, What::Failed(Problem::NoKeyring));
    assert!(screen.shows("Try again") && !screen.shows("The AWS command line has no profiles on this computer."));
}

#[test]
fn what_can_not_be_had_says_why_and_a_region_helps_where_one_is_missing() {
    let refused =
        |name: &str, why: &str, needs_region| NotOffered { name: name.to_owned(), why: why.to_owned(), needs_region };
    let refused = vec![
        refused("old", "it has no credentials, only settings", false),
        refused("bare", "nothing says its region", true),
    ];
    let mut screen = choosing(AwsProfiles { refused, ..there(Vec::new()) });
    assert!(screen.shows("There is nothing to import") && screen.mentions(CREDENTIALS));
    assert!(screen.shows("old: it has no credentials, only settings."));
    screen.press("Look again");
    assert!(screen.try_command().is_none(), "with which region?");
    screen.write("Region of profiles that name none", "eu-north-1");
    screen.press("Look again");
    let (request, command) = screen.command();
    let Command::Import(ImportCommand::Look { region: Some(region) }) = command else { panic!("{command:?}") };
    assert_eq!(region, "eu-north-1");
    screen.answer(request, told(ImportTold::Found(there(vec![found("bare", None)]))));
    assert!(screen.shows("bare") && !screen.shows("Region of profiles that name none"));
}

#[test]
fn two_lists_that_scroll_let_the_window_rest() {
    let many = (0..40).map(|number| found(&format!("profile-{number}"), None)).collect();
    let no = |number| NotOffered {
        name: format!("old-{number}"),
        why: "it has no credentials, only settings".to_owned(),
        needs_region: false,
    };
    let mut screen = choosing(AwsProfiles { refused: vec![no(1), no(2)], ..there(many) });
    screen.step();
    assert!(screen.next_frame() > std::time::Duration::from_secs(1), "{:?}", screen.next_frame());
    // What is below is in reach, however long they are.
    screen.press("profile-39");
    screen.press("Protection: None");
    screen.press("Import 39 profiles");
    assert_eq!(store(&mut screen).1.len(), 39);
}

#[test]
fn what_goes_on_is_in_view_however_much_there_is() {
    let many: Vec<_> = (0..40).map(|number| found(&format!("profile-{number}"), None)).collect();
    let mut screen = choosing(there(many));
    screen.write("Profile passphrase", "4711");
    screen.write("Profile passphrase again", "4711");
    for size in [[1180.0, 760.0], [860.0, 560.0]] {
        screen.window.set_size(size.into());
        screen.window.run_steps(20);
        let button = screen.window.get_by_label("Import 40 profiles").rect();
        assert!(button.max.y <= size[1] && button.min.y > size[1] - 80.0, "{button:?} at {size:?}");
    }
    screen.window.get_by_label("Import 40 profiles").click();
    screen.step();
    let (request, ..) = store(&mut screen);
    screen.answer(request, What::Failed(Problem::NoKeyring));
    screen.window.run_steps(20);
    let words =
        screen.window.get_by_label("No keyring service is running, so there is nowhere safe for AWS credentials.");
    assert!(words.rect().max.y <= 560.0, "what went wrong is beside what was pressed");
}

#[test]
fn a_profile_that_came_since_the_look_is_not_replaced_and_it_is_asked_anew() {
    let mut screen = choosing(there(vec![found("user", None)]));
    screen.press("Protection: None");
    screen.press("Import 1 profile");
    let (request, ..) = store(&mut screen);
    let came = ImportProblem::Came { profile: "user".to_owned(), stored: vec!["reader".to_owned()] };
    screen.answer(request, What::Failed(Problem::Import(came)));
    assert!(matches!(screen.command().1, Command::ListProfiles));
    assert!(screen.mentions("“user” was added or changed") && screen.mentions("It was not replaced"));
    assert!(screen.mentions("No more is imported; in the keyring already: reader."));
    screen.press("Try again");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::Import(ImportCommand::Look { .. })), "{command:?}");
    let profiles = vec![profile("user"), profile("work")];
    screen.answer(request, told(ImportTold::Found(AwsProfiles { profiles, ..there(vec![found("user", None)]) })));
    assert!(!is_ticked(&screen, "user") && screen.tree().contains("replaces the one that is here"));
}

#[test]
fn each_line_that_comes_stands_there_with_its_profiles_name_and_how_it_is_found() {
    let mut screen = choosing(there(vec![found("user", None), found("other", None)]));
    screen.press("Protection: None");
    screen.press("Import 2 profiles");
    let (request, ..) = store(&mut screen);
    let line = |name: &str| {
        (name.to_owned(), format!("credential_process = /opt/sealkeep/sealkeep-cli profile credentials {name}"))
    };
    let path = PathBuf::from("/opt/sealkeep/sealkeep-cli");
    let lines = vec![line("user"), line("other")];
    let imported = Imported { lines: lines.clone(), found_by: FoundBy::Path(path), ..imported(&["user", "other"]) };
    screen.answer(request, told(ImportTold::Imported(imported)));
    assert!(lines.iter().all(|(_, line)| screen.shows(line)), "{}", screen.tree());
    assert!(
        screen.mentions("the PATH does not lead to sealkeep-cli") && screen.mentions("“/opt/sealkeep/sealkeep-cli”")
    );
}

#[test]
fn where_nothing_is_found_there_is_a_way_on() {
    let mut screen = choosing(there(Vec::new()));
    assert!(
        screen.shows("There is nothing to import") && screen.mentions("Sealkeep read") && screen.mentions(CREDENTIALS)
    );
    assert!(screen.mentions("aws configure") && !screen.shows("Import"));
    screen.press("Look again");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::Import(ImportCommand::Look { .. })), "{command:?}");
    screen.answer(request, told(ImportTold::Found(there(Vec::new()))));
    screen.press("Add a profile by hand");
    assert!(screen.shows("Add an AWS profile") && screen.shows("Access key ID"));
}

#[test]
fn a_lock_takes_it_away_with_everything_typed() {
    let mut screen = choosing(there(chain()));
    screen.write("Profile passphrase", "half of it");
    screen.write("Profile passphrase again", "half of it");
    screen.press("Import 2 profiles");
    let (request, ..) = store(&mut screen);
    screen.ctrl(Key::L);
    assert_eq!(screen.locks(), 1);
    assert!(!screen.shows("Importing…") && !screen.mentions("AKIAEXAMPLE1"));
    screen.tell(What::Locking(LockReason::Asked));
    screen.answer(request, What::Failed(Problem::Locked));
    // Whatever comes late changes nothing.
    screen.answer(request, told(ImportTold::Imported(imported(&["user"]))));
    assert!(!screen.mentions("in the keyring") && !screen.mentions("locked before"));
}

#[test]
fn who_leaves_while_it_goes_on_is_told_the_end_and_finds_it_again() {
    let mut screen = choosing(there(vec![found("user", None)]));
    screen.press("Protection: None");
    screen.press("Import 1 profile");
    let (request, ..) = store(&mut screen);
    screen.ctrl(Key::K);
    screen.press("Settings");
    screen.answer(request, told(ImportTold::Imported(imported(&["user"]))));
    assert!(screen.shows("1 profile imported"), "{}", screen.tree());
    screen.ctrl(Key::K);
    screen.press("Import from the AWS command line");
    assert!(screen.shows("Remove these keys") && screen.try_command().is_none());
}

/// What is said to somebody who left while keys were being removed, by `place` in the palette.
fn said_after_leaving(place: &str, old: OldContent, stopped: Option<Problem>) -> Screen {
    let mut screen = offered();
    screen.press("Remove these keys");
    let (request, _) = screen.command();
    screen.ctrl(Key::K);
    screen.press(place);
    let removed = Removed { file: CREDENTIALS.into(), lines: 2, old, with_process: Vec::new() };
    let removed = KeysRemoved { removed: vec![removed], stopped, goes_on: Vec::new(), copies: Vec::new() };
    screen.answer(request, told(ImportTold::KeysRemoved(removed)));
    screen
}

#[test]
fn who_left_is_told_that_keys_are_gone_only_where_they_are() {
    assert!(said_after_leaving("Settings", OldContent::Overwritten, None).shows("Plaintext keys removed"));
    let stopped = Some(Problem::ReadOnly { path: CREDENTIALS.into() });
    let screen = said_after_leaving("Settings", OldContent::Overwritten, stopped);
    assert!(screen.mentions("Not all plaintext keys were removed") && !screen.shows("Plaintext keys removed"));
    let screen = said_after_leaving("Settings", OldContent::ElsewhereToo, None);
    assert!(screen.mentions("hard link") && !screen.shows("Plaintext keys removed"), "{}", screen.tree());
}

#[test]
fn who_goes_to_another_vault_meanwhile_is_told_the_end_too() {
    let screen = said_after_leaving("New vault", OldContent::Overwritten, None);
    assert!(screen.shows("Plaintext keys removed"), "{}", screen.tree());
}

#[test]
fn escape_goes_back_by_one_step() {
    let mut screen = choosing(there(chain()));
    screen.key(Key::Escape);
    assert!(screen.shows("Add a profile") && screen.shows("Test work"));
    screen.key(Key::Escape);
    assert!(!screen.shows("Test work"));
}

#[test]
fn where_there_is_no_profile_it_is_offered_and_leads_back() {
    let none = || sealkeep::worker::Settings { profiles: Vec::new(), ..settings_with(&[]) };
    let mut screen = Screen::with(none());
    screen.press("With AWS KMS");
    assert!(matches!(screen.command().1, Command::ListProfiles));
    screen.press("Import from the AWS command line");
    let (request, _) = screen.command();
    screen.answer(request, told(ImportTold::Found(there(vec![found("user", None)]))));
    screen.press("Protection: None");
    screen.press("Import 1 profile");
    let (request, ..) = store(&mut screen);
    screen.answer(request, told(ImportTold::Imported(Imported { keys: Vec::new(), ..imported(&["user"]) })));
    assert!(screen.mentions("No plaintext key of what was imported"));
    screen.press("Done");
    assert!(
        screen.shows("AWS profile") && screen.shows("user"),
        "the vault is still being made, and the profile is there"
    );

    let known = sealkeep::worker::Settings { profiles: Vec::new(), ..settings_with(&[FAMILY]) };
    let mut screen = Screen::with(known);
    let (request, _) = screen.command();
    let keys = vec![KeyView::Kms { arn: KEY.to_owned(), region: "eu-west-1".to_owned() }];
    screen.answer(request, What::Inspected(vault_with(keys, Trust::Known)));
    screen.press("Import from the AWS command line");
    assert!(matches!(screen.command().1, Command::Import(ImportCommand::Look { .. })));
}
