//! Text of a field as glyphs: one row at a time, masked or not.
//!
//! Owns: the mapping between byte indexes and positions. Invariant: only rows that are on the screen become glyphs, and a
//! masked row is laid out from bullets: its text never reaches the layout.

use std::sync::Arc;

use egui::text::{CCursor, LayoutJob};
use egui::{Color32, FontId, Galley, Ui};

use crate::ui::widgets::visible;

const BULLET: &str = "•";
/// Says that a line goes on where it is not drawn.
pub(super) const MORE: &str = "…";

/// How a field's text is drawn.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) font: FontId,
    pub(super) colour: Color32,
    pub(super) masked: bool,
}

/// Lays out one row.
pub(super) fn row(ui: &Ui, look: &Look, text: &str) -> Arc<Galley> {
    let shown = if look.masked { BULLET.repeat(text.chars().count()) } else { drawn(text) };
    let mut job = LayoutJob::simple_singleline(shown, look.font.clone(), look.colour);
    job.keep_trailing_whitespace = true;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// A row's text as glyphs show it: [`columns`] of them for each character.
fn drawn(text: &str) -> String {
    let mut drawn = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => drawn.push_str("    "),
            '\n' => drawn.push(visible::exact_glyph('\n')),
            _ => drawn.push(visible::glyph(character)),
        }
    }
    drawn
}

/// Where the caret stands in a row, from its left edge: before byte `at`.
pub(super) fn x_of(galley: &Galley, text: &str, at: usize, masked: bool) -> f32 {
    galley.pos_from_cursor(CCursor::new(column_of(text, at, masked))).min.x
}

/// How many drawn characters stand in a row before byte `at`.
pub(super) fn column_of(text: &str, at: usize, masked: bool) -> usize {
    text[..at].chars().map(|character| if masked { 1 } else { columns(character) }).sum()
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

/// How wide [`MORE`] is.
pub(super) fn more(ui: &Ui, look: &Look) -> f32 {
    ui.fonts_mut(|fonts| fonts.glyph_width(&look.font, '…'))
}

fn columns(character: char) -> usize {
    if character == '\t' { 4 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_and_its_glyph_agree_whatever_the_characters_are() {
        let text = "a\tb\0\u{200B}\u{200D}\r\nz";
        let columns: usize = text.chars().map(columns).sum();
        assert_eq!(drawn(text).chars().count(), columns);
        assert_eq!(drawn(text), "a    b··\u{200D}··z");
    }
}
