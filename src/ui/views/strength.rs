//! How strong a passphrase is, while it is typed.

use crate::secret::SecretString;

/// A passphrase's strength.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strength {
    /// 0 to 4, as zxcvbn counts.
    pub score: u8,
    typed: bool,
}

/// What zxcvbn looks at, at most: its time grows with the square of the length, and this is strong anyway.
const LONGEST: usize = 64;

impl Strength {
    /// The strength of `passphrase`.
    pub fn of(passphrase: &SecretString) -> Self {
        // EXPOSE: estimated; what the estimate keeps of it is freed here, by the wiping allocator.
        let text = passphrase.expose();
        let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
        let score = if text.is_empty() { 0 } else { u8::from(zxcvbn::zxcvbn(&text[..end], &["sealkeep"]).score()) };
        Self { score, typed: !text.is_empty() }
    }

    /// The score, once something was typed.
    pub fn shown(self) -> Option<u8> {
        self.typed.then_some(self.score)
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self.score {
            _ if !self.typed => "Four or five random words are easy to remember and hard to guess.",
            0 | 1 => "Very easy to guess",
            2 => "Easy to guess",
            3 => "Good",
            _ => "Strong",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_grow_stronger() {
        let score = |text: &str| Strength::of(&SecretString::copy_of(text)).score;
        assert_eq!(score(""), 0);
        assert_eq!(Strength::default().shown(), None);
        assert!(Strength::default().words().starts_with("Four or five"));
        assert!(score("password") <= 1);
        assert_eq!(score("anchor-velvet-mosaic-plum-orbit"), 4);
        assert_eq!(score(&"ä7".repeat(500)), score(&"ä7".repeat(32)));
    }
}
