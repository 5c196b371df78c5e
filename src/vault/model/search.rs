//! Search as you type: lower case once, then substrings.

use memchr::memmem::Finder;

use crate::secret::{SecretBytes, SecretString};

/// Stands behind each part of a searched text, so that no match spans two of them.
pub(super) const SEPARATOR: u8 = 0;

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
        Finders { words: self.words().into_iter().map(Finder::new).collect() }
    }

    /// The words, as they are looked for.
    pub(super) fn words(&self) -> Vec<&[u8]> {
        // EXPOSE: borrowed for the search.
        self.words.iter().map(|word| word.expose().as_bytes()).collect()
    }
}

/// Looks for the words of a [`LowerQuery`].
#[derive(Debug)]
pub struct Finders<'a> {
    words: Vec<Finder<'a>>,
}

impl Finders<'_> {
    /// Whether every word is somewhere in `parts`, each in one of them.
    pub(super) fn are_found_in<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let text = search_text(parts);
        // EXPOSE: compared; nothing is kept.
        self.words.iter().all(|word| word.find(text.expose()).is_some())
    }
}

/// `text` in lower case.
pub(super) fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// Appends `part` to a searched text, in lower case.
pub(super) fn push_part(text: &mut SecretBytes, part: &str) {
    let mut room = [0; 4];
    for letter in lower(part) {
        text.extend(letter.encode_utf8(&mut room).as_bytes());
    }
    text.extend(&[SEPARATOR]);
}

fn search_text<'a>(parts: impl IntoIterator<Item = &'a str>) -> SecretBytes {
    let mut text = SecretBytes::with_capacity(128);
    parts.into_iter().for_each(|part| push_part(&mut text, part));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_found_in_any_order_and_case() {
        let parts = ["Größe Passport.pdf", "Travel"];
        let found = |typed: &str| LowerQuery::new(&SecretString::copy_of(typed)).finders().are_found_in(parts);
        assert!(found("") && found("PASS") && found("travel größe") && found("  pdf "));
        assert!(!found("passport travels") && !found("pdftravel"));
    }
}
