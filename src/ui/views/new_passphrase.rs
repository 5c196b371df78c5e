//! A passphrase that is being chosen: typed twice, with its strength below the first.
//!
//! Owns: what was typed. Invariant: it is ready only where both are the same, and something.

use egui::Ui;

use super::parts;
use super::strength::Strength;
use crate::secret::SecretString;
use crate::ui::theme::tokens::space;
use crate::ui::widgets::{SecretEdit, SecretField, progress, text};

/// A passphrase that is being chosen.
#[derive(Debug, Default)]
pub struct NewPassphrase {
    first: SecretEdit,
    second: SecretEdit,
    strength: Strength,
}

impl NewPassphrase {
    /// Draws both fields, the first called `label`; whether Enter was pressed in one. `focus`: the first gets the keyboard.
    pub fn show(&mut self, ui: &mut Ui, label: &str, focus: bool) -> bool {
        let first = parts::field(ui, label, &mut self.first, |field| field.hidden().focus(focus));
        if first.changed {
            self.strength = Strength::of(self.first.text());
        }
        progress::strength(ui, self.strength.shown(), self.strength.words());
        ui.add_space(space::M);
        let differs = !self.second.is_empty() && !self.is_same();
        let again = format!("{label} again");
        let second = parts::field(ui, &again, &mut self.second, |field| field.hidden().wrong(differs));
        if differs {
            text::small(ui, "The two are different.");
        }
        first.submitted || second.submitted
    }

    /// The same, one field beside the other: for forms that are long anyway.
    pub fn show_beside(&mut self, ui: &mut Ui, label: &str) -> bool {
        let again = format!("{label} again");
        let differs = !self.second.is_empty() && !self.is_same();
        let mut submitted = false;
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            let first = parts::field(left, label, &mut self.first, SecretField::hidden);
            if first.changed {
                self.strength = Strength::of(self.first.text());
            }
            // A column's own layout would stretch the words to its width.
            left.vertical(|left| progress::strength(left, self.strength.shown(), self.strength.words()));
            let second = parts::field(right, &again, &mut self.second, |field| field.hidden().wrong(differs));
            if differs {
                text::small(right, "The two are different.");
            }
            submitted = first.submitted || second.submitted;
        });
        ui.add_space(space::S);
        submitted
    }

    fn is_same(&self) -> bool {
        self.first.text().same_as(self.second.text())
    }

    /// Whether there is something to go on with.
    pub fn is_ready(&self) -> bool {
        !self.first.is_empty() && self.is_same()
    }

    /// What was typed, once both are the same.
    pub fn chosen(&self) -> Option<SecretString> {
        self.is_ready().then(|| self.first.text().duplicate())
    }
}
