//! Search as you type: lower case once, then substrings.

use memchr::memmem::Finder;

use crate::secret::SecretString;

/// Separates the parts of a search text, so that no match spans two of them.
const SEPARATOR: char = '\u{0}';

/// What was typed into the search field, in lower case: all of its words must be found. Wiped when dropped.
#[derive(Debug, Default)]
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

    /// What looks for the words: made once for all the items of a search.
    pub fn finders(&self) -> Finders<'_> {
        // EXPOSE: borrowed for the search.
        Finders { words: self.words.iter().map(|word| Finder::new(word.expose())).collect() }
    }

    /// Whether all that this finds is found by `other` too: each word of `other` is in one of these.
    pub fn narrows(&self, other: &Self) -> bool {
        // EXPOSE: compared; nothing is kept.
        other.words.iter().all(|wide| self.words.iter().any(|word| word.expose().contains(wide.expose())))
    }
}

/// Looks for the words of a [`LowerQuery`].
#[derive(Debug)]
pub struct Finders<'a> {
    words: Vec<Finder<'a>>,
}

impl Finders<'_> {
    /// Whether every word is somewhere in `text`, which is in lower case.
    pub(super) fn are_found_in(&self, text: &SecretString) -> bool {
        // EXPOSE: compared; nothing is kept.
        self.words.iter().all(|word| word.find(text.expose().as_bytes()).is_some())
    }
}

/// `text` in lower case.
pub(super) fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// The text that is searched: `parts` in lower case, apart from each other.
pub(super) fn search_text<'a>(parts: impl IntoIterator<Item = &'a str>) -> SecretString {
    let mut text = String::new();
    for part in parts {
        text.extend(lower(part));
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
        let found = |typed: &str| LowerQuery::new(&SecretString::copy_of(typed)).finders().are_found_in(&text);
        assert!(found("") && found("PASS") && found("travel größe") && found("  pdf "));
        assert!(!found("passport travels") && !found("pdftravel"));
    }

    #[test]
    fn a_query_narrows_what_its_words_contain() {
        let query = |typed: &str| LowerQuery::new(&SecretString::copy_of(typed));
        let narrows = |one: &str, two: &str| query(one).narrows(&query(two));
        assert!(narrows("pass", "") && narrows("Pass", "pa") && narrows("pass x", "as") && narrows("b a", "a b"));
        assert!(!narrows("", "a") && !narrows("pa", "pass") && !narrows("pass", "pass x"));
    }
}
