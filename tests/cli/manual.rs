//! What is said of the commands, in the help, in the manual and in hints, is what there is.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::cli::Person;

/// The commands below `group`, as its help lists them.
fn listed(anna: &Person<'_>, group: &[&str]) -> Vec<String> {
    let help = anna.run([group, &["--help"]].concat()).ok();
    let Some((_, list)) = help.text().split_once("Commands:\n") else { return Vec::new() };
    let list = list.lines().take_while(|line| !line.is_empty());
    // A command stands further left than what is said about it.
    let names = list.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

/// Every command, as its words.
fn commands(anna: &Person<'_>) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for name in listed(anna, &[]) {
        match listed(anna, &[&name]).as_slice() {
            [] => all.push(vec![name]),
            members => all.extend(members.iter().map(|member| vec![name.clone(), member.clone()])),
        }
    }
    all
}

/// The words of `text` that begin with two hyphens.
fn options(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| letter != '-' && !letter.is_ascii_alphanumeric());
    words.filter(|word| word.starts_with("--") && word.len() > 2).collect()
}

/// Whether `about` has `option` by its one letter, as `help` tells it.
fn has_short(about: &str, help: &str, option: &str) -> bool {
    let letters = help.lines().filter_map(|line| line.trim_start().split_once(&format!(", {option} ")));
    letters.map(|(letter, _)| letter).any(|letter| about.contains(&format!("{letter} ")))
}

#[test]
fn help_names_every_command_and_every_exit_status() {
    let anna = Person::new();
    let names = listed(&anna, &[]);
    for name in [
        "new",
        "status",
        "ls",
        "add",
        "put",
        "show",
        "get",
        "edit",
        "tag",
        "rm",
        "restore",
        "purge",
        "history",
        "prune",
        "retention",
        "generate",
        "check",
        "salvage",
        "accept",
        "slot",
        "passphrase",
        "drill",
        "encrypt",
        "decrypt",
        "profile",
        "policy",
        "lock",
    ] {
        assert!(names.iter().any(|listed| listed == name), "{name}");
    }
    let help = anna.run(["--help"]).ok();
    for word in ["--vault", "--passphrase-file", "--profile", "--key", "--json", "SEALKEEP_HOME"] {
        assert!(help.text().contains(word), "{word}");
    }
    let (_, statuses) = help.text().split_once("Exit status:\n").unwrap();
    let numbers: Vec<_> = statuses.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(numbers, ["0", "1", "2", "3", "4", "5", "6"]);
    assert!(anna.run(["--version"]).ok().text().starts_with("sealkeep-cli "));
    anna.run(["lock", "--json"]).ok();
}

#[test]
fn the_manual_has_every_command_and_every_option() {
    let manual = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md")).unwrap();
    let anna = Person::new();
    let help = anna.run(["--help"]).ok();
    let everywhere = options(help.text());
    for option in &everywhere {
        assert!(manual.contains(option) || ["--help", "--version"].contains(option), "{option}");
    }
    let all = commands(&anna);
    assert!(all.len() > 30, "{all:?}");
    for command in all {
        let name = command.join(" ");
        let about: String = manual.lines().filter(|line| line.contains(&format!("`{name}"))).collect();
        assert!(!about.is_empty(), "{name}");
        let help = anna.run(command.iter().map(String::as_str).chain(["--help"])).ok();
        for option in options(help.text()).difference(&everywhere) {
            assert!(about.contains(option) || has_short(&about, help.text(), option), "{option} of {name}: {about}");
        }
    }
}

#[test]
fn hints_name_commands_and_options_that_exist() {
    let anna = Person::new();
    let all = commands(&anna);
    let help = anna.run(["--help"]).ok();
    let everywhere = options(help.text());
    let mut sources = String::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    // The window may name some, too.
    for folder in ["bin/sealkeep-cli", "ui"] {
        read_all(&source.join(folder), &mut sources);
    }
    let mut named = BTreeSet::new();
    for rest in sources.split("sealkeep-cli ").skip(1) {
        let words: Vec<&str> = rest
            .split(|letter: char| !matches!(letter, 'a'..='z' | '-' | ' '))
            .next()
            .map(|words| words.split_whitespace().collect())
            .unwrap_or_default();
        // What follows a command may be the rest of a sentence.
        let command =
            all.iter().find(|command| words.starts_with(&command.iter().map(String::as_str).collect::<Vec<_>>()));
        match command {
            Some(command) => {
                named.insert(command.join(" "));
                let help = anna.run(command.iter().map(String::as_str).chain(["--help"])).ok();
                for option in words.iter().filter(|word| word.starts_with("--")) {
                    assert!(help.text().contains(option), "{command:?} has no {option}");
                }
            }
            None if words.iter().all(|word| everywhere.contains(word)) => {}
            None => panic!("{words:?} is no command"),
        }
    }
    assert!(named.len() > 15, "{named:?}");
}

fn read_all(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, into);
        } else {
            into.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}
