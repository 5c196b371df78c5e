//! How far a long piece of work has come, on a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sealkeep::crypto::Watch;
use sealkeep::platform;

use crate::output::Output;
use crate::text;

/// Often enough to look alive.
const STEP: Duration = Duration::from_millis(100);

/// Shows how far a piece of work has come, and ends it at Ctrl+C.
pub struct Progress {
    label: String,
    total: Option<u64>,
    /// Whether it counts pieces, and no bytes.
    pieces: bool,
    done: AtomicU64,
    started: Instant,
    /// When a line was last drawn; `None` where nothing is ever drawn.
    drawn: Option<Mutex<Instant>>,
}

impl Progress {
    /// Begins with nothing of `total` bytes done.
    pub fn new(out: Output, label: &str, total: Option<u64>) -> Self {
        let now = Instant::now();
        let visible = !out.quiet && !out.json && io::stderr().is_terminal();
        Self {
            label: text::fit(&text::visible(label), 40).into_owned(),
            total,
            pieces: false,
            done: AtomicU64::new(0),
            started: now,
            drawn: visible.then(|| Mutex::new(now)),
        }
    }

    /// Begins with no piece done, of nobody knows how many.
    pub fn counting(out: Output, label: &str) -> Self {
        let mut counting = Self::new(out, label, None);
        counting.pieces = true;
        counting
    }

    fn draw(&self) {
        let done = self.done.load(Ordering::Relaxed);
        if self.pieces {
            let mut stderr = io::stderr().lock();
            let _ = write!(stderr, "\r\x1B[K{}  {done}", self.label);
            let _ = stderr.flush();
            return;
        }
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
        let speed = (done as f64 / seconds) as u64;
        let of_total = match self.total.filter(|total| *total > 0) {
            Some(total) => {
                format!("{} of {} ({} %)", text::size(done), text::size(total), done.min(total) * 100 / total)
            }
            None => text::size(done),
        };
        let left = match self.total.and_then(|total| total.checked_sub(done)?.checked_div(speed)) {
            Some(left) if left > 0 => format!(", {left} s left"),
            _ => String::new(),
        };
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "\r\x1B[K{}  {of_total}, {}/s{left}", self.label, text::size(speed));
        let _ = stderr.flush();
    }
}

impl Watch for Progress {
    fn advanced(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        let Some(drawn) = &self.drawn else { return };
        // Whoever finds another one drawing has nothing to add.
        let Ok(mut drawn) = drawn.try_lock() else { return };
        if drawn.elapsed() >= STEP {
            *drawn = Instant::now();
            self.draw();
        }
    }

    fn is_cancelled(&self) -> bool {
        platform::interrupted()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let mut stderr = io::stderr().lock();
            let _ = write!(stderr, "\r\x1B[K");
            let _ = stderr.flush();
        }
    }
}
