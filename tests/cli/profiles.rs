//! AWS profiles: who they are, and keyrings that are locked or not there.

use serde_json::{Value, json};

use crate::support::cli::{Person, Said};
use crate::support::connect_proxy::ConnectProxy;
use crate::support::fake_kms::FakeKms;
use crate::support::secret_service::{Prompts, SecretService, Service};

fn add(person: &Person<'_>, name: &str, endpoint: &str) -> Said {
    let of = ["--region", FakeKms::REGION, "--endpoint-url", endpoint, "--access-key-id", FakeKms::ACCESS_KEY_ID];
    person.run_with(FakeKms::SECRET_ACCESS_KEY, ["profile", "add", name].into_iter().chain(of))
}

#[test]
fn testing_a_profile_tells_account_and_principal_where_aws_does() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    add(&anna, "work", &kms.endpoint()).ok();
    let principal = format!("arn:aws:iam::{}:user/{}", FakeKms::ACCOUNT, FakeKms::ACCESS_KEY_ID);
    let test = ["profile", "test", "work", "--key", key.as_str()];
    let tested = anna.run(test).ok();
    for word in [FakeKms::ACCOUNT, &principal, key.as_str()] {
        assert!(tested.text().contains(word), "{}", tested.text());
    }
    let json = || anna.run(test.iter().chain(&["--json"])).ok().json();
    assert_eq!((&json()["account"], &json()["principal"]), (&json!(FakeKms::ACCOUNT), &json!(principal)));
    kms.point_alias("alias/team", &key);
    let without = anna.run(["profile", "test", "work"]).ok();
    assert!(without.text().contains("1 KMS key in") && without.text().contains(&format!("alias/team  {key}")));
    assert_eq!(json()["keys"], json!([{ "key": key.as_str(), "aliases": ["alias/team"] }]));
    // Somebody who may use no key is somebody, too.
    kms.deny(FakeKms::ACCESS_KEY_ID, "ListKeys");
    assert_eq!(anna.run(["profile", "test", "work", "--json"]).ok().json()["principal"], json!(principal));

    kms.deny(FakeKms::ACCESS_KEY_ID, "GetCallerIdentity");
    assert_eq!((&json()["account"], &json()["principal"]), (&json!(FakeKms::ACCOUNT), &Value::Null));
    assert!(!anna.run(test).ok().text().contains("Principal"));
}

#[test]
fn a_profile_has_its_own_way_to_aws() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let proxy = ConnectProxy::to_nowhere();
    let add = |stdin: &str, options: &[&str]| {
        let of = ["profile", "add", "work", "--region", FakeKms::REGION, "--access-key-id", "AKIATEST", "--yes"];
        anna.run_with(stdin, of.iter().chain(options))
    };
    let secrets = "secret\n\npass word\n";
    add(secrets, &["--proxy", &proxy.url_of("anna"), "--fips", "--dual-stack"]).ok();
    anna.run(["profile", "test", "work"]).refused(6, &["proxy", "let this address pass"]);
    let asked = proxy.asked();
    assert_eq!(asked[0].line, format!("CONNECT kms-fips.{}.api.aws:443 HTTP/1.1", FakeKms::REGION));
    // `anna:pass word`, from the third line.
    assert_eq!(asked[0].authorization.as_deref(), Some("Basic YW5uYTpwYXNzIHdvcmQ="));

    add("secret\n", &["--endpoint-url", "https://vpce-1.example.com", "--fips"]).refused(2, &["leave out FIPS"]);
    let with_password = proxy.url_of("anna:hunter2");
    add(secrets, &["--proxy", &with_password]).refused(2, &["the password apart"]);
    assert_eq!(proxy.asked(), []);
}

#[test]
fn a_locked_keyring_is_told_and_nothing_is_lost() {
    let keyring = SecretService::start_with(Service::Unlocked, Prompts::Impossible);
    let anna = Person::with_keyring(&keyring);
    let kms = FakeKms::start();
    add(&anna, "work", &kms.endpoint()).ok();
    keyring.lock();
    let listed = json!([{ "name": "work", "region": FakeKms::REGION, "kind": "static", "protected": false }]);
    let words = ["keyring is locked", "Unlock"];
    add(&anna, "home", &kms.endpoint()).refused(1, &words);
    for command in ["test", "rm"] {
        anna.run(["profile", command, "work"]).refused(1, &words);
        assert_eq!(anna.run(["profile", "ls", "--json"]).ok().json(), listed, "{command}");
    }
    assert!(kms.calls().is_empty());
}

#[test]
fn without_a_keyring_service_every_command_that_needs_one_says_how_to_get_one() {
    let nothing = SecretService::start_with(Service::Missing, Prompts::Impossible);
    for anna in [Person::new(), Person::with_keyring(&nothing)] {
        let words = ["No keyring service is running", "gnome-keyring"];
        add(&anna, "work", "http://127.0.0.1:1").refused(1, &words);
        for command in ["test", "rm"] {
            anna.run(["profile", command, "work"]).refused(1, &words);
        }
        assert_eq!(anna.run(["profile", "ls", "--json"]).ok().json(), json!([]));
        let none = anna.run(["profile", "ls"]).ok();
        none.says(&["There are no profiles yet", "sealkeep-cli profile add"]);
        assert_eq!(none.text(), "");
    }
}
