//! New keys for what a vault has: all, what is old, or a choice; and what was begun goes on.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::slots::{add_profile, everything_opens, fill};
use crate::support::cli::{Person, Said};
use crate::support::fake_kms::{FakeKms, Fault};
use crate::support::later;
use crate::support::secret_service::SecretService;

/// A person with a vault on a passphrase, in the file `pw`, and everything of [`fill`] in it.
fn with_vault() -> Person<'static> {
    let anna = Person::with_vault();
    anna.open_with("hunter2", ["add", "login", "GitHub", "--set-stdin", "password"]).ok();
    anna.open_with("first", ["add", "note", "Codes", "--set-stdin", "text"]).ok();
    anna.open_with("second", ["edit", "Codes", "--set-stdin", "text"]).ok();
    anna.write("scan.pdf", vec![3; 700_000]);
    anna.open(["put", "scan.pdf"]).ok();
    std::fs::remove_file(anna.at("scan.pdf")).unwrap();
    anna
}

fn done(revisions: u64, bytes: &Value, list_key: bool) -> Value {
    json!({
        "revisions": revisions,
        "bytes": bytes,
        "list_key": list_key,
        "list_kept": null,
        "not_rekeyed": [],
        "pages": 0,
        "removed_slots": [],
    })
}

#[test]
fn everything_gets_new_keys_and_every_way_in_opens_it_as_before() {
    let anna = with_vault();
    anna.write("recovery", "a recovery passphrase\n");
    anna.open(["slot", "add", "--passphrase", "--new-passphrase-file", "recovery"]).ok();
    let sheet = anna.open(["slot", "add", "--recovery", "--json"]).ok().json();
    anna.write("code", format!("{}\n", sheet["code"].as_str().unwrap()));
    anna.write("both", [anna.read("code"), anna.read("recovery")].concat());

    let planned = anna.open(["rekey", "--dry-run", "--json"]).ok().json();
    assert_eq!(
        (&planned["revisions"], &planned["list_key"], &planned["begun"]),
        (&json!(4), &json!(true), &Value::Null)
    );
    assert_eq!((planned["needs"].as_array().unwrap().len(), &planned["calls"]), (2, &json!({})));
    anna.open(["rekey", "--dry-run"]).ok().says(&["Nothing was changed"]);
    // Nothing is begun before everything that it takes is there.
    anna.open(["rekey", "--yes"]).refused(2, &["every way into the vault", "--recovery-file", "slot rm"]);
    anna.open(["rekey", "--yes", "--recovery-file", "code"]).refused(2, &["fewer lines"]);
    anna.write("wrong", "not it\nnor this\n");
    anna.open(["rekey", "--yes", "--recovery-file", "wrong"]).refused(3, &["Wrong passphrase"]);
    anna.open(["rekey", "--recovery-file", "both"]).refused(2, &["--yes"]);
    assert_eq!(anna.open(["rekey", "--dry-run", "--json"]).ok().json(), planned);

    let said = anna.open(["rekey", "--yes", "--recovery-file", "both", "--json"]).ok().json();
    assert_eq!(said, done(4, &planned["bytes"], true));
    for file in ["pw", "recovery", "code"] {
        everything_opens(&anna, file);
        let drilled = anna.run(["drill", "--passphrase-file", file, "--json"]).ok().json();
        assert_eq!((&drilled["opened"], &drilled["owed"], &drilled["failed"]), (&json!(4), &json!([]), &json!([])));
    }
    // And again, as something that was not begun before.
    anna.open(["rekey", "--yes", "--recovery-file", "both"]).ok().says(&["New keys for 4 revisions", "backups"]);
    everything_opens(&anna, "code");
}

#[test]
fn a_choice_and_what_is_old_and_nothing_else() {
    let anna = with_vault();
    let planned = |args: &[&str]| anna.open([&["rekey", "--dry-run", "--json"], args].concat()).ok().json();
    assert_eq!((&planned(&["Codes"])["revisions"], &planned(&["Codes"])["list_key"]), (&json!(2), &json!(false)));
    anna.open(["rekey", "Nothing", "--yes"]).refused(4, &["Nothing"]);
    anna.open(["rekey", "Codes", "--yes"]).ok().says(&["New keys for 2 revisions"]);
    everything_opens(&anna, "pw");
    anna.open(["rekey", "--older-than", "0", "--yes"]).ok().says(&["No key is that old"]);

    // Forty days later.
    let folder = tempfile::tempdir().unwrap();
    let clock = later::program(folder.path());
    let clock: Vec<&str> = clock.iter().map(String::as_str).collect();
    let later = |args: &[&str]| {
        let all = [&["--yes", "--json", "--passphrase-file", "pw", "rekey"], args].concat();
        Said::of(&mut anna.through(&clock, all)).ok().json()
    };
    assert_eq!(later(&["--older-than", "41"])["revisions"], 0);
    assert_eq!(
        (&later(&["Codes", "--older-than", "39"])["revisions"], &later(&["Codes"])["revisions"]),
        (&json!(2), &json!(2))
    );
    let rest = later(&["--older-than", "39"]);
    assert_eq!((&rest["revisions"], &rest["list_key"]), (&json!(2), &json!(true)));
    assert_eq!(later(&["--older-than", "39"])["revisions"], 0);
    everything_opens(&anna, "pw");
}

#[test]
fn killed_at_any_moment_everything_opens_and_the_same_command_goes_on_with_the_rest() {
    const NOTES: u64 = 200;
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    let line = |number| json!({ "kind": "note", "title": format!("Note {number}"), "fields": { "text": "x" } });
    let lines: String = (0..NOTES).map(|number| format!("{}\n", line(number))).collect();
    anna.run_with(lines, ["add", "--jsonl", "-"]).ok();

    let planned = || anna.run(["rekey", "--dry-run", "--json"]).ok().json();
    let calls = json!({ "GenerateDataKey": NOTES + 1, "Decrypt": 2 * NOTES + 1 });
    assert_eq!((&planned()["revisions"], &planned()["calls"]), (&json!(NOTES), &calls));
    let mut left = NOTES;
    // The first batch, the second one, and the list's key.
    for (made, signal, at_most) in [(5, "-KILL", NOTES), (70, "-KILL", NOTES - 64), (10, "-INT", NOTES - 64)] {
        kms.forget_calls();
        kms.set_delay(Duration::from_millis(5));
        let mut command = anna.interruptible(["rekey", "--yes"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        kms.await_calls("GenerateDataKey", made);
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let ended = Said::from_output(&command, child.wait_with_output().unwrap());
        if signal == "-INT" {
            ended.says(&["run the same command again"]);
        }
        assert!(!ended.is_done(), "{ended:?}");
        kms.set_delay(Duration::ZERO);
        anna.run(["check"]).ok();
        let now = planned();
        let (before, begun) = (left, &now["begun"]);
        left = now["revisions"].as_u64().unwrap();
        assert!(left <= at_most.min(before) && begun.is_string(), "{left} after {made} calls: {now}");
    }
    anna.run_with("x", ["add", "note", "Meanwhile", "--set-stdin", "text"]).ok();
    kms.forget_calls();
    let said = anna.run(["rekey", "--yes", "--json"]).ok().json();
    assert_eq!((&said["revisions"], &said["list_key"]), (&json!(left), &json!(true)), "what is new has a new key");
    assert_eq!(kms.count("GenerateDataKey") as u64, left + 1);
    anna.run(["check"]).ok();
    assert_eq!((&planned()["revisions"], &planned()["begun"]), (&json!(NOTES + 1), &Value::Null), "it is done");
}

#[test]
fn sixteen_calls_are_on_their_way() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    let lines: String = (0..40).map(|number| format!("{{\"kind\":\"note\",\"title\":\"N{number}\"}}\n")).collect();
    anna.run_with(lines, ["add", "--jsonl", "-"]).ok();
    kms.set_delay(Duration::from_millis(20));
    kms.take_high_water();
    anna.run(["rekey", "--yes"]).ok();
    let (most, _) = kms.take_high_water();
    assert!(most >= 16, "{most}");
}

#[test]
fn what_kms_refuses_stops_it_and_a_key_that_lies_replaces_nothing() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    fill(&anna);
    let rows = || anna.run(["rekey", "--dry-run", "--json"]).ok().json()["revisions"].clone();
    kms.deny(FakeKms::ACCESS_KEY_ID, "GenerateDataKey");
    anna.run(["rekey", "--yes"]).refused(3, &["kms:GenerateDataKey", key.as_str(), "run the same command again"]);
    kms.allow(FakeKms::ACCESS_KEY_ID, "GenerateDataKey");
    assert_eq!(rows(), 4);
    // The vault is opened; then what was just wrapped opens as another key.
    kms.fail_next("GenerateDataKey", [Fault::OtherKey]);
    anna.run(["rekey", "--yes"]).ended(1).says(&["another key"]);
    kms.heal();
    anna.run(["check"]).ok();
    anna.run(["rekey", "--yes"]).ok();
    assert_eq!(anna.run(["show", "Codes", "--field", "text", "--revision", "1"]).ok().text(), "first\n");
    assert_eq!(anna.run(["get", "scan.pdf", "-o", "-"]).ok().out, vec![3; 700_000]);
    anna.run(["check"]).ok();
}

#[test]
fn a_second_kms_key_wraps_what_is_new_and_opens_it_alone() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    let second = kms.make_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    fill(&anna);
    anna.run(["slot", "add", "--kms", second.as_str()]).ok();
    let planned = anna.run(["rekey", "--dry-run", "--json"]).ok().json();
    assert_eq!(planned["calls"], json!({ "GenerateDataKey": 5, "Encrypt": 5, "Decrypt": 14 }));
    kms.forget_calls();
    anna.run(["rekey", "--yes"]).ok();
    let counts = ["GenerateDataKey", "Encrypt", "Decrypt"].map(|action| kms.count(action));
    assert_eq!(counts, [5, 5, 15], "as planned, and the unlock");
    kms.delete_key(&key);
    // The second one opens all of it, alone.
    assert_eq!(anna.run(["show", "Codes", "--field", "text", "--revision", "1"]).ok().text(), "first\n");
    anna.run(["check"]).ok();
}

#[test]
fn what_is_damaged_is_named_and_keeps_its_key_while_the_others_get_theirs() {
    let anna = with_vault();
    let database = rusqlite::Connection::open(anna.at("v.sealkeep/vault.db")).unwrap();
    let sql = "UPDATE revision SET frames = zeroblob(length(frames)) WHERE number = 2";
    assert_eq!(database.execute(sql, []).unwrap(), 1);
    drop(database);
    anna.open(["rekey", "--yes"]).refused(5, &["sealkeep-cli accept"]);
    anna.open(["accept", "--yes"]).ok();
    let ended = anna.open(["rekey", "--yes"]).ended(5);
    ended.says(&["New keys for 2 revisions", "and a new key for the list", "2 revisions kept the old keys", "check"]);
    assert!(ended.text().contains("Codes: revision 2 keeps its key"), "{}", ended.text());
    // What is damaged is said each time.
    let first = anna.open(["show", "Codes", "--field", "text", "--revision", "1"]).ended(5);
    assert_eq!(first.text(), "first\n");
    assert_eq!(anna.open(["show", "GitHub", "--field", "password"]).ended(5).text(), "hunter2\n");
}

#[test]
fn a_list_that_kept_its_key_is_meant_again_with_everything() {
    let anna = with_vault();
    anna.write("recovery", "a recovery passphrase\n");
    let added = anna.open(["slot", "add", "--passphrase", "--new-passphrase-file", "recovery", "--json"]).ok().json();
    let retired = added["id"].as_str().unwrap();
    anna.open(["slot", "retire", retired]).ok();
    let damaged = anna.open(["show", "GitHub", "--json"]).ok().json()["id"].as_str().unwrap().replace('-', "");
    let database = rusqlite::Connection::open(anna.at("v.sealkeep/vault.db")).unwrap();
    let sql = "UPDATE revision SET frames = zeroblob(length(frames)) WHERE lower(hex(item_id)) = ?1";
    assert_eq!(database.execute(sql, [damaged]).unwrap(), 1);
    drop(database);
    anna.open(["accept", "--yes"]).ok();

    let planned = || anna.open(["rekey", "--dry-run", "--json"]).ended(5).json();
    let meant = |planned: &Value| (planned["revisions"].as_u64().unwrap(), planned["begun"].is_string());
    assert_eq!((meant(&planned()), planned()["damaged"].as_array().unwrap().len()), ((3, false), 1));
    anna.open(["rekey", "--yes"]).ended(5).says(&["New keys for 3 revisions", "The list kept its key", retired]);
    // Days may pass before somebody mends it, and who had the keys that were made now?
    assert_eq!((meant(&planned()), &planned()["list_key"]), ((3, false), &json!(true)));
    anna.open(["slot", "rm", retired, "--yes"]).ended(5);
    anna.open(["purge", "GitHub", "--yes"]).ended(5);
    let said = anna.open(["rekey", "--yes", "--json"]).ok().json();
    assert_eq!((&said["revisions"], &said["list_key"], &said["list_kept"]), (&json!(3), &json!(true), &Value::Null));
}

#[test]
fn what_was_begun_is_meant_anew_where_another_way_in_came_meanwhile_and_went() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    fill(&anna);
    let planned = || anna.run(["rekey", "--dry-run", "--json"]).ok().json();
    // It stops at the list's key, when every revision has its own.
    kms.fail_next("GenerateDataKey", [Fault::Well, Fault::Well, Fault::Well, Fault::Well, Fault::Hang]);
    let child = anna.interruptible(["rekey", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = child.unwrap();
    kms.await_calls("GenerateDataKey", 5 + 5);
    child.kill().unwrap();
    child.wait().unwrap();
    kms.release();
    kms.heal();
    assert_eq!((&planned()["revisions"], planned()["begun"].is_string()), (&json!(0), true));
    assert_eq!((&anew(&anna)["revisions"], &anew(&anna)["begun"]), (&json!(4), &Value::Null));
    assert!(planned()["begun"].is_string(), "nothing is forgotten by a look");
    anna.write("recovery", "a recovery passphrase\n");
    let added = anna.run(["slot", "add", "--passphrase", "--new-passphrase-file", "recovery", "--json"]).ok().json();
    anna.run(["slot", "rm", added["id"].as_str().unwrap(), "--yes"]).ok();
    assert_eq!((&planned()["revisions"], &planned()["begun"]), (&json!(4), &Value::Null));
}

fn anew(anna: &Person<'_>) -> Value {
    anna.run(["rekey", "--anew", "--dry-run", "--json"]).ok().json()
}
