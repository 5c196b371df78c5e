//! The vault's ways in on the command line: the day that KMS is gone for good, a second key, another passphrase.

use serde_json::json;

use crate::support::cli::{PASSPHRASE, Person};
use crate::support::fake_kms::FakeKms;
use crate::support::secret_service::SecretService;

pub(super) fn add_profile(person: &Person<'_>, name: &str, kms: &FakeKms) {
    let endpoint = kms.endpoint();
    let id = FakeKms::ACCESS_KEY_ID;
    let args =
        ["profile", "add", name, "--region", FakeKms::REGION, "--endpoint-url", &endpoint, "--access-key-id", id];
    person.run_with(format!("{}\n", FakeKms::SECRET_ACCESS_KEY), args).ok();
}

/// Puts a login, a revised note and a large document into the vault.
pub(super) fn fill(person: &Person<'_>) {
    person.run_with("hunter2", ["add", "login", "GitHub", "--set-stdin", "password"]).ok();
    person.run_with("first", ["add", "note", "Codes", "--set-stdin", "text"]).ok();
    person.run_with("second", ["edit", "Codes", "--set-stdin", "text"]).ok();
    person.write("scan.pdf", vec![3; 700_000]);
    person.run(["put", "scan.pdf"]).ok();
    std::fs::remove_file(person.at("scan.pdf")).unwrap();
}

/// Everything that [`fill`] put there is there, opened with the passphrase or code in `file`.
pub(super) fn everything_opens(person: &Person<'_>, file: &str) {
    let open = |args: &[&str]| person.run([&["--passphrase-file", file], args].concat()).ok();
    assert_eq!(open(&["show", "GitHub", "--field", "password"]).text(), "hunter2\n");
    assert_eq!(open(&["show", "Codes", "--field", "text"]).text(), "second\n");
    assert_eq!(open(&["show", "Codes", "--field", "text", "--revision", "1"]).text(), "first\n");
    assert_eq!(open(&["get", "scan.pdf", "-o", "-"]).out, vec![3; 700_000]);
    open(&["check"]);
}

#[test]
fn the_day_that_kms_is_gone_for_good_the_sheet_brings_everything_back() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    fill(&anna);
    let added = anna.run(["slot", "add", "--recovery"]).ok();
    let sheet = added.text().to_owned();
    added.says(&["Every key of the vault is wrapped for it", "drill"]);
    let code = sheet.lines().map(str::trim).find(|line| line.len() == 44 && line.matches('-').count() == 8).unwrap();
    assert!(sheet.contains('█') && sheet.contains("EMERGENCY SHEET"), "{sheet}");
    anna.run_with("later", ["add", "note", "Later", "--set-stdin", "text"]).ok();

    // Typed from paper: small letters, spaces.
    anna.write("code", code.to_lowercase().replace('-', " "));
    kms.forget_calls();
    let drilled = anna.run(["drill", "--passphrase-file", "code", "--json"]).ok().json();
    assert_eq!((&drilled["opened"], &drilled["owed"], &drilled["failed"]), (&json!(5), &json!([]), &json!([])));
    assert_eq!(kms.actions(), [""; 0], "a drill needs no KMS");

    kms.delete_key(&key);
    anna.run(["show", "GitHub", "--field", "password"]).refused(3, &[key.as_str()]);
    kms.go_away();
    everything_opens(&anna, "code");
    anna.run_with("x", ["--passphrase-file", "code", "edit", "Later", "--set-stdin", "text"]).ok();
    // What is left of the key that is gone can be taken away, and the vault lives on with a passphrase.
    anna.write("new", "another good passphrase\n");
    let add = ["--passphrase-file", "code", "slot", "add", "--passphrase", "--new-passphrase-file", "new", "--json"];
    anna.run(add).ok();
    let slots = anna.run(["--passphrase-file", "new", "slot", "ls", "--json"]).ok().json();
    let slots = slots.as_array().unwrap();
    let of_kms = slots.iter().find(|slot| slot["provider"] == "aws-kms").unwrap();
    assert_eq!(of_kms["owed"], json!(1), "what was saved since: {slots:?}");
    let id = of_kms["id"].as_str().unwrap();
    let rm = ["--passphrase-file", "new", "slot", "rm", &id[..8]];
    anna.run(rm).refused(2, &["--yes"]);
    anna.run([&rm[..], &["--yes"]].concat()).ok();
    everything_opens(&anna, "new");
    everything_opens(&anna, "code");
    anna.write("wrong", code.replace(&code[..1], if code.starts_with('7') { "8" } else { "7" }));
    anna.run(["--passphrase-file", "wrong", "ls"]).refused(3, &["recovery code", "sheet"]);
}

#[test]
fn a_second_kms_key_is_wrapped_for_and_what_it_misses_is_made_good() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let ((first, one), (second, two)) = (FakeKms::with_key(), FakeKms::with_key());
    add_profile(&anna, "first", &first);
    add_profile(&anna, "second", &second);
    anna.run(["new", "--kms", one.as_str(), "--profile", "first", "--vault", "v.sealkeep"]).ok();
    fill(&anna);
    anna.run(["slot", "add", "--kms", one.as_str(), "--profile", "first"]).refused(1, &["already"]);
    second.forget_calls();
    anna.run(["slot", "add", "--kms", two.as_str(), "--profile", "second"]).ok();
    assert_eq!(second.count("Encrypt"), 5, "the index key, and one for each revision");
    anna.run_with("x", ["add", "note", "For both", "--set-stdin", "text"]).ok();
    assert_eq!(second.count("Encrypt"), 6, "its profile is remembered: what is saved is wrapped for both");
    assert_eq!(second.count("GenerateDataKey"), 0, "the key that opened the vault makes the data keys");

    second.go_away();
    anna.run_with("x", ["add", "note", "Meanwhile", "--set-stdin", "text"]).ok();
    let listed = anna.run(["slot", "ls"]).ok();
    assert!(listed.text().contains("(1 key owed)"), "{}", listed.text());
    second.heal();
    let repaired = anna.run(["slot", "repair", "--json"]).ok().json();
    assert_eq!(repaired, json!({ "wrapped": 1, "owed": 0, "passed_over": { "revisions": 0, "pages": 0 } }));

    first.go_away();
    assert_eq!(anna.run(["show", "Meanwhile", "--field", "text", "--profile", "second"]).ok().text(), "x\n");
    anna.run(["check", "--profile", "second"]).ok();

    first.heal();
    let slots = anna.run(["slot", "ls", "--json"]).ok().json();
    let second = slots.as_array().unwrap().iter().find(|slot| slot["key"] == two.as_str()).unwrap();
    let id = second["id"].as_str().unwrap();
    let settings = || String::from_utf8(anna.read("../home/config/settings.json")).unwrap();
    assert!(settings().contains(id));
    anna.run(["slot", "rm", id, "--yes"]).ok();
    assert!(!settings().contains(id), "what was remembered of it went with it");
}

#[test]
fn another_passphrase_opens_the_vault_and_the_old_one_no_longer() {
    let person = Person::with_vault();
    person.open_with("hunter2", ["add", "login", "GitHub", "--set-stdin", "password"]).ok();
    person.write("new", "another good passphrase\n");
    person.open(["passphrase", "--new-passphrase-file", "new"]).ok();
    person.open(["ls"]).refused(3, &["rong passphrase"]);
    let shown = person.run(["--passphrase-file", "new", "show", "GitHub", "--field", "password"]).ok();
    assert_eq!(shown.text(), "hunter2\n");
    person.open(["passphrase", "--new-passphrase-file", "new"]).refused(3, &["rong passphrase"]);
    let both = ["--passphrase-file", "-", "passphrase", "--new-passphrase-file", "-"];
    person.run_with(PASSPHRASE, both).refused(2, &["tandard input"]);
}

#[test]
fn what_is_damaged_is_passed_over_and_said_and_ends_with_5() {
    let person = Person::with_vault();
    person.open_with("hunter2", ["add", "login", "GitHub", "--set-stdin", "password"]).ok();
    person.open_with("one", ["add", "note", "Codes", "--set-stdin", "text"]).ok();
    let database = rusqlite::Connection::open(person.at("v.sealkeep/vault.db")).unwrap();
    let spoiled = "UPDATE revision_wrap SET edk = CAST(edk || x'00' AS BLOB) WHERE revision_id = (SELECT min(revision_id) FROM revision_wrap)";
    assert_eq!(database.execute(spoiled, ()).unwrap(), 1);
    drop(database);
    person.open(["accept", "--yes"]).ok();
    let added = person.open(["slot", "add", "--recovery", "--json"]).ended(5);
    added.says(&["1 revision was passed over", "sealkeep-cli check"]);
    let document = added.json();
    assert_eq!((&document["wrapped"], &document["passed_over"]), (&json!(1), &json!({ "revisions": 1, "pages": 0 })));
    assert_eq!(document["code"].as_str().unwrap().len(), 44);
    let repaired = person.open(["slot", "repair"]).ended(5);
    repaired.says(&["Wrapped 0 keys. Nothing else can be wrapped.", "1 revision was passed over"]);
    person.open(["check"]).ended(5).says(&["sealkeep-cli salvage DIR"]);
}

#[test]
fn a_check_with_a_retired_slot_says_what_it_could_not_look_at() {
    let person = Person::with_vault();
    person.open_with("one", ["add", "note", "Before", "--set-stdin", "text"]).ok();
    let added = person.open(["slot", "add", "--recovery", "--json"]).ok().json();
    person.write("code", added["code"].as_str().unwrap());
    person.open(["slot", "retire", added["id"].as_str().unwrap()]).ok();
    person.run(["--passphrase-file", "code", "check"]).ok();
    person.open_with("two", ["add", "note", "Since", "--set-stdin", "text"]).ok();
    let said = person.run(["--passphrase-file", "code", "check", "--json"]).ended(1);
    said.says(&["1 revision was saved after the slot", "sealkeep-cli slot ls"]);
    let report = said.json();
    assert_eq!((&report["unopened"], &report["revisions"], &report["problems"]), (&json!(1), &json!(2), &json!([])));
    person.open(["check"]).ok();
    person.run(["--passphrase-file", "code", "show", "Since"]).refused(3, &["retired"]);
}

#[test]
fn a_sheet_that_nobody_got_is_no_way_in() {
    let person = Person::with_vault();
    let full = std::fs::File::create("/dev/full").unwrap();
    let mut command = person.command(["--passphrase-file", "pw", "slot", "add", "--recovery"]);
    let ended = command.stdout(full).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("taken away again"), "{said}");
    let slots = person.open(["slot", "ls", "--json"]).ok().json();
    assert_eq!(slots.as_array().unwrap().len(), 1);
}

#[test]
fn what_can_not_be_is_said() {
    let person = Person::with_vault();
    let slots = person.open(["slot", "ls", "--json"]).ok().json();
    let id = slots[0]["id"].as_str().unwrap().to_owned();
    person.open(["slot", "rm", &id, "--yes"]).refused(1, &["last one", "slot add"]);
    person.open(["slot", "retire", &id]).refused(1, &["last one", "slot add"]);
    person.open(["slot", "rm", "0000", "--yes"]).refused(1, &["0000", "slot ls"]);
    person.open(["slot", "rm", &id[..3], "--yes"]).refused(1, &["slot ls"]);
    person.open(["slot", "add"]).ended(2);
    person.open(["slot", "add", "--recovery", "--new-passphrase-file", "pw"]).refused(2, &["--passphrase"]);
    person.open(["slot", "add", "--passphrase"]).refused(2, &["--new-passphrase-file"]);
    let repaired = person.open(["slot", "repair", "--json"]).ok().json();
    assert_eq!(repaired, json!({ "wrapped": 0, "owed": 0, "passed_over": { "revisions": 0, "pages": 0 } }));
}
