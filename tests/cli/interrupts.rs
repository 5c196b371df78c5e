//! Ctrl+C, and worse: what was begun leaves nothing.

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};

use crate::support::cli::{Person, Said, names_in};

const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

fn end(child: Child, command: &Command) -> Said {
    Said::from_output(command, child.wait_with_output().unwrap())
}

#[test]
fn ctrl_c_while_sealing_leaves_no_file() {
    let anna = Person::new();
    let mut command =
        anna.interruptible(["encrypt", "-", "--passphrase", "--passphrase-file", "pw", "-o", "out.sealed"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than the pipe and a batch hold: when this is taken, some of it is sealed.
    stdin.write_all(&vec![7; 4 << 20]).unwrap();
    signal(&child, "-INT");
    drop(stdin);
    let said = end(child, &command);
    said.ended_by(SIGINT);
    said.says(&["Stopped", "Nothing half-written was left"]);
    assert_eq!(anna.files(), [""; 0]);
}

/// A file that takes a while, and no room.
fn huge(person: &Person<'_>) {
    fs::File::create(person.at("huge")).unwrap().set_len(8 << 30).unwrap();
}

fn begin_putting(person: &Person<'_>, command: &mut Command) -> Child {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Its body is being written.
    while names_in(&person.at("v.sealkeep/bodies")).is_empty() {
        std::thread::yield_now();
    }
    child
}

#[test]
fn ctrl_c_while_adding_a_document_leaves_the_vault_as_it_was() {
    let anna = Person::with_vault();
    huge(&anna);
    let mut command = anna.interruptible(["put", "huge", "--passphrase-file", "pw"]);
    let child = begin_putting(&anna, &mut command);
    signal(&child, "-INT");
    end(child, &command).ended_by(SIGINT);
    assert_eq!(anna.files_in("v.sealkeep/bodies"), [""; 0]);
    assert_eq!(anna.open(["ls"]).ok().text(), "");
}

#[test]
fn what_a_killed_import_left_is_gone_after_the_next_open() {
    let anna = Person::with_vault();
    anna.open(["add", "note", "Kept"]).ok();
    huge(&anna);
    let mut command = anna.command(["put", "huge", "--passphrase-file", "pw"]);
    let child = begin_putting(&anna, &mut command);
    signal(&child, "-KILL");
    end(child, &command).ended_by(SIGKILL);
    assert_eq!(anna.open(["ls", "--json"]).ok().json()[0]["title"], "Kept");
    assert_eq!(anna.files_in("v.sealkeep/bodies"), [""; 0]);
    anna.open(["check"]).ok();
}
