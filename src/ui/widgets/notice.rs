//! Boxes that say what happened and what to do.

use egui::{CornerRadius, Frame, Margin, Ui};
use lucide_icons::Icon;

use super::{icon, speech, text};
use crate::ui::theme::{self, tokens::radius, tokens::size, tokens::space};

/// How serious it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Good to know.
    Plain,
    /// It worked.
    Good,
    /// Needs attention.
    Warning,
    /// It went wrong.
    Problem,
}

/// Shows a box: what happened, what to do, and `actions` below. A screen reader reads it out when it appears.
pub fn show<R>(ui: &mut Ui, tone: Tone, happened: &str, to_do: &str, actions: impl FnOnce(&mut Ui) -> R) -> R {
    let p = theme::palette(ui);
    let (fill, colour, picture) = match tone {
        Tone::Plain => (p.accent_soft, p.accent_text, Icon::Info),
        Tone::Good => (p.accent_soft, p.success, Icon::CircleCheck),
        Tone::Warning => (p.warning_soft, p.warning, Icon::TriangleAlert),
        Tone::Problem => (p.danger_soft, p.danger, Icon::CircleAlert),
    };
    Frame::NONE
        .fill(fill)
        .corner_radius(CornerRadius::same(radius::MEDIUM))
        .inner_margin(Margin::symmetric(space::M as i8, space::M as i8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing = egui::vec2(space::S + 2.0, 2.0);
                icon::show(ui, picture, size::ICON + 1.0, colour);
                ui.vertical(|ui| {
                    let label = text::strong(ui, happened);
                    let urgent = tone == Tone::Problem;
                    speech::announce(ui, &label, happened, urgent);
                    if !to_do.is_empty() {
                        let label = text::small(ui, to_do);
                        speech::announce(ui, &label, to_do, urgent);
                    }
                    actions(ui)
                })
                .inner
            })
            .inner
        })
        .inner
}

/// A box without actions.
pub fn plain(ui: &mut Ui, tone: Tone, happened: &str, to_do: &str) {
    show(ui, tone, happened, to_do, |_| ());
}
