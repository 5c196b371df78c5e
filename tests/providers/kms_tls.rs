//! What stands between AWS KMS and who listens on the way.

use std::net::TcpListener;

use sealkeep::providers::{AwsProfile, KeyArn, KeyProvider, KmsProvider, ProfileKind, ProviderError};
use sealkeep::secret::SecretString;

use super::{context, impatient, run};
use crate::support::again::{case, passes};
use crate::support::fake_kms::FakeKms;
use crate::support::tls::{TlsRelay, Versions};

fn profile(endpoint: &str) -> AwsProfile {
    let kind = ProfileKind::Static {
        access_key_id: FakeKms::ACCESS_KEY_ID.to_owned(),
        secret_access_key: SecretString::copy_of(FakeKms::SECRET_ACCESS_KEY),
        session_token: None,
    };
    AwsProfile::new("test", FakeKms::REGION, Some(endpoint), kind).unwrap()
}

fn try_to_wrap(endpoint: &str, key: &KeyArn) -> Result<(), ProviderError> {
    let provider = KmsProvider::with_patience(&profile(endpoint), key.clone(), impatient());
    run(provider.wrap(None, &context())).map(drop)
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent() {
    let (fake, key) = FakeKms::with_key();
    let folder = tempfile::tempdir().unwrap();
    let mut relay = TlsRelay::start(fake.address(), &folder.path().join("certificate.pem"), Versions::Today);
    let error = try_to_wrap(&relay.endpoint(), &key).unwrap_err();
    assert!(matches!(&error, ProviderError::Unreachable { reason } if reason.contains("certificate")), "{error}");
    assert_eq!(relay.next_outcome(), "refused");
    assert_eq!(fake.calls(), []);
}

#[test]
fn a_server_that_speaks_no_tls_is_told() {
    let (fake, key) = FakeKms::with_key();
    let error = try_to_wrap(&fake.endpoint().replace("http:", "https:"), &key).unwrap_err();
    assert!(matches!(error, ProviderError::Unreachable { .. }), "{error}");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = try_to_wrap(&format!("https://{}", silent.local_addr().unwrap()), &key).unwrap_err();
    assert!(matches!(error, ProviderError::Unreachable { .. }), "{error}");
    assert_eq!(fake.calls(), []);
}

#[test]
fn the_newest_tls_is_spoken_and_old_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut inner = case("providers::kms_tls::cases::trusting");
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
        let error = try_to_wrap(&elsewhere, &key).unwrap_err();
        assert!(matches!(&error, ProviderError::Unreachable { reason } if reason.contains("certificate")), "{error}");
        let mut old = TlsRelay::start(fake.address(), &certificate.with_extension("old"), Versions::Old);
        assert!(try_to_wrap(&old.endpoint(), &key).is_err());
        assert_eq!(old.next_outcome(), "refused");
        assert_eq!(fake.count("GenerateDataKey"), 1);
    }
}
