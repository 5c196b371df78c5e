//! What the process does for its secrets before it has any: no core dumps, no reading by other processes, private files, an
//! allocator that wipes, panics that say nothing of what was in use.
//!
//! Invariant: [`harden`] runs before any secret is read. A process that is not hardened (the file dialog's, see
//! `dialogs.rs`) gets no key, no passphrase and no content.

use std::alloc::System;
use std::panic::PanicHookInfo;
use std::path::Path;

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit};

use super::PlatformError;

/// Wipes every allocation as it is freed, also those of crates that know nothing of secrets.
pub type Allocator = zeroizing_alloc::ZeroAlloc<System>;

/// The value for each binary's `#[global_allocator]`:
/// `static ALLOCATOR: platform::Allocator = platform::WIPING_ALLOCATOR;`
pub const WIPING_ALLOCATOR: Allocator = zeroizing_alloc::ZeroAlloc(System);

/// Switches core dumps off, keeps other processes of the same user out of this one's memory, and makes every new file
/// private. Call it first in `main`.
///
/// # Errors
/// `Hardening` with the call that failed; going on without it is for a person to decide.
pub fn harden() -> Result<(), PlatformError> {
    let nothing = Rlimit { current: Some(0), maximum: Some(0) };
    rustix::process::setrlimit(Resource::Core, nothing)
        .map_err(|errno| PlatformError::Hardening { what: "switching core dumps off", source: errno.into() })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|errno| PlatformError::Hardening { what: "closing the process's memory", source: errno.into() })?;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    Ok(())
}

/// From now on a panic says where it was, through `say`, and nothing of what: a panic's own message can hold anything.
pub fn say_panics_through(say: impl Fn(&str) + Send + Sync + 'static) {
    let hook = move |panic: &PanicHookInfo<'_>| {
        let place = panic.location().map(|place| {
            let file = Path::new(place.file()).file_name().unwrap_or_default();
            format!(" ({}:{})", file.display(), place.line())
        });
        say(&format!("Sealkeep failed in a way that it should not{}.", place.unwrap_or_default()));
    };
    std::panic::set_hook(Box::new(hook));
}
