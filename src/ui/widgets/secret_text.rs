//! Plaintext on the screen that nobody edits: a title in a row, a password in full.
//!
//! Owns: painting a secret without keeping it. Invariants: it can't be selected (egui would offer the selection to the whole
//! desktop), and egui forgets its glyphs two passes after it was last painted; however long a value is, so much of it is drawn
//! as a frame can lay out, with a sign that there is more.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Color32, FontId, Galley, Id, Painter, Pos2, Rect, Ui, pos2};

use super::{speech, visible};
use crate::secret::SecretString;
use crate::ui::show;
use crate::ui::theme::{self, fonts, tokens::type_size};

/// Paints one line of it in `rect`, cut with an ellipsis where it is longer; returns how wide it became.
pub fn line(painter: &Painter, rect: Rect, text: &SecretString, font: FontId, colour: Color32) -> f32 {
    let mut job = LayoutJob::simple_singleline(first_line(text), font, colour);
    job.wrap = TextWrapping::truncate_at_width(rect.width());
    let galley = painter.layout_job(job);
    let top = rect.center().y - galley.size().y / 2.0;
    let width = galley.size().x;
    painter.galley(pos2(rect.min.x, top), galley, colour);
    width
}

/// Shows a value as wide as the layout allows, in lines; where it is too long, its beginning.
pub fn value(ui: &mut Ui, text: &SecretString, font: FontId) -> Shown {
    let colour = theme::palette(ui).text;
    let (shown, more) = beginning(text);
    let mut job = LayoutJob::simple(shown, font, colour, ui.available_width());
    job.wrap.break_anywhere = true;
    job.wrap.max_rows = visible::ROWS;
    place(ui, job, more.then_some(text.len()))
}

/// Shows a title in at most so many rows, as wide as the layout allows; what is longer ends in an ellipsis.
pub fn rows(ui: &mut Ui, text: &SecretString, font: FontId, most: usize) -> Rect {
    let colour = theme::palette(ui).text;
    let mut job = LayoutJob::simple(first_line(text), font, colour, ui.available_width());
    job.wrap.max_rows = most;
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let (rect, _) = ui.allocate_exact_size(galley.size(), egui::Sense::hover());
    ui.painter().galley(rect.min, galley, colour);
    rect
}

/// Shows a password: digits and signs in colours of their own, so that 0 and O are told apart, and a sign for what could not
/// be seen. Where it is too long, its beginning.
pub fn password(ui: &mut Ui, text: &SecretString) -> Shown {
    let p = theme::palette(ui);
    let font = fonts::mono(type_size::BODY + 1.0);
    let mut job = LayoutJob { wrap: TextWrapping::wrap_at_width(ui.available_width()), ..LayoutJob::default() };
    job.wrap.break_anywhere = true;
    job.wrap.max_rows = visible::ROWS;
    let mut buffer = [0; 4];
    // EXPOSE: laid out for this frame, a character at a time.
    let (shown, more) = visible::begin(text.expose(), visible::VALUE);
    for character in shown.chars() {
        let colour = match character {
            c if crate::vault::is_unseen(c) => p.warning,
            c if c.is_numeric() => p.accent_text,
            c if c.is_alphabetic() => p.text,
            _ => p.warning,
        };
        let glyph = visible::exact_glyph(character).encode_utf8(&mut buffer);
        job.append(glyph, 0.0, TextFormat::simple(font.clone(), colour));
    }
    place(ui, job, more.then_some(text.len()))
}

/// What [`line`] shows, for a screen reader: no more of a text than the screen has.
pub fn spoken_line(text: &SecretString) -> &str {
    // EXPOSE: lent on to the accessibility tree, while it is on the screen.
    visible::begin(text.expose().lines().next().unwrap_or_default(), visible::LINE).0
}

/// What [`value`] shows, for a screen reader.
pub fn spoken_value(text: &SecretString) -> &str {
    // EXPOSE: as above.
    visible::begin(text.expose(), visible::VALUE).0
}

/// Shows that there is a value, and nothing of it: not even how long it is.
pub fn bullets(ui: &mut Ui) -> Shown {
    let p = theme::palette(ui);
    let font = fonts::mono(type_size::BODY + 1.0);
    place(ui, LayoutJob::simple_singleline("•".repeat(12), font, p.weak), None)
}

/// Paints a job; below it, where there is more than it shows, how much that is of `bytes` in all.
fn place(ui: &mut Ui, job: LayoutJob, bytes: Option<usize>) -> Shown {
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let (rect, _) = ui.allocate_exact_size(galley.size(), egui::Sense::hover());
    ui.painter().galley(rect.min, Arc::clone(&galley), theme::palette(ui).text);
    match bytes {
        Some(bytes) => {
            let words = format!("This is the beginning of {}. Copying takes all of it.", show::bytes(bytes as u64));
            super::text::small(ui, words);
        }
        None if galley.elided => {
            super::text::small(ui, "More lines follow. Copying takes all of them.");
        }
        None => {}
    }
    Shown { galley, at: rect.min }
}

/// What was painted, for as long as it takes to tell a screen reader.
pub struct Shown {
    galley: Arc<Galley>,
    at: Pos2,
}

impl Shown {
    /// Says it as the content of the widget `id`.
    pub fn say(&self, ui: &Ui, id: Id) {
        speech::say(ui, id, &self.galley, self.at, None);
    }
}

/// The first line as it is drawn.
fn first_line(text: &SecretString) -> String {
    // EXPOSE: laid out for this frame.
    let (shown, more) = visible::begin(text.expose().lines().next().unwrap_or_default(), visible::LINE);
    shown.chars().map(visible::glyph).chain(more.then_some('…')).collect()
}

/// The beginning of a value as it is drawn, and whether more follows.
fn beginning(text: &SecretString) -> (String, bool) {
    // EXPOSE: laid out for this frame.
    let (shown, more) = visible::begin(text.expose(), visible::VALUE);
    let mut characters = shown.chars().peekable();
    let mut drawn = String::with_capacity(shown.len() + 4);
    while let Some(character) = characters.next() {
        // A line break of two characters is one.
        if character != '\r' || characters.peek() != Some(&'\n') {
            drawn.push(visible::glyph(character));
        }
    }
    if more {
        drawn.push('…');
    }
    (drawn, more)
}

/// As [`line`], at the right end of `rect`; returns how wide it became.
pub fn line_right(painter: &Painter, rect: Rect, text: &SecretString, font: FontId, colour: Color32) -> f32 {
    let mut job = LayoutJob::simple_singleline(first_line(text), font, colour);
    job.wrap = TextWrapping::truncate_at_width(rect.width());
    let galley = painter.layout_job(job);
    let width = galley.size().x;
    painter.galley(pos2(rect.max.x - width, rect.center().y - galley.size().y / 2.0), galley, colour);
    width
}

/// How wide one line of it is.
pub fn width(ui: &Ui, text: &SecretString, font: FontId) -> f32 {
    let job = LayoutJob::simple_singleline(first_line(text), font, Color32::PLACEHOLDER);
    ui.fonts_mut(|fonts| fonts.layout_job(job)).size().x
}
