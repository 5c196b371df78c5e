//! For whom encrypted copies are made: asked where files were dropped for them.

use std::path::PathBuf;

use egui::Context;

use super::for_whom::ForWhom;
use crate::ui::action::{Actions, Purpose};
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::widgets::{Button, dialog, text};
use crate::worker::{Command, KeyDescription};

/// A question that is not answered yet.
#[derive(Debug)]
pub struct SealBeside {
    paths: Vec<PathBuf>,
    for_whom: ForWhom,
}

impl SealBeside {
    /// Asks for whom; `key` is what opened the vault, if one is open.
    pub fn new(paths: Vec<PathBuf>, key: Option<&KeyDescription>) -> Self {
        Self { paths, for_whom: ForWhom::new(key) }
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
            let submitted = self.for_whom.show(ui);
            let ready = self.for_whom.chosen().is_some();
            let make = Button::primary("Make the copy").enabled(ready);
            let answer = dialog::answer(ui, "Cancel", make, self.for_whom.is_key());
            if ready && submitted { Some(true) } else { answer }
        });
        if answer == Some(true)
            && let Some(recipients) = self.for_whom.chosen()
        {
            let paths = std::mem::take(&mut self.paths);
            out.send(Command::SealBeside { paths, recipients }, Purpose::SealBeside);
        }
        answer.is_some()
    }
}
