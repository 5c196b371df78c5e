//! Ctrl+C, a request to end, a terminal that closes: noticed, instead of ending the process at once, while there is something
//! to clean up.
//!
//! Owns: the dispositions of SIGINT, SIGTERM and SIGHUP, for as long as an [`InterruptWatch`] lives.
//! Invariant: a second signal ends the process whatever it is doing, and a signal that was ignored from the start stays so.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicI32, Ordering};

use libc::{c_int, sigaction, sighandler_t};

const SIGNALS: [c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// The signal that came; 0 before one did.
static CAME: AtomicI32 = AtomicI32::new(0);

/// Notices signals until dropped. There is one at a time.
#[derive(Debug)]
pub struct InterruptWatch(());

impl InterruptWatch {
    /// Begins to notice signals.
    pub fn start() -> Self {
        CAME.store(0, Ordering::Relaxed);
        for signal in SIGNALS {
            set_action(signal, note as extern "C" fn(c_int) as sighandler_t, libc::SA_RESETHAND);
        }
        Self(())
    }

    /// Whether a signal came.
    pub fn came(&self) -> bool {
        interrupted()
    }

    /// Ends the process as the signal that came would have done, so that a shell sees what happened. Returns where none came.
    pub fn end(self) {
        let signal = CAME.load(Ordering::Relaxed);
        drop(self);
        if signal != 0 {
            // SAFETY: raising a signal takes no pointers; its disposition is the default one again, which ends the process.
            unsafe { libc::raise(signal) };
        }
    }
}

impl Drop for InterruptWatch {
    fn drop(&mut self) {
        for signal in SIGNALS {
            set_action(signal, libc::SIG_DFL, 0);
        }
    }
}

/// Sends this process the signal that Ctrl+C is: for what reads keys without the terminal's help. Ends the process, unless
/// somebody is to notice first.
pub(super) fn pass_on_ctrl_c() {
    // SAFETY: raising a signal takes no pointers; what it does is what Ctrl+C would have done.
    unsafe { libc::raise(libc::SIGINT) };
}

/// Whether a signal came since the last [`InterruptWatch`] was started.
pub fn interrupted() -> bool {
    CAME.load(Ordering::Relaxed) != 0
}

extern "C" fn note(signal: c_int) {
    // A relaxed store is all that is done here: it is one of the few things that a signal handler may do.
    CAME.store(signal, Ordering::Relaxed);
}

/// Sets what `signal` does, unless it is ignored, as `nohup` has it.
fn set_action(signal: c_int, handler: sighandler_t, flags: c_int) {
    // SAFETY: both structures are plain data, for which all zeros are a valid value, and live through the calls; the handler
    // is a function that only stores into an atomic. No SA_RESTART: whoever waits for input is to look up.
    unsafe {
        let mut before: sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &raw mut before) != 0 || before.sa_sigaction == libc::SIG_IGN {
            return;
        }
        let mut action: sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_noticed_once_and_not_obeyed() {
        let watch = InterruptWatch::start();
        assert!(!watch.came());
        // Not one of the others, which are ignored from the start where the tests run under `nohup` or in the background.
        // SAFETY: raising a signal takes no pointers.
        unsafe { libc::raise(libc::SIGTERM) };
        assert!(watch.came() && interrupted());
        drop(watch);
        assert!(!InterruptWatch::start().came(), "a new watch begins anew");
    }
}
