//! The parts that views are made of.
//!
//! Owns: how a button, a field, a card, a row look and behave. Touches no command and no event.
//! Invariant: every part can be reached and used with the keyboard, shows the focus, and has a name for a screen reader.

pub mod button;
pub mod card;
pub mod choice;
pub mod clipboard;
pub mod dialog;
pub mod facts;
pub mod frame;
pub mod icon;
pub mod menu;
pub mod notice;
pub mod progress;
pub mod secret_field;
pub mod secret_text;
pub mod speech;
pub mod text;
pub mod tick;
mod visible;

pub use button::Button;
pub use secret_field::{SecretEdit, SecretField};

use egui::accesskit::{Node, Role};
use egui::{Response, Ui, WidgetInfo};

/// Tells assistive technologies what a part is: its role, its place and what it can do, and what `more` says. What `more`
/// says stays in that tree alone; egui's own `WidgetInfo` would keep a copy of a name.
pub fn describe(ui: &Ui, response: &Response, role: Role, more: impl FnOnce(&mut Node)) {
    response.widget_info(|| WidgetInfo::new(role));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(role);
        more(node);
    });
}
