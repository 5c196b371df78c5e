//! `policy`: what it prints is enough for what a person does with a vault, and for no more.

use serde_json::{Value, json};

use crate::support::cli::{Person, Said};
use crate::support::fake_kms::{Call, FakeKms};
use crate::support::iam::allows;
use crate::support::secret_service::SecretService;

const BOB: &str = "AKIAFAKEBOB000000001";

fn add_profile(person: &Person<'_>, kms: &FakeKms, id: &str, secret: &str) -> Said {
    let endpoint = kms.endpoint();
    let args = ["profile", "add", "work", "--region", FakeKms::REGION, "--endpoint-url", &endpoint];
    person.run_with(format!("{secret}\n"), [&args[..], &["--access-key-id", id]].concat())
}

/// The calls that `does` makes.
fn calls(kms: &FakeKms, does: impl FnOnce()) -> Vec<Call> {
    let before = kms.calls().len();
    does();
    // Who one is, is nobody's to allow: AWS STS tells it everybody.
    kms.calls().split_off(before).into_iter().filter(|call| call.action != "GetCallerIdentity").collect()
}

fn policy(person: &Person<'_>, options: &[&str]) -> Value {
    let printed = person.run([&["policy"], options].concat()).ok();
    let document: Value = serde_json::from_str(printed.text()).unwrap();
    assert_eq!(person.run([&["policy", "--json"], options].concat()).ok().json(), document);
    document
}

#[track_caller]
fn all_allowed(policy: &Value, calls: &[Call]) {
    assert!(!calls.is_empty());
    for call in calls {
        assert!(allows(policy, call), "{call:?}\n{policy:#}");
    }
}

#[track_caller]
fn none_allowed(policy: &Value, calls: &[Call]) {
    assert!(!calls.is_empty());
    for call in calls {
        assert!(!allows(policy, call), "{call:?}\n{policy:#}");
    }
}

#[test]
fn each_role_may_do_its_work_and_no_more() {
    let (annas, bobs) = (SecretService::start(), SecretService::start());
    let (anna, bob) = (Person::with_keyring(&annas), Person::with_keyring(&bobs));
    let (kms, key) = FakeKms::with_key();
    kms.add_principal(BOB, "bobs/secret", None);
    add_profile(&anna, &kms, FakeKms::ACCESS_KEY_ID, FakeKms::SECRET_ACCESS_KEY).ok();
    add_profile(&bob, &kms, BOB, "bobs/secret").ok();

    let making = calls(&kms, || {
        anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    });
    let saving = calls(&kms, || {
        anna.run(["add", "note", "A note", "--set", "text=x"]).ok();
        anna.write("new", "another passphrase of mine\n");
        anna.run(["slot", "add", "--passphrase", "--new-passphrase-file", "new"]).ok();
        anna.write("scan.pdf", vec![3; 300_000]);
        anna.run(["put", "scan.pdf"]).ok();
    });
    let second = kms.make_key();
    let wrapping = calls(&kms, || {
        anna.run(["slot", "add", "--kms", second.as_str()]).ok();
    });
    let trying = calls(&kms, || {
        anna.run(["profile", "test", "work", "--key", key.as_str()]).ok();
    });
    let sealing = calls(&kms, || {
        anna.run(["encrypt", "scan.pdf", "--kms", key.as_str()]).ok();
        anna.run(["get", "A note", "--sealed", "--kms", key.as_str()]).ok();
        anna.run(["decrypt", "scan.pdf.sealed", "-o", "again.pdf"]).ok();
    });
    let unsealing = only(&sealing, |call| call.action == "Decrypt" && call.context["sealkeep:purpose"] == "file");
    let copied = std::process::Command::new("cp").arg("-a").arg(anna.at("v.sealkeep")).arg(bob.at("")).status();
    assert!(copied.unwrap().success());
    let reading = calls(&kms, || {
        bob.run(["ls", "--vault", "v.sealkeep", "--key", key.as_str(), "--key", second.as_str()]).ok();
        bob.run(["show", "A note", "--reveal"]).ok();
        bob.run(["get", "scan.pdf"]).ok();
        bob.run(["check"]).ok();
    });
    assert!(reading.iter().all(|call| call.caller == BOB && call.action == "Decrypt"), "{reading:?}");

    let printed = calls(&kms, || {
        policy(&anna, &["--role", "reader"]);
    });
    assert_eq!(printed, [], "it asks nobody");
    let [reader, editor, admin] = ["reader", "editor", "admin"].map(|role| policy(&anna, &["--role", role]));
    let files = |role| policy(&anna, &["--role", role, "--files"]);
    assert_eq!(policy(&anna, &[]), editor, "the default");
    for (policy, who) in [(&reader, "reads"), (&editor, "edits")] {
        all_allowed(policy, &reading);
        none_allowed(policy, &unsealing);
        assert!(!policy.to_string().contains("alias"), "{who}");
    }
    // The alias of a key that is tried, and which others there are, is nice to know, and nobody gets a list of all for it.
    let trying = only(&trying, |call| !["ListAliases", "ListKeys"].contains(&call.action.as_str()));
    for calls in [&making, &saving, &wrapping, &trying] {
        all_allowed(&editor, calls);
    }
    all_allowed(&files("editor"), &sealing);
    all_allowed(&files("reader"), &unsealing);
    for calls in [&making, &saving, &wrapping, &sealing] {
        let writing = only(calls, |call| ["GenerateDataKey", "Encrypt"].contains(&call.action.as_str()));
        none_allowed(&reader, &writing);
        none_allowed(&files("reader"), &writing);
    }
    for calls in [&making, &saving, &wrapping, &trying, &sealing, &reading] {
        none_allowed(&admin, &only(calls, uses));
    }

    // Another vault under the same key is none of its business.
    let of_this_vault = files("editor");
    let other = calls(&kms, || {
        anna.run(["new", "--kms", key.as_str(), "--vault", "other.sealkeep"]).ok();
        anna.run(["add", "note", "Another", "--vault", "other.sealkeep"]).ok();
    });
    none_allowed(&of_this_vault, &only(&other, uses));
}

fn only(calls: &[Call], wanted: impl Fn(&Call) -> bool) -> Vec<Call> {
    calls.iter().filter(|call| wanted(call)).cloned().collect()
}

/// Whether the call uses the key, and does not only look at it.
fn uses(call: &Call) -> bool {
    call.action != "DescribeKey"
}

#[test]
fn the_keys_of_a_policy_are_those_of_the_vault_as_it_is_now() {
    let annas = SecretService::start();
    let anna = Person::with_keyring(&annas);
    let (kms, key) = FakeKms::with_key();
    let (second, third) = (kms.make_key(), kms.make_key());
    add_profile(&anna, &kms, FakeKms::ACCESS_KEY_ID, FakeKms::SECRET_ACCESS_KEY).ok();
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    let first = anna.run(["status", "--json"]).ok().json()["slots"][0]["id"].as_str().unwrap().to_owned();
    let statement = |options: &[&str], sid: &str| {
        let policy = policy(&anna, options);
        policy["Statement"].as_array().unwrap().iter().find(|found| found["Sid"] == sid).unwrap().clone()
    };
    let id = anna.run(["status", "--json"]).ok().json()["vault"].clone();
    let vault = "kms:EncryptionContext:sealkeep:vault";
    assert_eq!(statement(&[], "SaveToVaults")["Condition"]["StringEquals"][vault], json!([id]));
    assert_eq!(
        statement(&["--kms", third.as_str()], "SaveToVaults")["Resource"],
        json!([key.as_str(), third.as_str()])
    );

    anna.run(["slot", "add", "--kms", second.as_str()]).ok();
    anna.run(["slot", "retire", &first]).ok();
    assert_eq!(statement(&[], "SaveToVaults")["Resource"], json!([second.as_str()]));
    let opens = statement(&["--role", "reader"], "OpenVaults")["Resource"].clone();
    assert_eq!(opens, json!([second.as_str(), key.as_str()]));
    let alias = format!("arn:aws:kms:{}:{}:alias/team", FakeKms::REGION, FakeKms::ACCOUNT);
    let names = statement(&["--role", "admin", "--alias", "alias/team"], "NameKeys")["Resource"].clone();
    assert_eq!(names, json!([second.as_str(), key.as_str(), alias]));

    // Whoever was given the folder is told that nobody vouches for its keys.
    let bob = Person::new();
    let copied = std::process::Command::new("cp").arg("-a").arg(anna.at("v.sealkeep")).arg(bob.at("")).status();
    assert!(copied.unwrap().success());
    bob.run(["policy", "--vault", "v.sealkeep"]).ok().says(&["Warning", "Compare the ARNs"]);
    assert!(!anna.run(["policy"]).ok().err.contains("Warning"));
}

#[test]
fn what_can_not_be_said_is_refused() {
    let anna = Person::with_vault();
    anna.run(["policy"]).refused(1, &["No KMS key opens this vault", "--kms ARN"]);
    let key = "arn:aws:kms:eu-central-1:111122223333:key/0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11";
    let asked = policy(&anna, &["--kms", key]);
    assert!(asked.to_string().contains(key), "a vault that is to get one");
    let alias = "arn:aws:kms:eu-central-1:111122223333:alias/team";
    anna.run(["policy", "--kms", alias]).refused(2, &["is an alias", "ARN"]);
    anna.run(["policy", "--kms", key, "--alias", "alias/team"]).refused(2, &["--role admin"]);
    anna.run(["policy", "--kms", key, "--role", "admin", "--files"]).refused(2, &["--files"]);
    anna.run(["policy", "--kms", key, "--role", "admin", "--alias", "alias/*"]).refused(2, &["alias/team"]);
    anna.run(["policy", "--role", "owner"]).refused(2, &["reader", "editor", "admin"]);
}
