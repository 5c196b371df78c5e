//! Something that can be done: what it is about, when one wants it, and its buttons at the right end.

use egui::Ui;

use crate::ui::theme::tokens::space;
use crate::ui::views::parts;
use crate::ui::widgets::{Button, text};

/// A button: what it says, and what a screen reader calls it.
pub(super) type Offered<'a> = (&'a str, &'a str);

/// Draws it, `indent` points from the left; returns which of `buttons` was pressed. Nothing can be where it is not `enabled`.
pub(super) fn show(
    ui: &mut Ui,
    indent: f32,
    (what, when): (&str, &str),
    buttons: &[Offered<'_>],
    enabled: bool,
) -> Option<usize> {
    let gap = ui.spacing().item_spacing.x;
    let taken: f32 = buttons.iter().map(|(words, _)| gap + Button::new(words).small().width(ui)).sum();
    let mut pressed = None;
    ui.horizontal_top(|ui| {
        ui.add_space(indent);
        let apart = if buttons.is_empty() { 0.0 } else { space::S };
        let room = ui.available_width() - taken - apart;
        ui.vertical(|ui| {
            ui.set_width(room);
            ui.spacing_mut().item_spacing.y = space::XS;
            text::body(ui, what);
            if !when.is_empty() {
                text::small(ui, when);
            }
        });
        if buttons.is_empty() {
            return;
        }
        ui.add_space(apart);
        for (at, (words, name)) in buttons.iter().enumerate() {
            let button = Button::new(words).small().enabled(enabled).show(ui);
            if parts::named(ui, button, name).clicked() && enabled {
                pressed = Some(at);
            }
        }
    });
    pressed
}
