//! Revisions on the command line: listed, shown, written out, and brought back.

use serde_json::json;

use crate::support::cli::Person;

#[test]
fn an_earlier_revision_of_a_login_comes_back() {
    let anna = Person::with_vault();
    anna.open_with("first", ["add", "login", "GitHub", "--set", "username=anna", "--set-stdin", "password"]).ok();
    anna.open_with("second", ["edit", "GitHub", "--set", "username=otto", "--set-stdin", "password"]).ok();
    let said = anna.open(["restore", "GitHub", "--revision", "1"]).ok();
    said.says(&["Revision 1 is back, as revision 3, of GitHub"]);
    assert_eq!(anna.open(["show", "GitHub", "--field", "password"]).ok().text(), "first\n");
    assert_eq!(anna.open(["show", "GitHub", "--field", "password", "--revision", "2"]).ok().text(), "second\n");
    let shown = anna.open(["show", "GitHub", "--revision", "2", "--json", "--reveal"]).ok().json();
    assert_eq!((&shown["revision"], &shown["fields"][1]["value"]), (&json!(2), &json!("second")), "{shown}");
    let history = anna.open(["history", "GitHub", "--json"]).ok().json();
    let numbers: Vec<_> = history.as_array().unwrap().iter().map(|revision| &revision["revision"]).collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert!(history[0]["saved"].as_str().unwrap().ends_with('Z'), "{history}");

    // Out of the trash, too; what is the current one already makes no new one.
    anna.open(["rm", "GitHub"]).ok();
    let back = anna.open(["restore", "GitHub", "--revision", "2", "--json"]).ok().json();
    assert_eq!((&back["revision"], &back["trashed"]), (&json!(4), &json!(false)));
    anna.open(["restore", "GitHub", "--revision", "4"]).ok().says(&["That is what it is now: GitHub"]);
    assert_eq!(anna.open(["history", "GitHub", "--json"]).ok().json().as_array().unwrap().len(), 4);
    anna.open(["restore", "GitHub", "--revision", "9"]).refused(4, &["no revision 9", "history"]);
    anna.open(["check"]).ok();
}

#[test]
fn a_document_has_versions_that_come_out_and_back() {
    let anna = Person::with_vault();
    let old: Vec<u8> = (0..150_000_u32).flat_map(u32::to_le_bytes).collect();
    anna.write("plan.bin", &old);
    anna.write("plan.txt", "the new plan");
    anna.open(["put", "plan.bin", "--title", "Plan", "--tag", "work"]).ok();
    anna.open(["put", "plan.txt", "--as", "Plan"]).ok().says(&["Saved a new version of Plan"]);
    let item = anna.open(["show", "Plan", "--json"]).ok().json();
    assert_eq!(
        (&item["size"], &item["media_type"], &item["tags"]),
        (&json!(12), &json!("text/plain"), &json!(["work"]))
    );
    assert_eq!(anna.open(["get", "Plan", "-o", "-"]).ok().text(), "the new plan");
    assert!(anna.open(["get", "Plan", "-o", "-", "--revision", "1"]).ok().out == old);
    anna.open(["get", "Plan", "-o", "x", "--revision", "3"]).refused(4, &["no revision 3"]);
    anna.open(["get", "Plan", "--revision", "1"]).ok().says(&["Wrote Plan (version 1)"]);
    anna.open(["get", "Plan", "--revision", "2"]).ok().says(&["Wrote Plan ("]);
    anna.open(["show", "Plan", "--revision", "1"]).refused(1, &["of its newest revision", "get --revision"]);
    anna.open(["restore", "Plan", "--revision", "1"]).ok();
    assert!(anna.open(["get", "Plan", "-o", "-"]).ok().out == old);
    assert_eq!(anna.open(["show", "Plan", "--json"]).ok().json()["media_type"], "application/octet-stream");
    assert_eq!(anna.files_in("v.sealkeep/bodies").len(), 2, "a version of its own, not the old one's file");

    anna.open(["put", "plan.txt", "plan.bin", "--as", "Plan"]).refused(2, &["--as is for a single file"]);
    anna.open(["put", "plan.txt", "--as", "Plan", "--title", "T"]).ended(2);
    anna.open(["add", "note", "N"]).ok();
    anna.open(["put", "plan.txt", "--as", "N"]).refused(1, &["a note, not a document", "edit"]);
    anna.open(["check"]).ok();
}
