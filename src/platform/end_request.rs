//! The request to end (SIGTERM, SIGINT, SIGHUP): passed on to whoever has something to put away first.
//!
//! Owns: the dispositions of these signals in a program with a window; the command line has `interrupt.rs`.
//! Invariant: a second signal ends the process whatever it is doing, and a signal that was ignored from the start stays so.
#![allow(unsafe_code)]

use std::io::Read;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

use libc::{c_int, sigaction, sighandler_t};

use super::PlatformError;

const SIGNALS: [c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// The end that the handler writes to. It stays open for as long as the process lives.
static TELL: OnceLock<UnixStream> = OnceLock::new();
/// Its descriptor, for the handler, which may touch nothing but atomics; negative before there is one.
static TELL_FD: AtomicI32 = AtomicI32::new(-1);

/// Somebody wants this process to end. Dropped, it goes on, and the next signal ends it.
#[derive(Debug)]
pub struct EndRequest(c_int);

impl EndRequest {
    /// Ends the process as the signal would have done, so that whoever sent it sees that.
    pub fn end(self) {
        // SAFETY: raising a signal takes no pointers; its disposition became the default one when it came.
        unsafe { libc::raise(self.0) };
    }
}

/// Calls `on_request`, on a thread of its own, when a signal asks this process to end. To be called once; later calls have no
/// effect.
///
/// # Errors
/// `Hardening` where the system has no socket or thread left.
pub fn on_end_request(on_request: impl FnOnce(EndRequest) + Send + 'static) -> Result<(), PlatformError> {
    let failed = |source| PlatformError::Hardening { what: "noticing requests to end", source };
    let (tell, mut told) = UnixStream::pair().map_err(failed)?;
    // A handler must never wait.
    tell.set_nonblocking(true).map_err(failed)?;
    let fd: RawFd = tell.as_raw_fd();
    if TELL.set(tell).is_err() {
        return Ok(());
    }
    TELL_FD.store(fd, Ordering::Relaxed);
    let waiting = move || {
        let mut signal = [0];
        if told.read_exact(&mut signal).is_ok() {
            on_request(EndRequest(c_int::from(signal[0])));
        }
    };
    thread::Builder::new().name("end requests".to_owned()).spawn(waiting).map_err(failed)?;
    SIGNALS.into_iter().for_each(listen_to);
    Ok(())
}

extern "C" fn tell(signal: c_int) {
    let byte = u8::try_from(signal).unwrap_or_default();
    // SAFETY: `write` may be called in a signal handler; it reads one byte of a live local. `errno` is put back for whoever was
    // interrupted.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        libc::write(TELL_FD.load(Ordering::Relaxed), (&raw const byte).cast(), 1);
        *errno = before;
    }
}

/// Sets the handler, for one signal, unless it is ignored, as `nohup` has it.
fn listen_to(signal: c_int) {
    // SAFETY: both structures are plain data, for which all zeros are a valid value, and live through the calls; the handler
    // does what a handler may.
    unsafe {
        let mut before: sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &raw mut before) != 0 || before.sa_sigaction == libc::SIG_IGN {
            return;
        }
        let mut action: sigaction = std::mem::zeroed();
        action.sa_sigaction = tell as extern "C" fn(c_int) as sighandler_t;
        action.sa_flags = libc::SA_RESETHAND | libc::SA_RESTART;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
    }
}
