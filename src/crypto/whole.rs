//! Opening what is verified at its end: signed messages, and content in one block.

use std::io::Read;
use std::sync::{Mutex, PoisonError};

use crate::format::{MessageId, SingleBlockPrefix};
use crate::secret::{SecretBytes, SecretKey};

use super::block::{Block, BlockShape, read_full};
use super::line::{self, Step};
use super::signature::fill;
use super::{CryptoError, FrameOpener, GcmStream, SignatureCheck, TAG_LENGTH, Watch, Withheld};

/// How much of a single block is in memory: whole blocks of AES.
const PIECE_LENGTH: u64 = 256 * 1024;

/// A message whose header is verified, and whose content will be believed when all of it was read.
#[derive(Debug)]
pub struct WholeOpener<R> {
    content: Sealed,
    source: R,
}

#[derive(Debug)]
enum Sealed {
    Frames { opener: FrameOpener, signature: SignatureCheck },
    SingleBlock { key: SecretKey, id: MessageId, signature: Option<SignatureCheck> },
}

impl<R> WholeOpener<R> {
    /// `signature` has seen the header.
    pub(super) fn of_signed_frames(opener: FrameOpener, signature: SignatureCheck, source: R) -> Self {
        Self { content: Sealed::Frames { opener, signature }, source }
    }

    /// `signature` has seen the header; there is none where the message is not signed.
    pub(super) fn of_single_block(key: SecretKey, id: MessageId, signature: Option<SignatureCheck>, source: R) -> Self {
        Self { content: Sealed::SingleBlock { key, id, signature }, source }
    }
}

impl<R: Read + Send> WholeOpener<R> {
    /// Opens the content and writes the plaintext to `sink`, which must not show it before this has returned `Ok`; how many
    /// bytes that were. Frames are opened on all cores, one block on one. Memory is bounded either way.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`], for whatever is not as it was sealed and signed, a missing signature and bytes after it
    /// too; [`CryptoError::Source`], [`CryptoError::Sink`], [`CryptoError::Cancelled`].
    pub fn open(self, sink: impl Withheld + Send, watch: &(impl Watch + ?Sized)) -> Result<u64, CryptoError> {
        match self.content {
            Sealed::Frames { opener, signature } => {
                let frames = SignedFrames { opener, signature: Mutex::new(Some(signature)) };
                line::run(&frames, self.source, sink, watch)
            }
            Sealed::SingleBlock { key, id, signature } => {
                open_single_block(&key, &id, signature, self.source, sink, watch)
            }
        }
    }
}

/// Frames and the signature behind them. It is verified when the last block was read, before that block is written.
struct SignedFrames {
    opener: FrameOpener,
    /// Taken at the end. Locked by one thread at a time: blocks are read in order.
    signature: Mutex<Option<SignatureCheck>>,
}

impl Step for SignedFrames {
    fn shape(&self) -> BlockShape {
        self.opener.shape()
    }

    fn read(&self, number: u64, source: &mut impl Read, block: &mut Block) -> Result<bool, CryptoError> {
        let read = self.opener.read_frames(number, source, block)?;
        // EXPOSE: ciphertext, still.
        let (frames, ahead) = block.bytes.expose()[..read.have].split_at(read.frames);
        let mut slot = self.signature.lock().unwrap_or_else(PoisonError::into_inner);
        let mut signature = slot.take().ok_or(CryptoError::NotAuthentic)?;
        signature.update(frames);
        if read.ended {
            signature.verify_footer(ahead.chain(source))?;
        } else {
            *slot = Some(signature);
        }
        Ok(read.ended)
    }

    fn work(&self, block: &mut Block) -> Result<(), CryptoError> {
        self.opener.work(block)
    }
}

fn open_single_block(
    key: &SecretKey,
    id: &MessageId,
    mut signature: Option<SignatureCheck>,
    mut source: impl Read,
    mut sink: impl Withheld,
    watch: &(impl Watch + ?Sized),
) -> Result<u64, CryptoError> {
    let mut signed = |bytes: &[u8]| signature.iter_mut().for_each(|signature| signature.update(bytes));
    let mut prefix = [0; SingleBlockPrefix::LENGTH];
    fill(&mut source, &mut prefix)?;
    signed(&prefix);
    let prefix = SingleBlockPrefix::read(&prefix).ok_or(CryptoError::NotAuthentic)?;
    let mut stream = GcmStream::new(key, &prefix.iv, &prefix.aad(id));
    // What a message says of its length is not believed: this is all that is ever made for it.
    let piece_length = usize::try_from(prefix.length.min(PIECE_LENGTH)).map_err(|_| CryptoError::TooLong)?;
    let mut buffer = SecretBytes::new(vec![0; piece_length]);
    let mut left = prefix.length;
    while left > 0 {
        if watch.is_cancelled() {
            return Err(CryptoError::Cancelled);
        }
        let length = left.min(PIECE_LENGTH);
        left -= length;
        // EXPOSE: filled with ciphertext, opened in place, and withheld by whoever gets it.
        let piece = &mut buffer.expose_mut()[..usize::try_from(length).map_err(|_| CryptoError::TooLong)?];
        fill(&mut source, piece)?;
        signed(piece);
        stream.decrypt(piece)?;
        sink.write_all(piece).map_err(CryptoError::Sink)?;
        watch.advanced(length);
    }
    let mut tag = [0; TAG_LENGTH];
    fill(&mut source, &mut tag)?;
    signed(&tag);
    stream.verify(&tag)?;
    match signature {
        Some(signature) => signature.verify_footer(source)?,
        None if read_full(&mut source, &mut [0])? > 0 => return Err(CryptoError::NotAuthentic),
        None => {}
    }
    sink.flush().map_err(CryptoError::Sink)?;
    Ok(prefix.length)
}
