//! The window.

use std::process::ExitCode;

use sealkeep::platform;

#[global_allocator]
static ALLOCATOR: platform::Allocator = platform::WIPING_ALLOCATOR;

fn main() -> ExitCode {
    // The file dialog's process: it must not be hardened, and holds no secret.
    if platform::run_dialog_helper() {
        return ExitCode::SUCCESS;
    }
    if platform::harden().is_err() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
