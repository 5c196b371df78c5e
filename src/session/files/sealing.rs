//! Sealing one file.

use crate::crypto::Watch;
use crate::vault::{Sealing, seal_file};

use super::super::SessionError;
use super::{Recipients, Source, Target, Written, explain, explain_reading};

/// A file whose data key is made and wrapped: what is left is its bytes.
pub struct Encrypting {
    source: Source,
    target: Target,
    sealing: Sealing,
}

impl Encrypting {
    /// Makes a data key for `recipients`: one call over the network for each KMS key.
    ///
    /// # Errors
    /// [`SessionError::Provider`].
    pub async fn begin(source: Source, target: Target, recipients: &Recipients) -> Result<Self, SessionError> {
        let sealing = seal_file(recipients.providers()).await;
        let sealing = sealing.map_err(|error| explain_reading(error, &source.label()))?;
        Ok(Self { source, target, sealing })
    }

    /// Seals, and makes the output appear. Blocks.
    ///
    /// # Errors
    /// [`SessionError::Cancelled`]; `Source`, `SourceChanged`; [`SessionError::Out`], [`SessionError::Stdout`]. Nothing has
    /// appeared then.
    pub fn run(self, watch: &(impl Watch + ?Sized)) -> Result<Written, SessionError> {
        self.seal(watch)?.appear()
    }

    /// Seals, and has no key any more when it returns. Blocks.
    ///
    /// # Errors
    /// Those of [`Encrypting::run`], but for the disk's last word.
    pub fn seal(self, watch: &(impl Watch + ?Sized)) -> Result<Encrypted, SessionError> {
        let Self { mut source, mut target, sealing } = self;
        let sealed = sealing.run(&mut source, &mut target, watch);
        let bytes = sealed.map_err(|error| explain(error, &source.label(), &target))?;
        source.check_unchanged()?;
        Ok(Encrypted { target, bytes })
    }
}

/// A sealed file that has not appeared yet.
pub struct Encrypted {
    pub(super) target: Target,
    pub(super) bytes: u64,
}

impl Encrypted {
    /// Makes the output durable, and lets it appear. Blocks: on the disk.
    ///
    /// # Errors
    /// [`SessionError::Out`]; nothing has appeared then.
    pub fn appear(self) -> Result<Written, SessionError> {
        Ok(Written { path: self.target.commit()?, bytes: self.bytes })
    }
}
