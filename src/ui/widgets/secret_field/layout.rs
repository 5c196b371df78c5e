//! Text of a field as glyphs: one row at a time, masked or not.
//!
//! Owns: the mapping between byte indexes and positions. Invariant: only rows that are on the screen become glyphs, and a
//! masked row is laid out from bullets: its text never reaches the layout.

use std::sync::Arc;

use egui::text::{CCursor, LayoutJob};
use egui::{Color32, FontId, Galley, Ui};

const BULLET: &str = "•";

/// How a field's text is drawn.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) font: FontId,
    pub(super) colour: Color32,
    pub(super) masked: bool,
}

/// Lays out one row.
pub(super) fn row(ui: &Ui, look: &Look, text: &str) -> Arc<Galley> {
    let shown = if look.masked { BULLET.repeat(text.chars().count()) } else { text.replace('\t', "    ") };
    let mut job = LayoutJob::simple_singleline(shown, look.font.clone(), look.colour);
    job.keep_trailing_whitespace = true;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Where the caret stands in a row, from its left edge: before byte `at`.
pub(super) fn x_of(galley: &Galley, text: &str, at: usize, masked: bool) -> f32 {
    let shown: usize = text[..at].chars().map(|character| if masked { 1 } else { columns(character) }).sum();
    galley.pos_from_cursor(CCursor::new(shown)).min.x
}

/// The byte index in a row that is nearest to `x`.
pub(super) fn at_x(galley: &Galley, text: &str, x: f32, masked: bool) -> usize {
    let wanted = galley.cursor_from_pos(egui::vec2(x, galley.size().y / 2.0)).index.0;
    let mut shown = 0;
    for (offset, character) in text.char_indices() {
        if shown >= wanted {
            return offset;
        }
        shown += if masked { 1 } else { columns(character) };
    }
    text.len()
}

fn columns(character: char) -> usize {
    if character == '\t' { 4 } else { 1 }
}
