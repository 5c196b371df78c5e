//! What stands between an unlocked desktop and the credentials of a profile that is being stored: a passphrase, or nothing.
//!
//! Owns: what was typed. Invariant: nothing is stored unprotected unless somebody chose that.

use egui::Ui;

use super::new_passphrase::NewPassphrase;
use crate::secret::SecretString;
use crate::ui::theme::tokens::space;
use crate::ui::widgets::{choice, text};

/// A protection being chosen.
#[derive(Debug, Default)]
pub struct Protection {
    by: By,
    passphrase: NewPassphrase,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum By {
    #[default]
    Passphrase,
    Nothing,
}

const CHOICES: &[(By, &str)] = &[(By::Passphrase, "Passphrase or PIN"), (By::Nothing, "None")];

impl Protection {
    /// Draws it; whether Enter was pressed in it.
    pub fn show(&mut self, ui: &mut Ui) -> bool {
        text::label(ui, "Asked for after each lock");
        if let Some(by) = choice::bar(ui, "Asked for after each lock", self.by, CHOICES) {
            self.by = by;
        }
        ui.add_space(space::XS);
        if self.by == By::Nothing {
            text::small(ui, "Whoever sits at this desktop while you are logged in can use the credentials.");
            ui.add_space(space::S);
            return false;
        }
        text::small(
            ui,
            "Seals the credentials in the keyring. A short PIN is casual: it stops a passer-by, and not a program that reads the keyring.",
        );
        ui.add_space(space::XS);
        self.passphrase.show_beside(ui, "Profile passphrase")
    }

    /// Whether there is something to go on with.
    pub fn is_ready(&self) -> bool {
        self.by == By::Nothing || self.passphrase.is_ready()
    }

    /// The passphrase, where there is to be one and it is typed.
    pub fn chosen(&self) -> Option<SecretString> {
        self.passphrase.chosen().filter(|_| self.by == By::Passphrase)
    }
}
