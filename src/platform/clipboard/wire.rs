//! What the two processes say to each other: one request on the helper's standard input, whose end means "remove it"; and
//! words of one byte on its standard output.
//!
//! Invariant: the text is in secrets on both sides, and in no buffer between them.

use std::io::{self, Read, Write};
use std::time::Duration;

use super::Manner;
use crate::secret::{SecretBytes, SecretString};

/// No field of an item is as long as this.
const LONGEST: u64 = 1 << 30;
/// In the place of milliseconds.
const NEVER: u64 = u64::MAX;
/// The same, of what is no secret.
const PLAIN: u64 = u64::MAX - 1;

/// What the helper says: one of the first three, and after `Copied` one of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Copied,
    Refused,
    Unavailable,
    Cleared,
    Replaced,
}

impl Word {
    const ALL: [Self; 5] = [Self::Copied, Self::Refused, Self::Unavailable, Self::Cleared, Self::Replaced];

    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Copied => b'+',
            Self::Refused => b'!',
            Self::Unavailable => b'?',
            Self::Cleared => b'-',
            Self::Replaced => b'=',
        }
    }

    pub(super) fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.byte() == byte)
    }
}

/// Milliseconds, or `NEVER` or `PLAIN`, and the text's length, both big-endian in 8 bytes; then the text. `input` must not buffer.
pub(super) fn write_request(input: &mut impl Write, text: &SecretString, manner: Manner) -> io::Result<()> {
    let time = match manner {
        Manner::Plain => PLAIN,
        Manner::Secret(None) => NEVER,
        // The longest time that there is, and still a time.
        Manner::Secret(Some(after)) => u64::try_from(after.as_millis()).unwrap_or(u64::MAX).min(PLAIN - 1),
    };
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    input.write_all(&time.to_be_bytes())?;
    input.write_all(&length.to_be_bytes())?;
    // EXPOSE: the helper is this program, and the pipe is between the two alone.
    input.write_all(text.expose().as_bytes())
}

/// What [`write_request`] wrote; nothing is read beyond it.
pub(super) fn read_request(input: &mut impl Read) -> io::Result<(SecretString, Manner)> {
    let mut number = || -> io::Result<u64> {
        let mut bytes = [0; 8];
        input.read_exact(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    };
    let (time, length) = (number()?, number()?);
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut text = SecretBytes::new(vec![0; usize::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?]);
    // EXPOSE: filled in.
    input.read_exact(text.expose_mut())?;
    let text = SecretString::from_bytes(text).map_err(|_| io::ErrorKind::InvalidData)?;
    let manner = match time {
        PLAIN => Manner::Plain,
        NEVER => Manner::Secret(None),
        time => Manner::Secret(Some(Duration::from_millis(time))),
    };
    Ok((text, manner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_understand_each_other() {
        let in_time = |time| Manner::Secret(Some(time));
        for (text, manner) in [
            ("", Manner::Secret(None)),
            ("ä\0b", in_time(Duration::ZERO)),
            ("x", in_time(Duration::from_secs(30))),
            ("x", in_time(Duration::from_millis(PLAIN - 1))),
            ("arn:aws:kms", Manner::Plain),
        ] {
            let mut pipe = Vec::new();
            write_request(&mut pipe, &SecretString::copy_of(text), manner).unwrap();
            let read = read_request(&mut &pipe[..]).unwrap();
            assert_eq!((read.0.expose(), read.1), (text, manner));
            assert!(read_request(&mut &pipe[..pipe.len() - 1]).is_err(), "half a request is none");
        }
        for word in Word::ALL {
            assert_eq!(Word::of(word.byte()), Some(word));
        }
        assert_eq!(Word::of(b'x'), None);
    }

    #[test]
    fn what_is_no_text_of_ours_is_refused() {
        let request = |length: u64, text: &[u8]| [&NEVER.to_be_bytes()[..], &length.to_be_bytes(), text].concat();
        assert!(read_request(&mut &request(LONGEST + 1, b"x")[..]).is_err());
        assert!(read_request(&mut &request(1, b"\xff")[..]).is_err());
    }
}
