//! The keys of a vault on the tests' own KMS, unwrapped beside the window by whoever owns the KMS key.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use sealkeep::format::{EncryptedDataKey, EncryptionContext};
use sealkeep::providers::{KeyArn, KeyProvider, KmsProvider};

use crate::support::fake_kms::FakeKms;
use crate::support::scan::Marker;

/// To look for in the memory of a window.
pub struct Keys {
    /// Of the collection's index.
    pub index: Marker,
    /// Of its only revision.
    pub data: Marker,
}

/// The index key, and the data key of the only revision, of a vault that was made with this server's `key`.
pub fn keys_of_vault(vault: &Path, kms: &FakeKms, key: &KeyArn) -> Keys {
    let rows = Connection::open_with_flags(vault.join("vault.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let edk = |query: &str| rows.query_row(query, [], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let contexts: Vec<BTreeMap<String, String>> =
        kms.calls().into_iter().filter(|call| call.action == "GenerateDataKey").map(|call| call.context).collect();
    let context = |purpose: &str| {
        let found = contexts.iter().rfind(|context| context.get("sealkeep:purpose").is_some_and(|had| had == purpose));
        EncryptionContext::new(found.unwrap().clone()).unwrap()
    };
    let provider = KmsProvider::new(&kms.profile("owner"), key.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let unwrap = |name: &str, edk: &[u8], context: &EncryptionContext| {
        let wrapped = EncryptedDataKey::from_bytes(edk).unwrap();
        let key = runtime.block_on(provider.unwrap(&wrapped, context)).unwrap();
        Marker::new(name, key.secret().expose())
    };
    Keys {
        index: unwrap("index key", &edk("SELECT edk FROM index_wrap"), &context("index")),
        data: unwrap("data key", &edk("SELECT edk FROM revision_wrap"), &context("body")),
    }
}
