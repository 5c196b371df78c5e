//! Headers and frames of messages.

use std::io::Cursor;

use sealkeep::crypto::{CryptoError, DataKey, FrameOpener, MessageReader, NoWatch, hkdf_sha512};
use sealkeep::format::{Commitment, EncryptionContext, FrameLength, Header, MessageHeader, MessageId, Prefix};
use sealkeep::secret::SecretKey;

/// No body that comes of this many bytes is longer.
const AT_MOST: usize = 1 << 20;

fn key() -> DataKey {
    let filled = SecretKey::filled_by(|bytes| {
        bytes.fill(7);
        Ok::<(), CryptoError>(())
    });
    DataKey::from_secret(filled.unwrap())
}

/// A header of ours, and of anybody's message; what is read is written again as it was.
pub fn header(bytes: &[u8]) {
    if let Ok(header) = Header::parse(bytes) {
        assert_eq!(header.to_bytes(), bytes);
        assert!(!header.body().keys().is_empty());
        let context = header.body().context().to_bytes().unwrap();
        assert_eq!(EncryptionContext::from_bytes(&context).unwrap(), *header.body().context());
        for wrapped in header.body().keys() {
            let again = sealkeep::format::EncryptedDataKey::from_bytes(&wrapped.to_bytes().unwrap());
            assert_eq!(again.unwrap(), *wrapped);
        }
    }
    match MessageHeader::parse_prefix(bytes) {
        Ok(Prefix::Complete(_, length)) => assert!(length <= bytes.len()),
        Ok(Prefix::Needs(length)) => assert!(length > bytes.len(), "it would be asked for ever"),
        Err(_) => {}
    }
    if let Ok(message) = MessageReader::read(Cursor::new(bytes)) {
        // Nobody here can make a tag under this key by chance.
        assert!(message.verify(&key()).is_err());
    }
}

/// Frames of a message whose id and frame length come first.
pub fn frames(bytes: &[u8]) {
    let Some((id, rest)) = bytes.split_first_chunk::<32>() else { return };
    let Some((length, frames)) = rest.split_first_chunk::<2>() else { return };
    let id = MessageId(*id);
    let Ok(frame_length) = FrameLength::new(u32::from(u16::from_be_bytes(*length))) else { return };
    let Ok(opener) = FrameOpener::without_header(&key(), id, &commitment(&id), frame_length) else {
        panic!("the commitment is the key's")
    };
    if let Ok(plain) = opener.open_bytes(frames, AT_MOST) {
        assert!(plain.len() < frames.len());
        // Whatever opens was sealed like that: a bit more or less does not.
        let mut longer = frames.to_vec();
        longer.push(0);
        assert!(opener.open_bytes(&longer[..], AT_MOST).is_err());
        assert!(opener.open_bytes(&frames[..frames.len() - 1], AT_MOST).is_err());
    }
    for sequence in [0, 1, 2, u32::MAX] {
        let _ = opener.open_frame(sequence, frames.to_vec());
    }
    let _ = opener.open(frames, std::io::sink(), &NoWatch);
}

fn commitment(id: &MessageId) -> Commitment {
    let mut commitment = [0; 32];
    hkdf_sha512(key().secret().expose(), &id.0, b"COMMITKEY", &mut commitment).unwrap();
    Commitment(commitment)
}

/// An input of [`frames`] that opens, to begin with: `plain` in frames of `frame_length` bytes.
pub fn sealed_frames(plain: &[u8], frame_length: u16) -> Vec<u8> {
    use sealkeep::crypto::{FreshDataKey, seal_header};
    use sealkeep::format::EncryptedDataKey;
    let wrapped = EncryptedDataKey { provider_id: "none".to_owned(), provider_info: Vec::new(), ciphertext: vec![1] };
    let fresh = FreshDataKey::from_generated(key().into_secret());
    let length = FrameLength::new(u32::from(frame_length)).unwrap();
    let (header, sealer) = seal_header(fresh, EncryptionContext::empty(), vec![wrapped], length).unwrap();
    let frames = sealer.seal_bytes(&sealkeep::secret::SecretBytes::copy_of(plain)).unwrap();
    [&header.body().message_id().0[..], &frame_length.to_be_bytes(), &frames].concat()
}
