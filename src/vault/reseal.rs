//! A document from one revision into another: opened on one thread, sealed on the next, and never whole in memory.
//!
//! Invariant: the sealed copy ends only where the other one was verified to its end.

use std::thread;

use crate::crypto::{CancelOnly, CryptoError, Watch, pipe};
use crate::secret::wipe_deep_stack;

use super::{BodyReader, NewBody, SealedBody, ThreadError, VaultError};

/// Seals the document that `reader` opens under the fresh key of `body`.
pub(super) fn reseal_file(
    reader: BodyReader,
    body: NewBody,
    watch: &(impl Watch + ?Sized),
) -> Result<SealedBody, VaultError> {
    let (mut giver, taker) = pipe();
    thread::scope(|scope| {
        let open = move || {
            // The sealing side alone counts the bytes.
            let opened = reader.copy_to(&mut giver, &CancelOnly(watch)).map(|_| giver.finish());
            wipe_deep_stack();
            opened
        };
        let opening = thread::Builder::new().name("sealkeep-reseal".to_owned()).spawn_scoped(scope, open);
        let opening = opening.map_err(ThreadError::NotStarted)?;
        // The pipe's end goes with this call, so that the other thread never waits for it.
        let sealed = body.seal_document(taker, watch);
        match opening.join() {
            Err(_) => Err(ThreadError::EndedEarly.into()),
            // The sealing side stopped first, and says why.
            Ok(Err(VaultError::Crypto(CryptoError::Sink(_)))) if sealed.is_err() => sealed,
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) => sealed,
        }
    })
}
