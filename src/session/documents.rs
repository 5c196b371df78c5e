//! A person's file into a vault: the same by the window and by the command line.

use std::io::{self, Read};

use crate::secret::{SecretBytes, SecretString};
use crate::vault::{Change, CryptoError, Kind, NewBody, VaultError, Watch};

use super::SessionError;
use super::files::Source;
use super::media::{LOOK_AT, media_type_of};

/// Seals all of `source` as a document, ready to be committed. Blocks.
///
/// # Errors
/// `Source`, `SourceChanged`; [`SessionError::Cancelled`]; [`SessionError::Vault`].
pub fn seal_document(
    body: NewBody,
    mut source: Source,
    title: SecretString,
    tags: Vec<SecretString>,
    watch: &(impl Watch + ?Sized),
) -> Result<Change, SessionError> {
    let mut begin = SecretBytes::with_capacity(LOOK_AT);
    io::copy(&mut (&mut source).take(LOOK_AT as u64), &mut begin).map_err(|error| source.explain(error))?;
    // EXPOSE: the file's first bytes tell what it is.
    let media_type = media_type_of(source.name().unwrap_or_default(), begin.expose()).to_owned();
    // EXPOSE: sealed, with what follows.
    let sealed = body.seal_document(begin.expose().chain(&mut source), watch);
    let body = sealed.map_err(|error| match error {
        VaultError::Crypto(CryptoError::Source(error)) => source.explain(error),
        other => other.into(),
    })?;
    source.check_unchanged()?;
    Ok(Change::Add { kind: Kind::Document, title, tags, subtitle: SecretString::default(), media_type, body })
}
