//! What an open vault can be told by the keyboard and by the list of commands.

use super::catalogue::Filter;
use super::header::Pressed;
use super::leaving::Next;
use super::{Pane, Vault, new_keys};
use crate::secret::SecretString;
use crate::ui::action::Actions;
use crate::ui::route::Shortcut;
use crate::vault::{ItemId, Kind};

impl Vault {
    /// Whether a shortcut would do something now.
    pub(super) fn offers(&self, shortcut: Shortcut) -> bool {
        let editing = matches!(self.pane, Pane::Editor(_));
        match shortcut {
            Shortcut::New | Shortcut::NewNote | Shortcut::AddFiles | Shortcut::Search => return true,
            Shortcut::Save => return matches!(&self.pane, Pane::Editor(editor) if editor.can_save()),
            Shortcut::Back => return false,
            _ if editing => return false,
            // Where the list shows everything, new keys are for everything, and the list itself: not for a choice.
            Shortcut::NewKeysListed => return self.catalogue.is_narrowed() && !self.catalogue.is_empty(),
            _ => {}
        }
        let Some(item) = self.selected() else { return false };
        let (intact, known) = (item.is_intact(), !matches!(item.kind, Kind::Other(_)));
        match shortcut {
            Shortcut::Close => true,
            Shortcut::Open => intact && known && matches!(self.pane, Pane::Closed(_)),
            Shortcut::CopyMain => match &self.pane {
                Pane::Document(pane) => pane.text().is_some(),
                _ => intact && matches!(item.kind, Kind::Login | Kind::Note),
            },
            Shortcut::CopyUser => intact && item.kind == Kind::Login,
            Shortcut::Edit if item.kind == Kind::Document => intact && !item.is_trashed(),
            Shortcut::Edit => intact && !item.is_trashed() && matches!(self.pane, Pane::Fields(_)),
            Shortcut::Favourite | Shortcut::Versions | Shortcut::Trash => intact && !item.is_trashed(),
            Shortcut::SaveAs => intact && !item.is_trashed() && item.kind == Kind::Document,
            Shortcut::SealItem => intact && known && !item.is_trashed(),
            Shortcut::NewKeys => intact,
            Shortcut::Restore => intact && item.is_trashed(),
            Shortcut::Purge => item.is_trashed() || !intact,
            _ => false,
        }
    }

    /// Does what a shortcut asks for; returns whether it meant something.
    pub(super) fn take_shortcut(&mut self, shortcut: Shortcut, out: &mut Actions) -> bool {
        match shortcut {
            Shortcut::Search => {
                self.catalogue.search.select_all();
                self.list.focus_search = true;
            }
            Shortcut::New => self.leave(Next::New(Kind::Login), out),
            Shortcut::NewNote => self.leave(Next::New(Kind::Note), out),
            Shortcut::AddFiles => super::pick_files(out),
            Shortcut::Edit => self.edit(out),
            Shortcut::Save => {
                if let Pane::Editor(editor) = &mut self.pane {
                    editor.save(self.catalogue.tags(), out);
                }
            }
            Shortcut::CopyMain => {
                self.select_first_hit();
                return self.copy_main(out);
            }
            Shortcut::CopyUser => {
                self.select_first_hit();
                match self.selected() {
                    Some(summary) if summary.kind == Kind::Login => self.copy_field(summary, "username", out),
                    _ => return false,
                }
            }
            Shortcut::Back => self.back(out),
            Shortcut::Open if self.offers(shortcut) => {
                if let Some(item) = self.list.selected {
                    self.open(item, None, out);
                }
            }
            Shortcut::Open => return false,
            Shortcut::Favourite => self.pressed(Pressed::Favourite, out),
            Shortcut::Versions => self.pressed(Pressed::History, out),
            Shortcut::SaveAs => self.pressed(Pressed::SaveAs, out),
            Shortcut::SealItem => self.pressed(Pressed::Seal, out),
            Shortcut::NewKeys => self.pressed(Pressed::NewKeys, out),
            Shortcut::NewKeysListed => new_keys(self.catalogue.listed(), out),
            Shortcut::Trash => self.pressed(Pressed::Trash, out),
            Shortcut::Restore => self.pressed(Pressed::Restore, out),
            Shortcut::Purge => self.pressed(Pressed::Purge, out),
            Shortcut::Close => self.pressed(Pressed::Close, out),
        }
        true
    }

    /// Where something is searched and nothing selected, what Enter would open is what keys are for.
    fn select_first_hit(&mut self) {
        if self.list.selected.is_none() && !self.catalogue.search.is_empty() {
            let first = self.catalogue.row(0).map(|item| item.id);
            self.list.select(first);
        }
    }

    /// Selects an item in the whole list, or in the trash where it is there.
    pub fn reveal(&mut self, item: ItemId, out: &mut Actions) {
        let in_trash = self.catalogue.find(item).is_some_and(|item| item.is_trashed());
        self.catalogue.search.set(SecretString::default());
        self.catalogue.set_filter(if in_trash { Filter::Trash } else { Filter::All });
        self.list.narrowed();
        self.leave(Next::Select(item), out);
    }

    /// Escape: out of the draft, the search, the item, its row, in this order.
    pub(super) fn back(&mut self, out: &mut Actions) {
        if matches!(self.pane, Pane::Editor(_)) {
            self.leave(Next::Close, out);
        } else if !self.catalogue.search.is_empty() {
            self.catalogue.search.set(SecretString::default());
            self.catalogue.searched();
            self.list.focus_search = true;
        } else if self.list.selected.is_some() {
            if matches!(self.pane, Pane::Closed(_)) {
                self.leave(Next::Close, out);
            } else {
                self.leave(Next::Row, out);
            }
            // Whoever goes on with the arrows walks through the list.
            self.list.take_focus = true;
        } else if !matches!(self.catalogue.filter(), Filter::All) {
            self.catalogue.set_filter(Filter::All);
        }
    }
}
