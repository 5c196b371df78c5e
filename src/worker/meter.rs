//! How far a job has come, told at most ten times a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::outbox::Reply;
use super::stop::Stop;
use super::{JobKind, Progress, What};
use crate::vault::Watch;

/// Two events are at least this far apart.
const STEP: Duration = Duration::from_millis(100);
/// Before this, speed is a guess.
const TOO_EARLY: Duration = Duration::from_millis(500);

/// A job of one or more files.
pub(super) struct JobMeter {
    reply: Reply,
    stop: Stop,
    kind: JobKind,
    files_total: u64,
    total: u64,
    files_done: AtomicU64,
    /// Bytes that are through, of the file that is under way too.
    done: AtomicU64,
    start: Instant,
    pace: Pace,
}

impl JobMeter {
    pub(super) fn new(reply: Reply, stop: Stop, kind: JobKind, files_total: u64, total: u64) -> Arc<Self> {
        let counters = (AtomicU64::new(0), AtomicU64::new(0));
        let pace = Pace::default();
        let start = Instant::now();
        Arc::new(Self { reply, stop, kind, files_total, total, files_done: counters.0, done: counters.1, start, pace })
    }

    /// Begins a file, and tells the window.
    pub(super) fn file(self: &Arc<Self>, name: String, total: u64) -> Arc<FileMeter> {
        let before = self.done.load(Ordering::Relaxed);
        let file = FileMeter { job: Arc::clone(self), name, total, before, done: AtomicU64::new(0) };
        if self.pace.is_time(self.start.elapsed()) {
            file.tell();
        }
        Arc::new(file)
    }
}

/// One file of a job. Hand it to what seals or opens.
pub(super) struct FileMeter {
    job: Arc<JobMeter>,
    name: String,
    total: u64,
    /// Bytes of the job that were done when this file began.
    before: u64,
    done: AtomicU64,
}

impl FileMeter {
    /// The file is done, or left out: the job goes on as if all of it had gone through.
    pub(super) fn finish(&self) {
        self.job.done.store(self.before + self.total, Ordering::Relaxed);
        self.job.files_done.fetch_add(1, Ordering::Relaxed);
        self.done.store(self.total, Ordering::Relaxed);
        if self.job.pace.is_time(self.job.start.elapsed()) {
            self.tell();
        }
    }

    fn tell(&self) {
        let job = &self.job;
        let done = job.done.load(Ordering::Relaxed);
        let per_second = job.pace.speed(job.start.elapsed(), done);
        let left = per_second.filter(|speed| *speed > 0).map(|speed| {
            let left = job.total.saturating_sub(done);
            Duration::from_secs(left.div_ceil(speed))
        });
        job.reply.tell(What::Job(Progress {
            kind: job.kind,
            current: self.name.clone(),
            current_done: self.done.load(Ordering::Relaxed).min(self.total),
            current_total: self.total,
            files_done: job.files_done.load(Ordering::Relaxed),
            files_total: job.files_total,
            done,
            total: job.total,
            per_second,
            left,
        }));
    }
}

impl Watch for FileMeter {
    fn advanced(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        self.job.done.fetch_add(bytes, Ordering::Relaxed);
        if self.job.pace.is_time(self.job.start.elapsed()) {
            self.tell();
        }
    }

    fn is_cancelled(&self) -> bool {
        self.job.stop.reason().is_some()
    }
}

/// When to tell, and how fast it goes lately. Threads share it without waiting for each other.
#[derive(Default)]
struct Pace {
    /// Milliseconds at which the next event may go.
    next: AtomicU64,
    /// Milliseconds and bytes of the last look at the speed.
    looked: AtomicU64,
    looked_done: AtomicU64,
    /// Bytes a second, smoothed; 0 before the first look.
    speed: AtomicU64,
}

impl Pace {
    /// Whether it is this caller's turn to tell.
    fn is_time(&self, elapsed: Duration) -> bool {
        let (now, next) = (as_millis(elapsed), self.next.load(Ordering::Relaxed));
        let then = now + as_millis(STEP);
        now >= next && self.next.compare_exchange(next, then, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// How fast it goes, `done` bytes after `elapsed`: half of it is what it did since the last look.
    fn speed(&self, elapsed: Duration, done: u64) -> Option<u64> {
        if elapsed < TOO_EARLY {
            return None;
        }
        let now = as_millis(elapsed);
        let since = now.saturating_sub(self.looked.swap(now, Ordering::Relaxed)).max(1);
        let more = done.saturating_sub(self.looked_done.swap(done, Ordering::Relaxed));
        let lately = more.saturating_mul(1000) / since;
        let speed = match self.speed.load(Ordering::Relaxed) {
            0 => lately,
            before => (before + lately) / 2,
        };
        self.speed.store(speed, Ordering::Relaxed);
        Some(speed)
    }
}

fn as_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_ten_events_a_second() {
        let pace = Pace::default();
        let told = (0..10_000_u64).filter(|ms| pace.is_time(Duration::from_millis(*ms))).count();
        assert_eq!(told, 100);
    }

    #[test]
    fn speed_is_told_once_it_means_something_and_follows_changes() {
        let pace = Pace::default();
        let at = |ms| Duration::from_millis(ms);
        assert_eq!(pace.speed(at(400), 9000), None);
        assert_eq!(pace.speed(at(1000), 1000), Some(1000));
        assert_eq!(pace.speed(at(2000), 2000), Some(1000));
        for second in 3..20 {
            pace.speed(at(second * 1000), 2000 + (second - 2) * 5000);
        }
        let speed = pace.speed(at(20_000), 2000 + 18 * 5000).unwrap();
        assert!((4990..=5000).contains(&speed), "{speed}");
    }
}
