//! Unlocking a vault: what it is, what has to be confirmed, what opens it, and what went wrong.

use std::path::{Path, PathBuf};

use egui::Ui;
use lucide_icons::Icon;

use super::parts;
use super::unlock_form::{UnlockForm, needs_answer, question};
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::route::{Shortcut, View};
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{Button, button, card, text};
use crate::ui::wording::salvage::SALVAGE;
use crate::ui::wording::{self, Fix};
use crate::worker::{Command, KeyView, LockReason, Problem, TrustAnswer, UnlockStep, VaultView, What};

/// A locked vault, being opened.
#[derive(Debug)]
pub struct Unlock {
    folder: PathBuf,
    why_locked: Option<LockReason>,
    /// Whether the lock dropped a draft; no word of what was in it.
    draft_lost: bool,
    /// Whether what was typed here was forgotten, because nobody was there any more.
    forgot: bool,
    vault: Later<VaultView>,
    unlock_form: UnlockForm,
    confirmed: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting,
    Working(Option<UnlockStep>),
    Failed(Problem),
}

impl Unlock {
    /// The view of the vault in `folder`; it asks the worker to look at it.
    pub fn new(folder: PathBuf, why_locked: Option<LockReason>, out: &mut Actions) -> Self {
        out.send(Command::InspectVault { folder: folder.clone() }, Purpose::Inspect);
        Self {
            folder,
            why_locked,
            draft_lost: false,
            forgot: false,
            vault: Later::Pending,
            unlock_form: UnlockForm::default(),
            confirmed: false,
            state: State::Waiting,
        }
    }

    /// The same, with nothing typed.
    pub fn afresh(&self, why: LockReason, out: &mut Actions) -> Self {
        let idle = why == LockReason::Idle;
        // It was locked already: nobody being there has not done that.
        let why = if idle { self.why_locked } else { Some(why) };
        let forgot = idle && (self.forgot || self.unlock_form.is_typed());
        Self { draft_lost: self.draft_lost, forgot, ..Self::new(self.folder.clone(), why, out) }
    }

    /// Says whether the lock dropped a draft.
    pub fn after_a_draft(mut self, lost: bool) -> Self {
        self.draft_lost = lost;
        self
    }

    fn look_again(&mut self, out: &mut Actions) {
        self.vault = Later::Pending;
        self.confirmed = false;
        self.state = State::Waiting;
        out.send(Command::InspectVault { folder: self.folder.clone() }, Purpose::Inspect);
    }

    fn open(&mut self, out: &mut Actions) {
        let Some(by) = self.unlock_form.unlock_by() else { return };
        let trust = if self.confirmed { TrustAnswer::Confirmed } else { TrustAnswer::Ask };
        self.state = State::Working(None);
        out.send(Command::Unlock { folder: self.folder.clone(), by, trust }, Purpose::Unlock);
    }
}

impl View for Unlock {
    fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        parts::corner(ui, out);
        card::column(ui, size::FORM, |ui| {
            parts::above(ui, 400.0 + self.unlock_form.more(ui, shared));
            parts::mark(ui);
            ui.add_space(space::L);
            self.card(ui, shared, out);
            ui.add_space(space::L);
            if button::link(ui, "Another vault…").clicked() {
                out.go(Place::Picker);
            }
        });
    }

    fn told(&mut self, purpose: Option<Purpose>, what: What, shared: &Shared, _out: &mut Actions) {
        match (purpose, what) {
            (Some(Purpose::Inspect), What::Inspected(vault)) if vault.folder == self.folder => {
                self.unlock_form.see(&vault, shared);
                self.confirmed = !needs_answer(&vault.trust);
                self.vault = Later::Ready(vault);
            }
            (Some(Purpose::Unlock), What::Unlocking(step)) => self.state = State::Working(Some(step)),
            _ => {}
        }
    }

    fn failed(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem> {
        match purpose {
            Purpose::Inspect => self.vault = Later::Failed(problem),
            Purpose::Unlock if problem == Problem::Cancelled => {
                self.unlock_form.focus = true;
                self.state = State::Waiting;
            }
            Purpose::Unlock => {
                if problem == Problem::WrongPassphrase {
                    self.unlock_form.select_all();
                }
                // A mistyped code stays as it is: one character of it is to be put right.
                self.unlock_form.focus = true;
                self.state = State::Failed(problem);
            }
            _ => return Some(problem),
        }
        None
    }

    fn shortcut(&mut self, shortcut: Shortcut, out: &mut Actions) -> bool {
        match (shortcut, &self.state) {
            (Shortcut::Back, State::Working(_)) => out.push(Action::Cancel(Purpose::Unlock)),
            (Shortcut::Back, _) => out.go(Place::Picker),
            (Shortcut::Open, State::Waiting | State::Failed(_)) if self.unlock_form.is_kms() && self.confirmed => {
                self.open(out)
            }
            _ => return false,
        }
        true
    }
}

impl Unlock {
    fn card(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let vault = match std::mem::take(&mut self.vault) {
            Later::Ready(vault) => vault,
            Later::Failed(problem) => {
                text::heading(ui, show::vault_name(&self.folder));
                ui.add_space(space::S);
                let fix = parts::problem_while_locked(ui, &problem);
                let damaged = problem.is_damage();
                self.vault = Later::Failed(problem);
                if damaged {
                    salvage(ui, &self.folder, out);
                }
                if parts::apply(fix, out).is_some() || button::link(ui, "Look again").clicked() {
                    self.look_again(out);
                }
                return;
            }
            other => {
                self.vault = other;
                parts::waiting(ui, "Looking at the vault…");
                return;
            }
        };
        card::show(ui, |ui| {
            text::title(ui, vault.name.as_str());
            // What is in the trash is part of what is sealed: a locked vault can't leave it out.
            let items = show::count(vault.items, "item");
            text::small(ui, format!("{items}, the trash included · {}", show::bytes(vault.bytes)));
            if let Some(why) = self.why_locked.and_then(wording::locked) {
                text::small(ui, why);
            }
            if self.draft_lost {
                text::small(ui, "A draft was not saved.");
            }
            if self.forgot {
                text::small(ui, "What you typed was forgotten because nobody was here for a while.");
            }
            ui.add_space(space::M);
            if self.confirmed {
                self.keys(ui, shared, &vault, out);
            } else if question(ui, &vault, out) {
                self.confirmed = true;
                self.unlock_form.focus = true;
            }
        });
        // A view that asked to look again has set it to pending.
        if matches!(self.vault, Later::Idle) {
            self.vault = Later::Ready(vault);
        }
    }

    fn keys(&mut self, ui: &mut Ui, shared: &Shared, vault: &VaultView, out: &mut Actions) {
        let working = matches!(self.state, State::Working(_));
        let wrong = matches!(self.state, State::Failed(Problem::WrongPassphrase | Problem::MistypedCode));
        let shown = self.unlock_form.show(ui, shared, vault, (working, wrong), out);
        if shown.turned {
            self.state = State::Waiting;
        }
        let mut open = shown.submitted;
        if shown.offers {
            ui.add_space(space::M);
            let ready = !working && self.unlock_form.unlock_by().is_some();
            let button = Button::primary("Unlock").icon(Icon::LockOpen).wide().enabled(ready).show(ui);
            self.unlock_form.hand_on(&button);
            open |= button.clicked();
        }
        match &self.state {
            State::Waiting => {}
            State::Working(step) => {
                ui.add_space(space::S);
                let words = step_words(*step);
                ui.horizontal(|ui| {
                    parts::waiting(ui, &words);
                    if Button::quiet("Cancel").small().show(ui).clicked() {
                        out.push(Action::Cancel(Purpose::Unlock));
                    }
                });
            }
            State::Failed(problem) => {
                ui.add_space(space::S);
                let fix = parts::problem_while_locked(ui, problem);
                let has = |way: &KeyView| vault.keys.contains(way);
                if *problem == Problem::WrongPassphrase && has(&KeyView::Passphrase) && has(&KeyView::Recovery) {
                    ui.add_space(space::XS);
                    text::small(
                        ui,
                        "Lost it? Type the code of your emergency sheet, or the recovery passphrase, instead.",
                    );
                }
                match parts::apply(fix, out) {
                    Some(Fix::LookAgain) => self.look_again(out),
                    Some(_) => open = true,
                    None => {}
                }
                if matches!(&self.state, State::Failed(problem) if problem.is_damage()) {
                    salvage(ui, &self.folder, out);
                }
            }
        }
        if open && !matches!(self.state, State::Working(_)) {
            self.open(out);
        }
    }
}

/// The way on where the vault does not open because it is damaged.
fn salvage(ui: &mut Ui, folder: &Path, out: &mut Actions) {
    ui.add_space(space::M);
    if Button::new(SALVAGE).icon(Icon::LifeBuoy).show(ui).clicked() {
        out.go(Place::Salvage(folder.to_owned()));
    }
    ui.add_space(space::S);
}

/// A vault with so many items says how many it has read.
const MANY: u64 = 2_000;

/// How far it has come, in words.
pub(super) fn step_words(step: Option<UnlockStep>) -> String {
    match step {
        None | Some(UnlockStep::Reading) => "Reading the vault…".to_owned(),
        Some(UnlockStep::DerivingKey) => "Making the key from the passphrase…".to_owned(),
        Some(UnlockStep::AskingKms) => "Asking AWS KMS for the vault's key…".to_owned(),
        Some(UnlockStep::ReadingItems { done, total }) if total >= MANY => {
            format!("Reading the items: {} of {}…", show::grouped(done), show::grouped(total))
        }
        Some(UnlockStep::ReadingItems { .. }) => "Reading the items…".to_owned(),
    }
}
