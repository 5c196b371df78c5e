//! Everything that writes, as a person does it on the command line, one command after the other, recorded.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::judge::{Judge, Seen};
use crate::support::cli::{PASSPHRASE, Person, Said};
use crate::support::disk::Run;
use crate::support::later;
use crate::support::syscalls::{QUICK, Recorder, assert_installed, recording};
use crate::support::vaults::bytes;

/// Where things stand in a person's folder.
pub const HOME: &str = "home";
pub const WORK: &str = "work";
pub const VAULT: &str = "v.sealkeep";
/// What is salvaged of it.
pub const SALVAGED: &str = "s.sealkeep";
pub const NEW_PASSPHRASE: &str = "another horse, another battery";
pub const RECOVERY: &str = "a recovery passphrase";
pub const PASSPHRASES: [&str; 2] = [PASSPHRASE, NEW_PASSPHRASE];
/// What stands beside the vault.
pub const FILES: [&str; 7] = ["pw", "pw-new", "pw-recovery", "small.txt", "large.bin", "other.bin", "log"];

/// A document that is a file of its own.
pub const LARGE: usize = 300_000;

/// One command.
pub struct Command {
    /// What the counts call it.
    pub name: &'static str,
    pub args: Vec<String>,
    pub input: String,
    /// Whether it is a good while later by the clock.
    pub later: bool,
}

/// What a command did.
pub struct Recorded {
    pub name: &'static str,
    /// Its steps in the whole run.
    pub steps: std::ops::Range<usize>,
    /// What is to be seen before it, and after.
    pub before: Option<Seen>,
    pub after: Option<Seen>,
}

/// A command, as it is typed.
pub fn command(name: &'static str, args: &[&str], input: &str) -> Command {
    Command { name, args: args.iter().map(|arg| (*arg).to_owned()).collect(), input: input.to_owned(), later: false }
}

/// A person with all the files that the commands need.
pub fn prepare() -> Person<'static> {
    prepared(Person::new())
}

/// The same of somebody.
pub fn prepared(person: Person<'_>) -> Person<'_> {
    person.write("pw-new", format!("{NEW_PASSPHRASE}\n"));
    person.write("pw-recovery", format!("{RECOVERY}\n"));
    person.write("small.txt", "a small document");
    person.write("large.bin", bytes(LARGE));
    person.write("other.bin", &bytes(LARGE + 70_000)[1..]);
    person
}

/// Everything that writes. `{slot}` is the slot that was added.
pub fn commands() -> Vec<Command> {
    vec![
        command("new (creation, and migration to the schema)", &["new", "--passphrase", "--vault", VAULT], ""),
        command(
            "add a login",
            &["add", "login", "GitHub", "--set", "username=anna", "--set-stdin", "password"],
            "hunter2",
        ),
        command("add a note", &["add", "note", "Codes", "--set-stdin", "text"], "first"),
        command("edit a note", &["edit", "Codes", "--set-stdin", "text"], "second"),
        command("restore a revision", &["restore", "Codes", "--revision", "1"], ""),
        command("edit a title and a tag", &["edit", "GitHub", "--title", "Forge", "--tag", "work"], ""),
        command("rename a tag", &["tag", "rename", "work", "office"], ""),
        command("put a small document", &["put", "small.txt"], ""),
        command("put a large document", &["put", "large.bin"], ""),
        command("put a document's next version", &["put", "other.bin", "--as", "large.bin"], ""),
        command("add six at once", &["add", "--jsonl", "-"], &batch()),
        command("to the trash", &["rm", "large.bin"], ""),
        command("out of the trash", &["restore", "large.bin"], ""),
        command("retention", &["retention", "--revisions", "2", "--document-revisions", "1"], ""),
        // What goes is listed before it does, which would look like a result: not so in JSON.
        command("prune notes and a large document", &["prune", "--json"], ""),
        command("purge a note", &["purge", "Codes"], ""),
        command("purge a large document", &["purge", "large.bin"], ""),
        command("put another large document", &["put", "other.bin"], ""),
        command("slot add", &["slot", "add", "--passphrase", "--new-passphrase-file", "pw-recovery"], ""),
        command("add a note, for two slots", &["add", "note", "Later", "--set-stdin", "text"], "later"),
        command("rekey, for two slots", &["rekey", "--recovery-file", "pw-recovery"], ""),
        command("slot rm", &["slot", "rm", "{slot}"], ""),
        command("a small document to the trash", &["rm", "small.txt"], ""),
        Command { later: true, ..command("purge what is past its time", &["purge", "--expired"], "") },
        command("salvage", &["salvage", SALVAGED], ""),
        command("passphrase", &["passphrase", "--new-passphrase-file", "pw-new"], ""),
    ]
}

/// Six items, a line each, one of them with a long text.
fn batch() -> String {
    let text = |number| if number == 3 { "a long text, ".repeat(700) } else { format!("text {number}") };
    let line = |number| json!({"kind": "note", "title": format!("Note {number}"), "fields": {"text": text(number)}});
    (0..6).map(|number| format!("{}\n", line(number))).collect()
}

/// Runs every one of `commands` under the recorder.
pub fn record(judge: &Judge, person: &Person<'_>, commands: Vec<Command>) -> (Run, Vec<Recorded>) {
    assert_installed();
    let root = person.at("").parent().unwrap().to_owned();
    let logs = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::new(&root, &person.at(""));
    let (mut recorded, mut before) = (Vec::new(), None);
    for (number, command) in commands.into_iter().enumerate() {
        let begin = recorder.steps();
        let log = logs.path().join(number.to_string());
        let clock = if command.later { later::program(logs.path()) } else { Vec::new() };
        run(person, &command, &[recording(&log), vec![QUICK.to_owned()], clock].concat()).ok();
        recorder.read(&fs::read_to_string(&log).unwrap());
        assert_same(&recorder, &root, command.name);
        let after = judge.see(&recorder.now().tree()).unwrap();
        recorded.push(Recorded { name: command.name, steps: begin..recorder.steps(), before, after: after.clone() });
        before = after;
    }
    (recorder.run(), recorded)
}

/// Runs one command through `program`.
pub fn run(person: &Person<'_>, command: &Command, program: &[String]) -> Said {
    let program: Vec<&str> = program.iter().map(String::as_str).collect();
    let slot = if command.args.iter().any(|arg| arg == "{slot}") { added_slot(person) } else { String::new() };
    let args = command.args.iter().map(|arg| arg.replace("{slot}", &slot));
    let all = ["--yes", "--passphrase-file", "pw"].map(str::to_owned).into_iter().chain(args);
    Said::with_input(&mut person.through(&program, all), command.input.as_bytes())
}

fn added_slot(person: &Person<'_>) -> String {
    let listed = person.open(["slot", "ls", "--json"]).ok().json();
    let slots = listed.as_array().or_else(|| listed["slots"].as_array()).unwrap();
    let added = slots.iter().find(|slot| slot["provider"] == "recovery").unwrap();
    added["id"].as_str().unwrap().to_owned()
}

/// What was recorded is all that happened: played back, it is what is in the folder.
fn assert_same(recorder: &Recorder, root: &Path, name: &str) {
    let is_counted = |path: &PathBuf| !path.to_string_lossy().ends_with("-shm");
    let (played, real) = (recorder.now().tree(), crate::support::disk::View::of(root).tree());
    assert!(played.keys().filter(|path| is_counted(path)).eq(real.keys().filter(|path| is_counted(path))), "{name}");
    for (path, content) in real.iter().filter(|(path, _)| is_counted(path)) {
        let modes = [played[path].as_ref(), content.as_ref()].map(|content| content.map(|(mode, _)| mode));
        assert_eq!(modes[0], modes[1], "{name}: the permissions of {}", path.display());
        assert!(played[path] == *content, "{name}: {} was written in a way that was not recorded", path.display());
    }
}
