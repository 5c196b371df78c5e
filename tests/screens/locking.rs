//! Locking: what was on the screen is gone, at once, and an idle window draws nothing.

use std::time::Duration;

use egui::Key;
use egui_kittest::kittest::NodeT;
use sealkeep::vault::ItemId;
use sealkeep::worker::{Command, KeyView, LockReason, LocksIn, Settings, Theme, Trust, What, WindowSize};

use crate::support::screen::{FAMILY, Screen, changed, items, login, opened, settings_with, vault_with};

fn open_login(screen: &mut Screen) {
    screen.press("GitHub");
    let (request, _) = screen.command();
    let fields = login("anna@example.org", "hunter2-secret");
    screen.answer(request, What::ItemOpened { item: ItemId([1; 16]), revision: None, fields });
}

#[test]
fn the_lock_button_locks_and_drops_every_view() {
    let mut screen = Screen::unlocked(items());
    open_login(&mut screen);
    screen.press("Lock");
    assert_eq!(screen.locks(), 1);
    let tree = screen.tree();
    for gone in ["GitHub", "anna@example.org", "Door codes", "hunter2-secret"] {
        assert!(!tree.contains(gone), "{gone} is still there");
    }
    assert!(matches!(screen.command().1, Command::InspectVault { .. }));
}

#[test]
fn ctrl_l_locks_from_a_field_a_dialog_and_a_page() {
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::F);
    screen.ctrl(Key::L);
    assert_eq!(screen.locks(), 1);
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::K);
    screen.ctrl(Key::L);
    assert_eq!(screen.locks(), 1);
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::K);
    screen.press("Settings");
    assert!(screen.shows("Lock when nobody is here"));
    screen.ctrl(Key::L);
    assert_eq!(screen.locks(), 1);
    assert!(!screen.shows("Lock when nobody is here"));
}

#[test]
fn a_lock_from_elsewhere_drops_an_open_draft_too() {
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::N);
    screen.write("Title", "half typed title");
    screen.tell(What::Locking(LockReason::Requested));
    assert!(!screen.tree().contains("half typed title"));
}

#[test]
fn what_arrives_after_the_lock_is_not_shown() {
    let mut screen = Screen::unlocked(items());
    screen.press("GitHub");
    let (request, _) = screen.command();
    screen.press("Lock");
    screen.answer(request, What::ItemOpened { item: ItemId([1; 16]), revision: None, fields: login("late-user", "x") });
    screen.tell(changed(items()));
    assert!(!screen.tree().contains("late-user") && !screen.shows("GitHub"));
}

#[test]
fn the_status_bar_says_when_it_locks_and_what_the_clipboard_holds() {
    let mut screen = Screen::unlocked(items());
    screen.tell(What::LocksIn(Some(LocksIn::Minutes(4))));
    assert!(screen.shows("Locks in 4 min"));
    screen.tell(What::ClipboardHolds { clears_in: Some(Duration::from_secs(30)) });
    assert!(screen.mentions("cleared in"));
    screen.press("Clear the clipboard now");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::ClearClipboard));
    screen.answer(request, What::ClipboardCleared);
    assert!(!screen.mentions("cleared in"));
}

#[test]
fn what_is_copied_and_is_no_secret_counts_nothing_down() {
    let mut screen = Screen::unlocked(items());
    screen.tell(What::ClipboardHolds { clears_in: Some(Duration::from_secs(30)) });
    assert!(screen.mentions("cleared in"));
    screen.tell(What::CopiedPlain);
    assert!(screen.shows("Copied"), "{}", screen.tree());
    // It has taken the secret's place.
    assert!(!screen.mentions("cleared in") && !screen.shows("Clear the clipboard now"));
}

#[test]
fn a_window_that_waits_asks_for_no_frame() {
    let mut screen = Screen::unlocked(items());
    open_login(&mut screen);
    screen.window.run_steps(8);
    let delay = screen.next_frame();
    assert!(delay > Duration::from_secs(3600), "the next frame comes in {delay:?}");
}

#[test]
fn settings_are_kept_at_once_and_change_the_colours() {
    let mut screen = Screen::with(Settings::default());
    screen.press("Settings");
    screen.press("Colours: Dark");
    let (request, command) = screen.command();
    let Command::SaveSettings(settings) = command else { panic!("{command:?}") };
    assert_eq!(settings.theme, Theme::Dark);
    screen.answer(request, What::SettingsChanged(settings));
    assert!(screen.window.ctx.theme() == egui::Theme::Dark);
    screen.press("Lock after: Never");
    let (_, command) = screen.command();
    assert!(matches!(command, Command::SaveSettings(settings) if settings.idle_lock_minutes == 0));
}

fn unlocking() -> (Screen, sealkeep::worker::RequestId) {
    let mut screen = Screen::with(settings_with(&[FAMILY]));
    let (request, _) = screen.command();
    screen.answer(request, What::Inspected(vault_with(vec![KeyView::Passphrase], Trust::Known)));
    screen.write("Passphrase", "correct horse");
    screen.press("Unlock");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::Unlock { .. }));
    (screen, request)
}

#[test]
fn ctrl_l_locks_a_vault_that_is_on_its_way() {
    let (mut screen, request) = unlocking();
    screen.ctrl(Key::L);
    assert_eq!(screen.locks(), 1);
    screen.answer(request, What::Unlocked(opened(items())));
    assert!(!screen.shows("GitHub"));
    assert_eq!(screen.locks(), 2, "a vault that nobody waits for is locked again");
}

#[test]
fn leaving_an_unlock_gives_it_up() {
    let (mut screen, request) = unlocking();
    screen.press("Another vault…");
    assert_eq!(screen.locks(), 1);
    screen.answer(request, What::Unlocked(opened(items())));
    assert!(!screen.shows("GitHub"));
}

#[test]
fn a_lock_forgets_a_passphrase_that_was_only_typed() {
    let mut screen = Screen::with(settings_with(&[FAMILY]));
    let (request, _) = screen.command();
    let vault = || What::Inspected(vault_with(vec![KeyView::Passphrase], Trust::Known));
    screen.answer(request, vault());
    screen.write("Passphrase", "half typed");
    screen.tell(What::Locking(LockReason::Requested));
    screen.tell(What::Locked(LockReason::Requested));
    let (request, command) = screen.command();
    assert!(matches!(command, Command::InspectVault { .. }));
    screen.answer(request, vault());
    screen.key(Key::Enter);
    assert!(screen.try_command().is_none(), "nothing is left to unlock with");
}

#[test]
fn what_was_typed_is_forgotten_when_nobody_is_there_and_the_page_says_so() {
    let mut screen = Screen::with(settings_with(&[FAMILY]));
    let (request, _) = screen.command();
    let vault = || What::Inspected(vault_with(vec![KeyView::Passphrase], Trust::Known));
    screen.answer(request, vault());
    screen.write("Passphrase", "half typed");
    for _ in 0..2 {
        screen.tell(What::Locking(LockReason::Idle));
        screen.tell(What::Locked(LockReason::Idle));
        let (request, _) = screen.command();
        screen.answer(request, vault());
        assert!(screen.mentions("What you typed was forgotten"));
        assert!(!screen.mentions("Locked because"), "it was locked before");
    }
    screen.key(Key::Enter);
    assert!(screen.try_command().is_none(), "nothing is left to unlock with");
    screen.window.run_steps(8);
    assert!(screen.next_frame() > Duration::from_secs(3600));

    let mut screen = Screen::with(Settings::default());
    screen.press("On this computer");
    screen.write("Passphrase", "half typed");
    screen.tell(What::Locking(LockReason::Idle));
    assert!(screen.shows("Where should the key live?"));
    screen.press("On this computer");
    let passphrase = screen.field("Passphrase").accesskit_node().value().unwrap_or_default();
    assert!(passphrase.is_empty(), "{passphrase}");
}

#[test]
fn a_profiles_secret_is_forgotten_too() {
    let mut screen = Screen::with(settings_with(&[FAMILY]));
    screen.command();
    screen.press("AWS profiles");
    screen.press("Add a profile");
    screen.write("Secret access key", "half typed");
    screen.tell(What::Locking(LockReason::Idle));
    assert!(!screen.shows("Secret access key"));
    screen.press("AWS profiles");
    screen.press("Add a profile");
    let secret = screen.field("Secret access key").accesskit_node().value().unwrap_or_default();
    assert!(secret.is_empty(), "{secret}");
}

#[test]
fn whoever_types_is_there_also_where_no_vault_is_open() {
    let mut screen = Screen::with(settings_with(&[FAMILY]));
    let (request, _) = screen.command();
    screen.answer(request, What::Inspected(vault_with(vec![KeyView::Passphrase], Trust::Known)));
    assert_eq!(screen.still_here(), 0);
    screen.write("Passphrase", "c");
    assert_eq!(screen.still_here(), 1, "with the first key");
    screen.write("Passphrase", "orrect horse");
    assert_eq!(screen.still_here(), 1, "and not with each");
}

#[test]
fn a_windows_size_is_remembered_once_it_stays() {
    let mut screen = Screen::unlocked(items());
    screen.window.run_steps(80);
    assert!(screen.sizes().is_empty(), "the size that it was opened with is known");
    screen.window.set_size(egui::vec2(900.0, 700.0));
    screen.window.run_steps(2);
    assert!(screen.sizes().is_empty(), "a hand may still be at it");
    assert!(screen.next_frame() < Duration::from_secs(2));
    screen.window.run_steps(80);
    assert_eq!(screen.sizes(), [WindowSize { width: 900.0, height: 700.0 }], "once");
    assert!(screen.next_frame() > Duration::from_secs(3600));
}
