//! The contract on a real AWS account, for those who have one: `make test-aws`. That it works is tried on moto.

use std::env;
use std::process::{Command, Output};
use std::sync::Arc;

use sealkeep::crypto::DataKey;
use sealkeep::format::{EncryptedDataKey, EncryptionContext};
use sealkeep::providers::{
    AwsProfile, BoxFuture, KeyArn, KeyProvider, KmsProvider, Network, NetworkFields, ProfileKind, ProviderError,
    Wrapped,
};
use sealkeep::secret::SecretString;
use sealkeep::session::{Home, profiles};

use super::contestants::{Contestant, make_moto_key, moto_profile, vault_passphrase};
use super::contract::RULES;
use super::run;
use crate::support::moto::Moto;
use crate::support::secret_service::SecretService;

const CONTRACT: &str = "providers::account::the_contract_holds_in_a_real_account";

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn needed(name: &str) -> String {
    variable(name).unwrap_or_else(|| panic!("{name} is not set: run `make test-aws`, which says what to set"))
}

/// The profile that the environment names, or the credentials that stand there: of this test alone, no program of ours reads them.
fn profile(region: &str) -> AwsProfile {
    if let Some(name) = variable("SEALKEEP_TEST_AWS_PROFILE") {
        return run(profiles::load(&Home::open().unwrap(), &name)).unwrap();
    }
    let kind = ProfileKind::Static {
        access_key_id: needed("AWS_ACCESS_KEY_ID"),
        secret_access_key: SecretString::copy_of(&needed("AWS_SECRET_ACCESS_KEY")),
        session_token: variable("AWS_SESSION_TOKEN").as_deref().map(SecretString::copy_of),
    };
    let fields = NetworkFields { endpoint_url: variable("SEALKEEP_TEST_AWS_ENDPOINT"), ..NetworkFields::default() };
    let network = Network::new(fields).unwrap();
    AwsProfile::new("test", region, network, kind).unwrap()
}

/// Providers that share a number of calls, and make no more.
struct Purse {
    providers: Vec<Arc<KmsProvider>>,
    most: u64,
}

impl Purse {
    fn spent(&self) -> u64 {
        self.providers.iter().map(|provider| provider.calls()).sum()
    }
}

struct Charged(Arc<KmsProvider>, Arc<Purse>);

impl Charged {
    fn check(&self) {
        assert!(self.1.spent() < self.1.most, "no more than {} calls were announced", self.1.most);
    }
}

impl KeyProvider for Charged {
    fn wrap<'a>(
        &'a self,
        key: Option<&'a DataKey>,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<Wrapped, ProviderError>> {
        self.check();
        self.0.wrap(key, context)
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<DataKey, ProviderError>> {
        self.check();
        self.0.unwrap(wrapped, context)
    }

    fn recognises(&self, wrapped: &EncryptedDataKey) -> bool {
        self.0.recognises(wrapped)
    }
}

fn contestant(providers: &[Arc<KmsProvider>; 3], purse: &Arc<Purse>, exact: bool) -> Contestant {
    let [one, same, other] =
        providers.clone().map(|provider| Arc::new(Charged(provider, Arc::clone(purse))) as Arc<dyn KeyProvider>);
    let purse = Arc::clone(purse);
    let calls = Box::new(move || usize::try_from(purse.spent()).unwrap());
    Contestant { name: "aws-kms in an account", one, same, other, calls, exact }
}

#[test]
#[ignore = "costs money: run by `make test-aws`, and on moto by a test below"]
#[allow(clippy::print_stderr)]
fn the_contract_holds_in_a_real_account() {
    let key: KeyArn = needed("SEALKEEP_TEST_AWS_KEY").parse().unwrap();
    let other: KeyArn = needed("SEALKEEP_TEST_AWS_OTHER_KEY").parse().unwrap();
    assert_ne!(key, other, "the contract needs two keys");
    let most = needed("SEALKEEP_TEST_AWS_MOST_CALLS").parse().unwrap();
    let profile = profile(key.region());
    // An emulator refuses some of it under other names, and takes what AWS would not.
    let exact = profile.network().endpoint().is_none();
    let [one, same, other] = [&key, &key, &other].map(|key| Arc::new(KmsProvider::new(&profile, key.clone())));
    let providers = [one, same, other];
    let purse = Arc::new(Purse { providers: providers.to_vec(), most });
    for (name, rule) in RULES {
        rule(vec![contestant(&providers, &purse, exact), vault_passphrase()]);
        eprintln!("{name}: {} calls so far", purse.spent());
    }
    eprintln!("{} rules held, {} calls", RULES.len(), purse.spent());
}

/// What `make test-aws` runs, with none of the variables that it reads.
fn test_aws() -> Command {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/test-aws"));
    command.arg(env::current_exe().unwrap()).args(["--ignored", "--exact", "--nocapture", CONTRACT]);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") || name.to_string_lossy().starts_with("SEALKEEP_TEST_AWS_") {
            command.env_remove(name);
        }
    }
    command.stdin(std::process::Stdio::null());
    command
}

fn with_keys(command: &mut Command) -> &mut Command {
    let profile = moto_profile();
    let [key, other] = [make_moto_key(&profile), make_moto_key(&profile)];
    command.env("SEALKEEP_TEST_AWS_KEY", key).env("SEALKEEP_TEST_AWS_OTHER_KEY", other)
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
fn held(output: &Output) {
    let said = said(output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("USD 0.0015") && said.contains("1 passed"), "{said}");
    let held = format!("{} rules held, ", RULES.len());
    let calls = said.split_once(&held).and_then(|(_, rest)| rest.split_once(" calls")).expect("a count").0;
    let calls: u64 = calls.parse().unwrap();
    // One for each byte of a wrap, and about 60: moto's wraps have half the length of those of AWS.
    assert!((100..400).contains(&calls), "{calls} calls");
}

#[test]
fn the_contract_can_be_held_against_an_account() {
    let mut command = test_aws();
    let command = with_keys(&mut command).env("SEALKEEP_TEST_AWS_COST", "accepted");
    command.env("SEALKEEP_TEST_AWS_ENDPOINT", Moto::shared().endpoint());
    held(&command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing").output().unwrap());
}

#[test]
fn the_account_may_be_one_of_a_profile_in_the_keyring() {
    let (keyring, home) = (SecretService::start(), tempfile::tempdir().unwrap());
    let mut add = Command::new(env!("CARGO_BIN_EXE_sealkeep-cli"));
    add.args(["profile", "add", "test", "--region", Moto::REGION, "--endpoint-url", Moto::shared().endpoint()]);
    add.args(["--access-key-id", "testing"]);
    let enter = |command: &mut Command| {
        keyring.enter(command).env("SEALKEEP_HOME", home.path());
    };
    enter(&mut add);
    crate::support::cli::Said::with_input(&mut add, b"testing\n").ok();

    let mut command = test_aws();
    enter(&mut command);
    with_keys(&mut command).env("SEALKEEP_TEST_AWS_COST", "accepted").env("SEALKEEP_TEST_AWS_PROFILE", "test");
    held(&command.output().unwrap());
}

#[test]
fn nothing_is_asked_of_an_account_before_keys_credentials_and_cost_were_said() {
    let refused = |command: &mut Command, words: &[&str]| {
        let output = command.output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(!said.contains("running 1 test"), "{said}");
    };
    let names = ["SEALKEEP_TEST_AWS_KEY", "SEALKEEP_TEST_AWS_OTHER_KEY", "SEALKEEP_TEST_AWS_PROFILE"];
    let cost = ["500 calls at most", "USD 0.03 for 10,000", "asks again before it begins"];
    refused(&mut test_aws(), &[&names[..], &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], &cost].concat());
    let mut without_credentials = test_aws();
    refused(with_keys(&mut without_credentials), &["needs to know: SEALKEEP_TEST_AWS_PROFILE."]);
    let mut unaccepted = test_aws();
    let command = with_keys(&mut unaccepted).env("SEALKEEP_TEST_AWS_PROFILE", "test");
    refused(command, &["500 calls at most", "USD 0.03 for 10,000", "SEALKEEP_TEST_AWS_COST=accepted"]);
}

#[test]
fn no_more_calls_are_made_than_were_announced() {
    let profile = moto_profile();
    let key = make_moto_key(&profile);
    let providers = [(); 3].map(|()| Arc::new(KmsProvider::new(&profile, key.parse().unwrap())));
    let purse = Arc::new(Purse { providers: providers.to_vec(), most: 2 });
    let Contestant { one, same, .. } = contestant(&providers, &purse, false);
    let wrapped = run(one.wrap(None, &super::context())).unwrap().wrapped;
    run(same.unwrap(&wrapped, &super::context())).unwrap();
    let third =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(one.unwrap(&wrapped, &super::context()))));
    assert!(third.is_err());
    assert_eq!(purse.spent(), 2);
}
