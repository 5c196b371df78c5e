//! Disks that are full, flushes that fail, and kills, at the Nth call of each command: injected into the program as it is.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use super::counts::{publish, show};
use super::judge::{Judge, Seen};
use super::script::{Command, VAULT, commands, prepare, run};
use crate::support::cli::{Person, Said};
use crate::support::disk::{Chance, Run, Thoroughness, Tree, View, lay_out};
use crate::support::syscalls::{Recorder, assert_installed, recording};

/// What happens at the Nth call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// From the Nth write into the database or its log on, the disk is full.
    Full,
    /// The Nth flush fails: what it was to make durable may be there after a power cut, or not.
    Flush,
    /// The program is killed in the Nth write.
    Kill,
}

impl Fault {
    const ALL: [Self; 3] = [Self::Full, Self::Flush, Self::Kill];

    fn calls(self) -> &'static [&'static str] {
        match self {
            Self::Full => &["pwrite64"],
            Self::Flush => &["fsync", "fdatasync"],
            Self::Kill => &["write", "pwrite64"],
        }
    }

    fn inject(self, number: usize) -> String {
        let calls = self.calls().join(",");
        match self {
            Self::Full => format!("inject={calls}:error=ENOSPC:when={number}+"),
            Self::Flush => format!("inject={calls}:error=EIO:when={number}"),
            Self::Kill => format!("inject={calls}:signal=SIGKILL:when={number}"),
        }
    }

    /// How often a log has one of the calls, at most in one thread: `strace` counts each thread and each call apart.
    fn count(self, log: &str) -> usize {
        let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
        for line in log.lines() {
            let (pid, call) = line.split_once(' ').unwrap();
            let call = call.trim_start().split('(').next().unwrap();
            if self.calls().contains(&call) {
                *counts.entry((pid, call)).or_default() += 1;
            }
        }
        counts.into_values().max().unwrap_or(0)
    }

    /// Whether it came to it: how the work falls to threads is chance.
    fn happened(self, said: &Said, log: &str) -> bool {
        if self == Self::Kill { said.was_killed() } else { log.contains("(INJECTED)") }
    }
}

/// What comes between a flush that failed and the power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Nothing,
    /// The vault is unlocked once more.
    Unlock,
    /// The same, while another program has it open all the time.
    UnlockBeside,
}

impl Then {
    const ALL: [Self; 3] = [Self::Nothing, Self::Unlock, Self::UnlockBeside];
}

/// What became of a command that something was injected into.
pub struct Tried {
    pub said: Said,
    pub run: Run,
    pub log: String,
    /// What has the vault open, where something has.
    _beside: Option<rusqlite::Connection>,
}

/// A vault that commands are tried on, again and again from the same beginning.
pub struct Stage<'a> {
    pub person: Person<'a>,
    pub root: PathBuf,
    base: Tree,
    logs: tempfile::TempDir,
    pub judge: Judge,
    pub before: Seen,
}

impl Stage<'static> {
    fn new() -> Self {
        let first = ["new (creation", "add a login", "add a note", "put a large"];
        Self::after(prepare(), Judge::default(), first.map(command))
    }
}

impl<'a> Stage<'a> {
    /// Where `person` has given these commands.
    pub fn after(person: Person<'a>, judge: Judge, first: impl IntoIterator<Item = Command>) -> Self {
        assert_installed();
        let root = person.at("").parent().unwrap().to_owned();
        for command in first {
            run(&person, &command, &["env".to_owned()]).ok();
        }
        let base = View::of(&root).tree();
        let before = judge.see(&base).unwrap().unwrap();
        Self { person, root, base, logs: tempfile::tempdir().unwrap(), judge, before }
    }

    /// Puts everything back to the beginning.
    fn reset(&self) {
        for entry in fs::read_dir(&self.root).unwrap().map(Result::unwrap) {
            // The folder that commands run in stays the same one.
            for inside in fs::read_dir(entry.path()).unwrap().map(|inside| inside.unwrap().path()) {
                if inside.is_dir() { fs::remove_dir_all(inside).unwrap() } else { fs::remove_file(inside).unwrap() }
            }
        }
        let inside = self.base.iter().filter(|(path, _)| path.components().count() > 1);
        lay_out(&inside.map(|(path, content)| (path.clone(), content.clone())).collect(), &self.root);
    }

    /// Runs `command` from the beginning with something injected; what it said, and what it and what came then did.
    pub fn try_with(&self, command: &Command, inject: &[String], then: Then) -> Tried {
        self.reset();
        let mut recorder = Recorder::new(&self.root, &self.person.at(""));
        let mut run = |command: &Command, inject: &[String]| {
            let log = self.logs.path().join("log");
            let said = run(&self.person, command, &[recording(&log), inject.to_vec()].concat());
            let log = fs::read_to_string(&log).unwrap();
            recorder.read(&log);
            (said, log)
        };
        let beside = (then == Then::UnlockBeside).then(|| {
            let database = rusqlite::Connection::open(self.person.at(VAULT).join("vault.db")).unwrap();
            database.query_row("SELECT count(*) FROM item", [], |row| row.get::<_, i64>(0)).unwrap();
            database
        });
        let (said, log) = run(command, inject);
        if then != Then::Nothing {
            let ls = Command { name: "ls", args: vec!["ls".to_owned()], input: String::new(), later: false };
            let (said, _) = run(&ls, &[]);
            // It may be another one by now.
            let other = command.name == "passphrase" && said.err.contains("Wrong passphrase");
            assert!(said.is_done() || other, "{said:?}");
        }
        Tried { said, run: recorder.run(), log, _beside: beside }
    }

    /// Tries `command` with each fault at every so many of its calls, flushes with each of `then`; how often it came to that, and
    /// what is wrong.
    pub fn attack(&self, command: &Command, faults: &[(Fault, usize)], then: &[Then]) -> (Vec<usize>, Vec<String>) {
        let Tried { said, log, .. } = self.try_with(command, &[], Then::Nothing);
        said.ok();
        let after = self.judge.see(&View::of(&self.root).tree()).unwrap().unwrap();
        let (mut counts, mut wrong) = (Vec::new(), Vec::new());
        for (fault, every) in faults {
            let (count, mut happened) = (fault.count(&log), 0);
            let then = if *fault == Fault::Flush { then } else { &[Then::Nothing] };
            let numbers = (1..=count).filter(|number| number % every == count / 2 % every);
            for (number, then) in numbers.flat_map(|number| then.iter().map(move |then| (number, *then))) {
                let tried = self.try_with(command, &["-e".to_owned(), fault.inject(number)], then);
                if fault.happened(&tried.said, &tried.log) {
                    happened += 1;
                    let found = self.examine(*fault, &after, &tried.said, &tried.run).err();
                    let at = format!("{}, {fault:?} at {number} of {count}, then {then:?}", command.name);
                    wrong.extend(found.map(|why| format!("{at}: {why}")));
                }
            }
            assert!(happened > 0, "{}, {fault:?}: it never happened", command.name);
            counts.push(happened);
        }
        (counts, wrong)
    }

    pub fn examine(&self, fault: Fault, after: &Seen, said: &Said, run: &Run) -> Result<(), String> {
        let done = said.is_done();
        match fault {
            _ if done || fault == Fault::Kill => {}
            Fault::Full if !said.err.contains("No space is left") => return Err(format!("it said: {}", said.err)),
            _ => {
                let lines = said.err.trim_end().lines().count();
                if lines < 2 || said.err.contains("panic") {
                    return Err(format!("what happened, and what to do? {}", said.err));
                }
            }
        }
        let is_allowed = |seen: Option<&Seen>| {
            let Some(seen) = seen else { return false };
            let came = seen.is_like(after) && seen != &self.before;
            came || !done && (seen == &self.before || seen.is_adding_to(&self.before))
        };
        self.judge.judge(&View::of(&self.root).tree(), &is_allowed)?;
        if fault == Fault::Flush {
            // And then the power goes: what was acknowledged does not rest on what failed.
            let how = Thoroughness { single: 2, torn: 0, chance: 2 };
            let last = run.points().last().unwrap().1;
            for state in last.states(how, &mut Chance(number_of(run))) {
                self.judge.judge(&state.tree(), &is_allowed).map_err(|why| format!("after a power cut: {why}"))?;
            }
        }
        Ok(())
    }
}

fn number_of(run: &Run) -> u64 {
    run.steps.len() as u64 + 1
}

fn command(name: &str) -> Command {
    commands().into_iter().find(|command| command.name.starts_with(name)).unwrap()
}

/// What is tried. They all work on a vault with a login, a note and a large document.
const COMMANDS: [&str; 6] =
    ["add a note, for", "edit a note", "put another large", "purge a large", "slot add", "passphrase"];

#[test]
fn on_a_full_or_failing_disk_or_killed_a_command_is_done_or_not_and_says_so() {
    let stage = Stage::new();
    let sample = [(Fault::Full, 30), (Fault::Flush, 12), (Fault::Kill, 40)];
    let mut wrong = Vec::new();
    for (number, name) in COMMANDS.into_iter().enumerate() {
        wrong.extend(stage.attack(&command(name), &sample[number % 3..][..1], &[Then::Nothing]).1);
    }
    assert!(wrong.is_empty(), "{} are not what was promised:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Where a body of its own comes or goes with the rows that fail to be flushed: each flush, because it matters which.
#[test]
fn a_failed_flush_takes_no_file_from_rows_that_may_come_back() {
    let stage = Stage::new();
    let with_bodies = ["put another large", "purge a large"];
    let wrong: Vec<_> = with_bodies
        .into_iter()
        .flat_map(|name| stage.attack(&command(name), &[(Fault::Flush, 1)], &Then::ALL).1)
        .collect();
    assert!(wrong.is_empty(), "{} are not what was promised:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// `make crash`.
#[test]
#[ignore = "takes minutes; `make crash` runs it, and publishes the counts"]
fn in_full() {
    let stage = Stage::new();
    let mut wrong = Vec::new();
    let mut table = "| command | full disk | failed flush | kill |\n|---|--:|--:|--:|\n".to_owned();
    for name in COMMANDS {
        let command = command(name);
        let (counts, found) = stage.attack(&command, &Fault::ALL.map(|fault| (fault, 1)), &Then::ALL);
        let counts: Vec<_> = counts.iter().map(usize::to_string).collect();
        table += &format!("| {} | {} |\n", command.name, counts.join(" | "));
        wrong.extend(found);
    }
    show(&table);
    assert!(wrong.is_empty(), "{} are not what was promised:\n{}", wrong.len(), wrong.join("\n\n"));
    publish("faults", &table);
}

/// A vault that was being made is there, or it is not.
#[test]
fn a_vault_whose_making_was_killed_or_had_no_room_is_made_the_next_time() {
    assert_installed();
    let making = command("new (creation");
    for inject in [Fault::Full.inject(3), Fault::Full.inject(20), Fault::Kill.inject(12), Fault::Flush.inject(4)] {
        let (person, logs) = (prepare(), tempfile::tempdir().unwrap());
        let strace = [recording(&logs.path().join("log")), vec!["-e".to_owned(), inject.clone()]].concat();
        let said = run(&person, &making, &strace);
        assert!(!said.is_done() && !person.at(VAULT).exists(), "{inject}: {said:?}");
        run(&person, &making, &["env".to_owned()]).ok();
        person.open(["check"]).ok();
    }
}
