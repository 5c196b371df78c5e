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
    /// Draws it; whether Enter was pressed in it. `seals` says what the passphrase is for: "this profile's key".
    pub fn show(&mut self, ui: &mut Ui, seals: &str) -> bool {
        text::label(ui, "Protection");
        text::small(ui, format!("A passphrase seals {seals} in the keyring. It is asked for after each lock."));
        ui.add_space(space::XS);
        if let Some(by) = choice::bar(ui, "Protection", self.by, CHOICES) {
            self.by = by;
        }
        ui.add_space(space::XS);
        if self.by == By::Nothing {
            text::small(ui, "Without one, whoever sits at this desktop while you are logged in can use it for AWS.");
            ui.add_space(space::S);
            return false;
        }
        text::small(ui, "A short PIN stops a passer-by, not a program that reads the keyring.");
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
