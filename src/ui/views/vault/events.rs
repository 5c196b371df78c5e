//! What the worker says about an open vault, and what went wrong in it.

use super::dialogs::Dialog;
use super::document::DocumentPane;
use super::fields::FieldsPane;
use super::{Pane, Vault};
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::toasts::{Toast, Undo};
use crate::ui::wording::{capital, keeping};
use crate::vault::{ItemChange, ItemId};
use crate::worker::{Command, Problem, What};

impl Vault {
    pub(super) fn happened(&mut self, purpose: Option<Purpose>, what: What, out: &mut Actions) {
        match (what, purpose) {
            (What::Items(changes), _) => self.take_items(changes, out),
            (What::Doubts(doubts), _) => self.banner.put(doubts),
            (What::Accepted, _) => self.banner.accepted(out),
            (What::ItemOpened { item, revision, fields }, _) if self.waits_for(item) => {
                if let Some(kind) = self.catalogue.find(item).map(|summary| summary.kind.clone()) {
                    self.fill_pane(Pane::Fields(FieldsPane::new(&kind, revision, fields)));
                }
            }
            (What::DocumentOpened { item, revision, media_type, bytes, preview }, _) if self.waits_for(item) => {
                self.fill_pane(Pane::Document(DocumentPane::new(revision, &media_type, bytes, preview)));
            }
            (What::HistoryOpened { item, revisions }, Some(Purpose::Limit(_))) => {
                if let Pane::Editor(editor) = &mut self.pane
                    && editor.item() == Some(item)
                {
                    editor.limited(self.retention, revisions.iter().rev().map(|revision| revision.number).collect());
                }
            }
            (What::HistoryOpened { item, revisions }, _) if self.list.selected == Some(item) => {
                if let Some(history) = &mut self.history {
                    history.ready(revisions);
                }
            }
            (What::RevisionRestored { item, revision, before }, _) => self.restored(item, revision, before, out),
            (What::Saved { item }, Some(Purpose::AddVersion(_))) => {
                out.push(Action::Say(Toast::done("Saved as a new version")));
                self.open_anew(item, out);
            }
            (What::Saved { item }, Some(Purpose::Save)) => self.saved(item, out),
            (What::Changed { items }, Some(Purpose::Save)) => {
                if let Some(item) = items.first() {
                    self.saved(*item, out);
                }
            }
            (What::Changed { items }, Some(Purpose::Trash(_))) => {
                out.push(Action::Say(Toast::done("Moved to the trash").with_undo(Undo::Restore(items))));
            }
            (What::Changed { items }, Some(Purpose::Restore)) => {
                let toast = Toast::done("Restored from the trash");
                out.push(Action::Say(match items.as_slice() {
                    [item] => toast.with_undo(Undo::Show(*item)),
                    _ => toast,
                }));
            }
            (What::Changed { .. }, Some(Purpose::KeepLonger)) => {
                out.push(Action::Say(Toast::done("Their time in the trash begins anew")));
            }
            (What::Changed { .. }, Some(Purpose::Purge)) => out.push(Action::Say(Toast::done("Deleted for good"))),
            (What::Generated(secret), Some(Purpose::Generate)) => {
                if let Pane::Editor(editor) = &mut self.pane {
                    editor.generated(secret);
                }
            }
            (What::Picked(paths), Some(Purpose::PickFiles)) if !paths.is_empty() => {
                out.send(Command::AddFiles { paths }, Purpose::AddFiles);
            }
            (What::Picked(mut paths), Some(Purpose::PickVersion(item))) => match (paths.pop(), paths.is_empty()) {
                (Some(path), true) => out.send(Command::AddVersion { item, path }, Purpose::AddVersion(item)),
                (Some(_), false) => {
                    out.push(Action::Say(Toast::problem("A version is a single file.", "Choose one.")));
                }
                (None, _) => {}
            },
            (What::Picked(paths), Some(Purpose::PickTarget(item, revision))) => {
                if let Some(path) = paths.into_iter().next() {
                    self.target = Some((item, revision, path.clone()));
                    let command = Command::SaveDocumentAs { item, revision, path, replace: false };
                    out.send(command, Purpose::SaveDocument(item));
                }
            }
            (What::Picked(paths), Some(Purpose::PickSealed(item))) => {
                self.picked_sealed(item, paths.into_iter().next(), out);
            }
            (What::ItemSealed { path, .. }, _) => self.sealed(&path, out),
            (What::DocumentSaved { path, .. }, _) => {
                let name = crate::ui::show::file_name(&path);
                out.push(Action::Say(Toast::done(format!("Saved as “{name}”, not encrypted"))));
            }
            _ => {}
        }
    }

    pub(super) fn went_wrong(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem> {
        match purpose {
            Purpose::Open(item) if self.waits_for(item) => {
                let problem = Some(problem).filter(|problem| *problem != Problem::Cancelled);
                self.set_pane(Pane::Closed(problem));
                None
            }
            Purpose::Open(_) => None,
            Purpose::Accept => {
                self.banner.failed(problem);
                None
            }
            // The editor says nothing of the limit then; the save says what it removed.
            Purpose::Limit(_) => None,
            Purpose::History(_) => {
                if let Some(history) = &mut self.history {
                    history.failed(problem);
                }
                None
            }
            Purpose::RestoreVersion(_) => {
                self.restoring = None;
                Some(problem)
            }
            Purpose::Save => match &mut self.pane {
                Pane::Editor(editor) => {
                    editor.failed(problem);
                    None
                }
                _ => Some(problem),
            },
            Purpose::SaveDocument(item) => match (problem, self.target.take()) {
                (Problem::Exists { .. }, Some((asked, revision, path))) if asked == item => {
                    self.dialog = Some(Dialog::Replace(item, revision, path));
                    None
                }
                (problem, _) => Some(problem),
            },
            Purpose::SealItem(item) => self.not_sealed(item, problem),
            Purpose::PickSealed(_) => {
                self.sealed_copy = None;
                Some(problem)
            }
            _ => Some(problem),
        }
    }

    fn waits_for(&self, item: ItemId) -> bool {
        matches!(self.pane, Pane::Opening) && self.list.selected == Some(item)
    }

    fn take_items(&mut self, changes: Vec<ItemChange>, out: &mut Actions) {
        self.catalogue.change(changes);
        self.overdue_by = None;
        let gone = self.list.selected.is_some_and(|item| self.catalogue.find(item).is_none());
        if gone && !matches!(self.pane, Pane::Editor(_)) {
            self.list.selected = None;
            self.set_pane(Pane::Closed(None));
        }
        let later = self.open_later.take().filter(|item| self.catalogue.find(*item).is_some());
        if let Some(item) = later.filter(|_| !matches!(self.pane, Pane::Editor(_))) {
            self.list.select(Some(item));
            self.open(item, None, out);
        }
        // The names that were on the screen may be others now.
        self.forget = true;
    }

    /// An earlier version is the current one again.
    fn restored(&mut self, item: ItemId, revision: u32, before: u32, out: &mut Actions) {
        self.restoring = None;
        let toast = Toast::done(format!("Version {revision} is back, as the newest one"));
        out.push(Action::Say(toast.with_undo(Undo::Version(item, before))));
        self.open_anew(item, out);
    }

    /// Shows the item as it is now, if it is the one on the screen, and its versions where they were.
    fn open_anew(&mut self, item: ItemId, out: &mut Actions) {
        if self.list.selected != Some(item) || matches!(self.pane, Pane::Editor(_)) {
            return;
        }
        let listed = self.history.is_some();
        self.open(item, None, out);
        if listed {
            self.list_versions(item, out);
        }
    }

    /// A draft is on the disk: show what became of it.
    fn saved(&mut self, item: ItemId, out: &mut Actions) {
        let Pane::Editor(editor) = &self.pane else { return };
        let said = match editor.removed() {
            [] => "Saved".to_owned(),
            goes => format!("Saved. {} went, as the vault's limit says", capital(&keeping::versions_named(goes))),
        };
        self.list.select(Some(item));
        self.set_pane(Pane::Closed(None));
        out.push(Action::Say(Toast::done(said)));
        if self.catalogue.find(item).is_some() {
            self.open(item, None, out);
        } else {
            self.open_later = Some(item);
        }
    }
}
