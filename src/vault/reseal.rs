//! A document from one revision into another, or into a file: opened on one thread, sealed on the next, and never whole in memory.
//!
//! Invariant: the sealed copy ends only where the other one was verified to its end.

use std::thread;

use crate::crypto::{CancelOnly, CryptoError, Taker, Watch, pipe};
use crate::secret::wipe_deep_stack;

use super::{BodyReader, NewBody, SealedBody, ThreadError, VaultError};

/// Seals the document that `reader` opens under the fresh key of `body`.
pub(super) fn reseal_file(
    reader: BodyReader,
    body: NewBody,
    watch: &(impl Watch + ?Sized),
) -> Result<SealedBody, VaultError> {
    open_beside(reader, watch, |opened| body.seal_document(opened, watch))?
}

/// Opens what `reader` has on a thread of its own, while `seal` reads it here and counts its bytes; what `seal` says, which gets no end
/// where something was not what was written.
///
/// # Errors
/// [`VaultError`] where it can't be opened.
pub fn open_beside<T, E>(
    reader: BodyReader,
    watch: &(impl Watch + ?Sized),
    seal: impl FnOnce(Taker) -> Result<T, E>,
) -> Result<Result<T, E>, VaultError> {
    let (mut giver, taker) = pipe();
    thread::scope(|scope| {
        let open = move || {
            let opened = reader.copy_to(&mut giver, &CancelOnly(watch)).map(|_| giver.finish());
            // What ends takes its stack with it, to whoever gets these pages next.
            wipe_deep_stack();
            opened
        };
        let opening = thread::Builder::new().name("sealkeep-open".to_owned()).spawn_scoped(scope, open);
        let opening = opening.map_err(ThreadError::NotStarted)?;
        // The pipe's end goes with this call, so that the other thread never waits for it.
        let sealed = seal(taker);
        match opening.join() {
            Err(_) => Err(ThreadError::EndedEarly.into()),
            // The sealing side stopped first, and says why.
            Ok(Err(VaultError::Crypto(CryptoError::Sink(_)))) if sealed.is_err() => Ok(sealed),
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) => Ok(sealed),
        }
    })
}
