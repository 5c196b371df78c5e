//! Rows of a name and what is said of it, in two columns.

use egui::{Response, Ui};

use super::text;

/// So wide are the names of the rows, in points.
const NAMES: f32 = 168.0;

/// A row: its name, and beside it these words.
pub fn row(ui: &mut Ui, name: &str, words: impl Into<String>) -> Response {
    beside(ui, name, |ui| text::body(ui, words))
}

/// A row: its name, and beside it whatever `content` draws.
pub fn beside<R>(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            ui.set_width(NAMES);
            text::label(ui, name);
        });
        ui.vertical(content).inner
    })
    .inner
}
