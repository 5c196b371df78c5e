//! Many keys at once: importing, and moving everything to another KMS key, with a KMS that takes as long as one in a region does.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Extent;
use super::people::Person;

/// How long each answer takes.
const DELAY: Duration = Duration::from_millis(20);
const IMPORTED: usize = 1_000;
const MOVED: usize = 10_000;

pub fn measure(person: &Person, folder: &Path, extent: Extent) -> String {
    let vault = folder.join("Moves.sealkeep");
    let cli = |command: &str| {
        let mut cli = person.cli([command, "--vault"]);
        cli.arg(&vault);
        cli
    };
    super::people::run(cli("new").args(person.by_kms()));
    let moved = if extent.rounds == 1 { MOVED / 5 } else { MOVED };
    person.kms.set_delay(DELAY);
    person.kms.take_high_water();
    let begun = Instant::now();
    import(cli("add"), IMPORTED);
    let importing = (begun.elapsed(), person.kms.take_high_water());
    person.kms.set_delay(Duration::ZERO);
    import(cli("add"), moved - IMPORTED);

    person.kms.set_delay(DELAY);
    let new = person.kms.make_key();
    person.kms.take_high_water();
    let calls = person.kms.count("ReEncrypt");
    let begun = Instant::now();
    let output = cli("rewrap").args(["--json", "--kms", new.as_str()]).output().unwrap();
    let moving = (begun.elapsed(), person.kms.take_high_water());
    person.kms.set_delay(Duration::ZERO);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert!(said["replaced"] == true && said["proof"]["naming_old"] == 0, "{said}");
    let calls = person.kms.count("ReEncrypt") - calls;

    let row = |what: &str, count: usize, (took, (most, throttled)): (Duration, (usize, u64))| {
        let seconds = took.as_secs_f64();
        let each = seconds * 1000.0 / count as f64;
        format!("| {what} | {seconds:.2} s | {each:.1} ms | {most} | {throttled} |\n")
    };
    format!(
        "Each answer of the KMS takes {} ms; in turns, one after the other, {moved} keys would take {} s for that alone. \
         Each command is a process of its own, start and unlock included; {calls} calls of ReEncrypt; what is moved is saved 256 at a time.\n\n\
         | what | time | each | most calls on their way | refused |\n|---|---|---|---|---|\n{}{}",
        DELAY.as_millis(),
        DELAY.as_millis() as usize * moved / 1000,
        row(&format!("{IMPORTED} logins imported (`add --jsonl`)"), IMPORTED, importing),
        row(&format!("{moved} keys moved to another KMS key (`rewrap`), and the proof"), moved, moving),
    )
}

fn import(mut cli: Command, count: usize) {
    let mut child = cli.args(["--jsonl", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = child.stdin.take().unwrap();
    for number in 0..count {
        let line = serde_json::json!({
            "kind": "login", "title": format!("Login {number}"), "fields": { "username": "anna", "password": "hunter2" }
        });
        writeln!(lines, "{line}").unwrap();
    }
    drop(lines);
    assert!(child.wait().unwrap().success());
}
