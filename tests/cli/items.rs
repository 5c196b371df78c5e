//! Logins and notes on a passphrase, from the first command to the last.

use serde_json::{Value, json};

use crate::support::cli::{PASSPHRASE, Person};

/// The keys of a JSON object, in order.
fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_story_of_a_login() {
    let anna = Person::new();
    let made = anna.run(["--vault", "v.sealkeep", "--passphrase-file", "pw", "new", "--passphrase", "--json"]).ok();
    assert_eq!(made.json()["slots"][0]["provider"], "passphrase");

    // From here on the vault is the one opened last.
    let id = anna.open(["add", "login", "GitHub", "--set", "username=anna", "--tag", "work", "--tag", "code"]).ok();
    let id = id.line().to_owned();
    anna.open_with("pass\nword\n", ["edit", "GitHub", "--set-stdin", "password", "--set", "url=github.com"]).ok();

    let shown = anna.open(["show", "GitHub"]).ok();
    for line in ["Title:     GitHub", "Tags:      work, code", "username:  anna", "password:  ••••••••"]
    {
        assert!(shown.text().lines().any(|printed| printed == line), "{}", shown.text());
    }
    assert!(!shown.text().contains("word\n"));
    let revealed = anna.open(["show", &id[..4], "--reveal"]).ok();
    assert!(revealed.text().contains("password:  pass\n           word\n"), "{}", revealed.text());
    assert_eq!(anna.open(["show", &id, "--field", "password"]).ok().text(), "pass\nword\n");
    assert_eq!(anna.open(["show", &id, "--field", "password", "--revision", "2"]).ok().text(), "pass\nword\n");
    let first = anna.open(["show", &id, "--json", "--reveal", "--revision", "1"]).ok().json();
    assert_eq!(first["fields"], json!([{ "name": "username", "value": "anna", "hidden": false }]));

    anna.open(["edit", "GitHub", "--title", "GitHub.com", "--tag", "new", "--untag", "work"]).ok();
    anna.open(["show", "GitHub"]).refused(4, &["There is no item “GitHub”", "sealkeep-cli ls"]);
    let item = anna.open(["show", "GitHub.com", "--json"]).ok().json();
    assert_eq!(item["tags"], json!(["code", "new"]));
    assert_eq!(item["fields"][1], json!({ "name": "password", "value": null, "hidden": true }));
    let revisions = anna.open(["history", "GitHub.com", "--json"]).ok().json();
    let numbers: Vec<_> = revisions.as_array().unwrap().iter().map(|revision| &revision["revision"]).collect();
    assert_eq!(numbers, [2, 1]);

    anna.open(["rm", "GitHub.com"]).ok();
    assert_eq!(anna.open(["ls", "--json"]).ok().json(), json!([]));
    assert_eq!(anna.open(["ls", "--trash", "--json"]).ok().json()[0]["id"], id);
    anna.open(["show", &id]).refused(4, &["ls --trash"]);
    anna.open(["restore", &id]).ok();
    assert_eq!(anna.open(["ls", "--json"]).ok().json()[0]["title"], "GitHub.com");
    anna.open(["purge", "GitHub.com"]).refused(2, &["for good", "--yes"]);
    anna.open(["purge", "GitHub.com", "--yes"]).ok();
    assert_eq!(anna.open(["ls", "--trash", "--json"]).ok().json(), json!([]));
    let checked = anna.open(["check"]).ok();
    assert!(checked.err.contains("0 items"), "{}", checked.err);
}

#[test]
fn nothing_on_standard_input_overwrites_nothing() {
    let anna = Person::with_vault();
    anna.open_with("geheim", ["add", "login", "GitHub", "--set-stdin", "password"]).ok();
    for nothing in ["", "\n"] {
        let edited = anna.open_with(nothing, ["edit", "GitHub", "--set-stdin", "password"]);
        edited.refused(1, &["Standard input is empty.", "--set password="]);
        anna.open_with(nothing, ["add", "login", "Bank", "--set-stdin", "password"]).refused(1, &["is empty"]);
    }
    assert_eq!(anna.open(["show", "GitHub", "--field", "password"]).ok().text(), "geheim\n");
    assert_eq!(anna.open(["ls", "--json"]).ok().json().as_array().unwrap().len(), 1);
    // On purpose.
    anna.open(["edit", "GitHub", "--set", "password="]).ok();
    assert_eq!(anna.open(["show", "GitHub", "--field", "password"]).ok().text(), "\n");
}

#[test]
fn json_has_the_keys_that_scripts_rely_on() {
    let anna = Person::with_vault();
    anna.write("scan.pdf", "%PDF");
    let added = anna.open(["add", "note", "Door", "--set", "text=1234", "--json"]).ok().json();
    assert_eq!(keys(&added[0]), ["id", "title"]);
    let put = anna.open(["put", "scan.pdf", "--json"]).ok().json();
    assert_eq!(keys(&put[0]), ["id", "title"]);
    let list = anna.open(["ls", "--json"]).ok().json();
    let of_item = documented("`ls`", 0);
    assert_eq!(keys(&list[0]), of_item);
    assert_eq!((&list[1]["kind"], &list[1]["size"]), (&json!("document"), &json!(4)));
    assert_eq!(keys(&list[1]), with(&of_item, &["media_type"]));
    let note = anna.open(["show", "Door", "--json"]).ok().json();
    assert_eq!(keys(&note), with(&of_item, &["fields"]));
    assert_eq!(keys(&note["fields"][0]), documented("`show`", 0));
    let history = anna.open(["history", "Door", "--json"]).ok().json();
    assert_eq!(keys(&history[0]), documented("`history`", 0));
    let retention = anna.open(["retention", "--json"]).ok().json();
    assert_eq!(keys(&retention), documented("`retention`", 0));
    let edited = anna.open(["edit", "Door", "--tag", "x", "--json"]).ok().json();
    assert_eq!(keys(&edited), documented("`edit`", 0));
    let tags = anna.open(["tag", "ls", "--json"]).ok().json();
    assert_eq!(keys(&tags[0]), documented("`tag ls`", 0));
    let pruned = anna.open(["--yes", "prune", "--keep", "1", "--json"]).ok().json();
    assert_eq!(keys(&pruned), documented("`prune`", 0));
    let checked = anna.open(["check", "--json"]).ok().json();
    assert_eq!(keys(&checked), documented("`check`", 0));
    let slots = anna.open(["slot", "ls", "--json"]).ok().json();
    assert_eq!(keys(&slots[0]), with(&documented("`status`", 1), &["opened", "owed"]));
    let drilled = anna.open(["drill", "--json"]).ok().json();
    assert_eq!(keys(&drilled), documented("`drill`", 0));
    let purged = anna.open(["--yes", "purge", "Door", "--json"]).ok().json();
    assert_eq!(keys(&purged), documented("`purge`", 0));
    // Without any key.
    let status = anna.run(["status", "--json"]).ok().json();
    assert_eq!(keys(&status), documented("`status`", 0));
    assert_eq!(keys(&status["slots"][0]), documented("`status`", 1));
    let generated = anna.run(["generate", "--json"]).ok().json();
    assert_eq!(keys(&generated), documented("`generate`", 0));
    let locked = anna.run(["lock", "--json"]).ok().json();
    assert_eq!(keys(&locked), documented("`lock`", 0));
    let error = anna.open(["show", "nothing", "--json"]).ended(4);
    let error: Value = serde_json::from_str(&error.err).unwrap();
    assert_eq!(keys(&error), documented("errors", 0));
    assert_eq!(error["code"], 4);
    let usage = anna.run(["show", "--json"]).ended(2);
    let usage = serde_json::from_str::<Value>(&usage.err).unwrap();
    assert_eq!(usage["code"], 2);
    assert!(usage["error"].as_str().unwrap().contains("not provided: <ITEM>"), "which is missing: {usage}");
}

/// The keys that the manual gives `of`, sorted: those of the object that it names so many others before.
fn documented(of: &str, number: usize) -> Vec<String> {
    let manual = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md")).unwrap();
    let (_, table) = manual.split_once("## JSON\n").unwrap();
    let line =
        table.lines().find(|line| line.starts_with('|') && line.split('|').nth(1).unwrap().contains(of)).unwrap();
    let object = line.split("`{").nth(number + 1).unwrap().split_once('}').unwrap().0;
    let mut keys: Vec<String> = object.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    keys.sort();
    keys
}

fn with(keys: &[String], more: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = keys.iter().cloned().chain(more.iter().map(|key| (*key).to_owned())).collect();
    all.sort();
    all
}

#[test]
fn lists_are_filtered_and_sorted() {
    let anna = Person::with_vault();
    anna.open(["add", "login", "beta", "--set", "username=Bob", "--tag", "x", "--tag", "y"]).ok();
    anna.open(["add", "note", "Älpha", "--tag", "x"]).ok();
    anna.open(["add", "note", "alpha"]).ok();
    let titles = |args: &[&str]| {
        let list = anna.open([&["ls", "--json"], args].concat()).ok().json();
        list.as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles(&[]), ["alpha", "beta", "Älpha"]);
    assert_eq!(titles(&["ALPHA"]), ["alpha"]);
    assert_eq!(titles(&["bob"]), ["beta"]);
    assert_eq!(titles(&["--tag", "x"]), ["beta", "Älpha"]);
    assert_eq!(titles(&["--tag", "x", "--tag", "y"]), ["beta"]);
    assert_eq!(titles(&["--kind", "note", "--collection", "Main"]), ["alpha", "Älpha"]);
    anna.open(["ls", "--collection", "Other"]).refused(1, &["no collection", "Main"]);
}

#[test]
fn items_are_named_by_id_beginning_or_title_if_only_one_is_meant() {
    let anna = Person::with_vault();
    let ids = [
        anna.open(["add", "note", "Same"]).ok().line().to_owned(),
        anna.open(["add", "note", "Same"]).ok().line().to_owned(),
    ];
    let refused = anna.open(["show", "Same"]).refused(4, &["“Same” could be any of 2", &ids[0], &ids[1]]);
    assert_eq!(refused.err.lines().count(), 4);
    let error: Value = serde_json::from_str(&anna.open(["show", "Same", "--json"]).ended(4).err).unwrap();
    assert_eq!(error["candidates"].as_array().unwrap().len(), 2);
    anna.open(["rm", &ids[0][..8]]).ok();
    // Now only one is outside the trash, and only one is in it.
    assert_eq!(anna.open(["show", "Same", "--json"]).ok().json()["id"], ids[1].as_str());
    anna.open(["restore", "Same"]).ok();
    anna.open(["rm", &ids[0][..3]]).refused(4, &["no item"]);
}

#[test]
fn many_items_come_from_lines_of_json() {
    let anna = Person::with_vault();
    let line = |number: usize| {
        let fields = json!({ "username": format!("u{number}"), "password": "päss\n\"word\"" });
        json!({ "kind": "login", "title": format!("L{number}"), "tags": ["bulk"], "fields": fields }).to_string()
    };
    let lines: Vec<String> = (0..1001).map(line).collect();
    let added = anna.open_with(lines.join("\n"), ["add", "--jsonl", "-"]).ok();
    assert_eq!(added.text().lines().count(), 1001);
    assert_eq!(anna.open(["show", "L1000", "--field", "password"]).ok().text(), "päss\n\"word\"\n");
    let found = anna.open(["ls", "u1000", "--tag", "bulk", "--json"]).ok().json();
    assert_eq!(found.as_array().unwrap().len(), 1);

    // A line that is none: what came before its thousand is there, and is told.
    let mut broken: Vec<String> = (0..1500).map(line).collect();
    broken[1200] = r#"{"kind":"login","title":"T","fields":{"pasword":"geheim"}}"#.to_owned();
    let said = anna.open_with(broken.join("\n"), ["add", "--jsonl", "-"]).ended(1);
    assert_eq!(said.text().lines().count(), 1000);
    said.says(&["Line 1201", "no field “pasword”", "The first 1000 items are in the vault"]);
    assert!(!said.err.contains("geheim"));
    anna.write("empty.jsonl", "\n\n");
    assert_eq!(anna.open(["add", "--jsonl", "empty.jsonl", "--json"]).ok().json(), json!([]));
}

#[test]
fn secrets_are_neither_arguments_nor_echoed() {
    let anna = Person::with_vault();
    let refused = anna.open(["add", "login", "X", "--set", "password=geheim"]);
    let refused = refused.refused(2, &["“password” is a secret", "--set-stdin password"]);
    assert!(!refused.err.contains("geheim"));
    let refused = anna.open(["add", "login", "X", "--set", "geheim"]).refused(2, &["--set FIELD=VALUE"]);
    assert!(!refused.err.contains("geheim"));
    anna.open_with("geheim", ["add", "login", "X", "--set-stdin", "password"]).ok();
    for args in [&["show", "X"][..], &["show", "X", "--json"], &["ls", "--json"], &["history", "X"], &["check"]] {
        let said = anna.open(args).ok();
        assert!(!said.text().contains("geheim") && !said.err.contains("geheim"), "{args:?}");
    }
}

#[test]
fn standard_input_has_one_reader() {
    let anna = Person::with_vault();
    let both = anna.run_with("x", ["add", "login", "X", "--passphrase-file", "-", "--set-stdin", "password"]);
    both.refused(2, &["--passphrase-file - and --set-stdin"]);
    anna.run_with("x", ["--passphrase-file", "-", "add", "--jsonl", "-"])
        .refused(2, &["Standard input can't be read by both"]);
    anna.run_with("x", ["--passphrase-file", "-", "decrypt", "-"])
        .refused(2, &["Standard input can't be read by both"]);
    anna.run_with("x", ["decrypt", "-", "-"]).refused(2, &["Standard input can't be read by both"]);
    let add = ["profile", "add", "p", "--region", "eu-west-1", "--access-key-id", "A", "--passphrase-file", "-"];
    anna.run_with("x", add).refused(2, &["Standard input can't be read by both"]);
    // One is fine, and takes the first line.
    anna.run_with(format!("{PASSPHRASE}\r\nrest"), ["ls", "--passphrase-file", "-"]).ok();
}

#[test]
fn global_options_stand_before_or_after_the_command() {
    let anna = Person::with_vault();
    anna.open(["add", "note", "N"]).ok();
    let before = anna.run(["--json", "--vault", "v.sealkeep", "--passphrase-file", "pw", "ls"]).ok();
    let after = anna.run(["ls", "--vault", "v.sealkeep", "--passphrase-file", "pw", "--json"]).ok();
    assert_eq!(before.out, after.out);
    let mut command = anna.command(["ls", "--passphrase-file", "pw"]);
    let said = crate::support::cli::Said::of(command.env("SEALKEEP_VAULT", "other.sealkeep"));
    said.refused(1, &["other.sealkeep” is not a vault"]);
    let quiet = anna.open(["rm", "N", "--quiet"]).ok();
    assert_eq!((quiet.err.as_str(), quiet.text()), ("", ""));
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let anna = Person::with_vault();
    anna.run(["ls"]).refused(2, &["no terminal", "--passphrase-file"]);
    let none = Person::new();
    none.run(["ls"]).refused(2, &["No vault was named", "--vault DIR"]);
    none.run(["new", "--passphrase", "--passphrase-file", "pw"]).refused(2, &["--vault NAME.sealkeep"]);
    none.run(["new", "--vault", "x"]).ended(2);
    none.run(["new", "--vault", "x", "--passphrase", "--kms", "arn"]).ended(2);
    none.run(["ls", "--nonsense"]).ended(2);
    assert_eq!(none.files(), [""; 0]);
}

#[test]
fn generated_secrets_need_no_vault() {
    let anna = Person::new();
    assert_eq!(anna.run(["generate"]).ok().line().chars().count(), 24);
    assert_eq!(anna.run(["generate", "--length", "64"]).ok().line().chars().count(), 64);
    assert!(anna.run(["generate", "--words", "6"]).ok().line().split('-').count() >= 6);
    assert!(anna.run(["generate", "--json"]).ok().json()["bits"].as_u64() > Some(128));
    anna.run(["generate", "--length", "3"]).refused(2, &["8 to 1024"]);
    anna.run(["generate", "--length", "30", "--words", "6"]).ended(2);
}
