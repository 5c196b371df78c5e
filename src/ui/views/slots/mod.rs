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
mod offer;
mod passphrase;
pub(super) mod sheet;
mod steps;
mod told;
mod wanted;
mod way_card;

use egui::Ui;

use super::kms_choice::KmsChoice;
use super::parts;
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::jobs::Jobs;
use crate::ui::shared::{Later, Shared};
use crate::ui::theme::tokens::size;
use crate::ui::widgets::card;
use crate::vault::SlotId;
use crate::worker::{Command, JobKind, KeyLooked, Problem, WaysIn};
pub use drill::good;

use ask::Ask;
use drill::Drill;
use moving::MoveStep;
use passphrase::PassphraseForm;
use sheet::SheetStep;
use wanted::Wanted;

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
    /// What somebody came for, while the list is not there yet.
    wanted: Wanted,
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
            wanted: Wanted::List,
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
                    Step::Move(moving) => match moving.show(ui, shared, &self.keys, jobs, out) {
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
                "It takes the place of the one that the vault has, which opens nothing here then.",
            ),
            Step::Drill(_) => {
                ("Try recovery", "Proves that what you have on paper opens everything. Nothing is changed.")
            }
        }
    }

    /// Which jobs this page shows itself.
    pub fn shows(kind: JobKind) -> bool {
        matches!(kind, JobKind::WrapKeys | JobKind::MoveKeys | JobKind::Drill)
    }
}
