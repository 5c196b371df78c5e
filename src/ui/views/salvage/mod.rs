//! Salvaging a damaged vault: from where, to where, what opens both; how far it is; and what came of it.
//!
//! Owns: what was typed, and the report with its titles. No vault is open meanwhile. Invariant: a lock takes what was typed and
//! every title; of a report it leaves the numbers.

mod form;
mod report;

use std::path::PathBuf;

use egui::Ui;

use super::new_passphrase::NewPassphrase;
use super::parts;
use super::unlock_form::{UnlockForm, needs_answer, question};
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::route::{Shortcut, View};
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{SecretEdit, button, card, text};
use crate::ui::wording::salvage::SALVAGE;
use crate::worker::{
    Command, Problem, Progress, Salvage as Wanted, Salvaged, TrustAnswer, UnlockStep, VaultView, What,
};

/// A damaged vault, being salvaged.
#[derive(Debug)]
pub struct Salvage {
    folder: PathBuf,
    vault: Later<VaultView>,
    confirmed: bool,
    unlock_form: UnlockForm,
    name: SecretEdit,
    /// Where the new vault goes: beside the damaged one, unless another folder was chosen.
    place: Option<PathBuf>,
    /// Whether the new vault has a passphrase of its own.
    own_passphrase: bool,
    passphrase: NewPassphrase,
    state: State,
    /// Whether a lock ended it, or took the titles.
    locked: bool,
}

#[derive(Debug)]
enum State {
    Editing,
    Opening(Option<UnlockStep>),
    Copying(Progress),
    Failed(Problem),
    Done(Box<Salvaged>),
}

impl Salvage {
    /// The view for the vault in `folder`; it asks the worker to look at it.
    pub fn new(folder: PathBuf, out: &mut Actions) -> Self {
        out.send(Command::InspectToSalvage { folder: folder.clone() }, Purpose::Inspect);
        Self {
            name: parts::edit_of(&format!("{} saved", show::vault_name(&folder))),
            folder,
            vault: Later::Pending,
            confirmed: false,
            unlock_form: UnlockForm::default(),
            place: None,
            own_passphrase: false,
            passphrase: NewPassphrase::default(),
            state: State::Editing,
            locked: false,
        }
    }

    /// The same after a lock: with nothing typed, and no title.
    pub fn locked(self, out: &mut Actions) -> Self {
        let Self { folder, vault, name, place, mut state, locked, .. } = self;
        let was_busy = matches!(state, State::Opening(_) | State::Copying(_));
        if let State::Done(done) = &mut state {
            done.report.lost.iter_mut().for_each(|lost| lost.title = None);
            done.report.changed.iter_mut().for_each(|changed| changed.title = None);
            return Self { vault, state, locked: true, ..Self::new_quiet(folder) };
        }
        Self { name, place, locked: locked || was_busy, ..Self::new(folder, out) }
    }

    fn new_quiet(folder: PathBuf) -> Self {
        // What it asks for is asked by nobody.
        Self::new(folder, &mut Actions::default())
    }

    fn look_again(&mut self, out: &mut Actions) {
        self.vault = Later::Pending;
        self.confirmed = false;
        self.state = State::Editing;
        out.send(Command::InspectToSalvage { folder: self.folder.clone() }, Purpose::Inspect);
    }

    fn is_working(&self) -> bool {
        matches!(self.state, State::Opening(_) | State::Copying(_))
    }

    /// The new vault's folder.
    fn target(&self) -> Option<PathBuf> {
        let name = parts::plain(&self.name);
        let place = self.place.as_deref().or(self.folder.parent())?;
        super::create::unusable(&name).is_none().then(|| place.join(super::create::folder_name(&name)))
    }

    /// Whether all is said that has to be.
    fn is_ready(&self) -> bool {
        let own = !self.own_passphrase || self.unlock_form.is_kms() || self.passphrase.is_ready();
        own && self.target().is_some() && self.unlock_form.unlock_by().is_some()
    }

    fn begin(&mut self, out: &mut Actions) {
        let (Some(by), Some(into), true) = (self.unlock_form.unlock_by(), self.target(), self.is_ready()) else {
            return;
        };
        let own = self.own_passphrase && !self.unlock_form.is_kms();
        let wanted = Wanted {
            folder: self.folder.clone(),
            into,
            by,
            trust: if self.confirmed { TrustAnswer::Confirmed } else { TrustAnswer::Ask },
            passphrase: self.passphrase.chosen().filter(|_| own),
        };
        self.locked = false;
        self.state = State::Opening(None);
        out.send(Command::Salvage(wanted), Purpose::Salvage);
    }
}

impl View for Salvage {
    fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        parts::corner(ui, out);
        card::column(ui, size::FORM + 160.0, |ui| {
            if let State::Done(done) = &self.state {
                report::show(ui, done, self.locked, out);
                return;
            }
            let second = "Copies everything that is as it was written into a new vault, and lists what is not. The damaged vault is \
                          only read.";
            let back = parts::page_head(ui, SALVAGE, second);
            if back && !self.is_working() {
                out.go(Place::Unlock(self.folder.clone()));
            }
            self.content(ui, shared, out);
        });
    }

    fn told(&mut self, purpose: Option<Purpose>, what: What, shared: &Shared, out: &mut Actions) {
        match (purpose, what) {
            (Some(Purpose::Inspect), What::Inspected(vault)) if vault.folder == self.folder => {
                self.unlock_form.see(&vault, shared);
                self.confirmed = !needs_answer(&vault.trust);
                self.vault = Later::Ready(vault);
            }
            (Some(Purpose::PickPlace), What::Picked(paths)) => {
                self.place = paths.into_iter().next().or(self.place.take());
            }
            (Some(Purpose::Salvage), What::Unlocking(step)) => self.state = State::Opening(Some(step)),
            (Some(Purpose::Salvage), What::Job(progress)) => self.state = State::Copying(progress),
            (Some(Purpose::Salvage), What::Salvaged(done)) => {
                // It has served, and the report stays for longer.
                let vault = std::mem::take(&mut self.vault);
                let state = State::Done(done);
                *self = Self { vault, state, ..Self::new_quiet(self.folder.clone()) };
                out.push(Action::Forget);
            }
            _ => {}
        }
    }

    fn failed(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem> {
        match purpose {
            Purpose::Inspect => self.vault = Later::Failed(problem),
            Purpose::Salvage if problem == Problem::Cancelled => {
                self.unlock_form.focus = true;
                self.state = State::Editing;
            }
            Purpose::Salvage => {
                match problem {
                    Problem::WrongPassphrase => {
                        self.unlock_form.select_all();
                        self.unlock_form.focus = true;
                    }
                    Problem::NeedsPassphrase => self.own_passphrase = true,
                    _ => {}
                }
                self.state = State::Failed(problem);
            }
            _ => return Some(problem),
        }
        None
    }

    fn shortcut(&mut self, shortcut: Shortcut, out: &mut Actions) -> bool {
        match (shortcut, &self.state) {
            (Shortcut::Back, State::Opening(_) | State::Copying(_)) => out.push(Action::Cancel(Purpose::Salvage)),
            // What was lost is read to its end: it is said only here.
            (Shortcut::Back, State::Done(_)) => return false,
            (Shortcut::Back, _) => out.go(Place::Unlock(self.folder.clone())),
            _ => return false,
        }
        true
    }
}

impl Salvage {
    fn content(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        match std::mem::take(&mut self.vault) {
            Later::Ready(vault) => {
                card::show(ui, |ui| {
                    text::strong(ui, vault.name.as_str());
                    let items = show::count(vault.items, "item");
                    text::small(ui, format!("{items}, the trash included · {}", show::bytes(vault.bytes)));
                    if !self.confirmed {
                        ui.add_space(space::M);
                        if question(ui, &vault, out) {
                            self.confirmed = true;
                            self.unlock_form.focus = true;
                        }
                    }
                });
                if self.confirmed {
                    ui.add_space(space::M);
                    self.form(ui, shared, &vault, out);
                }
                // Where it asked to look again, that is pending now.
                if matches!(self.vault, Later::Idle) {
                    self.vault = Later::Ready(vault);
                }
            }
            Later::Failed(problem) => {
                let fix = parts::problem_while_locked(ui, &problem);
                self.vault = Later::Failed(problem);
                ui.add_space(space::S);
                text::weak(ui, "Nothing can be found in it any more. A backup of the folder is the way on.");
                if parts::apply(fix, out).is_some() || button::link(ui, "Look again").clicked() {
                    self.look_again(out);
                }
            }
            other => {
                self.vault = other;
                parts::waiting(ui, "Looking at the vault…");
            }
        }
    }
}
