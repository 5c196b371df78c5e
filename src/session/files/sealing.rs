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
        let Self { mut source, mut target, sealing } = self;
        let sealed = sealing.run(&mut source, &mut target, watch);
        let bytes = sealed.map_err(|error| explain(error, &source.label(), &target))?;
        source.check_unchanged()?;
        Ok(Written { path: target.commit()?, bytes })
    }
}
