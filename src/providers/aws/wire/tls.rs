//! TLS as it is spoken with AWS: 1.3, a key exchange that a quantum computer does not undo first, and the certificates that this
//! system trusts. The code for TLS 1.2 is not even compiled in (rustls's feature `tls12`).

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, cipher_suite, kx_group};
use rustls::version::TLS13;
use rustls::{ClientConfig, Error};
use rustls_platform_verifier::BuilderVerifierExt;

/// A configuration with the authorities that the system trusts now.
///
/// # Errors
/// The system has none.
pub(super) fn configure() -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_platform_verifier()?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // What is kept for the next handshake would be one more secret in memory, and would have it begin with whichever key
    // exchange a server chose once.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            cipher_suite::TLS13_AES_256_GCM_SHA384,
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        ],
        kx_groups: vec![kx_group::X25519MLKEM768, kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1],
        ..aws_lc_rs::default_provider()
    }
}
