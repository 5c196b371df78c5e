//! The AWS profiles to choose from: in rows, which scroll where there are many, so that what is pressed next stays in view.

use egui::{Align, ScrollArea, Ui};
use lucide_icons::Icon;

use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{card, choice};
use crate::ui::wording::profiles;
use crate::worker::ProfileEntry;

/// Rows that are shown at once, at most and at least: see [`card::rows_in_sight`].
const MOST: f32 = 4.5;
const FEWEST: f32 = 1.5;
/// From one row to the next, in points.
const STEP: f32 = size::CHOICE_ROW + space::S;

/// How high the list of so many profiles is, in points, where `rest` points of the window are needed for other things.
pub fn height(ui: &Ui, profiles: usize, rest: f32) -> f32 {
    let all = profiles as f32 * STEP - space::S;
    all.min(card::rows_in_sight(ui, STEP, rest, (FEWEST, MOST)))
}

/// Draws them, `height` points high at most; the name of one that was pressed. `bring`: the chosen one comes into view.
pub fn show(ui: &mut Ui, profiles: &[ProfileEntry], chosen: Option<&str>, height: f32, bring: bool) -> Option<String> {
    let mut pressed = None;
    let area = ScrollArea::vertical().id_salt("profiles").max_height(height).auto_shrink([false, true]);
    card::scroll(ui, area, space::M, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        for profile in profiles {
            let is_chosen = chosen == Some(profile.name.as_str());
            let row = choice::row(ui, is_chosen, Icon::Cloud, &profile.name, &profiles::about(profile));
            if is_chosen && bring {
                row.scroll_to_me(Some(Align::Center));
            }
            if row.clicked() {
                // A half of it may have been what was pressed.
                row.scroll_to_me(None);
                pressed = Some(profile.name.clone());
            }
        }
    });
    pressed
}
