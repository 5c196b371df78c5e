//! The clocks that the idle lock reads.

use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

/// One reading of both clocks. The idle lock needs both: the monotonic one can't be set back, and the wall clock catches a
/// machine whose monotonic clock stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Time since the machine was started, time asleep included; only goes forward.
    pub monotonic: Duration,
    /// The time of day; may jump.
    pub wall: SystemTime,
}

impl Now {
    /// Reads both clocks.
    pub fn read() -> Self {
        let since_start = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(since_start.tv_sec).unwrap_or(0);
        let nanoseconds = u32::try_from(since_start.tv_nsec).unwrap_or(0);
        Self { monotonic: Duration::new(seconds, nanoseconds), wall: SystemTime::now() }
    }

    /// How long ago `earlier` was, by whichever clock says longer; a wall clock that was set back counts as no time.
    pub fn since(&self, earlier: &Self) -> Duration {
        let wall = self.wall.duration_since(earlier.wall).unwrap_or(Duration::ZERO);
        self.monotonic.saturating_sub(earlier.monotonic).max(wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monotonic_never_goes_back() {
        let first = Now::read();
        let second = Now::read();
        assert!(second.monotonic >= first.monotonic);
        assert!(first.monotonic > Duration::ZERO);
    }

    #[test]
    fn the_longer_of_both_clocks_counts() {
        let start =
            Now { monotonic: Duration::from_secs(100), wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1000) };
        let at = |monotonic, wall| Now {
            monotonic: Duration::from_secs(monotonic),
            wall: SystemTime::UNIX_EPOCH + Duration::from_secs(wall),
        };
        assert_eq!(at(107, 1003).since(&start), Duration::from_secs(7));
        assert_eq!(at(101, 1600).since(&start), Duration::from_secs(600), "asleep, with a clock that stood still");
        assert_eq!(at(105, 10).since(&start), Duration::from_secs(5), "a clock that was set back");
    }
}
