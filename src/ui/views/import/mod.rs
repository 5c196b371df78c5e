//! Profiles of the AWS command line, taken over: what there is, which of it, and then its plaintext keys out of the files.
//!
//! Owns: what was ticked and typed. Never has a key: those go from the files to the keyring in the worker.
//! Invariant: nothing is stored, and nothing removed, before somebody pressed the button for just that.

mod choosing;
mod removing;

use egui::Ui;

use super::parts;
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::theme::tokens::space;
use crate::ui::toasts::Toast;
use crate::ui::widgets::{Button, card, text};
use crate::ui::wording::{self, Fix, import};
use crate::worker::{Command, ImportCommand, ImportProblem, ImportTold, Problem};
use choosing::Choosing;
use removing::Removing;

/// An import under way.
#[derive(Debug)]
pub struct ImportView {
    state: State,
    /// The region of profiles that name none, as it was looked for last.
    region: Option<String>,
    problem: Option<Problem>,
}

#[derive(Debug)]
enum State {
    /// The files are read.
    Looking,
    /// They can't be, or are not there.
    Nothing,
    Choosing(Box<Choosing>),
    /// What was wanted is in the keyring.
    Imported(Box<Removing>),
}

/// What a frame brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportEnd {
    /// Nothing yet.
    Open,
    /// It is over, or was left.
    Closed,
}

/// What was pressed in a step.
enum Pressed {
    Nothing,
    Store,
    /// Read the files again, with this region.
    Look(Option<String>),
    Remove,
    Close,
}

impl ImportView {
    /// Asks what there is.
    pub fn begin(out: &mut Actions) -> Self {
        let mut view = Self { state: State::Looking, region: None, problem: None };
        view.look(None, out);
        view
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, out: &mut Actions) -> ImportEnd {
        let back = parts::page_head(
            ui,
            import::IMPORT,
            "Its profiles become profiles of Sealkeep. Their keys go into the system's keyring, and stay in its files until you remove them.",
        );
        let mut pressed = match &mut self.state {
            State::Looking => {
                parts::waiting(ui, "Reading the files of the AWS command line…");
                Pressed::Nothing
            }
            State::Nothing => Pressed::Nothing,
            State::Choosing(choosing) => choosing.show(ui),
            State::Imported(removing) => removing.show(ui, out),
        };
        if let Some(problem) = &self.problem {
            ui.add_space(space::M);
            if parts::apply(self.say(ui, problem), out) == Some(Fix::TryAgain) {
                pressed = self.again();
            }
        }
        let below = self.buttons(ui, out);
        if let Pressed::Nothing = pressed {
            pressed = below;
        }
        match pressed {
            _ if back && !self.back(out) => return self.leave(out),
            Pressed::Nothing => {}
            Pressed::Store => self.store(out),
            Pressed::Look(region) => self.look(region, out),
            Pressed::Remove => self.remove(out),
            Pressed::Close => return self.leave(out),
        }
        ImportEnd::Open
    }

    /// No files are no failure.
    fn say(&self, ui: &mut Ui, problem: &Problem) -> Option<Fix> {
        let Problem::Import(ImportProblem::NoFiles { .. }) = problem else { return parts::problem(ui, problem) };
        let words = wording::of(problem);
        card::show(ui, |ui| {
            text::strong(ui, words.happened);
            text::weak(ui, words.to_do);
            ui.add_space(space::S);
            Button::new("Look again").small().show(ui).clicked().then_some(Fix::TryAgain)
        })
    }

    /// What is tried again after a problem.
    fn again(&self) -> Pressed {
        let is_stale = matches!(
            self.problem,
            Some(Problem::Import(
                ImportProblem::Changed { .. }
                    | ImportProblem::Gone { .. }
                    | ImportProblem::NotStored { .. }
                    | ImportProblem::Over
            ))
        );
        match &self.state {
            State::Choosing(_) if !is_stale => Pressed::Store,
            State::Imported(_) if !is_stale => Pressed::Remove,
            _ => Pressed::Look(self.region.clone()),
        }
    }

    fn buttons(&mut self, ui: &mut Ui, out: &mut Actions) -> Pressed {
        ui.add_space(space::L);
        let mut pressed = Pressed::Nothing;
        ui.horizontal_wrapped(|ui| match &self.state {
            State::Looking | State::Nothing => {
                if Button::new("Close").show(ui).clicked() {
                    pressed = Pressed::Close;
                }
            }
            State::Choosing(choosing) => {
                if Button::primary(&choosing.words()).enabled(choosing.is_ready()).show(ui).clicked() {
                    pressed = Pressed::Store;
                }
                if Button::quiet("Cancel").show(ui).clicked() {
                    match choosing.is_storing() {
                        true => out.push(Action::Cancel(Purpose::Import)),
                        false => pressed = Pressed::Close,
                    }
                }
            }
            State::Imported(removing) => {
                if removing.offers() {
                    let words = if removing.is_pending() { "Removing…" } else { "Remove these keys" };
                    if Button::danger(words).enabled(!removing.is_pending()).show(ui).clicked() {
                        pressed = Pressed::Remove;
                    }
                }
                let words = if removing.offers() { "Keep them there" } else { "Done" };
                if Button::new(words).enabled(!removing.is_pending()).show(ui).clicked() {
                    pressed = Pressed::Close;
                }
            }
        });
        pressed
    }

    fn look(&mut self, region: Option<String>, out: &mut Actions) {
        self.region.clone_from(&region);
        (self.state, self.problem) = (State::Looking, None);
        out.send(Command::Import(ImportCommand::Look { region }), Purpose::Import);
        out.push(Action::Forget);
    }

    fn store(&mut self, out: &mut Actions) {
        let State::Choosing(choosing) = &mut self.state else { return };
        if let Some((names, protect)) = choosing.begin() {
            self.problem = None;
            out.send(Command::Import(ImportCommand::Store { names, protect }), Purpose::Import);
        }
    }

    fn remove(&mut self, out: &mut Actions) {
        let State::Imported(removing) = &mut self.state else { return };
        if let Some(use_sealkeep) = removing.begin() {
            self.problem = None;
            out.send(Command::Import(ImportCommand::RemoveKeys { use_sealkeep }), Purpose::Import);
        }
    }

    fn leave(&self, out: &mut Actions) -> ImportEnd {
        out.push(Action::Forget);
        ImportEnd::Closed
    }

    /// Goes back by one step; whether there was one. What is under way is stopped first.
    pub fn back(&mut self, out: &mut Actions) -> bool {
        match &self.state {
            State::Choosing(choosing) if choosing.is_storing() => {
                out.push(Action::Cancel(Purpose::Import));
                true
            }
            // A file is one or the other in a moment.
            State::Imported(removing) => removing.is_pending(),
            _ => false,
        }
    }

    /// Whether something goes on that nobody has to look at.
    pub fn is_busy(&self) -> bool {
        match &self.state {
            State::Looking | State::Nothing => false,
            State::Choosing(choosing) => choosing.is_storing(),
            State::Imported(removing) => removing.is_pending(),
        }
    }

    /// Something happened.
    pub fn told(&mut self, told: ImportTold) {
        match (&mut self.state, told) {
            (State::Looking, ImportTold::Found(there)) => {
                self.state = State::Choosing(Box::new(Choosing::of(there, self.region.as_deref())));
            }
            (State::Choosing(choosing), ImportTold::Storing { done, total }) => choosing.stored(done, total),
            (State::Choosing(choosing), ImportTold::Imported(imported)) => {
                self.state = State::Imported(Box::new(Removing::of(imported, choosing.protects())));
            }
            (State::Imported(removing), ImportTold::KeysRemoved(removed)) => removing.removed(removed),
            _ => {}
        }
    }

    /// A step failed, or was cancelled.
    pub fn failed(&mut self, problem: Problem) {
        match &mut self.state {
            State::Looking => self.state = State::Nothing,
            State::Nothing => {}
            State::Choosing(choosing) => choosing.stopped(),
            State::Imported(removing) => removing.stopped(),
        }
        self.problem = (problem != Problem::Cancelled).then_some(problem);
    }

    /// What is said in passing where nobody looks any more.
    pub fn said(&self) -> Option<Toast> {
        match (&self.state, &self.problem) {
            (_, Some(problem)) => {
                let words = wording::of(problem);
                Some(Toast::problem(words.happened, words.to_do))
            }
            (State::Imported(removing), None) => Some(removing.said()),
            _ => None,
        }
    }
}
