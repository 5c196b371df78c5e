//! The command line: wiring, arguments, and the wording of errors. What it does is `session`'s and `vault`'s business.

mod alarm;
mod args;
mod chosen;
mod commands;
mod context;
mod error;
mod fields;
mod input;
mod output;
mod person;
mod progress;
mod strength;
mod table;
mod text;
mod unlock;
mod wording;

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use sealkeep::platform::{self, Allocator, InterruptWatch, WIPING_ALLOCATOR};

use crate::args::{Cli, mistake};
use crate::context::Context;
use crate::error::CliError;
use crate::output::Output;
use crate::wording::{Worded, word};

#[global_allocator]
static ALLOCATOR: Allocator = WIPING_ALLOCATOR;

/// The exit status where everything was done, and something damaged was found on the way.
pub const DAMAGED: u8 = 5;

fn main() -> ExitCode {
    platform::say_panics_through(|what| {
        Output { json: false, quiet: false }.error(&Worded::new(what, "Please report it.", 1));
    });
    // Before anything is read.
    if let Err(error) = platform::harden() {
        Output { json: false, quiet: false }.error(&Worded::of(&error, "Nothing was read.", 1));
        return ExitCode::FAILURE;
    }
    // Unwinding drops, and so wipes, what was in use.
    ExitCode::from(panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or(1))
}

fn run() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return say_usage(&error),
    };
    let context = Context::new(cli.global);
    // From here on Ctrl+C is noticed, and what was begun is cleaned up before it is obeyed.
    let watch = InterruptWatch::start();
    let status = match commands::run(&context, cli.command) {
        Ok(()) if context.is_damaged() => DAMAGED,
        Ok(()) | Err(CliError::BrokenPipe) => 0,
        Err(CliError::Said(code)) => code,
        Err(error) => word(&error).map_or(1, |worded| {
            context.out.error(&worded);
            worded.code
        }),
    };
    if status != 0 && watch.came() {
        drop(context);
        // So that a shell sees what ended it; returns where no signal came.
        watch.end();
    }
    status
}

/// What clap has to say: help and the version on standard output, everything else as an error.
fn say_usage(error: &clap::Error) -> u8 {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that went away has seen enough.
        let _ = error.print();
        return 0;
    }
    let wants_json = |argument: OsString| argument == "--json";
    if std::env::args_os().skip(1).any(wants_json) {
        let text = error.to_string();
        Output { json: true, quiet: true }.error(&Worded::new(mistake(&text), "See sealkeep-cli --help.", 2));
    } else {
        let _ = error.print();
    }
    2
}
