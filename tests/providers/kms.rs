//! What AWS KMS meets alone: what is sent, to whom, by whom, and how it is ended.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::Arc;

use sealkeep::providers::{AwsProfile, KeyProvider, KmsProvider, Network, ProviderError};

use super::contestants::moto_kind;
use super::{PAIRS, context, run};
use crate::support::again::{case, passes};
use crate::support::fake_kms::{FakeKms, Fault};

#[test]
fn every_call_names_the_pinned_key_and_exactly_the_context() {
    let (fake, key) = FakeKms::with_key();
    let provider = KmsProvider::new(&fake.profile("test"), key.clone());
    let made = run(provider.wrap(None, &context())).unwrap();
    run(provider.wrap(made.made.as_deref(), &context())).unwrap();
    run(provider.unwrap(&made.wrapped, &context())).unwrap();
    assert_eq!(fake.actions(), ["GenerateDataKey", "Encrypt", "Decrypt"]);
    let pairs = PAIRS.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    for call in fake.calls() {
        assert_eq!(call.key.as_deref(), Some(key.as_str()));
        assert_eq!(call.context, pairs);
        assert_eq!(call.caller, FakeKms::ACCESS_KEY_ID);
    }
    assert_eq!(provider.calls(), 3);
    assert!(provider.last_latency().is_some_and(|latency| !latency.is_zero()));
}

#[test]
fn calls_share_a_connection() {
    let (fake, key) = FakeKms::with_key();
    let provider = KmsProvider::new(&fake.profile("test"), key);
    run(async {
        for _ in 0..3 {
            provider.wrap(None, &context()).await.unwrap();
        }
    });
    assert_eq!(fake.connections(), 1);
}

#[test]
fn dropping_the_future_ends_the_call_at_once() {
    let (fake, key) = FakeKms::with_key();
    let provider = KmsProvider::new(&fake.profile("test"), key);
    let fake = Arc::new(fake);
    let seen = |what: fn(&FakeKms)| {
        let fake = Arc::clone(&fake);
        tokio::task::spawn_blocking(move || what(&fake))
    };
    run(async {
        let wrapped = provider.wrap(None, &context()).await.unwrap().wrapped;
        fake.fail_always("Decrypt", Fault::Hang);
        let context = context();
        tokio::select! {
            ended = provider.unwrap(&wrapped, &context) => panic!("it hangs: {ended:?}"),
            arrived = seen(|fake| fake.await_calls("Decrypt", 1)) => arrived.unwrap(),
        }
        seen(|fake| fake.await_hang_ups(1)).await.unwrap();
        fake.heal();
        assert!(provider.unwrap(&wrapped, &context).await.is_ok(), "the provider works on");
    });
    assert_eq!(fake.count("Decrypt"), 2, "what was dropped is not tried again");
}

#[test]
fn a_late_answer_is_an_answer() {
    let (fake, key) = FakeKms::with_key();
    let provider = KmsProvider::new(&fake.profile("test"), key);
    let fake = Arc::new(fake);
    fake.fail_next("GenerateDataKey", [Fault::Hang]);
    let releasing = Arc::clone(&fake);
    let released = std::thread::spawn(move || {
        releasing.await_calls("GenerateDataKey", 1);
        releasing.release();
    });
    assert!(run(provider.wrap(None, &context())).is_ok());
    released.join().unwrap();
    assert_eq!(fake.count("GenerateDataKey"), 1);
}

#[test]
fn a_profile_comes_back_from_its_stored_form_and_works() {
    let (fake, key) = FakeKms::with_key();
    fake.add_principal("ASIATEMPORARY", "secret/+=", Some("token/+="));
    let profile = fake.profile_of("work", "ASIATEMPORARY", "secret/+=", Some("token/+="));
    let stored = profile.to_bytes().unwrap();
    let back = AwsProfile::from_bytes("work", &stored).unwrap();
    assert!(run(KmsProvider::new(&back, key).wrap(None, &context())).is_ok());
    assert_eq!(fake.calls()[0].caller, "ASIATEMPORARY");
}

#[test]
fn a_key_is_asked_for_in_its_own_region() {
    let (fake, key) = FakeKms::with_key();
    let elsewhere = key.as_str().replace(FakeKms::REGION, "us-east-1").parse().unwrap();
    let provider = KmsProvider::new(&fake.profile("test"), elsewhere);
    let error = run(provider.wrap(None, &context())).unwrap_err();
    // The fake knows one region, and what is signed for another is refused: it was.
    assert_eq!(error, ProviderError::Credentials { reason: "InvalidSignatureException".to_owned() });
}

#[test]
fn plain_http_goes_to_this_machine_alone() {
    let made = |url: &str| Network::at(url);
    for url in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://kms.example.com"] {
        assert!(made(url).is_ok(), "{url}");
    }
    for url in ["http://kms.example.com", "http://192.168.1.1:1", "http://0.0.0.0:1", "http://localhost.:1"] {
        assert!(matches!(made(url), Err(ProviderError::Config(_))), "{url}");
    }
}

#[test]
fn neither_environment_nor_home_is_asked_for_anything() {
    let decoy = FakeKms::start();
    decoy.add_principal("AKIADECOY", "decoy", None);
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy_url = format!("http://{}", proxy.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let mut line = String::new();
        BufReader::new(proxy.accept().unwrap().0).read_line(&mut line).unwrap();
        line
    });
    let home = tempfile::tempdir().unwrap();
    let endpoint = decoy.endpoint();
    let services = format!("[services all]\nkms =\n  endpoint_url = {endpoint}\n");
    let config = format!("region = us-east-1\nendpoint_url = {endpoint}\nservices = all\nmax_attempts = 1\n");
    let credentials = "[default]\naws_access_key_id = AKIADECOY\naws_secret_access_key = decoy\n";
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
    std::fs::write(home.path().join(".aws/config"), format!("[default]\n{config}{services}")).unwrap();
    let mut inner = case("providers::kms::cases::works_with_what_the_profile_says");
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "AKIADECOY"),
        ("AWS_SECRET_ACCESS_KEY", "decoy"),
        ("AWS_SESSION_TOKEN", "decoy"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_PROFILE", "default"),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_ENDPOINT_URL_KMS", &endpoint),
        ("AWS_ENDPOINT_URL_STS", &endpoint),
        ("AWS_CA_BUNDLE", "/nowhere.pem"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ("HTTP_PROXY", &proxy_url),
        ("http_proxy", &proxy_url),
        ("HTTPS_PROXY", &proxy_url),
    ] {
        inner.env(name, value);
    }
    passes(inner.env("HOME", home.path()).env_remove("NO_PROXY").env_remove("no_proxy"));
    assert_eq!(decoy.calls(), []);
    // All that a proxy sees is AWS's own address; what follows is TLS.
    assert_eq!(asked.join().unwrap(), "CONNECT kms.eu-central-1.amazonaws.com:443 HTTP/1.1\r\n");
}

mod cases {
    use super::*;
    use crate::support::again::assert_inside;

    #[test]
    #[ignore = "run by a test above"]
    fn works_with_what_the_profile_says() {
        assert_inside();
        let (fake, key) = FakeKms::with_key();
        let provider = KmsProvider::new(&fake.profile("test"), key.clone());
        assert!(run(provider.wrap(None, &context())).is_ok());
        assert_eq!(fake.calls()[0].caller, FakeKms::ACCESS_KEY_ID);
        let profile = AwsProfile::new("test", FakeKms::REGION, Network::default(), moto_kind()).unwrap();
        let patience = sealkeep::providers::Patience { attempts: 1, ..super::super::impatient() };
        let error = run(KmsProvider::with_patience(&profile, key, patience).wrap(None, &context())).unwrap_err();
        assert!(matches!(error, ProviderError::Unreachable { .. }), "{error}");
    }
}
