//! Another KMS key in the place of the vault's: everything moves, and goes on where it was ended.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::slots::{add_profile, everything_opens, fill};
use crate::support::cli::{Person, Said};
use crate::support::fake_kms::{FakeKms, Fault};
use crate::support::secret_service::SecretService;

/// Whether the vault's database or its log has `text` anywhere.
fn has(person: &Person<'_>, text: &str) -> bool {
    ["vault.db", "vault.db-wal"].iter().any(|name| {
        let bytes = std::fs::read(person.at("v.sealkeep").join(name)).unwrap_or_default();
        memchr::memmem::find(&bytes, text.as_bytes()).is_some()
    })
}

/// Adds as many notes at once.
fn add_many(person: &Person<'_>, count: usize) {
    let line = |number| json!({ "kind": "note", "title": format!("Note {number}"), "fields": { "text": "x" } });
    let lines: String = (0..count).map(|number| format!("{}\n", line(number))).collect();
    person.run_with(lines, ["add", "--jsonl", "-"]).ok();
}

#[test]
fn everything_moves_to_another_key_history_and_trash_included_and_it_is_proved() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, old) = FakeKms::with_key();
    let new = kms.make_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", old.as_str(), "--vault", "v.sealkeep"]).ok();
    fill(&anna);
    anna.run_with("gone", ["add", "note", "Trashed", "--set-stdin", "text"]).ok();
    anna.run(["rm", "Trashed"]).ok();
    let sheet = anna.run(["slot", "add", "--recovery", "--json"]).ok().json();
    anna.write("code", sheet["code"].as_str().unwrap());

    let before = anna.run(["slot", "ls", "--json"]).ok().json();
    kms.forget_calls();
    let planned = anna.run(["rewrap", "--kms", new.as_str(), "--dry-run", "--json"]).ok().json();
    assert_eq!(kms.actions(), ["Decrypt"], "the vault was opened, and nobody was asked anything else");
    assert_eq!(
        (&planned["keys"], &planned["moved_before"], &planned["by"]),
        (&json!(5), &json!(0), &json!("reencrypt"))
    );
    assert_eq!(planned["calls"], json!({ "ReEncrypt": 6, "Decrypt": 8 }));
    assert_eq!((&planned["from"]["key"], &planned["to"]["key"]), (&json!(old.as_str()), &json!(new.as_str())));
    anna.run(["rewrap", "--kms", new.as_str(), "--dry-run"]).ok().says(&["Nothing was changed"]);
    assert_eq!(anna.run(["slot", "ls", "--json"]).ok().json(), before);

    kms.forget_calls();
    let said = anna.run(["rewrap", "--kms", new.as_str(), "--json"]).ok().json();
    assert_eq!(kms.count("ReEncrypt"), 6);
    assert_eq!((kms.count("Encrypt"), kms.count("GenerateDataKey")), (0, 0), "no plaintext key went anywhere");
    assert_eq!((&said["moved"], &said["replaced"], &said["not_moved"]), (&json!(5), &json!(true), &json!([])));
    let proof = json!({ "index_wraps": 2, "data_wraps": 10, "headers": 0, "naming_old": 0, "unknown": 0 });
    assert_eq!(said["proof"], proof, "for the key and for the sheet");
    assert!(has(&anna, new.as_str()) && !has(&anna, old.as_str()), "not even in what was freed");

    kms.delete_key(&old);
    let open = |args: &[&str]| anna.run(args).ok();
    assert_eq!(open(&["show", "Codes", "--field", "text", "--revision", "1"]).text(), "first\n");
    assert_eq!(open(&["get", "scan.pdf", "-o", "-"]).out, vec![3; 700_000]);
    open(&["restore", "Trashed"]);
    assert_eq!(open(&["show", "Trashed", "--field", "text"]).text(), "gone\n");
    anna.run_with("later", ["add", "note", "Later", "--set-stdin", "text"]).ok();
    assert_eq!(open(&["slot", "ls"]).text().lines().count(), 2);
    open(&["check"]);
    everything_opens(&anna, "code");
    let settings = String::from_utf8(anna.read("../home/config/settings.json")).unwrap();
    assert!(
        !settings.contains(before[0]["id"].as_str().unwrap()) || !settings.contains(before[1]["id"].as_str().unwrap())
    );

    let again = anna.run(["rewrap", "--kms", new.as_str(), "--json"]).ok().json();
    assert_eq!((&again["from"], &again["moved"], &again["proof"]["naming_old"]), (&Value::Null, &json!(0), &json!(0)));
    anna.run(["rewrap", "--kms", new.as_str(), "--dry-run"]).ok();
}

#[test]
fn killed_at_any_moment_the_vault_opens_and_the_same_command_goes_on_with_the_rest() {
    const NOTES: usize = 300;
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, old) = FakeKms::with_key();
    let new = kms.make_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", old.as_str(), "--vault", "v.sealkeep"]).ok();
    add_many(&anna, NOTES);
    let args = ["rewrap", "--kms", new.as_str()];
    // The list's key; the first batch; the second one.
    for (arrived, signal, at_least) in [(1, "-KILL", 0), (100, "-KILL", 0), (258, "-KILL", 1), (20, "-INT", 257)] {
        kms.forget_calls();
        kms.set_delay(Duration::from_millis(5));
        let mut command = anna.interruptible(args);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        kms.await_calls("ReEncrypt", arrived);
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let ended = Said::from_output(&command, child.wait_with_output().unwrap());
        if signal == "-INT" {
            ended.says(&["run the same command again"]);
        }
        assert!(!ended.is_done(), "{ended:?}");
        kms.set_delay(Duration::ZERO);
        anna.run(["check"]).ok();
        let planned = anna.run(["rewrap", "--kms", new.as_str(), "--dry-run", "--json"]).ok().json();
        let moved = planned["moved_before"].as_u64().unwrap();
        assert!(moved >= at_least, "what was moved stays: {moved} after {arrived} calls");
        assert_eq!(planned["keys"].as_u64().unwrap() + moved, NOTES as u64);
    }
    anna.run_with("x", ["add", "note", "Meanwhile", "--set-stdin", "text"]).ok();
    kms.forget_calls();
    let said = anna.run(["rewrap", "--kms", new.as_str(), "--json"]).ok().json();
    assert!(
        kms.count("ReEncrypt") <= 1 + NOTES - 256,
        "{} calls: what was moved is not moved again",
        kms.count("ReEncrypt")
    );
    assert_eq!((&said["replaced"], &said["proof"]["data_wraps"]), (&json!(true), &json!(NOTES + 1)));
    assert!(!has(&anna, old.as_str()));
    kms.set_key_state(&old, "Disabled");
    anna.run(["check"]).ok();
}

#[test]
fn sixteen_calls_are_on_their_way_and_where_aws_limits_them_none_is_lost() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, old) = FakeKms::with_key();
    let (new, third) = (kms.make_key(), kms.make_key());
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", old.as_str(), "--vault", "v.sealkeep"]).ok();
    add_many(&anna, 200);
    kms.set_delay(Duration::from_millis(20));
    kms.take_high_water();
    let said = anna.run(["rewrap", "--kms", new.as_str(), "--json"]).ok().json();
    let (most, throttled) = kms.take_high_water();
    assert!(most >= 16 && throttled == 0, "{most}, {throttled}");
    assert!(said["in_flight"].as_u64().unwrap() >= most as u64);
    assert_eq!(said["throttled"], 0);

    kms.throttle(Some(4), None);
    kms.set_delay(Duration::from_millis(2));
    let said = anna.run(["rewrap", "--kms", third.as_str(), "--json"]).ok().json();
    let (_, throttled) = kms.take_high_water();
    assert!(throttled > 0);
    assert_eq!((&said["moved"], &said["replaced"], &said["throttled"]), (&json!(200), &json!(true), &json!(throttled)));
    kms.heal();
    anna.run(["check"]).ok();
}

#[test]
fn what_aws_refuses_is_said_with_its_key_and_nothing_is_changed() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, old) = FakeKms::with_key();
    let (new, second) = (kms.make_key(), kms.make_key());
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", old.as_str(), "--vault", "v.sealkeep"]).ok();
    fill(&anna);
    let slots = || anna.run(["slot", "ls", "--json"]).ok().json();
    let before = slots();
    let args = ["rewrap", "--kms", new.as_str()];
    for (action, key) in [("ReEncryptFrom", &old), ("ReEncryptTo", &new)] {
        kms.deny(FakeKms::ACCESS_KEY_ID, action);
        anna.run(args).refused(3, &[&format!("kms:{action} on {key}"), "run the same command again"]);
        kms.allow(FakeKms::ACCESS_KEY_ID, action);
    }
    kms.set_key_state(&new, "PendingDeletion");
    anna.run(args).refused(3, &[new.as_str(), "will be deleted"]);
    kms.set_key_state(&new, "Enabled");
    kms.fail_next("ReEncrypt", [Fault::AnswerFrom(new.to_string())]);
    anna.run(args).refused(1, &["for another key"]);
    // A new key that does not open what it wrapped is not depended on.
    kms.fail_next("Decrypt", [Fault::AnswerFor(old.to_string()), Fault::OtherKey]);
    anna.run(args).refused(5, &["run the same command again"]);
    assert_eq!(slots(), before);
    // Nor one that lost what it was given on the way: the index key and the first data key are well, and another is not.
    kms.fail_next("ReEncrypt", [Fault::Well, Fault::Well, Fault::OtherCiphertext]);
    anna.run(args).ended(1).says(&["another key", "Try again"]);
    assert_eq!(slots(), before, "what was begun is taken back");
    anna.run(["check"]).ok();

    let id = before[0]["id"].as_str().unwrap();
    anna.run(["rewrap", "--kms", old.as_str(), "--slot", id]).refused(1, &["already"]);
    anna.run(["slot", "add", "--kms", second.as_str()]).ok();
    anna.run(args).refused(2, &["several KMS keys", "--slot"]);
    let said = anna.run(["rewrap", "--kms", new.as_str(), "--slot", &id[..8], "--json"]).ok().json();
    assert_eq!((&said["replaced"], &said["proof"]["data_wraps"]), (&json!(true), &json!(8)));
    anna.run(["rewrap", "--kms", new.as_str(), "--slot", id]).refused(1, &["slot ls"]);
    let keys: Vec<_> = slots().as_array().unwrap().iter().map(|slot| slot["key"].clone()).collect();
    assert!(keys.contains(&json!(new.as_str())) && keys.contains(&json!(second.as_str())) && keys.len() == 2);
    anna.run(["check"]).ok();
}

#[test]
fn keys_that_aws_can_not_move_between_go_through_here_and_it_is_said() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let ((here, old), (there, new)) = (FakeKms::with_key(), FakeKms::with_key());
    add_profile(&anna, "here", &here);
    add_profile(&anna, "there", &there);
    anna.run(["new", "--kms", old.as_str(), "--profile", "here", "--vault", "v.sealkeep"]).ok();
    fill(&anna);
    let args = ["rewrap", "--kms", new.as_str(), "--profile", "there"];
    let planned = anna.run([&args[..], &["--dry-run", "--json"]].concat()).ok().json();
    assert_eq!(planned["by"], "through-here");
    let said = anna.run(args).ok();
    said.says(&["went through this machine", "different places", "none names"]);
    assert_eq!((here.count("ReEncrypt"), there.count("ReEncrypt"), there.count("Encrypt")), (0, 0, 5));
    here.go_away();
    // The profile that opens it is the new key's from now on.
    assert_eq!(anna.run(["show", "GitHub", "--field", "password"]).ok().text(), "hunter2\n");
    anna.run(["check"]).ok();
}

#[test]
fn what_is_damaged_is_named_and_the_old_key_stays_until_it_is_gone() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, old) = FakeKms::with_key();
    let new = kms.make_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", old.as_str(), "--vault", "v.sealkeep"]).ok();
    fill(&anna);
    let database = rusqlite::Connection::open(anna.at("v.sealkeep/vault.db")).unwrap();
    let spoiled = "UPDATE revision_wrap SET edk = CAST(edk || x'00' AS BLOB) WHERE revision_id = (SELECT min(revision_id) FROM revision_wrap)";
    assert_eq!(database.execute(spoiled, ()).unwrap(), 1);
    drop(database);
    let args = ["rewrap", "--kms", new.as_str(), "--json"];
    anna.run(args).ended(5);
    anna.run(["accept", "--yes"]).ok();
    let ended = anna.run(args).ended(5);
    ended.says(&["the old key stays in use", "sealkeep-cli check"]);
    let said = ended.json();
    assert_eq!((&said["moved"], &said["replaced"]), (&json!(3), &json!(false)));
    let item = said["not_moved"][0]["item"].as_str().unwrap().to_owned();
    assert_eq!(said["proof"]["unknown"], 1);
    // The damage was there when it was opened.
    anna.run(["purge", &item, "--yes"]).ended(5);
    let said = anna.run(args).ok().json();
    assert_eq!(
        (&said["replaced"], &said["proof"]["naming_old"], &said["proof"]["unknown"]),
        (&json!(true), &json!(0), &json!(0))
    );
    assert!(!has(&anna, old.as_str()));
    kms.delete_key(&old);
    anna.run(["check"]).ok();
}

#[test]
fn what_is_owed_to_the_old_key_moves_as_well() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, old) = FakeKms::with_key();
    let new = kms.make_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", old.as_str(), "--vault", "v.sealkeep"]).ok();
    fill(&anna);
    let sheet = anna.run(["slot", "add", "--recovery", "--json"]).ok().json();
    anna.write("code", sheet["code"].as_str().unwrap());
    kms.go_away();
    anna.run_with("owed", ["--passphrase-file", "code", "add", "note", "Owed", "--set-stdin", "text"]).ok();
    kms.heal();
    let planned = anna.run(["rewrap", "--kms", new.as_str(), "--dry-run", "--json"]).ok().json();
    assert_eq!((&planned["keys"], &planned["owed"]), (&json!(5), &json!(1)));
    assert_eq!(planned["calls"], json!({ "ReEncrypt": 5, "Encrypt": 1, "Decrypt": 8 }));
    kms.forget_calls();
    let said = anna.run(["rewrap", "--kms", new.as_str(), "--json"]).ok().json();
    assert_eq!((kms.count("ReEncrypt"), kms.count("Encrypt")), (5, 1));
    assert_eq!((&said["moved"], &said["replaced"], &said["proof"]["unknown"]), (&json!(5), &json!(true), &json!(0)));
    kms.delete_key(&old);
    assert_eq!(anna.run(["show", "Owed", "--field", "text"]).ok().text(), "owed\n");
    anna.run(["check"]).ok();
    everything_opens(&anna, "code");
}

#[test]
fn a_retired_key_comes_back_only_where_that_was_said_and_other_keys_are_told_of() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, old) = FakeKms::with_key();
    let (second, new) = (kms.make_key(), kms.make_key());
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", old.as_str(), "--vault", "v.sealkeep"]).ok();
    anna.run_with("first", ["add", "note", "Codes", "--set-stdin", "text"]).ok();
    anna.run(["slot", "add", "--kms", second.as_str()]).ok();
    let slots = || anna.run(["slot", "ls", "--json"]).ok().json().as_array().unwrap().clone();
    let slot = |key: &str| slots().into_iter().find(|slot| slot["key"] == key).unwrap();
    let id = slot(second.as_str())["id"].as_str().unwrap().to_owned();
    anna.run(["slot", "retire", &id]).ok();
    anna.run_with("later", ["add", "note", "Later", "--set-stdin", "text"]).ok();

    // To a third one: what the retired one wraps stays, and is said.
    let said = anna.run(["rewrap", "--kms", new.as_str()]).ok();
    said.says(&["none names", "Another KMS key has 2 wraps in this vault", second.as_str(), "slot ls"]);
    assert_eq!(said.err.matches("Another KMS key").count(), 1, "neither the old nor the new one: {}", said.err);

    // To the retired one: the plan says so, and nothing happens without a yes.
    let args = ["rewrap", "--kms", second.as_str()];
    let planned = anna.run([&args[..], &["--dry-run", "--json"]].concat()).ok().json();
    assert_eq!(
        (&planned["reactivates"], &planned["keys"], &planned["moved_before"]),
        (&json!(true), &json!(1), &json!(1))
    );
    let planned = anna.run([&args[..], &["--dry-run"]].concat()).ok();
    assert!(planned.text().contains("retired: in use again then"), "{}", planned.text());
    kms.forget_calls();
    anna.run(args).refused(2, &["was retired", "--yes"]);
    assert_eq!((kms.count("ReEncrypt"), &slot(second.as_str())["state"]), (0, &json!("unwrap-only")));
    let said = anna.run([&args[..], &["--yes", "--json"]].concat()).ok().json();
    assert_eq!((&said["replaced"], &said["other_keys"]), (&json!(true), &json!([])));
    assert_eq!((slots().len(), &slot(second.as_str())["state"]), (1, &json!("active")));
    kms.delete_key(&new);
    anna.run(["check"]).ok();
    assert_eq!(anna.run(["show", "Later", "--field", "text"]).ok().text(), "later\n");
    let planned = anna.run(["rewrap", "--kms", old.as_str(), "--dry-run", "--json"]).ok().json();
    assert_eq!(planned["reactivates"], json!(false));
}
