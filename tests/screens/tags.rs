//! The tags of an item: chips that come and go with keys and clicks, and tags of other items that are offered.

use std::sync::Arc;

use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase};
use egui_kittest::kittest::Queryable;
use sealkeep::format::v1::SummaryRecord;
use sealkeep::secret::SecretString;
use sealkeep::vault::{CollectionId, Fields, ItemId, ItemSummary};
use sealkeep::worker::{Command, What};

use crate::support::screen::{Screen, items};

fn tagged(number: u8, tags: &[&str]) -> Arc<ItemSummary> {
    let record = SummaryRecord {
        kind: "note".to_owned(),
        title: SecretString::copy_of(&format!("Note {number}")),
        tags: tags.iter().map(|tag| SecretString::copy_of(tag)).collect(),
        subtitle: SecretString::default(),
        media_type: String::new(),
        size: 0,
        favourite: false,
        trashed: None,
        created: 1_760_000_000,
        modified: 1_778_600_000,
        revision: 1,
    };
    Arc::new(ItemSummary::from_record(ItemId([number; 16]), CollectionId([0; 16]), record))
}

/// The editor of an item with the tag `home`, in a vault whose others have more.
fn editing() -> Screen {
    let others = [tagged(11, &["travel", "work"]), tagged(12, &["travel", "trains"]), tagged(13, &["home"])];
    let mut screen = Screen::unlocked(items().into_iter().chain(others).collect());
    screen.press("Note 13");
    let (request, _) = screen.command();
    let fields = Fields::default();
    screen.answer(request, What::ItemOpened { item: ItemId([13; 16]), revision: None, fields });
    screen.ctrl(Key::E);
    assert!(screen.shows("Remove tag home"), "{}", screen.tree());
    screen
}

fn saved(screen: &mut Screen) -> Vec<String> {
    screen.ctrl(Key::S);
    let (_, command) = screen.command();
    let Command::Describe { edits } = command else { panic!("{command:?}") };
    edits[0].1.tags.as_ref().unwrap().iter().map(|tag| tag.expose().to_owned()).collect()
}

#[test]
fn a_comma_or_enter_makes_a_tag_and_backspace_takes_the_last_one() {
    let mut screen = editing();
    screen.write("Tags", "money,");
    assert!(screen.shows("Remove tag money"));
    screen.write("Tags", "taxes");
    screen.key(Key::Enter);
    assert!(screen.shows("Remove tag taxes") && screen.field("Tags").is_focused());
    screen.key(Key::Backspace);
    assert!(!screen.shows("Remove tag taxes") && screen.shows("Remove tag money"));
    screen.write("Tags", "still typed");
    assert_eq!(saved(&mut screen), ["home", "money", "still typed"]);
}

#[test]
fn backspace_in_an_empty_field_without_tags_changes_nothing() {
    let mut screen = editing();
    screen.field("Tags").focus();
    screen.step();
    screen.key(Key::Backspace);
    assert!(!screen.shows("Remove tag home"));
    screen.key(Key::Backspace);
    assert_eq!(saved(&mut screen), Vec::<String>::new());
}

#[test]
fn tags_of_other_items_are_offered_and_taken_with_the_keyboard_or_a_click() {
    let mut screen = editing();
    assert!(!screen.mentions("Add tag"), "nobody is typing");
    screen.write("Tags", "tra");
    assert!(screen.shows("Add tag travel") && screen.shows("Add tag trains") && !screen.shows("Add tag work"));
    screen.key(Key::ArrowDown);
    screen.key(Key::Enter);
    assert!(screen.shows("Remove tag travel"), "the most used one comes first");
    assert!(!screen.mentions("Add tag") && screen.field("Tags").is_focused());
    screen.write("Tags", "wo");
    screen.press("Add tag work");
    assert!(screen.field("Tags").is_focused());
    assert_eq!(saved(&mut screen), ["home", "travel", "work"]);
}

#[test]
fn without_a_letter_the_down_key_shows_the_most_used_ones() {
    let mut screen = editing();
    screen.field("Tags").focus();
    screen.step();
    screen.key(Key::ArrowDown);
    assert!(screen.shows("Add tag travel") && !screen.shows("Add tag home"), "it has that one already");
    screen.key(Key::Escape);
    assert!(!screen.mentions("Add tag") && screen.field("Tags").is_focused(), "only the offers are put away");
    screen.key(Key::Escape);
    assert!(!screen.shows("Save"), "and then the editor");
}

#[test]
fn what_is_typed_when_it_is_saved_is_written_as_the_vault_has_it_too() {
    let mut screen = editing();
    screen.write("Tags", "TRAVEL");
    assert_eq!(saved(&mut screen), ["home", "travel"]);
}

#[test]
fn a_tag_is_taken_off_with_its_cross_and_written_as_the_vault_has_it() {
    let mut screen = editing();
    screen.press("Remove tag home");
    assert!(screen.field("Tags").is_focused());
    screen.write("Tags", "TRAVEL");
    // Whoever goes on has finished.
    screen.key(Key::Tab);
    assert!(screen.shows("Remove tag travel"), "{}", screen.tree());
    assert_eq!(saved(&mut screen), ["travel"]);
}

#[test]
fn of_many_tags_those_in_view_are_drawn_and_the_wheel_brings_the_others() {
    let tags: Vec<String> = (0..2000).map(|number| format!("tag {number:04}")).collect();
    let names: Vec<&str> = tags.iter().map(String::as_str).collect();
    let mut screen = Screen::unlocked(vec![tagged(1, &names)]);
    let drawn = |screen: &Screen| screen.window.query_all_by_label_contains("tag ").count();
    assert!(screen.shows("tag 0000") && drawn(&screen) < 60, "{}", drawn(&screen));
    // Over the sidebar.
    screen.window.hover_at(egui::pos2(110.0, 600.0));
    let wheel = |y| Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: egui::vec2(0.0, y),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    };
    screen.window.event(wheel(-200_000.0));
    screen.window.run_steps(30);
    assert!(screen.shows("tag 1999") && !screen.shows("tag 0000") && drawn(&screen) < 60, "{}", screen.tree());
    screen.window.event(wheel(200_000.0));
    screen.window.run_steps(30);
    assert!(screen.shows("tag 0000") && !screen.shows("tag 1999"));
}
