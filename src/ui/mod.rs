//! The window: views, widgets, theme and routes.
//!
//! Owns: everything that is drawn, and what was typed but not yet sent. Touches no store, no key, no file, no network and no
//! clock: it sends the worker's commands and draws what its events say.
//! Invariants: nothing here blocks; a vault's plaintext lives in its route and in the views below, so that locking, which
//! replaces the route, drops all of it.

pub mod icons;
pub mod theme;
pub mod widgets;
