//! The text of a field while it is edited: a secret, a caret and a selection.
//!
//! Owns: [`SecretEdit`] and every change of it. Touches no egui.
//! Invariant: there is one copy of the text. Nothing remembers what it was before: there is no undo, on purpose.

use std::ops::Range;

use zeroize::Zeroize;

use super::boundaries;
use super::lines::Lines;
use crate::secret::SecretString;

/// A secret being typed. Whoever owns the draft owns one of these for each of its fields; dropping it wipes it.
#[derive(Debug, Default)]
pub struct SecretEdit {
    text: SecretString,
    caret: usize,
    anchor: usize,
    /// What an input method is composing, shown at the caret and not part of the text yet.
    pub(super) composing: SecretString,
    /// Whether a masked field shows its text.
    pub revealed: bool,
    /// How far the text is scrolled: to the left in a single line, up in many.
    pub(super) scroll: f32,
    /// Where the caret wants to be while it moves up and down.
    pub(super) column: Option<f32>,
    pub(super) lines: Lines,
    pub(super) follow_caret: bool,
}

/// How far a move or a deletion reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One character.
    Character,
    /// One word.
    Word,
    /// The line's start or end.
    Line,
    /// The text's start or end.
    Text,
}

impl SecretEdit {
    /// A field that begins with `text`, the caret at its end.
    pub fn of(text: SecretString) -> Self {
        let end = text.len();
        Self { text, caret: end, anchor: end, ..Self::default() }
    }

    /// The text as it is now.
    pub fn text(&self) -> &SecretString {
        &self.text
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes the text out and leaves the field empty.
    pub fn take(&mut self) -> SecretString {
        std::mem::take(self).text
    }

    /// Replaces the text; the caret goes to its end.
    pub fn set(&mut self, text: SecretString) {
        *self = Self { revealed: self.revealed, ..Self::of(text) };
    }

    /// The caret, as a byte index.
    pub fn caret(&self) -> usize {
        self.caret
    }

    /// The end of the selection where the caret is not, as a byte index; the caret, where nothing is selected.
    pub(super) fn anchor(&self) -> usize {
        self.anchor
    }

    /// The selected bytes; empty where there is only a caret.
    pub fn selection(&self) -> Range<usize> {
        self.caret.min(self.anchor)..self.caret.max(self.anchor)
    }

    /// A copy of the selected text, for the clipboard.
    pub fn selected_text(&self) -> Option<SecretString> {
        let range = self.selection();
        // EXPOSE: copied into a secret of its own, which the clipboard will own.
        (!range.is_empty()).then(|| SecretString::copy_of(&self.text.expose()[range]))
    }

    /// Puts `typed` in place of the selection.
    pub fn insert(&mut self, typed: &str) {
        let range = self.selection();
        let removed = range.len();
        let at = range.start;
        if removed > 0 {
            self.text.remove(range);
        }
        if !typed.is_empty() {
            self.text.insert(at, typed);
        }
        self.lines.changed(at, removed, typed.len());
        self.place(at + typed.len(), false);
    }

    /// Puts one line in place of the selection: what comes after a line break becomes a blank.
    pub fn insert_line(&mut self, typed: &str) {
        if typed.contains(['\n', '\r', '\t']) {
            let mut line: String = typed.trim_end_matches(['\n', '\r']).replace(['\n', '\r', '\t'], " ");
            self.insert(&line);
            line.zeroize();
        } else {
            self.insert(typed);
        }
    }

    /// Removes the selection, or what `reach` reaches before the caret.
    pub fn delete_back(&mut self, reach: Reach) {
        if self.selection().is_empty() {
            self.anchor = self.back(reach);
        }
        self.insert("");
    }

    /// Removes the selection, or what `reach` reaches after the caret.
    pub fn delete_forward(&mut self, reach: Reach) {
        if self.selection().is_empty() {
            self.anchor = self.forward(reach);
        }
        self.insert("");
    }

    /// Moves the caret back; a selection that is not extended collapses to its start.
    pub fn move_back(&mut self, reach: Reach, extend: bool) {
        let range = self.selection();
        let collapses = !extend && !range.is_empty() && reach == Reach::Character;
        self.place(if collapses { range.start } else { self.back(reach) }, extend);
    }

    /// Moves the caret forward; a selection that is not extended collapses to its end.
    pub fn move_forward(&mut self, reach: Reach, extend: bool) {
        let range = self.selection();
        let collapses = !extend && !range.is_empty() && reach == Reach::Character;
        self.place(if collapses { range.end } else { self.forward(reach) }, extend);
    }

    /// Puts the caret at the byte index `at`, moved back onto a character where it is inside one.
    pub fn place(&mut self, at: usize, extend: bool) {
        // EXPOSE: to look for a character's edge.
        let text = self.text.expose();
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        self.caret = at;
        if !extend {
            self.anchor = at;
        }
        self.column = None;
        self.follow_caret = true;
    }

    /// Selects everything.
    pub fn select_all(&mut self) {
        self.anchor = 0;
        self.caret = self.text.len();
    }

    /// Selects the word around the byte index `at`.
    pub fn select_word(&mut self, at: usize) {
        // EXPOSE: to look for the word's edges.
        let text = self.text.expose();
        let end = boundaries::word_end(text, at.min(text.len()));
        self.anchor = boundaries::word_start(text, end);
        self.caret = end;
    }

    fn back(&self, reach: Reach) -> usize {
        // EXPOSE: to look for edges.
        let text = self.text.expose();
        match reach {
            Reach::Character => boundaries::previous(text, self.caret),
            Reach::Word => boundaries::word_start(text, self.caret),
            Reach::Line => boundaries::line_start(text, self.caret),
            Reach::Text => 0,
        }
    }

    fn forward(&self, reach: Reach) -> usize {
        // EXPOSE: to look for edges.
        let text = self.text.expose();
        match reach {
            Reach::Character => boundaries::next(text, self.caret),
            Reach::Word => boundaries::word_end(text, self.caret),
            Reach::Line => boundaries::line_end(text, self.caret),
            Reach::Text => text.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(text: &str) -> SecretEdit {
        SecretEdit::of(SecretString::copy_of(text))
    }

    #[test]
    fn typing_replaces_the_selection() {
        let mut field = edit("correct horse");
        field.move_back(Reach::Word, true);
        assert_eq!(field.selected_text().map(|text| text.expose().to_owned()).as_deref(), Some("horse"));
        field.insert("pony");
        assert_eq!(field.text().expose(), "correct pony");
        assert_eq!((field.caret(), field.selection().len()), (12, 0));
    }

    #[test]
    fn deleting_reaches_a_character_a_word_or_a_line() {
        let mut field = edit("one two\nthree");
        field.delete_back(Reach::Character);
        field.delete_back(Reach::Line);
        assert_eq!(field.text().expose(), "one two\n");
        field.place(0, false);
        field.delete_forward(Reach::Word);
        assert_eq!(field.text().expose(), " two\n");
        field.delete_forward(Reach::Character);
        assert_eq!(field.text().expose(), "two\n");
        field.delete_back(Reach::Character);
        assert_eq!(field.text().expose(), "two\n");
    }

    #[test]
    fn moving_collapses_a_selection_and_shift_extends_it() {
        let mut field = edit("äbc");
        field.select_all();
        field.move_back(Reach::Character, false);
        assert_eq!(field.caret(), 0);
        field.move_forward(Reach::Character, true);
        field.move_forward(Reach::Character, true);
        assert_eq!(field.selection(), 0..3);
        field.move_forward(Reach::Character, false);
        assert_eq!(field.selection(), 3..3);
    }

    #[test]
    fn a_place_inside_a_character_moves_to_its_start() {
        let mut field = edit("€");
        field.place(2, false);
        assert_eq!(field.caret(), 0);
        field.place(99, false);
        assert_eq!(field.caret(), 3);
    }

    #[test]
    fn a_single_line_stays_one() {
        let mut field = edit("");
        field.insert_line("pass\r\nword\n");
        assert_eq!(field.text().expose(), "pass  word");
        assert_eq!(field.take().expose(), "pass  word");
        assert!(field.is_empty());
    }
}
