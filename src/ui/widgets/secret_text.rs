//! Plaintext on the screen that nobody edits: a title in a row, a password in full.
//!
//! Owns: painting a secret without keeping it. Invariant: it can't be selected (egui would offer the selection to the whole
//! desktop), and egui forgets its glyphs two passes after it was last painted.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Color32, FontId, Painter, Rect, Ui, pos2};

use crate::secret::SecretString;
use crate::ui::theme::{self, fonts, tokens::type_size};

/// Paints one line of it in `rect`, cut with an ellipsis where it is longer; returns how wide it became.
pub fn line(painter: &Painter, rect: Rect, text: &SecretString, font: FontId, colour: Color32) -> f32 {
    // EXPOSE: laid out for this frame.
    let shown = text.expose().lines().next().unwrap_or_default();
    let mut job = LayoutJob::simple_singleline(shown.to_owned(), font, colour);
    job.wrap = TextWrapping::truncate_at_width(rect.width());
    let galley = painter.layout_job(job);
    let top = rect.center().y - galley.size().y / 2.0;
    let width = galley.size().x;
    painter.galley(pos2(rect.min.x, top), galley, colour);
    width
}

/// Shows a value as wide as the layout allows, in lines.
pub fn value(ui: &mut Ui, text: &SecretString, font: FontId) -> Rect {
    let colour = theme::palette(ui).text;
    // EXPOSE: laid out for this frame.
    let mut job = LayoutJob::simple(text.expose().to_owned(), font, colour, ui.available_width());
    job.wrap.break_anywhere = true;
    place(ui, job)
}

/// Shows a password: digits and signs in colours of their own, so that 0 and O are told apart.
pub fn password(ui: &mut Ui, text: &SecretString) -> Rect {
    let p = theme::palette(ui);
    let font = fonts::mono(type_size::BODY + 1.0);
    let mut job = LayoutJob { wrap: TextWrapping::wrap_at_width(ui.available_width()), ..LayoutJob::default() };
    job.wrap.break_anywhere = true;
    let mut buffer = [0; 4];
    // EXPOSE: laid out for this frame, a character at a time.
    for character in text.expose().chars() {
        let colour = match character {
            c if c.is_numeric() => p.accent_text,
            c if c.is_alphabetic() => p.text,
            _ => p.warning,
        };
        job.append(character.encode_utf8(&mut buffer), 0.0, TextFormat::simple(font.clone(), colour));
    }
    place(ui, job)
}

/// Shows that there is a value, and nothing of it: not even how long it is.
pub fn bullets(ui: &mut Ui) -> Rect {
    let p = theme::palette(ui);
    let font = fonts::mono(type_size::BODY + 1.0);
    place(ui, LayoutJob::simple_singleline("•".repeat(12), font, p.weak))
}

fn place(ui: &mut Ui, job: LayoutJob) -> Rect {
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let (rect, _) = ui.allocate_exact_size(galley.size(), egui::Sense::hover());
    ui.painter().galley(rect.min, galley, theme::palette(ui).text);
    rect
}

/// As [`line`], at the right end of `rect`; returns how wide it became.
pub fn line_right(painter: &Painter, rect: Rect, text: &SecretString, font: FontId, colour: Color32) -> f32 {
    // EXPOSE: laid out for this frame.
    let shown = text.expose().lines().next().unwrap_or_default();
    let mut job = LayoutJob::simple_singleline(shown.to_owned(), font, colour);
    job.wrap = TextWrapping::truncate_at_width(rect.width());
    let galley = painter.layout_job(job);
    let width = galley.size().x;
    painter.galley(pos2(rect.max.x - width, rect.center().y - galley.size().y / 2.0), galley, colour);
    width
}

/// How wide one line of it is.
pub fn width(ui: &Ui, text: &SecretString, font: FontId) -> f32 {
    // EXPOSE: measured.
    let shown = text.expose().lines().next().unwrap_or_default().to_owned();
    let job = LayoutJob::simple_singleline(shown, font, Color32::PLACEHOLDER);
    ui.fonts_mut(|fonts| fonts.layout_job(job)).size().x
}
