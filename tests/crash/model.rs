//! The model of a disk: that it loses what a disk may lose, and nothing else.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::support::disk::{Chance, Node, ROOT, Run, Step, Thoroughness, View};

fn log_of(view: &View) -> Vec<u8> {
    let (_, bytes) = view.tree()[Path::new("log")].clone().unwrap();
    bytes.to_vec()
}

fn write(file: Node, sector: u64, byte: u8) -> Step {
    Step::Write { file, at: sector * 512, bytes: Arc::from([byte; 512]) }
}

/// A flush of the log fails, its place is written anew and flushed: the disk has what came last, whatever became of the rest.
#[test]
fn what_was_written_over_and_flushed_does_not_come_back_from_before_a_failed_flush() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log"), "").unwrap();
    let before = View::of(folder.path());
    let file = *before.names(ROOT).values().next().unwrap();
    let steps = vec![
        write(file, 0, b'a'),
        write(file, 1, b'a'),
        Step::FailedFlush(file),
        write(file, 0, b'b'),
        Step::Flush(file),
    ];
    let run = Run { before, steps };
    let last = run.points().last().unwrap().1;
    assert_eq!((last.settled.as_slice(), last.pending.as_slice()), (&[3][..], &[0, 1][..]));
    let states = last.states(Thoroughness { single: 2, torn: 2, chance: 20 }, &mut Chance(1));
    assert!(states.iter().all(|state| log_of(state)[..512] == [b'b'; 512]));
    let second: HashSet<_> = states.iter().map(|state| log_of(state).get(512).copied()).collect();
    assert!(second.contains(&Some(b'a')) && second.len() == 2, "what was not may be there, or not: {second:?}");
}
