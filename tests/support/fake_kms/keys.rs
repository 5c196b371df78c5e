//! KMS keys, and what is encrypted under them.

use std::collections::BTreeMap;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use uuid::Uuid;

use super::FakeKms;
use super::answer::{Refusal, refuse};

pub(super) struct Key {
    pub(super) id: String,
    pub(super) state: &'static str,
    pub(super) usage: &'static str,
    pub(super) spec: &'static str,
    secret: [u8; 32],
}

pub(super) type Context = BTreeMap<String, String>;

const ID_LENGTH: usize = 36;
const NONCE_LENGTH: usize = 12;

impl Key {
    pub(super) fn make() -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            state: "Enabled",
            usage: "ENCRYPT_DECRYPT",
            spec: "SYMMETRIC_DEFAULT",
            secret: random(),
        }
    }

    pub(super) fn arn(&self) -> String {
        format!("arn:aws:kms:{}:{}:key/{}", FakeKms::REGION, FakeKms::ACCOUNT, self.id)
    }

    /// `key id(36) ‖ nonce(12) ‖ AES-256-GCM`, bound to the key and the whole context.
    pub(super) fn encrypt(&self, plaintext: &[u8], context: &Context) -> Vec<u8> {
        let nonce: [u8; NONCE_LENGTH] = random();
        let payload = Payload { msg: plaintext, aad: &aad(&self.id, context) };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload).unwrap();
        [self.id.as_bytes(), &nonce, &sealed].concat()
    }

    pub(super) fn decrypt(&self, blob: &[u8], context: &Context) -> Result<Vec<u8>, Refusal> {
        let opened = blob[ID_LENGTH..].split_first_chunk::<NONCE_LENGTH>().and_then(|(nonce, sealed)| {
            let payload = Payload { msg: sealed, aad: &aad(&self.id, context) };
            self.cipher().decrypt(&Nonce::from(*nonce), payload).ok()
        });
        // AWS says no more than this, whatever is wrong.
        opened.map_or_else(|| refuse("InvalidCiphertextException", ""), Ok)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.secret.into())
    }
}

/// The id of the key that made `blob`, as far as it says.
pub(super) fn id_in(blob: &[u8]) -> Option<&str> {
    std::str::from_utf8(blob.get(..ID_LENGTH)?).ok()
}

pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// Lengths before everything: no two contexts have the same bytes.
fn aad(id: &str, context: &Context) -> Vec<u8> {
    let fields = context.iter().flat_map(|(key, value)| [key, value]);
    let prefixed = fields.flat_map(|field| [&(field.len() as u64).to_be_bytes(), field.as_bytes()].concat());
    id.bytes().chain(prefixed).collect()
}
