//! The code on an emergency sheet: 160 random bits that a person can copy by hand, and a check that finds slips.

use crate::crypto::{random, sha256};
use crate::providers::ProviderError;
use crate::secret::{SecretBytes, SecretString};

/// Crockford's base 32: no I, L, O, U.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const RANDOM_BYTES: usize = 20;
/// 32 digits of 5 random bits each, and 4 that check them.
const RANDOM_DIGITS: usize = RANDOM_BYTES * 8 / 5;
const CHECK_DIGITS: usize = 4;
const LENGTH: usize = RANDOM_DIGITS + CHECK_DIGITS;
const GROUP: usize = 4;

/// A recovery code.
#[derive(Debug)]
pub struct RecoveryCode(SecretString);

/// What was typed is no recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// There are too few characters, or too many.
    #[error("a recovery code has {LENGTH} characters, and this has {0}")]
    Length(usize),
    /// There is a character that no code has.
    #[error("a recovery code has only digits and letters, and no U")]
    Character,
    /// A character is another one than on the sheet.
    #[error("a character is not the one that stands on the sheet")]
    Slip,
}

impl RecoveryCode {
    /// A new one, from the operating system's random source.
    ///
    /// # Errors
    /// [`ProviderError::Crypto`] where the operating system has none to give.
    pub fn make_random() -> Result<Self, ProviderError> {
        let mut bytes = SecretBytes::new(vec![0; RANDOM_BYTES]);
        // EXPOSE: filled.
        random::fill(bytes.expose_mut())?;
        let mut digits = SecretBytes::with_capacity(LENGTH);
        // EXPOSE: written as digits, into a secret.
        put_digits(bytes.expose(), &mut digits);
        let check = check_of(&digits);
        digits.extend(&check);
        SecretString::from_bytes(digits).map(Self).map_err(|_| ProviderError::Crypto("a code".to_owned()))
    }

    /// What somebody typed: spaces, hyphens and case don't matter, O is 0, and I and L are 1.
    ///
    /// # Errors
    /// [`CodeError`].
    pub fn read(typed: &SecretString) -> Result<Self, CodeError> {
        let (digits, length) = digits_of(typed)?;
        if length != LENGTH {
            return Err(CodeError::Length(length));
        }
        // EXPOSE: the check's digits are compared.
        let (random, check) = digits.expose().split_at(RANDOM_DIGITS);
        if check_of(&SecretBytes::copy_of(random)) != *check {
            return Err(CodeError::Slip);
        }
        SecretString::from_bytes(digits).map(Self).map_err(|_| CodeError::Character)
    }

    /// How many groups [`RecoveryCode::in_groups`] has.
    pub fn groups(&self) -> usize {
        LENGTH / GROUP
    }

    /// Whether `typed` is group `number`, from 0, as forgiving as [`RecoveryCode::read`].
    pub fn is_group(&self, number: usize, typed: &SecretString) -> bool {
        let Ok((digits, GROUP)) = digits_of(typed) else { return false };
        // EXPOSE: compared.
        let group = self.0.expose().as_bytes().get(number * GROUP..(number + 1) * GROUP);
        // EXPOSE: compared.
        group == Some(digits.expose())
    }

    /// The code without its groups: what the recovery record's passphrase is.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The code in groups of four, as the sheet shows it.
    pub fn in_groups(&self) -> SecretString {
        let mut grouped = SecretString::default();
        let mut at = 0;
        // EXPOSE: copied into another secret.
        for (number, digit) in self.0.expose().chars().enumerate() {
            if number > 0 && number % GROUP == 0 {
                grouped.insert(at, "-");
                at += 1;
            }
            grouped.insert(at, digit.encode_utf8(&mut [0; 4]));
            at += 1;
        }
        grouped
    }
}

/// The digits that somebody typed, no more than a code has, and how many there were.
fn digits_of(typed: &SecretString) -> Result<(SecretBytes, usize), CodeError> {
    let mut digits = SecretBytes::with_capacity(LENGTH);
    let mut length = 0;
    // EXPOSE: read digit by digit, into a secret.
    for character in typed.expose().chars().filter(|character| !character.is_whitespace() && *character != '-') {
        let digit = match character.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let digit = u8::try_from(digit).ok().filter(|digit| DIGITS.contains(digit)).ok_or(CodeError::Character)?;
        length += 1;
        if length <= LENGTH {
            digits.extend(&[digit]);
        }
    }
    Ok((digits, length))
}

/// Five bits a digit, from the first bit on.
fn put_digits(bytes: &[u8], digits: &mut SecretBytes) {
    for five in bytes.chunks(5) {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for at in (0..8).rev() {
            digits.extend(&[DIGITS[(bits >> (5 * at)) as usize & 31]]);
        }
    }
}

/// 20 bits of a digest: four slips in a million go unnoticed, and then the code opens nothing.
fn check_of(digits: &SecretBytes) -> [u8; CHECK_DIGITS] {
    let mut digested = SecretBytes::copy_of(b"sealkeep recovery code ");
    // EXPOSE: digested; 20 bits of it tell nothing that could be used.
    digested.extend(digits.expose());
    let digest = sha256(digested.expose());
    std::array::from_fn(|at| DIGITS[usize::from(digest[at] & 31)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Result<RecoveryCode, CodeError> {
        RecoveryCode::read(&SecretString::copy_of(text))
    }

    #[test]
    fn is_read_as_people_write_it() {
        let code = RecoveryCode::make_random().unwrap();
        // EXPOSE: compared in a test.
        let (grouped, plain) = (code.in_groups(), code.secret().expose());
        let grouped = grouped.expose();
        assert_eq!((plain.len(), grouped.len(), grouped.matches('-').count()), (36, 44, 8));
        let loose = grouped.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        for written in [plain, grouped, &loose, &format!(" {grouped}\n")] {
            assert_eq!(typed(written).unwrap().secret().expose(), plain);
        }
        assert_ne!(RecoveryCode::make_random().unwrap().secret().expose(), plain);
    }

    #[test]
    fn every_slip_is_found() {
        let code = RecoveryCode::make_random().unwrap();
        // EXPOSE: changed in a test.
        let plain = code.secret().expose();
        for at in 0..LENGTH {
            let mut slipped = plain.as_bytes().to_vec();
            slipped[at] = if slipped[at] == b'7' { b'8' } else { b'7' };
            assert_eq!(typed(std::str::from_utf8(&slipped).unwrap()).unwrap_err(), CodeError::Slip, "at {at}");
        }
        assert_eq!(typed(&plain[1..]).unwrap_err(), CodeError::Length(35));
        assert_eq!(typed(&format!("{plain}0")).unwrap_err(), CodeError::Length(37));
        assert_eq!(typed("U").unwrap_err(), CodeError::Character);
        assert_eq!(typed("é").unwrap_err(), CodeError::Character);
    }
}
