//! An item out of a vault into a sealed file of its own, never in the clear on the way.
//!
//! Invariant: it is sealed anew, under a data key that was made for the file. The vault's header and frames are never copied: that
//! header names the vault's wraps, and a second one under its data key would give the authentication key away.

use std::io::Cursor;

use crate::crypto::Watch;
use crate::secret::SecretBytes;
use crate::vault::{BodyReader, Sealing, open_beside, seal_file};

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
    /// [`SessionError::Stdout`]. Nothing has appeared then.
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
            Exported::Document(body) => open_beside(body, watch, |opened| sealing.run(opened, &mut target, watch))?,
        };
        let bytes = sealed.map_err(|error| explain(error, &label, &target))?;
        Ok(Encrypted { target, bytes })
    }
}
