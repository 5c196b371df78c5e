//! A recovery key: a public key that wraps while nobody has typed anything, and a private one that a passphrase or a printed code
//! opens.
//!
//! Owns: [`RecoveryRecord`], which keeps the private key sealed beside the public one; [`RecoveryProvider`], which wraps data keys
//! as the AWS Encryption SDK's raw RSA keyring does; and [`RecoveryCode`], what is printed on an emergency sheet. The bytes are
//! docs/format.md, sections 1.2 and 3.
//! Invariant: a private key leaves its record only where it belongs to the record's public key.

mod code;
mod provider;
mod record;

pub use code::{CodeError, RecoveryCode};
pub use provider::{RECOVERY_PROVIDER_ID, RecoveryKey, RecoveryProvider};
pub use record::{RecoveryForm, RecoveryRecord};

use super::ProviderError;

/// What our own cryptography can fail with; it says nothing, so nothing is lost.
fn failed(_: aws_lc_rs::error::Unspecified) -> ProviderError {
    ProviderError::Crypto("the recovery key can't be used".to_owned())
}
