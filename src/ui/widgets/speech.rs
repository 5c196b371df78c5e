//! Text for assistive technologies, with its rows and places: what stands on the screen, and nothing else.
//!
//! Owns: the handing of drawn glyphs to the accessibility tree. Invariant: it takes glyphs that were laid out to be drawn, so
//! that what is masked on the screen is masked there; nothing is kept, and nothing done while nobody listens.

use std::sync::Arc;

use egui::accesskit::{Live, Role};
use egui::emath::TSTransform;
use egui::epaint::text::PlacedRow;
use egui::text::{CCursor, CharIndex};
use egui::text_selection::CCursorRange;
use egui::text_selection::accesskit_text::update_accesskit_for_text_widget;
use egui::{Galley, Id, Pos2, Response, Ui, vec2};

/// Rows that were drawn below each other, and the place of the first one.
pub struct Rows {
    whole: Option<Galley>,
    height: f32,
    count: usize,
}

impl Rows {
    /// None yet; each will be `height` points below the one before it.
    pub fn new(height: f32) -> Self {
        Self { whole: None, height, count: 0 }
    }

    /// One more row, and whether a line break ends it.
    pub fn push(&mut self, row: &Arc<Galley>, ends_with_newline: bool) {
        let whole = self.whole.get_or_insert_with(|| {
            let mut whole = Galley::clone(row);
            whole.rows.clear();
            whole
        });
        let top = vec2(0.0, self.count as f32 * self.height);
        let placed = row.rows.iter().map(|part| PlacedRow {
            pos: part.pos + top,
            row: Arc::clone(&part.row),
            ends_with_newline,
        });
        whole.rows.extend(placed);
        self.count += 1;
    }

    /// Says them as the content of the widget `id`.
    pub fn say(&self, ui: &Ui, id: Id, at: Pos2, selection: Option<(usize, usize)>) {
        if let Some(whole) = &self.whole {
            say(ui, id, whole, at, selection);
        }
    }
}

/// Makes what a label says be read out as soon as it is there: at once where it is `urgent`, else when there is time.
pub fn announce(ui: &Ui, label: &Response, words: &str, urgent: bool) {
    ui.ctx().accesskit_node_builder(label.id, |node| {
        node.set_role(if urgent { Role::Alert } else { Role::Status });
        node.set_live(if urgent { Live::Assertive } else { Live::Polite });
        node.clear_value();
        node.set_label(words);
    });
}

/// Whether anybody listens to what the widget `id` says.
pub fn is_heard(ui: &Ui, id: Id) -> bool {
    ui.ctx().accesskit_node_builder(id, |_| ()).is_some()
}

/// Says what was drawn at `at` as the content of the widget `id`; the selection's two ends count drawn characters, the
/// caret's last.
pub fn say(ui: &Ui, id: Id, drawn: &Galley, at: Pos2, selection: Option<(usize, usize)>) {
    let to_screen = ui.ctx().layer_transform_to_global(ui.layer_id()).unwrap_or_default();
    let end = |at: usize| CCursor { index: CharIndex(at), prefer_next_row: true };
    let range = selection.map(|(anchor, caret)| CCursorRange::two(end(anchor), end(caret)));
    update_accesskit_for_text_widget(
        ui.ctx(),
        id,
        range,
        to_screen * TSTransform::from_translation(at.to_vec2()),
        drawn,
    );
}
