//! Where a caret may stand, and how far a word reaches: byte indexes into text that stays where it is.

/// The next place for a caret after `at`: past one character and whatever combines with it.
pub(super) fn next(text: &str, at: usize) -> usize {
    let mut characters = text[at..].char_indices();
    let Some((_, first)) = characters.next() else { return at };
    let mut joins = first == JOINER;
    for (offset, character) in characters {
        if !joins && !combines(character) {
            return at + offset;
        }
        joins = character == JOINER;
    }
    text.len()
}

/// The place for a caret before `at`.
pub(super) fn previous(text: &str, at: usize) -> usize {
    let mut place = at;
    let mut later: Option<char> = None;
    for (offset, character) in text[..at].char_indices().rev() {
        // A place is one unless what follows it leans on what stands before it.
        if later.is_some_and(|later| !combines(later) && character != JOINER) {
            return place;
        }
        place = offset;
        later = Some(character);
    }
    0
}

/// The end of the word at or after `at`.
pub(super) fn word_end(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let blank = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
    let Some(kind) = rest[blank..].chars().next().map(Class::of) else { return text.len() };
    let length = rest[blank..].find(|c: char| Class::of(c) != kind).unwrap_or(rest.len() - blank);
    at + blank + length
}

/// The start of the word at or before `at`.
pub(super) fn word_start(text: &str, at: usize) -> usize {
    let before = text[..at].trim_end();
    let Some(kind) = before.chars().next_back().map(Class::of) else { return 0 };
    before.char_indices().rev().find(|&(_, c)| Class::of(c) != kind).map_or(0, |(offset, c)| offset + c.len_utf8())
}

/// The start of the line that `at` is in.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The end of the line that `at` is in, before its newline.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline)
}

const JOINER: char = '\u{200D}';

/// Whether the character belongs to the one before it: accents, variation selectors, skin tones, the joiner.
fn combines(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5BD}' | '\u{64B}'..='\u{65F}'
        | '\u{93C}' | '\u{93E}'..='\u{94D}' | '\u{E31}' | '\u{E34}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}'
        | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{3099}' | '\u{309A}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}' | '\u{1F3FB}'..='\u{1F3FF}' | JOINER)
}

#[derive(PartialEq)]
enum Class {
    Blank,
    Word,
    Other,
}

impl Class {
    fn of(character: char) -> Self {
        if character.is_whitespace() {
            Self::Blank
        } else if character.is_alphanumeric() || character == '_' || combines(character) {
            Self::Word
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_never_stands_inside_a_character_or_before_its_accent() {
        let text = "ae\u{301}👩\u{200D}👧!";
        let mut places = vec![0];
        while let Some(&at) = places.last().filter(|&&at| at < text.len()) {
            places.push(next(text, at));
        }
        assert_eq!(places, [0, 1, 4, 15, 16]);
        let mut back = vec![text.len()];
        while let Some(&at) = back.last().filter(|&&at| at > 0) {
            back.push(previous(text, at));
        }
        back.reverse();
        assert_eq!(back, places);
    }

    #[test]
    fn words_end_where_their_kind_of_character_does() {
        let text = "correct  horse-battery";
        assert_eq!(word_end(text, 0), 7);
        assert_eq!(word_end(text, 7), 14);
        assert_eq!(word_end(text, 14), 15);
        assert_eq!(word_start(text, 22), 15);
        assert_eq!(word_start(text, 9), 0);
        assert_eq!(word_start(text, 15), 14);
        assert_eq!((word_start("", 0), word_end("", 0)), (0, 0));
    }

    #[test]
    fn lines_end_at_newlines() {
        let text = "one\ntwo\n";
        assert_eq!((line_start(text, 5), line_end(text, 5)), (4, 7));
        assert_eq!((line_start(text, 8), line_end(text, 8)), (8, 8));
        assert_eq!((line_start(text, 3), line_end(text, 3)), (0, 3));
    }
}
