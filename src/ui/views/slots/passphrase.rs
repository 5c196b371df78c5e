//! A new passphrase, typed twice; and the present one where it is changed.

use egui::Ui;

use crate::secret::SecretString;
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::theme::tokens::space;
use crate::ui::views::new_passphrase::NewPassphrase;
use crate::ui::views::parts;
use crate::ui::widgets::{Button, SecretEdit};
use crate::worker::Problem;

/// A passphrase being chosen.
#[derive(Debug)]
pub(super) struct PassphraseForm {
    old: SecretEdit,
    new: NewPassphrase,
    wrong: bool,
    focus: bool,
}

impl Default for PassphraseForm {
    fn default() -> Self {
        Self { old: SecretEdit::default(), new: NewPassphrase::default(), wrong: false, focus: true }
    }
}

impl PassphraseForm {
    /// Draws it; returns the old and the new passphrase once the button was pressed. `old` names the field for the present one, where
    /// there is one, and `new` the one for the other.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        (old, new): (Option<&str>, &str),
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
            submitted | self.new.show(ui, new, focus && !asks_old)
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
        let new = self.new.chosen().filter(|_| !asks_old || !self.old.is_empty());
        let pressed = Button::primary(does).enabled(new.is_some()).show(ui).clicked();
        let new = new.filter(|_| pressed || fields.inner)?;
        Some((self.old.text().duplicate(), new))
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
