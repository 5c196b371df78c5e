//! What is searched of all the items of a list, one after the other in one buffer.
//!
//! Owns: the texts, in lower case, by the items' numbers; sets of numbers. May not touch: items. Invariant: a text that was
//! taken out or replaced is overwritten at once, and its room is used again before it is most of the buffer.

use memchr::memmem::Finder;
use zeroize::Zeroize;

use crate::secret::SecretBytes;

use super::LowerQuery;
use super::search::push_part;

/// Stands where a text was taken out.
const NOBODY: u32 = u32::MAX;
/// Room that nobody uses is left alone up to this, in bytes.
const LITTLE: usize = 64 * 1024;

/// Numbers of items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers(Vec<u64>);

impl Numbers {
    /// Whether `number` is one of them.
    pub fn has(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|bits| bits >> (number % 64) & 1 == 1)
    }

    /// Takes `number` in.
    pub fn insert(&mut self, number: u32) {
        let at = number as usize / 64;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (number % 64);
    }
}

/// Where the text of one item is.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: usize,
    length: usize,
    /// How much of it is the title.
    title: usize,
}

/// Where a text begins, and whose it is.
#[derive(Clone, Copy, Debug)]
struct Begin {
    start: usize,
    number: u32,
}

#[derive(Debug, Default)]
pub(super) struct Texts {
    buffer: SecretBytes,
    /// In the order of the buffer.
    begins: Vec<Begin>,
    /// By number.
    spans: Vec<Span>,
    /// How many bytes belong to nobody.
    unused: usize,
}

impl Texts {
    /// Puts the text of an item in the place of the one that it had: its title first, then `parts`.
    pub(super) fn put<'a>(&mut self, number: u32, title: &str, parts: impl IntoIterator<Item = &'a str>) {
        self.remove(number);
        let start = self.buffer.len();
        push_part(&mut self.buffer, title);
        let end_of_title = self.buffer.len() - start;
        parts.into_iter().for_each(|part| push_part(&mut self.buffer, part));
        let at = number as usize;
        if self.spans.len() <= at {
            self.spans.resize(at + 1, Span::default());
        }
        self.spans[at] = Span { start, length: self.buffer.len() - start, title: end_of_title };
        self.begins.push(Begin { start, number });
    }

    /// Takes the text of an item out.
    pub(super) fn remove(&mut self, number: u32) {
        let Some(span) = self.spans.get_mut(number as usize).map(std::mem::take) else { return };
        if span.length == 0 {
            return;
        }
        // EXPOSE: overwritten.
        self.buffer.expose_mut()[span.start..span.start + span.length].zeroize();
        if let Ok(at) = self.begins.binary_search_by_key(&span.start, |begin| begin.start) {
            self.begins[at].number = NOBODY;
        }
        self.unused += span.length;
        if self.unused > LITTLE && self.unused * 2 > self.buffer.len() {
            self.close_up();
        }
    }

    /// Moves all texts to where the room before them is used.
    fn close_up(&mut self) {
        let mut closed = SecretBytes::with_capacity(self.buffer.len() - self.unused);
        self.begins.retain(|begin| begin.number != NOBODY);
        for begin in &mut self.begins {
            let span = &mut self.spans[begin.number as usize];
            // EXPOSE: copied from one wiping buffer into another.
            let text = &self.buffer.expose()[span.start..span.start + span.length];
            begin.start = closed.len();
            span.start = closed.len();
            closed.extend(text);
        }
        self.buffer = closed;
        self.unused = 0;
    }

    /// An item's title in lower case.
    pub(super) fn title(&self, number: u32) -> &[u8] {
        let Some(span) = self.spans.get(number as usize) else { return &[] };
        // EXPOSE: compared; nothing is kept.
        self.buffer.expose().get(span.start..span.start + span.title).unwrap_or_default()
    }

    /// The items whose text has every word of `query`; `None` where it has no word and all are found. One pass over the
    /// buffer, for the longest word; the others are looked for where that one is.
    pub(super) fn find(&self, query: &LowerQuery) -> Option<Numbers> {
        let mut words = query.words();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut words = words.into_iter().map(Finder::new);
        let first = words.next()?;
        let others: Vec<_> = words.collect();
        // EXPOSE: searched; nothing is kept.
        let bytes = self.buffer.expose();
        let mut found = Numbers(vec![0; self.spans.len().div_ceil(64)]);
        let (mut from, mut at) = (0, 0);
        while let Some(hit) = bytes.get(from..).and_then(|rest| first.find(rest)) {
            let hit = from + hit;
            while self.begins.get(at + 1).is_some_and(|next| next.start <= hit) {
                at += 1;
            }
            let Some(Begin { start, number }) = self.begins.get(at).copied() else { break };
            from = self.begins.get(at + 1).map_or(bytes.len(), |next| next.start);
            let text = &bytes[start..from];
            if number != NOBODY && others.iter().all(|word| word.find(text).is_some()) {
                found.insert(number);
            }
        }
        Some(found)
    }

    /// Whether the item's text has every word of `query`.
    pub(super) fn has(&self, number: u32, query: &LowerQuery) -> bool {
        let Some(span) = self.spans.get(number as usize) else { return false };
        // EXPOSE: compared; nothing is kept.
        let text = self.buffer.expose().get(span.start..span.start + span.length).unwrap_or_default();
        query.words().iter().all(|word| memchr::memmem::find(text, word).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SecretString;

    fn found(texts: &Texts, typed: &str, most: u32) -> Vec<u32> {
        let query = LowerQuery::new(&SecretString::copy_of(typed));
        let found = texts.find(&query);
        let one_by_one: Vec<u32> = (0..most).filter(|number| texts.has(*number, &query)).collect();
        let at_once: Vec<u32> = match found {
            Some(found) => (0..most).filter(|number| found.has(*number)).collect(),
            None => (0..most).collect(),
        };
        assert!(typed.trim().is_empty() || at_once == one_by_one, "{typed}: {at_once:?} {one_by_one:?}");
        at_once
    }

    #[test]
    fn every_word_is_found_wherever_it_stands_in_an_item_and_across_none() {
        let mut texts = Texts::default();
        texts.put(0, "Größe Passport.pdf", ["Travel"]);
        texts.put(1, "Bank", ["anna", "work"]);
        texts.put(2, "", []);
        texts.put(3, "Bank card", ["travel"]);
        assert_eq!(texts.title(0), "größe passport.pdf\0".as_bytes());
        assert_eq!(found(&texts, "travel", 4), [0, 3]);
        assert_eq!(found(&texts, "GRÖSSE", 4), [0; 0]);
        assert_eq!(found(&texts, "größe tra", 4), [0]);
        assert_eq!(found(&texts, "bank travel", 4), [3]);
        assert_eq!(found(&texts, "pdftravel", 4), [0; 0]);
        assert_eq!(found(&texts, "travelbank", 4), [0; 0]);
        assert_eq!(found(&texts, " ", 4), [0, 1, 2, 3]);
    }

    #[test]
    fn what_was_taken_out_is_overwritten_and_its_room_is_used_again() {
        let mut texts = Texts::default();
        let long = "x".repeat(LITTLE / 4);
        for number in 0..16 {
            texts.put(number, &format!("secret {number}"), [long.as_str()]);
        }
        texts.put(3, "other", []);
        texts.remove(7);
        assert_eq!(
            texts.buffer.expose().windows(8).filter(|text| text == b"secret 3" || text == b"secret 7").count(),
            0
        );
        assert_eq!((found(&texts, "secret", 16).len(), found(&texts, "other", 16)), (14, vec![3]));
        for number in 8..16 {
            texts.remove(number);
        }
        assert!(texts.unused <= LITTLE.max(texts.buffer.len() / 2), "{} of {}", texts.unused, texts.buffer.len());
        assert_eq!(found(&texts, "secret", 16), [0, 1, 2, 4, 5, 6]);
        assert_eq!(texts.title(5), b"secret 5\0");
    }
}
