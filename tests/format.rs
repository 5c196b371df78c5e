//! docs/format.md suffices: a reader that was written from it, in another language, reads what we wrote.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealkeep::vault::{Change, SummaryEdit};
use serde_json::{Value, json};

use crate::support::cli::Person;
use crate::support::tools::tool;
use crate::support::vaults::{Bench, PASSPHRASE, add_document, add_login, add_note, bytes, revise_note, secret};

fn read_by_another(bench: &Bench, passphrase: &str) -> Result<Value, String> {
    read_folder_by_another(&bench.folder(), passphrase.as_bytes())
}

fn read_folder_by_another(folder: &Path, typed: &[u8]) -> Result<Value, String> {
    let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/read-vault.py");
    let mut command = Command::new(tool("esdk/bin/python3"));
    command.arg(reader).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn a_reader_that_only_knows_the_document_reads_a_vault() {
    let (bench, mut vault) = Bench::new();
    let login = add_login(&mut vault, "GitHub", "hunter2 ✓");
    let note = add_note(&mut vault, "Note", "first");
    revise_note(&mut vault, note, "second").unwrap();
    let favourite = SummaryEdit { favourite: Some(true), tags: Some(vec![secret("work")]), ..SummaryEdit::default() };
    vault.commit(vec![Change::Describe { item: login, edit: favourite }]).unwrap();
    // Around the borders of rows, buckets and frames.
    let lengths = [0, 1, 4_090, 262_144, 262_145, 524_288, 900_000];
    for length in lengths {
        add_document(&mut vault, &format!("Document {length}"), &bytes(length));
    }
    let purged = add_note(&mut vault, "Purged", "gone");
    vault.commit(vec![Change::Purge { item: purged }]).unwrap();
    let id = vault.id().to_string();
    drop(vault);

    let read = read_by_another(&bench, PASSPHRASE).unwrap();
    assert_eq!(read["vault"], json!(id));
    let [collection] = &read["collections"].as_array().unwrap()[..] else { panic!("one collection") };
    assert_eq!((&collection["name"], &collection["commits"]), (&json!("Main"), &json!(1 + 4 + lengths.len() + 2)));
    let items = collection["items"].as_array().unwrap();
    assert_eq!(items.len(), 2 + lengths.len());
    let item = |title: &str| items.iter().find(|item| item["title"] == json!(title)).unwrap();
    let github = item("GitHub");
    assert_eq!(github["id"], json!(login.to_string()));
    assert_eq!(
        (&github["favourite"], &github["tags"], &github["subtitle"]),
        (&json!(true), &json!(["work"]), &json!("anna"))
    );
    let password = json!({ "name": "password", "hidden": true, "value": "hunter2 ✓" });
    assert!(github["revisions"][0]["fields"].as_array().unwrap().contains(&password));
    let texts: Vec<_> =
        item("Note")["revisions"].as_array().unwrap().iter().map(|body| body["fields"][0]["value"].clone()).collect();
    assert_eq!(texts, ["first", "second"]);
    for length in lengths {
        let item = item(&format!("Document {length}"));
        let body = &item["revisions"][0];
        let document = BASE64_STANDARD.decode(body["document"].as_str().unwrap()).unwrap();
        assert!(document == bytes(length) && item["size"] == json!(length));
        assert_eq!(body["layout"], json!(if length > 262_144 { 2 } else { 1 }));
    }
}

/// Recovery records, RSA and pending wraps, and bodies whose header went when their wraps changed.
#[test]
fn that_reader_reads_by_every_way_in() {
    let person = Person::with_vault();
    person.open_with("first", ["add", "note", "Codes", "--set-stdin", "text"]).ok();
    person.open_with("second", ["edit", "Codes", "--set-stdin", "text"]).ok();
    person.write("recovery", "a recovery passphrase\n");
    person.open(["slot", "add", "--passphrase", "--new-passphrase-file", "recovery"]).ok();
    let sheet = person.open(["slot", "add", "--recovery", "--json"]).ok().json();
    let by_recovery = ["--passphrase-file", "recovery", "add", "note", "Later", "--set-stdin", "text"];
    person.run_with("third", by_recovery).ok();
    let passphrase = person.read("pw");
    let typed = [passphrase.trim_ascii(), b"a recovery passphrase", sheet["code"].as_str().unwrap().as_bytes()];
    for typed in typed {
        let read = read_folder_by_another(&person.at("v.sealkeep"), typed).unwrap();
        let items = read["collections"][0]["items"].as_array().unwrap();
        let text = |title: &str, revision: usize| {
            let item = items.iter().find(|item| item["title"] == json!(title)).unwrap();
            item["revisions"][revision]["fields"][0]["value"].clone()
        };
        assert_eq!([text("Codes", 0), text("Codes", 1), text("Later", 0)], ["first", "second", "third"]);
    }
    assert!(read_folder_by_another(&person.at("v.sealkeep"), b"another").is_err());
}

#[test]
fn that_reader_refuses_a_wrong_passphrase_and_a_swapped_row() {
    let (bench, mut vault) = Bench::new();
    let item = add_login(&mut vault, "GitHub", "hunter2");
    add_note(&mut vault, "Note", "text");
    drop(vault);
    assert!(read_by_another(&bench, "another").unwrap_err().contains("InvalidTag"));
    let sql = "UPDATE summary SET sealed = (SELECT sealed FROM summary WHERE item_id != ?1) WHERE item_id = ?1";
    bench.database().execute(sql, [item.0]).unwrap();
    assert!(read_by_another(&bench, PASSPHRASE).unwrap_err().contains("not as the format says: summaries"));
}
