//! The page of ways in: what opens the vault, adding, retiring and removing one, repairing what is owed, and the drill.
//!
//! Owns: the list as the worker told it, and the one thing that is being done. Touches no key.
//! Invariant: a code or a passphrase is in the step that shows or takes it, and goes with it; the page goes with the lock.

mod ask;
mod choose;
mod doing;
mod drill;
mod kms_row;
mod list;
mod moving;
mod passphrase;
pub(super) mod sheet;
mod wanted;

use egui::Ui;

use super::kms_choice::KmsChoice;
use super::parts;
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::jobs::Jobs;
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::toasts::Toast;
use crate::ui::widgets::{Button, button, card, notice};
use crate::ui::wording::{self, ways};
use crate::vault::{PassedOver, SlotId};
use crate::worker::{Command, JobKind, KeyLooked, NewWay, Problem, SlotKind, WaysIn, What};
pub use drill::good;

use ask::Ask;
use choose::Choice;
use drill::Drill;
use moving::MoveStep;
use passphrase::PassphraseForm;
use sheet::{SheetEnd, SheetStep};

/// The page of ways in.
#[derive(Debug)]
pub struct WaysPage {
    ways: Later<WaysIn>,
    /// What AWS says of the KMS keys among them.
    keys: Later<Vec<KeyLooked>>,
    step: Step,
    /// What the worker is doing for this page.
    doing: Option<Doing>,
    /// How the last thing ended.
    end: Option<End>,
    asking: Option<(Ask, SlotId)>,
    /// The way in whose passphrase is lost, while another is added that takes its place.
    lost: Option<SlotId>,
    /// Whether somebody came to move to another KMS key, and the list is not there yet.
    wants_move: bool,
}

/// What the page shows.
#[derive(Debug)]
enum Step {
    List,
    Choose,
    Kms(Box<KmsChoice>),
    Passphrase(PassphraseForm),
    Sheet(SheetStep),
    Change(SlotId, PassphraseForm),
    Move(Box<MoveStep>),
    Drill(Drill),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Doing {
    /// A way in is being added; whether it is there by now.
    Adding {
        begun: bool,
    },
    Repairing,
    Changing,
}

#[derive(Debug)]
enum End {
    Done(String, String),
    /// The same of what is damaged in part, and so was passed over.
    Partly(String, String),
    Failed(Problem, Purpose),
}

impl WaysPage {
    /// The page; it asks the worker for the list.
    pub fn new(out: &mut Actions) -> Self {
        out.send(Command::ListWays, Purpose::Ways);
        Self {
            ways: Later::Pending,
            keys: Later::Idle,
            step: Step::List,
            doing: None,
            end: None,
            asking: None,
            lost: None,
            wants_move: false,
        }
    }

    /// Whether something goes on that has to be told here, also after the page was left.
    pub fn is_busy(&self) -> bool {
        let is_running = match &self.step {
            Step::Drill(drill) => drill.is_running(),
            Step::Move(moving) => moving.is_running(),
            _ => false,
        };
        self.doing.is_some() || is_running
    }

    /// Whether egui has something to forget when the step is left.
    fn holds_secret(&self) -> bool {
        !matches!(self.step, Step::List | Step::Choose | Step::Kms(_) | Step::Move(_))
    }

    /// Goes back by one step; whether there was one.
    pub fn back(&mut self, out: &mut Actions) -> bool {
        if matches!(self.step, Step::List) {
            return false;
        }
        if let Step::Drill(drill) = &self.step
            && drill.is_running()
        {
            out.push(Action::Cancel(Purpose::Drill));
        }
        if let Step::Sheet(sheet) = &mut self.step
            && sheet.back(out)
        {
            return true;
        }
        if let Step::Move(moving) = &mut self.step
            && moving.back(out)
        {
            return true;
        }
        let held = self.holds_secret();
        self.step = match &mut self.step {
            Step::Kms(_) | Step::Passphrase(_) | Step::Sheet(_) => Step::Choose,
            _ => Step::List,
        };
        self.end = None;
        if held {
            out.push(Action::Forget);
        }
        true
    }

    fn go(&mut self, step: Step, out: &mut Actions) {
        if self.holds_secret() {
            out.push(Action::Forget);
        }
        self.step = step;
        self.end = None;
        self.lost = None;
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, shared: &Shared, jobs: &Jobs, out: &mut Actions) {
        let (title, second) = self.head();
        let mut back = false;
        let wide = size::FORM + 200.0;
        // Each step has widgets of its own: none inherits what another showed.
        ui.push_id(std::mem::discriminant(&self.step), |ui| {
            card::column(ui, wide, |ui| {
                back = parts::page_head(ui, title, second);
                self.end(ui, out);
                match &mut self.step {
                    Step::List => self.list(ui, shared, jobs, out),
                    Step::Choose => self.choose(ui, out),
                    Step::Kms(_) => self.kms(ui, shared, out),
                    Step::Passphrase(_) => self.passphrase(ui, out),
                    Step::Sheet(_) => self.sheet(ui, shared, out),
                    Step::Change(..) => self.change(ui, out),
                    Step::Move(moving) => match moving.show(ui, shared, jobs, out) {
                        None => {}
                        Some(moving::Pressed::Item(item)) => out.go(Place::Item(item)),
                        Some(moving::Pressed::Close) => self.go(Step::List, out),
                    },
                    Step::Drill(drill) => {
                        if let Some(pressed) = drill.show(ui, shared, jobs, out) {
                            match pressed {
                                drill::Pressed::Repair => self.repair(out),
                                drill::Pressed::Item(item) => out.go(Place::Item(item)),
                                drill::Pressed::Close => self.go(Step::List, out),
                            }
                        }
                    }
                }
            });
        });
        self.ask(ui, out);
        if back && !self.back(out) {
            out.go(Place::Back);
        }
    }

    fn head(&self) -> (&'static str, &'static str) {
        match &self.step {
            Step::List => {
                ("Ways in", "Each of these opens this vault by itself. Keep two, in two places: any one can be lost.")
            }
            Step::Choose => ("Add a way in", "It will open everything, also what was saved before."),
            Step::Kms(_) => ("Another KMS key", "Of another account or region, for the day that one is out of reach."),
            Step::Passphrase(_) if self.lost.is_some() => {
                ("A new passphrase", "It will open everything, without the lost one, which you can remove then.")
            }
            Step::Passphrase(_) => {
                ("A recovery passphrase", "It opens the vault without a network, and when the usual key is gone.")
            }
            Step::Sheet(_) => ("Emergency sheet", "A code on paper opens the vault when nothing else does."),
            Step::Change(..) => ("Change the passphrase", "Nothing is sealed anew for that: one row changes."),
            Step::Move(_) => (
                "Move to another KMS key",
                "Every key of the vault is wrapped anew under it. The old one opens nothing here then.",
            ),
            Step::Drill(_) => {
                ("Try recovery", "Proves that what you have on paper opens everything. Nothing is changed.")
            }
        }
    }

    fn end(&mut self, ui: &mut Ui, out: &mut Actions) {
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

    fn choose(&mut self, ui: &mut Ui, out: &mut Actions) {
        let Some(choice) = choose::show(ui) else { return };
        let step = match choice {
            Choice::Sheet => {
                out.send(Command::MakeSheet, Purpose::Sheet);
                Step::Sheet(SheetStep::default())
            }
            Choice::Passphrase => Step::Passphrase(PassphraseForm::default()),
            Choice::Kms => Step::Kms(Box::default()),
        };
        self.go(step, out);
    }

    fn kms(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let Step::Kms(choice) = &mut self.step else { return };
        choice.show(ui, shared, out);
        ui.add_space(space::L);
        let tested = choice.tested();
        let pressed = Button::primary("Add this key").enabled(tested.is_some()).show(ui).clicked();
        if let Some((profile, key)) = tested.filter(|_| pressed) {
            self.add(NewWay::Kms { profile, key }, out);
        }
    }

    fn passphrase(&mut self, ui: &mut Ui, out: &mut Actions) {
        let Step::Passphrase(form) = &mut self.step else { return };
        let label = if self.lost.is_some() { "New passphrase" } else { "Recovery passphrase" };
        let Some((_, new)) = form.show(ui, (None, label), "Add this passphrase", false, out) else { return };
        let lost = self.lost;
        self.add(NewWay::Passphrase(new), out);
        self.lost = lost;
    }

    fn sheet(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let Step::Sheet(step) = &mut self.step else { return };
        match step.show(ui, shared, out) {
            None => {}
            Some(SheetEnd::Confirmed(sheet)) => self.add(NewWay::Sheet(sheet), out),
            Some(SheetEnd::Left) => self.go(Step::Choose, out),
            Some(SheetEnd::Again) => {
                self.step = Step::Sheet(SheetStep::default());
                out.send(Command::MakeSheet, Purpose::Sheet);
            }
        }
    }

    fn change(&mut self, ui: &mut Ui, out: &mut Actions) {
        let working = self.doing == Some(Doing::Changing);
        let Step::Change(slot, form) = &mut self.step else { return };
        let slot = *slot;
        let labels = (Some("Present passphrase"), "New passphrase");
        let typed = form.show(ui, labels, "Change it", working, out);
        // Whoever opened the vault with it knows it.
        let may_be_lost = !working && self.way(slot).is_some_and(|way| !way.opened);
        if may_be_lost {
            ui.add_space(space::M);
            if button::link(ui, "I don't know it any more").clicked() {
                self.go(Step::Passphrase(PassphraseForm::default()), out);
                self.lost = Some(slot);
                return;
            }
        }
        let Some((old, new)) = typed else { return };
        self.doing = Some(Doing::Changing);
        self.end = None;
        out.send(Command::ChangePassphrase { slot, old, new }, Purpose::ChangePassphrase);
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

    /// Which jobs this page shows itself.
    pub fn shows(kind: JobKind) -> bool {
        matches!(kind, JobKind::WrapKeys | JobKind::MoveKeys | JobKind::Drill)
    }
}
