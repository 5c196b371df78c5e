//! Tags and favourites on the command line.

use serde_json::json;

use crate::support::cli::Person;

#[test]
fn favourites_are_marked_listed_and_shown() {
    let anna = Person::with_vault();
    anna.open(["add", "note", "Door"]).ok();
    anna.open(["add", "note", "Gate"]).ok();
    let before = anna.open(["show", "Door", "--json"]).ok().json();
    assert_eq!(before["favourite"], json!(false));
    anna.open(["edit", "Door", "--favourite"]).ok();
    let after = anna.open(["show", "Door", "--json"]).ok().json();
    assert_eq!(
        (&after["favourite"], &after["modified"]),
        (&json!(true), &before["modified"]),
        "a star changes nothing else"
    );
    let list = anna.open(["ls", "--favourite", "--json"]).ok().json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["title"]), (1, &json!("Door")));
    assert!(anna.open(["ls"]).ok().text().contains("Door ★"));
    assert!(anna.open(["show", "Door"]).ok().text().contains("Favourite:"));
    anna.open(["edit", "Door", "--favourite", "--no-favourite"]).ended(2);
    anna.open(["edit", "Door", "--no-favourite"]).ok();
    assert_eq!(anna.open(["ls", "--favourite", "--json"]).ok().json(), json!([]));
    assert_eq!(anna.open(["history", "Door", "--json"]).ok().json().as_array().unwrap().len(), 1);
}

#[test]
fn a_tag_is_renamed_and_removed_on_every_item() {
    let anna = Person::with_vault();
    anna.open(["add", "note", "One", "--tag", "work", "--tag", "old"]).ok();
    anna.open(["add", "note", "Two", "--tag", "old"]).ok();
    anna.open(["add", "note", "Three", "--tag", "old", "--tag", "new"]).ok();
    anna.open(["rm", "Two"]).ok();
    let tags = || anna.open(["tag", "ls", "--json"]).ok().json();
    assert_eq!(
        tags(),
        json!([{ "tag": "new", "items": 1 }, { "tag": "old", "items": 2 }, { "tag": "work", "items": 1 }])
    );
    anna.open(["tag", "rename", "old", "new"]).ok().says(&["Renamed to new on 3 items"]);
    assert_eq!(tags(), json!([{ "tag": "new", "items": 2 }, { "tag": "work", "items": 1 }]));
    let of = |title: &str| anna.open(["ls", title, "--json"]).ok().json()[0]["tags"].clone();
    assert_eq!((of("One"), of("Three")), (json!(["work", "new"]), json!(["new"])), "once, where it was");
    anna.open(["restore", "Two"]).ok();
    assert_eq!(of("Two"), json!(["new"]), "in the trash, too");
    assert_eq!(anna.open(["tag", "rm", "new", "--json"]).ok().json(), json!({ "tag": "new", "items": 3 }));
    assert_eq!(tags(), json!([{ "tag": "work", "items": 1 }]));
    anna.open(["tag", "rm", "new"]).refused(1, &["No item has the tag “new”", "tag ls"]);
    anna.open(["tag", "rename", "work", " "]).refused(2, &["The new tag is empty", "tag rm"]);
}
