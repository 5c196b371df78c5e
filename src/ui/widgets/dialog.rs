//! Dialogs: a question in the middle of a dimmed window.

use egui::{Context, CornerRadius, Frame, Id, Margin, Modal, Shadow, Stroke, Ui};

use crate::ui::theme::{self, tokens::radius, tokens::size, tokens::space};
use crate::ui::widgets::text;

/// Shows a dialog. `None` as the answer while nothing was chosen; Escape and a click beside it give `dismissed`.
pub fn show<T>(ctx: &Context, name: &str, dismissed: T, content: impl FnOnce(&mut Ui) -> Option<T>) -> Option<T> {
    let dark = ctx.global_style().visuals.dark_mode;
    let p = if dark { &theme::tokens::DARK } else { &theme::tokens::LIGHT };
    let frame = Frame::NONE
        .fill(p.raised)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(CornerRadius::same(radius::LARGE))
        .inner_margin(Margin::same(space::XL as i8))
        .shadow(Shadow { offset: [0, 12], blur: 40, spread: 0, color: p.shadow });
    let response = Modal::new(Id::unique(("dialog", name))).frame(frame).backdrop_color(p.scrim).show(ctx, |ui| {
        ui.set_width(size::DIALOG);
        ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
            node.set_role(egui::accesskit::Role::Dialog);
            node.set_label(name);
            node.set_modal();
        });
        text::heading(ui, name);
        ui.add_space(space::XS);
        content(ui)
    });
    let escaped = ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape));
    let beside = response.backdrop_response.clicked();
    response.inner.or_else(|| (escaped || beside).then_some(dismissed))
}

/// The row of buttons at a dialog's foot: first drawn is rightmost.
pub fn buttons<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.add_space(space::L);
    ui.allocate_ui_with_layout(
        egui::vec2(ui.available_width(), size::CONTROL),
        egui::Layout::right_to_left(egui::Align::Center),
        content,
    )
    .inner
}
