//! The end of the time that nobody was there, for an open vault: kept by a thread of its own.
//!
//! Owns: the idle clock, shared with that thread. Whatever the worker's own thread is doing when the time is up, the epoch ends here,
//! and with it every read of the vault; what is left of the lock is then the worker's.
//! Invariant: once the time was found to be up, it stays so until the vault is locked. A hand on the mouse comes too late.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::idle::{IdleClock, Look};
use crate::platform::{Alarm, Now, PlatformError};

/// Reads the clocks.
pub(super) type Clock = Arc<dyn Fn() -> Now + Send + Sync>;

/// The idle clock, and who watches it.
pub(super) struct Deadline {
    state: Arc<Mutex<State>>,
    alarm: Option<Alarm>,
}

struct State {
    idle: IdleClock,
    /// Whether a vault is open, and no lock has begun.
    is_open: bool,
    /// Whether its time was up, and the epoch has ended for that.
    is_up: bool,
}

impl State {
    /// The alarm rings: when it is to ring again.
    fn ring(&mut self, now: Now) -> Rung {
        if !self.is_open || self.is_up {
            return Rung::Nothing;
        }
        match self.idle.left(now) {
            None => Rung::Nothing,
            Some(Duration::ZERO) => {
                self.is_up = true;
                Rung::Up
            }
            Some(left) => Rung::Early(left),
        }
    }
}

/// What it means that the alarm rings.
#[derive(Debug, PartialEq, Eq)]
enum Rung {
    Nothing,
    /// It is time.
    Up,
    /// Somebody was there since it was set.
    Early(Duration),
}

impl Deadline {
    /// Watches `idle` by `clock`; `up` is called where its time is up while a vault is open, on a thread of its own. Without a thread
    /// to spare the clock is looked at when something happens, and only then.
    pub(super) fn start(
        idle: IdleClock,
        clock: Clock,
        up: impl Fn() + Send + 'static,
    ) -> (Self, Result<(), PlatformError>) {
        let state = Arc::new(Mutex::new(State { idle, is_open: false, is_up: false }));
        let watched = Arc::clone(&state);
        let ring = move || {
            let rung = look_at(&watched).ring(clock());
            match rung {
                Rung::Nothing => None,
                Rung::Up => {
                    up();
                    None
                }
                Rung::Early(left) => Some(left),
            }
        };
        match Alarm::start(ring) {
            Ok(alarm) => (Self { state, alarm: Some(alarm) }, Ok(())),
            Err(error) => (Self { state, alarm: None }, Err(error)),
        }
    }

    /// A vault was opened: its time begins.
    pub(super) fn begin_vault(&self, now: Now) {
        let mut state = self.state();
        state.idle.begin(now);
        (state.is_open, state.is_up) = (true, false);
    }

    /// There is no open vault, or it is being locked.
    pub(super) fn end_vault(&self) {
        let mut state = self.state();
        (state.is_open, state.is_up) = (false, false);
        drop(state);
        self.set_alarm(None);
    }

    /// See [`IdleClock::begin`].
    pub(super) fn begin(&self, now: Now) {
        self.state().idle.begin(now);
    }

    /// See [`IdleClock::set_minutes`].
    pub(super) fn set_minutes(&self, minutes: u32) {
        self.state().idle.set_minutes(minutes);
    }

    /// See [`IdleClock::still_here`].
    pub(super) fn still_here(&self, now: Now) -> bool {
        let mut state = self.state();
        !state.is_up && state.idle.still_here(now)
    }

    /// See [`IdleClock::look`].
    pub(super) fn look(&self, now: Now) -> Look {
        let (look, left) = {
            let mut state = self.state();
            let look = if state.is_up { Look::Due } else { state.idle.look(now) };
            (look, state.idle.left(now))
        };
        self.set_alarm(left);
        look
    }

    /// See [`IdleClock::left`].
    pub(super) fn left(&self, now: Now) -> Option<Duration> {
        self.state().idle.left(now)
    }

    fn set_alarm(&self, time: Option<Duration>) {
        if let Some(alarm) = &self.alarm {
            alarm.set(time);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        look_at(&self.state)
    }
}

fn look_at(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::channel;
    use std::time::SystemTime;

    use super::*;

    fn at(milliseconds: u64) -> Now {
        let time = Duration::from_millis(milliseconds);
        Now { monotonic: time, wall: SystemTime::UNIX_EPOCH + time }
    }

    #[test]
    fn the_time_is_up_also_where_nobody_looks_and_then_it_stays_so() {
        let time = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&time);
        let (say, said) = channel();
        let up = move || say.send(()).unwrap();
        let clock = Arc::new(move || at(clock.load(Ordering::SeqCst)));
        let (deadline, started) = Deadline::start(IdleClock::new(at(0), 1), clock, up);
        started.unwrap();
        deadline.begin_vault(at(0));
        assert!(matches!(deadline.look(at(59_999)), Look::Wait(Some(_), _)));
        // It rings before that, and sets itself again.
        time.store(60_000, Ordering::SeqCst);
        said.recv().unwrap();
        assert!(!deadline.still_here(at(59_999)));
        assert_eq!(deadline.look(at(59_999)), Look::Due);
        deadline.end_vault();
        deadline.begin_vault(at(60_000));
        assert!(deadline.still_here(at(60_001)));
    }

    #[test]
    fn without_a_vault_nothing_rings() {
        let mut state = State { idle: IdleClock::new(at(0), 1), is_open: false, is_up: false };
        assert_eq!(state.ring(at(90_000)), Rung::Nothing);
        state.is_open = true;
        assert_eq!(state.ring(at(20_000)), Rung::Early(Duration::from_secs(40)));
        assert_eq!(state.ring(at(60_000)), Rung::Up);
        assert_eq!(state.ring(at(60_000)), Rung::Nothing, "once");
    }
}
