//! Choosing one of several: in a bar, or in rows.

use egui::accesskit::{Role, Toggled};
use egui::{Rect, Response, Sense, Stroke, Ui, pos2, vec2};
use lucide_icons::Icon;

use super::{describe, frame, icon, text};
use crate::ui::theme::{self, fonts, tokens::radius, tokens::size, tokens::space, tokens::type_size};

/// A bar of choices; returns the one that was pressed. `name` says what is chosen.
pub fn bar<T: PartialEq + Copy>(ui: &mut Ui, name: &str, chosen: T, choices: &[(T, &str)]) -> Option<T> {
    let p = theme::palette(ui);
    let font = fonts::strong(type_size::SMALL);
    let widths: Vec<f32> = choices
        .iter()
        .map(|(_, text)| ui.fonts_mut(|f| f.layout_no_wrap((*text).to_owned(), font.clone(), p.text)).size().x + 28.0)
        .collect();
    let (whole, _) = ui.allocate_exact_size(vec2(widths.iter().sum::<f32>() + 6.0, size::CONTROL), Sense::hover());
    // What is chosen stands out of the bar, in the dark too.
    let (track, raised) = if ui.visuals().dark_mode { (p.sidebar, p.pressed) } else { (p.pressed, p.card) };
    ui.painter().rect_filled(whole, f32::from(radius::MEDIUM), track);
    let mut left = whole.min.x + 3.0;
    let mut pressed = None;
    for ((value, text), width) in choices.iter().zip(widths) {
        let rect = Rect::from_min_size(pos2(left, whole.min.y + 3.0), vec2(width, whole.height() - 6.0));
        left += width;
        let response = ui.interact(rect, ui.scope_id().with((name, *text)), Sense::click());
        let on = *value == chosen;
        radio(ui, &response, &format!("{name}: {text}"), on);
        if on {
            let line = Stroke::new(1.0, p.outline);
            let rounded = f32::from(radius::MEDIUM - 2);
            ui.painter().rect(rect, rounded, raised, line, egui::StrokeKind::Inside);
        }
        if response.has_focus() {
            frame::focus_ring(ui, rect);
        }
        let colour = if on || response.hovered() { p.text } else { p.weak };
        ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, text, font.clone(), colour);
        if response.clicked() && !on {
            pressed = Some(*value);
        }
    }
    pressed
}

/// A row that can be chosen: a picture, a title and a second line, whole where the pointer stays if it had to be cut.
pub fn row(ui: &mut Ui, chosen: bool, picture: Icon, title: &str, second: &str) -> Response {
    row_beside(ui, chosen, picture, title, second, 0.0)
}

/// As [`row`], with so much room kept free at its right end.
pub fn row_beside(ui: &mut Ui, chosen: bool, picture: Icon, title: &str, second: &str, free: f32) -> Response {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::CHOICE_ROW), Sense::click());
    radio(ui, &response, title, chosen);
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(second));
    let (fill, line) = match (chosen, response.hovered()) {
        (true, _) => (p.selected, p.accent_text),
        (false, true) => (p.hover, p.line),
        (false, false) => (p.card, p.line),
    };
    let stroke = Stroke::new(if chosen { 1.5 } else { 1.0 }, line);
    ui.painter().rect(rect, f32::from(radius::MEDIUM), fill, stroke, egui::StrokeKind::Inside);
    if response.has_focus() {
        frame::focus_ring(ui, rect);
    }
    let tile = Rect::from_min_size(rect.min + vec2(space::S, space::S), vec2(size::TILE, size::TILE));
    icon::tile(ui, tile, picture, chosen);
    let room = Rect::from_min_max(pos2(tile.max.x + space::M, rect.min.y), rect.max - vec2(space::M + free, 0.0));
    let line = |top: f32| Rect::from_min_size(room.min + vec2(0.0, top), vec2(room.width(), 18.0));
    let strong = if chosen { p.selected_text } else { p.text };
    text::line(ui.painter(), line(9.0), title, fonts::strong(type_size::BODY), strong);
    let cut = text::line_middle(ui.painter(), line(27.0), second, fonts::text(type_size::SMALL), p.weak);
    if response.hovered() {
        ui.set_cursor_icon(egui::CursorIcon::PointingHand);
    }
    if cut { response.on_hover_text(second) } else { response }
}

fn radio(ui: &Ui, response: &Response, name: &str, on: bool) {
    describe(ui, response, Role::RadioButton, |node| {
        node.set_label(name);
        node.set_toggled(if on { Toggled::True } else { Toggled::False });
    });
}
