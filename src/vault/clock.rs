//! The wall clock, as a port.

use jiff::Timestamp;

/// Tells the time. The vault stores seconds inside what is sealed, and days outside.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}
