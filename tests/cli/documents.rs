//! Documents: in, out, and nothing overwritten.

use std::os::unix::fs::MetadataExt;

use serde_json::json;

use crate::support::cli::Person;

/// More than fits into a row: its frames are a file.
fn large() -> Vec<u8> {
    (0..150_000_u32).flat_map(u32::to_le_bytes).collect()
}

#[test]
fn documents_come_out_as_they_went_in() {
    let anna = Person::with_vault();
    anna.write("Passport.pdf", "%PDF-1.7");
    anna.write("empty", "");
    anna.write("large.bin", large());
    let put = anna.open(["put", "Passport.pdf", "empty", "large.bin", "--tag", "travel"]).ok();
    assert_eq!(put.text().lines().count(), 3);
    let list = anna.open(["ls", "--json", "--tag", "travel"]).ok().json();
    let of = |title: &str| list.as_array().unwrap().iter().find(|item| item["title"] == title).unwrap().clone();
    assert_eq!(
        (&of("Passport.pdf")["media_type"], &of("Passport.pdf")["size"]),
        (&json!("application/pdf"), &json!(8))
    );
    assert_eq!(of("large.bin")["size"], 600_000);
    // As the window has it: by the first bytes, and then by the name.
    anna.write("Makefile", "all:\n");
    anna.open(["put", "Makefile"]).ok();
    let found = anna.open(["ls", "--json", "Makefile"]).ok().json();
    assert_eq!(found[0]["media_type"], "text/plain");

    std::fs::create_dir(anna.at("out")).unwrap();
    anna.open(["get", "Passport.pdf", "-o", "out"]).ok();
    anna.open(["get", "empty", "-o", "out/"]).ok();
    let got = anna.open(["get", "large.bin", "-o", "out/copy", "--json"]).ok().json();
    assert_eq!(got["bytes"], 600_000);
    assert_eq!(anna.read("out/Passport.pdf"), b"%PDF-1.7");
    assert_eq!(anna.read("out/empty"), b"");
    assert!(anna.read("out/copy") == large());
    assert_eq!(std::fs::metadata(anna.at("out/copy")).unwrap().mode() & 0o777, 0o600);
    assert!(anna.open(["get", "large.bin", "-o", "-"]).ok().out == large());
    let shown = anna.open(["show", "Passport.pdf"]).ok();
    assert!(shown.text().contains("application/pdf") && shown.text().contains("8 B"), "{}", shown.text());
    anna.open(["show", "Passport.pdf", "--field", "x"]).refused(1, &["get"]);
}

#[test]
fn a_document_that_was_purged_leaves_no_file_behind() {
    let anna = Person::with_vault();
    anna.write("large.bin", large());
    anna.open(["put", "large.bin"]).ok();
    assert_eq!(anna.files_in("v.sealkeep/bodies").len(), 1);
    anna.open(["rm", "large.bin"]).ok();
    anna.open(["purge", "large.bin", "--yes"]).ok();
    assert_eq!(anna.files_in("v.sealkeep/bodies"), [""; 0]);
}

#[test]
fn of_several_files_those_that_can_be_are_added() {
    let anna = Person::with_vault();
    anna.write("one", "1");
    anna.write("two", "2");
    let said = anna.open(["put", "one", "missing", "two", "--json"]).ended(1);
    said.says(&["There is no file “missing"]);
    let titles: Vec<_> = said.json().as_array().unwrap().iter().map(|item| item["title"].clone()).collect();
    assert_eq!(titles, ["one", "two"]);
    anna.open(["put", "one", "two", "--title", "T"]).refused(2, &["--title is for a single file"]);
    anna.open(["put", "one", "--title", "Another"]).ok();
    assert_eq!(anna.open(["ls", "Another", "--json"]).ok().json()[0]["size"], 1);
}

#[test]
fn nothing_is_overwritten_unless_it_is_asked_for() {
    let anna = Person::with_vault();
    anna.write("notes.txt", "in the vault");
    anna.open(["put", "notes.txt"]).ok();
    anna.write("notes.txt", "outside");
    anna.open(["get", "notes.txt"]).refused(1, &["notes.txt” exists already", "--force"]);
    assert_eq!(anna.read("notes.txt"), b"outside");
    anna.open(["get", "notes.txt", "--force"]).ok();
    assert_eq!(anna.read("notes.txt"), b"in the vault");
    anna.open(["add", "note", "N"]).ok();
    anna.open(["get", "N"]).refused(1, &["a note, not a document", "show"]);
    assert_eq!(anna.files(), ["notes.txt", "v.sealkeep"]);
}

#[test]
fn an_item_leaves_the_vault_as_a_sealed_file() {
    let anna = Person::with_vault();
    anna.write("large.bin", large());
    anna.open(["put", "large.bin"]).ok();
    anna.open(["add", "login", "GitHub", "--set", "username=anna", "--tag", "work"]).ok();
    anna.open_with("hunter2", ["edit", "GitHub", "--set-stdin", "password"]).ok();
    anna.write("theirs", "another passphrase altogether\n");
    let sealed = ["--sealed", "--passphrase", "--new-passphrase-file", "theirs"];
    let got = anna.open([&["get", "large.bin", "--json"][..], &sealed].concat()).ok().json();
    assert_eq!((&got["path"], &got["bytes"]), (&json!("large.bin.sealed"), &json!(600_000)));
    anna.open([&["get", "GitHub", "-o", "-"][..], &sealed].concat()).ok();
    anna.open([&["get", "GitHub"][..], &sealed].concat()).ok().says(&["Wrote GitHub.json.sealed ("]);
    assert!(anna.read("large.bin.sealed").len() > 600_000);

    // Whoever has that passphrase needs no vault, and the vault's does not open it.
    let theirs = |args: &[&str]| anna.run([args, &["--passphrase-file", "theirs"]].concat());
    assert!(theirs(&["decrypt", "large.bin.sealed", "-o", "-"]).ok().out == large());
    let login = theirs(&["decrypt", "GitHub.json.sealed", "-o", "-"]).ok().json();
    assert_eq!((&login["title"], &login["tags"]), (&json!("GitHub"), &json!(["work"])));
    let password = login["fields"].as_array().unwrap().iter().find(|field| field["name"] == "password").unwrap();
    assert_eq!(password["value"], "hunter2");
    anna.open(["decrypt", "large.bin.sealed", "-o", "-"]).ended(3);

    // Nothing is overwritten, and nothing is sealed for nobody.
    anna.open([&["get", "large.bin"][..], &sealed].concat()).refused(1, &["exists already", "--force"]);
    anna.open(["get", "large.bin", "--sealed"]).ended(2).says(&["--passphrase"]);
    anna.open(["get", "large.bin", "--passphrase"]).ended(2).says(&["--sealed"]);
    let file = ["get", "large.bin", "--new-passphrase-file", "theirs"];
    anna.open(file).refused(2, &["--sealed --passphrase"]);
    anna.open(["get", "large.bin", "--sealed", "--passphrase", "-o", "x"]).refused(2, &["--new-passphrase-file"]);
    let files = ["GitHub.json.sealed", "large.bin", "large.bin.sealed", "theirs", "v.sealkeep"];
    assert_eq!(anna.files(), files);
    // An earlier revision, in the same way.
    anna.write("large.bin", "short now");
    anna.open(["put", "large.bin", "--as", "large.bin"]).ok();
    anna.open([&["get", "large.bin", "--revision", "1", "--force"][..], &sealed].concat()).ok();
    assert!(theirs(&["decrypt", "large.bin.sealed", "-o", "-"]).ok().out == large());
}

#[test]
fn what_is_damaged_does_not_leave_it_sealed() {
    let anna = Person::with_vault();
    anna.write("large.bin", large());
    anna.write("theirs", "another passphrase altogether\n");
    anna.open(["put", "large.bin"]).ok();
    let [name] = &anna.files_in("v.sealkeep/bodies")[..] else { panic!("one file") };
    let body = format!("v.sealkeep/bodies/{name}");
    let mut content = anna.read(&body);
    *content.last_mut().unwrap() ^= 1;
    crate::support::cli::set_mode(&anna.at(&body), "600");
    anna.write(&body, content);
    let get = ["get", "large.bin", "--sealed", "--passphrase", "--new-passphrase-file", "theirs"];
    anna.open(get).ended(5);
    assert_eq!(anna.files(), ["large.bin", "theirs", "v.sealkeep"]);
    // A pipe has got the beginning of a message, and none that opens.
    let piped = anna.open([&get[..], &["-o", "-"]].concat()).ended(5);
    let opened = Person::new();
    opened.write("theirs", "another passphrase altogether\n");
    opened.write("x.sealed", &piped.out);
    opened.run(["decrypt", "x.sealed", "--passphrase-file", "theirs"]).ended(5);
}
