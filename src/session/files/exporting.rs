//! An item out of a vault into a sealed file of its own, never in the clear on the way.
//!
//! Invariant: it is sealed anew, under a data key that was made for the file. The vault's header and frames are never copied: that
//! header names the vault's wraps, and a second one under its data key would give the authentication key away.

use std::io::Cursor;
use std::thread;

use crate::crypto::{CancelOnly, CryptoError, Watch, pipe};
use crate::secret::{SecretBytes, wipe_deep_stack};
use crate::vault::{BodyReader, Sealing, VaultError, seal_file};

use super::super::SessionError;
use super::{Encrypted, Recipients, Target, Written, explain, explain_reading};

/// What goes into the file.
pub enum Exported {
    /// A document's bytes, as they are opened.
    Document(BodyReader),
    /// Text that was made of an item.
    Text(SecretBytes),
}

/// An item whose file's data key is made and wrapped: what is left is its bytes.
pub struct Exporting {
    content: Exported,
    target: Target,
    label: String,
    sealing: Sealing,
}

impl Exporting {
    /// Makes a data key for `recipients`: one call over the network for each KMS key. `label` is what the content is called in errors.
    ///
    /// # Errors
    /// [`SessionError::Provider`].
    pub async fn begin(
        content: Exported,
        target: Target,
        label: &str,
        recipients: &Recipients,
    ) -> Result<Self, SessionError> {
        let sealing = seal_file(recipients.providers()).await.map_err(|error| explain_reading(error, label))?;
        Ok(Self { content, target, label: label.to_owned(), sealing })
    }

    /// Opens, seals, and makes the file appear. Blocks. Standard output gets a message that has no end where the content turns out
    /// not to be what was written.
    ///
    /// # Errors
    /// [`SessionError::Cancelled`]; [`SessionError::Vault`] where the content can't be opened; [`SessionError::Out`],
    /// [`SessionError::Stdout`]; [`SessionError::Thread`]. Nothing has appeared then.
    pub fn run(self, watch: &(impl Watch + ?Sized)) -> Result<Written, SessionError> {
        self.seal(watch)?.appear()
    }

    /// Opens and seals, and has no key any more when it returns. Blocks.
    ///
    /// # Errors
    /// Those of [`Exporting::run`], but for the disk's last word.
    pub fn seal(self, watch: &(impl Watch + ?Sized)) -> Result<Encrypted, SessionError> {
        let Self { content, mut target, label, sealing } = self;
        let sealed = match content {
            // EXPOSE: sealed.
            Exported::Text(text) => sealing.run(Cursor::new(text.expose()), &mut target, watch),
            Exported::Document(body) => {
                let (mut giver, taker) = pipe();
                let (opened, sealed) = thread::scope(|scope| {
                    let opening = move || {
                        let opened = body.copy_to(&mut giver, &CancelOnly(watch)).map(|_| giver.finish());
                        // What ends takes its stack with it, to whoever gets these pages next.
                        wipe_deep_stack();
                        opened
                    };
                    let opening = thread::Builder::new().name("sealkeep-open".to_owned()).spawn_scoped(scope, opening);
                    let opening = opening.map_err(|_| SessionError::Thread)?;
                    let sealed = sealing.run(taker, &mut target, watch);
                    Ok::<_, SessionError>((opening.join().map_err(|_| SessionError::Thread)?, sealed))
                })?;
                match opened {
                    // It stopped because sealing did.
                    Err(VaultError::Crypto(CryptoError::Sink(_))) | Ok(()) => sealed,
                    Err(error) => return Err(error.into()),
                }
            }
        };
        let bytes = sealed.map_err(|error| explain(error, &label, &target))?;
        Ok(Encrypted { target, bytes })
    }
}
