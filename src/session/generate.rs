//! Passwords and passphrases out of the operating system's random source, every one as likely as any other.

use crate::crypto::random;
use crate::secret::SecretString;

use super::SessionError;

/// What a password is made of: letters, digits and symbols, but no quotes, brackets or backslashes, which forms are known to
/// trip over.
const ALPHABET: &[u8; 78] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#%+,-./:;=?@_~*";

/// How many characters a password has where nobody says how many.
pub const DEFAULT_LENGTH: usize = 24;
/// How many characters a password may have.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 8..=1024;
/// How many words a passphrase may have.
pub const WORDS: std::ops::RangeInclusive<usize> = 4..=64;

/// What was made, and how hard it is to guess.
#[derive(Debug)]
pub struct Generated {
    /// The password or passphrase.
    pub secret: SecretString,
    /// Its entropy in bits, rounded down.
    pub bits: u32,
}

/// A password of `length` characters: letters, digits and symbols.
///
/// # Errors
/// [`SessionError::Length`] for a length outside of [`LENGTHS`]; [`SessionError::Random`].
pub fn password(length: usize) -> Result<Generated, SessionError> {
    check("characters", length, &LENGTHS)?;
    let mut text = String::with_capacity(length);
    for _ in 0..length {
        text.push(char::from(pick(ALPHABET)?));
    }
    Ok(Generated { secret: SecretString::new(text), bits: entropy(ALPHABET.len(), length) })
}

/// A passphrase of `count` words of the EFF's large list, with hyphens between them.
///
/// # Errors
/// [`SessionError::Length`] for a count outside of [`WORDS`]; [`SessionError::Random`].
pub fn words(count: usize) -> Result<Generated, SessionError> {
    check("words", count, &WORDS)?;
    let list = diceware_wordlists::Wordlist::EffLong.get_list();
    let longest = list.iter().map(|word| word.len()).max().unwrap_or_default();
    // Room for the longest words: growing would leave a copy behind.
    let mut text = String::with_capacity(count * (longest + 1));
    for index in 0..count {
        if index > 0 {
            text.push('-');
        }
        text.push_str(pick(list)?);
    }
    Ok(Generated { secret: SecretString::new(text), bits: entropy(list.len(), count) })
}

fn check(what: &'static str, asked: usize, allowed: &std::ops::RangeInclusive<usize>) -> Result<(), SessionError> {
    if allowed.contains(&asked) {
        return Ok(());
    }
    Err(SessionError::Length { what, asked, least: *allowed.start(), most: *allowed.end() })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
fn entropy(choices: usize, count: usize) -> u32 {
    ((choices as f64).log2() * count as f64).floor() as u32
}

/// One of `choices`, each as likely: numbers above the last whole multiple are thrown again.
fn pick<T: Copy>(choices: &[T]) -> Result<T, SessionError> {
    let count = u32::try_from(choices.len()).map_err(|_| SessionError::Random)?;
    let beyond = u32::MAX.checked_rem(count).and_then(|rest| u32::MAX.checked_sub(rest)).ok_or(SessionError::Random)?;
    loop {
        let number = u32::from_ne_bytes(random::make_bytes().map_err(|_| SessionError::Random)?);
        if number < beyond {
            let chosen = choices.get((number % count) as usize);
            return chosen.copied().ok_or(SessionError::Random);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn passwords_have_the_length_asked_for_and_differ() {
        for length in [8, 24, 1024] {
            let (one, two) = (password(length).unwrap(), password(length).unwrap());
            assert_eq!(one.secret.len(), length);
            assert!(!one.secret.same_as(&two.secret));
        }
        assert_eq!(password(24).unwrap().bits, 150);
    }

    #[test]
    fn every_character_turns_up() {
        let distinct: BTreeSet<u8> = ALPHABET.iter().copied().collect();
        assert_eq!(distinct.len(), ALPHABET.len());
        let mut seen = BTreeSet::new();
        for _ in 0..20 {
            // EXPOSE: counted in a test.
            seen.extend(password(1024).unwrap().secret.expose().bytes());
        }
        assert_eq!(seen, distinct);
    }

    #[test]
    fn a_choice_is_as_likely_as_any_other() {
        let mut counts = [0_i32; 3];
        for _ in 0..30_000 {
            counts[pick(&[0_usize, 1, 2]).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (count - 10_000).abs() < 600), "{counts:?}");
    }

    #[test]
    fn passphrases_are_words_of_the_list() {
        let made = words(6).unwrap();
        let list = diceware_wordlists::Wordlist::EffLong.get_list();
        assert_eq!((list.len(), made.bits), (7776, 77));
        // EXPOSE: read in a test. Some words of the list have a hyphen themselves, so it is not split.
        let mut rest = made.secret.expose();
        let mut count = 0;
        while !rest.is_empty() {
            let fits = |word: &&&str| rest.strip_prefix(**word).is_some_and(|r| r.is_empty() || r.starts_with('-'));
            let word = list.iter().filter(fits).max_by_key(|word| word.len()).unwrap();
            rest = rest[word.len()..].trim_start_matches('-');
            count += 1;
        }
        assert_eq!(count, 6);
    }

    #[test]
    fn lengths_outside_of_the_limits_are_refused() {
        for length in [0, 7, 1025, usize::MAX] {
            assert!(matches!(password(length), Err(SessionError::Length { .. })));
        }
        for count in [0, 3, 65] {
            assert!(matches!(words(count), Err(SessionError::Length { .. })));
        }
    }
}
