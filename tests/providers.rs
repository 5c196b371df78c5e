//! Key providers: one contract for all of them, and what each meets alone.

mod account;
mod contestants;
mod contract;
mod identity;
mod kms;
mod kms_faults;
mod kms_keys;
mod kms_lookup;
mod kms_proxy;
mod kms_reencrypt;
mod kms_tls;
mod passphrase;

use std::future::Future;
use std::time::Duration;

use sealkeep::crypto::DataKey;
use sealkeep::format::EncryptionContext;
use sealkeep::providers::Patience;

/// The pairs of a revision's body, as the design fixes them.
const PAIRS: [(&str, &str); 3] = [
    ("sealkeep:item", "0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11"),
    ("sealkeep:purpose", "body"),
    ("sealkeep:vault", "8b9d7f32-5b53-4a0e-9c7e-3d1f0a6b2c44"),
];

fn context() -> EncryptionContext {
    context_of(&PAIRS)
}

fn context_of(pairs: &[(&str, &str)]) -> EncryptionContext {
    EncryptionContext::new(pairs.iter().copied()).unwrap()
}

fn key_bytes(key: &DataKey) -> [u8; 32] {
    // EXPOSE: compared in a test.
    *key.secret().expose()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// For calls that are not answered: as long as a busy machine needs for one that is, and no longer.
fn impatient() -> Patience {
    Patience {
        connect: Duration::from_secs(5),
        attempt: Duration::from_secs(1),
        whole: Duration::from_secs(10),
        attempts: 2,
    }
}
