//! The questions that an open vault asks before something is lost.

use std::path::PathBuf;

use egui::Ui;

use super::{Next, Vault};
use crate::ui::action::{Actions, Purpose};
use crate::ui::show;
use crate::ui::widgets::{Button, dialog, text};
use crate::vault::ItemId;
use crate::worker::Command;

/// A question.
#[derive(Debug)]
pub(super) enum Dialog {
    /// Remove items for good?
    Purge(Vec<ItemId>),
    /// Give up the draft?
    Discard(Next),
    /// Replace a file?
    Replace(ItemId, PathBuf),
}

impl Vault {
    /// Draws a question; gives it back while it is not answered.
    pub(super) fn ask(&mut self, ui: &Ui, asked: Dialog, out: &mut Actions) -> Option<Dialog> {
        let (title, second, yes, no) = match &asked {
            Dialog::Purge(items) if items.len() == 1 => (
                "Delete this item for good?".to_owned(),
                "All its versions go with it. This can't be undone.",
                "Delete for good",
                "Keep it",
            ),
            Dialog::Purge(items) => (
                format!("Delete {} for good?", show::count(items.len() as u64, "item")),
                "All their versions go with them. This can't be undone.",
                "Delete for good",
                "Keep them",
            ),
            Dialog::Discard(_) => {
                ("Give up your changes?".to_owned(), "What you typed has not been saved.", "Give up", "Go on editing")
            }
            Dialog::Replace(_, path) => (
                format!("Replace “{}”?", show::file_name(path)),
                "A file of this name exists there already.",
                "Replace",
                "Cancel",
            ),
        };
        let answer = dialog::show(ui.ctx(), &title, false, |ui| {
            text::weak(ui, second);
            dialog::buttons(ui, |ui| {
                if Button::danger(yes).show(ui).clicked() {
                    return Some(true);
                }
                Button::new(no).show(ui).clicked().then_some(false)
            })
        });
        match answer {
            None => return Some(asked),
            Some(false) => return None,
            Some(true) => {}
        }
        match asked {
            Dialog::Purge(items) => {
                if self.list.selected.is_some_and(|selected| items.contains(&selected)) {
                    self.list.selected = None;
                    self.set_pane(super::Pane::Closed(None));
                }
                out.send(Command::Purge { items }, Purpose::Purge);
            }
            Dialog::Discard(next) => self.go(next, out),
            Dialog::Replace(item, path) => {
                out.send(Command::SaveDocumentAs { item, path, replace: true }, Purpose::SaveDocument(item));
            }
        }
        None
    }
}
