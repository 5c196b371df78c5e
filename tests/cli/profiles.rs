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
    assert!(without.text().contains("1 KMS key in") && without.text().contains(&format!("alias/team  {key}  enabled")));
    let enabled = json!([{ "key": key.as_str(), "aliases": ["alias/team"], "state": "Enabled", "usable": true }]);
    assert_eq!((&json()["keys"], &json()["keys_error"], &json()["works"]), (&enabled, &Value::Null, &json!(true)));
    // Somebody who may use no key is somebody, too.
    kms.deny(FakeKms::ACCESS_KEY_ID, "ListKeys");
    assert_eq!(anna.run(["profile", "test", "work", "--json"]).ok().json()["principal"], json!(principal));

    kms.deny(FakeKms::ACCESS_KEY_ID, "GetCallerIdentity");
    assert_eq!((&json()["account"], &json()["principal"]), (&json!(FakeKms::ACCOUNT), &Value::Null));
    assert!(!anna.run(test).ok().text().contains("Principal"));
}

#[test]
fn who_may_not_use_a_key_is_told_as_whom_and_what_is_missing() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    add(&anna, "work", &kms.endpoint()).ok();
    kms.deny(FakeKms::ACCESS_KEY_ID, "Decrypt");
    let test = ["profile", "test", "work", "--key", key.as_str()];
    let refused = anna.run(test).ended(3);
    refused.says(&["kms:Decrypt", "\"Action\":\"kms:Decrypt\""]);
    let principal = format!("arn:aws:iam::{}:user/{}", FakeKms::ACCOUNT, FakeKms::ACCESS_KEY_ID);
    for word in [FakeKms::ACCOUNT, FakeKms::REGION, &principal, "(no alias)  arn:"] {
        assert!(refused.text().contains(word), "{word}: {}", refused.text());
    }
    assert!(!refused.text().contains("Works"), "{}", refused.text());
    let refused = anna.run(test.iter().chain(&["--json"])).ended(3);
    refused.says(&["\"error\"", "kms:Decrypt"]);
    let known = refused.json();
    assert_eq!((&known["principal"], &known["works"], &known["key"]), (&json!(principal), &json!(false), &Value::Null));
    // Where nobody answers there is nothing to tell but that.
    kms.go_away();
    anna.run(test).refused(6, &["did not answer"]);
}

#[test]
fn every_alias_is_listed_with_whether_the_key_can_be_used_or_why_none_is() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    add(&anna, "work", &kms.endpoint()).ok();
    let off = kms.make_key();
    for (alias, key) in [("alias/team", &key), ("alias/also-team", &key), ("alias/off", &off)] {
        kms.point_alias(alias, key);
    }
    kms.set_key_state(&off, "Disabled");
    let text = || anna.run(["profile", "test", "work"]).ok().text().to_owned();
    let json = || anna.run(["profile", "test", "work", "--json"]).ok().json();
    let told = text();
    let lines: Vec<&str> = told.lines().collect();
    let both = lines.iter().find(|line| line.contains("alias/also-team, alias/team  ")).expect(&told);
    assert!(both.ends_with("enabled"), "{both}");
    assert!(lines.iter().any(|line| line.contains("alias/off") && line.ends_with("disabled")), "{told}");
    let (state, usable) = (&json()["keys"][1]["state"], &json()["keys"][1]["usable"]);
    assert_eq!((state, usable), (&json!("Disabled"), &json!(false)));
    kms.deny(FakeKms::ACCESS_KEY_ID, "DescribeKey");
    assert!(text().contains("state not known"));
    assert_eq!(json()["keys"][0]["usable"], Value::Null);

    for action in ["ListKeys", "ListAliases"] {
        kms.deny(FakeKms::ACCESS_KEY_ID, action);
    }
    let told = text();
    for word in ["AWS takes the credentials", "can't be listed (kms:ListKeys)", "\"Action\":\"kms:ListKeys\""] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let unlisted = json();
    assert_eq!((&unlisted["works"], &unlisted["keys"]), (&json!(true), &Value::Null));
    let statement = &unlisted["keys_error"]["statement"];
    assert_eq!((&statement["Action"], &statement["Resource"]), (&json!("kms:ListKeys"), &json!("*")));
    assert_eq!(unlisted["keys_error"]["code"], json!(3));
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
    // Beside the question who it is.
    for service in ["kms", "sts"] {
        let line = format!("CONNECT {service}-fips.{}.api.aws:443 HTTP/1.1", FakeKms::REGION);
        assert!(asked.iter().any(|asked| asked.line == line), "{service}");
    }
    // `anna:pass word`, from the third line.
    assert!(asked.iter().all(|asked| asked.authorization.as_deref() == Some("Basic YW5uYTpwYXNzIHdvcmQ=")));

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
