//! Messages that only others write: signed ones (0x0578), and content in one block. What was sealed opens, nothing else does,
//! and nobody sees a byte of what was not verified.

mod streams;

use std::io::{self, Cursor, Read, Write};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use sealkeep::crypto::{CryptoError, DataKey, Limited, MessageReader, NoWatch, StoredBody, VerifiedMessage, Withheld};
use sealkeep::format::{EncryptedDataKey, EncryptionContext, Header};
use sealkeep::providers::{BoxFuture, KeyProvider, ProviderError, Wrapped};
use sealkeep::vault::{SealedFile, SealedFileError};

use crate::support::messages::{Parts, Writer, data_key, footer_of};

/// Several blocks of 256 KiB, and not a multiple of anything.
const LARGE: usize = 1_200_077;

/// A frame length of 0 is one block.
const KINDS: [(bool, u32); 4] = [(true, 16), (true, 4096), (true, 0), (false, 0)];

/// Different at every position, so that a byte in another place shows.
fn plaintext(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}

/// A place that nobody sees but the test.
#[derive(Default)]
struct Hidden(Vec<u8>);

impl Write for Hidden {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Withheld for Hidden {}

fn verify<R: Read>(source: R) -> Result<VerifiedMessage<R>, CryptoError> {
    MessageReader::read(source)?.verify(&data_key())
}

fn open(source: impl Read + Send) -> Result<Vec<u8>, CryptoError> {
    let mut hidden = Hidden::default();
    let length = verify(source)?.open(&mut hidden, &NoWatch)?;
    assert_eq!(hidden.0.len() as u64, length);
    Ok(hidden.0)
}

/// Refused, opaquely or for its structure, also in memory and on the way to a pipe, which gets nothing.
fn assert_refused(message: &[u8], what: &str) {
    let error = open(message).expect_err(what);
    assert!(matches!(error, CryptoError::NotAuthentic | CryptoError::Format(_)), "{what}: {error}");
    let in_memory = verify(message).and_then(|message| message.open_bytes(1 << 20));
    assert!(in_memory.is_err(), "{what}");
    let (ended, out) = pipe(message);
    assert!(matches!(ended, Err(SealedFileError::Crypto(_))), "{what}: {ended:?}");
    assert!(out.is_empty(), "{what}: {} bytes reached the pipe", out.len());
}

/// Has the data key of every message here, and asks nobody.
struct Known;

impl KeyProvider for Known {
    fn wrap<'a>(
        &'a self,
        _: Option<&'a DataKey>,
        _: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<Wrapped, ProviderError>> {
        panic!("nothing is sealed here")
    }

    fn unwrap<'a>(
        &'a self,
        _: &'a EncryptedDataKey,
        _: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<DataKey, ProviderError>> {
        Box::pin(async { Ok(data_key()) })
    }

    fn recognises(&self, _: &EncryptedDataKey) -> bool {
        true
    }
}

/// As `decrypt FILE -o -` does, and what came out of the pipe.
fn pipe(message: &[u8]) -> (Result<u64, SealedFileError>, Vec<u8>) {
    let mut out = Vec::new();
    let ended = SealedFile::read(message).and_then(|file| {
        let unlocked = pin!(file.unlock(&Known)).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(opening) = unlocked else { panic!("nobody is waited for") };
        opening?.run_to_pipe(&mut out, || Ok(Cursor::new(Vec::new())), &NoWatch)
    });
    (ended, out)
}

#[test]
fn opens_at_every_boundary_of_frames_and_pieces() {
    for (signed, frame) in KINDS {
        let writer = Writer::new(signed, frame);
        for length in [0, 1, 15, 16, 17, 32, 4095, 4096, 4097, 8192, 262_143, 262_144, 262_145, LARGE] {
            if frame == 16 && length > 4097 {
                continue;
            }
            let body = plaintext(length);
            let message = writer.write(&body).concat();
            assert!(open(&message[..]).unwrap() == body, "{length} bytes in frames of {frame}");
            let (ended, out) = pipe(&message);
            assert!(ended.unwrap() == length as u64 && out == body, "{length} bytes in frames of {frame} to a pipe");
        }
    }
}

#[test]
fn opens_signed_frames_that_are_longer_than_a_block_of_work() {
    for frame in [100_000, 300_000] {
        for length in [99_999, 100_000, 300_000, 600_000, LARGE] {
            let body = plaintext(length);
            let message = Writer::new(true, frame).write(&body).concat();
            assert!(open(&message[..]).unwrap() == body, "{length} bytes in frames of {frame}");
        }
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    for (signed, frame) in [(true, 16), (true, 0), (false, 0)] {
        let message = Writer::new(signed, frame).write(&plaintext(40)).concat();
        open(&message[..]).unwrap();
        for bit in 0..message.len() * 8 {
            let mut flipped = message.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_refused(&flipped, &format!("bit {bit} of frames of {frame} flipped"));
        }
    }
}

#[test]
fn a_cut_at_every_byte_and_everything_appended_is_refused() {
    for (signed, frame) in KINDS {
        let Parts { header, content, footer } = Writer::new(signed, frame).write(&plaintext(40));
        let message = [&header[..], &content, &footer].concat();
        for cut in 0..message.len() {
            assert_refused(&message[..cut], &format!("frames of {frame} cut at {cut}"));
        }
        for appended in [&b"\0"[..], &[0; 600], &content, &footer_of(&[7; 100]), &message, &footer] {
            if !appended.is_empty() {
                assert_refused(&[&message[..], appended].concat(), &format!("appended to frames of {frame}"));
            }
        }
    }
}

#[test]
fn another_signature_or_none_is_refused() {
    for frame in [16, 0] {
        let (writer, other) = (Writer::new(true, frame), Writer::new(true, frame));
        let Parts { header, content, footer } = writer.write(&plaintext(40));
        let signed = [&header[..], &content].concat();
        let with = |footer: &[u8]| [&signed[..], footer].concat();
        open(&with(&writer.footer(&signed))[..]).expect("signed once more, by the same key");
        assert_refused(&with(&[]), "no footer");
        assert_refused(&with(&footer_of(&[])), "an empty signature");
        assert_refused(&with(&other.footer(&signed)), "signed with another key");
        for (part, what) in [(&header, "the header"), (&content, "the content"), (&vec![], "nothing")] {
            assert_refused(&with(&writer.footer(part)), &format!("a signature of {what} alone"));
        }
        assert_refused(&with(&writer.footer(&with(&footer))), "a signature of the footer too");
        assert_refused(&with(&footer_of(&[0x30; 512])), "a long one");
        assert_refused(&with(&footer_of(&[0x30; 513])), "one beyond the limit");
        assert_refused(&with(&footer_of(&[0x30; 65_535])), "the longest that can be said");
    }
}

#[test]
fn who_has_the_data_key_alone_cannot_change_a_signed_message() {
    for frame in [16, 0] {
        let writer = Writer::new(true, frame);
        let Parts { header, footer, .. } = writer.write(&plaintext(40));
        let mut other = plaintext(40);
        other[7] ^= 1;
        // Each frame, or the block, is sealed as it should be.
        let content = writer.content(&other);
        assert_refused(&[&header[..], &content, &footer].concat(), "content that was sealed anew");
        open(&[&header[..], &content, &writer.footer(&[&header[..], &content].concat())].concat()[..]).unwrap();
    }
}

#[test]
fn frames_in_another_order_are_refused_though_they_are_signed_so() {
    let writer = Writer::new(true, 16);
    let Parts { header, content, .. } = writer.write(&plaintext(40));
    let (first, rest) = content.split_at(48);
    let (second, last) = rest.split_at(48);
    for mixed in [[second, first, last].concat(), [first, last].concat(), [first, second, second, last].concat()] {
        let footer = writer.footer(&[&header[..], &mixed].concat());
        assert_refused(&[&header[..], &mixed, &footer].concat(), "frames moved and signed");
    }
    let no_end = [first, second].concat();
    let footer = writer.footer(&[&header[..], &no_end].concat());
    assert_refused(&[&header[..], &no_end, &footer].concat(), "no final frame");
}

#[test]
fn a_lie_about_the_length_of_a_block_is_refused() {
    for signed in [true, false] {
        let writer = Writer::new(signed, 0);
        for length in [0_usize, 1, 40, 300_000] {
            let Parts { header, content, .. } = writer.write(&plaintext(length));
            let length = length as u64;
            let lies = [length.wrapping_sub(1), length + 1, length + 16, (1 << 36) - 32, (1 << 36) - 31, 1 << 63];
            for lie in lies {
                let mut content = content.clone();
                content[12..20].copy_from_slice(&lie.to_be_bytes());
                let footer = writer.footer(&[&header[..], &content].concat());
                assert_refused(&[&header[..], &content, &footer].concat(), &format!("{length} said to be {lie}"));
            }
        }
    }
}

#[test]
fn what_was_sealed_for_one_kind_is_not_taken_for_another() {
    // The header of each kind with the content of each other: same key, same message id.
    for (signed, frame) in KINDS {
        for (other_signed, other_frame) in KINDS {
            if (signed, frame) == (other_signed, other_frame) {
                continue;
            }
            let (writer, other) = (Writer::new(signed, frame), Writer::new(other_signed, other_frame));
            let (header, content) = (writer.header(), other.content(&plaintext(40)));
            let footer = writer.footer(&[&header[..], &content].concat());
            let what = format!("{other_signed} {other_frame} as {signed} {frame}");
            assert_refused(&[&header[..], &content, &footer].concat(), &what);
        }
    }
}

/// DER of *r* and *s*, each with as many zeros before it as `padding` says beyond what it needs.
fn der(r: &[u8], s: &[u8], padding: usize) -> Vec<u8> {
    let integer = |value: &[u8]| {
        let value = &value[value.iter().take_while(|byte| **byte == 0).count()..];
        let zeros = padding + usize::from(value[0] >= 0x80);
        [&[2, (zeros + value.len()) as u8][..], &vec![0; zeros], value].concat()
    };
    let both = [integer(r), integer(s)].concat();
    [&[0x30, both.len() as u8][..], &both].concat()
}

/// The two numbers of a signature, 48 bytes each.
fn numbers(signature: &[u8]) -> [[u8; 48]; 2] {
    let mut rest = &signature[2..];
    [(); 2].map(|()| {
        let (number, behind) = rest[2..].split_at(rest[1] as usize);
        rest = behind;
        let mut value = [0; 48];
        for (to, from) in value.iter_mut().rev().zip(number.iter().rev()) {
            *to = *from;
        }
        value
    })
}

#[test]
fn a_signature_has_one_encoding_and_two_values() {
    /// The order of P-384's group.
    const ORDER: [u8; 48] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC7, 0x63, 0x4D, 0x81, 0xF4, 0x37, 0x2D, 0xDF, 0x58, 0x1A, 0x0D, 0xB2,
        0x48, 0xB0, 0xA7, 0x7A, 0xEC, 0xEC, 0x19, 0x6A, 0xCC, 0xC5, 0x29, 0x73,
    ];
    let writer = Writer::new(true, 16);
    let Parts { header, content, footer } = writer.write(&plaintext(40));
    let [r, s] = numbers(&footer[2..]);
    assert_eq!(der(&r, &s, 0), footer[2..]);
    let mut negated = [0; 48];
    let mut borrow = 0;
    for at in (0..48).rev() {
        let difference = i16::from(ORDER[at]) - i16::from(s[at]) - borrow;
        borrow = i16::from(difference < 0);
        negated[at] = difference.rem_euclid(256) as u8;
    }
    let with = |signature: &[u8]| [&header[..], &content, &footer_of(signature)].concat();
    // ECDSA's own symmetry: whoever has one can make the other, over the same message by the same key.
    assert_eq!(open(&with(&der(&r, &negated, 0))[..]).unwrap(), plaintext(40));
    let strict = der(&r, &s, 0);
    let mut long_length = vec![0x30, 0x81];
    long_length.extend(&strict[1..]);
    let mut indefinite = vec![0x30, 0x80];
    indefinite.extend([&strict[2..], &[0, 0]].concat());
    let refused = [
        (der(&r, &s, 1), "zeros before the numbers"),
        (long_length, "a length in more bytes than it needs"),
        (indefinite, "a length that is not said"),
        ([&strict[..], &[0]].concat(), "a byte after it"),
        ([&r[..], &s].concat(), "the bare numbers"),
        (der(&s, &r, 0), "the numbers exchanged"),
        (der(&ORDER, &s, 0), "a number that is too large"),
        (vec![0x30, 6, 2, 1, 0, 2, 1, 0], "zeros"),
    ];
    for (signature, what) in refused {
        assert_refused(&with(&signature), what);
    }
}

#[test]
fn none_of_these_is_a_vaults_body() {
    for (signed, frame) in KINDS {
        let Parts { header, content, .. } = Writer::new(signed, frame).write(&plaintext(40));
        assert!(Header::parse(&header).is_err());
        // Nor is its content, behind a header that is one.
        let ours = Header::parse(&Writer::new(false, 16).header()).unwrap();
        let opener = StoredBody::new(ours, &content[..]).verify(&data_key()).unwrap();
        assert!(matches!(opener.open_bytes(1 << 20), Err(CryptoError::NotAuthentic)), "{signed} {frame}");
    }
}

#[test]
fn another_key_is_refused_by_its_commitment() {
    for (signed, frame) in KINDS {
        let message = Writer::new(signed, frame).write(&plaintext(40)).concat();
        let other = DataKey::from_secret(sealkeep::secret::SecretKey::copy_of(&[0x5B; 32]).unwrap());
        let refused = MessageReader::read(&message[..]).unwrap().verify(&other);
        assert!(matches!(refused, Err(CryptoError::NotAuthentic)));
    }
}

#[test]
fn a_part_of_a_vault_is_none_of_these_either() {
    let mut writer = Writer::new(true, 16);
    writer.context.push(("sealkeep:vault".to_owned(), "x".to_owned()));
    let (ended, out) = pipe(&writer.write(&plaintext(40)).concat());
    assert!(matches!(ended, Err(SealedFileError::PartOfVault)) && out.is_empty());
}

#[test]
fn a_body_in_memory_opens_up_to_the_callers_limit() {
    for (signed, frame) in KINDS {
        let message = Writer::new(signed, frame).write(&plaintext(40)).concat();
        let open = |at_most| verify(&message[..]).unwrap().open_bytes(at_most);
        // EXPOSE: compared in a test.
        assert_eq!(open(40).unwrap().expose(), plaintext(40));
        assert!(matches!(open(39), Err(CryptoError::TooLong)));
        let mut limited = Limited::new(39);
        assert!(verify(&message[..]).unwrap().open(&mut limited, &NoWatch).is_err() && limited.is_exceeded());
    }
}
