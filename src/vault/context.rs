//! The pairs that are bound to each wrapped key: opaque identifiers, which whoever reads a CloudTrail log may see.

use crate::format::v1::{CollectionId, ItemId, RevisionId, VaultId};
use crate::format::{EncryptionContext, FormatError};

const VAULT: &str = "sealkeep:vault";
const COLLECTION: &str = "sealkeep:collection";
const ITEM: &str = "sealkeep:item";
const REVISION: &str = "sealkeep:revision";
const PURPOSE: &str = "sealkeep:purpose";

/// What a collection's index key is bound to.
pub(super) fn index_context(vault: VaultId, collection: CollectionId) -> Result<EncryptionContext, FormatError> {
    EncryptionContext::new([
        (VAULT, vault.to_string()),
        (COLLECTION, collection.to_string()),
        (PURPOSE, "index".to_owned()),
    ])
}

/// What a body's data key is bound to.
pub(super) fn body_context(
    vault: VaultId,
    collection: CollectionId,
    item: ItemId,
    revision: RevisionId,
) -> Result<EncryptionContext, FormatError> {
    EncryptionContext::new([
        (VAULT, vault.to_string()),
        (COLLECTION, collection.to_string()),
        (ITEM, item.to_string()),
        (REVISION, revision.to_string()),
        (PURPOSE, "body".to_owned()),
    ])
}
