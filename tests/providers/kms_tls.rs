//! What stands between AWS KMS and who listens on the way.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use sealkeep::providers::{AwsProfile, KeyArn, KeyProvider, KmsProvider, Network, ProviderError};

use super::{context, impatient, run};
use crate::support::again::{case, passes};
use crate::support::client_hello::Recorder;
use crate::support::fake_kms::FakeKms;
use crate::support::tls::{TlsRelay, Versions};

fn profile(endpoint: &str) -> AwsProfile {
    AwsProfile::new("test", FakeKms::REGION, Network::at(endpoint).unwrap(), FakeKms::admin()).unwrap()
}

fn try_to_wrap(endpoint: &str, key: &KeyArn) -> Result<(), ProviderError> {
    let provider = KmsProvider::with_patience(&profile(endpoint), key.clone(), impatient());
    run(provider.wrap(None, &context())).map(drop)
}

/// The reason why nobody was reached.
fn why(outcome: Result<(), ProviderError>) -> String {
    match outcome.unwrap_err() {
        ProviderError::Unreachable { reason } => reason,
        other => panic!("{other}"),
    }
}

/// A server that answers TLS as one of plain HTTP does.
pub(super) fn without_tls() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 16 * 1024]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    address
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent() {
    let (fake, key) = FakeKms::with_key();
    let folder = tempfile::tempdir().unwrap();
    let mut relay = TlsRelay::start(fake.address(), &folder.path().join("certificate.pem"), Versions::Today);
    let why = why(try_to_wrap(&relay.endpoint(), &key));
    assert!(why.contains("certificate from nobody whom this system trusts") && why.contains("firewall"), "{why}");
    assert_eq!(relay.next_outcome(), "refused");
    assert_eq!(fake.calls(), []);
}

#[test]
fn a_server_that_speaks_no_tls_is_told() {
    let (fake, key) = FakeKms::with_key();
    let error = try_to_wrap(&fake.endpoint().replace("http:", "https:"), &key).unwrap_err();
    assert!(matches!(error, ProviderError::Unreachable { .. }), "{error}");
    let why = why(try_to_wrap(&format!("https://{}", without_tls()), &key));
    assert!(why.contains("speaks no TLS: "), "{why}");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = try_to_wrap(&format!("https://{}", silent.local_addr().unwrap()), &key).unwrap_err();
    assert!(matches!(error, ProviderError::Unreachable { .. }), "{error}");
    assert_eq!(fake.calls(), []);
}

#[test]
fn another_programs_certificates_are_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut inner = case("providers::kms_tls::cases::not_trusting");
    passes(inner.env("AWS_CA_BUNDLE", folder.path().join("certificate.pem")).env_remove("SSL_CERT_FILE"));
}

#[test]
fn a_system_without_authorities_is_told() {
    let nothing = tempfile::NamedTempFile::new().unwrap();
    let mut inner = case("providers::kms_tls::cases::without_authorities");
    passes(inner.env("SSL_CERT_FILE", nothing.path()).env_remove("SSL_CERT_DIR"));
}

#[test]
fn the_newest_tls_is_spoken_and_old_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut inner = case("providers::kms_tls::cases::trusting");
    passes(inner.env("SSL_CERT_FILE", folder.path().join("certificate.pem")).env_remove("SSL_CERT_DIR"));
}

#[test]
fn tls_1_3_alone_is_offered_and_the_first_key_share_is_post_quantum() {
    let folder = tempfile::tempdir().unwrap();
    let mut inner = case("providers::kms_tls::cases::first_words");
    passes(inner.env("SSL_CERT_FILE", folder.path().join("certificate.pem")).env_remove("SSL_CERT_DIR"));
}

mod cases {
    use std::path::PathBuf;

    use super::*;
    use crate::support::again::assert_inside;

    #[test]
    #[ignore = "run by a test above"]
    fn trusting() {
        assert_inside();
        let (fake, key) = FakeKms::with_key();
        let certificate = PathBuf::from(std::env::var_os("SSL_CERT_FILE").unwrap());
        let mut today = TlsRelay::start(fake.address(), &certificate, Versions::Today);
        assert_eq!(try_to_wrap(&today.endpoint(), &key), Ok(()));
        assert_eq!(today.next_outcome(), "TLSv1.3");
        assert_eq!(fake.actions(), ["GenerateDataKey"]);
        // Its certificate is for one name, and this is another for the same place.
        let elsewhere = today.endpoint().replace("localhost", "127.0.0.1");
        let said = why(try_to_wrap(&elsewhere, &key));
        assert!(said.contains("certificate for another name"), "{said}");
        for (version, file) in [(Versions::Yesterday, "1.2"), (Versions::Old, "old")] {
            // Trusted, so that nothing but the version is against it.
            let own = certificate.with_extension(file);
            let mut relay = TlsRelay::start(fake.address(), &own, version);
            let all = [&certificate, &own].map(|one| std::fs::read_to_string(one).unwrap()).concat();
            std::fs::write(&certificate, all).unwrap();
            let said = why(try_to_wrap(&relay.endpoint(), &key));
            assert!(said.contains("speaks no TLS 1.3") && said.contains("firewall"), "{said}");
            assert_eq!(relay.next_outcome(), "refused");
        }
        assert_eq!(fake.count("GenerateDataKey"), 1);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn first_words() {
        assert_inside();
        let (fake, key) = FakeKms::with_key();
        let certificate = PathBuf::from(std::env::var_os("SSL_CERT_FILE").unwrap());
        let relay = TlsRelay::start(fake.address(), &certificate, Versions::Today);
        let recorder = Recorder::start(relay.address());
        let provider = KmsProvider::with_patience(&profile(&recorder.endpoint()), key, impatient());
        run(async {
            provider.wrap(None, &context()).await.unwrap();
            fake.kill_open_connections();
            provider.wrap(None, &context()).await.unwrap();
        });
        // A second connection of the same client begins as the first one did, whatever the server chose.
        for _ in 0..2 {
            let hello = recorder.next();
            assert_eq!(hello.versions, [0x0304], "TLS 1.3 and nothing else");
            assert_eq!(hello.suites, [0x1302, 0x1301, 0x1303]);
            assert_eq!(hello.groups, [0x11ec, 0x001d, 0x0017, 0x0018], "X25519MLKEM768 first");
            // An encapsulation key of ML-KEM-768 and a point on Curve25519.
            assert_eq!(hello.key_shares[0], (0x11ec, 1184 + 32), "{hello:?}");
            assert!(!hello.resumes);
        }
    }

    #[test]
    #[ignore = "run by a test above"]
    fn not_trusting() {
        assert_inside();
        let (fake, key) = FakeKms::with_key();
        let bundle = PathBuf::from(std::env::var_os("AWS_CA_BUNDLE").unwrap());
        let relay = TlsRelay::start(fake.address(), &bundle, Versions::Today);
        let said = why(try_to_wrap(&relay.endpoint(), &key));
        assert!(said.contains("nobody whom this system trusts"), "{said}");
    }

    #[test]
    #[ignore = "run by a test above"]
    fn without_authorities() {
        assert_inside();
        let (fake, key) = FakeKms::with_key();
        let folder = tempfile::tempdir().unwrap();
        let relay = TlsRelay::start(fake.address(), &folder.path().join("certificate.pem"), Versions::Today);
        let said = why(try_to_wrap(&relay.endpoint(), &key));
        assert!(said.contains("no certificate authorities") && said.contains("ca-certificates"), "{said}");
        // Plain http on this machine needs none.
        assert_eq!(try_to_wrap(&fake.endpoint(), &key), Ok(()));
    }
}
