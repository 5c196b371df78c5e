//! Text that is no secret: labels, heads, hints. None of it can be selected.

use egui::{Color32, FontId, Label, Response, RichText, Ui};

use crate::ui::theme::{self, fonts, tokens::type_size};

fn show(ui: &mut Ui, text: impl Into<String>, font: FontId, colour: Color32) -> Response {
    ui.add(Label::new(RichText::new(text).font(font).color(colour)).selectable(false))
}

/// A page's title.
pub fn display(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::strong(type_size::DISPLAY), colour)
}

/// An item's title, a dialog's.
pub fn title(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::strong(type_size::TITLE), colour)
}

/// The head of a card.
pub fn heading(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::strong(type_size::HEADING), colour)
}

/// Text.
pub fn body(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::body(), colour)
}

/// Text that stands out.
pub fn strong(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::strong(type_size::BODY), colour)
}

/// Text of second rank.
pub fn weak(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).weak;
    show(ui, text, fonts::body(), colour)
}

/// A second line, a hint.
pub fn small(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).weak;
    show(ui, text, fonts::text(type_size::SMALL), colour)
}

/// The name of a field, above it.
pub fn label(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).weak;
    show(ui, text, fonts::strong(type_size::SMALL), colour)
}

/// A caption: the head of a group in the sidebar.
pub fn caption(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).faint;
    show(ui, text, fonts::strong(type_size::CAPTION), colour)
}

/// An identifier: an ARN, a path.
pub fn mono(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::mono(type_size::SMALL), colour)
}

/// Text in a colour that means something.
pub fn coloured(ui: &mut Ui, text: impl Into<String>, colour: Color32) -> Response {
    show(ui, text, fonts::text(type_size::SMALL), colour)
}

/// Text cut with an ellipsis where it does not fit: a path, a file's name.
pub fn elided(ui: &mut Ui, text: &str) -> Response {
    let colour = theme::palette(ui).text;
    let text = RichText::new(text).font(fonts::body()).color(colour);
    ui.add(Label::new(text).selectable(false).truncate())
}

/// A path or an identifier of second rank, cut with an ellipsis where it does not fit.
pub fn small_elided(ui: &mut Ui, text: &str) -> Response {
    let colour = theme::palette(ui).weak;
    let text = RichText::new(text).font(fonts::text(type_size::SMALL)).color(colour);
    ui.add(Label::new(text).selectable(false).truncate())
}

/// An identifier that breaks anywhere rather than leave its box.
pub fn wrapped_mono(ui: &mut Ui, text: &str) -> Response {
    let colour = theme::palette(ui).text;
    let mut job = egui::text::LayoutJob::simple(text.to_owned(), fonts::mono(type_size::SMALL), colour, f32::INFINITY);
    job.wrap.max_width = ui.available_width();
    job.wrap.break_anywhere = true;
    ui.add(Label::new(job).selectable(false).wrap())
}

/// Paints one line in `rect`, cut with an ellipsis where it is longer.
pub fn line(painter: &egui::Painter, rect: egui::Rect, text: &str, font: FontId, colour: Color32) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width());
    let galley = painter.layout_job(job);
    painter.galley(egui::pos2(rect.min.x, rect.center().y - galley.size().y / 2.0), galley, colour);
}
