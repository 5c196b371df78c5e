//! Unlocking a vault: what it is, what has to be confirmed, what opens it, and what went wrong.

use std::path::PathBuf;

use egui::Ui;
use lucide_icons::Icon;

use super::parts;
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::route::{Shortcut, View};
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{Button, SecretEdit, SecretField, button, card, choice, notice, text};
use crate::ui::wording::{self, Fix};
use crate::worker::{Command, KeyView, LockReason, Problem, Trust, TrustAnswer, UnlockBy, UnlockStep, VaultView, What};

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
    by: By,
    passphrase: SecretEdit,
    profile: Option<String>,
    confirmed: bool,
    state: State,
    focus: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Passphrase,
    Kms,
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
            by: By::Passphrase,
            passphrase: SecretEdit::default(),
            profile: None,
            confirmed: false,
            state: State::Waiting,
            focus: true,
        }
    }

    /// The same, with nothing typed.
    pub fn afresh(&self, why: LockReason, out: &mut Actions) -> Self {
        let idle = why == LockReason::Idle;
        // It was locked already: nobody being there has not done that.
        let why = if idle { self.why_locked } else { Some(why) };
        let forgot = idle && (self.forgot || !self.passphrase.is_empty());
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
        let by = match self.by {
            By::Passphrase if self.passphrase.is_empty() => return,
            By::Passphrase => UnlockBy::Passphrase(self.passphrase.text().duplicate()),
            By::Kms => match &self.profile {
                Some(profile) => UnlockBy::Profile(profile.clone()),
                None => return,
            },
        };
        let trust = if self.confirmed { TrustAnswer::Confirmed } else { TrustAnswer::Ask };
        self.state = State::Working(None);
        out.send(Command::Unlock { folder: self.folder.clone(), by, trust }, Purpose::Unlock);
    }
}

impl View for Unlock {
    fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        parts::corner(ui, out);
        card::column(ui, size::FORM, |ui| {
            parts::above(ui, 400.0);
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
                let kms = vault.keys.iter().any(|key| matches!(key, KeyView::Kms { .. }));
                self.by = if kms { By::Kms } else { By::Passphrase };
                let only = shared.settings.profiles.first().filter(|_| shared.settings.profiles.len() == 1);
                let known = vault.profile.clone().or_else(|| only.map(|profile| profile.name.clone()));
                self.profile = self.profile.take().or(known);
                self.confirmed = !needs_answer(&vault.trust);
                self.vault = Later::Ready(vault);
                self.focus = true;
            }
            (Some(Purpose::Unlock), What::Unlocking(step)) => self.state = State::Working(Some(step)),
            _ => {}
        }
    }

    fn failed(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem> {
        match purpose {
            Purpose::Inspect => self.vault = Later::Failed(problem),
            Purpose::Unlock if problem == Problem::Cancelled => {
                self.focus = true;
                self.state = State::Waiting;
            }
            Purpose::Unlock => {
                if problem == Problem::WrongPassphrase {
                    self.passphrase.select_all();
                }
                // A mistyped code stays as it is: one character of it is to be put right.
                self.focus = true;
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
            (Shortcut::Open, State::Waiting | State::Failed(_)) if self.by == By::Kms && self.confirmed => {
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
                let fix = parts::problem(ui, &problem);
                self.vault = Later::Failed(problem);
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
            } else {
                self.question(ui, &vault, out);
            }
        });
        // A view that asked to look again has set it to pending.
        if matches!(self.vault, Later::Idle) {
            self.vault = Later::Ready(vault);
        }
    }

    fn question(&mut self, ui: &mut Ui, vault: &VaultView, out: &mut Actions) {
        match &vault.trust {
            Trust::Known => {}
            Trust::FirstUse { keys } => {
                text::strong(ui, "Is this the key that you expect?");
                text::weak(
                    ui,
                    "This vault was not opened on this computer before. Ask whoever gave it to you whether this is its KMS key:",
                );
                arns(ui, "the key's ARN", keys, out);
            }
            Trust::KeysChanged { before, now } => {
                notice::plain(
                    ui,
                    notice::Tone::Warning,
                    "The vault's keys have changed",
                    "Somebody with access to the vault may have done that on purpose. Ask them before you go on.",
                );
                ui.add_space(space::S);
                text::label(ui, "When it was last opened here");
                arns(ui, "the ARN of before", before, out);
                text::label(ui, "Now");
                arns(ui, "the ARN of now", now, out);
                // It has no name to compare: whoever added one can open everything that is saved from now on.
                if vault.keys.contains(&KeyView::Recovery) {
                    text::small(ui, "A recovery key opens it, too. Go on only if you know who added it.");
                }
            }
            Trust::AnotherVault => {
                notice::plain(
                    ui,
                    notice::Tone::Warning,
                    "Another vault stands in this place",
                    "The vault that was opened here before has another identity. If you replaced it on purpose, go on.",
                );
            }
        }
        ui.add_space(space::M);
        ui.horizontal(|ui| {
            if Button::primary("Yes, go on").show(ui).clicked() {
                self.confirmed = true;
                self.focus = true;
            }
            if Button::quiet("No, leave it").show(ui).clicked() {
                out.go(Place::Picker);
            }
        });
    }

    fn keys(&mut self, ui: &mut Ui, shared: &Shared, vault: &VaultView, out: &mut Actions) {
        let kms = vault.keys.iter().any(|key| matches!(key, KeyView::Kms { .. }));
        let typed = what_is_typed(vault);
        let working = matches!(self.state, State::Working(_));
        if let (Some(typed), true) = (typed, kms) {
            let ways = [(By::Kms, "AWS KMS"), (By::Passphrase, typed.way)];
            if let Some(by) = ui.add_enabled_ui(!working, |ui| choice::bar(ui, "Open with", self.by, &ways)).inner {
                self.by = by;
                self.focus = true;
                self.state = State::Waiting;
            }
            ui.add_space(space::M);
        }
        let mut open = match self.by {
            By::Passphrase => self.passphrase(ui, typed.map_or("Passphrase", |typed| typed.label), working),
            By::Kms => self.kms(ui, shared, vault, working, out),
        };
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
                let fix = parts::problem(ui, problem);
                match parts::apply(fix, out) {
                    Some(Fix::LookAgain) => self.look_again(out),
                    Some(_) => open = true,
                    None => {}
                }
            }
        }
        if open && !matches!(self.state, State::Working(_)) {
            self.open(out);
        }
    }

    fn passphrase(&mut self, ui: &mut Ui, label: &str, working: bool) -> bool {
        text::label(ui, label);
        let wrong = matches!(self.state, State::Failed(Problem::WrongPassphrase | Problem::MistypedCode));
        let focus = !working && std::mem::take(&mut self.focus);
        let field = SecretField::new(&mut self.passphrase, label).hidden().wrong(wrong).focus(focus);
        let submitted = ui.add_enabled_ui(!working, |ui| field.show(ui)).inner.submitted;
        ui.add_space(space::M);
        let button = Button::primary("Unlock").icon(Icon::LockOpen).wide();
        button.enabled(!working && !self.passphrase.is_empty()).show(ui).clicked() || submitted
    }

    fn kms(&mut self, ui: &mut Ui, shared: &Shared, vault: &VaultView, working: bool, out: &mut Actions) -> bool {
        for key in &vault.keys {
            if let KeyView::Kms { arn, region } = key {
                text::label(ui, format!("KMS key · {region}"));
                parts::arn(ui, "the key's ARN", arn, out);
            }
        }
        ui.add_space(space::M);
        text::label(ui, "AWS profile");
        if shared.settings.profiles.is_empty() {
            text::weak(ui, "There is none on this computer yet.");
            if Button::primary("Add a profile").icon(Icon::Plus).show(ui).clicked() {
                out.go(Place::Profiles);
            }
            return false;
        }
        // The first one may have been added since this page opened.
        if let [only] = shared.settings.profiles.as_slice() {
            self.profile = Some(only.name.clone());
        }
        for profile in &shared.settings.profiles {
            let chosen = self.profile.as_deref() == Some(profile.name.as_str());
            if choice::row(ui, chosen, Icon::Cloud, &profile.name, &profile.region).clicked() && !working {
                self.profile = Some(profile.name.clone());
            }
        }
        ui.add_space(space::M);
        let button = Button::primary("Unlock").icon(Icon::LockOpen).wide();
        let response = button.enabled(!working && self.profile.is_some()).show(ui);
        if std::mem::take(&mut self.focus) {
            response.request_focus();
        }
        response.clicked()
    }
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

/// What can be typed to open a vault.
#[derive(Clone, Copy)]
struct Typed {
    /// Beside the other way.
    way: &'static str,
    /// Above the field.
    label: &'static str,
}

fn what_is_typed(vault: &VaultView) -> Option<Typed> {
    let has = |kind: &KeyView| vault.keys.contains(kind);
    match (has(&KeyView::Passphrase), has(&KeyView::Recovery)) {
        (true, true) => Some(Typed { way: "Passphrase", label: "Passphrase, or recovery code" }),
        (true, false) => Some(Typed { way: "Passphrase", label: "Passphrase" }),
        (false, true) => Some(Typed { way: "Recovery", label: "Recovery passphrase or code" }),
        (false, false) => None,
    }
}

fn needs_answer(trust: &Trust) -> bool {
    match trust {
        Trust::Known => false,
        Trust::FirstUse { keys } => !keys.is_empty(),
        Trust::KeysChanged { .. } | Trust::AnotherVault => true,
    }
}

fn arns(ui: &mut Ui, name: &str, keys: &[String], out: &mut Actions) {
    for key in keys {
        parts::arn(ui, name, key, out);
    }
    if keys.is_empty() {
        text::small(ui, "none");
    }
    ui.add_space(space::XS);
}
