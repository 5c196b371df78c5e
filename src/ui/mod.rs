//! The window: views, widgets, theme and routes.
//!
//! Owns: everything that is drawn, and what was typed but not yet sent. Touches no store, no key, no file, no network and no
//! clock: it sends the worker's commands and draws what its events say.
//! Invariants: nothing here blocks; a vault's plaintext lives in its route and in the views below, so that locking, which
//! replaces the route, drops all of it.

mod action;
mod app;
mod drop;
pub mod icons;
mod jobs;
mod measured;
mod palette;
mod port;
mod route;
mod run;
mod shared;
pub mod show;
mod status;
pub mod theme;
mod toasts;
mod views;
pub mod widgets;
mod wipe;
pub mod wording;

pub use app::App;
pub use port::Port;
pub use run::{RunError, Wake, Window, run};
