//! Every moment of every command, and what the disk may hold after it.

use std::collections::HashSet;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest, Sha256};

use super::counts::{Count, publish, show, table};
use super::judge::{Judge, Seen};
use super::script::{Recorded, commands, prepare, record};
use crate::support::disk::{Chance, Run, Step, Thoroughness, Tree};

/// What the suite tries, at every so many moments.
pub const SAMPLE: Thoroughness = Thoroughness { single: 1, torn: 1, chance: 1 };
const SAMPLE_EVERY: usize = 37;
/// What is tried before a release.
pub const ALL: Thoroughness = Thoroughness { single: 4, torn: 2, chance: 4 };

/// One state to be opened.
struct State {
    command: usize,
    moment: String,
    tree: Tree,
    /// The command's result was printed, or it had ended.
    acknowledged: bool,
}

fn sweep(how: Thoroughness, every: usize) -> Vec<Count> {
    let judge = Judge::default();
    let (run, recorded) = record(&judge, &prepare(), commands());
    cut_off(&judge, &run, &recorded, 0, how, every)
}

/// Cuts the power off at every `every`th moment of the commands from the `first` on; what was tried of each of these.
pub fn cut_off(
    judge: &Judge,
    run: &Run,
    recorded: &[Recorded],
    first: usize,
    how: Thoroughness,
    every: usize,
) -> Vec<Count> {
    let counts = recorded.iter().map(|command| Count {
        name: command.name.to_owned(),
        steps: command.steps.len(),
        ..Count::default()
    });
    let counts = Mutex::new(counts.collect::<Vec<_>>());
    let (sender, receiver) = sync_channel::<State>(64);
    let receiver = Arc::new(Mutex::new(receiver));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            let (receiver, counts, judge, recorded) = (Arc::clone(&receiver), &counts, judge, recorded);
            scope.spawn(move || {
                loop {
                    let next = receiver.lock().unwrap().recv();
                    let Ok(state) = next else { return };
                    let command = &recorded[state.command];
                    let allowed = |seen: Option<&Seen>| is_allowed(command, state.acknowledged, seen);
                    if let Err(why) = judge.judge(&state.tree, &allowed) {
                        let why = format!("{}, {}: {why}", command.name, state.moment);
                        counts.lock().unwrap()[state.command].failures.push(why);
                    }
                }
            });
        }
        make_states(run, recorded, how, every, |state| {
            if state.command < first {
                return;
            }
            counts.lock().unwrap()[state.command].states += 1;
            sender.send(state).unwrap();
        });
        drop(sender);
    });
    let mut counts = counts.into_inner().unwrap();
    for (count, command) in counts.iter_mut().zip(recorded) {
        count.points = run.points().filter(|(at, _)| command.steps.contains(at)).count();
    }
    counts.split_off(first)
}

fn is_allowed(command: &Recorded, acknowledged: bool, seen: Option<&Seen>) -> bool {
    if seen == command.after.as_ref() {
        return true;
    }
    let between = match (seen, &command.before, &command.after) {
        (Some(seen), Some(before), Some(after)) => seen.is_between(before, after),
        _ => false,
    };
    !acknowledged && (seen == command.before.as_ref() || between)
}

/// What may be there at every `every`th moment, each state once.
fn make_states(run: &Run, recorded: &[Recorded], how: Thoroughness, every: usize, mut found: impl FnMut(State)) {
    let mut chance = Chance(4711);
    let mut known = HashSet::new();
    for (_, (at, point)) in run.points().enumerate().filter(|(turn, _)| turn % every == 0) {
        // After the last step of a command it has ended.
        let command = recorded.iter().position(|command| at <= command.steps.end).unwrap();
        let begin = recorded[command].steps.start;
        let said = run.steps[begin.min(at)..at].iter().any(|step| matches!(step, Step::Said));
        let acknowledged = said || at == recorded[command].steps.end;
        let states = point.states(how, &mut chance);
        for (number, view) in states.into_iter().enumerate() {
            let tree = view.tree();
            if known.insert((command, acknowledged, digest(&tree))) {
                let moment = format!("state {number} after step {} of {}", at - begin, recorded[command].steps.len());
                found(State { command, moment, tree, acknowledged });
            }
        }
    }
}

fn digest(tree: &Tree) -> [u8; 32] {
    let mut digest = Sha256::new();
    for (path, content) in tree {
        digest.update(path.to_str().unwrap());
        if let Some((mode, bytes)) = content {
            digest.update([b'\n']);
            digest.update(mode.to_be_bytes());
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes.as_slice());
        }
        digest.update([0]);
    }
    digest.finalize().into()
}

pub fn assert_clean(counts: &[Count]) {
    show(&table(counts));
    let failures: Vec<_> = counts.iter().flat_map(|count| &count.failures).collect();
    let shown: Vec<_> = failures.iter().take(8).map(|failure| failure.as_str()).collect();
    assert!(failures.is_empty(), "{} states are not what was promised:\n{}", failures.len(), shown.join("\n\n"));
}

#[test]
fn after_a_power_cut_at_any_step_what_was_acknowledged_is_there_and_nothing_is_half_there() {
    let counts = sweep(SAMPLE, SAMPLE_EVERY);
    assert_clean(&counts);
}

/// `make crash`.
#[test]
#[ignore = "takes minutes; `make crash` runs it, and publishes the counts"]
fn in_full() {
    let counts = sweep(ALL, 1);
    assert_clean(&counts);
    publish("counts", &table(&counts));
}
