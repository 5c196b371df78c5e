//! Medians with their spread.

use std::fmt;
use std::time::{Duration, Instant};

/// Some times of the same thing.
#[derive(Default)]
pub struct Sample(Vec<Duration>);

impl Sample {
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
        self.0.sort();
    }

    /// Adds how long `action` takes.
    pub fn time(&mut self, action: impl FnOnce()) {
        let begun = Instant::now();
        action();
        self.add(begun.elapsed());
    }

    /// For what takes a moment.
    pub fn in_milliseconds(&self) -> String {
        let shown = |time: &Duration| format!("{:.1}", time.as_secs_f64() * 1000.0);
        let (least, most) = (shown(&self.0[0]), shown(&self.0[self.0.len() - 1]));
        format!("{} ms ({least}–{most})", shown(&self.0[self.0.len() / 2]))
    }

    /// In seconds.
    pub fn median(&self) -> f64 {
        self.0[self.0.len() / 2].as_secs_f64()
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (self.0[0].as_secs_f64(), self.0[self.0.len() - 1].as_secs_f64());
        write!(f, "{:.2} s ({least:.2}–{most:.2})", self.median())
    }
}
