//! KMS keys, and what is encrypted under them.

use std::collections::BTreeMap;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::FakeKms;
use super::answer::{Refusal, refuse};

pub(super) struct Key {
    pub(super) id: String,
    pub(super) account: String,
    /// Whether principals of the fake's own account may use it, where it is another account's.
    pub(super) shared: bool,
    pub(super) description: String,
    pub(super) multi_region: bool,
    /// The key policy; without one, everybody in the account may do everything.
    pub(super) policy: Option<Value>,
    pub(super) made: i64,
    /// When it will be deleted, in seconds.
    pub(super) deletion: Option<i64>,
    pub(super) rotation: Rotation,
    pub(super) state: &'static str,
    pub(super) usage: &'static str,
    pub(super) spec: &'static str,
    pub(super) secret: [u8; 32],
}

/// Whether and how its material is replaced.
#[derive(Default)]
pub(super) struct Rotation {
    /// Every so many days; `None` is off.
    pub(super) every: Option<i64>,
    /// What has been, in seconds, the oldest first, and AWS's name for why.
    pub(super) past: Vec<(i64, &'static str)>,
    /// One on demand that goes on, since when.
    pub(super) running: Option<i64>,
}

pub(super) type Context = BTreeMap<String, String>;

const ID_LENGTH: usize = 36;
const NONCE_LENGTH: usize = 12;

impl Key {
    pub(super) fn make() -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            account: FakeKms::ACCOUNT.to_owned(),
            shared: true,
            description: String::new(),
            multi_region: false,
            policy: None,
            made: Timestamp::now().as_second(),
            deletion: None,
            rotation: Rotation::default(),
            state: "Enabled",
            usage: "ENCRYPT_DECRYPT",
            spec: "SYMMETRIC_DEFAULT",
            secret: random(),
        }
    }

    pub(super) fn arn(&self) -> String {
        format!("arn:aws:kms:{}:{}:key/{}", FakeKms::REGION, self.account, self.id)
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
