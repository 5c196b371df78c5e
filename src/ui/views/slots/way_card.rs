//! The card of one way in: what it is, how it stands, and what can be done with it.

use egui::{Rect, Sense, Ui, vec2};
use lucide_icons::Icon;

use super::ask::Ask;
use super::kms_row::{self, KeyPressed};
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::{self, tokens::size, tokens::space};
use crate::ui::views::parts;
use crate::ui::widgets::{Button, card, icon, notice, text};
use crate::ui::wording::ways;
use crate::vault::{SlotId, SlotState};
use crate::worker::{KeyLooked, SlotKind, WayIn};

/// What was pressed on a card.
pub(super) enum Pressed {
    Ask(Ask, SlotId),
    Change(SlotId),
    Drill,
    Repair,
    /// Something about its KMS key.
    Key(SlotId, KeyPressed),
}

/// Where the text of a card begins, beside its picture.
pub(super) const INDENT: f32 = size::TILE + space::S + space::XS;

/// Whether it is for the day that the usual one is out of reach.
pub(super) fn is_recovery(way: &WayIn) -> bool {
    matches!(way.kind, SlotKind::Sheet | SlotKind::RecoveryPassphrase)
}

/// Draws it; `several`: there are others.
pub(super) fn show(
    ui: &mut Ui,
    shared: &Shared,
    way: &WayIn,
    (keys, looked): (u64, &Later<Vec<KeyLooked>>),
    several: bool,
    busy: bool,
) -> Option<Pressed> {
    let mut pressed = None;
    card::show(ui, |ui| {
        ui.horizontal_top(|ui| {
            let (tile, _) = ui.allocate_exact_size(vec2(size::TILE, size::TILE), Sense::hover());
            icon::tile(ui, tile, picture(&way.kind), false);
            ui.add_space(space::XS);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = space::XS;
                ui.horizontal(|ui| {
                    text::strong(ui, ways::name(&way.kind));
                    if way.opened {
                        badge(ui, "In use");
                    }
                    if way.state == SlotState::UnwrapOnly {
                        badge(ui, "Retired");
                    }
                });
                if let SlotKind::Kms { arn } = &way.kind {
                    text::small(ui, ways::kms(arn)).on_hover_text(arn.as_str());
                    match &way.profile {
                        Some(profile) => text::small(ui, format!("Used here as the AWS profile “{profile}”")),
                        None => text::small(ui, "No AWS profile of this computer is known for it"),
                    };
                }
                let dates = dates(way, shared);
                if !dates.is_empty() {
                    text::small(ui, dates);
                }
                if way.state == SlotState::UnwrapOnly {
                    text::small(ui, "Opens what was saved until it was retired.");
                }
                if several && way.opened && matches!(way.kind, SlotKind::Kms { .. }) {
                    text::small(ui, "Open the vault another way to retire or remove it.");
                }
            });
        });
        pressed = owed(ui, way, keys, busy);
        if let SlotKind::Kms { arn } = &way.kind {
            let key = kms_row::show(ui, (way, arn), looked, &shared.zone, busy);
            pressed = pressed.take().or(key.map(|key| Pressed::Key(way.slot, key)));
        }
        pressed = pressed.take().or(actions(ui, way, several, busy));
    });
    pressed
}

/// What is owed to it, and how to make that good.
fn owed(ui: &mut Ui, way: &WayIn, keys: u64, busy: bool) -> Option<Pressed> {
    if busy || (way.owed == 0 && way.state != SlotState::Pending) {
        return None;
    }
    ui.add_space(space::S);
    let pending = way.state == SlotState::Pending;
    let (happened, to_do, does) = if pending {
        let done = keys.saturating_sub(way.owed);
        let happened = format!("Being added: {} of {} wrapped", show::grouped(done), show::count(keys, "key"));
        (happened, "It opens nothing before every key is wrapped for it.", "Continue")
    } else {
        (ways::owed(way.owed), "It can't open these. Repair wraps them, where its key can be reached.", "Repair")
    };
    notice::show(ui, notice::Tone::Warning, &happened, to_do, |ui| {
        ui.add_space(space::XS);
        let button = Button::new(does).small().show(ui);
        parts::named(ui, button, &format!("{does}: {}", ways::name(&way.kind))).clicked().then_some(Pressed::Repair)
    })
}

fn actions(ui: &mut Ui, way: &WayIn, several: bool, busy: bool) -> Option<Pressed> {
    let mut pressed = None;
    let name = ways::name(&way.kind);
    // A row without anything in it would be a hole in the card.
    if matches!(way.kind, SlotKind::Kms { .. }) && (!several || way.opened) {
        return None;
    }
    ui.add_space(space::S);
    ui.horizontal_wrapped(|ui| {
        // What a quiet button says begins a little to the right of it.
        ui.add_space(size::TILE + space::XS);
        let mut small = |ui: &mut Ui, words: &str, press: Pressed| {
            let button = Button::quiet(words).small().enabled(!busy).show(ui);
            if parts::named(ui, button, &format!("{words}: {name}")).clicked() && !busy {
                pressed = Some(press);
            }
        };
        if matches!(way.kind, SlotKind::Passphrase | SlotKind::RecoveryPassphrase) {
            small(ui, "Change passphrase", Pressed::Change(way.slot));
        }
        if is_recovery(way) && way.state != SlotState::Pending {
            small(ui, "Try it", Pressed::Drill);
        }
        if several && !way.opened {
            if way.state == SlotState::Active {
                small(ui, "Retire", Pressed::Ask(Ask::Retire, way.slot));
            }
            small(ui, "Remove", Pressed::Ask(Ask::Remove, way.slot));
        }
    });
    pressed
}

fn dates(way: &WayIn, shared: &Shared) -> String {
    let mut parts = Vec::with_capacity(2);
    if let Some(added) = way.added {
        parts.push(format!("Added {}", show::day(added, &shared.zone)));
    }
    match way.drilled {
        Some(drilled) => parts.push(format!("tried {}", show::day(drilled, &shared.zone))),
        // The one that has opened the vault works.
        None if is_recovery(way) && way.state == SlotState::Active && !way.opened => {
            parts.push("never tried on this computer".to_owned());
        }
        None => {}
    }
    let mut line = parts.join(" · ");
    if let Some(first) = line.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    line
}

fn picture(kind: &SlotKind) -> Icon {
    match kind {
        SlotKind::Passphrase => Icon::KeyRound,
        SlotKind::Kms { .. } => Icon::Cloud,
        SlotKind::RecoveryPassphrase => Icon::LifeBuoy,
        SlotKind::Sheet => Icon::QrCode,
    }
}

/// A word on a tint, beside a name.
fn badge(ui: &mut Ui, words: &str) {
    let p = theme::palette(ui);
    let font = theme::fonts::strong(theme::tokens::type_size::CAPTION);
    let galley = ui.fonts_mut(|fonts| fonts.layout_no_wrap(words.to_owned(), font, p.accent_text));
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(2.0 * space::S, 4.0), Sense::hover());
    crate::ui::widgets::describe(ui, &response, egui::accesskit::Role::Label, |node| node.set_value(words));
    ui.painter().rect_filled(rect, rect.height() / 2.0, p.accent_soft);
    let at = Rect::from_center_size(rect.center(), galley.size()).min;
    ui.painter().galley(at, galley, p.accent_text);
}
