//! The list of ways in: a card for each, what goes on, and what can be done with all of them.

use egui::{Align, Layout, Ui};
use lucide_icons::Icon;

use super::ask::Ask;
use super::drill::Drill;
use super::kms_row::KeyPressed;
use super::passphrase::PassphraseForm;
use super::way_card::{self, Pressed, is_recovery};
use super::{Doing, Step, WaysPage, offer};
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::jobs::Jobs;
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::views::parts;
use crate::ui::widgets::{Button, card, notice, progress, text};
use crate::vault::RekeyScope;
use crate::worker::{Command, JobKind};

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
                    let on_it = ui
                        .push_id(way.slot, |ui| way_card::show(ui, shared, way, (list.keys, &self.keys), several, busy))
                        .inner;
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
        self.foot(ui, busy, out);
        if self.ways.ready().is_some() {
            ui.add_space(space::L);
            self.new_keys(ui, shared, busy, out);
        }
    }

    /// When one wants new keys; and those that were begun here, and are not done.
    fn new_keys(&self, ui: &mut Ui, shared: &Shared, busy: bool, out: &mut Actions) {
        card::show(ui, |ui| {
            let when = "When somebody had this vault open who should not any more, or a way in was removed: what they may have kept \
                        opens nothing new then.";
            if offer::show(ui, 0.0, ("New keys for all that is saved", when), &[("New keys…", "New keys…")], !busy)
                .is_some()
            {
                out.go(Place::NewKeys(RekeyScope::default()));
            }
            let Some(begun) = self.ways.ready().and_then(|list| list.begun.as_ref()) else { return };
            let left = match begun.left {
                0 => "the key of the list is left".to_owned(),
                left => format!("{} left", show::count(left, "version")),
            };
            ui.add_space(space::M);
            let what = format!("New keys were begun on {}: {left}.", show::moment(begun.since, &shared.zone));
            let when = "Everything opens meanwhile. What was done stays done.";
            if offer::show(ui, 0.0, (&what, when), &[("Go on", "Go on with the new keys")], !busy).is_some() {
                out.go(Place::NewKeys(begun.scope.clone()));
            }
        });
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
            if Button::quiet("Check this vault…").icon(Icon::ShieldCheck).show(ui).clicked() {
                out.go(Place::Check);
            }
        });
    }

    fn pressed(&mut self, pressed: Pressed, out: &mut Actions) {
        match pressed {
            Pressed::Ask(ask, slot) => self.asking = Some((ask, slot)),
            Pressed::Change(slot) => self.go(Step::Change(slot, PassphraseForm::default()), out),
            Pressed::Drill => self.go(Step::Drill(Drill::default()), out),
            Pressed::Repair => self.repair(out),
            Pressed::Key(slot, pressed) => match pressed {
                KeyPressed::Move => self.move_from(slot, out),
                KeyPressed::Rotate => self.asking = Some((Ask::Rotate, slot)),
                KeyPressed::Enable => self.rotate(Command::EnableRotation { slot }, out),
                KeyPressed::Look => out.send(Command::LookAtKeys, Purpose::LookAtKeys),
                KeyPressed::Copy(command) => out.copy_plain(command, "Command"),
            },
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
