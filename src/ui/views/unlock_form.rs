//! What opens a locked vault, as it is asked for: whether it is the vault that is meant, and a passphrase or a profile.
//!
//! Owns: what was typed. Invariant: it goes with the view, and so with the lock.

use egui::{Response, Ui};
use lucide_icons::Icon;

use super::{parts, profile_rows};
use crate::ui::action::{Actions, Place};
use crate::ui::shared::Shared;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{Button, SecretEdit, SecretField, choice, notice, text};
use crate::ui::wording::import;
use crate::worker::{KeyView, Trust, UnlockBy, VaultView};

/// What opens a vault, being chosen and typed.
#[derive(Debug)]
pub struct UnlockForm {
    by: By,
    passphrase: SecretEdit,
    profile: Option<String>,
    /// Whether what comes first is to have the keyboard.
    pub focus: bool,
    /// How many profiles were drawn last, and how high: where that changes, the chosen one comes into view.
    drawn: (usize, f32),
    /// What the page needs beside the list of profiles, in points.
    rest: f32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Passphrase,
    Kms,
}

/// What a frame brought.
pub struct Shown {
    /// Whether Enter was pressed in the field.
    pub submitted: bool,
    /// Whether another way was chosen.
    pub turned: bool,
    /// Whether there is anything to go on with: a button belongs below it.
    pub offers: bool,
}

impl Default for UnlockForm {
    fn default() -> Self {
        Self {
            by: By::Passphrase,
            passphrase: SecretEdit::default(),
            profile: None,
            focus: true,
            drawn: (0, 0.0),
            rest: 0.0,
        }
    }
}

impl UnlockForm {
    /// Takes in what the vault has.
    pub fn see(&mut self, vault: &VaultView, shared: &Shared) {
        let kms = vault.keys.iter().any(|key| matches!(key, KeyView::Kms { .. }));
        self.by = if kms { By::Kms } else { By::Passphrase };
        let only = shared.settings.profiles.first().filter(|_| shared.settings.profiles.len() == 1);
        let known = vault.profile.clone().or_else(|| only.map(|profile| profile.name.clone()));
        self.profile = self.profile.take().or(known);
        self.rest = rest(vault);
        (self.focus, self.drawn) = (true, (0, 0.0));
    }

    /// What was typed or chosen, once there is something.
    pub fn unlock_by(&self) -> Option<UnlockBy> {
        match self.by {
            By::Passphrase if self.passphrase.is_empty() => None,
            By::Passphrase => Some(UnlockBy::Passphrase(self.passphrase.text().duplicate())),
            By::Kms => self.profile.clone().map(UnlockBy::Profile),
        }
    }

    /// Whether it is AWS KMS that will open it.
    pub fn is_kms(&self) -> bool {
        self.by == By::Kms
    }

    /// Whether anything was typed.
    pub fn is_typed(&self) -> bool {
        !self.passphrase.is_empty()
    }

    /// Selects what was typed: whoever types again replaces it.
    pub fn select_all(&mut self) {
        self.passphrase.select_all();
    }

    /// Gives the keyboard to the button below, where there is no field.
    pub fn hand_on(&mut self, button: &Response) {
        if self.is_kms() && std::mem::take(&mut self.focus) {
            button.request_focus();
        }
    }

    /// Draws it. `working`: nothing can be changed now; `wrong`: what was typed opened nothing.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        shared: &Shared,
        vault: &VaultView,
        (working, wrong): (bool, bool),
        out: &mut Actions,
    ) -> Shown {
        let kms = vault.keys.iter().any(|key| matches!(key, KeyView::Kms { .. }));
        let typed = what_is_typed(vault);
        let mut turned = false;
        if let (Some(typed), true) = (typed, kms) {
            let ways = [(By::Kms, "AWS KMS"), (By::Passphrase, typed.way)];
            if let Some(by) = ui.add_enabled_ui(!working, |ui| choice::bar(ui, "Open with", self.by, &ways)).inner {
                self.by = by;
                self.focus = true;
                turned = true;
            }
            ui.add_space(space::M);
        }
        match self.by {
            By::Passphrase => {
                let label = typed.map_or("Passphrase", |typed| typed.label);
                Shown { submitted: self.passphrase(ui, label, working, wrong), turned, offers: true }
            }
            By::Kms => Shown { submitted: false, turned, offers: self.kms(ui, shared, vault, working, out) },
        }
    }

    /// How much higher it is than with one profile, in points.
    pub fn more(&self, ui: &Ui, shared: &Shared) -> f32 {
        let profiles = shared.settings.profiles.len();
        if !self.is_kms() || profiles < 2 {
            return 0.0;
        }
        profile_rows::height(ui, profiles, self.rest) - size::CHOICE_ROW
    }

    fn passphrase(&mut self, ui: &mut Ui, label: &str, working: bool, wrong: bool) -> bool {
        text::label(ui, label);
        let focus = !working && std::mem::take(&mut self.focus);
        let field = SecretField::new(&mut self.passphrase, label).hidden().wrong(wrong).focus(focus);
        ui.add_enabled_ui(!working, |ui| field.show(ui)).inner.submitted
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
            ui.add_space(space::XS);
            ui.horizontal_wrapped(|ui| {
                if Button::primary("Add a profile").icon(Icon::Plus).show(ui).clicked() {
                    out.go(Place::Profiles);
                }
                if Button::new(import::IMPORT).icon(Icon::Download).show(ui).clicked() {
                    out.go(Place::Import);
                }
            });
            return false;
        }
        // The first one may have been added since this page opened.
        if let [only] = shared.settings.profiles.as_slice() {
            self.profile = Some(only.name.clone());
        }
        let (profiles, chosen) = (&shared.settings.profiles, self.profile.as_deref());
        let height = profile_rows::height(ui, profiles.len(), self.rest);
        let now = (profiles.len(), height);
        let bring = std::mem::replace(&mut self.drawn, now) != now;
        if let Some(name) = profile_rows::show(ui, profiles, chosen, height, bring)
            && !working
        {
            self.profile = Some(name);
        }
        true
    }
}

/// What the page of a locked vault needs beside the list of profiles, in points: up to the button below it, and some more.
fn rest(vault: &VaultView) -> f32 {
    let keys = vault.keys.iter().filter(|key| matches!(key, KeyView::Kms { .. })).count();
    let ways = if what_is_typed(vault).is_some() { size::CONTROL + space::L } else { 0.0 };
    // The ARN of each key takes two lines, and has a label.
    344.0 + 66.0 * keys as f32 + ways
}

/// Asks whether this is the vault that is meant; whether the answer was yes.
pub fn question(ui: &mut Ui, vault: &VaultView, out: &mut Actions) -> bool {
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
        let yes = Button::primary("Yes, go on").show(ui).clicked();
        if Button::quiet("No, leave it").show(ui).clicked() {
            out.go(Place::Picker);
        }
        yes
    })
    .inner
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

/// Whether the person has to say first that it is the vault that is meant.
pub fn needs_answer(trust: &Trust) -> bool {
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
