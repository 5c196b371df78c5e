//! The questions that an open vault asks before something is lost.

use std::path::PathBuf;

use egui::{Sense, Ui, vec2};
use jiff::Timestamp;

use super::sealed_copy::SealedCopy;
use super::{Next, Vault};
use crate::ui::action::{Actions, Purpose};
use crate::ui::show;
use crate::ui::theme::{self, fonts, tokens::type_size};
use crate::ui::widgets::{Button, describe, dialog, secret_text, text};
use crate::vault::ItemId;
use crate::worker::Command;

/// A question.
#[derive(Debug)]
pub(super) enum Dialog {
    /// Remove items for good?
    Purge(Vec<(ItemId, Option<Timestamp>)>),
    /// Give up the draft?
    Discard(Next),
    /// A sealed file: for whom? And, once that and its place are known, replace a file by it?
    SealedCopy(Box<SealedCopy>),
    /// Replace a file?
    Replace(ItemId, Option<u32>, PathBuf),
}

impl Vault {
    /// Draws a question; gives it back while it is not answered.
    pub(super) fn ask(&mut self, ui: &Ui, asked: Dialog, out: &mut Actions) -> Option<Dialog> {
        let asked = match asked {
            Dialog::SealedCopy(copy) if !copy.has_place() => {
                return self.ask_for_whom(ui, copy, out).map(Dialog::SealedCopy);
            }
            asked => asked,
        };
        let replace = |name: &str| {
            (format!("Replace “{name}”?"), "A file of this name exists there already.", "Replace", "Cancel")
        };
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
            Dialog::Replace(_, _, path) => replace(&show::file_name(path)),
            Dialog::SealedCopy(copy) => replace(&copy.replaces()),
        };
        let named = match &asked {
            Dialog::Purge(items) if items.len() == 1 => items.first().and_then(|(item, _)| self.catalogue.find(*item)),
            _ => None,
        };
        let answer = dialog::show(ui.ctx(), &title, false, |ui| {
            if let Some(item) = &named {
                let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
                describe(ui, &response, egui::accesskit::Role::Label, |node| {
                    // EXPOSE: the title is on the screen; only while somebody listens.
                    node.set_value(item.title.expose());
                });
                let colour = theme::palette(ui).text;
                secret_text::line(ui.painter(), rect, &item.title, fonts::strong(type_size::BODY), colour);
            }
            text::weak(ui, second);
            dialog::answer(ui, no, Button::danger(yes), true)
        });
        match answer {
            None => return Some(asked),
            Some(false) => return None,
            Some(true) => {}
        }
        match asked {
            Dialog::Purge(items) => {
                if self.list.selected.is_some_and(|selected| items.iter().any(|(item, _)| *item == selected)) {
                    self.list.selected = None;
                    self.set_pane(super::Pane::Closed(None));
                }
                out.send(Command::Purge { items }, Purpose::Purge);
            }
            Dialog::Discard(next) => self.go(next, out),
            Dialog::SealedCopy(copy) => self.seal(copy, true, out),
            Dialog::Replace(item, revision, path) => {
                let command = Command::SaveDocumentAs { item, revision, path, replace: true };
                out.send(command, Purpose::SaveDocument(item));
            }
        }
        None
    }
}
