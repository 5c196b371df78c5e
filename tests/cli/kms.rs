//! Vaults and files on AWS KMS, with credentials in a real keyring.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::terminal::Terminal;
use crate::support::cli::{Person, Said};
use crate::support::fake_kms::{FakeKms, Fault};
use crate::support::moto::Moto;
use crate::support::secret_service::SecretService;
use crate::support::tools::tool;

/// Adds the profile `name` for whoever `id` and `secret` are at `endpoint`.
fn add_profile(person: &Person<'_>, name: &str, endpoint: &str, id: &str, secret: &str) -> Said {
    let args = ["profile", "add", name, "--region", FakeKms::REGION, "--endpoint-url", endpoint, "--access-key-id", id];
    person.run_with(format!("{secret}\n"), args)
}

fn admin(person: &Person<'_>, name: &str, kms: &FakeKms) {
    add_profile(person, name, &kms.endpoint(), FakeKms::ACCESS_KEY_ID, FakeKms::SECRET_ACCESS_KEY).ok();
}

fn copy_vault(from: &Person<'_>, to: &Person<'_>) {
    let copied = Command::new("cp").arg("-a").arg(from.at("v.sealkeep")).arg(to.at("")).status().unwrap();
    assert!(copied.success());
}

/// A key that moto makes, as anybody who can reach it would.
fn moto_key() -> String {
    let script = "import boto3; print(boto3.client('kms').create_key()['KeyMetadata']['Arn'])";
    let mut command = Command::new(tool("moto/bin/python"));
    let output = Moto::shared().point(command.args(["-c", script])).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_story_of_two_people_and_one_key() {
    let (annas, bobs) = (SecretService::start(), SecretService::start());
    let (anna, bob) = (Person::with_keyring(&annas), Person::with_keyring(&bobs));
    let (arn, endpoint) = (moto_key(), Moto::shared().endpoint());
    add_profile(&anna, "work", endpoint, "AKIAANNA", "annas/secret").ok();
    let tested = anna.run(["profile", "test", "work", "--key", &arn, "--json"]).ok().json();
    assert_eq!((&tested["key"], &tested["state"]), (&json!(arn), &json!("Enabled")));
    assert_eq!(
        anna.run(["profile", "ls", "--json"]).ok().json(),
        json!([{ "name": "work", "region": "eu-central-1", "kind": "static", "protected": false }])
    );

    anna.run(["new", "--kms", &arn, "--vault", "v.sealkeep"]).ok();
    anna.run_with("hunter2", ["add", "login", "GitHub", "--set", "username=anna", "--set-stdin", "password"]).ok();
    anna.write("scan.pdf", vec![3; 700_000]);
    anna.run(["put", "scan.pdf"]).ok();
    assert_eq!(anna.run(["show", "GitHub", "--field", "password"]).ok().text(), "hunter2\n");
    let status = anna.run(["status", "--json"]).ok().json();
    assert_eq!((&status["slots"][0]["key"], &status["profile"]), (&json!(arn), &json!("work")));

    // A colleague, another machine, another profile, a copy of the vault.
    copy_vault(&anna, &bob);
    bob.run(["ls", "--vault", "v.sealkeep"]).refused(3, &["never opened on this machine", &format!("--key {arn}")]);
    add_profile(&bob, "team", endpoint, "AKIABOB", "bobs/secret").ok();
    bob.run(["ls", "--vault", "v.sealkeep"]).refused(3, &[&arn]);
    bob.run(["ls", "--vault", "v.sealkeep", "--key", &arn]).ok();
    // Once is enough, and the profile is remembered, though there are others by now.
    add_profile(&bob, "other", endpoint, "AKIABOB2", "secret").ok();
    assert_eq!(bob.run(["show", "GitHub", "--field", "password"]).ok().text(), "hunter2\n");
    bob.run(["get", "scan.pdf"]).ok();
    assert_eq!(bob.read("scan.pdf"), vec![3; 700_000]);
    bob.run_with("better", ["edit", "GitHub", "--set-stdin", "password"]).ok();
    assert_eq!(bob.run(["show", "GitHub", "--field", "password"]).ok().text(), "better\n");
    bob.run(["check"]).ok();

    bob.run(["profile", "rm", "team"]).ok();
    bob.run(["ls"]).ok();
    bob.run(["profile", "rm", "other"]).ok();
    bob.run(["ls"]).refused(2, &["which AWS profile", "--profile NAME"]);
    bob.run(["ls", "--profile", "team"]).refused(1, &["no AWS profile “team”", "profile ls"]);
}

#[test]
fn a_sealed_file_opens_for_whoever_may_use_the_key_and_with_the_official_tool() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (arn, endpoint) = (moto_key(), Moto::shared().endpoint());
    add_profile(&anna, "work", endpoint, "AKIAANNA", "annas/secret").ok();
    anna.write("plan.txt", "the plan");
    anna.run(["encrypt", "plan.txt", "--kms", &arn]).ok();
    // Sealing for a key does not make it one to trust.
    anna.run(["decrypt", "plan.txt.sealed", "-o", "out"]).refused(3, &["not trusted here", &format!("--key {arn}")]);
    anna.run(["decrypt", "plan.txt.sealed", "-o", "out", "--key", &arn]).ok();
    assert_eq!(anna.read("out"), b"the plan");
    // The key of a vault that was opened here needs no naming.
    anna.run(["new", "--kms", &arn, "--vault", "v.sealkeep"]).ok();
    anna.run(["decrypt", "plan.txt.sealed", "-o", "again"]).ok();
    // For both: either opens it.
    let both = ["encrypt", "plan.txt", "-o", "both.sealed", "--kms", &arn, "--passphrase", "--passphrase-file", "pw"];
    anna.run(both).ok();
    assert_eq!(anna.run(["decrypt", "both.sealed", "-o", "-"]).ok().out, b"the plan");
    let nobody = Person::new();
    std::fs::copy(anna.at("both.sealed"), nobody.at("both.sealed")).unwrap();
    assert_eq!(nobody.open(["decrypt", "both.sealed", "-o", "-"]).ok().out, b"the plan");

    // What leaves a vault sealed is such a file, too.
    anna.run(["put", "plan.txt"]).ok();
    anna.run(["get", "plan.txt", "--sealed", "--kms", &arn, "-o", "out.sealed"]).ok();
    for sealed in ["plan.txt.sealed", "out.sealed"] {
        let mut official = Command::new(tool("esdk/bin/aws-encryption-cli"));
        official.args(["--decrypt-unsigned", "-S", "-i"]).arg(anna.at(sealed));
        official.arg("-o").arg(anna.at(format!("official-{sealed}"))).args(["--wrapping-keys", &format!("key={arn}")]);
        let done = Moto::shared().point(&mut official).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(anna.read(format!("official-{sealed}")), b"the plan");
    }
}

#[test]
fn what_the_official_tool_seals_by_default_opens_and_reaches_a_pipe_only_when_verified() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (arn, endpoint) = (moto_key(), Moto::shared().endpoint());
    add_profile(&anna, "work", endpoint, "AKIAANNA", "annas/secret").ok();
    anna.run(["new", "--kms", &arn, "--vault", "v.sealkeep"]).ok();
    let plan: Vec<u8> = (0..700_000_u32).map(|at| (at * 7 + at / 251) as u8).collect();
    anna.write("plan.pdf", &plan);
    for (name, how) in [("signed", &[][..]), ("one-block", &["--frame-length", "0"])] {
        let mut official = Command::new(tool("esdk/bin/aws-encryption-cli"));
        official.args(["-e", "-S", "-i"]).arg(anna.at("plan.pdf")).arg("-o").arg(anna.at(format!("{name}.sealed")));
        official.args(how).args(["--wrapping-keys", &format!("key={arn}")]);
        let done = Moto::shared().point(&mut official).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));

        let sealed = format!("{name}.sealed");
        anna.run(["decrypt", &sealed]).ok();
        assert!(anna.read(name) == plan);
        assert!(anna.run(["decrypt", &sealed, "-o", "-"]).ok().out == plan);
        assert!(anna.run_with(anna.read(&sealed), ["decrypt", "-"]).ok().out == plan);
        // The last byte is the signature's: by then, all of the content was opened.
        let mut changed = anna.read(&sealed);
        *changed.last_mut().unwrap() ^= 1;
        anna.write("changed.sealed", &changed);
        anna.run(["decrypt", "changed.sealed"]).refused(5, &["changed or cut short", "another copy"]);
        let said = anna.run(["decrypt", "changed.sealed", "-o", "-"]).refused(5, &["changed or cut short"]);
        assert!(said.out.is_empty() && !anna.at("changed").exists());
        // What waits to be verified has nowhere to wait.
        let mut nowhere = anna.command(["decrypt", &sealed, "-o", "-"]);
        let said = Said::of(nowhere.env("TMPDIR", anna.at("missing"))).refused(1, &["missing", "TMPDIR", "-o FILE"]);
        assert!(said.out.is_empty());
        // To a file it needs no such place.
        let mut file = anna.command(["decrypt", &sealed, "-o", &format!("{name}.again")]);
        Said::of(file.env("TMPDIR", anna.at("missing"))).ok();
    }
}

#[test]
fn calls_are_as_few_as_can_be() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    admin(&anna, "work", &kms);
    let calls = |args: &[&str]| {
        kms.forget_calls();
        anna.run(args).ok();
        kms.actions()
    };
    assert_eq!(
        calls(&["--quiet", "new", "--kms", key.as_str(), "--vault", "v.sealkeep"]),
        ["GenerateDataKey", "Decrypt"]
    );
    // To say who it is, before anything depends on the key, costs a call to STS, and none to KMS.
    let told = ["GetCallerIdentity", "GenerateDataKey", "Decrypt"];
    assert_eq!(calls(&["new", "--kms", key.as_str(), "--vault", "w.sealkeep"]), told);
    assert_eq!(
        calls(&["add", "note", "N", "--set", "text=t", "--vault", "v.sealkeep"]),
        ["Decrypt", "GenerateDataKey"]
    );
    assert_eq!(calls(&["ls", "n"]), ["Decrypt"]);
    assert_eq!(calls(&["show", "N"]), ["Decrypt", "Decrypt"]);
    assert_eq!(calls(&["edit", "N", "--title", "M"]), ["Decrypt"]);
    assert_eq!(calls(&["status"]), [""; 0]);
    assert_eq!(calls(&["check", "--quick"]), ["Decrypt"]);
}

#[test]
fn nothing_depends_on_a_key_that_was_not_seen_to_open_what_it_wrapped() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    admin(&anna, "work", &kms);
    let new = || anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]);
    anna.open(["new", "--passphrase", "--vault", "w.sealkeep"]).ok();
    let add = || anna.open(["slot", "add", "--kms", key.as_str(), "--vault", "w.sealkeep"]);

    kms.deny(FakeKms::ACCESS_KEY_ID, "Decrypt");
    new().refused(3, &["kms:Decrypt", key.as_str()]);
    add().refused(3, &["kms:Decrypt", key.as_str()]);
    kms.allow(FakeKms::ACCESS_KEY_ID, "Decrypt");
    let refused = |ended: &Said, said: &str| {
        assert!(!ended.is_done(), "{ended:?}");
        ended.says(&[said]);
    };
    for (fault, said) in [(Fault::OtherKey, "another key"), (Fault::OtherCiphertext, "another key")] {
        let lies = if matches!(fault, Fault::OtherKey) { ["Decrypt"; 2] } else { ["GenerateDataKey", "Encrypt"] };
        kms.fail_next(lies[0], [fault.clone()]);
        refused(&new(), said);
        kms.fail_next(lies[1], [fault]);
        refused(&add(), said);
        kms.heal();
    }
    assert_eq!(anna.files(), ["w.sealkeep"]);
    let slots = anna.open(["slot", "ls", "--vault", "w.sealkeep", "--json"]).ok().json();
    assert_eq!(slots.as_array().unwrap().len(), 1, "{slots}");
    new().ok();
    add().ok();
}

#[test]
fn the_keys_of_many_files_are_on_their_way_at_once() {
    const FILES: usize = 40;
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    admin(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    let names: Vec<String> = (0..FILES).map(|number| format!("{number}.txt")).collect();
    names.iter().for_each(|name| anna.write(name, name));
    kms.set_delay(Duration::from_millis(20));
    kms.take_high_water();
    kms.forget_calls();
    let put = [&["put", "gone.txt"].map(str::to_owned)[..], &names].concat();
    let ended = anna.run(put);
    assert!(!ended.is_done());
    ended.says(&["gone.txt"]);
    let (most, throttled) = kms.take_high_water();
    assert!(most >= 16 && throttled == 0, "{most}, {throttled}");
    assert_eq!(kms.count("GenerateDataKey"), FILES, "one for each, and none for what is not there");
    kms.set_delay(Duration::ZERO);
    for name in &names {
        assert_eq!(anna.run(["get", name, "-o", "-"]).ok().text(), *name);
    }
    anna.run(["check"]).ok();
}

#[test]
fn sixteen_calls_and_more_are_on_their_way_while_many_items_are_added() {
    const ITEMS: usize = 200;
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    admin(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    let line = |number| json!({ "kind": "note", "title": format!("Note {number}"), "fields": { "text": "x" } });
    let lines: String = (0..ITEMS).map(|number| format!("{}\n", line(number))).collect();
    kms.set_delay(Duration::from_millis(20));
    kms.forget_calls();
    kms.take_high_water();
    let added = anna.run_with(lines, ["add", "--jsonl", "-", "--json"]).ok().json();
    let (most, throttled) = kms.take_high_water();
    assert!(most >= 16 && throttled == 0, "{most}, {throttled}");
    assert_eq!((added.as_array().unwrap().len(), kms.count("GenerateDataKey")), (ITEMS, ITEMS), "one call each");
    kms.heal();
    assert_eq!(anna.run(["ls", "--json"]).ok().json().as_array().unwrap().len(), ITEMS);
}

#[test]
fn a_foreign_key_is_refused_before_any_call() {
    let keyring = SecretService::start();
    let (anna, mallory) = (Person::with_keyring(&keyring), Person::with_keyring(&keyring));
    let (kms, key) = FakeKms::with_key();
    let other = kms.make_key();
    admin(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    admin(&mallory, "theirs", &kms);
    mallory.write("f", "f");
    mallory.run(["encrypt", "f", "--kms", other.as_str(), "--profile", "theirs"]).ok();
    mallory.run(["new", "--kms", other.as_str(), "--vault", "v.sealkeep", "--profile", "theirs"]).ok();
    std::fs::copy(mallory.at("f.sealed"), anna.at("f.sealed")).unwrap();
    kms.forget_calls();

    let connections = kms.connections();
    anna.run(["decrypt", "f.sealed"]).refused(3, &[other.as_str(), "AWS was not asked", "--key"]);
    anna.run(["decrypt", "f.sealed", "--key", key.as_str()]).refused(3, &[other.as_str()]);
    // Another vault where theirs was, whose key they never saw.
    std::fs::remove_dir_all(anna.at("v.sealkeep")).unwrap();
    copy_vault(&mallory, &anna);
    anna.run(["ls"]).refused(3, &["Another vault", other.as_str(), "Nothing was asked of AWS"]);
    anna.run(["ls", "--key", key.as_str()]).refused(3, &[other.as_str()]);
    // A first use that names another key than the vault's.
    std::fs::rename(anna.at("v.sealkeep"), anna.at("w.sealkeep")).unwrap();
    anna.run(["ls", "--vault", "w.sealkeep", "--key", key.as_str()]).refused(3, &["never opened", other.as_str()]);
    assert_eq!((kms.calls().len(), kms.connections()), (0, connections));
    assert_eq!(anna.files(), ["f.sealed", "w.sealkeep"]);
}

#[test]
fn what_aws_says_is_told_with_whose_turn_it_is() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    admin(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    anna.run(["add", "note", "N"]).ok();
    kms.deny(FakeKms::ACCESS_KEY_ID, "Decrypt");
    anna.run(["ls"]).refused(3, &["may not use the key", "kms:Decrypt", "Ask whoever runs the account"]);
    kms.allow(FakeKms::ACCESS_KEY_ID, "Decrypt");
    kms.set_key_state(&key, "Disabled");
    anna.run(["ls"]).refused(3, &["is disabled", "Your data is safe"]);
    kms.set_key_state(&key, "PendingDeletion");
    anna.run(["ls"]).refused(3, &["will be deleted", "Cancel its deletion"]);
    kms.set_key_state(&key, "Enabled");
    add_profile(&anna, "stranger", &kms.endpoint(), "AKIASTRANGER", "x").ok();
    anna.run(["ls", "--profile", "stranger"]).refused(3, &["refused the credentials", "profile add"]);
    anna.run(["profile", "test", "stranger"]).refused(3, &["refused the credentials"]);
    kms.go_away();
    anna.run(["ls"]).refused(6, &["did not answer", "network"]);
    kms.heal();
    // The one that worked last is the one that is remembered.
    anna.run(["ls"]).ok();
    anna.write("big", vec![1; 400_000]);
    kms.deny(FakeKms::ACCESS_KEY_ID, "GenerateDataKey");
    anna.run(["put", "big"]).refused(3, &["kms:GenerateDataKey"]);
    assert_eq!(anna.files_in("v.sealkeep/bodies"), [""; 0]);
    anna.run(["encrypt", "big", "--kms", key.as_str()]).refused(3, &["kms:GenerateDataKey"]);
    anna.run(["new", "--kms", key.as_str(), "--vault", "w.sealkeep"]).refused(3, &["kms:GenerateDataKey"]);
    assert_eq!(anna.files(), ["big", "v.sealkeep"]);
}

#[test]
fn an_alias_names_the_key_that_it_points_at_and_is_not_stored() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    kms.point_alias("alias/team", &key);
    let alias = format!("arn:aws:kms:{}:{}:alias/team", FakeKms::REGION, FakeKms::ACCOUNT);
    admin(&anna, "work", &kms);
    let tested = anna.run(["profile", "test", "work", "--key", &alias, "--json"]).ok().json();
    assert_eq!((&tested["key"], &tested["alias"]), (&json!(key.as_str()), &json!("alias/team")));
    let stands = format!("{alias} stands for {key} now");
    kms.forget_calls();
    anna.run(["new", "--kms", &alias, "--vault", "v.sealkeep"]).refused(2, &[&stands, "--yes"]);
    assert!(kms.count("GenerateDataKey") == 0 && anna.files().is_empty(), "it is confirmed before anything is made");
    let made = anna.run(["new", "--kms", &alias, "--vault", "v.sealkeep", "--yes"]).ok();
    made.says(&[&stands, key.as_str(), &alias, "profile “work”", "arn:aws:", FakeKms::ACCOUNT]);
    assert!(anna.run(["new", "--kms", &alias, "--vault", "q.sealkeep", "--quiet", "--yes"]).ok().err.is_empty());
    assert_eq!(anna.run(["status", "--json", "--vault", "v.sealkeep"]).ok().json()["slots"][0]["key"], key.as_str());
    kms.point_alias("alias/team", &kms.make_key());
    anna.run(["ls", "--vault", "v.sealkeep"]).ok();
    anna.run(["new", "--kms", "alias/team", "--vault", "x"]).refused(2, &["not the ARN of a KMS key"]);
}

#[test]
fn an_alias_is_shown_as_the_key_that_it_is_before_a_vault_depends_on_it() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    let new = kms.make_key();
    kms.point_alias("alias/next", &new);
    let alias = format!("arn:aws:kms:{}:{}:alias/next", FakeKms::REGION, FakeKms::ACCOUNT);
    let stands = format!("{alias} stands for {new} now");
    admin(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    anna.run(["add", "note", "N", "--set", "text=t"]).ok();
    let slots = || anna.run(["slot", "ls", "--json"]).ok().json();
    let before = slots();
    kms.forget_calls();
    for command in [&["slot", "add"][..], &["rewrap"]] {
        anna.run([command, &["--kms", &alias]].concat()).refused(2, &[&stands, "--yes"]);
        let mut terminal = Terminal::run(&anna, &format!("$0 {} --kms {alias}", command.join(" ")));
        terminal.await_text(&stands).type_line("n");
        terminal.end(1);
    }
    assert_eq!((kms.count("ReEncrypt"), kms.count("Encrypt"), slots()), (0, 0, before));
    // The plan shows the key and asks nothing; a key's ARN is no question.
    let planned = anna.run(["rewrap", "--kms", &alias, "--dry-run", "--json"]).ok().json();
    assert_eq!(planned["to"]["key"], new.as_str());
    anna.run(["rewrap", "--kms", &alias, "--yes"]).ok().says(&[&stands]);
    assert_eq!(slots()[0]["key"], new.as_str());
    anna.run(["slot", "add", "--kms", key.as_str()]).ok();
}

#[test]
fn a_key_of_another_account_is_warned_of_once_and_taken_all_the_same() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    let theirs: Vec<_> = (0..3).map(|_| kms.make_key_of("444455556666", true)).collect();
    admin(&anna, "work", &kms);
    let warns = |said: Said, key: &str| {
        said.says(&[key, "another account's: 444455556666", &format!("of account {}", FakeKms::ACCOUNT)]);
        assert_eq!(said.err.matches("another account's").count(), 1, "{}", said.err);
    };
    let [one, two, three] = &theirs[..] else { panic!() };
    warns(anna.run(["new", "--kms", one.as_str(), "--vault", "t.sealkeep"]).ok(), one.as_str());
    let own = anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    assert!(!own.err.contains("another account's"), "{}", own.err);
    let added = anna.run(["slot", "add", "--kms", two.as_str(), "--json"]).ok();
    assert!(added.json()["id"].is_string() && added.err.contains(r#"{"warning":"#), "{}", added.err);
    warns(added, two.as_str());
    let slot = anna.run(["slot", "ls", "--json"]).ok().json();
    let slot = slot.as_array().unwrap().iter().find(|slot| slot["key"] == two.as_str()).unwrap()["id"].clone();
    warns(anna.run(["rewrap", "--kms", three.as_str(), "--slot", slot.as_str().unwrap()]).ok(), three.as_str());
    // Where AWS does not say who one is, there is nothing to compare.
    kms.fail_always("GetCallerIdentity", Fault::Status(500));
    let unknown = anna.run(["new", "--kms", one.as_str(), "--vault", "u.sealkeep"]).ok();
    assert!(!unknown.err.contains("another account's"), "{}", unknown.err);
}

#[test]
fn yes_to_another_question_does_not_trust_other_keys() {
    let keyring = SecretService::start();
    let (anna, mallory) = (Person::with_keyring(&keyring), Person::with_keyring(&keyring));
    let (kms, key) = FakeKms::with_key();
    let other = kms.make_key();
    for person in [&anna, &mallory] {
        admin(person, "work", &kms);
    }
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    std::fs::remove_dir_all(anna.at("v.sealkeep")).unwrap();
    mallory.run(["new", "--kms", other.as_str(), "--vault", "v.sealkeep"]).ok();
    copy_vault(&mallory, &anna);
    kms.forget_calls();

    let named = format!("--key {other}");
    let words = ["Another vault stood in this folder", "Nothing was asked of AWS", named.as_str(), "accept"];
    for said in [&["ls", "--yes"][..], &["purge", "x", "-y"], &["ls", "-y", "--key", key.as_str()], &["accept"]] {
        anna.run(said).refused(3, &words);
    }
    assert!(kms.calls().is_empty());
    anna.run(["ls", "--key", other.as_str()]).ok();
    anna.run(["ls"]).ok();

    // Somebody new: what `accept` confirmed is said, and is known from then on.
    let carl = Person::with_keyring(&keyring);
    admin(&carl, "work", &kms);
    copy_vault(&mallory, &carl);
    let accepted = carl.run(["accept", "--vault", "v.sealkeep", "--yes", "--json"]).ok();
    accepted.says(&["never opened on this machine", other.as_str(), "Confirmed", "nothing else to accept"]);
    assert_eq!(accepted.json(), json!({ "accepted": 0, "confirmed": "first-use" }));
    let again = carl.run(["accept", "--json"]).ok();
    again.says(&["There is nothing to accept"]);
    assert_eq!(again.json()["confirmed"], json!(null));

    // A slot that was changed from outside: the key is asked for, and `accept` is the command that is about nothing else.
    let db = rusqlite::Connection::open(anna.at("v.sealkeep/vault.db")).unwrap();
    db.execute("UPDATE slot SET state = 2", ()).unwrap();
    drop(db);
    anna.run(["ls", "--yes"]).refused(3, &["changed since it was last seen", named.as_str(), "accept"]);
    for said in [&["ls", "--key", other.as_str()][..], &["accept", "--yes"]] {
        anna.run(said).refused(5, &["slots were changed outside Sealkeep"]);
    }
}

#[test]
fn ctrl_c_overtakes_a_call_in_flight() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    admin(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    kms.forget_calls();
    kms.fail_always("Decrypt", Fault::Hang);
    let mut command = anna.interruptible(["ls"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    kms.await_calls("Decrypt", 1);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    Said::from_output(&command, child.wait_with_output().unwrap()).ended_by(2);
}

#[test]
fn without_a_keyring_it_says_so_and_how_to_get_one() {
    let anna = Person::new();
    let refused = add_profile(&anna, "work", "http://127.0.0.1:1", "AKIA", "geheim");
    refused.refused(1, &["No keyring service is running", "gnome-keyring"]);
    assert_eq!(anna.run(["profile", "ls", "--json"]).ok().json(), json!([]));
    assert!(!grep(&anna.at("../home"), "geheim"));
}

#[test]
fn what_a_profile_cannot_be_is_refused_and_its_secret_is_nowhere_but_in_the_keyring() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let add = |name: &str, endpoint: &str, id: &str, secret: &str| add_profile(&anna, name, endpoint, id, secret);
    add("a b", "http://localhost:1", "AKIA", "geheim").refused(2, &["A profile's name", "profile add --help"]);
    add("work", "http://example.com", "AKIA", "geheim").refused(2, &["https://"]);
    add("work", "http://localhost:1", "not an id", "geheim").refused(2, &["access key ID"]);
    add("work", "http://localhost:1", "AKIA", "").refused(2, &["secret access key is empty"]);
    add("work", "http://localhost:1", "AKIA", "geheim\ntoken").ok();
    add("work", "http://localhost:1", "AKIA", "geheim2").refused(2, &["“work” already", "--yes"]);
    for said in [anna.run(["profile", "ls"]).ok(), anna.run(["profile", "ls", "--json"]).ok()] {
        assert!(!said.text().contains("geheim"));
    }
    assert!(!grep(&anna.at("../home"), "geheim"));
    anna.run(["profile", "rm", "work"]).ok();
    anna.run(["profile", "rm", "work"]).refused(1, &["no AWS profile “work”"]);
}

/// Whether any file in `folder` holds `word`.
fn grep(folder: &Path, word: &str) -> bool {
    Command::new("grep").args(["-r", "-q", word]).arg(folder).status().unwrap().success()
}
