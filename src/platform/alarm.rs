//! An alarm that also rings after a sleep: what was due while the machine slept rings as soon as it wakes.
//!
//! Owns: one timer on the clock that counts time asleep, and the thread that waits for it.
//! Invariant: between two rings nothing runs.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::fd::{AsFd, OwnedFd};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};

use super::PlatformError;

/// Rings when it was set to, until dropped.
#[derive(Debug)]
pub struct Alarm {
    timer: Arc<OwnedFd>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Alarm {
    /// An alarm that is not set; `ring` is called on its thread, and should pass the word on and return: after how long it is to ring
    /// once more, if it is.
    ///
    /// # Errors
    /// `Hardening` where the system has no timer or thread left.
    pub fn start(mut ring: impl FnMut() -> Option<Duration> + Send + 'static) -> Result<Self, PlatformError> {
        let failed = |source| PlatformError::Hardening { what: "setting an alarm", source };
        let timer = rustix::time::timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::CLOEXEC)
            .map_err(|errno| failed(errno.into()))?;
        let mut waiting = File::from(timer.try_clone().map_err(failed)?);
        let stopping = Arc::new(AtomicBool::new(false));
        let thread = {
            let stopping = Arc::clone(&stopping);
            let wait = move || {
                while wait_for(&mut waiting).is_ok() && !stopping.load(Ordering::SeqCst) {
                    if let Some(time) = ring() {
                        set(&waiting, Some(time));
                        // Whoever said so just before was waiting for the ring that this put off.
                        if stopping.load(Ordering::SeqCst) {
                            return;
                        }
                    }
                }
            };
            thread::Builder::new().name("alarm".to_owned()).spawn(wait).map_err(failed)?
        };
        Ok(Self { timer: Arc::new(timer), stopping, thread: Some(thread) })
    }

    /// Rings once, after `time`; `None`: not at all. What it was set to before is forgotten.
    pub fn set(&self, time: Option<Duration>) {
        set(&*self.timer, time);
    }
}

fn set(timer: impl AsFd, time: Option<Duration>) {
    let nothing = Timespec { tv_sec: 0, tv_nsec: 0 };
    let time = time.map_or(nothing, |time| Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        // None at all would switch it off.
        tv_nsec: i64::from(time.subsec_nanos()).max(i64::from(time.is_zero())),
    });
    let once = Itimerspec { it_interval: nothing, it_value: time };
    // A timer that exists can be set to any time.
    let _ = rustix::time::timerfd_settime(timer, TimerfdTimerFlags::empty(), &once);
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.set(Some(Duration::ZERO));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Waits until the timer has rung.
fn wait_for(timer: &mut File) -> io::Result<()> {
    timer.read_exact(&mut [0; 8])
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn rings_once_for_each_time_it_is_set_and_not_after_it_was_put_off() {
        let (rung, rings) = mpsc::channel();
        let ring = move || {
            rung.send(()).unwrap();
            None
        };
        let alarm = Alarm::start(ring).unwrap();
        for _ in 0..2 {
            alarm.set(Some(Duration::ZERO));
            rings.recv().unwrap();
        }
        alarm.set(Some(Duration::from_secs(3600)));
        alarm.set(None);
        alarm.set(Some(Duration::from_millis(1)));
        rings.recv().unwrap();
        drop(alarm);
        assert!(rings.recv().is_err(), "it has ended, and was silent");
    }

    #[test]
    fn rings_again_where_its_ring_says_so_and_ends_all_the_same() {
        let (rung, rings) = mpsc::channel();
        let ring = move || rung.send(()).ok().map(|()| Duration::from_millis(1));
        let alarm = Alarm::start(ring).unwrap();
        alarm.set(Some(Duration::ZERO));
        (0..3).for_each(|_| rings.recv().unwrap());
        drop(alarm);
    }
}
