//! What stands beside a way in that is a KMS key: how the key stands, how its material is replaced, and what can be done about it.

use egui::Ui;
use jiff::tz::TimeZone;

use crate::ui::shared::Later;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::views::parts;
use crate::ui::widgets::{Button, notice, text};
use crate::ui::wording::{self, kms};
use crate::worker::{KeyLooked, Unfit, WayIn};

/// What was pressed.
pub(super) enum KeyPressed {
    Enable,
    Rotate,
}

/// Draws what AWS says of the key of `way`; `busy`: nothing can be done with it now.
pub(super) fn show(
    ui: &mut Ui,
    way: &WayIn,
    looked: &Later<Vec<KeyLooked>>,
    zone: &TimeZone,
    busy: bool,
) -> Option<KeyPressed> {
    let key = looked.ready()?.iter().find(|looked| looked.slot == way.slot)?;
    ui.add_space(space::XS);
    let mut pressed = None;
    if let Ok(state) = &key.state
        && let Some(words) = kms::state(Some(state))
        && let Some(unfit) = state.unfit
    {
        let tone = if unfit == Unfit::PendingDeletion { notice::Tone::Problem } else { notice::Tone::Warning };
        notice::plain(ui, tone, &format!("The key: {words}"), "Nothing can be wrapped or unwrapped with it as it is.");
    }
    ui.horizontal_wrapped(|ui| {
        ui.add_space(size::TILE + space::XS);
        match &key.rotation {
            Ok(rotation) => {
                text::small(ui, kms::rotation(rotation, zone));
                if key.state.as_ref().is_ok_and(|state| state.unfit.is_none()) {
                    pressed = offer(ui, rotation.enabled, rotation.running, busy);
                }
            }
            Err(problem) => {
                text::small(ui, format!("Its rotation is not known. {}", wording::of(problem).happened));
            }
        }
    });
    pressed
}

fn offer(ui: &mut Ui, enabled: bool, running: bool, busy: bool) -> Option<KeyPressed> {
    let mut small = |words: &str, name: &str| {
        let button = Button::quiet(words).small().enabled(!busy).show(ui);
        parts::named(ui, button, name).clicked() && !busy
    };
    if !enabled && small("Turn on rotation", "Turn on rotation: AWS KMS key") {
        return Some(KeyPressed::Enable);
    }
    if !running && small("Rotate now…", "Rotate now: AWS KMS key") {
        return Some(KeyPressed::Rotate);
    }
    None
}
