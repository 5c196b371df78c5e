//! Text for terminals: nothing that steers them, and columns that line up.

use std::borrow::Cow;

use sealkeep::vault::{is_joiner, is_unseen};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` with everything that a terminal would obey, or that hides or reorders letters, written as `\u{…}`; line feeds and
/// tabs stay.
pub fn visible_lines(text: &str) -> String {
    escape(text, |letter| letter != '\n' && letter != '\t' && is_hidden(letter))
}

/// The same for what has to stay on one line.
pub fn visible(text: &str) -> String {
    escape(text, is_hidden)
}

/// `document`, which is JSON, with the same letters written as JSON has it, `\uXXXX`: it still says the same, and can be looked
/// at on a terminal, whoever printed it there.
pub fn visible_json(document: &str) -> String {
    let mut shown = String::with_capacity(document.len());
    for letter in document.chars() {
        // Between values, where no name stands, there are line feeds and spaces only.
        if letter == '\n' || !is_hidden(letter) {
            shown.push(letter);
            continue;
        }
        let mut units = [0; 2];
        shown.extend(letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
    }
    shown
}

fn escape(text: &str, hidden: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if hidden(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}

fn is_hidden(letter: char) -> bool {
    is_unseen(letter) && !is_joiner(letter)
}

/// How many columns `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of `text` that takes at most `columns`, with `…` where something was cut off.
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut fitting = String::new();
    let mut left = columns.saturating_sub(1);
    for letter in text.chars() {
        let Some(rest) = left.checked_sub(letter.width().unwrap_or(0)) else { break };
        left = rest;
        fitting.push(letter);
    }
    fitting.push('…');
    Cow::Owned(fitting)
}

/// `bytes` for people: `1.2 MB`.
#[allow(clippy::cast_precision_loss)]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64;
    let mut unit = "B";
    for larger in UNITS {
        // What would be shown as 1000.0 is 1.0 of the next.
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    format!("{value:.1} {unit}")
}

/// How many there are of what `word` names: 1 item, 2 items.
pub fn count(number: u64, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_not_steered() {
        assert_eq!(visible("a\x1B[2Jb\u{9B}\n\u{202E}c"), r"a\u{1b}[2Jb\u{9b}\u{a}\u{202e}c");
        assert_eq!(visible_lines("a\n\tb\r"), "a\n\tb\\u{d}");
        assert_eq!(visible("Grüße 日本 👩‍🚀"), "Grüße 日本 👩‍🚀");
    }

    #[test]
    fn json_steers_nothing_and_says_the_same() {
        let hidden = (0x7F..=0x9F).chain(0x202A..=0x202E).chain(0x2066..=0x2069).chain([0x200E, 0x200F, 0xE0041]);
        let title: String = hidden.filter_map(char::from_u32).chain("\x1B\n\t\"\\ Grüße 👩‍🚀".chars()).collect();
        let document = serde_json::json!({ title.as_str(): [title] });
        for printed in [visible_json(&document.to_string()), visible_json(&format!("{document:#}"))] {
            assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), document);
            assert!(!printed.chars().any(|letter| letter != '\n' && is_hidden(letter)), "{printed:?}");
            assert!(printed.contains("\\u009b") && printed.contains("\\u202e") && printed.contains("Grüße 👩‍🚀"));
        }
    }

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in
            [(0, "0 B"), (999, "999 B"), (1200, "1.2 kB"), (999_960, "1.0 MB"), (5_368_709_120, "5.4 GB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
