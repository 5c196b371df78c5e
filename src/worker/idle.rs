//! When a vault locks, and what was typed is forgotten, because nobody is there: by whichever clock says later, the one that can't be set back or the wall's.

use std::time::Duration;

use super::LocksIn;
use crate::platform::Now;

const MINUTE: u64 = 60;

/// Counts the time since somebody was at the window. Reads no clock itself.
#[derive(Debug)]
pub(super) struct IdleClock {
    seen: Now,
    /// `None`: never locks.
    limit: Option<Duration>,
    /// What the window was told last.
    shown: Option<Option<LocksIn>>,
}

/// What a look at the clock gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It is time to lock.
    Due,
    /// Look again after this long, or only when something happens; and tell the window, if there is something new.
    Wait(Option<Duration>, Option<Option<LocksIn>>),
}

impl IdleClock {
    pub(super) fn new(now: Now, minutes: u32) -> Self {
        Self { seen: now, limit: limit_of(minutes), shown: None }
    }

    /// Somebody is there. `false` where that comes too late: the time was up before, and nobody had looked, because the machine
    /// was asleep.
    pub(super) fn still_here(&mut self, now: Now) -> bool {
        let in_time = !self.is_due(now);
        if in_time {
            self.seen = now;
        }
        in_time
    }

    /// Another limit, in minutes; 0 is never.
    pub(super) fn set_minutes(&mut self, minutes: u32) {
        self.limit = limit_of(minutes);
    }

    /// A vault was opened: the window is to be told everything anew.
    pub(super) fn begin(&mut self, now: Now) {
        self.seen = now;
        self.shown = None;
    }

    /// What time it is. For as long as a vault is open.
    pub(super) fn look(&mut self, now: Now) -> Look {
        let Some(limit) = self.limit else { return Look::Wait(None, self.show(None)) };
        let left = limit.saturating_sub(now.since(&self.seen));
        if left.is_zero() {
            return Look::Due;
        }
        // Rounded up, so that what is shown is never too little.
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let (shows, until_next) = if seconds > MINUTE {
            let minutes = seconds.div_ceil(MINUTE);
            (LocksIn::Minutes(as_u32(minutes)), left.saturating_sub(Duration::from_secs((minutes - 1) * MINUTE)))
        } else {
            (LocksIn::Seconds(as_u32(seconds)), left.saturating_sub(Duration::from_secs(seconds - 1)))
        };
        Look::Wait(Some(until_next), self.show(Some(shows)))
    }

    /// How long until it is time; `None`: it never is. For as long as no vault is open, and nothing is shown.
    pub(super) fn left(&self, now: Now) -> Option<Duration> {
        self.limit.map(|limit| limit.saturating_sub(now.since(&self.seen)))
    }

    fn is_due(&self, now: Now) -> bool {
        self.limit.is_some_and(|limit| now.since(&self.seen) >= limit)
    }

    fn show(&mut self, shows: Option<LocksIn>) -> Option<Option<LocksIn>> {
        (self.shown != Some(shows)).then(|| *self.shown.insert(shows))
    }
}

fn limit_of(minutes: u32) -> Option<Duration> {
    (minutes > 0).then(|| Duration::from_secs(u64::from(minutes) * MINUTE))
}

fn as_u32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn at(seconds: u64) -> Now {
        apart(seconds, seconds)
    }

    fn apart(monotonic: u64, wall: u64) -> Now {
        Now { monotonic: Duration::from_secs(monotonic), wall: SystemTime::UNIX_EPOCH + Duration::from_secs(wall) }
    }

    /// Follows the clock from `from` to its end, as the worker does; what was shown and when.
    fn follow(clock: &mut IdleClock, from: u64) -> (Vec<(u64, LocksIn)>, u64) {
        let (mut now, mut shown) = (Duration::from_secs(from), Vec::new());
        loop {
            let reading = Now { monotonic: now, wall: SystemTime::UNIX_EPOCH + now };
            match clock.look(reading) {
                Look::Due => return (shown, now.as_secs()),
                Look::Wait(next, shows) => {
                    shown.extend(shows.flatten().map(|shows| (now.as_secs(), shows)));
                    now += next.unwrap();
                }
            }
        }
    }

    #[test]
    fn ticks_by_the_minute_then_by_the_second_then_locks() {
        let mut clock = IdleClock::new(at(0), 5);
        let (shown, locked) = follow(&mut clock, 0);
        assert_eq!(locked, 300);
        let minutes: Vec<_> = shown.iter().take(4).copied().collect();
        let expected = [(0, 5), (60, 4), (120, 3), (180, 2)].map(|(at, minutes)| (at, LocksIn::Minutes(minutes)));
        assert_eq!(minutes, expected);
        assert_eq!(shown[4], (240, LocksIn::Seconds(60)));
        assert_eq!(shown.last(), Some(&(299, LocksIn::Seconds(1))));
        assert_eq!(shown.len(), 4 + 60, "nothing is told twice");
    }

    #[test]
    fn a_hand_on_the_mouse_begins_anew_and_tells_only_what_changes() {
        let mut clock = IdleClock::new(at(0), 2);
        assert_eq!(clock.look(at(0)), Look::Wait(Some(Duration::from_secs(60)), Some(Some(LocksIn::Minutes(2)))));
        assert!(clock.still_here(at(10)));
        assert_eq!(clock.look(at(10)), Look::Wait(Some(Duration::from_secs(60)), None));
        assert!(clock.still_here(at(129)), "a second before it is due");
        assert_eq!(follow(&mut clock, 129).1, 249);
    }

    #[test]
    fn a_machine_that_slept_is_locked_before_anybody_can_say_that_they_are_here() {
        for after in [at(400), apart(20, 400), apart(400, 20)] {
            let mut clock = IdleClock::new(at(10), 5);
            assert!(!clock.still_here(after));
            assert_eq!(clock.look(after), Look::Due);
        }
    }

    #[test]
    fn never_means_never() {
        let mut clock = IdleClock::new(at(0), 0);
        assert_eq!(clock.look(at(1_000_000)), Look::Wait(None, Some(None)));
        assert_eq!(clock.look(at(2_000_000)), Look::Wait(None, None));
        assert!(clock.still_here(at(3_000_000)));
        clock.set_minutes(1);
        assert_eq!(clock.look(at(3_000_060)), Look::Due);
    }
}
