//! Whole messages: what was sealed opens, and nothing else does.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use sealkeep::crypto::{
    CryptoError, DataKey, FreshDataKey, MessageReader, NoWatch, StoredBody, VerifiedMessage, Watch, seal_header,
};
use sealkeep::format::{EncryptedDataKey, EncryptionContext, FrameLayout, FrameLength, FramePlace, Header};
use sealkeep::secret::{SecretBytes, SecretKey};

use crate::support::streams::{FailsAfter, Trickle};

const KEY: [u8; 32] = [0x5A; 32];

/// Enough for several blocks of 256 KiB, and so for several threads.
const LARGE: usize = 1_200_000;

fn frame_length(bytes: u32) -> FrameLength {
    FrameLength::new(bytes).unwrap()
}

fn data_key() -> DataKey {
    DataKey::from_secret(SecretKey::copy_of(&KEY).unwrap())
}

/// Different at every position, so that a byte in another place shows.
fn plaintext(length: usize) -> Vec<u8> {
    // The pattern's length is prime, so that no two frames or blocks begin alike.
    let pattern: Vec<u8> = (0..65_521).map(|at| (at * 31 + at / 251) as u8).collect();
    let mut text = pattern.repeat(length / pattern.len() + 1);
    text.truncate(length);
    text
}

/// Header and frames of a message under [`KEY`].
fn seal_parts(body: &[u8], frame: u32) -> (Header, Vec<u8>) {
    let context = EncryptionContext::new([("sealkeep:item", "7f1f"), ("sealkeep:purpose", "body")]).unwrap();
    let wrapped = EncryptedDataKey {
        provider_id: "test".to_owned(),
        provider_info: b"some key".to_vec(),
        ciphertext: vec![9; 24],
    };
    let key = FreshDataKey::from_generated(SecretKey::copy_of(&KEY).unwrap());
    let (header, sealer) = seal_header(key, context, vec![wrapped], frame_length(frame)).unwrap();
    let mut frames = Vec::new();
    assert_eq!(sealer.seal(body, &mut frames, &NoWatch).unwrap(), body.len() as u64);
    (header, frames)
}

fn seal(body: &[u8], frame: u32) -> Vec<u8> {
    let (header, frames) = seal_parts(body, frame);
    [header.to_bytes(), frames].concat()
}

/// How opening ended, and what came out until then.
fn open(message: impl Read + Send) -> (Result<u64, CryptoError>, Vec<u8>) {
    let mut output = Vec::new();
    let verified = MessageReader::read(message).and_then(|reader| reader.verify(&data_key()));
    let result = verified.and_then(|message| match message {
        VerifiedMessage::Framed(opener) => opener.open(&mut output, &NoWatch),
        VerifiedMessage::AtEnd(_) => panic!("we write no such message"),
    });
    (result, output)
}

/// The message is refused, opaquely or for its structure, and nothing came out.
fn assert_refused(message: &[u8], what: &str) {
    let (result, output) = open(message);
    let error = result.expect_err(what);
    assert!(matches!(error, CryptoError::NotAuthentic | CryptoError::Format(_)), "{what}: {error}");
    assert!(output.is_empty(), "{what}: {} bytes came out", output.len());
}

/// The frames are refused with the one opaque error, and nothing came out, into a sink or into memory.
fn assert_frames_refused(header: &Header, frames: &[u8], what: &str) {
    let opener = || StoredBody::new(header.clone(), frames).verify(&data_key()).unwrap();
    let mut output = Vec::new();
    let error = opener().open(&mut output, &NoWatch).expect_err(what);
    assert!(matches!(error, CryptoError::NotAuthentic), "{what}: {error}");
    assert!(output.is_empty(), "{what}: {} bytes came out", output.len());
    assert!(matches!(opener().open_bytes(1 << 20), Err(CryptoError::NotAuthentic)), "{what}");
}

/// The frames' records, one by one.
fn records(frames: &[u8], frame: u32) -> Vec<&[u8]> {
    let length = FrameLayout::new(frame_length(frame)).record_length() as usize;
    let mut records: Vec<&[u8]> = Vec::new();
    let mut rest = frames;
    while rest[..4] != [0xFF; 4] {
        let (record, behind) = rest.split_at(length);
        records.push(record);
        rest = behind;
    }
    records.push(rest);
    records
}

fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let shorter = orders(count - 1);
    shorter.iter().flat_map(|order| (0..count).map(|at| [&order[..at], &[count - 1], &order[at..]].concat())).collect()
}

#[test]
fn opens_at_every_boundary_of_its_frames() {
    for frame in [1, 16, 4096] {
        let full = frame as usize;
        for length in [0, 1, full - 1, full, full + 1, 2 * full, 7 * full + full / 2, 8 * full] {
            let body = plaintext(length);
            let (header, frames) = seal_parts(&body, frame);
            let sealed_length = FrameLayout::new(frame_length(frame)).sealed_length(length as u64);
            assert_eq!(sealed_length, Some(frames.len() as u64), "{length} bytes in frames of {frame}");
            let (result, output) = open(&[header.to_bytes(), frames].concat()[..]);
            assert_eq!(result.unwrap(), length as u64);
            assert!(output == body, "{length} bytes in frames of {frame}");
        }
    }
}

#[test]
fn opens_at_every_boundary_of_its_blocks() {
    // Frames are worked on in blocks of 256 KiB, and a final frame's record can be longer than a regular one's.
    for frame in [65_536, 300_000] {
        let block = (262_144 / frame).max(1) * frame;
        for length in [block - 9, block - 8, block - 1, block, block + 1] {
            let body = plaintext(length);
            let (result, output) = open(&seal(&body, frame as u32)[..]);
            assert_eq!(result.unwrap(), length as u64, "{length} bytes in frames of {frame}");
            assert!(output == body, "{length} bytes in frames of {frame}");
        }
    }
}

#[test]
fn a_body_that_fills_its_frames_ends_with_an_empty_one() {
    let (_, frames) = seal_parts(&plaintext(32), 16);
    let records = records(&frames, 16);
    assert_eq!(records.iter().map(|record| record.len()).collect::<Vec<_>>(), [48, 48, 40]);
}

#[test]
fn opens_large_bodies_on_all_cores() {
    let body = plaintext(1_500_077);
    for frame in [1000, FrameLength::DEFAULT.bytes(), 16 * 1024 * 1024] {
        let (result, output) = open(&seal(&body, frame)[..]);
        assert_eq!(result.unwrap(), body.len() as u64);
        assert!(output == body, "frames of {frame}");
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let message = seal(&plaintext(40), 16);
    open(&message[..]).0.unwrap();
    for bit in 0..message.len() * 8 {
        let mut flipped = message.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_refused(&flipped, &format!("bit {bit} flipped"));
    }
}

#[test]
fn every_flipped_bit_of_the_frames_is_one_opaque_error() {
    let (header, frames) = seal_parts(&plaintext(40), 16);
    for bit in 0..frames.len() * 8 {
        let mut flipped = frames.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_frames_refused(&header, &flipped, &format!("bit {bit} flipped"));
    }
}

#[test]
fn a_cut_at_every_byte_is_refused() {
    let message = seal(&plaintext(40), 16);
    for cut in 0..message.len() {
        assert_refused(&message[..cut], &format!("cut at {cut}"));
    }
    let (header, frames) = seal_parts(&plaintext(40), 16);
    for cut in 0..frames.len() {
        assert_frames_refused(&header, &frames[..cut], &format!("frames cut at {cut}"));
        assert_frames_refused(&header, &frames[cut + 1..], &format!("the first {} bytes missing", cut + 1));
    }
}

#[test]
fn every_other_order_of_three_frames_is_refused() {
    // Two regular frames and the final one; then three regular ones before a final one that stays.
    for (length, moved) in [(40, 3), (50, 3), (50, 4)] {
        let (header, frames) = seal_parts(&plaintext(length), 16);
        let records = records(&frames, 16);
        let mut orders_tried = 0;
        for order in orders(moved) {
            let kept = records[moved..].iter();
            let mixed = order.iter().map(|at| &records[*at]).chain(kept).copied().collect::<Vec<_>>().concat();
            if mixed == frames {
                continue;
            }
            assert_frames_refused(&header, &mixed, &format!("order {order:?}"));
            orders_tried += 1;
        }
        assert_eq!(orders_tried, (1..=moved).product::<usize>() - 1);
    }
}

#[test]
fn frames_repeated_dropped_or_added_are_refused() {
    let (header, frames) = seal_parts(&plaintext(40), 16);
    let records = records(&frames, 16);
    for at in 0..records.len() {
        let repeated = [&records[..=at], &records[at..]].concat().concat();
        assert_frames_refused(&header, &repeated, &format!("frame {at} repeated"));
        let dropped = [&records[..at], &records[at + 1..]].concat().concat();
        assert_frames_refused(&header, &dropped, &format!("frame {at} dropped"));
        let replaced = [&records[..at], &[records[(at + 1) % 3]], &records[at + 1..]].concat().concat();
        assert_frames_refused(&header, &replaced, &format!("frame {at} replaced"));
    }
    for appended in [&b"\0"[..], b"\xFF\xFF\xFF\xFF", records[0], records[2], &frames, &header.to_bytes()] {
        assert_frames_refused(&header, &[&frames, appended].concat(), "bytes appended");
    }
}

#[test]
fn frames_of_another_message_under_the_same_key_are_refused() {
    // The key is the same only because the test says so: each message makes its own.
    let (header, frames) = seal_parts(&plaintext(40), 16);
    let (other_header, other_frames) = seal_parts(&plaintext(40), 16);
    assert_ne!(header.body().message_id(), other_header.body().message_id());
    assert_frames_refused(&header, &other_frames, "all frames of another message");
    let (ours, theirs) = (records(&frames, 16), records(&other_frames, 16));
    for at in 0..3 {
        let mut mixed = ours.clone();
        mixed[at] = theirs[at];
        assert_frames_refused(&header, &mixed.concat(), &format!("frame {at} of another message"));
    }
}

#[test]
fn a_longer_frame_length_in_a_stored_header_is_refused() {
    let (header, _) = seal_parts(&plaintext(40), 16);
    let mut bytes = header.to_bytes();
    let at = bytes.len() - 16 - 32 - 1;
    bytes[at] = 40;
    let forged = Header::parse(&bytes).unwrap();
    assert_eq!(forged.body().frame_length().bytes(), 40);
    let refused = StoredBody::new(forged, &b""[..]).verify(&data_key());
    assert!(matches!(refused, Err(CryptoError::NotAuthentic)));
}

#[test]
fn another_key_is_refused_by_its_commitment() {
    let (header, frames) = seal_parts(b"body", 16);
    let other = DataKey::from_secret(SecretKey::copy_of(&[0x5B; 32]).unwrap());
    other.verify(header.body().message_id(), header.body().commitment()).unwrap_err();
    data_key().verify(header.body().message_id(), header.body().commitment()).unwrap();
    let refused = StoredBody::new(header, &frames[..]).verify(&other);
    assert!(matches!(refused, Err(CryptoError::NotAuthentic)));
}

#[test]
fn a_change_late_in_a_large_body_gives_only_the_frames_before_it() {
    let body = plaintext(LARGE);
    let (header, mut frames) = seal_parts(&body, 65_536);
    let layout = FrameLayout::new(frame_length(65_536));
    let at = layout.offset(15) as usize + 100;
    frames[at] ^= 1;
    let mut output = Vec::new();
    let opener = || StoredBody::new(header.clone(), &frames[..]).verify(&data_key()).unwrap();
    assert!(matches!(opener().open(&mut output, &NoWatch), Err(CryptoError::NotAuthentic)));
    assert!(output.len() <= 14 * 65_536 && output == body[..output.len()], "only what was verified, in order");
    assert!(matches!(opener().open_bytes(usize::MAX), Err(CryptoError::NotAuthentic)));
}

#[test]
fn single_frames_open_in_any_order_and_only_in_their_place() {
    let body = plaintext(40);
    let (header, frames) = seal_parts(&body, 16);
    let (opener, _) = StoredBody::new(header, io::empty()).verify(&data_key()).unwrap().into_parts();
    let records = records(&frames, 16);
    for sequence in [3_u32, 1, 2] {
        let at = opener.layout().offset(sequence) as usize;
        let record = records[sequence as usize - 1];
        assert_eq!(&frames[at..at + record.len()], record);
        let opened = opener.open_frame(sequence, record.to_vec()).unwrap();
        let start = 16 * (sequence as usize - 1);
        // EXPOSE: compared in a test.
        assert_eq!(opened.bytes.expose(), &body[start..body.len().min(start + 16)]);
        assert_eq!(opened.is_final, sequence == 3);
        for wrong in [sequence - 1, sequence + 1] {
            assert!(matches!(opener.open_frame(wrong, record.to_vec()), Err(CryptoError::NotAuthentic)));
        }
        for cut in 0..record.len() {
            assert!(opener.open_frame(sequence, record[..cut].to_vec()).is_err());
        }
        assert!(opener.open_frame(sequence, [record, b"\0"].concat()).is_err());
    }
}

#[test]
fn a_body_in_memory_opens_up_to_the_callers_limit() {
    let key = FreshDataKey::from_generated(SecretKey::copy_of(&KEY).unwrap());
    let wrapped = EncryptedDataKey { provider_id: String::new(), provider_info: vec![], ciphertext: vec![] };
    let (header, sealer) = seal_header(key, EncryptionContext::empty(), vec![wrapped], frame_length(16)).unwrap();
    let frames = sealer.seal_bytes(&SecretBytes::copy_of(&plaintext(40))).unwrap();
    let stored = header.to_bytes();
    let open = |at_most| {
        let reader = StoredBody::new(Header::parse(&stored).unwrap(), &frames[..]);
        reader.verify(&data_key()).unwrap().open_bytes(at_most)
    };
    // EXPOSE: compared in a test.
    assert_eq!(open(40).unwrap().expose(), plaintext(40));
    assert!(matches!(open(39), Err(CryptoError::TooLong)));
}

#[test]
fn slow_and_interrupted_sources_change_nothing() {
    let message = seal(&plaintext(50), 16);
    let (result, output) = open(Trickle::of(&message));
    assert_eq!(result.unwrap(), 50);
    assert_eq!(output, plaintext(50));
    let key = FreshDataKey::from_generated(SecretKey::copy_of(&KEY).unwrap());
    let wrapped = EncryptedDataKey { provider_id: String::new(), provider_info: vec![], ciphertext: vec![] };
    let (header, sealer) = seal_header(key, EncryptionContext::empty(), vec![wrapped], frame_length(16)).unwrap();
    let mut sealed = header.to_bytes();
    sealer.seal(Trickle::of(&plaintext(50)), &mut sealed, &NoWatch).unwrap();
    assert_eq!(open(&sealed[..]).1, plaintext(50));
}

#[test]
fn a_header_is_read_and_not_a_byte_more() {
    let (header, frames) = seal_parts(&plaintext(40), 16);
    let message = [header.to_bytes(), frames].concat();
    let mut source = &message[..];
    assert_eq!(MessageReader::read(&mut source).unwrap().header().message_id(), header.body().message_id());
    assert_eq!(source.len(), message.len() - header.to_bytes().len());
}

#[test]
fn a_failing_source_or_sink_is_named_as_such() {
    let body = plaintext(LARGE);
    let (header, frames) = seal_parts(&body, 65_536);
    for after in [0, 1, 700_000] {
        let sealer = || {
            let key = FreshDataKey::make_random().unwrap();
            let keys = header.body().keys().to_vec();
            seal_header(key, EncryptionContext::empty(), keys, frame_length(65_536)).unwrap().1
        };
        let failed = sealer().seal(FailsAfter(after), io::sink(), &NoWatch);
        assert!(matches!(failed, Err(CryptoError::Source(_))), "{failed:?}");
        let failed = sealer().seal(&body[..], FailsAfter(after), &NoWatch);
        assert!(matches!(failed, Err(CryptoError::Sink(_))), "{failed:?}");
        let opener = StoredBody::new(header.clone(), &frames[..]).verify(&data_key()).unwrap();
        let failed = opener.open(FailsAfter(after), &NoWatch);
        assert!(matches!(failed, Err(CryptoError::Sink(_))), "{failed:?}");
        let failing = (&frames[..after]).chain(FailsAfter(0));
        let opener = StoredBody::new(header.clone(), failing).verify(&data_key()).unwrap();
        let failed = opener.open(io::sink(), &NoWatch);
        assert!(matches!(failed, Err(CryptoError::Source(_))), "{failed:?}");
    }
    assert!(matches!(MessageReader::read(FailsAfter(0)), Err(CryptoError::Source(_))));
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
fn a_cancel_ends_both_ways_at_the_next_block() {
    let body = plaintext(LARGE);
    let (header, frames) = seal_parts(&body, 65_536);
    for limit in [0, 700_000] {
        let key = FreshDataKey::make_random().unwrap();
        let keys = header.body().keys().to_vec();
        let (_, sealer) = seal_header(key, EncryptionContext::empty(), keys, frame_length(65_536)).unwrap();
        let watch = CancelsAfter::new(limit);
        assert!(matches!(sealer.seal(io::repeat(7), io::sink(), &watch), Err(CryptoError::Cancelled)));
        assert!(watch.seen.into_inner() <= limit + 256 * 1024);
        let opener = StoredBody::new(header.clone(), &frames[..]).verify(&data_key()).unwrap();
        let (watch, mut output) = (CancelsAfter::new(limit), Vec::new());
        assert!(matches!(opener.open(&mut output, &watch), Err(CryptoError::Cancelled)));
        assert!(output.len() as u64 <= limit + 256 * 1024 && output == body[..output.len()]);
    }
}

#[test]
fn progress_counts_every_byte_once() {
    let body = plaintext(LARGE + 5);
    let (header, frames) = seal_parts(&body, 65_536);
    let watch: &dyn Watch = &CancelsAfter::new(u64::MAX);
    let opener = StoredBody::new(header, &frames[..]).verify(&data_key()).unwrap();
    assert_eq!(opener.open(io::sink(), watch).unwrap(), body.len() as u64);
    let counted = CancelsAfter::new(u64::MAX);
    let key = FreshDataKey::make_random().unwrap();
    let wrapped = EncryptedDataKey { provider_id: String::new(), provider_info: vec![], ciphertext: vec![] };
    let (_, sealer) = seal_header(key, EncryptionContext::empty(), vec![wrapped], FrameLength::DEFAULT).unwrap();
    sealer.seal(&body[..], io::sink(), &counted).unwrap();
    assert_eq!(counted.seen.into_inner(), body.len() as u64);
}

#[test]
fn a_panic_in_a_sink_is_not_a_hang() {
    struct Panics;
    impl Write for Panics {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("expected in this test")
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (header, frames) = seal_parts(&plaintext(LARGE), 65_536);
    let opener = StoredBody::new(header, &frames[..]).verify(&data_key()).unwrap();
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| opener.open(Panics, &NoWatch)));
    assert!(ended.is_err());
}

#[test]
fn frames_are_numbered_from_one() {
    let (_, frames) = seal_parts(&plaintext(17), 16);
    let mut first = [0; 16];
    FramePlace::Regular(1).put_prefix(&mut first, 16).unwrap();
    assert_eq!(frames[..16], first);
}
