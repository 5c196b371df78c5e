//! Input that can't be: each says what to do, ends with the right status, and leaves nothing behind.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::cli::{Person, Said, names_in, set_mode};

const SEAL: [&str; 2] = ["encrypt", "--passphrase"];

fn seal(person: &Person<'_>, args: &[&str]) -> Said {
    person.open([&SEAL[..], args].concat())
}

#[test]
fn what_is_not_a_vault_is_said_to_be_none() {
    let anna = Person::new();
    anna.write("file", "text");
    fs::create_dir(anna.at("folder")).unwrap();
    fs::create_dir(anna.at("almost")).unwrap();
    anna.write("almost/vault.db", "this is no database at all, and long enough to be looked at as if it were one");
    for place in ["file", "folder", "missing"] {
        anna.open(["ls", "--vault", place]).refused(1, &[place, "is not a vault", "sealkeep-cli new"]);
    }
    let said = anna.open(["ls", "--vault", "almost"]);
    said.says(&["vault"]);
    // Looking at it leaves no trace.
    assert_eq!(anna.files(), ["almost", "file", "folder"]);
    assert_eq!((anna.files_in("almost"), anna.files_in("folder")), (vec!["vault.db".to_owned()], vec![]));
}

#[test]
fn a_newer_vault_is_left_alone() {
    let anna = Person::with_vault();
    let db = rusqlite::Connection::open(anna.at("v.sealkeep/vault.db")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let before = anna.read("v.sealkeep/vault.db");
    for command in ["ls", "status", "check"] {
        anna.open([command]).refused(1, &["format 99", "up to 1", "newer Sealkeep"]);
    }
    assert!(anna.read("v.sealkeep/vault.db") == before);
}

#[test]
fn a_wrong_passphrase_is_denied() {
    let anna = Person::with_vault();
    anna.write("wrong", "correct horse battery stapler\n");
    anna.run(["ls", "--passphrase-file", "wrong"]).refused(3, &["Wrong passphrase", "Try again"]);
    anna.write("empty", "");
    anna.run(["ls", "--passphrase-file", "empty"]).refused(2, &["passphrase is empty"]);
    anna.write("binary", b"\xFF\xFE\n");
    anna.run(["ls", "--passphrase-file", "binary"]).refused(1, &["not text in UTF-8"]);
    anna.run(["ls", "--passphrase-file", "missing"]).refused(1, &["There is no file “missing"]);
    anna.open(["ls"]).ok();
}

#[test]
fn a_source_that_vanished_is_told() {
    let anna = Person::with_vault();
    anna.open(["put", "gone"]).refused(1, &["There is no file “gone", "Check the name"]);
    seal(&anna, &["gone"]).refused(1, &["There is no file “gone"]);
    anna.open(["decrypt", "gone.sealed"]).refused(1, &["There is no file “gone.sealed"]);
    anna.open(["add", "--jsonl", "gone"]).refused(1, &["There is no file “gone"]);
    assert_eq!(anna.files(), ["v.sealkeep"]);
}

/// A disk that is nearly full: a small one of its own, mounted where nobody else sees it; where even that is not allowed, a
/// limit of what a file may grow to, which fails in the same places.
struct SmallDisk {
    start: Vec<&'static str>,
    mounts: bool,
}

impl SmallDisk {
    fn find() -> Self {
        // Root needs no user namespace for a mount namespace, and in a container may not have one.
        let starts = [&["unshare", "--mount"][..], &["unshare", "--user", "--map-root-user", "--mount"]];
        let mounts = |start: &&&[&str]| {
            let probe = ["sh", "-c", "mount -t tmpfs none /tmp"];
            Command::new(start[0]).args(&start[1..]).args(probe).output().is_ok_and(|done| done.status.success())
        };
        match starts.iter().find(mounts) {
            Some(start) => Self { start: [start, &["sh", "-c"][..]].concat(), mounts: true },
            None => Self { start: vec!["sh", "-c"], mounts: false },
        }
    }

    /// Runs `script` with `small` on a disk of so many kilobytes. In it `$0` is the command line, and `FULL` stands before what
    /// is to find the disk full.
    fn run(&self, person: &Person<'_>, kilobytes: u32, script: &str) -> Said {
        let (mount, full) = match self.mounts {
            true => (format!("mount -t tmpfs -o size={kilobytes}k none small && "), ""),
            false => (String::new(), "ulimit -f 1000; trap '' XFSZ;"),
        };
        let script = format!("{mount}{}", script.replace("FULL", full));
        Said::of(&mut person.through(&[&self.start[..], &[&script]].concat(), [""; 0]))
    }
}

#[test]
fn a_full_disk_loses_nothing_and_keeps_nothing_half_written() {
    let anna = Person::with_vault();
    anna.open(["add", "note", "Kept", "--set", "text=kept"]).ok();
    anna.write("big", vec![5; 2_000_000]);
    anna.open(["put", "big", "--title", "in the vault"]).ok();
    seal(&anna, &["big"]).ok();
    fs::create_dir(anna.at("small")).unwrap();
    let disk = SmallDisk::find();
    let words = if disk.mounts { ["no room on the disk", "Free some space"] } else { ["too large", "another disk"] };
    for command in
        ["encrypt big --passphrase -o small/out", "decrypt big.sealed -o small/out", "get 'in the vault' -o small/out"]
    {
        let script = format!("(FULL $0 --passphrase-file pw {command}); s=$?; ls -A small >&2; exit $s");
        let said = disk.run(&anna, 512, &script).ended(1);
        said.says(&["small/out", words[0], words[1]]);
        assert_eq!(said.err.lines().count(), 2, "nothing is left there: {}", said.err);
    }
    // A vault there: what does not fit fails whole, what was there stays, what fits still works.
    let script = "cp -a v.sealkeep small/v.sealkeep && export SEALKEEP_VAULT=small/v.sealkeep && O='--passphrase-file pw' && \
                  head -c 2500000 /dev/zero > small/filler && ls small/v.sealkeep/bodies > before && \
                  (FULL $0 $O put big --title more); s=$?; ls small/v.sealkeep/bodies > after; cmp before after >&2 && \
                  rm small/filler && $0 $O show Kept --field text && $0 $O add note After && $0 $O check && exit $s";
    let said = disk.run(&anna, 5000, script).ended(1);
    said.says(&["space", "Nothing was lost"]);
    assert!(said.text().starts_with("kept\n"), "{}", said.text());
    // Standard output, too.
    let full = fs::File::create("/dev/full").unwrap();
    let args = ["get", "in the vault", "-o", "-", "--passphrase-file", "pw", "--vault", "v.sealkeep"];
    let mut command = anna.command(args);
    let output = command.stdout(full).output().unwrap();
    Said::from_output(&command, output).ended(1).says(&["Standard output can't be written"]);
}

#[test]
fn a_read_only_folder_is_told_and_left_alone() {
    let anna = Person::with_vault();
    anna.write("a", "a");
    seal(&anna, &["a"]).ok();
    anna.open(["put", "a"]).ok();
    fs::create_dir(anna.at("ro")).unwrap();
    set_mode(&anna.at("ro"), "a-w");
    for args in [
        &["encrypt", "a", "--passphrase", "-o", "ro"][..],
        &["decrypt", "a.sealed", "-o", "ro/"],
        &["get", "a", "-o", "ro"],
    ] {
        anna.unprivileged(args).refused(1, &["ro/a", "can't be written", "may write to"]);
    }
    anna.unprivileged(["new", "--passphrase", "--vault", "ro/new.sealkeep"])
        .refused(1, &["ro/new.sealkeep", "may write to"]);
    assert_eq!(anna.files_in("ro"), [""; 0]);
}

#[test]
fn names_that_are_not_text_are_kept_byte_for_byte_or_asked_for() {
    let anna = Person::with_vault();
    let odd = OsStr::from_bytes(b"odd \xFF\n.txt");
    fs::write(anna.at(odd), "odd").unwrap();
    let args = |words: &[&'static str]| words.iter().map(|word| OsStr::new(*word)).chain([odd]).collect::<Vec<_>>();
    anna.open(args(&SEAL)).ok();
    let sealed = anna.at(OsStr::from_bytes(b"odd \xFF\n.txt.sealed"));
    fs::remove_file(anna.at(odd)).unwrap();
    anna.open([OsStr::new("decrypt"), sealed.as_os_str()]).ok();
    assert_eq!(fs::read(anna.at(odd)).unwrap(), b"odd");
    anna.open(args(&["put"])).refused(1, &["not text in UTF-8", "--title"]);
    anna.open(args(&["put", "--title", "Odd"])).ok();
    anna.open(["get", "Odd", "-o", "out"]).ok();
    assert_eq!(anna.read("out"), b"odd");
    anna.open([OsStr::new("put"), OsStr::from_bytes(b"missing \xFF")]).refused(1, &["There is no file “missing"]);
}

#[test]
fn names_never_lead_out_of_a_folder() {
    let anna = Person::with_vault();
    fs::create_dir(anna.at("inner")).unwrap();
    anna.write("plain", "p");
    anna.write("a", "a");
    for title in ["../evil", "/tmp/evil", "..", ".", "a/b", "new\nline"] {
        anna.open(["put", "plain", "--title", title]).ok();
        anna.open(["get", title]).refused(1, &["can't be the name of a file", "-o PATH"]);
        anna.open(["get", title, "-o", "inner/"]).refused(1, &["can't be the name of a file"]);
    }
    anna.open(["get", "../evil", "-o", "chosen"]).ok();
    // A path's way there is the person's own; only its last part becomes a name.
    anna.open(["put", "inner/../a"]).ok();
    assert_eq!(
        anna.open(["ls", "--json"]).ok().json().as_array().unwrap().iter().filter(|i| i["title"] == "a").count(),
        1
    );
    seal(&anna, &["inner/../a"]).ok();
    anna.open(["decrypt", "inner/../a.sealed", "-o", "inner"]).ok();
    for name in [".sealed", "..sealed", "...sealed"] {
        fs::copy(anna.at("a.sealed"), anna.at("inner").join(name)).unwrap();
        anna.open(["decrypt", &format!("inner/{name}")]).refused(2, &["-o FILE"]);
    }
    assert_eq!(anna.files(), ["a", "a.sealed", "chosen", "inner", "plain", "v.sealkeep"]);
    assert_eq!(names_in(&anna.at("..")), ["home", "work"]);
}

#[test]
fn what_is_too_long_is_told_before_anything_is_saved() {
    let anna = Person::with_vault();
    anna.open(["add", "note", &"x".repeat(5000)]).refused(1, &["Too long: title", "Shorten it"]);
    anna.open(["add", "note", "N", "--tag", &"x".repeat(300)]).refused(1, &["Too long", "Shorten it"]);
    let large = "x".repeat((1 << 20) + 1);
    anna.open_with(&large, ["add", "note", "N", "--set-stdin", "text"]).refused(1, &["more than 1048576 bytes"]);
    anna.open_with(&large[1..], ["add", "note", "N", "--set-stdin", "text"]).ok();
    assert_eq!(anna.open(["show", "N", "--field", "text"]).ok().out.len(), 1 + (1 << 20));
    anna.write("long", "x".repeat(70_000));
    anna.run(["ls", "--passphrase-file", "long"]).refused(1, &["too long for a secret"]);
    assert_eq!(anna.open(["ls"]).ok().text().lines().count(), 1);
}

#[test]
fn an_empty_file_is_a_file() {
    let anna = Person::with_vault();
    anna.write("empty", "");
    anna.open(["put", "empty"]).ok();
    anna.open(["get", "empty", "-o", "out"]).ok();
    assert_eq!(anna.read("out"), b"");
    seal(&anna, &["empty"]).ok();
    assert_eq!(anna.open(["decrypt", "empty.sealed", "-o", "-"]).ok().out, b"");
    // Where something should be in it, that is said.
    anna.open(["decrypt", "empty", "-o", "x"]).refused(5, &["ends inside its header", "another copy"]);
    anna.run(["decrypt", "empty", "-o", "x", "--passphrase-file", "empty"]).ended(5);
    assert_eq!(anna.open_with("", ["add", "--jsonl", "-"]).ok().text(), "");
}

#[test]
fn links_are_followed_to_files_and_nowhere_else() {
    let anna = Person::with_vault();
    anna.write("target", "t");
    symlink("target", anna.at("link")).unwrap();
    symlink("nowhere", anna.at("dangling")).unwrap();
    symlink("loop", anna.at("loop")).unwrap();
    symlink(".", anna.at("folder-link")).unwrap();
    anna.open(["put", "link"]).ok();
    assert_eq!(anna.open(["get", "link", "-o", "-"]).ok().out, b"t");
    anna.open(["put", "dangling"]).refused(1, &["There is no file “dangling"]);
    anna.open(["put", "loop"]).ended(1).says(&["loop” can't be read"]);
    anna.open(["put", "folder-link"]).refused(1, &["is a folder"]);
    // A link in the output's place counts as something that exists; replaced, what it led to stays.
    anna.open(["get", "link", "-o", "dangling"]).refused(1, &["dangling” exists already"]);
    seal(&anna, &["target", "-o", "out"]).ok();
    anna.write("precious", "p");
    symlink("precious", anna.at("to-precious")).unwrap();
    anna.open(["decrypt", "out", "-o", "to-precious"]).refused(1, &["exists already"]);
    anna.open(["decrypt", "out", "-o", "to-precious", "--force"]).ok();
    assert_eq!((anna.read("precious"), anna.read("to-precious")), (b"p".to_vec(), b"t".to_vec()));
    assert!(!anna.at("nowhere").exists());
}

#[test]
fn a_kind_that_there_is_not_is_no_empty_list() {
    let anna = Person::with_vault();
    assert_eq!(anna.open(["ls", "--kind", "document"]).ok().text(), "");
    anna.open(["ls", "--kind", "documents"]).refused(2, &["no kind “documents”", "login, note and document"]);
}

#[test]
fn what_a_file_is_sealed_for_is_asked_for_by_all_its_names() {
    let anna = Person::new();
    anna.write("a", "a");
    anna.run(["encrypt", "a"]).refused(2, &["--kms", "--passphrase"]);
}

#[test]
fn a_folder_is_no_file() {
    let anna = Person::with_vault();
    fs::create_dir(anna.at("folder")).unwrap();
    anna.write("folder/inside", "i");
    anna.write("a", "a");
    anna.run(["ls", "--passphrase-file", "folder"]).refused(1, &["folder” is a folder", "Name a file"]);
    anna.open(["put", "folder"]).refused(1, &["folder” is a folder", "Name the files in it"]);
    seal(&anna, &["folder"]).refused(1, &["folder” is a folder", "Name the files in it"]);
    anna.open(["decrypt", "folder", "-o", "x"]).refused(1, &["folder” is a folder"]);
    fs::create_dir(anna.at("a.sealed")).unwrap();
    seal(&anna, &["a"]).refused(1, &["a.sealed” is a folder"]);
    seal(&anna, &["a", "--force"]).refused(1, &["a.sealed” is a folder"]);
    seal(&anna, &["a", "-o", "missing/"]).refused(1, &["no folder “missing", "Make the folder first"]);
    anna.open(["put", "/dev/null"]).refused(1, &["not a regular file", "to a file first"]);
    seal(&anna, &["/dev/null", "-o", "x"]).refused(1, &["not a regular file"]);
    assert_eq!(anna.files(), ["a", "a.sealed", "folder", "v.sealkeep"]);
}

#[test]
fn a_name_that_exists_is_never_taken() {
    let anna = Person::with_vault();
    let new = ["new", "--passphrase", "--vault"];
    anna.open([&new[..], &["v.sealkeep"]].concat()).refused(1, &["v.sealkeep” exists already", "another name"]);
    fs::create_dir(anna.at("empty")).unwrap();
    anna.open([&new[..], &["empty"]].concat()).refused(1, &["empty” exists already"]);
    symlink("nowhere", anna.at("link")).unwrap();
    anna.open([&new[..], &["link"]].concat()).refused(1, &["link” exists already"]);
    anna.open([&new[..], &["missing/v.sealkeep"]].concat())
        .refused(1, &["missing/v.sealkeep", "Make the folder above it"]);
    anna.open(["ls"]).ok();
    assert_eq!(anna.files(), ["empty", "link", "v.sealkeep"]);
}

#[test]
fn a_place_for_a_vault_that_cannot_be_is_refused_before_a_passphrase_is_asked_for() {
    let anna = Person::new();
    // There is neither a file with a passphrase nor a terminal: asking would say so.
    let said = anna.run(["--vault", "missing/v.sealkeep", "new", "--passphrase"]).refused(1, &["missing/v.sealkeep"]);
    assert!(!said.err.contains("terminal"), "{}", said.err);
    assert_eq!(anna.files(), Vec::<String>::new());
}
