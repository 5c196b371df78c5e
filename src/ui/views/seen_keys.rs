//! The KMS keys that a profile sees, below what AWS says of it; or why it sees none.

use egui::{ScrollArea, Ui};

use super::parts;
use crate::ui::action::Actions;
use crate::ui::show;
use crate::ui::theme::{self, fonts, tokens::space, tokens::type_size};
use crate::ui::widgets::{Button, card, describe, text};
use crate::ui::wording::{self, Fix};
use crate::worker::{Problem, SeenKey};

/// How high a row is, and the list at most, in points.
const ROW: f32 = 40.0;
const MOST: f32 = 6.5 * ROW;

/// Draws it.
pub fn show(ui: &mut Ui, seen: &Result<Vec<SeenKey>, Problem>, out: &mut Actions) {
    match seen {
        Ok(keys) if keys.is_empty() => {
            text::small(ui, "This profile sees no KMS key of its account in this region.");
        }
        Ok(keys) => {
            text::label(ui, show::count(keys.len() as u64, "KMS key"));
            let area = ScrollArea::vertical().id_salt("seen keys").max_height(MOST).auto_shrink([false, true]);
            let rows = |ui: &mut Ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for key in keys {
                    row(ui, key);
                }
            };
            card::scroll(ui, area, space::S, rows);
        }
        Err(problem) => unlisted(ui, problem, out),
    }
}

/// One that is out of sight is there for a screen reader, and not painted.
fn row(ui: &mut Ui, key: &SeenKey) {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(egui::vec2(ui.available_width(), ROW), egui::Sense::hover());
    let name = if key.aliases.is_empty() { "No alias".to_owned() } else { key.aliases.join(", ") };
    let state = state(key);
    let said = state.as_ref().map(|state| format!(": {state}")).unwrap_or_default();
    let label = format!("{name}: {}{said}", key.arn);
    describe(ui, &response, egui::accesskit::Role::ListItem, |node| node.set_label(label));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let (first, second) = rect.split_top_bottom_at_y(rect.min.y + ROW / 2.0);
    // What can't be used is told at the right, where it stands out; that nothing is known of it, less so.
    let told = state.map(|state| {
        let colour = if key.state.is_some() { p.danger } else { p.weak };
        ui.painter().layout_no_wrap(state, fonts::strong(type_size::SMALL), colour)
    });
    let room = told.as_ref().map_or(0.0, |told| told.size().x + space::S);
    let (name_rect, told_rect) = first.split_left_right_at_x((first.max.x - room).max(first.min.x));
    let is_plain = key.aliases.is_empty() || key.state.as_ref().is_some_and(|state| state.unfit.is_some());
    let colour = if is_plain { p.weak } else { p.text };
    text::line(ui.painter(), name_rect, &name, fonts::strong(type_size::SMALL), colour);
    if let Some(told) = told {
        let at = egui::pos2(told_rect.max.x - told.size().x, told_rect.center().y - told.size().y / 2.0);
        let colour = p.text;
        ui.painter().galley(at, told, colour);
    }
    let font = fonts::mono(type_size::CAPTION);
    if text::line_middle(ui.painter(), second.translate(egui::vec2(0.0, -2.0)), &key.arn, font, p.weak) {
        response.on_hover_text(key.arn.as_str());
    }
}

/// Why it can't be used, or that nothing is known of it; nothing where it is as it should be.
fn state(key: &SeenKey) -> Option<String> {
    match &key.state {
        Some(state) => state.unfit.and_then(|_| wording::kms::state(Some(state))),
        None => Some("state not known".to_owned()),
    }
}

/// That nothing could be listed is no failure: what a vault needs is something else.
fn unlisted(ui: &mut Ui, problem: &Problem, out: &mut Actions) {
    let words = wording::of(problem);
    let Problem::KmsDenied { action, .. } = problem else {
        text::small(ui, format!("Its KMS keys could not be listed. {}", words.happened));
        return;
    };
    text::label(ui, format!("Its KMS keys can't be listed ({action})"));
    text::small(ui, format!("A vault opens without listing them. {}", words.to_do));
    if let Some(Fix::CopyStatement(statement)) = words.fix {
        ui.add_space(space::XS);
        text::wrapped_mono(ui, &statement);
        ui.add_space(space::XS);
        let copy = Fix::CopyStatement(statement);
        if Button::new(copy.label()).small().show(ui).clicked() {
            parts::apply(Some(copy), out);
        }
    }
}
