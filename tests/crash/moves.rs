//! Moving to another KMS key, cut off and killed: until its last transaction the old key opens everything, and after it the new one.

use std::collections::HashMap;

use super::counts::{Count, publish, table};
use super::faults::{Fault, Stage, Then};
use super::judge::{Judge, Seen};
use super::script::{Command, VAULT, command, prepared, record, run};
use super::sweep::{ALL, SAMPLE, assert_clean, cut_off};
use crate::support::cli::Person;
use crate::support::disk::{Thoroughness, View};
use crate::support::fake_kms::FakeKms;
use crate::support::secret_service::SecretService;

/// The suite cuts the power off at every so many moments.
const SAMPLE_EVERY: usize = 23;
/// And kills in every so many writes.
const KILL_EVERY: usize = 5;
/// And lets every so many writes and flushes fail.
const FAULT_EVERY: usize = 6;

/// Somebody with a profile for a KMS of two keys.
struct Desk {
    kms: FakeKms,
    keys: [String; 2],
}

impl Desk {
    fn new() -> Self {
        let kms = FakeKms::start();
        let keys = [(); 2].map(|()| kms.make_key().to_string());
        Self { kms, keys }
    }

    fn person<'a>(&self, keyring: &'a SecretService) -> Person<'a> {
        let person = prepared(Person::with_keyring(keyring));
        let endpoint = self.kms.endpoint();
        let add = ["profile", "add", "work", "--region", FakeKms::REGION, "--endpoint-url", &endpoint];
        let who = ["--access-key-id", FakeKms::ACCESS_KEY_ID];
        person.run_with(format!("{}\n", FakeKms::SECRET_ACCESS_KEY), [&add[..], &who].concat()).ok();
        person
    }

    fn judge(&self) -> Judge {
        Judge::with_kms(self.kms.profile("work"))
    }

    /// What there is to be moved: history, and a body in a file of its own.
    fn first(&self) -> Vec<Command> {
        vec![
            command("new", &["new", "--passphrase", "--vault", VAULT], ""),
            command("add a note", &["add", "note", "Codes", "--set-stdin", "text"], "first"),
            command("edit a note", &["edit", "Codes", "--set-stdin", "text"], "second"),
            command("put a large document", &["put", "large.bin"], ""),
        ]
    }

    fn add_slot(&self) -> Command {
        command("slot add, of a KMS key", &["slot", "add", "--kms", &self.keys[0], "--profile", "work"], "")
    }

    fn rewrap(&self) -> Command {
        command("rewrap", &["rewrap", "--kms", &self.keys[1], "--profile", "work"], "")
    }

    /// Everything is there, under the first key.
    fn stage<'a>(&self, keyring: &'a SecretService) -> Stage<'a> {
        let first = self.first().into_iter().chain([self.add_slot()]);
        Stage::after(self.person(keyring), self.judge(), first)
    }

    fn cut_off(&self, how: Thoroughness, every: usize) -> Vec<Count> {
        let (keyring, judge, mut commands) = (SecretService::start(), self.judge(), self.first());
        let first = commands.len();
        commands.extend([self.add_slot(), self.rewrap()]);
        let (all, recorded) = record(&judge, &self.person(&keyring), commands);
        cut_off(&judge, &all, &recorded, first, how, every)
    }
}

/// The numbers of all writes into the database or its log, of the thread that has the most.
fn writes(log: &str) -> usize {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for line in log.lines() {
        let (pid, call) = line.split_once(' ').unwrap();
        if call.trim_start().starts_with("pwrite64(") {
            *counts.entry(pid).or_default() += 1;
        }
    }
    counts.into_values().max().unwrap_or(0)
}

/// Kills a rewrap in every `every`th of its writes, from the last one back. After each the vault is as it was promised to be, and the
/// same command ends what was begun. How often the old key was still there, and the new one.
fn kill(every: usize, until_old: usize) -> (usize, usize) {
    let (keyring, desk) = (SecretService::start(), Desk::new());
    let stage = desk.stage(&keyring);
    let rewrap = desk.rewrap();
    let done = stage.try_with(&rewrap, &[], Then::Nothing);
    done.said.ok();
    let see = || stage.judge.see(&View::of(&stage.root).tree()).unwrap().unwrap();
    let after = see();
    let is_moved = |seen: &Seen| stage.before.slots.keys().any(|slot| !seen.slots.contains_key(slot));
    assert!(is_moved(&after) && after.slots.len() == 2);
    let (mut old, mut new) = (0, 0);
    for number in (1..=writes(&done.log)).rev().step_by(every) {
        let inject = format!("inject=pwrite64:signal=SIGKILL:when={number}");
        let tried = stage.try_with(&rewrap, &["-e".to_owned(), inject], Then::Nothing);
        if !tried.said.was_killed() {
            continue;
        }
        stage.examine(Fault::Kill, &after, &tried.said, &tried.run).unwrap_or_else(|why| panic!("{number}: {why}"));
        if is_moved(&see()) {
            new += 1;
        } else {
            old += 1;
        }
        run(&stage.person, &rewrap, &["env".to_owned()]).ok();
        let ended = see();
        assert!(is_moved(&ended) && ended.is_like(&after), "{number}: the same command ends it");
        if old == until_old {
            break;
        }
    }
    (old, new)
}

#[test]
fn after_a_power_cut_in_a_move_either_key_that_is_in_use_opens_everything() {
    assert_clean(&Desk::new().cut_off(SAMPLE, SAMPLE_EVERY));
}

#[test]
fn killed_in_its_last_transaction_a_move_is_done_or_not_and_the_same_command_ends_it() {
    let (old, new) = kill(KILL_EVERY, 3);
    assert!(old > 0 && new > 0, "{old} before the commit, {new} after it");
}

#[test]
fn on_a_full_or_failing_disk_a_move_is_done_or_not_and_says_so() {
    let (keyring, desk) = (SecretService::start(), Desk::new());
    let faults = [(Fault::Full, FAULT_EVERY), (Fault::Flush, FAULT_EVERY)];
    let (_, wrong) = desk.stage(&keyring).attack(&desk.rewrap(), &faults, &[Then::Nothing]);
    assert!(wrong.is_empty(), "{} are not what was promised:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// `make crash`.
#[test]
#[ignore = "takes minutes; `make crash` runs it, and publishes the counts"]
fn in_full() {
    let counts = Desk::new().cut_off(ALL, 1);
    assert_clean(&counts);
    let (old, new) = kill(1, usize::MAX);
    assert!(old > 0 && new > 0, "{old} before the commit, {new} after it");
    let killed = format!(
        "\nKilled in each write of a `rewrap`: {old} times the old key was there yet, {new} times the new one stood in its place.\n"
    );
    publish("moves", &(table(&counts) + &killed));
}
