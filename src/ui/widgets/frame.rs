//! Surfaces: controls, rows and the ring around what has the focus.

use egui::{Color32, CornerRadius, Rect, Stroke, StrokeKind, Ui};

use crate::ui::theme::{self, tokens::radius, tokens::size};

/// A control's surface with its outline, or the focus ring in its place.
pub fn control(ui: &Ui, rect: Rect, fill: Color32, outline: Color32, focused: bool) {
    let rounded = CornerRadius::same(radius::MEDIUM);
    let stroke =
        if focused { Stroke::new(size::FOCUS_RING, theme::palette(ui).accent_text) } else { Stroke::new(1.0, outline) };
    ui.painter().rect(rect, rounded, fill, stroke, StrokeKind::Inside);
}

/// The ring around something that has the keyboard's focus.
pub fn focus_ring(ui: &Ui, rect: Rect) {
    let ring = Stroke::new(size::FOCUS_RING, theme::palette(ui).accent_text);
    ui.painter().rect_stroke(rect, CornerRadius::same(radius::MEDIUM), ring, StrokeKind::Inside);
}

/// What a row shows behind its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowState {
    /// Nothing.
    Idle,
    /// The pointer is over it.
    Hovered,
    /// It is chosen.
    Selected,
}

/// A row's surface.
pub fn row(ui: &Ui, rect: Rect, state: RowState) {
    let p = theme::palette(ui);
    let fill = match state {
        RowState::Idle => return,
        RowState::Hovered => p.hover,
        RowState::Selected => p.selected,
    };
    ui.painter().rect_filled(rect, CornerRadius::same(radius::MEDIUM), fill);
}
