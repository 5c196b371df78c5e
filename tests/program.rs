//! The window's program, as far as it goes without a window: its arguments, and what it says without a display.

use std::path::Path;
use std::process::{Command, Output};

use sealkeep::worker::{LockReason, What};

use crate::expect;
use crate::support::window::{Window, vault_in};

fn program(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealkeep"));
    for display in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XDG_RUNTIME_DIR"] {
        command.env_remove(display);
    }
    command.env("SEALKEEP_HOME", home).args(arguments);
    command
}

fn sealkeep(home: &Path, arguments: &[&str]) -> Output {
    program(home, arguments).output().unwrap()
}

fn said(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn without_a_display_it_says_so_and_names_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [&[][..], &["Family.sealkeep"][..]] {
        let output = sealkeep(home.path(), arguments);
        assert_eq!(output.status.code(), Some(1));
        let words = said(&output.stderr);
        assert!(words.contains("no display") && words.contains("sealkeep-cli"), "{words}");
    }
}

#[test]
fn a_display_that_does_not_answer_is_named_in_our_own_words() {
    let home = tempfile::tempdir().unwrap();
    let mut command = program(home.path(), &[]);
    let output = command.env("DISPLAY", ":59999").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let words = said(&output.stderr);
    for word in ["no window could be opened on the display “:59999”", "$DISPLAY", "sealkeep-cli"] {
        assert!(words.contains(word), "{words}");
    }
    assert!(!words.contains(".rs"), "no path of somebody's source: {words}");
}

#[test]
fn arguments_that_mean_nothing_are_refused_with_the_usage() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [&["--unlock"][..], &["one.sealkeep", "two.sealkeep"][..], &["--lock", "now"][..]] {
        let output = sealkeep(home.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output.stderr).contains("Usage: sealkeep [VAULT]"));
    }
    let version = sealkeep(home.path(), &["--version"]);
    assert_eq!(
        (version.status.code(), said(&version.stdout)),
        (Some(0), concat!("sealkeep ", env!("CARGO_PKG_VERSION"), "\n"))
    );
    assert!(said(&sealkeep(home.path(), &["--help"]).stdout).contains("--lock"));
}

#[test]
fn lock_reaches_a_running_window_and_is_content_where_none_runs() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(sealkeep(home.path(), &["--lock"]).status.code(), Some(0), "nothing runs");
    let mut window = Window::open(home.path());
    window.send(sealkeep::worker::Command::Start);
    expect!(window, What::Started { .. });
    window.create(&vault_in(home.path()));
    assert_eq!(sealkeep(home.path(), &["--lock"]).status.code(), Some(0));
    expect!(window, What::Locked(LockReason::Requested));
}
