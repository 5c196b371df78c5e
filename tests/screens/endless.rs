//! Values without an end, or without anything to see: the window draws a part, says so, and stays as quick as it was.

use egui::Key;
use egui::epaint::{ClippedShape, Shape};
use sealkeep::secret::SecretString;
use sealkeep::vault::{Field, Fields, ItemId};
use sealkeep::worker::{Command, What};

use crate::support::screen::{Screen, items};

const GITHUB: ItemId = ItemId([1; 16]);
const LONG: usize = 5_000_000;
/// A full window of text has fewer.
const MOST_GLYPHS: usize = 20_000;

/// How many glyphs the last frame drew.
fn glyphs(screen: &Screen) -> usize {
    fn of(shape: &Shape) -> usize {
        match shape {
            Shape::Text(text) => text.galley.rows.iter().map(|row| row.glyphs.len()).sum(),
            Shape::Vec(shapes) => shapes.iter().map(of).sum(),
            _ => 0,
        }
    }
    screen.window.output().shapes.iter().map(|ClippedShape { shape, .. }| of(shape)).sum()
}

fn open(fields: &[(&str, &str, bool)]) -> Screen {
    let mut screen = Screen::unlocked(items());
    screen.press("GitHub");
    let (request, _) = screen.command();
    let field = |&(name, value, hidden): &(&str, &str, bool)| Field {
        name: name.to_owned(),
        value: SecretString::copy_of(value),
        hidden,
    };
    let fields = Fields(fields.iter().map(field).collect());
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: None, fields });
    screen
}

#[test]
fn a_value_of_megabytes_shows_its_beginning_and_copies_whole() {
    let long = "x".repeat(LONG);
    let mut screen = open(&[("username", &long, false), ("password", &long, true)]);
    screen.press("Show password");
    assert!(screen.mentions("This is the beginning of 5.0 MB."), "{}", screen.tree());
    assert!(glyphs(&screen) < MOST_GLYPHS, "{} glyphs", glyphs(&screen));
    assert!(screen.tree().len() < 100_000, "a screen reader gets what is on the screen");
    for name in ["Copy user name", "Copy password"] {
        screen.press(name);
        let (_, command) = screen.command();
        let Command::Copy { text } = command else { panic!("{command:?}") };
        assert_eq!(text.len(), LONG);
    }
}

#[test]
fn a_million_characters_that_nobody_sees_are_drawn_as_signs_and_not_all() {
    for unseen in ["\u{200B}", "\0", "\u{200D}", "\u{301}", "\n", "\t"] {
        let text = unseen.repeat(1_000_000);
        let mut screen = open(&[("username", &text, false), ("password", &text, true), ("notes", &text, false)]);
        screen.press("Show password");
        let drawn = glyphs(&screen);
        assert!(drawn < 2 * MOST_GLYPHS, "{drawn} glyphs of {unseen:?}");
    }
}

#[test]
fn a_field_of_one_line_takes_and_keeps_megabytes() {
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::N);
    screen.write("Title", "Long");
    for name in ["User name", "Password"] {
        screen.write(name, "begin");
        screen.window.event(egui::Event::Paste("ä".repeat(LONG / 2)));
        screen.step();
        assert!(glyphs(&screen) < MOST_GLYPHS, "{} glyphs", glyphs(&screen));
        screen.key(Key::Home);
        screen.write(name, "");
        screen.key(Key::End);
        screen.window.event(egui::Event::Text("end".to_owned()));
        screen.step();
    }
    screen.ctrl(Key::S);
    let (_, command) = screen.command();
    let Command::SaveItem { draft, .. } = command else { panic!("{command:?}") };
    for name in ["username", "password"] {
        // EXPOSE: compared in a test.
        let value = draft.fields.value(name).unwrap().expose();
        assert!(value.starts_with("beginä") && value.ends_with("äend"));
        assert_eq!(value.len(), LONG + 8);
    }
}
