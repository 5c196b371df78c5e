//! Where the rows of a long text begin and end, without laying out what nobody sees.
//!
//! Owns: [`Lines`], an index of byte ranges. Holds no text: only numbers.
//! Invariant: rows follow each other without gap or overlap; a row ends at a newline (which it includes) or where the next
//! word would not fit. Building is spread over frames: [`Lines::build`] does a bounded piece of work a call.

use std::ops::Range;

/// Bytes that one call of [`Lines::build`] looks at, at most: well under a millisecond's work.
const PIECE: usize = 128 * 1024;

/// Characters in a row, at most, however narrow they are: a row is laid out as a whole.
const ROW: usize = 1024;

/// An index of rows.
#[derive(Debug, Default)]
pub struct Lines {
    starts: Vec<Start>,
    /// Rows behind a change, already moved, which wait until the paragraph before them has its rows again.
    later: Vec<Start>,
    /// How much of the text has rows, those of `later` included.
    done: usize,
    /// The width that the rows were made for.
    width: f32,
    /// The length of the text that the rows were made for.
    length: usize,
}

#[derive(Clone, Copy, Debug)]
struct Start {
    at: usize,
    /// Whether a paragraph begins here: at the text's start, or after a newline.
    paragraph: bool,
}

impl Lines {
    /// How many rows there are so far; at least one.
    pub fn count(&self) -> usize {
        (self.starts.len() + self.later.len()).max(1)
    }

    /// Whether every byte of the text has its row.
    pub fn is_complete(&self) -> bool {
        self.done == self.length && self.later.is_empty() && !self.starts.is_empty()
    }

    /// Whether nothing is left to do for a text of this length at this width.
    pub fn is_current(&self, length: usize, width: f32) -> bool {
        self.is_complete() && self.length == length && self.width == width
    }

    /// The bytes of a row, its newline included.
    pub fn row(&self, index: usize) -> Range<usize> {
        let end = self.done.min(self.length);
        let start_of = |index: usize| self.starts.get(index).map_or(end, |start| start.at);
        start_of(index)..start_of(index + 1)
    }

    /// The row that holds the byte index `at`. A caret at the end of a wrapped row belongs to the next one.
    pub fn row_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| start.at <= at).saturating_sub(1)
    }

    /// Notes that `removed` bytes at `at` became `added` ones: that paragraph gets its rows anew, those behind it move.
    pub fn changed(&mut self, at: usize, removed: usize, added: usize) {
        self.length = (self.length + added).saturating_sub(removed);
        let Some(first) = self.starts.iter().take(self.row_of(at) + 1).rposition(|start| start.paragraph) else {
            return;
        };
        let behind = self.starts.partition_point(|start| start.at <= at + removed);
        let behind = self.starts[behind..].iter().position(|start| start.paragraph).map(|offset| behind + offset);
        match behind {
            Some(behind) if self.later.is_empty() => {
                self.later = self.starts.split_off(behind);
                for start in &mut self.later {
                    start.at = start.at + added - removed;
                }
                self.done = self.done + added - removed;
            }
            _ => {
                self.later.clear();
                self.done = self.starts[first].at;
            }
        }
        self.starts.truncate(first + 1);
    }

    /// Makes more rows for `text`, `width` points wide, by the advance of each character. Returns whether it is complete.
    pub fn build(&mut self, text: &str, width: f32, mut advance: impl FnMut(char) -> f32) -> bool {
        if self.width != width || self.length != text.len() || self.starts.is_empty() {
            let start = Start { at: 0, paragraph: true };
            *self = Self { width, length: text.len(), starts: vec![start], ..Self::default() };
        }
        if let Some(stop) = self.later.first().map(|start| start.at) {
            let from = self.starts.last().map_or(0, |start| start.at);
            self.extend(text, from, stop, width, &mut advance);
            // The last row that was made begins where the first of the later ones does.
            self.starts.pop();
            self.starts.append(&mut self.later);
        }
        let stop = (self.done + PIECE).min(text.len());
        self.done = self.extend(text, self.done, stop, width, &mut advance);
        self.is_complete()
    }

    /// Adds the rows after that which begins at `from`, until one reaches `stop`; returns where it ends.
    fn extend(
        &mut self,
        text: &str,
        from: usize,
        stop: usize,
        width: f32,
        advance: &mut impl FnMut(char) -> f32,
    ) -> usize {
        let mut at = from;
        while at < stop {
            at += row_length(&text[at..], width, advance);
            let paragraph = text.as_bytes()[at - 1] == b'\n';
            if at < text.len() || paragraph {
                self.starts.push(Start { at, paragraph });
            }
        }
        at
    }
}

/// The length of the first row of `text`, which is not empty.
fn row_length(text: &str, width: f32, advance: &mut impl FnMut(char) -> f32) -> usize {
    let mut x = 0.0;
    let mut after_blank = 0;
    for (count, (offset, character)) in text.char_indices().enumerate() {
        if count == ROW {
            return offset;
        }
        let past = offset + character.len_utf8();
        if character == '\n' {
            return past;
        }
        x += advance(character);
        if x > width && offset > 0 && !character.is_whitespace() {
            return if after_blank > 0 { after_blank } else { offset };
        }
        // Between the characters of scripts without blanks a row may end anywhere.
        if character.is_whitespace() || character >= '\u{2E80}' {
            after_blank = past;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, width: f32) -> Vec<String> {
        let mut lines = Lines::default();
        while !lines.build(text, width, |_| 1.0) {}
        (0..lines.count()).map(|index| text[lines.row(index)].to_owned()).collect()
    }

    #[test]
    fn rows_end_at_newlines_and_before_words_that_do_not_fit() {
        assert_eq!(rows("one two three\nfour", 8.0), ["one two ", "three\n", "four"]);
        assert_eq!(rows("abcdefghij", 4.0), ["abcd", "efgh", "ij"]);
        assert_eq!(rows("a\n\n", 4.0), ["a\n", "\n", ""]);
        assert_eq!(rows("", 4.0), [""]);
        assert_eq!(rows("日本語のノート", 3.0), ["日本語", "のノー", "ト"]);
    }

    #[test]
    fn a_change_gives_the_rows_that_a_fresh_index_has() {
        let mut text = "one two three four five six\nseven eight nine ten\n\neleven".to_owned();
        let mut lines = Lines::default();
        while !lines.build(&text, 9.0, |_| 1.0) {}
        for (at, removed, added) in [(30, 2, "long"), (0, 1, ""), (10, 0, "\n"), (text.len(), 0, "!"), (3, 20, "")] {
            text.replace_range(at..at + removed, added);
            lines.changed(at, removed, added.len());
            while !lines.build(&text, 9.0, |_| 1.0) {}
            let now: Vec<String> = (0..lines.count()).map(|index| text[lines.row(index)].to_owned()).collect();
            assert_eq!(now, rows(&text, 9.0), "after {at} {removed} {added:?}");
        }
    }

    #[test]
    fn a_row_of_characters_without_width_ends_all_the_same() {
        let text = "\u{200B}".repeat(3 * ROW + 1);
        let mut lines = Lines::default();
        while !lines.build(&text, 80.0, |_| 0.0) {}
        assert_eq!(lines.count(), 4);
        assert!((0..lines.count()).all(|index| text[lines.row(index)].chars().count() <= ROW));
    }

    #[test]
    fn a_long_text_is_indexed_in_pieces() {
        let text = "word ".repeat(PIECE);
        let mut lines = Lines::default();
        assert!(!lines.build(&text, 80.0, |_| 1.0));
        let mut calls = 1;
        while !lines.build(&text, 80.0, |_| 1.0) {
            calls += 1;
        }
        assert!((4..=6).contains(&calls), "{calls} pieces");
        assert_eq!(lines.row_of(text.len()), lines.count() - 1);
    }
}
