//! This test binary, started again for one case that needs a process of its own: another environment, another terminal, or
//! limits that can't be taken back.
//!
//! Such a case is an ignored test next to the one that runs it; run by hand it would act on the person's own session, so it
//! asks [`assert_inside`] first.

use std::process::Command;

const INSIDE: &str = "SEALKEEP_TEST_CASE";

/// The command that runs the ignored test at `path`, such as `keyring::cases::round_trip`.
pub fn case(path: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([path, "--exact", "--ignored", "--nocapture"]).env(INSIDE, path).env("RUST_BACKTRACE", "0");
    command
}

/// Runs the case, and panics with what it said unless it passed; returns what it printed.
pub fn passes(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{complaints}");
    said
}

/// The first line of a case.
pub fn assert_inside() {
    assert!(std::env::var_os(INSIDE).is_some(), "a test beside this one runs it, in a process made for it");
}
