//! Stand-alone sealed files on a passphrase: no vault, no network.

use std::fs;

use crate::support::cli::Person;

const SEAL: [&str; 2] = ["encrypt", "--passphrase"];

#[test]
fn files_are_sealed_beside_themselves_and_opened_again() {
    let anna = Person::new();
    let large: Vec<u8> = (0..700_000_u32).map(|at| (at * 7 + at / 251) as u8).collect();
    for (name, content) in [("a.txt", &b"a"[..]), ("empty", b""), ("large", &large)] {
        anna.write(name, content);
    }
    let sealed = anna.open([&SEAL[..], &["a.txt", "empty", "large", "--json"]].concat()).ok().json();
    assert_eq!(sealed[0]["path"], "a.txt.sealed");
    assert_eq!(sealed[2]["bytes"], 700_000);
    fs::create_dir(anna.at("out")).unwrap();
    anna.open(["decrypt", "a.txt.sealed", "empty.sealed", "large.sealed", "-o", "out"]).ok();
    assert_eq!(anna.files_in("out"), ["a.txt", "empty", "large"]);
    assert_eq!((anna.read("out/a.txt"), anna.read("out/empty")), (b"a".to_vec(), vec![]));
    assert!(anna.read("out/large") == large);
    // The sources are as they were.
    assert_eq!(anna.read("a.txt"), b"a");
    // Beside themselves, where the name is free.
    fs::remove_file(anna.at("a.txt")).unwrap();
    anna.open(["decrypt", "a.txt.sealed"]).ok();
    assert_eq!(anna.read("a.txt"), b"a");
}

#[test]
fn pipes_work_both_ways() {
    let anna = Person::new();
    let sealed = anna.open_with("piped", [&SEAL[..], &["-"]].concat()).ok();
    assert!(!sealed.out.windows(5).any(|bytes| bytes == b"piped"));
    assert_eq!(anna.open_with(&sealed.out, ["decrypt", "-"]).ok().out, b"piped");
    anna.open_with("piped", [&SEAL[..], &["-", "-o", "f.sealed"]].concat()).ok();
    assert_eq!(anna.open(["decrypt", "f.sealed", "-o", "-"]).ok().out, b"piped");
    // Cut short, a pipe gets what was verified, and the status says that it is not all.
    let cut = &sealed.out[..sealed.out.len() - 1];
    let said = anna.open_with(cut, ["decrypt", "-"]).ended(5);
    said.says(&["changed or cut short"]);
    assert_eq!(anna.files(), ["f.sealed"]);
}

#[test]
fn one_that_fails_does_not_keep_the_others_from_it() {
    let anna = Person::new();
    anna.write("one", "1");
    anna.write("two", "2");
    let said = anna.open([&SEAL[..], &["one", "missing", "two"]].concat()).ended(1);
    said.says(&["There is no file “missing", "Wrote one.sealed", "Wrote two.sealed"]);
    assert_eq!(anna.files(), ["one", "one.sealed", "two", "two.sealed"]);
    said.says(&[&format!("Wrote one.sealed ({} B).", anna.read("one.sealed").len())]);
    // Nobody is asked for a passphrase where there is nothing to do with it.
    anna.run(["encrypt", "--passphrase", "missing", "gone"]).ended(1);
    anna.run(["decrypt", "missing"]).refused(1, &["There is no file “missing"]);
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_leaves_nothing() {
    let anna = Person::new();
    anna.write("a", "a");
    anna.open([&SEAL[..], &["a"]].concat()).ok();
    anna.write("wrong", "battery staple\n");
    anna.run(["decrypt", "a.sealed", "-o", "out", "--passphrase-file", "wrong"]).refused(3, &["Wrong passphrase"]);
    anna.run(["decrypt", "a.sealed", "-o", "out"]).refused(2, &["--passphrase-file"]);
    anna.run(["encrypt", "a"]).ended(2);
    assert_eq!(anna.files(), ["a", "a.sealed", "wrong"]);
}

#[test]
fn names_are_made_from_names_and_never_overwritten() {
    let anna = Person::new();
    anna.write("a", "a");
    anna.write("plain.bin", "not sealed, and with no ending");
    anna.open([&SEAL[..], &["a"]].concat()).ok();
    let before = anna.read("a.sealed");
    anna.open([&SEAL[..], &["a"]].concat()).refused(1, &["a.sealed” exists already", "--force"]);
    anna.open(["decrypt", "a.sealed"]).refused(1, &["a” exists already", "--force"]);
    assert_eq!((anna.read("a"), anna.read("a.sealed")), (b"a".to_vec(), before.clone()));
    anna.open([&SEAL[..], &["a", "--force"]].concat()).ok();
    assert_ne!(anna.read("a.sealed"), before);
    anna.open(["decrypt", "a.sealed", "--force"]).ok();
    fs::rename(anna.at("a.sealed"), anna.at("renamed")).unwrap();
    anna.open(["decrypt", "renamed"]).refused(2, &["does not end in .sealed", "-o FILE"]);
    anna.open(["decrypt", "renamed", "-o", "new"]).ok();
    anna.open(["decrypt", "renamed", "-o", "renamed", "--force"]).refused(1, &["would replace itself"]);
    anna.open(["decrypt", "plain.bin", "-o", "out"]).refused(1, &["is not a sealed file"]);
    fs::create_dir(anna.at("d")).unwrap();
    fs::create_dir(anna.at("e")).unwrap();
    anna.write("d/a", "other");
    let said = anna.open([&SEAL[..], &["a", "d/a", "-o", "e"]].concat()).ended(1);
    said.says(&["would be written twice"]);
    anna.open([&SEAL[..], &["a", "d/a", "-o", "-"]].concat()).refused(2, &["standard output"]);
}

#[test]
fn a_file_that_asks_for_much_memory_is_told_before_it_is_tried() {
    let anna = Person::new();
    anna.write("plan", "the plan");
    anna.open(["encrypt", "plan", "--passphrase"]).ok();
    let usual = anna.open(["decrypt", "plan.sealed", "-o", "-"]).ok();
    assert!(!usual.err.contains("MiB"), "{}", usual.err);
    // The record's version, memory in KiB, passes and lanes.
    let (light, heavy) = ([1, 0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4], [1, 0, 4, 4, 0, 0, 0, 0, 3, 0, 0, 0, 4]);
    let mut sealed = anna.read("plan.sealed");
    let at = sealed.windows(light.len()).position(|bytes| bytes == light).unwrap();
    sealed[at..at + heavy.len()].copy_from_slice(&heavy);
    anna.write("heavy.sealed", sealed);
    let refused = anna.open(["decrypt", "heavy.sealed"]).refused(3, &["heavy.sealed takes up to 257 MiB"]);
    assert!(refused.err.find("257 MiB") < refused.err.find("Wrong passphrase"), "{}", refused.err);
    let quiet = anna.open(["decrypt", "heavy.sealed", "--quiet"]).refused(3, &["Wrong passphrase"]);
    assert!(!quiet.err.contains("MiB"), "{}", quiet.err);
}
