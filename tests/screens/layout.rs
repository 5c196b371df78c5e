//! Where things stand: in sight, beside each other, and in a small window too.

use egui::{Key, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use sealkeep::vault::ItemId;
use sealkeep::worker::{Command, KeyView, Problem, Trust, What};

use crate::support::screen::{FAMILY, KEY, Screen, item, items, login, numbered, settings_with, vault_with};

const GITHUB: ItemId = ItemId([1; 16]);
/// The window of 1180 × 760 at 150 and at 200 per cent.
const AT_150: egui::Vec2 = vec2(786.0, 506.0);
const AT_200: egui::Vec2 = vec2(590.0, 380.0);

fn open_login(screen: &mut Screen) {
    screen.press("GitHub");
    let (request, _) = screen.command();
    let fields = login("anna@example.org", "hunter2-secret");
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: None, fields });
}

fn resized(mut screen: Screen, size: egui::Vec2) -> Screen {
    screen.window.set_size(size);
    screen.step();
    screen
}

#[test]
fn every_field_of_a_new_login_is_in_sight() {
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::N);
    for field in ["Title", "User name", "Password", "Website", "Tags", "One-time code secret", "Notes"] {
        let rect = screen.field(field).rect();
        assert!(rect.max.y < 726.0, "{field} ends at {}", rect.max.y);
    }
}

#[test]
fn both_passphrases_of_a_new_vault_have_fields_of_one_width() {
    let mut screen = Screen::with(settings_with(&[]));
    screen.press("On this computer");
    let width = |name| screen.field(name).rect().width();
    assert_eq!(width("Passphrase"), width("Passphrase again"));
}

#[test]
fn the_folded_sidebar_has_a_way_to_the_tags() {
    let mut screen = resized(Screen::unlocked(items()), vec2(860.0, 560.0));
    screen.press("Tags");
    screen.press("work");
    assert!(screen.shows("GitHub") && !screen.shows("Passport.txt"));
}

#[test]
fn a_menu_of_the_keyboard_takes_the_focus_and_escape_gives_it_back() {
    let mut screen = Screen::unlocked(items());
    open_login(&mut screen);
    screen.window.get_by_label("More").focus();
    screen.step();
    screen.key(Key::Enter);
    assert!(screen.window.get_by_label("Versions").is_focused());
    screen.key(Key::Escape);
    assert!(!screen.shows("Versions"), "the menu is closed");
    assert!(screen.window.get_by_label("More").is_focused());
    assert!(screen.shows("anna@example.org"), "and the item is not");
    // The menu says which key it is.
    screen.key(Key::Delete);
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::Describe { edits } if edits[0].1.trashed == Some(true)), "{command:?}");
}

#[test]
fn a_filter_begins_at_the_top() {
    let id = |number: u8, kind: u8| ItemId([number, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let logins = (0..100).map(|number| numbered(id(number, 1), "login", &format!("Login {number:02}"), false));
    let notes = (0..60).map(|number| numbered(id(number, 2), "note", &format!("Note {number:02}"), false));
    let mut screen = Screen::unlocked(logins.chain(notes).collect());
    screen.key(Key::ArrowDown);
    screen.key(Key::End);
    assert!(screen.shows("Note 59") && !screen.shows("Login 00"));
    screen.press("Logins");
    assert!(screen.shows("Login 00"), "what is selected is not in it: it begins at its top");
    screen.press("Notes");
    assert!(screen.shows("Note 00"), "and is selected no more");
    screen.press("All items");
    screen.ctrl(Key::F);
    screen.key(Key::ArrowDown);
    screen.key(Key::End);
    screen.press("Notes");
    assert!(screen.shows("Note 59") && !screen.shows("Note 00"), "what is selected is in view");
}

#[test]
fn in_a_window_for_one_pane_an_open_item_stands_in_the_lists_place() {
    let mut screen = resized(Screen::unlocked(items()), AT_200);
    screen.ctrl(Key::F);
    screen.key(Key::ArrowDown);
    assert!(screen.shows("Door codes"), "walking through the list opens nothing");
    screen.key(Key::Enter);
    let (request, command) = screen.command();
    assert!(matches!(command, Command::OpenItem { item, .. } if item == ItemId([3; 16])), "{command:?}");
    screen.answer(request, What::Failed(Problem::Cancelled));
    open_login(&mut screen);
    assert!(screen.shows("anna@example.org") && !screen.shows("Door codes"));
    screen.press("Close the item");
    assert!(screen.shows("Door codes"));
    screen.ctrl(Key::N);
    assert!(screen.shows("New login") && !screen.shows("Door codes"));
    screen.key(Key::Escape);
    assert!(screen.shows("Door codes"));
}

#[test]
fn a_long_title_is_read_in_lines() {
    let title = "The savings account at the bank of my grandmother, who lives beside the harbour of a town with a name";
    let mut screen = Screen::unlocked(vec![item(1, "login", title), item(2, "note", "Short")]);
    screen.press(title);
    let height = |screen: &Screen, title: &str| {
        let found = screen
            .window
            .query_all_by_label(title)
            .find(|node| node.accesskit_node().role() == egui::accesskit::Role::Heading);
        found.expect("its head").rect().height()
    };
    let long = height(&screen, title);
    screen.press("Short");
    assert!(long >= 2.0 * height(&screen, "Short"), "{long}");
}

#[test]
fn a_toast_does_not_cover_what_adds_items() {
    for size in [AT_150, AT_200] {
        let mut screen = resized(Screen::unlocked(items()), size);
        screen.tell(What::ClipboardHolds { clears_in: None });
        let toast = screen
            .window
            .get_by_label("Dismiss")
            .rect()
            .union(screen.window.query_all_by_label("Copied").last().unwrap().rect());
        for name in ["New", "Add files"] {
            assert!(!toast.intersects(screen.window.get_by_label(name).rect()), "{name} at {size}");
        }
    }
}

#[test]
fn the_arn_of_a_vaults_key_can_be_copied_before_it_is_opened() {
    let mut screen = Screen::with(settings_with(&[FAMILY]));
    let (request, _) = screen.command();
    let key = KeyView::Kms { arn: KEY.to_owned(), region: "eu-west-1".to_owned() };
    screen.answer(request, What::Inspected(vault_with(vec![key], Trust::Known)));
    screen.press("Copy the key's ARN");
    let (_, command) = screen.command();
    let Command::CopyPlain { text } = command else { panic!("{command:?}") };
    assert_eq!(text, KEY);
}
