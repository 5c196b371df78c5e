//! Dialogs: a question in the middle of a dimmed window.

use egui::{Context, CornerRadius, Frame, Id, Margin, Modal, Shadow, Stroke, Ui};

use crate::ui::theme::{self, tokens::radius, tokens::size, tokens::space};
use crate::ui::widgets::{Button, text};

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

/// The two buttons at a dialog's foot: the safe one first, also for the keyboard. `focus` gives it the focus when the dialog
/// comes up, so that Enter loses nothing.
pub fn answer(ui: &mut Ui, no: &str, yes: Button<'_>, focus: bool) -> Option<bool> {
    ui.add_space(space::L);
    let no = Button::new(no);
    let width = no.width(ui) + ui.spacing().item_spacing.x + yes.width(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        ui.add_space((ui.available_width() - width).max(0.0));
        let no = no.show(ui);
        if focus && comes_up(ui.ctx()) {
            no.request_focus();
        }
        let yes = yes.show(ui).clicked();
        if yes { Some(true) } else { no.clicked().then_some(false) }
    })
    .inner
}

/// Whether the dialog was not there before: its first passes, in which egui measures it.
fn comes_up(ctx: &Context) -> bool {
    let id = Id::unique("dialog that asks");
    let now = ctx.cumulative_pass_nr();
    let (first, last) = ctx.data(|data| data.get_temp::<(u64, u64)>(id)).unwrap_or((now, 0));
    let first = if now > last + 1 { now } else { first };
    ctx.data_mut(|data| data.insert_temp(id, (first, now)));
    now < first + 3
}
