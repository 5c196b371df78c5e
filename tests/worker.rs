//! The worker as the window has it: commands in, events out, on real parts.

mod story;
