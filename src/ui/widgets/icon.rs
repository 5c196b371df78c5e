//! Icons from the icon font.

use egui::{Align2, Color32, Painter, Rect, Ui, vec2};
use lucide_icons::Icon;

use crate::ui::theme::{self, fonts, tokens::radius};

/// Paints an icon in the middle of `rect`.
pub fn paint(painter: &Painter, rect: Rect, icon: Icon, points: f32, colour: Color32) {
    painter.text(rect.center(), Align2::CENTER_CENTER, char::from(icon), fonts::icons(points), colour);
}

/// An icon of its own size in the layout. It has no name: the text beside it says what it means.
pub fn show(ui: &mut Ui, icon: Icon, points: f32, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(points, points), egui::Sense::hover());
    paint(ui.painter(), rect, icon, points, colour);
}

/// An icon on a tile, as rows and headers have it.
pub fn tile(ui: &Ui, rect: Rect, icon: Icon, selected: bool) {
    let p = theme::palette(ui);
    let (fill, colour) = if selected { (p.card, p.selected_text) } else { (p.accent_soft, p.accent_text) };
    ui.painter().rect_filled(rect, f32::from(radius::MEDIUM + 1), fill);
    paint(ui.painter(), rect, icon, rect.height() * 0.5, colour);
}
