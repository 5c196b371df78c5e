//! An item that leaves the vault as a sealed file: for whom, and where it goes.
//!
//! Owns: what was typed for it, until the file is written. Invariant: it goes with the vault's view, and so with the lock.

use std::path::PathBuf;

use egui::Ui;

use super::Vault;
use super::dialogs::Dialog;
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::toasts::Toast;
use crate::ui::views::for_whom::ForWhom;
use crate::ui::widgets::{Button, dialog, text};
use crate::vault::{FileForm, ItemId, ItemSummary, Kind};
use crate::worker::{Command, KeyDescription, Problem, SealItem};

/// A sealed file of an item, being made.
#[derive(Debug)]
pub(super) struct SealedCopy {
    item: ItemId,
    revision: Option<u32>,
    is_document: bool,
    /// What the file may be called.
    name: String,
    path: Option<PathBuf>,
    for_whom: ForWhom,
}

impl SealedCopy {
    /// Of an item in the open vault that `key` opened; `revision` is an earlier one.
    pub(super) fn of(item: &ItemSummary, revision: Option<u32>, key: &KeyDescription) -> Self {
        let is_document = item.kind == Kind::Document;
        let name = item.file_name(FileForm::Sealed, revision);
        Self { item: item.id, revision, is_document, name, path: None, for_whom: ForWhom::new(Some(key)) }
    }

    /// Draws the question; whether it was answered, and how.
    fn show(&mut self, ui: &Ui) -> Option<bool> {
        dialog::show(ui.ctx(), "Save as encrypted copy", false, |ui| {
            text::weak(
                ui,
                if self.is_document {
                    "A file of its own, NAME.sealed, which opens without this vault."
                } else {
                    "A file of its own, NAME.json.sealed, which opens without this vault. It has all fields as text, hidden ones too."
                },
            );
            text::weak(ui, "Its name has the title, unless you choose another: anybody may read that.");
            ui.add_space(space::M);
            let submitted = self.for_whom.show(ui);
            let ready = self.for_whom.chosen().is_some();
            let choose = Button::primary("Choose where…").enabled(ready);
            let answer = dialog::answer(ui, "Cancel", choose, self.for_whom.is_key());
            if ready && submitted { Some(true) } else { answer }
        })
    }
}

impl Vault {
    /// Draws the question for whom; gives it back while it is not answered.
    pub(super) fn ask_for_whom(
        &mut self,
        ui: &Ui,
        mut copy: Box<SealedCopy>,
        out: &mut Actions,
    ) -> Option<Box<SealedCopy>> {
        match copy.show(ui) {
            None => return Some(copy),
            Some(false) => self.forget = true,
            Some(true) => {
                // What was typed is kept, and is on the screen no more.
                self.forget = true;
                let (title, name) = ("Save as encrypted copy", copy.name.clone());
                out.send(Command::PickSaveAs { title, name }, Purpose::PickSealed(copy.item));
                self.sealed_copy = Some(copy);
            }
        }
        None
    }

    /// Where it goes was chosen, or that it goes nowhere.
    pub(super) fn picked_sealed(&mut self, item: ItemId, path: Option<PathBuf>, out: &mut Actions) {
        let Some(mut copy) = self.sealed_copy.take().filter(|copy| copy.item == item) else { return };
        if let Some(path) = path {
            copy.path = Some(path);
            self.seal(copy, false, out);
        }
    }

    /// Has it written; what was typed stays until it is, because a file that is there is asked about.
    pub(super) fn seal(&mut self, copy: Box<SealedCopy>, replace: bool, out: &mut Actions) {
        let (Some(path), Some(recipients)) = (copy.path.clone(), copy.for_whom.chosen()) else { return };
        let (item, revision) = (copy.item, copy.revision);
        let command = Command::SealItem(SealItem { item, revision, path, replace, recipients });
        out.send(command, Purpose::SealItem(item));
        self.sealed_copy = Some(copy);
    }

    /// It is written.
    pub(super) fn sealed(&mut self, path: &std::path::Path, out: &mut Actions) {
        // Another one may have been asked for meanwhile.
        self.sealed_copy.take_if(|copy| copy.path.as_deref() == Some(path));
        let name = show::file_name(path);
        out.push(Action::Say(Toast::done(format!("Saved as “{name}”, encrypted"))));
    }

    /// It was not.
    pub(super) fn not_sealed(&mut self, item: ItemId, problem: Problem) -> Option<Problem> {
        let copy = self.sealed_copy.take_if(|copy| copy.item == item && copy.has_place());
        match (problem, copy) {
            (Problem::Exists { .. }, Some(copy)) => {
                self.dialog = Some(Dialog::SealedCopy(copy));
                None
            }
            (problem, _) => Some(problem),
        }
    }
}

impl SealedCopy {
    /// Whether it is known where it goes.
    pub(super) fn has_place(&self) -> bool {
        self.path.is_some()
    }

    /// The file that would be replaced.
    pub(super) fn replaces(&self) -> String {
        self.path.as_deref().map(show::file_name).unwrap_or_default()
    }
}
