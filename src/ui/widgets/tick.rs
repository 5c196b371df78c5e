//! Rows of which any number can be chosen.

use egui::accesskit::{Role, Toggled};
use egui::{CornerRadius, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use lucide_icons::Icon;

use super::frame::{self, RowState};
use super::{describe, icon, text};
use crate::ui::theme::{self, fonts, tokens::radius, tokens::size, tokens::space, tokens::type_size};

/// How high a row is, in points.
pub const ROW: f32 = 48.0;
const BOX: f32 = 18.0;

/// A row with a box to tick, a title and a second line, whole where the pointer stays if it had to be cut. One that is out of sight is
/// there for the keyboard and a screen reader, and not painted.
pub fn row(ui: &mut Ui, on: bool, title: &str, second: &str) -> Response {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    describe(ui, &response, Role::CheckBox, |node| {
        node.set_label(title);
        node.set_description(second);
        node.set_toggled(if on { Toggled::True } else { Toggled::False });
    });
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if !ui.is_rect_visible(rect) {
        return response;
    }
    frame::row(ui, rect, if response.hovered() { RowState::Hovered } else { RowState::Idle });
    if response.has_focus() {
        frame::focus_ring(ui, rect);
    }
    let corner = pos2(rect.min.x + space::S, rect.center().y - BOX / 2.0);
    let square = Rect::from_min_size(corner, vec2(BOX, BOX));
    let (fill, line) = if on { (p.accent, p.accent) } else { (p.field, p.outline) };
    ui.painter().rect(square, CornerRadius::same(radius::SMALL), fill, Stroke::new(1.5, line), StrokeKind::Inside);
    if on {
        icon::paint(ui.painter(), square, Icon::Check, size::ICON - 2.0, p.on_accent);
    }
    let room = Rect::from_min_max(pos2(square.max.x + space::M, rect.min.y), rect.max - vec2(space::S, 0.0));
    let line = |top: f32| Rect::from_min_size(room.min + vec2(0.0, top), vec2(room.width(), 18.0));
    text::line(ui.painter(), line(6.0), title, fonts::strong(type_size::BODY), p.text);
    let cut = text::line_middle(ui.painter(), line(24.0), second, fonts::text(type_size::SMALL), p.weak);
    if response.hovered() {
        ui.set_cursor_icon(egui::CursorIcon::PointingHand);
    }
    if cut { response.on_hover_text(second) } else { response }
}
