//! For how long things are kept: limits, pruning, and the trash.

use jiff::{Timestamp, ToSpan};
use sealkeep::vault::{Change, SummaryEdit};
use serde_json::json;

use crate::support::cli::Person;
use crate::support::vaults::{add_note, unlock_on};

/// Somebody whose note has four revisions.
fn anna() -> Person<'static> {
    let anna = Person::with_vault();
    anna.open(["add", "note", "Door", "--set", "text=1"]).ok();
    for text in ["text=2", "text=3", "text=4"] {
        anna.open(["edit", "Door", "--set", text]).ok();
    }
    anna
}

fn revisions(anna: &Person<'_>) -> Vec<u64> {
    let history = anna.open(["history", "Door", "--json"]).ok().json();
    history.as_array().unwrap().iter().map(|revision| revision["revision"].as_u64().unwrap()).collect()
}

#[test]
fn a_limit_is_told_before_it_acts_and_when_it_has() {
    let anna = anna();
    let shown = anna.open(["retention"]).ok();
    for words in
        ["after 30 days items may be deleted", "nothing goes unasked", "Logins and notes: every revision is kept"]
    {
        assert!(shown.text().contains(words), "{}", shown.text());
    }
    let set = anna.open(["retention", "--revisions", "3", "--trash", "never", "--json"]).ok().json();
    assert_eq!(set, json!({ "trash_days": null, "revisions": 3, "document_revisions": null }));
    assert!(
        anna.open(["retention"]).ok().text().contains("the newest 3 revisions are kept; a save removes what is older")
    );
    assert_eq!(revisions(&anna), [4, 3, 2, 1]);
    anna.open(["edit", "Door", "--set", "text=5"]).ok().says(&["Revisions 1–2 were removed"]);
    assert_eq!(revisions(&anna), [5, 4, 3]);
    let said = "With the next save revisions 3–4 go";
    anna.open(["restore", "Door", "--revision", "4"]).ok().says(&["as revision 6", said]);
    anna.open(["edit", "Door", "--title", "Gate"]).ok();
    anna.open(["edit", "Gate", "--title", "Door"]).ok();
    assert_eq!(revisions(&anna), [6, 5, 4, 3], "what was replaced can be brought back until then");
    anna.open(["edit", "Door", "--set", "text=7"]).ok().says(&["Revisions 3–4 were removed"]);
    assert_eq!(revisions(&anna), [7, 6, 5]);
    anna.open(["retention", "--revisions", "0"]).ended(2);
    anna.open(["retention", "--revisions", "all"]).ok();
    anna.open(["check"]).ok();
}

#[test]
fn pruning_says_what_goes_and_asks() {
    let anna = anna();
    anna.write("plan.bin", vec![7; 400_000]);
    anna.open(["put", "plan.bin"]).ok();
    anna.open(["put", "plan.bin", "--as", "plan.bin"]).ok();
    anna.open(["prune"]).refused(2, &["how many revisions to keep", "--keep N", "retention"]);
    let dry = anna.open(["prune", "--keep", "2", "--dry-run"]).ok();
    let (today, yesterday) = (jiff::Timestamp::now(), jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24));
    let days = [today, yesterday].map(|time| time.to_string()[..10].to_owned());
    let told = |day: &String| dry.text().contains(&format!("Door: 1–2, saved until {day}, "));
    assert!(days.iter().any(told), "{}", dry.text());
    dry.says(&["Would remove 2 revisions"]);
    let asked = anna.open(["prune", "Door", "plan.bin", "--keep", "1"]).ended(2);
    asked.says(&["Remove 4 revisions of 2 items", "for good?", "--yes"]);
    assert_eq!(revisions(&anna), [4, 3, 2, 1]);
    assert_eq!(anna.files_in("v.sealkeep/bodies").len(), 2);

    let old = anna.open(["prune", "--keep", "1", "--older-than", "1", "--json"]).ok().json();
    assert_eq!(old, json!({ "items": [], "bytes": 0, "pruned": true }));
    let pruned = anna.open(["prune", "Door", "plan.bin", "--keep", "1", "--yes", "--json"]).ok().json();
    let of = |title: &str| pruned["items"].as_array().unwrap().iter().find(|item| item["title"] == title).unwrap();
    assert_eq!((&of("Door")["revisions"], &of("plan.bin")["revisions"]), (&json!([1, 2, 3]), &json!([1])));
    assert!(pruned["bytes"].as_u64() > Some(400_000));
    assert_eq!(revisions(&anna), [4]);
    assert_eq!(anna.files_in("v.sealkeep/bodies").len(), 1);
    assert_eq!(anna.open(["show", "Door", "--field", "text"]).ok().text(), "4\n");
    anna.open(["show", "Door", "--revision", "1"]).refused(4, &["no revision 1"]);
    anna.open(["check"]).ok();
}

#[test]
fn what_is_past_its_time_in_the_trash_goes_when_somebody_says_so() {
    let anna = anna();
    anna.open(["add", "note", "Young"]).ok();
    anna.open(["add", "note", "Kept"]).ok();
    anna.open(["rm", "Young"]).ok();
    anna.open(["purge", "--expired"]).ok().says(&["Nothing in the trash is past its time"]);
    // Forty days ago another one was made, and went there.
    let then = Timestamp::now().checked_sub((40 * 24).hours()).unwrap();
    let mut vault = unlock_on(&anna.at("v.sealkeep"), then);
    let item = add_note(&mut vault, "Gate", "4711");
    let edit = SummaryEdit { trashed: Some(true), ..SummaryEdit::default() };
    vault.commit(vec![Change::Describe { item, edit }]).unwrap();
    drop(vault);

    let list = anna.open(["ls", "--trash"]).ok();
    let line = |title: &str| list.text().lines().find(|line| line.contains(title)).unwrap().to_owned();
    assert!(line("Gate").contains("past its time") && line("Young").contains("30 days left"), "{}", list.text());
    let list = anna.open(["ls", "--trash", "--json"]).ok().json();
    let gate = list.as_array().unwrap().iter().find(|item| item["title"] == "Gate").unwrap();
    assert_eq!((gate["trashed"].as_bool(), gate["due"].is_string()), (Some(true), true));
    let asked =
        anna.open(["purge", "--expired"]).refused(2, &["for more than 30 days: Gate", "Delete 1 item", "--yes"]);
    assert!(!asked.err.contains("Young"));
    let gone = anna.open(["purge", "--expired", "--yes", "--json"]).ok().json();
    assert_eq!((gone.as_array().unwrap().len(), &gone[0]["title"]), (1, &json!("Gate")));
    assert_eq!(anna.open(["ls", "--trash", "--json"]).ok().json()[0]["title"], "Young");
    assert_eq!(anna.open(["ls", "--json"]).ok().json().as_array().unwrap().len(), 2, "Door and Kept");
    anna.open(["purge"]).ended(2);
    anna.open(["check"]).ok();
}

#[test]
fn a_clock_that_cannot_be_right_deletes_nothing() {
    let anna = anna();
    anna.open(["rm", "Door"]).ok();
    // By a clock of five years ahead somebody else has changed something.
    let then = Timestamp::now().checked_add((5 * 366 * 24).hours()).unwrap();
    let mut vault = unlock_on(&anna.at("v.sealkeep"), then);
    let item = vault.find("Door", None).unwrap();
    let edit = SummaryEdit { title: Some(sealkeep::secret::SecretString::copy_of("Later")), ..SummaryEdit::default() };
    vault.commit(vec![Change::Describe { item, edit }]).unwrap();
    drop(vault);
    anna.open(["purge", "--expired", "--yes"])
        .refused(1, &["clock is behind", "Nothing was deleted", "Set the clock right"]);
    assert_eq!(anna.open(["ls", "--trash", "--json"]).ok().json().as_array().unwrap().len(), 1);
}
