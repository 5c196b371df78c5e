//! Unlocking: a passphrase, AWS KMS with its errors, and the question of trust.

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use sealkeep::worker::{
    Command, DeniedBy, KeyView, LockReason, Problem, ProfileEntry, Settings, Trust, TrustAnswer, UnlockBy, UnlockStep,
    VaultView, What,
};

use crate::support::screen::{FAMILY, KEY, Screen, items, opened, profile, settings_with, vault_with};

fn kms() -> Vec<KeyView> {
    vec![KeyView::Kms { arn: KEY.to_owned(), region: "eu-west-1".to_owned() }]
}

fn locked(settings: Settings, keys: Vec<KeyView>, trust: Trust) -> Screen {
    let mut screen = Screen::with(settings);
    let (request, command) = screen.command();
    assert!(matches!(command, Command::InspectVault { .. }));
    screen.answer(request, What::Inspected(vault_with(keys, trust)));
    screen
}

#[test]
fn the_passphrase_field_has_the_focus_and_enter_opens() {
    let mut screen = locked(settings_with(&[FAMILY]), vec![KeyView::Passphrase], Trust::Known);
    assert!(screen.field("Passphrase").is_focused());
    screen.write("Passphrase", "correct horse");
    assert!(!screen.tree().contains("correct horse"), "a hidden passphrase is not in the tree");
    screen.key(Key::Enter);
    let (request, command) = screen.command();
    let Command::Unlock { by: UnlockBy::Passphrase(passphrase), trust: TrustAnswer::Confirmed, .. } = command else {
        panic!("{command:?}")
    };
    assert_eq!(passphrase.expose(), "correct horse");
    screen.answer(request, What::Failed(Problem::WrongPassphrase));
    assert!(screen.shows("Wrong passphrase.") && !screen.mentions("Lost it?"), "there is nothing else to type");
    screen.key(Key::Enter);
    let (request, _) = screen.command();
    screen.answer(request, What::Unlocked(opened(items())));
    assert!(screen.shows("GitHub"));
}

#[test]
fn whoever_has_lost_the_passphrase_is_told_what_opens_the_vault_too() {
    let keys = vec![KeyView::Passphrase, KeyView::Recovery];
    let mut screen = locked(settings_with(&[FAMILY]), keys, Trust::Known);
    screen.write("Passphrase, or recovery code", "something else");
    screen.key(Key::Enter);
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::WrongPassphrase));
    assert!(screen.shows("Wrong passphrase.") && screen.mentions("Lost it? Type the code of your emergency sheet"));
}

#[test]
fn kms_shows_its_steps_and_can_be_cancelled() {
    let mut screen = locked(settings_with(&[FAMILY]), kms(), Trust::Known);
    screen.press("Unlock");
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::Unlock { by: UnlockBy::Profile(name), .. } if name == "work"), "{command:?}");
    screen.answer(request, What::Unlocking(UnlockStep::AskingKms));
    assert!(screen.mentions("Asking AWS KMS"));
    screen.press("Cancel");
    assert_eq!(screen.cancelled(), [request]);
    screen.answer(request, What::Failed(Problem::Cancelled));
    assert!(!screen.mentions("Asking AWS KMS"));
}

#[test]
fn the_first_profile_is_chosen_when_it_comes_while_the_page_is_open() {
    let settings = Settings { profiles: Vec::new(), ..settings_with(&[FAMILY]) };
    let mut screen = locked(settings, kms(), Trust::Known);
    assert!(screen.shows("Add a profile") && !screen.shows("Unlock"));
    screen.tell(What::SettingsChanged(settings_with(&[FAMILY])));
    screen.press("Unlock");
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::Unlock { by: UnlockBy::Profile(name), .. } if name == "work"), "{command:?}");
}

/// Settings with so many profiles of one region.
fn settings_with_many(profiles: usize) -> Settings {
    let one = |number: usize| ProfileEntry {
        account: Some("111122223333".to_owned()),
        principal: Some(format!("role-{number}")),
        ..ProfileEntry::new(&format!("profile-{number}"), "eu-west-1", "assume-role")
    };
    Settings { profiles: (0..profiles).map(one).collect(), ..settings_with(&[FAMILY]) }
}

#[test]
fn however_many_profiles_there_are_the_button_is_in_view_and_so_is_the_one_that_is_chosen() {
    for (profiles, chosen) in [(4, 3), (20, 17)] {
        for size in [[1180.0, 760.0], [860.0, 560.0]] {
            let mut screen = Screen::with(settings_with_many(profiles));
            screen.window.set_size(size.into());
            let (request, _) = screen.command();
            let mut keys = kms();
            keys.push(KeyView::Recovery);
            let profile = Some(format!("profile-{chosen}"));
            screen.answer(request, What::Inspected(VaultView { profile, ..vault_with(keys, Trust::Known) }));
            screen.window.run_steps(30);
            let button = screen.window.get_by_label("Unlock").rect();
            assert!(button.max.y <= size[1], "{button:?} with {profiles} at {size:?}");
            let row = screen.window.get_by_label(&format!("profile-{chosen}")).rect();
            assert!(row.max.y < button.min.y, "{row:?} with {profiles} at {size:?}");
            let second = format!("eu-west-1 · role role-{chosen} · 1111-2222-3333");
            assert!(screen.tree().contains(&second), "{}", screen.tree());
            screen.press("Unlock");
            let (_, command) = screen.command();
            let name = format!("profile-{chosen}");
            assert!(
                matches!(&command, Command::Unlock { by: UnlockBy::Profile(by), .. } if *by == name),
                "{command:?}"
            );
        }
    }
}

#[test]
fn a_profile_that_another_program_added_is_there_when_the_page_is() {
    let mut screen = Screen::with(settings_with(&[FAMILY]));
    let (request, _) = screen.command();
    screen.tell(What::ProfilesChanged(vec![profile("by-the-cli"), profile("work")]));
    screen.answer(request, What::Inspected(vault_with(kms(), Trust::Known)));
    screen.press("by-the-cli");
    screen.press("Unlock");
    let (_, command) = screen.command();
    assert!(
        matches!(&command, Command::Unlock { by: UnlockBy::Profile(name), .. } if name == "by-the-cli"),
        "{command:?}"
    );
}

#[test]
fn a_large_vault_says_how_many_items_are_read() {
    let mut screen = locked(settings_with(&[FAMILY]), vec![KeyView::Passphrase], Trust::Known);
    screen.write("Passphrase", "correct horse");
    screen.key(Key::Enter);
    let (request, _) = screen.command();
    screen.answer(request, What::Unlocking(UnlockStep::DerivingKey));
    assert!(screen.mentions("Making the key"));
    screen.answer(request, What::Unlocking(UnlockStep::ReadingItems { done: 25_000, total: 100_000 }));
    assert!(screen.mentions("25\u{202F}000 of 100\u{202F}000") && !screen.mentions("Making the key"));
    screen.answer(request, What::Unlocking(UnlockStep::ReadingItems { done: 3, total: 3 }));
    assert!(screen.mentions("Reading the items…"));
}

#[test]
fn a_kms_error_shows_its_way_out() {
    let mut screen = locked(settings_with(&[FAMILY]), kms(), Trust::Known);
    screen.press("Unlock");
    let (request, _) = screen.command();
    screen.answer(
        request,
        What::Failed(Problem::KmsDenied {
            action: "kms:Decrypt".to_owned(),
            key: KEY.to_owned(),
            by: DeniedBy::IdentityPolicy,
        }),
    );
    assert!(screen.mentions("may not use the key"));
    screen.press("Copy the statement");
    let (_, command) = screen.command();
    let Command::CopyPlain { text } = command else { panic!("{command:?}") };
    assert!(text.contains("kms:Decrypt") && text.contains(KEY));
    screen.press("Unlock");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::Unreachable { reason: "timed out after 10 s".to_owned() }));
    screen.press("Try again");
    assert!(matches!(screen.command().1, Command::Unlock { .. }));
}

#[test]
fn nothing_is_asked_of_aws_before_a_new_key_is_confirmed() {
    let trust = Trust::FirstUse { keys: vec![KEY.to_owned()] };
    let mut screen = locked(settings_with(&[FAMILY]), kms(), trust);
    assert!(screen.shows(KEY), "the key is shown");
    assert!(!screen.shows("Unlock"));
    screen.press("Yes, go on");
    screen.press("Unlock");
    let (_, command) = screen.command();
    assert!(matches!(command, Command::Unlock { trust: TrustAnswer::Confirmed, .. }), "{command:?}");
}

#[test]
fn changed_keys_show_before_and_now() {
    let other = KEY.replace("1234abcd", "9876abcd");
    let trust = Trust::KeysChanged { before: vec![other.clone()], now: vec![KEY.to_owned()] };
    let screen = locked(settings_with(&[FAMILY]), kms(), trust.clone());
    assert!(screen.shows(&other) && screen.shows(KEY) && screen.shows("The vault's keys have changed"));
    assert!(!screen.mentions("recovery key"));
    let mut keys = kms();
    keys.push(KeyView::Recovery);
    let screen = locked(settings_with(&[FAMILY]), keys, trust);
    assert!(screen.mentions("A recovery key opens it, too"), "it has no ARN that could be compared");
}

#[test]
fn a_folder_that_is_no_vault_says_so() {
    let mut screen = Screen::with(settings_with(&[FAMILY]));
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::NotAVault { folder: FAMILY.into() }));
    assert!(screen.shows("“Family.sealkeep” is not a Sealkeep vault."));
    screen.press("Another vault…");
    assert!(screen.shows("Choose a vault."));
}

#[test]
fn the_picker_opens_forgets_and_finds_vaults() {
    let mut screen = Screen::with(settings_with(&[FAMILY, "/home/anna/Work.sealkeep"]));
    screen.press("Take Work out of this list");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::ForgetVault { .. }));
    screen.answer(request, What::SettingsChanged(settings_with(&[FAMILY])));
    assert!(!screen.shows("Work"));
    screen.press("Open another vault…");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::PickFolder { .. }));
    screen.answer(request, What::Picked(vec!["/srv/Team.sealkeep".into()]));
    let (_, command) = screen.command();
    assert!(matches!(command, Command::InspectVault { folder } if folder.ends_with("Team.sealkeep")));
}

#[test]
fn why_it_was_locked_stands_on_the_unlock_screen() {
    let mut screen = Screen::unlocked(items());
    screen.tell(What::Locking(LockReason::Idle));
    let (request, _) = screen.command();
    screen.answer(request, What::Inspected(vault_with(vec![KeyView::Passphrase], Trust::Known)));
    assert!(screen.mentions("nobody was here"));
}

#[test]
fn the_passphrase_is_not_changed_while_it_unlocks() {
    let mut screen = locked(settings_with(&[FAMILY]), vec![KeyView::Passphrase], Trust::Known);
    screen.write("Passphrase", "correct");
    screen.key(Key::Enter);
    let (request, _) = screen.command();
    assert!(screen.field("Passphrase").accesskit_node().is_disabled());
    screen.window.event(egui::Event::Text(" horse".to_owned()));
    screen.step();
    screen.answer(request, What::Failed(Problem::Cancelled));
    assert!(screen.field("Passphrase").is_focused());
    screen.key(Key::Enter);
    let (_, command) = screen.command();
    let Command::Unlock { by: UnlockBy::Passphrase(passphrase), .. } = command else { panic!("{command:?}") };
    assert_eq!(passphrase.expose(), "correct");
}

#[test]
fn the_unlock_page_does_not_speak_of_a_list() {
    let mut screen = locked(settings_with(&[FAMILY]), kms(), Trust::Known);
    screen.press("Unlock");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::Unreachable { reason: "timed out after 10 s".to_owned() }));
    assert!(screen.mentions("Check the network") && !screen.mentions("list works"));
}

#[test]
fn the_picker_works_with_arrows_and_enter() {
    let mut screen = Screen::with(settings_with(&[FAMILY, "/home/anna/Work.sealkeep"]));
    screen.key(Key::ArrowDown);
    screen.key(Key::Enter);
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::InspectVault { folder } if folder.ends_with("Work.sealkeep")), "{command:?}");
}

#[test]
fn the_corner_comes_after_the_page_for_tab() {
    let mut screen = Screen::with(settings_with(&[FAMILY, "/home/anna/Work.sealkeep"]));
    let mut order = Vec::new();
    for _ in 0..8 {
        for name in ["Settings", "Open another vault…"] {
            if screen.window.get_by_label(name).is_focused() {
                order.push(name);
            }
        }
        screen.key(Key::Tab);
    }
    assert_eq!(order, ["Open another vault…", "Settings"]);
}

#[test]
fn without_a_file_dialog_the_words_fit_the_place() {
    let mut screen = Screen::with(settings_with(&[FAMILY, "/home/anna/Work.sealkeep"]));
    screen.press("Open another vault…");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::NoDialog));
    assert!(screen.mentions("Drop the vault's folder onto this window"));
}

#[test]
fn a_vault_whose_kms_key_is_gone_opens_with_its_recovery_code() {
    let mut keys = kms();
    keys.insert(0, KeyView::Recovery);
    let mut screen = locked(settings_with(&[FAMILY]), keys, Trust::Known);
    assert!(screen.shows("AWS profile"), "KMS is the way that is taken until somebody chooses");
    screen.press("Open with: Recovery");
    assert!(screen.field("Recovery passphrase or code").is_focused());
    screen.write("Recovery passphrase or code", "7K3M-0000");
    screen.key(Key::Enter);
    let (request, command) = screen.command();
    let Command::Unlock { by: UnlockBy::Passphrase(code), .. } = command else { panic!("{command:?}") };
    assert_eq!(code.expose(), "7K3M-0000");
    screen.answer(request, What::Failed(Problem::WrongPassphrase));
    assert!(screen.shows("Wrong passphrase."));
}
