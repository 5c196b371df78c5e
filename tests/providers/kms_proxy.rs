//! By which way AWS KMS is reached: through a proxy or around it, and under which of AWS's names.

use std::net::SocketAddr;
use std::path::PathBuf;

use sealkeep::providers::{
    AwsProfile, KeyArn, KeyProvider, KmsProvider, Network, NetworkFields, Patience, ProviderError,
};
use sealkeep::secret::SecretString;

use super::contestants::moto_kind;
use super::kms_tls::without_tls;
use super::{context, impatient, run};
use crate::support::again::{case, passes};
use crate::support::connect_proxy::{Asked, ConnectProxy};
use crate::support::fake_kms::FakeKms;
use crate::support::tls::{TlsRelay, Versions};

/// Asks once, and for one thing.
fn ask(key: &KeyArn, network: NetworkFields) -> Result<(), ProviderError> {
    let network = Network::new(network).unwrap();
    let profile = AwsProfile::new("test", FakeKms::REGION, network, FakeKms::admin()).unwrap();
    let provider = KmsProvider::with_patience(&profile, key.clone(), Patience { attempts: 1, ..impatient() });
    run(provider.wrap(None, &context())).map(drop)
}

fn through(proxy: &str) -> NetworkFields {
    NetworkFields { proxy: Some(proxy.to_owned()), ..NetworkFields::default() }
}

#[test]
fn tls_goes_from_end_to_end_through_a_proxy_and_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut inner = case("providers::kms_proxy::cases::through_and_around");
    passes(inner.env("SSL_CERT_FILE", folder.path().join("certificate.pem")).env_remove("SSL_CERT_DIR"));
}

#[test]
fn the_environments_proxy_is_taken_unless_the_environment_or_the_profile_says_otherwise() {
    let (kms, _) = FakeKms::with_key();
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("certificate.pem");
    let mut relay = TlsRelay::start(kms.address(), &certificate, Versions::Today);
    let key = kms.make_key();
    let proxy = ConnectProxy::to(relay.address(), None);
    let port = relay.address().port();
    let ask = |profile: &str, no_proxy: &str| {
        let mut inner = case("providers::kms_proxy::cases::asking");
        for name in ["https_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "SSL_CERT_DIR", "REQUEST_METHOD"] {
            inner.env_remove(name);
        }
        inner.env("SSL_CERT_FILE", &certificate).env("HTTPS_PROXY", proxy.url()).env("NO_PROXY", no_proxy);
        let endpoint = format!("https://0.0.0.0:{port}");
        passes(inner.env("ENDPOINT", endpoint).env("PROXY", profile).env("KEY", key.as_str()));
        proxy.lines()
    };
    let line = format!("CONNECT 0.0.0.0:{port} HTTP/1.1");
    assert_eq!(ask("", ""), [line.as_str()]);
    assert_eq!(ask("", "example.com"), [line.as_str()]);
    assert_eq!(ask("", "example.com,0.0.0.0"), [""; 0]);
    assert_eq!(ask("direct", ""), [""; 0]);
    // The profile's own is for everything, whatever the environment leaves out.
    let own = ConnectProxy::to(relay.address(), None);
    assert_eq!(ask(&own.url(), "*"), [""; 0]);
    assert_eq!(own.lines(), [line.as_str()]);
    for _ in 0..5 {
        assert_eq!(relay.next_outcome(), "TLSv1.3");
    }
    assert_eq!(kms.count("GenerateDataKey"), 5);
}

#[test]
fn fips_and_dual_stack_are_other_names_of_aws() {
    let (_, key) = FakeKms::with_key();
    let proxy = ConnectProxy::to_nowhere();
    for (fips, dual_stack, host) in [
        (false, false, "kms.eu-central-1.amazonaws.com"),
        (true, false, "kms-fips.eu-central-1.amazonaws.com"),
        (false, true, "kms.eu-central-1.api.aws"),
        (true, true, "kms-fips.eu-central-1.api.aws"),
    ] {
        let error = ask(&key, NetworkFields { fips, dual_stack, ..through(&proxy.url()) }).unwrap_err();
        assert!(matches!(&error, ProviderError::Unreachable { reason } if reason.contains("proxy")), "{error}");
        assert_eq!(proxy.lines(), [format!("CONNECT {host}:443 HTTP/1.1")]);
    }
    let endpoint_url = Some("https://vpce-1.kms.eu-central-1.vpce.amazonaws.com".to_owned());
    ask(&key, NetworkFields { endpoint_url, ..through(&proxy.url()) }).unwrap_err();
    assert_eq!(proxy.lines(), ["CONNECT vpce-1.kms.eu-central-1.vpce.amazonaws.com:443 HTTP/1.1"]);
}

#[test]
fn what_is_on_this_machine_goes_through_no_proxy() {
    let (kms, key) = FakeKms::with_key();
    let proxy = ConnectProxy::to_nowhere();
    assert_eq!(ask(&key, NetworkFields { endpoint_url: Some(kms.endpoint()), ..through(&proxy.url()) }), Ok(()));
    let silent = kms.endpoint().replace("http:", "https:");
    for endpoint in [silent.replace("127.0.0.1", "localhost"), silent] {
        // No TLS is spoken there; what counts is that it was asked itself.
        let error = ask(&key, NetworkFields { endpoint_url: Some(endpoint), ..through(&proxy.url()) }).unwrap_err();
        assert!(matches!(&error, ProviderError::Unreachable { .. }), "{error}");
    }
    assert_eq!(proxy.asked(), []);
}

#[test]
fn a_proxy_that_refuses_is_told_at_once_and_shows_no_password() {
    let (kms, key) = FakeKms::with_key();
    let proxy = ConnectProxy::to("127.0.0.1:1".parse::<SocketAddr>().unwrap(), Some("Basic of-somebody-else"));
    let password = || Some(SecretString::copy_of("hunter2"));
    let fields = NetworkFields { proxy_password: password(), ..through(&proxy.url_of("anna")) };
    let error = ask(&key, fields).unwrap_err();
    assert!(matches!(&error, ProviderError::Unreachable { reason } if reason.contains("another user")), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
    assert_eq!(proxy.asked().len(), 1);
    let nowhere = ConnectProxy::to_nowhere();
    let error = ask(&key, through(&nowhere.url())).unwrap_err();
    assert!(
        matches!(&error, ProviderError::Unreachable { reason } if reason.contains("let this address pass")),
        "{error}"
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = ask(&key, through(&format!("http://{free}"))).unwrap_err();
    assert!(
        matches!(&error, ProviderError::Unreachable { reason } if reason.contains("the proxy did not answer")),
        "{error}"
    );
    let error = ask(&key, through(&format!("https://{}", without_tls()))).unwrap_err();
    assert!(matches!(&error, ProviderError::Unreachable { reason } if reason.contains("speaks no TLS")), "{error}");
    assert_eq!(kms.calls(), []);
}

#[test]
fn a_proxy_of_another_kind_in_the_environment_is_told() {
    let mut inner = case("providers::kms_proxy::cases::socks");
    inner.env("ALL_PROXY", "socks5://127.0.0.1:1").env_remove("HTTPS_PROXY").env_remove("https_proxy");
    passes(inner.env_remove("NO_PROXY").env_remove("no_proxy"));
}

mod cases {
    use super::*;
    use crate::support::again::assert_inside;

    #[test]
    #[ignore = "run by a test above"]
    fn through_and_around() {
        assert_inside();
        let (kms, key) = FakeKms::with_key();
        let certificate = PathBuf::from(std::env::var_os("SSL_CERT_FILE").unwrap());
        let mut relay = TlsRelay::start(kms.address(), &certificate, Versions::Today);
        // A name that only the proxy knows.
        let endpoint_url = Some("https://kms.sealkeep.test".to_owned());
        let line = "CONNECT kms.sealkeep.test:443 HTTP/1.1".to_owned();
        let open = ConnectProxy::to(relay.address(), None);
        let fields = NetworkFields { endpoint_url: endpoint_url.clone(), ..through(&open.url()) };
        assert_eq!(ask(&key, fields), Ok(()));
        assert_eq!(relay.next_outcome(), "TLSv1.3");
        assert_eq!(open.asked(), [Asked { line: line.clone(), authorization: None }]);

        // `CORP\anna:pass word` as Basic has it.
        let basic = "Basic Q09SUFxhbm5hOnBhc3Mgd29yZA==";
        let guarded = ConnectProxy::to(relay.address(), Some(basic));
        let proxy_password = Some(SecretString::copy_of("pass word"));
        let fields = NetworkFields { endpoint_url, proxy_password, ..through(&guarded.url_of("CORP\\anna")) };
        assert_eq!(ask(&key, fields), Ok(()));
        assert_eq!(relay.next_outcome(), "TLSv1.3");
        assert_eq!(guarded.asked(), [Asked { line, authorization: Some(basic.to_owned()) }]);

        // Whoever is at the other end has to have a certificate for AWS's name, and not for the proxy's.
        let elsewhere = Some("https://kms.example.com".to_owned());
        let error = ask(&key, NetworkFields { endpoint_url: elsewhere, ..through(&open.url()) }).unwrap_err();
        assert!(matches!(&error, ProviderError::Unreachable { reason } if reason.contains("another name")), "{error}");
        assert_eq!(relay.next_outcome(), "refused");

        let around = format!("https://0.0.0.0:{}", relay.address().port());
        assert_eq!(ask(&key, NetworkFields { endpoint_url: Some(around), ..through("direct") }), Ok(()));
        assert_eq!(relay.next_outcome(), "TLSv1.3");
        assert_eq!(kms.count("GenerateDataKey"), 3);
        assert_eq!((open.asked().len(), guarded.asked().len()), (1, 0));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn asking() {
        assert_inside();
        let variable = |name| Some(std::env::var(name).unwrap()).filter(|value| !value.is_empty());
        let fields =
            NetworkFields { endpoint_url: variable("ENDPOINT"), proxy: variable("PROXY"), ..NetworkFields::default() };
        let profile =
            AwsProfile::new("test", FakeKms::REGION, Network::new(fields).unwrap(), FakeKms::admin()).unwrap();
        let key = variable("KEY").unwrap().parse().unwrap();
        let provider = KmsProvider::with_patience(&profile, key, Patience { attempts: 1, ..impatient() });
        assert_eq!(run(provider.wrap(None, &context())).map(drop), Ok(()));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn socks() {
        assert_inside();
        let profile = AwsProfile::new("test", FakeKms::REGION, Network::default(), moto_kind()).unwrap();
        let (_, key) = FakeKms::with_key();
        let error = run(KmsProvider::new(&profile, key).wrap(None, &context())).unwrap_err();
        assert!(
            matches!(&error, ProviderError::Unreachable { reason } if reason.contains("http://HOST:PORT")),
            "{error}"
        );
    }
}
