//! What is drawn of a text that somebody else may have written: no more than a frame can lay out, and nothing unseen.
//!
//! Owns: how much of a value is drawn, and what stands for characters that have no shape. Holds no text.
//! Invariant: every character becomes exactly one, so that places in the text and on the screen agree.

use crate::vault::{is_joiner, is_unseen};

/// Characters that one line shows, at most: more than fits any window.
pub const LINE: usize = 512;
/// Characters that a value shows, at most.
pub const VALUE: usize = 2000;
/// Rows that a value shows, at most.
pub const ROWS: usize = 40;

/// Stands for a character that could not be seen.
const UNSEEN: char = '·';

/// What is drawn for `character`: itself, or a sign where it would be invisible. Joiners stay: scripts and emoji need them.
pub fn glyph(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        _ if is_joiner(character) => character,
        _ if is_unseen(character) => UNSEEN,
        _ => character,
    }
}

/// As [`glyph`], for a text where every character counts: a password.
pub fn exact_glyph(character: char) -> char {
    if is_unseen(character) { UNSEEN } else { character }
}

/// The first `most` characters of `text`, and whether more follow.
pub fn begin(text: &str, most: usize) -> (&str, bool) {
    match text.char_indices().nth(most) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

/// The bytes of a long line around the byte index `caret` that are laid out while the caret is there; all of a short one.
pub fn around(text: &str, caret: usize) -> std::ops::Range<usize> {
    /// A few times what fits a field, in the longest encoding.
    const STEP: usize = 2048;
    if text.len() <= 4 * STEP {
        return 0..text.len();
    }
    // In steps, so that the part does not move with every key.
    let step = caret / STEP;
    let end = (step + 2).saturating_mul(STEP).min(text.len());
    text.floor_char_boundary(step.saturating_sub(1) * STEP)..text.floor_char_boundary(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_seen_gets_a_sign() {
        for unseen in
            ['\0', '\u{1B}', '\u{7F}', '\u{85}', '\r', '\u{AD}', '\u{200B}', '\u{202E}', '\u{2060}', '\u{FEFF}']
        {
            assert_eq!((glyph(unseen), exact_glyph(unseen)), (UNSEEN, UNSEEN), "{unseen:?}");
        }
        for seen in ['a', 'é', '日', '•', ' ', '\u{301}'] {
            assert_eq!((glyph(seen), exact_glyph(seen)), (seen, seen));
        }
        assert_eq!((glyph('\u{200D}'), exact_glyph('\u{200D}')), ('\u{200D}', UNSEEN));
        assert_eq!((glyph('\t'), exact_glyph('\t')), ('\t', UNSEEN));
    }

    #[test]
    fn a_text_begins_with_whole_characters() {
        assert_eq!(begin("äöü", 2), ("äö", true));
        assert_eq!(begin("äöü", 3), ("äöü", false));
        assert_eq!(begin("", 3), ("", false));
    }

    #[test]
    fn a_part_is_short_has_the_caret_and_ends_at_characters() {
        let text = "€".repeat(2_000_000);
        for caret in [0, 3, 6144, 3_000_000, text.len() - 3, text.len()] {
            let part = around(&text, caret);
            assert!(part.contains(&caret) || part.end == caret, "{caret} in {part:?}");
            assert!(part.len() <= 8192 && text.get(part).is_some());
        }
        assert_eq!(around("short", 2), 0..5);
    }
}
