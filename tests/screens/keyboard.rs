//! Tab reaches everything, and what it reached shows it.

use std::collections::BTreeSet;

use egui::Key;
use egui::epaint::{ClippedShape, Shape};
use egui_kittest::kittest::NodeT;
use sealkeep::vault::{Field, Fields, ItemId};
use sealkeep::worker::What;

use crate::support::screen::{Screen, items, login};

/// As thick as nothing else is.
const RING: f32 = sealkeep::ui::theme::tokens::size::FOCUS_RING;

fn rings(screen: &Screen) -> usize {
    fn of(shape: &Shape) -> usize {
        match shape {
            Shape::Rect(rect) => usize::from(rect.stroke.width == RING),
            Shape::Vec(shapes) => shapes.iter().map(of).sum(),
            _ => 0,
        }
    }
    screen.window.output().shapes.iter().map(|ClippedShape { shape, .. }| of(shape)).sum()
}

/// Goes all around with Tab; the names of what had the focus.
fn tour(screen: &mut Screen) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for _ in 0..60 {
        screen.key(Key::Tab);
        let focused = screen.window.root().children_recursive().find(|node| node.accesskit_node().is_focused());
        let Some(name) = focused.map(|node| node.accesskit_node().label().unwrap_or_default()) else { continue };
        assert_eq!(rings(screen), 1, "rings while {name:?} has the focus");
        seen.insert(name);
    }
    seen
}

#[test]
fn tab_reaches_every_control_of_a_vault_and_each_shows_the_focus() {
    let mut screen = Screen::unlocked(items());
    screen.press("GitHub");
    let (request, _) = screen.command();
    let mut fields = login("anna@example.org", "hunter2-secret");
    let notes = "first\nsecond";
    fields.0.push(Field {
        name: "notes".to_owned(),
        value: sealkeep::secret::SecretString::copy_of(notes),
        hidden: false,
    });
    screen.answer(request, What::ItemOpened { item: ItemId([1; 16]), revision: None, fields: Fields(fields.0) });
    let seen = tour(&mut screen);
    for name in [
        "Search",
        "Items",
        "New",
        "Add files",
        "By name",
        "All items",
        "Trash",
        "work",
        "Edit",
        "More",
        "Show password",
        "Copy password",
        "Copy user name",
        "Notes",
        "Copy notes",
        "Close the item",
        "Lock",
    ] {
        assert!(seen.contains(name), "{name:?} is not reached: {seen:?}");
    }
}

#[test]
fn tab_reaches_every_control_of_an_editor_and_each_shows_the_focus() {
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::N);
    let seen = tour(&mut screen);
    for name in ["Title", "User name", "Password", "Show password", "Generate", "Notes", "Tags", "Cancel", "Kind: Note"]
    {
        assert!(seen.contains(name), "{name:?} is not reached: {seen:?}");
    }
}
