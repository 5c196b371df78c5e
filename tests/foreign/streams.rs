//! The same messages from sources that are slow or fail, to sinks that fail, and cancelled.

use std::io::{self, Cursor, Read};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use sealkeep::crypto::{CryptoError, NoWatch, Watch};
use sealkeep::vault::{SealedFile, SealedFileError};

use super::{Hidden, KINDS, Known, LARGE, open, plaintext, verify};
use crate::support::messages::Writer;
use crate::support::streams::{FailsAfter, Trickle};

#[test]
fn slow_sources_change_nothing_and_failing_ones_are_named_as_such() {
    for (signed, frame) in KINDS {
        let small = Writer::new(signed, frame).write(&plaintext(50)).concat();
        assert_eq!(open(Trickle::of(&small)).unwrap(), plaintext(50));
        if frame == 16 {
            continue;
        }
        let message = Writer::new(signed, frame).write(&plaintext(LARGE)).concat();
        for after in [message.len() - 1, 700_000, 400] {
            let failed = open((&message[..after]).chain(FailsAfter(0)));
            assert!(matches!(failed, Err(CryptoError::Source(_))), "{failed:?}");
        }
        for after in [0, 700_000] {
            let failed = verify(&message[..]).unwrap().open(FailsAfter(after), &NoWatch);
            assert!(matches!(failed, Err(CryptoError::Sink(_))), "{failed:?}");
        }
    }
}

#[test]
fn a_spool_that_fails_is_told_apart_from_the_pipe() {
    let message = Writer::new(true, 4096).write(&plaintext(LARGE)).concat();
    let opening = || {
        let file = SealedFile::read(&message[..]).unwrap();
        let Poll::Ready(opening) = pin!(file.unlock(&Known)).poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("nobody is waited for")
        };
        opening.unwrap()
    };
    let mut out = Vec::new();
    let full = opening().run_to_pipe(&mut out, || Ok(FailsAfter(700_000)), &NoWatch);
    assert!(matches!(full, Err(SealedFileError::Spool(_))) && out.is_empty());
    // It takes everything, and gives nothing back.
    let lost = opening().run_to_pipe(&mut out, || Ok(FailsAfter(usize::MAX)), &NoWatch);
    assert!(matches!(lost, Err(SealedFileError::Spool(_))) && out.is_empty());
    let none = opening().run_to_pipe(&mut out, || Err::<Cursor<Vec<u8>>, _>(io::Error::other("none")), &NoWatch);
    assert!(matches!(none, Err(SealedFileError::Spool(_))) && out.is_empty());
    let memory = || Ok(Cursor::new(Vec::new()));
    let closed = opening().run_to_pipe(FailsAfter(10), memory, &NoWatch);
    assert!(matches!(closed, Err(SealedFileError::Crypto(CryptoError::Sink(_)))));
}

/// Cancels once so many bytes have gone by.
struct CancelsAfter {
    seen: AtomicU64,
    limit: u64,
}

impl CancelsAfter {
    fn new(limit: u64) -> Self {
        Self { seen: AtomicU64::new(0), limit }
    }
}

impl Watch for CancelsAfter {
    fn advanced(&self, bytes: u64) {
        self.seen.fetch_add(bytes, Ordering::SeqCst);
    }

    fn is_cancelled(&self) -> bool {
        self.seen.load(Ordering::SeqCst) >= self.limit
    }
}

#[test]
fn a_cancel_ends_it_at_the_next_piece_and_progress_counts_every_byte_once() {
    for (signed, frame) in [(true, 4096), (true, 0), (false, 0)] {
        let message = Writer::new(signed, frame).write(&plaintext(LARGE)).concat();
        for limit in [0, 700_000] {
            let (watch, mut hidden) = (CancelsAfter::new(limit), Hidden::default());
            let cancelled = verify(&message[..]).unwrap().open(&mut hidden, &watch);
            assert!(matches!(cancelled, Err(CryptoError::Cancelled)));
            assert!(hidden.0.len() as u64 <= limit + 256 * 1024);
        }
        let watch: &dyn Watch = &CancelsAfter::new(u64::MAX);
        assert_eq!(verify(&message[..]).unwrap().open(io::sink(), watch).unwrap(), LARGE as u64);
        let watch = CancelsAfter::new(u64::MAX);
        verify(&message[..]).unwrap().open(io::sink(), &watch).unwrap();
        assert_eq!(watch.seen.into_inner(), LARGE as u64);
    }
}

#[test]
fn a_cancel_while_the_spool_is_read_stops_the_pipe() {
    // All of it was opened by then; nothing was written yet.
    let message = Writer::new(true, 4096).write(&plaintext(LARGE)).concat();
    let file = SealedFile::read(&message[..]).unwrap();
    let Poll::Ready(opening) = pin!(file.unlock(&Known)).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("nobody is waited for")
    };
    let (watch, mut out) = (CancelsAfter::new(LARGE as u64), Vec::new());
    let cancelled = opening.unwrap().run_to_pipe(&mut out, || Ok(Cursor::new(Vec::new())), &watch);
    assert!(matches!(cancelled, Err(SealedFileError::Crypto(CryptoError::Cancelled))), "{cancelled:?}");
    assert!(out.is_empty());
}
