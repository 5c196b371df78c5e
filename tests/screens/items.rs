//! The list and the items: search, keys, copy, reveal, edit, trash.

use egui::Key;
use egui_kittest::kittest::Queryable;
use sealkeep::secret::SecretString;
use sealkeep::vault::{Field, Fields, ItemId, Kind};
use sealkeep::worker::{Command, Generate, Problem, RekeyStep, Resume, What};

use crate::support::screen::{Screen, changed, described, item, items, login, numbered};

const GITHUB: ItemId = ItemId([1; 16]);

fn open_login(screen: &mut Screen) {
    screen.press("GitHub");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::OpenItem { item: GITHUB, revision: None }), "{command:?}");
    let fields = login("anna@example.org", "hunter2-secret");
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: None, fields });
}

#[test]
fn typing_filters_the_list_and_escape_brings_it_back() {
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::F);
    screen.write("Search", "PASS");
    assert!(screen.shows("Passport.txt") && !screen.shows("GitHub"));
    screen.write("Search", "zzz");
    assert!(screen.shows("Nothing found"));
    screen.key(Key::Escape);
    assert!(screen.shows("GitHub") && screen.shows("Door codes"));
    assert!(screen.try_command().is_none(), "searching asks nothing of the worker");
}

#[test]
fn what_a_search_leaves_is_a_choice_for_new_keys() {
    const WORDS: &str = "New keys for the items that the list shows";
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::K);
    assert!(!screen.shows(WORDS) && screen.shows("New keys for everything, or for what is old"));
    screen.key(Key::Escape);
    screen.ctrl(Key::F);
    screen.write("Search", "t");
    let listed: Vec<_> =
        items().into_iter().filter(|item| screen.shows(item.title.expose())).map(|item| item.id).collect();
    assert!((2..items().len()).contains(&listed.len()), "{listed:?}");
    screen.ctrl(Key::K);
    screen.press(WORDS);
    let (_, command) = screen.command();
    let Command::Rekey(RekeyStep::Plan(scope, Resume::GoOn)) = command else { panic!("{command:?}") };
    let (mut chosen, mut listed) = (scope.items.unwrap(), listed);
    chosen.sort();
    listed.sort();
    assert_eq!((chosen, scope.older_than_days), (listed, None));
}

#[test]
fn arrows_select_without_opening_and_enter_opens() {
    let mut screen = Screen::unlocked(items());
    screen.key(Key::ArrowDown);
    screen.key(Key::ArrowDown);
    assert!(screen.try_command().is_none(), "walking through the list decrypts nothing");
    screen.key(Key::ArrowUp);
    screen.key(Key::Enter);
    let (_, command) = screen.command();
    assert!(matches!(command, Command::OpenItem { item, .. } if item == ItemId([3; 16])), "{command:?}");
}

#[test]
fn a_screen_reader_gets_a_password_while_it_is_shown_and_not_before_or_after() {
    let mut screen = Screen::unlocked(items());
    open_login(&mut screen);
    assert!(screen.shows("anna@example.org"));
    assert!(!screen.tree().contains("hunter2-secret"));
    screen.press("Show password");
    assert!(screen.tree().contains("hunter2-secret"));
    screen.press("Hide password");
    assert!(!screen.tree().contains("hunter2-secret"));
    screen.press("Copy password");
    let (_, command) = screen.command();
    let Command::Copy { text } = command else { panic!("{command:?}") };
    assert_eq!(text.expose(), "hunter2-secret");
}

#[test]
fn shortcuts_copy_from_a_closed_item_without_showing_it() {
    let mut screen = Screen::unlocked(items());
    screen.key(Key::ArrowDown);
    screen.key(Key::ArrowDown);
    screen.window.event(egui::Event::Copy);
    screen.step();
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::CopyField { item: GITHUB, field } if field == "password"), "{command:?}");
    screen.ctrl(Key::B);
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::CopyField { item: GITHUB, field } if field == "username"), "{command:?}");
}

#[test]
fn a_new_login_is_saved_with_a_generated_password_and_opened() {
    let mut screen = Screen::unlocked(Vec::new());
    screen.ctrl(Key::N);
    screen.write("Title", "Bank");
    screen.write("User name", "anna");
    screen.press("Generate");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::Generate(Generate::Password(20))), "{command:?}");
    screen.answer(request, What::Generated(SecretString::copy_of("Tr0ub4dor&3")));
    screen.write("Tags", "money, home");
    screen.ctrl(Key::S);
    let (request, command) = screen.command();
    let Command::SaveItem { item: None, draft } = command else { panic!("{command:?}") };
    assert_eq!((draft.title.expose(), draft.kind), ("Bank", Kind::Login));
    assert_eq!(draft.tags.iter().map(SecretString::expose).collect::<Vec<_>>(), ["money", "home"]);
    let value = |name: &str| draft.fields.value(name).map(|value| value.expose().to_owned());
    assert_eq!((value("username").as_deref(), value("password").as_deref()), (Some("anna"), Some("Tr0ub4dor&3")));
    assert_eq!(value("url"), None, "an empty field is not saved");
    let bank = ItemId([9; 16]);
    screen.answer(request, What::Saved { item: bank });
    screen.tell(changed(vec![item(9, "login", "Bank")]));
    let (_, command) = screen.command();
    assert!(matches!(command, Command::OpenItem { item, .. } if item == bank), "{command:?}");
}

#[test]
fn a_failed_save_keeps_the_draft() {
    let mut screen = Screen::unlocked(Vec::new());
    screen.ctrl(Key::N);
    screen.write("Title", "Bank");
    screen.press("Save");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::DiskFull { needed: Some(1_800_000_000) }));
    assert!(screen.shows("The disk is full: 1.8 GB more is needed."));
    screen.press("Try again");
    let (_, command) = screen.command();
    let Command::SaveItem { draft, .. } = command else { panic!("{command:?}") };
    assert_eq!(draft.title.expose(), "Bank");
}

#[test]
fn a_new_title_alone_makes_no_new_revision() {
    let mut screen = Screen::unlocked(items());
    open_login(&mut screen);
    screen.ctrl(Key::E);
    screen.write("Title", " work");
    screen.press("Save");
    let (_, command) = screen.command();
    let Command::Describe { edits } = command else { panic!("{command:?}") };
    assert_eq!(edits[0].1.title.as_ref().map(SecretString::expose), Some("GitHub work"));
}

#[test]
fn fields_that_this_version_does_not_know_survive_an_edit() {
    let mut screen = Screen::unlocked(items());
    screen.press("GitHub");
    let (request, _) = screen.command();
    let mut fields = login("anna", "one");
    fields.0.push(Field { name: "pin".to_owned(), value: SecretString::copy_of("1234"), hidden: true });
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: None, fields });
    screen.ctrl(Key::E);
    screen.write("User name", "2");
    screen.press("Save");
    let (_, command) = screen.command();
    let Command::SaveItem { item: Some(GITHUB), draft } = command else { panic!("{command:?}") };
    assert_eq!(draft.fields.value("pin").map(SecretString::expose), Some("1234"));
    assert_eq!(draft.fields.value("username").map(SecretString::expose), Some("anna2"));
}

#[test]
fn a_draft_is_not_given_up_without_a_question() {
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::N);
    screen.write("Title", "Bank");
    screen.key(Key::Escape);
    assert!(screen.shows("Give up your changes?"));
    screen.press("Go on editing");
    assert!(screen.shows("Title"));
    screen.press("GitHub");
    screen.press("Give up");
    let (_, command) = screen.command();
    assert!(matches!(command, Command::OpenItem { item: GITHUB, .. }), "{command:?}");
}

#[test]
fn delete_moves_to_the_trash_and_undo_brings_it_back() {
    let mut screen = Screen::unlocked(items());
    open_login(&mut screen);
    screen.key(Key::Delete);
    let (request, command) = screen.command();
    let Command::Describe { edits } = command else { panic!("{command:?}") };
    assert_eq!((edits[0].0, edits[0].1.trashed), (GITHUB, Some(true)));
    screen.answer(request, What::Changed { items: vec![GITHUB] });
    assert!(screen.shows("Moved to the trash"));
    screen.press("Undo");
    let (_, command) = screen.command();
    let Command::Describe { edits } = command else { panic!("{command:?}") };
    assert_eq!((edits[0].0, edits[0].1.trashed), (GITHUB, Some(false)));
}

#[test]
fn the_keyboard_takes_back_what_was_done_last() {
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::Z);
    assert!(screen.try_command().is_none(), "nothing was done");
    open_login(&mut screen);
    screen.key(Key::Delete);
    let (request, _) = screen.command();
    screen.answer(request, What::Changed { items: vec![GITHUB] });
    screen.ctrl(Key::Z);
    let (_, command) = screen.command();
    let Command::Describe { edits } = command else { panic!("{command:?}") };
    assert_eq!((edits[0].0, edits[0].1.trashed), (GITHUB, Some(false)));
    screen.ctrl(Key::Z);
    assert!(screen.try_command().is_none(), "and once");
}

/// What the list does not show any more is nothing that a key is for.
#[test]
fn a_search_lets_go_of_what_it_hides_and_keys_are_for_the_first_hit() {
    let mut screen = Screen::unlocked(items());
    open_login(&mut screen);
    assert!(screen.shows("anna@example.org"));
    screen.ctrl(Key::F);
    screen.write("Search", "door");
    assert!(!screen.shows("anna@example.org"), "{}", screen.tree());
    screen.window.event(egui::Event::Copy);
    screen.step();
    let (_, command) = screen.command();
    assert!(
        matches!(&command, Command::CopyField { item, field } if *item == ItemId([3; 16]) && field == "text"),
        "{command:?}"
    );
    screen.write("Search", " and nothing else");
    assert!(screen.shows("Nothing found"));
    screen.window.event(egui::Event::Copy);
    screen.step();
    assert!(screen.try_command().is_none(), "there is no hit to copy of");
}

#[test]
fn after_escape_the_arrows_go_on_in_the_list() {
    let mut screen = Screen::unlocked(items());
    open_login(&mut screen);
    screen.key(Key::Escape);
    assert!(!screen.shows("anna@example.org") && screen.shows("Open"), "{}", screen.tree());
    assert!(screen.window.get_by_label("Items").is_focused());
    screen.key(Key::ArrowDown);
    assert!(screen.window.get_by_label("Items").is_focused());
    screen.key(Key::ArrowUp);
    screen.key(Key::Enter);
    let (_, command) = screen.command();
    assert!(matches!(command, Command::OpenItem { item: GITHUB, .. }), "{command:?}");
    screen.key(Key::Escape);
    screen.key(Key::Escape);
    assert!(screen.shows("Choose an item"), "and a second time lets go of the row");
    screen.key(Key::ArrowDown);
    assert!(screen.window.get_by_label("Items").is_focused());
}

#[test]
fn what_was_restored_is_said_and_can_be_shown() {
    let mut screen = Screen::unlocked(vec![described(4, "note", "Old note", true)]);
    screen.press("Trash");
    screen.press("Old note");
    let (request, _) = screen.command();
    let item = ItemId([4; 16]);
    screen.answer(request, What::ItemOpened { item, revision: None, fields: Fields::default() });
    screen.press("Restore");
    let (request, _) = screen.command();
    screen.tell(changed(vec![described(4, "note", "Old note", false)]));
    assert!(screen.shows("The trash is empty"));
    screen.answer(request, What::Changed { items: vec![item] });
    assert!(screen.shows("Restored from the trash"));
    screen.press("Show");
    assert!(screen.shows("1 item") && !screen.shows("The trash is empty"));
    assert!(screen.try_command().is_none(), "showing it decrypts nothing");
}

#[test]
fn emoji_have_glyphs_in_every_face_that_shows_a_vaults_text() {
    // A glyph that is missing would fail here.
    let mut screen = Screen::unlocked(vec![item(1, "login", "Bank 🏦 🔑"), item(2, "note", "Trip 🚆")]);
    screen.press("Bank 🏦 🔑");
    let (request, _) = screen.command();
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: None, fields: login("anna 🌻", "tulip 🌷") });
    screen.press("Show password");
    assert!(screen.shows("anna 🌻"));
}

#[test]
fn the_trash_restores_and_asks_before_it_deletes_for_good() {
    let mut screen = Screen::unlocked(vec![described(4, "note", "Old note", true)]);
    assert!(!screen.shows("Old note"), "what is in the trash is not in the list");
    screen.press("Trash");
    screen.press("Old note");
    let (request, _) = screen.command();
    let item = ItemId([4; 16]);
    screen.answer(request, What::ItemOpened { item, revision: None, fields: Fields::default() });
    screen.press("Restore");
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::Describe { edits } if edits[0].1.trashed == Some(false)), "{command:?}");
    screen.press("Empty the trash");
    assert!(screen.shows("Delete this item for good?"));
    screen.press("Keep it");
    assert!(screen.try_command().is_none());
    screen.press("Empty the trash");
    screen.press_last("Delete for good");
    let (_, command) = screen.command();
    assert!(
        matches!(&command, Command::Purge { items } if matches!(items[..], [(it, Some(_))] if it == item)),
        "{command:?}"
    );
}

#[test]
fn a_hundred_thousand_items_draw_only_what_is_seen() {
    let id = |number: u32| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_le_bytes());
        ItemId(id)
    };
    let many = (0..100_000).map(|number| numbered(id(number), "login", &format!("Item {number}"), false)).collect();
    let mut screen = Screen::unlocked(many);
    let rows = screen.tree().matches("ListBoxOption").count();
    assert!(rows > 5 && rows < 40, "{rows} rows");
    screen.key(Key::End);
    screen.write("Search", "99999");
    assert!(screen.shows("Item 99999"));
}

#[test]
fn a_copy_says_what_was_copied() {
    let mut screen = Screen::unlocked(items());
    open_login(&mut screen);
    screen.press("Copy password");
    let (request, _) = screen.command();
    screen.answer(request, What::ClipboardHolds { clears_in: None });
    assert!(screen.shows("Password copied"));
    screen.ctrl(Key::B);
    let (request, _) = screen.command();
    screen.answer(request, What::ClipboardHolds { clears_in: None });
    assert!(screen.shows("User name copied"));
}

#[test]
fn down_goes_from_the_search_into_the_list_where_delete_works() {
    let mut screen = Screen::unlocked(items());
    screen.write("Search", "hub");
    screen.key(Key::ArrowDown);
    screen.key(Key::Delete);
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::Describe { edits } if edits[0].1.trashed == Some(true)), "{command:?}");
    screen.ctrl(Key::F);
    screen.write("Search", "Door");
    assert!(screen.shows("Door codes"), "the old search gives way to the new one");
}

#[test]
fn a_question_has_the_focus_on_its_safe_button_and_names_the_item() {
    let mut screen = Screen::unlocked(vec![described(4, "note", "Old note", true)]);
    screen.press("Trash");
    screen.press("Empty the trash");
    assert_eq!(screen.tree().matches("Old note").count(), 2, "in the list and in the question");
    assert!(screen.window.get_by_label("Keep it").is_focused());
    screen.key(Key::Enter);
    assert!(!screen.shows("Delete this item for good?"));
    assert!(screen.try_command().is_none());
    screen.press("Empty the trash");
    screen.key(Key::Tab);
    screen.key(Key::Enter);
    assert!(matches!(screen.command().1, Command::Purge { .. }));
}
