//! How many calls reach AWS KMS, counted by the server.

use std::path::Path;

use super::Extent;
use super::people::{Person, run};

pub fn measure(person: &Person, folder: &Path, _: Extent) -> String {
    let vault = folder.join("Bench.sealkeep");
    let in_vault = |command: &str| {
        let mut cli = person.cli([command, "--vault"]);
        cli.arg(&vault);
        cli
    };
    let count = |command: &mut std::process::Command| {
        let before = person.kms.calls().len();
        run(command);
        person.kms.actions().split_off(before)
    };
    let mut rows = Vec::new();
    rows.push(("make a vault", count(in_vault("new").args(person.by_kms()))));
    rows.push(("unlock, add an item", count(in_vault("add").args(["login", "Example", "--set", "username=anna"]))));
    for number in 0..9 {
        run(in_vault("add").args(["note", &format!("Note {number}")]));
    }
    rows.push(("unlock, list 10 items", count(&mut in_vault("ls"))));
    rows.push(("unlock, search", count(in_vault("ls").arg("note"))));
    rows.push(("unlock, open one item", count(in_vault("show").arg("Example"))));
    let line =
        |(what, actions): (&str, Vec<String>)| format!("| {what} | {} | {} |\n", actions.len(), actions.join(", "));
    let table: String = rows.into_iter().map(line).collect();
    format!("Calls at the wire, each command a process of its own.\n\n| what | calls | which |\n|---|---|---|\n{table}")
}
