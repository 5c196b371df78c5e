//! The window.

use std::io::Write;
use std::process::ExitCode;

use sealkeep::platform;
use sealkeep::ui::{self, Window};
use sealkeep::worker::{WorkerHandle, WorkerOptions};

#[global_allocator]
static ALLOCATOR: platform::Allocator = platform::WIPING_ALLOCATOR;

fn main() -> ExitCode {
    // The file dialog's process: it must not be hardened, and holds no secret.
    if platform::run_dialog_helper() {
        return ExitCode::SUCCESS;
    }
    if platform::harden().is_err() {
        return failure("this process can't be protected from being read by others, so no vault is opened in it");
    }
    let prefer_x11 = std::env::var_os("DISPLAY").is_some_and(|name| !name.is_empty());
    let window = Window { size: None, prefer_x11 };
    let options = WorkerOptions { end_on_signals: true, ..WorkerOptions::default() };
    match ui::run(window, |wake| WorkerHandle::start(options, move || wake())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(&error.to_string()),
    }
}

fn failure(what: &str) -> ExitCode {
    // Where nobody reads this, there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "sealkeep: {what}");
    ExitCode::FAILURE
}
