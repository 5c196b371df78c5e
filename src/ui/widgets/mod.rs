//! The parts that views are made of.
//!
//! Owns: how a button, a field, a card, a row look and behave. Touches no command and no event.
//! Invariant: every part can be reached and used with the keyboard, shows the focus, and has a name for a screen reader.

pub mod button;
pub mod card;
pub mod choice;
pub mod clipboard;
pub mod dialog;
pub mod frame;
pub mod icon;
pub mod menu;
pub mod notice;
pub mod progress;
pub mod secret_field;
pub mod secret_text;
pub mod text;

pub use button::Button;
pub use secret_field::{SecretEdit, SecretField};
