//! What the page is told: what the worker found and did, how it ended, and what is said of that.

use egui::Ui;

use super::ask::Ask;
use super::{Doing, End, Step, WaysPage};
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::shared::Later;
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::toasts::Toast;
use crate::ui::views::parts;
use crate::ui::widgets::notice;
use crate::ui::wording::{self, ways};
use crate::vault::PassedOver;
use crate::worker::{Command, Problem, SlotKind, What};

impl WaysPage {
    pub(super) fn end(&mut self, ui: &mut Ui, out: &mut Actions) {
        match &self.end {
            Some(End::Done(happened, more)) => notice::plain(ui, notice::Tone::Plain, happened, more),
            Some(End::Partly(happened, more)) => notice::plain(ui, notice::Tone::Warning, happened, more),
            Some(End::Failed(problem, of)) => {
                let fix = parts::apply(parts::problem(ui, problem), out);
                let of = *of;
                ui.add_space(space::M);
                match fix {
                    None => {}
                    // What is owed by then is what is left to do.
                    Some(_) if matches!(of, Purpose::Repair | Purpose::AddWay) => self.repair(out),
                    Some(_) => {
                        self.end = None;
                        out.send(Command::ListWays, Purpose::Ways);
                    }
                }
                return;
            }
            None => return,
        }
        ui.add_space(space::M);
    }

    /// Something happened.
    pub fn told(&mut self, purpose: Option<Purpose>, what: What, out: &mut Actions) {
        match (purpose, what) {
            (_, What::Ways(mut list)) => {
                // What is used every day comes first, and each keeps its place.
                list.ways.sort_by_key(|way| (!way.opened, way.added, way.slot));
                let has_key =
                    list.ways.iter().any(|way| matches!(way.kind, SlotKind::Kms { .. }) && way.profile.is_some());
                self.ways = Later::Ready(list);
                self.go_to_move(out);
                if has_key && matches!(self.keys, Later::Idle) {
                    self.keys = Later::Pending;
                    out.send(Command::LookAtKeys, Purpose::LookAtKeys);
                }
            }
            (_, What::KeysLooked(looked)) => self.keys = Later::Ready(looked),
            (_, What::SheetMade(sheet)) => {
                if let Step::Sheet(step) = &mut self.step {
                    step.made(sheet);
                }
            }
            (Some(Purpose::PickSheet), What::Picked(paths)) => {
                if let Step::Sheet(step) = &mut self.step {
                    step.picked(paths, out);
                }
            }
            (_, What::SheetSaved { path }) => {
                if let Step::Sheet(step) = &mut self.step {
                    step.saved(path);
                }
            }
            (_, What::WayBegun { .. }) => {
                self.doing = Some(Doing::Adding { begun: true });
                if matches!(self.step, Step::Sheet(_)) {
                    self.go(Step::List, out);
                }
                out.send(Command::ListWays, Purpose::Ways);
            }
            (_, What::WayAdded { slot, passed_over }) => {
                let kind = self.way(slot).map(|way| way.kind.clone());
                let name = kind.as_ref().map_or("Way in", ways::name);
                let lost = self.lost.take();
                let (name, more) = match kind {
                    _ if lost.is_some() => (
                        "New passphrase",
                        "The list calls it a recovery passphrase. Every key of the vault is wrapped for it.",
                    ),
                    Some(SlotKind::Sheet | SlotKind::RecoveryPassphrase) => {
                        (name, "Every key of the vault is wrapped for it. Try it while you have it at hand.")
                    }
                    _ => (name, "Every key of the vault is wrapped for it."),
                };
                // Where it does not open everything, the one that was lost is not offered to be removed: the warning says why.
                let lost = lost.filter(|_| passed_over.is_nothing());
                self.done(format!("{name} added"), more, passed_over, out);
                self.asking = lost.map(|lost| (Ask::Remove, lost)).or(self.asking);
            }
            (_, What::Repaired { made, passed_over }) => {
                self.done(format!("{} wrapped", show::count(made, "key")), "", passed_over, out);
            }
            (_, What::PassphraseChanged { .. }) => {
                let more = "Does somebody else know the old one? With an older copy of the vault they can open this one too, now and \
                            later. Then add another way in, and remove this one.";
                self.go(Step::List, out);
                self.done("Passphrase changed".to_owned(), more, PassedOver::default(), out);
            }
            (_, What::Drilled(report)) => {
                if let Step::Drill(drill) = &mut self.step {
                    drill.told(report);
                    // It was tried today.
                    out.send(Command::ListWays, Purpose::Ways);
                    out.push(Action::Forget);
                }
            }
            (_, What::MovePlanned(planned)) => {
                if let Step::Move(moving) = &mut self.step {
                    moving.planned(*planned);
                }
            }
            (_, What::KeysMoved(moved)) => {
                if let Step::Move(moving) = &mut self.step {
                    moving.moved(*moved);
                }
                out.send(Command::ListWays, Purpose::Ways);
            }
            (purpose, what) => match &mut self.step {
                Step::Kms(choice) => choice.told(purpose, what, out),
                Step::Move(moving) => moving.choice().told(purpose, what, out),
                _ => {}
            },
        }
    }

    fn done(&mut self, happened: String, more: &str, passed_over: PassedOver, out: &mut Actions) {
        self.doing = None;
        self.end = Some(match ways::passed_over(passed_over) {
            None => End::Done(happened, more.to_owned()),
            Some(but) => End::Partly(happened, but),
        });
        out.send(Command::ListWays, Purpose::Ways);
    }

    /// What is said in passing of how it ended, where the page was left meanwhile.
    pub fn said(&self) -> Option<Toast> {
        match &self.end {
            Some(End::Done(happened, _)) => Some(Toast::done(happened.clone())),
            Some(End::Partly(happened, but)) => Some(Toast::problem(happened.clone(), but.clone())),
            Some(End::Failed(problem, _)) => {
                let words = wording::of(problem);
                Some(Toast::problem(words.happened, words.to_do))
            }
            None => match &self.step {
                Step::Drill(drill) => drill.said(),
                Step::Move(moving) => moving.said(),
                _ => None,
            },
        }
    }

    /// A command failed. What the page does not show itself it gives back.
    pub fn failed(&mut self, purpose: Purpose, problem: Problem, out: &mut Actions) -> Option<Problem> {
        let cancelled = problem == Problem::Cancelled;
        match purpose {
            Purpose::Ways => self.ways = Later::Failed(problem),
            // What is known of the ways in does not depend on it.
            Purpose::LookAtKeys => self.keys = Later::Failed(problem),
            Purpose::Rotate => {
                self.end = (!cancelled).then_some(End::Failed(problem, purpose));
                out.send(Command::LookAtKeys, Purpose::LookAtKeys);
            }
            Purpose::Drill => {
                if let Step::Drill(drill) = &mut self.step {
                    drill.failed(problem);
                }
            }
            Purpose::PlanMove | Purpose::MoveKeys => {
                if let Step::Move(moving) = &mut self.step {
                    moving.failed(problem);
                }
                out.send(Command::ListWays, Purpose::Ways);
            }
            Purpose::Sheet | Purpose::SaveSheet | Purpose::PickSheet => {
                if let Step::Sheet(step) = &mut self.step {
                    step.failed(purpose, problem);
                }
            }
            Purpose::AddWay if self.doing == Some(Doing::Adding { begun: false }) => {
                self.doing = None;
                match &mut self.step {
                    Step::Sheet(step) => step.failed(purpose, problem),
                    _ if cancelled => {}
                    _ => self.end = Some(End::Failed(problem, Purpose::Ways)),
                }
            }
            Purpose::AddWay | Purpose::Repair | Purpose::ChangeWay | Purpose::ChangePassphrase => {
                if purpose != Purpose::ChangeWay {
                    self.doing = None;
                }
                if let Step::Change(_, form) = &mut self.step {
                    form.wrong(&problem);
                }
                self.end = (!cancelled).then_some(End::Failed(problem, purpose));
                out.send(Command::ListWays, Purpose::Ways);
            }
            _ => match &mut self.step {
                Step::Kms(choice) => return choice.failed(purpose, problem),
                Step::Move(moving) => return moving.choice().failed(purpose, problem),
                _ => return Some(problem),
            },
        }
        None
    }
}
