//! This program started once more, for one thing that a process of its own has to do.
//!
//! Owns: how such a process is started, and how it knows what it is. What the two say to each other, on pipes, is theirs: every
//! user of a machine can read every process's arguments.

use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// This very program, also when its file was replaced by an update meanwhile.
pub const OWN_PROGRAM: &str = "/proc/self/exe";

/// A helper that runs, and the pipes to it.
pub(super) struct Started {
    pub(super) process: Child,
    pub(super) input: ChildStdin,
    pub(super) output: ChildStdout,
}

/// Starts `program` as the helper that `mode`, its only argument, names. In a group of its own: what it started can be closed
/// with it, and a terminal's Ctrl+C goes to whoever asked.
pub(super) fn start(mut program: Command, mode: &str) -> io::Result<Started> {
    let mut process = program
        .arg(mode)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    match (process.stdin.take(), process.stdout.take()) {
        (Some(input), Some(output)) => Ok(Started { process, input, output }),
        _ => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

/// Whether this process was started as that helper.
pub(super) fn is_started_as(mode: &str) -> bool {
    let mut arguments = env::args_os().skip(1);
    arguments.next().is_some_and(|first| first == mode) && arguments.next().is_none()
}
