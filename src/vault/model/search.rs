//! Search as you type: lower case once, then substrings.

use memchr::memmem::Finder;

use crate::secret::SecretString;

/// Separates the parts of a search text, so that no match spans two of them.
const SEPARATOR: char = '\u{0}';

/// What was typed into the search field, in lower case: all of its words must be found. Wiped when dropped.
#[derive(Debug)]
pub struct LowerQuery {
    words: Vec<SecretString>,
}

impl LowerQuery {
    /// The words of `typed`. None at all match everything.
    pub fn new(typed: &SecretString) -> Self {
        // EXPOSE: split into lower-case secrets.
        let words = typed.expose().split_whitespace().map(|word| SecretString::new(word.to_lowercase())).collect();
        Self { words }
    }

    /// Whether every word is somewhere in `text`, which is in lower case.
    pub(super) fn is_found_in(&self, text: &SecretString) -> bool {
        // EXPOSE: compared; nothing is kept.
        self.words.iter().all(|word| Finder::new(word.expose()).find(text.expose().as_bytes()).is_some())
    }
}

/// The text that is searched: `parts` in lower case, apart from each other.
pub(super) fn search_text<'a>(parts: impl IntoIterator<Item = &'a str>) -> SecretString {
    let mut text = String::new();
    for part in parts {
        text.extend(part.chars().flat_map(char::to_lowercase));
        text.push(SEPARATOR);
    }
    SecretString::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_found_in_any_order_and_case() {
        let text = search_text(["Größe Passport.pdf", "Travel"]);
        let found = |typed: &str| LowerQuery::new(&SecretString::copy_of(typed)).is_found_in(&text);
        assert!(found("") && found("PASS") && found("travel größe") && found("  pdf "));
        assert!(!found("passport travels") && !found("pdftravel"));
    }
}
