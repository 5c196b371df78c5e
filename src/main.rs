//! The window: its arguments, and wiring.

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use sealkeep::platform;
use sealkeep::session::{self, Home, SessionError};
use sealkeep::ui::{self, RunError, Window};
use sealkeep::worker::{WorkerHandle, WorkerOptions};

#[global_allocator]
static ALLOCATOR: platform::Allocator = platform::WIPING_ALLOCATOR;

const USAGE: &str = "\
Usage: sealkeep [VAULT]     open the window; VAULT is a NAME.sealkeep folder to begin with
       sealkeep --lock      ask every running Sealkeep of this user to lock
       sealkeep --version

Everything that needs no window is in sealkeep-cli.
";

const NO_DISPLAY: &str = "there is no display to open a window on; sealkeep-cli does everything but show it";

/// What the arguments ask for.
enum Asked {
    Window(Option<PathBuf>),
    Lock,
    Say(String),
    Mistake(String),
}

fn main() -> ExitCode {
    platform::say_panics_through(|what| {
        failure(what);
    });
    // The file dialog's process: it must not be hardened, and of a vault it gets a name to save under at most.
    if platform::run_dialog_helper() {
        return ExitCode::SUCCESS;
    }
    if platform::harden().is_err() {
        return failure("this process can't be protected from being read by others, so no vault is opened in it");
    }
    if platform::run_clipboard_helper() {
        return ExitCode::SUCCESS;
    }
    match read_arguments(env::args_os().skip(1)) {
        Asked::Window(vault) => open_window(vault),
        Asked::Lock => lock_all(),
        Asked::Say(text) => {
            // Where nobody reads this, there is nobody to tell.
            let _ = write!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Asked::Mistake(what) => {
            let _ = write!(std::io::stderr(), "sealkeep: {what}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn read_arguments(mut arguments: impl Iterator<Item = OsString>) -> Asked {
    let (first, second) = (arguments.next(), arguments.next());
    let Some(first) = first else { return Asked::Window(None) };
    if let Some(more) = second {
        return Asked::Mistake(format!("“{}” is one argument too many", more.display()));
    }
    match first.to_str() {
        Some("--lock") => Asked::Lock,
        Some("--help" | "-h") => Asked::Say(USAGE.to_owned()),
        Some("--version" | "-V") => Asked::Say(format!("sealkeep {}\n", env!("CARGO_PKG_VERSION"))),
        Some(option) if option.starts_with('-') => Asked::Mistake(format!("there is no option {option}")),
        _ => Asked::Window(Some(std::path::absolute(&first).unwrap_or_else(|_| first.into()))),
    }
}

fn open_window(vault: Option<PathBuf>) -> ExitCode {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let prefer_x11 = is_set("DISPLAY");
    if !prefer_x11 && !is_set("WAYLAND_DISPLAY") && !is_set("WAYLAND_SOCKET") {
        return failure(NO_DISPLAY);
    }
    // What can't be read here is told by the worker, in the window.
    let settings = Home::open().and_then(|home| Ok(home.settings().load()?.settings));
    let window = Window { size: settings.ok().and_then(|settings| settings.window), prefer_x11, vault };
    let options = WorkerOptions { end_on_signals: true, ..WorkerOptions::default() };
    match ui::run(window, |wake| WorkerHandle::start(options, move || wake())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(RunError::NoDisplay) => failure(&unreachable(prefer_x11)),
        Err(error) => failure(&format!("{error}; sealkeep-cli needs no window")),
    }
}

/// That the display which the environment names can't be used.
fn unreachable(x11: bool) -> String {
    let variable = if x11 { "DISPLAY" } else { "WAYLAND_DISPLAY" };
    let display = env::var_os(variable).unwrap_or_default();
    format!(
        "no window could be opened on the display “{}”. Check ${variable}, and that this user may use that display; \
         sealkeep-cli does everything without a window",
        display.display()
    )
}

fn lock_all() -> ExitCode {
    match Home::open().and_then(|home| session::lock_all(&home)) {
        Ok(asked) if asked.unanswered.is_empty() => ExitCode::SUCCESS,
        Ok(asked) => {
            let processes: Vec<_> = asked.unanswered.iter().map(u32::to_string).collect();
            failure(&format!("these did not say that they have locked: process {}", processes.join(", ")))
        }
        Err(error) => failure(&why(&error)),
    }
}

fn why(error: &SessionError) -> String {
    match error {
        SessionError::Platform(error) if !error.hint().is_empty() => format!("{error}. {}", error.hint()),
        error => error.to_string(),
    }
}

fn failure(what: &str) -> ExitCode {
    // Where nobody reads this, there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "sealkeep: {what}");
    ExitCode::FAILURE
}
