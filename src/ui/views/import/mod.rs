//! Profiles of the AWS command line, taken over: what there is, which of it, and then its plaintext keys out of the files.
//!
//! Owns: what was ticked and typed. Never has a key: those go from the files to the keyring in the worker.
//! Invariant: nothing is stored, and nothing removed, before somebody pressed the button for just that.

mod choosing;
mod removing;

use std::path::PathBuf;

use egui::{Frame, Margin, Panel, Ui};

use super::parts;
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::theme::{self, tokens::size, tokens::space};
use crate::ui::toasts::Toast;
use crate::ui::widgets::{Button, card, text};
use crate::ui::wording::{self, Fix, Words, import};
use crate::worker::{Command, ImportCommand, ImportProblem, ImportTold, Problem};
use choosing::Choosing;
use removing::Removing;

/// How wide it is at most, in points.
const WIDTH: f32 = size::FORM + 200.0;

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
    /// They can't be.
    Unread,
    /// They are not there, which is no failure: where they would be.
    NoFiles(Vec<PathBuf>),
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
    /// It was left to make a profile by hand.
    ByHand,
}

/// What was pressed in a step.
enum Pressed {
    Nothing,
    Store,
    /// Read the files again, with this region.
    Look(Option<String>),
    Remove,
    Close,
    ByHand,
}

impl ImportView {
    /// Asks what there is.
    pub fn begin(out: &mut Actions) -> Self {
        let mut view = Self { state: State::Looking, region: None, problem: None };
        view.look(None, out);
        view
    }

    /// Draws it: what can be pressed stands at the window's foot, however much there is above it.
    pub fn show(&mut self, ui: &mut Ui, out: &mut Actions) -> ImportEnd {
        let fill = theme::palette(ui).page;
        let frame = Frame::NONE.fill(fill).inner_margin(Margin::symmetric(0, space::M as i8));
        let foot = Panel::bottom("foot of the import").resizable(false).show_separator_line(true).frame(frame);
        let below = foot.show(ui, |ui| card::centred(ui, WIDTH, |ui| self.foot(ui, out))).inner;
        let (back, above) = card::column(ui, WIDTH, |ui| self.page(ui, out));
        match if let Pressed::Nothing = above { below } else { above } {
            _ if back && !self.back(out) => return self.leave(out),
            Pressed::Nothing => {}
            Pressed::Store => self.store(out),
            Pressed::Look(region) => self.look(region, out),
            Pressed::Remove => self.remove(out),
            Pressed::Close => return self.leave(out),
            Pressed::ByHand => {
                self.leave(out);
                return ImportEnd::ByHand;
            }
        }
        ImportEnd::Open
    }

    /// What there is to see and to choose; whether the way back was pressed.
    fn page(&mut self, ui: &mut Ui, out: &mut Actions) -> (bool, Pressed) {
        let back = parts::page_head(
            ui,
            import::IMPORT,
            "Its profiles become profiles of Sealkeep. Their keys go into the system's keyring, and stay in its files until you remove them.",
        );
        let pressed = match &mut self.state {
            State::Looking => {
                parts::waiting(ui, "Reading the files of the AWS command line…");
                Pressed::Nothing
            }
            State::Unread => Pressed::Nothing,
            State::NoFiles(files) => nothing(ui, &import::no_files(files), true).unwrap_or(Pressed::Nothing),
            State::Choosing(choosing) => choosing.show(ui),
            State::Imported(removing) => removing.show(ui, out),
        };
        (back, self.looked_again(pressed))
    }

    /// With the region that was said last, where none was said now.
    fn looked_again(&self, pressed: Pressed) -> Pressed {
        match pressed {
            Pressed::Look(None) => Pressed::Look(self.region.clone()),
            pressed => pressed,
        }
    }

    /// What goes wrong, how far it has come, and what can be pressed.
    fn foot(&mut self, ui: &mut Ui, out: &mut Actions) -> Pressed {
        let mut pressed = Pressed::Nothing;
        if let State::Choosing(choosing) = &self.state {
            choosing.progress(ui);
        }
        if let Some(problem) = &self.problem {
            if parts::apply(parts::problem(ui, problem), out) == Some(Fix::TryAgain) {
                pressed = self.again();
            }
            ui.add_space(space::M);
        }
        match (self.buttons(ui, out), pressed) {
            (Pressed::Nothing, pressed) => pressed,
            (pressed, _) => pressed,
        }
    }

    /// What is tried again after a problem.
    fn again(&self) -> Pressed {
        let is_stale = matches!(
            self.problem,
            Some(Problem::Import(
                ImportProblem::Changed { .. }
                    | ImportProblem::Gone { .. }
                    | ImportProblem::NotStored { .. }
                    | ImportProblem::Came { .. }
                    | ImportProblem::NoFiles { .. }
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
        let mut pressed = Pressed::Nothing;
        ui.horizontal_wrapped(|ui| match &self.state {
            State::Choosing(choosing) if !choosing.is_empty() => {
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
            State::Looking | State::Unread | State::NoFiles(_) | State::Choosing(_) => {
                if Button::new("Close").show(ui).clicked() {
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
            State::Looking | State::Unread | State::NoFiles(_) => false,
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
        self.problem = match (&mut self.state, problem) {
            (State::Looking, Problem::Import(ImportProblem::NoFiles { files })) => {
                self.state = State::NoFiles(files);
                return;
            }
            (_, Problem::Cancelled) => None,
            (_, problem) => Some(problem),
        };
        match &mut self.state {
            State::Looking => self.state = State::Unread,
            State::Unread | State::NoFiles(_) => {}
            State::Choosing(choosing) => choosing.stopped(),
            State::Imported(removing) => removing.stopped(),
        }
    }

    /// What is said in passing where nobody looks any more.
    pub fn said(&self) -> Option<Toast> {
        match (&self.state, &self.problem) {
            (_, Some(problem)) => Some(toast(wording::of(problem))),
            (State::NoFiles(files), None) => Some(toast(import::no_files(files))),
            (State::Imported(removing), None) => Some(removing.said()),
            _ => None,
        }
    }
}

fn toast(words: Words) -> Toast {
    Toast::problem(words.happened, words.to_do)
}

/// Says that nothing was found, and what to do; with a way to look again where there is none elsewhere.
fn nothing(ui: &mut Ui, words: &Words, may_look: bool) -> Option<Pressed> {
    card::show(ui, |ui| {
        text::strong(ui, words.happened.as_str());
        text::weak(ui, words.to_do.as_str());
        ui.add_space(space::S);
        let mut pressed = None;
        ui.horizontal_wrapped(|ui| {
            if may_look && Button::new("Look again").small().show(ui).clicked() {
                pressed = Some(Pressed::Look(None));
            }
            if Button::new("Add a profile by hand").small().show(ui).clicked() {
                pressed = Some(Pressed::ByHand);
            }
        });
        pressed
    })
}
