//! A person's file into a vault, and a document's new version: the same by the window and by the command line.

use std::io::{self, Read};

use crate::secret::{SecretBytes, SecretString};
use crate::vault::{Change, CryptoError, Kind, NewBody, SealedBody, SummaryEdit, VaultError, Watch};

use super::SessionError;
use super::files::Source;
use super::media::{LOOK_AT, media_type_of};

/// Seals all of `source` as a document, ready to be committed. Blocks.
///
/// # Errors
/// `Source`, `SourceChanged`; [`SessionError::Cancelled`]; [`SessionError::Vault`].
pub fn seal_document(
    body: NewBody,
    source: Source,
    title: SecretString,
    tags: Vec<SecretString>,
    watch: &(impl Watch + ?Sized),
) -> Result<Change, SessionError> {
    let (body, media_type) = seal(body, source, watch)?;
    Ok(Change::Add { kind: Kind::Document, title, tags, subtitle: SecretString::default(), media_type, body })
}

/// Seals all of `source` as the next version of a document, ready to be committed; its title stays. Blocks.
///
/// # Errors
/// Those of [`seal_document`].
pub fn seal_version(body: NewBody, source: Source, watch: &(impl Watch + ?Sized)) -> Result<Change, SessionError> {
    let (item, (body, media_type)) = (body.item(), seal(body, source, watch)?);
    Ok(Change::Revise { item, body, edit: SummaryEdit { media_type: Some(media_type), ..SummaryEdit::default() } })
}

/// The sealed body, and what its bytes are.
fn seal(
    body: NewBody,
    mut source: Source,
    watch: &(impl Watch + ?Sized),
) -> Result<(SealedBody, String), SessionError> {
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
    Ok((body, media_type))
}
