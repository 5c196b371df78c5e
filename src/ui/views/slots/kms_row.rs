//! What stands beside a way in that is a KMS key: how the key stands, how its material is replaced, and what can be done about it, each with
//! when one wants that.

use egui::Ui;
use jiff::tz::TimeZone;
use lucide_icons::Icon;

use super::offer;
use super::way_card::INDENT;
use crate::ui::shared::Later;
use crate::ui::theme::tokens::space;
use crate::ui::views::parts;
use crate::ui::widgets::{Button, notice};
use crate::ui::wording::{self, Fix, kms};
use crate::vault::SlotState;
use crate::worker::{KeyLooked, KeyRotation, KeyState, Unfit, WayIn};

/// What was pressed.
pub(super) enum KeyPressed {
    Enable,
    Rotate,
    Move,
    /// To look at the keys once more.
    Look,
    /// To copy this command of the AWS command line.
    Copy(String),
}

const MOVE: &str = "Move to another KMS key…: AWS KMS key";

/// Draws what AWS says of the key `arn` of `way`; `busy`: nothing can be done with it now.
pub(super) fn show(
    ui: &mut Ui,
    (way, arn): (&WayIn, &str),
    looked: &Later<Vec<KeyLooked>>,
    zone: &TimeZone,
    busy: bool,
) -> Option<KeyPressed> {
    let key = looked.ready().and_then(|looked| looked.iter().find(|looked| looked.slot == way.slot));
    let state = key.and_then(|key| key.state.as_ref().ok());
    let moves = way.state == SlotState::Active;
    let mut pressed = None;
    if let Some(state) = state.filter(|state| state.unfit.is_some()) {
        ui.add_space(space::S);
        pressed = unfit(ui, arn, state, moves, busy);
    }
    if let Some(key) = key {
        ui.add_space(space::M);
        let of_rotation = match &key.rotation {
            Ok(rotation) => self::rotation(ui, rotation, zone, state.is_some_and(|state| state.unfit.is_none()), busy),
            Err(problem) => {
                let why = wording::of(problem).happened;
                offer::show(ui, INDENT, ("Its rotation is not known", &why), &[], !busy);
                None
            }
        };
        pressed = pressed.or(of_rotation);
    }
    // Where the key can't be used, moving stands in the box that says so.
    if moves && state.is_none_or(|state| state.unfit.is_none()) {
        ui.add_space(space::M);
        let words =
            ("Move to another KMS key", "When this one is to be deleted, or is of the wrong account or region.");
        if offer::show(ui, INDENT, words, &[("Move…", MOVE)], !busy).is_some() {
            pressed = Some(KeyPressed::Move);
        }
    }
    pressed
}

fn rotation(ui: &mut Ui, rotation: &KeyRotation, zone: &TimeZone, fit: bool, busy: bool) -> Option<KeyPressed> {
    let what = kms::rotation(rotation, zone);
    // Where nothing can be done about it, there is no when.
    let when = "Routine: AWS makes the key new inside and keeps its old versions. Nothing here has to change.";
    let mut buttons = Vec::with_capacity(2);
    if fit && !rotation.enabled {
        buttons.push((("Turn on rotation", "Turn on rotation: AWS KMS key"), KeyPressed::Enable));
    }
    if fit && !rotation.running {
        buttons.push((("Rotate now…", "Rotate now: AWS KMS key"), KeyPressed::Rotate));
    }
    let words: Vec<_> = buttons.iter().map(|(words, _)| *words).collect();
    let at = offer::show(ui, INDENT, (&what, if words.is_empty() { "" } else { when }), &words, !busy)?;
    Some(buttons.swap_remove(at).1)
}

/// Says that AWS does not use the key as it stands, and what to do first; `moves`: moving to another one is offered besides.
pub(super) fn unfit(ui: &mut Ui, arn: &str, state: &KeyState, moves: bool, busy: bool) -> Option<KeyPressed> {
    let words = kms::unfit(arn, state)?;
    let is_doomed = state.unfit == Some(Unfit::PendingDeletion);
    let tone = if is_doomed { notice::Tone::Problem } else { notice::Tone::Warning };
    notice::show(ui, tone, &words.happened, &words.to_do, |ui| {
        let mut pressed = None;
        ui.add_space(space::S);
        ui.horizontal_wrapped(|ui| {
            if moves {
                let button =
                    Button::primary("Move to another key…").small().icon(Icon::KeyRound).enabled(!busy).show(ui);
                if parts::named(ui, button, MOVE).clicked() && !busy {
                    pressed = Some(KeyPressed::Move);
                }
            }
            if let Some(Fix::CopyCommand(command)) = &words.fix
                && Button::new(kms::copies(state)).small().icon(Icon::Copy).show(ui).clicked()
            {
                pressed = Some(KeyPressed::Copy(command.clone()));
            }
            if Button::quiet("Look again").small().show(ui).clicked() {
                pressed = Some(KeyPressed::Look);
            }
        });
        pressed
    })
}
