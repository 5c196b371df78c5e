//! Clocks, as a port.

use std::time::Instant;

use jiff::Timestamp;

/// Tells the time. The vault stores seconds inside what is sealed, and days outside.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// A time that nobody sets, to tell how long something takes; it may stand still while the machine sleeps.
    fn steady(&self) -> Instant {
        Instant::now()
    }
}
