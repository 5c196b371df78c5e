//! The list of ways in: a card for each, with what it is good for and what can be done with it.

use egui::{Align, Layout, Rect, Sense, Ui, vec2};
use lucide_icons::Icon;

use super::ask::Ask;
use super::drill::Drill;
use super::kms_row::{self, KeyPressed};
use super::moving::MoveStep;
use super::passphrase::PassphraseForm;
use super::{Doing, Step, WaysPage};
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::jobs::Jobs;
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::{self, tokens::size, tokens::space};
use crate::ui::views::parts;
use crate::ui::widgets::{Button, card, icon, notice, progress, text};
use crate::ui::wording::ways;
use crate::vault::{RekeyScope, SlotId, SlotState};
use crate::worker::{Command, JobKind, KeyLooked, SlotKind, WayIn};

/// What was pressed on a card.
enum Pressed {
    Ask(Ask, SlotId),
    Change(SlotId),
    Move(SlotId),
    Drill,
    Repair,
    EnableRotation(SlotId),
}

impl WaysPage {
    pub(super) fn list(&mut self, ui: &mut Ui, shared: &Shared, jobs: &Jobs, out: &mut Actions) {
        let busy = self.doing.is_some() || jobs.of(JobKind::WrapKeys).is_some();
        if busy {
            self.working(ui, jobs, out);
            ui.add_space(space::M);
        }
        let mut pressed = None;
        match &self.ways {
            Later::Idle => {}
            Later::Pending => parts::waiting(ui, "Looking at what opens this vault…"),
            Later::Failed(problem) => {
                let fix = parts::problem(ui, problem);
                if parts::apply(fix, out).is_some() {
                    out.send(Command::ListWays, Purpose::Ways);
                }
            }
            Later::Ready(list) => {
                let several = list.ways.len() > 1;
                for way in &list.ways {
                    let on_it =
                        ui.push_id(way.slot, |ui| one(ui, shared, way, (list.keys, &self.keys), several, busy)).inner;
                    pressed = pressed.or(on_it);
                    ui.add_space(space::S);
                }
                if !list.ways.iter().any(is_recovery) {
                    let more = "If the key or the passphrase is lost, nobody can open it. An emergency sheet takes two minutes.";
                    notice::plain(ui, notice::Tone::Plain, "This vault has no recovery yet", more);
                    ui.add_space(space::S);
                }
            }
        }
        if let Some(pressed) = pressed {
            self.pressed(pressed, out);
        }
        ui.add_space(space::S);
        self.begun(ui, shared, busy, out);
        self.foot(ui, busy, out);
    }

    /// New keys that were begun here, and are not done.
    fn begun(&self, ui: &mut Ui, shared: &Shared, busy: bool, out: &mut Actions) {
        let Some(begun) = self.ways.ready().and_then(|list| list.begun.as_ref()) else { return };
        let left = match begun.left {
            0 => "the key of the list is left".to_owned(),
            left => format!("{} left", show::count(left, "version")),
        };
        ui.horizontal_wrapped(|ui| {
            text::small(ui, format!("New keys were begun on {}: {left}.", show::moment(begun.since, &shared.zone)));
            let button = Button::quiet("Go on").small().enabled(!busy).show(ui);
            if parts::named(ui, button, "Go on with the new keys").clicked() && !busy {
                out.go(Place::NewKeys(begun.scope.clone()));
            }
        });
        ui.add_space(space::S);
    }

    fn foot(&mut self, ui: &mut Ui, busy: bool, out: &mut Actions) {
        let ready = !busy && self.ways.ready().is_some();
        let can_try = self.ways.ready().is_some_and(|list| list.ways.iter().any(is_recovery));
        ui.horizontal_wrapped(|ui| {
            if Button::primary("Add a way in…").icon(Icon::Plus).enabled(ready).show(ui).clicked() {
                self.go(Step::Choose, out);
            }
            if can_try && Button::new("Try recovery…").icon(Icon::LifeBuoy).show(ui).clicked() {
                self.go(Step::Drill(Drill::default()), out);
            }
            if Button::new("New keys…").icon(Icon::RefreshCw).enabled(ready).show(ui).clicked() {
                out.go(Place::NewKeys(RekeyScope::default()));
            }
            if Button::quiet("Check this vault…").icon(Icon::ShieldCheck).show(ui).clicked() {
                out.go(Place::Check);
            }
        });
    }

    fn pressed(&mut self, pressed: Pressed, out: &mut Actions) {
        match pressed {
            Pressed::Ask(ask, slot) => self.asking = Some((ask, slot)),
            Pressed::Change(slot) => self.go(Step::Change(slot, PassphraseForm::default()), out),
            Pressed::Move(slot) => self.go(Step::Move(Box::new(MoveStep::of(slot))), out),
            Pressed::Drill => self.go(Step::Drill(Drill::default()), out),
            Pressed::Repair => self.repair(out),
            Pressed::EnableRotation(slot) => self.rotate(Command::EnableRotation { slot }, out),
        }
    }

    /// What is being done, how far it is, and a way to stop it.
    fn working(&self, ui: &mut Ui, jobs: &Jobs, out: &mut Actions) {
        let (words, purpose) = match self.doing {
            Some(Doing::Adding { begun: false }) => ("Making the key for the new way in…", Purpose::AddWay),
            Some(Doing::Adding { begun: true }) => ("Wrapping every key for the new way in…", Purpose::AddWay),
            _ => ("Wrapping what is owed…", Purpose::Repair),
        };
        card::show(ui, |ui| {
            ui.horizontal(|ui| {
                parts::waiting(ui, words);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if Button::new("Cancel").small().show(ui).clicked() {
                        out.push(Action::Cancel(purpose));
                    }
                });
            });
            if let Some(job) = jobs.of(JobKind::WrapKeys) {
                ui.add_space(space::S);
                progress::bar(ui, words, job.part());
                ui.add_space(space::XS);
                let of = show::count(job.total, "key");
                text::small(
                    ui,
                    format!("{} of {of} · what is wrapped stays, whatever happens", show::grouped(job.done)),
                );
            }
        });
    }
}

fn is_recovery(way: &WayIn) -> bool {
    matches!(way.kind, SlotKind::Sheet | SlotKind::RecoveryPassphrase)
}

fn one(
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
                ui.spacing_mut().item_spacing.y = 2.0;
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
        let key = kms_row::show(ui, way, looked, &shared.zone, busy).map(|pressed| match pressed {
            KeyPressed::Enable => Pressed::EnableRotation(way.slot),
            KeyPressed::Rotate => Pressed::Ask(Ask::Rotate, way.slot),
        });
        pressed = key.or(owed(ui, way, keys, busy)).or(actions(ui, way, several, busy));
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
    let moves = matches!(way.kind, SlotKind::Kms { .. }) && way.state == SlotState::Active;
    let can = !matches!(way.kind, SlotKind::Kms { .. }) || moves || (several && !way.opened);
    if !can {
        return None;
    }
    ui.add_space(space::S);
    ui.horizontal_wrapped(|ui| {
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
        if moves {
            small(ui, "Move to another KMS key…", Pressed::Move(way.slot));
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
