//! A document from one revision into another: opened on one thread, sealed on the next, and never whole in memory.
//!
//! Invariant: the sealed copy ends only where the other one was verified to its end.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::crypto::{CryptoError, Watch};
use crate::secret::{SecretBytes, wipe_deep_stack};

use super::{BodyReader, NewBody, SealedBody, ThreadError, VaultError};

/// Pieces that are opened and not yet sealed: of a block of frames each.
const AHEAD: usize = 2;

/// Seals the document that `reader` opens under the fresh key of `body`.
pub(super) fn reseal_file(
    reader: BodyReader,
    body: NewBody,
    watch: &(impl Watch + ?Sized),
) -> Result<SealedBody, VaultError> {
    let (sender, receiver) = sync_channel(AHEAD);
    let inlet = Inlet(sender);
    let outlet = Outlet { receiver, piece: SecretBytes::default(), taken: 0, ended: false };
    thread::scope(|scope| {
        let open = move || {
            let opened = reader.copy_to(&inlet, &Silent(watch)).and_then(|_| inlet.end());
            wipe_deep_stack();
            opened
        };
        let opening = thread::Builder::new().name("sealkeep-reseal".to_owned()).spawn_scoped(scope, open);
        let opening = opening.map_err(ThreadError::NotStarted)?;
        // What is left of the outlet goes with this call, so that the other thread never waits for it.
        let sealed = body.seal_document(outlet, watch);
        match opening.join() {
            Err(_) => Err(ThreadError::EndedEarly.into()),
            // The sealing side stopped first, and says why.
            Ok(Err(VaultError::Crypto(CryptoError::Sink(_)))) if sealed.is_err() => sealed,
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) => sealed,
        }
    })
}

/// Where opened pieces go.
struct Inlet(SyncSender<SecretBytes>);

impl Inlet {
    /// Everything was verified: an empty piece says so.
    fn end(&self) -> Result<(), VaultError> {
        self.0.send(SecretBytes::default()).map_err(|_| CryptoError::Sink(io::ErrorKind::BrokenPipe.into()).into())
    }
}

impl Write for &Inlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty() {
            self.0.send(SecretBytes::copy_of(bytes)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where they come from.
struct Outlet {
    receiver: Receiver<SecretBytes>,
    piece: SecretBytes,
    taken: usize,
    ended: bool,
}

impl Read for Outlet {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.piece.len() && !self.ended {
            // A sender that is gone without a last word was not verified to its end.
            self.piece = self.receiver.recv().map_err(|_| io::ErrorKind::UnexpectedEof)?;
            self.taken = 0;
            self.ended = self.piece.is_empty();
        }
        // EXPOSE: on its way from one body to the other.
        let rest = self.piece.expose().get(self.taken..).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

/// Lets the sealing side alone count the bytes.
struct Silent<'a, W: ?Sized>(&'a W);

impl<W: Watch + ?Sized> Watch for Silent<'_, W> {
    fn advanced(&self, _bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage() -> (Inlet, Outlet) {
        let (sender, receiver) = sync_channel(8);
        (Inlet(sender), Outlet { receiver, piece: SecretBytes::default(), taken: 0, ended: false })
    }

    #[test]
    fn what_is_cut_short_never_looks_like_an_end() {
        let (inlet, mut outlet) = passage();
        (&inlet).write_all(b"half of").unwrap();
        drop(inlet);
        let mut read = Vec::new();
        assert_eq!(outlet.read_to_end(&mut read).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);

        let (inlet, mut outlet) = passage();
        (&inlet).write_all(b"all ").unwrap();
        (&inlet).write_all(b"of it").unwrap();
        inlet.end().unwrap();
        drop(inlet);
        let mut read = Vec::new();
        outlet.read_to_end(&mut read).unwrap();
        assert_eq!((read.as_slice(), outlet.read(&mut [0; 4]).unwrap()), (&b"all of it"[..], 0));
    }
}
