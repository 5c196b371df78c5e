//! Frames: how they are laid out, and what is authenticated with each.
//!
//! ```text
//! regular = seq(4) ‖ IV(12) ‖ ciphertext(frame length) ‖ tag(16)
//! final   = FFFFFFFF ‖ seq(4) ‖ IV(12) ‖ length(4) ‖ ciphertext(length) ‖ tag(16)
//! AAD     = message id(32) ‖ kind ‖ seq(4) ‖ length(8)
//! ```
//! The sequence begins at 1; the IV is the sequence number, padded on the left. There is always a final frame, and ours
//! is always shorter than the frame length: some readers refuse a full one, so that a body which is an exact multiple
//! of the frame length ends with an empty frame.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message-body.md#framed-data>

use super::{FrameLength, MessageId};

/// The length of an IV in bytes.
pub const FRAME_IV_LENGTH: usize = 12;

/// The length of a tag in bytes.
pub const FRAME_TAG_LENGTH: usize = 16;

/// What comes before a regular frame's ciphertext: sequence number and IV.
pub const REGULAR_PREFIX: usize = 4 + FRAME_IV_LENGTH;

/// What comes before the final frame's ciphertext: mark, sequence number, IV and length.
pub const FINAL_PREFIX: usize = 4 + 4 + FRAME_IV_LENGTH + 4;

/// Stands where a regular frame has its sequence number.
const FINAL_MARK: [u8; 4] = [0xFF; 4];

const REGULAR_CONTENT: &[u8] = b"AWSKMSEncryptionClient Frame";
const FINAL_CONTENT: &[u8] = b"AWSKMSEncryptionClient Final Frame";

/// A frame's place in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramePlace {
    /// Any frame but the last one; as long as the frame length. Numbered from 1.
    Regular(u32),
    /// The last frame, with its own number.
    Final(u32),
}

impl FramePlace {
    /// The frame's number, from 1.
    pub fn sequence(self) -> u32 {
        match self {
            Self::Regular(sequence) | Self::Final(sequence) => sequence,
        }
    }

    /// The IV: the sequence number.
    pub fn iv(self) -> [u8; FRAME_IV_LENGTH] {
        let mut iv = [0; FRAME_IV_LENGTH];
        iv[FRAME_IV_LENGTH - 4..].copy_from_slice(&self.sequence().to_be_bytes());
        iv
    }

    /// What is authenticated beside `length` bytes of content.
    pub fn aad(self, id: &MessageId, length: u32) -> Vec<u8> {
        let content = match self {
            Self::Regular(_) => REGULAR_CONTENT,
            Self::Final(_) => FINAL_CONTENT,
        };
        let mut aad = Vec::with_capacity(id.0.len() + content.len() + 12);
        aad.extend_from_slice(&id.0);
        aad.extend_from_slice(content);
        aad.extend_from_slice(&self.sequence().to_be_bytes());
        aad.extend_from_slice(&u64::from(length).to_be_bytes());
        aad
    }

    /// How many bytes come before the ciphertext.
    pub fn prefix_length(self) -> usize {
        match self {
            Self::Regular(_) => REGULAR_PREFIX,
            Self::Final(_) => FINAL_PREFIX,
        }
    }

    /// Writes what comes before `length` bytes of ciphertext to the front of `record`; `None` where it does not fit.
    pub fn put_prefix(self, record: &mut [u8], length: u32) -> Option<()> {
        let prefix = record.get_mut(..self.prefix_length())?;
        let (iv, sequence) = (self.iv(), self.sequence().to_be_bytes());
        match self {
            Self::Regular(_) => {
                prefix[..4].copy_from_slice(&sequence);
                prefix[4..].copy_from_slice(&iv);
            }
            Self::Final(_) => {
                prefix[..4].copy_from_slice(&FINAL_MARK);
                prefix[4..8].copy_from_slice(&sequence);
                prefix[8..20].copy_from_slice(&iv);
                prefix[20..].copy_from_slice(&length.to_be_bytes());
            }
        }
        Some(())
    }
}

/// What the front of a frame's record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramePrefix {
    /// The frame's place.
    pub place: FramePlace,
    /// How many bytes of ciphertext follow the prefix; the tag follows them.
    pub length: u32,
}

impl FramePrefix {
    /// Reads the front of frame number `sequence` off `record`. `None` where it is another frame, its IV is not its
    /// number, it is longer than the frame length, or the record is too short to hold the prefix: all of these are, to
    /// whoever opens the message, the same as not authentic.
    pub fn read(record: &[u8], sequence: u32, frame_length: FrameLength) -> Option<Self> {
        let (mark, _) = record.split_first_chunk::<4>()?;
        let (place, length) = if *mark == FINAL_MARK {
            let (length, _) = record.get(FINAL_PREFIX - 4..)?.split_first_chunk::<4>()?;
            (FramePlace::Final(sequence), u32::from_be_bytes(*length))
        } else {
            (FramePlace::Regular(sequence), frame_length.bytes())
        };
        let mut expected = [0; FINAL_PREFIX];
        place.put_prefix(&mut expected, length)?;
        let prefix_length = place.prefix_length();
        let same = record.get(..prefix_length)? == &expected[..prefix_length];
        (same && length <= frame_length.bytes()).then_some(Self { place, length })
    }

    /// How many bytes the whole record has: prefix, ciphertext and tag.
    pub fn record_length(&self) -> usize {
        self.place.prefix_length() + self.length as usize + FRAME_TAG_LENGTH
    }
}

/// Where frames begin, and how long bodies are, for one frame length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLayout {
    frame_length: u64,
}

impl FrameLayout {
    /// The layout of bodies with this frame length.
    pub fn new(frame_length: FrameLength) -> Self {
        Self { frame_length: u64::from(frame_length.bytes()) }
    }

    /// How many bytes a regular frame's record has.
    pub fn record_length(self) -> u64 {
        REGULAR_PREFIX as u64 + self.frame_length + FRAME_TAG_LENGTH as u64
    }

    /// Where frame number `sequence` begins, in bytes from the first frame's beginning; 0 for a number of 0 too.
    pub fn offset(self, sequence: u32) -> u64 {
        u64::from(sequence.saturating_sub(1)) * self.record_length()
    }

    /// Which frame holds the byte of plaintext at `position`, and where in that frame; `None` beyond what can be
    /// numbered.
    pub fn locate(self, position: u64) -> Option<(u32, u32)> {
        let sequence = u32::try_from(position / self.frame_length).ok()?.checked_add(1)?;
        Some((sequence, u32::try_from(position % self.frame_length).ok()?))
    }

    /// How many bytes the frames of `plain_length` bytes have, as we write them; `None` where they can't be numbered.
    pub fn sealed_length(self, plain_length: u64) -> Option<u64> {
        let (last, rest) = self.locate(plain_length)?;
        Some(self.offset(last) + (FINAL_PREFIX + FRAME_TAG_LENGTH) as u64 + u64::from(rest))
    }

    /// How many bytes of plaintext are in `sealed_length` bytes of frames; `None` where no body has that length.
    /// Arithmetic only: nothing says yet that the frames are authentic.
    pub fn plain_length(self, sealed_length: u64) -> Option<u64> {
        let without_final = sealed_length.checked_sub((FINAL_PREFIX + FRAME_TAG_LENGTH) as u64)?;
        let (frames, rest) = (without_final / self.record_length(), without_final % self.record_length());
        (rest <= self.frame_length).then_some(frames * self.frame_length + rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_16() -> FrameLength {
        FrameLength::new(16).unwrap()
    }

    #[test]
    fn prefixes_are_laid_out_as_specified() {
        let mut record = [0; FINAL_PREFIX];
        FramePlace::Regular(2).put_prefix(&mut record, 16).unwrap();
        assert_eq!(&record[..16], b"\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\x02");
        FramePlace::Final(3).put_prefix(&mut record, 5).unwrap();
        assert_eq!(&record, b"\xFF\xFF\xFF\xFF\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\x03\0\0\0\x05");
        assert_eq!(FramePlace::Final(3).put_prefix(&mut record[..23], 5), None);
    }

    #[test]
    fn the_aad_binds_message_kind_number_and_length() {
        let aad = FramePlace::Regular(2).aad(&MessageId([9; 32]), 16);
        assert_eq!(aad, [&[9; 32][..], b"AWSKMSEncryptionClient Frame\0\0\0\x02\0\0\0\0\0\0\0\x10"].concat());
        let aad = FramePlace::Final(3).aad(&MessageId([9; 32]), 5);
        assert_eq!(aad, [&[9; 32][..], b"AWSKMSEncryptionClient Final Frame\0\0\0\x03\0\0\0\0\0\0\0\x05"].concat());
    }

    #[test]
    fn a_prefix_is_read_only_in_its_place() {
        for place in [FramePlace::Regular(7), FramePlace::Final(7)] {
            let mut record = [0; FINAL_PREFIX];
            place.put_prefix(&mut record, 16).unwrap();
            let prefix = &record[..place.prefix_length()];
            assert_eq!(FramePrefix::read(prefix, 7, of_16()), Some(FramePrefix { place, length: 16 }));
            assert_eq!(FramePrefix::read(prefix, 8, of_16()), None);
            for cut in 0..prefix.len() {
                assert_eq!(FramePrefix::read(&prefix[..cut], 7, of_16()), None, "cut at {cut}");
            }
            for bit in 0..(place.prefix_length() - if place == FramePlace::Final(7) { 4 } else { 0 }) * 8 {
                let mut flipped = prefix.to_vec();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(FramePrefix::read(&flipped, 7, of_16()), None, "bit {bit}");
            }
        }
    }

    #[test]
    fn a_final_frame_is_never_longer_than_the_frame_length() {
        let mut record = [0; FINAL_PREFIX];
        FramePlace::Final(1).put_prefix(&mut record, 17).unwrap();
        assert_eq!(FramePrefix::read(&record, 1, of_16()), None);
    }

    #[test]
    fn lengths_and_places_agree() {
        let layout = FrameLayout::new(of_16());
        assert_eq!((layout.record_length(), layout.offset(1), layout.offset(3)), (48, 0, 96));
        for (plain, sealed) in [(0, 40), (1, 41), (15, 55), (16, 88), (17, 89), (32, 136)] {
            assert_eq!(layout.sealed_length(plain), Some(sealed));
            assert_eq!(layout.plain_length(sealed), Some(plain));
        }
        assert_eq!(layout.plain_length(39), None);
        assert_eq!(layout.plain_length(56), Some(16), "a reader takes a full final frame");
        assert_eq!(layout.plain_length(57), None);
        assert_eq!(layout.locate(33), Some((3, 1)));
        assert_eq!(layout.locate(u64::MAX), None);
        assert_eq!(layout.locate(u64::from(u32::MAX) * 16), None, "the sequence number would not fit");
    }
}
