//! Tests of whole capabilities, one module each; `support/` starts the real parts that they need.

// Tests, and the functions that they share, say what went wrong by panicking.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod cli;
mod crash;
mod foreign;
mod format;
mod fuzz;
mod infrastructure;
mod interop;
mod keyring;
mod memory;
mod message;
mod platform;
mod processes;
mod program;
mod providers;
mod rooms;
mod screens;
mod support;
mod vault;
mod window;
mod worker;
mod wycheproof;
