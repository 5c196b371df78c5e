//! The list of commands: everything that makes sense now, and nothing else.

use egui::Key;
use sealkeep::vault::{Fields, ItemId};
use sealkeep::worker::{Command, What};

use crate::support::screen::{Screen, described, items, login, settings_with};

const GITHUB: ItemId = ItemId([1; 16]);

fn choose(screen: &mut Screen, words: &str) {
    screen.ctrl(Key::K);
    screen.write("Command", words);
    screen.key(Key::Enter);
}

#[test]
fn what_needs_an_item_is_listed_while_one_is_selected() {
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::K);
    for (words, listed) in [
        ("New login", true),
        ("New note", true),
        ("Add files", true),
        ("Encrypted copy of a file", true),
        ("Lock", true),
        ("Another vault", true),
        ("Dark colours", true),
        ("Move the item to the trash", false),
        ("Copy the user name", false),
        ("Restore the item from the trash", false),
    ] {
        screen.write("Command", words);
        assert_eq!(screen.tree().contains(&format!("ListBoxOption {words}\n")), listed, "{words}");
        screen.ctrl(Key::A);
        screen.key(Key::Delete);
    }
    screen.key(Key::Escape);
    screen.press("GitHub");
    let (request, _) = screen.command();
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: None, fields: login("anna", "one") });
    choose(&mut screen, "move to the trash");
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::Describe { edits } if edits[0].1.trashed == Some(true)), "{command:?}");
}

#[test]
fn the_commands_of_an_item_do_what_its_buttons_do() {
    let mut screen = Screen::unlocked(items());
    screen.key(Key::ArrowDown);
    screen.key(Key::ArrowDown);
    choose(&mut screen, "open the item");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::OpenItem { item: GITHUB, .. }), "{command:?}");
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: None, fields: login("anna", "one") });
    choose(&mut screen, "favourites");
    assert!(matches!(screen.command().1, Command::Describe { .. }));
    choose(&mut screen, "versions");
    assert!(matches!(screen.command().1, Command::OpenHistory { item: GITHUB }));
    choose(&mut screen, "close the item");
    assert!(screen.shows("Choose an item"));
}

#[test]
fn an_item_of_the_trash_has_the_commands_of_the_trash() {
    let mut screen = Screen::unlocked(vec![described(4, "note", "Old note", true)]);
    screen.press("Trash");
    screen.press("Old note");
    let (request, _) = screen.command();
    let item = ItemId([4; 16]);
    screen.answer(request, What::ItemOpened { item, revision: None, fields: Fields::default() });
    choose(&mut screen, "for good");
    assert!(screen.shows("Delete this item for good?"));
    screen.press("Keep it");
    choose(&mut screen, "restore");
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::Describe { edits } if edits[0].1.trashed == Some(false)), "{command:?}");
}

#[test]
fn a_file_can_be_encrypted_without_dragging_it_and_without_a_vault() {
    let mut screen = Screen::with(settings_with(&[]));
    choose(&mut screen, "encrypted copy");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::PickFiles { .. }), "{command:?}");
    screen.answer(request, What::Picked(vec!["/home/anna/scan.pdf".into()]));
    assert!(screen.shows("Encrypted copy of “scan.pdf”"));
    let width = |name| screen.field(name).rect().width();
    assert_eq!(width("Passphrase for the copy"), width("Passphrase for the copy again"), "fields of one width");
}
