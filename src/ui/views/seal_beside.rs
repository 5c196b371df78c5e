//! For whom encrypted copies are made: asked where files were dropped for them.

use std::path::PathBuf;

use egui::Context;

use super::parts;
use super::strength::Strength;
use crate::ui::action::{Actions, Purpose};
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::widgets::{Button, SecretEdit, choice, dialog, progress, text};
use crate::worker::{Command, KeyDescription, Recipients};

/// A question that is not answered yet.
#[derive(Debug)]
pub struct SealBeside {
    paths: Vec<PathBuf>,
    /// The open vault's key, if others can use it.
    key: Option<String>,
    with_key: bool,
    passphrase: SecretEdit,
    repeated: SecretEdit,
    strength: Strength,
    fresh: bool,
}

impl SealBeside {
    /// Asks for whom; `key` is what opened the vault, if one is open.
    pub fn new(paths: Vec<PathBuf>, key: Option<&KeyDescription>) -> Self {
        let key = match key {
            Some(KeyDescription::Kms { key, .. }) => Some(key.clone()),
            Some(KeyDescription::Passphrase | KeyDescription::Recovery) | None => None,
        };
        Self {
            paths,
            with_key: key.is_some(),
            key,
            passphrase: SecretEdit::default(),
            repeated: SecretEdit::default(),
            strength: Strength::default(),
            fresh: true,
        }
    }

    /// Draws the dialog; returns whether it is done.
    pub fn show(&mut self, ctx: &Context, out: &mut Actions) -> bool {
        let title = match self.paths.as_slice() {
            [only] => format!("Encrypted copy of “{}”", show::file_name(only)),
            many => format!("Encrypted copies of {}", show::count(many.len() as u64, "file")),
        };
        let answer = dialog::show(ctx, &title, false, |ui| {
            text::weak(ui, "Written beside the file, as NAME.sealed. The file itself stays as it is.");
            ui.add_space(space::M);
            if let Some(key) = &self.key {
                let choices = [(true, "The vault's KMS key"), (false, "A passphrase")];
                if let Some(with_key) = choice::bar(ui, "Who can open it", self.with_key, &choices) {
                    self.with_key = with_key;
                    self.fresh = true;
                }
                ui.add_space(space::M);
                if self.with_key {
                    text::small(
                        ui,
                        format!("Whoever may use {key} can open it: with Sealkeep, or with the AWS Encryption CLI."),
                    );
                }
            }
            let mut submitted = false;
            if !self.with_key {
                let focus = std::mem::take(&mut self.fresh);
                let first =
                    parts::field(ui, "Passphrase for the copy", &mut self.passphrase, |f| f.hidden().focus(focus));
                if first.changed {
                    self.strength = Strength::of(self.passphrase.text());
                }
                progress::strength(ui, self.strength.shown(), self.strength.words());
                ui.add_space(space::S);
                let differs = !self.repeated.is_empty() && !self.passphrase.text().same_as(self.repeated.text());
                let second = parts::field(ui, "Passphrase again", &mut self.repeated, |f| f.hidden().wrong(differs));
                submitted = first.submitted || second.submitted;
            }
            let ready =
                self.with_key || (!self.passphrase.is_empty() && self.passphrase.text().same_as(self.repeated.text()));
            let make = Button::primary("Make the copy").enabled(ready);
            let answer = dialog::answer(ui, "Cancel", make, self.with_key);
            if ready && submitted { Some(true) } else { answer }
        });
        match answer {
            Some(true) => {
                let recipients =
                    if self.with_key { Recipients::VaultKey } else { Recipients::Passphrase(self.passphrase.take()) };
                out.send(
                    Command::SealBeside { paths: std::mem::take(&mut self.paths), recipients },
                    Purpose::SealBeside,
                );
                true
            }
            Some(false) => true,
            None => false,
        }
    }
}
