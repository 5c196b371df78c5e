//! Leaving what is open for something else: a draft that would be lost is asked about first.

use super::dialogs::Dialog;
use super::editor::Editor;
use super::{Pane, Vault};
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::vault::{ItemId, Kind};

/// What comes after a draft was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Close,
    /// Back to the item's row.
    Row,
    Select(ItemId),
    Open(ItemId),
    New(Kind),
    EmptyTrash,
    Go(Place),
}

impl Vault {
    /// Whether there is a draft that would be lost.
    pub fn has_draft(&self) -> bool {
        matches!(&self.pane, Pane::Editor(editor) if editor.is_changed())
    }

    /// Whether it may be left for another place; asks first where a draft would be lost.
    pub fn may_leave_for(&mut self, place: &Place) -> bool {
        let asks = self.has_draft();
        if asks {
            self.dialog = Some(Dialog::Discard(Next::Go(place.clone())));
        }
        !asks
    }

    /// Another key opens the vault from now on: it took the place of the one that did.
    pub fn opened_by(&mut self, key: crate::worker::KeyDescription) {
        self.key = key;
    }

    /// Something else stands where this vault was, while it is open.
    pub fn replaced(&mut self, problem: crate::worker::Problem) {
        self.banner.replaced(problem);
    }

    pub(super) fn go(&mut self, next: Next, out: &mut Actions) {
        if let (Pane::Opening, Some(item)) = (&self.pane, self.list.selected) {
            out.push(Action::Cancel(Purpose::Open(item)));
        }
        match next {
            Next::Close => {
                let editing = matches!(&self.pane, Pane::Editor(editor) if editor.item().is_some());
                self.set_pane(Pane::Closed(None));
                match self.list.selected.filter(|_| editing) {
                    Some(item) => self.open(item, None, out),
                    None => self.list.selected = None,
                }
            }
            Next::Row => self.set_pane(Pane::Closed(None)),
            Next::Select(item) => {
                self.list.selected = Some(item);
                self.set_pane(Pane::Closed(None));
            }
            Next::Open(item) => self.open(item, None, out),
            Next::New(kind) => {
                self.list.selected = None;
                self.set_pane(Pane::Editor(Box::new(Editor::new(kind))));
            }
            Next::EmptyTrash => {
                self.set_pane(Pane::Closed(None));
                self.dialog = Some(Dialog::Purge(self.catalogue.trashed()));
            }
            Next::Go(place) => {
                self.set_pane(Pane::Closed(None));
                out.go(place);
            }
        }
    }
}
