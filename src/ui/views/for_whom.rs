//! Who can open an encrypted copy: whoever may use the open vault's KMS key, or whoever knows a passphrase.
//!
//! Owns: what was typed. Invariant: it goes with the question.

use egui::Ui;

use super::new_passphrase::NewPassphrase;
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::widgets::{choice, text};
use crate::worker::{KeyDescription, Recipients};

/// For whom a copy is made, being chosen.
#[derive(Debug)]
pub struct ForWhom {
    /// The open vault's key, if others can use it.
    key: Option<String>,
    with_key: bool,
    passphrase: NewPassphrase,
    fresh: bool,
}

impl ForWhom {
    /// `key` is what opened the vault, if one is open.
    pub fn new(key: Option<&KeyDescription>) -> Self {
        let key = match key {
            Some(KeyDescription::Kms { arn, .. }) => Some(show::key_name(arn)),
            Some(KeyDescription::Passphrase | KeyDescription::Recovery) | None => None,
        };
        Self { with_key: key.is_some(), key, passphrase: NewPassphrase::default(), fresh: true }
    }

    /// Draws it; whether Enter was pressed in a field.
    pub fn show(&mut self, ui: &mut Ui) -> bool {
        if let Some(key) = &self.key {
            let choices = [(true, "The vault's KMS key"), (false, "A passphrase")];
            if let Some(with_key) = choice::bar(ui, "Who can open it", self.with_key, &choices) {
                self.with_key = with_key;
                self.fresh = true;
            }
            ui.add_space(space::M);
            if self.with_key {
                let who = format!("Whoever may use {key} can open it: with Sealkeep, or with the AWS Encryption CLI.");
                text::small(ui, who);
                return false;
            }
        }
        let focus = std::mem::take(&mut self.fresh);
        self.passphrase.show(ui, "Passphrase for the copy", focus)
    }

    /// Whether it is the vault's KMS key, and nothing has to be typed.
    pub fn is_key(&self) -> bool {
        self.with_key
    }

    /// For whom, once that is said.
    pub fn chosen(&self) -> Option<Recipients> {
        match self.with_key {
            true => Some(Recipients::VaultKey),
            false => self.passphrase.chosen().map(Recipients::Passphrase),
        }
    }
}
