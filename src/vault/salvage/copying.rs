//! One body, opened under its old data key and sealed under a new one.
//!
//! Plaintext goes from the one to the other through memory that is wiped, and nowhere else.

use crate::crypto::Watch;
use crate::format::v1::{Body, RevisionEntry};
use crate::vault::check::fault;
use crate::vault::reseal::reseal_file;
use crate::vault::{BodyReader, Finding, NewBody, SealedBody, VaultError};

use super::rebuilt::Content;

/// Seals again what `reader` opens; or what is wrong with it. Blocks.
pub(super) fn copy(
    entry: &RevisionEntry,
    reader: BodyReader,
    new: NewBody,
    watch: &(dyn Watch + Send + Sync),
) -> Result<Result<(SealedBody, Content), Finding>, VaultError> {
    let day = entry.day;
    let sealed = if reader.is_file() {
        reseal_file(reader, new, watch)
    } else {
        match reader.record() {
            Ok(Body::Fields(fields)) => {
                let content = Content::of_fields(&fields, day);
                let sealed = new.seal_stored_fields(fields)?;
                watch.advanced(entry.length);
                return Ok(Ok((sealed, content)));
            }
            // EXPOSE: read from, to be sealed again.
            Ok(Body::Document(bytes)) => new.seal_document(bytes.expose(), watch),
            Err(error) => Err(error),
        }
    };
    match sealed {
        Ok(body) => {
            let content = Content::of_document(body.document.unwrap_or(0), day);
            Ok(Ok((body, content)))
        }
        // What the new vault's disk says is not about the old one's content.
        Err(error @ (VaultError::Crypto(_) | VaultError::Damaged(_))) => fault(entry, error).map(Err),
        Err(error) => Err(error),
    }
}
