//! Drafts: nothing drops one without a question but the lock, and that says so.

use egui::Key;
use sealkeep::vault::{Fields, ItemId};
use sealkeep::worker::{Command, KeyView, LockReason, Trust, What};

use crate::support::screen::{Screen, described, items, login, vault_with};

const GITHUB: ItemId = ItemId([1; 16]);

fn editing() -> Screen {
    let mut screen = Screen::unlocked(items());
    screen.press("GitHub");
    let (request, _) = screen.command();
    screen.answer(
        request,
        What::ItemOpened { item: GITHUB, revision: None, fields: login("anna@example.org", "hunter2-secret") },
    );
    screen.ctrl(Key::E);
    screen.write("Title", " at work");
    screen
}

fn release_focus(screen: &mut Screen) {
    let focused = screen.window.ctx.memory(|memory| memory.focused());
    if let Some(id) = focused {
        screen.window.ctx.memory_mut(|memory| memory.surrender_focus(id));
    }
    screen.step();
}

#[test]
fn delete_does_nothing_while_something_is_edited() {
    let mut screen = editing();
    release_focus(&mut screen);
    screen.key(Key::Delete);
    assert!(screen.try_command().is_none(), "nothing goes to the trash");
    assert!(screen.tree().contains("GitHub at work"), "the draft stays");
}

#[test]
fn the_other_kind_keeps_what_was_typed() {
    let mut screen = Screen::unlocked(Vec::new());
    screen.ctrl(Key::N);
    screen.write("User name", "anna");
    screen.press("Kind: Note");
    screen.write("Text", "door 4711");
    screen.press("Kind: Login");
    assert!(screen.shows("anna"));
    screen.press("Kind: Note");
    assert!(screen.shows("door 4711"));
    screen.key(Key::Escape);
    assert!(screen.shows("Give up your changes?"));
}

#[test]
fn ctrl_e_twice_keeps_the_draft_of_a_document() {
    let mut screen = Screen::unlocked(items());
    screen.key(Key::ArrowDown);
    screen.key(Key::ArrowDown);
    screen.key(Key::ArrowDown);
    screen.ctrl(Key::E);
    screen.write("Title", " of Anna");
    screen.ctrl(Key::E);
    assert!(screen.tree().contains("Passport.txt of Anna"));
}

#[test]
fn no_command_but_the_lock_drops_a_draft_without_a_question() {
    for words in [
        "New login",
        "New note",
        "Add files",
        "Search the list",
        "Encrypted copy of a file",
        "Ways in: keys, recovery, emergency sheet",
        "Check this vault",
        "Save what still opens into a new vault",
        "Another vault",
        "New vault",
        "Settings",
        "AWS profiles",
        "Light colours",
        "Dark colours",
        "Colours of the desktop",
    ] {
        let mut screen = editing();
        screen.ctrl(Key::K);
        screen.press_last(words);
        assert_eq!(screen.locks(), 0, "{words}");
        if screen.shows("Give up your changes?") {
            screen.press("Go on editing");
        } else if screen.shows("Back") {
            screen.key(Key::Escape);
        }
        assert!(screen.tree().contains("GitHub at work"), "{words} dropped the draft");
    }
}

#[test]
fn another_vault_comes_after_the_question() {
    let mut screen = editing();
    screen.ctrl(Key::K);
    screen.press("Another vault");
    screen.press("Give up");
    assert_eq!(screen.locks(), 1);
    assert!(screen.shows("Choose a vault."));
}

#[test]
fn the_trash_is_not_emptied_over_a_draft() {
    let mut screen = Screen::unlocked(vec![described(4, "note", "Old note", true)]);
    screen.press("Trash");
    screen.press("Old note");
    let (request, _) = screen.command();
    let item = ItemId([4; 16]);
    screen.answer(request, What::ItemOpened { item, revision: None, fields: Fields::default() });
    screen.ctrl(Key::E);
    screen.write("Title", "er");
    screen.press("Empty the trash");
    screen.press("Give up");
    assert!(screen.shows("Delete this item for good?"));
    screen.press("Keep it");
    assert!(screen.try_command().is_none());
}

#[test]
fn a_lock_wins_over_a_draft_and_says_that_it_was_not_saved() {
    let mut screen = editing();
    screen.ctrl(Key::L);
    assert_eq!(screen.locks(), 1);
    screen.tell(What::Locked(LockReason::Asked));
    let mut last = screen.command();
    while let Some(next) = screen.try_command() {
        last = next;
    }
    let (request, command) = last;
    assert!(matches!(command, Command::InspectVault { .. }), "{command:?}");
    screen.answer(request, What::Inspected(vault_with(vec![KeyView::Passphrase], Trust::Known)));
    assert!(screen.shows("A draft was not saved."));
    assert!(!screen.tree().contains("GitHub"));
    let mut screen = Screen::unlocked(items());
    screen.tell(What::Locking(LockReason::Idle));
    let (request, _) = screen.command();
    screen.answer(request, What::Inspected(vault_with(vec![KeyView::Passphrase], Trust::Known)));
    assert!(!screen.shows("A draft was not saved."));
}
