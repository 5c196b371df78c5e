//! A new passphrase, typed twice; and the present one where it is changed.

use egui::Ui;

use crate::secret::SecretString;
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::theme::tokens::space;
use crate::ui::views::parts;
use crate::ui::views::strength::Strength;
use crate::ui::widgets::{Button, SecretEdit, progress, text};
use crate::worker::Problem;

/// A passphrase being chosen.
#[derive(Debug)]
pub(super) struct PassphraseForm {
    old: SecretEdit,
    new: SecretEdit,
    again: SecretEdit,
    strength: Strength,
    wrong: bool,
    focus: bool,
}

impl Default for PassphraseForm {
    fn default() -> Self {
        Self {
            old: SecretEdit::default(),
            new: SecretEdit::default(),
            again: SecretEdit::default(),
            strength: Strength::default(),
            wrong: false,
            focus: true,
        }
    }
}

impl PassphraseForm {
    /// Draws it; returns the old and the new passphrase once the button was pressed. `old` names the field for the present one, where
    /// there is one.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        old: Option<&str>,
        does: &str,
        working: bool,
        out: &mut Actions,
    ) -> Option<(SecretString, SecretString)> {
        let focus = std::mem::take(&mut self.focus);
        let asks_old = old.is_some();
        let fields = ui.add_enabled_ui(!working, |ui| {
            let mut submitted = false;
            if let Some(label) = old {
                let wrong = self.wrong;
                let field = parts::field(ui, label, &mut self.old, |field| field.hidden().wrong(wrong).focus(focus));
                self.wrong &= !field.changed;
                submitted |= field.submitted;
                ui.add_space(space::S);
            }
            let label = if asks_old { "New passphrase" } else { "Recovery passphrase" };
            let first = parts::field(ui, label, &mut self.new, |field| field.hidden().focus(focus && !asks_old));
            if first.changed {
                self.strength = Strength::of(self.new.text());
            }
            progress::strength(ui, self.strength.shown(), self.strength.words());
            ui.add_space(space::M);
            let differs = !self.again.is_empty() && !self.new.text().same_as(self.again.text());
            let label = if asks_old { "New passphrase again" } else { "Recovery passphrase again" };
            let second = parts::field(ui, label, &mut self.again, |field| field.hidden().wrong(differs));
            if differs {
                text::small(ui, "The two are different.");
            }
            submitted | first.submitted | second.submitted
        });
        ui.add_space(space::L);
        if working {
            ui.horizontal(|ui| {
                parts::waiting(ui, "Making the key from the passphrase…");
                if Button::quiet("Cancel").small().show(ui).clicked() {
                    out.push(Action::Cancel(Purpose::ChangePassphrase));
                }
            });
            return None;
        }
        let is_same = !self.new.is_empty() && self.new.text().same_as(self.again.text());
        let ready = is_same && (!asks_old || !self.old.is_empty());
        let pressed = Button::primary(does).enabled(ready).show(ui).clicked();
        (ready && (pressed || fields.inner)).then(|| (self.old.text().duplicate(), self.new.text().duplicate()))
    }

    /// What was typed was refused.
    pub fn wrong(&mut self, problem: &Problem) {
        if *problem == Problem::WrongPassphrase {
            self.old.select_all();
            self.wrong = true;
            self.focus = true;
        }
    }
}
