//! The first run, and every new vault: where the key lives, what the vault is called, and what opens it.

use std::path::PathBuf;

use egui::Ui;
use lucide_icons::Icon;

use super::kms_choice::KmsChoice;
use super::new_passphrase::NewPassphrase;
use super::parts;
use crate::ui::action::{Actions, Place, Purpose};
use crate::ui::route::{Shortcut, View};
use crate::ui::shared::Shared;
use crate::ui::show;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{Button, SecretEdit, button, card, notice, text};
use crate::ui::wording::Fix;
use crate::worker::{Command, NewVault, Problem, UnlockStep, What};

/// A vault being made.
#[derive(Debug)]
pub struct Create {
    step: Step,
    name: SecretEdit,
    place: Option<PathBuf>,
    passphrase: NewPassphrase,
    kms: KmsChoice,
    state: State,
    fresh: bool,
    /// Whether a problem came that has to be brought into view.
    bring_up: bool,
    /// Whether there is no other vault to go back to.
    first_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Choose,
    Passphrase,
    Kms,
}

#[derive(Debug)]
enum State {
    Editing,
    Working(Option<UnlockStep>),
    Failed(Problem),
}

impl Default for Create {
    fn default() -> Self {
        Self {
            step: Step::Choose,
            name: SecretEdit::default(),
            place: None,
            passphrase: NewPassphrase::default(),
            kms: KmsChoice::default(),
            state: State::Editing,
            fresh: false,
            bring_up: false,
            first_run: true,
        }
    }
}

impl View for Create {
    fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        parts::corner(ui, out);
        self.first_run = shared.settings.recent_vaults.is_empty();
        match self.step {
            Step::Choose => self.choose(ui, shared, out),
            Step::Passphrase | Step::Kms => self.form(ui, shared, out),
        }
    }

    fn told(&mut self, purpose: Option<Purpose>, what: What, _shared: &Shared, out: &mut Actions) {
        match (purpose, what) {
            (Some(Purpose::PickPlace), What::Picked(paths)) => {
                if let Some(folder) = paths.into_iter().next() {
                    self.place = Some(folder);
                }
            }
            (Some(Purpose::PickVault), What::Picked(paths)) => {
                if let Some(folder) = paths.into_iter().next() {
                    out.go(Place::Unlock(folder));
                }
            }
            (Some(Purpose::Create), What::Unlocking(step)) => self.state = State::Working(Some(step)),
            (purpose, what) => self.kms.told(purpose, what, out),
        }
    }

    fn failed(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem> {
        match purpose {
            Purpose::Create if problem == Problem::Cancelled => self.state = State::Editing,
            Purpose::Create => {
                self.bring_up = true;
                self.state = State::Failed(problem);
            }
            _ => return self.kms.failed(purpose, problem),
        }
        None
    }

    fn shortcut(&mut self, shortcut: Shortcut, out: &mut Actions) -> bool {
        match (shortcut, self.step) {
            (Shortcut::Back, Step::Choose) if self.first_run => return false,
            (Shortcut::Back, Step::Choose) => out.go(Place::Picker),
            (Shortcut::Back, _) if !matches!(self.state, State::Working(_)) => *self = Self::default(),
            _ => return false,
        }
        true
    }
}

impl Create {
    fn choose(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        card::column(ui, 640.0, |ui| {
            parts::above(ui, 430.0);
            parts::mark(ui);
            ui.add_space(space::XL);
            text::display(ui, "Where should the key live?");
            text::weak(
                ui,
                "Everything is encrypted on this computer, before it is written. The key decides who can open it.",
            );
            ui.add_space(space::L);
            ui.columns(2, |columns| {
                let [left, right] = columns else { return };
                let local = button::tile(
                    left,
                    Icon::Laptop,
                    "On this computer",
                    "A passphrase that only you know. Nothing to set up, works without a network.",
                );
                let kms = button::tile(
                    right,
                    Icon::Cloud,
                    "With AWS KMS",
                    "The key never leaves AWS. Access is granted, logged and withdrawn there.",
                );
                if local.clicked() {
                    self.step = Step::Passphrase;
                    self.fresh = true;
                } else if kms.clicked() {
                    self.step = Step::Kms;
                    self.fresh = true;
                    // The command line may have added one since.
                    out.send(Command::ListProfiles, Purpose::Profiles);
                }
            });
            if self.fresh {
                self.name = parts::edit_of(&free_name(shared));
                // Whoever wants another name just types it.
                self.name.select_all();
            }
            ui.add_space(space::XL);
            ui.horizontal(|ui| {
                text::weak(ui, "Have a vault already?");
                if button::link(ui, "Open it…").clicked() {
                    out.send(Command::PickFolder { title: "Open a vault" }, Purpose::PickVault);
                }
                if !shared.settings.recent_vaults.is_empty() && button::link(ui, "Show the list").clicked() {
                    out.go(Place::Picker);
                }
            });
        });
    }

    fn form(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let passphrase = self.step == Step::Passphrase;
        let mut back = false;
        card::column(ui, size::FORM + 60.0, |ui| {
            let (title, second) = if passphrase {
                ("A vault on this computer", "One passphrase opens it.")
            } else {
                ("A vault with AWS KMS", "Whoever may use the KMS key can open it.")
            };
            back = parts::page_head(ui, title, second);
            let working = matches!(self.state, State::Working(_));
            let fields = ui.add_enabled_ui(!working, |ui| {
                self.place(ui, shared, out);
                if passphrase {
                    return self.passphrases(ui);
                }
                self.kms.show(ui, shared, out);
                false
            });
            let submitted = fields.inner;
            ui.add_space(space::L);
            self.foot(ui, shared, submitted, out);
        });
        if back && !matches!(self.state, State::Working(_)) {
            *self = Self::default();
        }
    }

    /// The vault's name, and the folder that it is made in.
    fn place(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let fresh = std::mem::take(&mut self.fresh);
        let unusable = unusable(&parts::plain(&self.name));
        parts::field(ui, "Name", &mut self.name, |field| field.focus(fresh).wrong(unusable.is_some()));
        if let Some(why) = unusable {
            text::small(ui, why);
        }
        ui.horizontal(|ui| {
            let folder = self.place.as_ref().or(shared.vaults_folder.as_ref());
            let words = folder.map_or_else(
                || "Choose where it goes.".to_owned(),
                |folder| format!("In {}", folder.to_string_lossy()),
            );
            let width = ui.available_width() - 90.0;
            ui.allocate_ui(egui::vec2(width, 20.0), |ui| text::small_elided(ui, &words));
            if button::link(ui, "Change…").clicked() {
                out.send(Command::PickFolder { title: "Choose where the vault goes" }, Purpose::PickPlace);
            }
        });
        ui.add_space(space::M);
    }

    fn passphrases(&mut self, ui: &mut Ui) -> bool {
        let submitted = self.passphrase.show(ui, "Passphrase", false);
        ui.add_space(space::S);
        notice::plain(
            ui,
            notice::Tone::Warning,
            "There is no way back without it",
            "Nobody can reset this passphrase. Write it down and keep it where you keep your passport.",
        );
        submitted
    }

    fn foot(&mut self, ui: &mut Ui, shared: &Shared, submitted: bool, out: &mut Actions) {
        let mut again = false;
        match &self.state {
            State::Editing => {}
            State::Working(step) => {
                ui.horizontal(|ui| {
                    parts::waiting(ui, &super::unlock::step_words(*step));
                    if Button::quiet("Cancel").small().show(ui).clicked() {
                        out.push(crate::ui::action::Action::Cancel(Purpose::Create));
                    }
                });
                return;
            }
            State::Failed(problem) => {
                let fix = parts::problem_while_locked(ui, problem);
                again = parts::apply(fix, out) == Some(Fix::TryAgain);
                ui.add_space(space::M);
            }
        }
        let folder = self.folder(shared);
        let key_ready = match self.step {
            Step::Choose => false,
            Step::Passphrase => self.passphrase.is_ready(),
            Step::Kms => self.kms.tested().is_some(),
        };
        let ready = folder.is_some() && key_ready;
        let create = Button::primary("Create vault").enabled(ready).show(ui);
        if std::mem::take(&mut self.bring_up) {
            create.scroll_to_me(Some(egui::Align::BOTTOM));
        }
        let pressed = create.clicked();
        let key = match self.step {
            Step::Choose => None,
            Step::Passphrase => self.passphrase.chosen().map(NewVault::Passphrase),
            Step::Kms => self.kms.tested().map(|(profile, key)| NewVault::Kms { profile, key }),
        };
        let (Some(folder), Some(key), true) = (folder, key, pressed || submitted || again) else { return };
        self.state = State::Working(None);
        out.send(Command::CreateVault { folder, key }, Purpose::Create);
    }

    fn folder(&self, shared: &Shared) -> Option<PathBuf> {
        let name = parts::plain(&self.name);
        let place = self.place.as_ref().or(shared.vaults_folder.as_ref())?;
        unusable(&name).is_none().then(|| place.join(folder_name(&name)))
    }
}

/// A name that no vault has which was opened on this computer.
fn free_name(shared: &Shared) -> String {
    let taken =
        |name: &String| shared.settings.recent_vaults.iter().any(|vault| show::vault_name(&vault.path) == *name);
    let first = std::iter::once("My vault".to_owned());
    let mut names = first.chain((2_u32..).map(|number| format!("My vault {number}")));
    names.find(|name| !taken(name)).unwrap_or_default()
}

/// The folder of a vault of this name.
pub(super) fn folder_name(name: &str) -> String {
    format!("{}.sealkeep", name.strip_suffix(".sealkeep").unwrap_or(name))
}

/// Why a folder can't have this name.
pub(super) fn unusable(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("Give the vault a name."),
        _ if name.contains(['/', '\0']) => Some("A name can't have “/” in it. Change… chooses another folder."),
        _ if name.starts_with('.') => Some("A name can't begin with a dot: the folder would be hidden."),
        _ => None,
    }
}
