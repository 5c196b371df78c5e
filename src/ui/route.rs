//! Which view is shown. A vault's plaintext lives in its route and nowhere else: replacing the route drops all of it.

use egui::Ui;

use super::action::{Actions, Purpose};
use super::shared::Shared;
use super::views::create::Create;
use super::views::picker::Picker;
use super::views::salvage::Salvage;
use super::views::unlock::Unlock;
use super::views::unready::Unready;
use super::views::vault::Vault;
use crate::worker::{Problem, What};

/// A view: draws, is told what happened, and says what it wants.
pub trait View {
    /// Draws it.
    fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions);

    /// Something happened; `purpose` is why the command was sent that this answers.
    fn told(&mut self, purpose: Option<Purpose>, what: What, shared: &Shared, out: &mut Actions);

    /// A command failed. What the view does not show itself it gives back.
    fn failed(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem>;

    /// Whether a shortcut would mean something now: the list of commands shows those.
    fn can(&self, _shortcut: Shortcut) -> bool {
        false
    }

    /// A shortcut of the window was pressed; returns whether it meant something.
    fn shortcut(&mut self, _shortcut: Shortcut, _out: &mut Actions) -> bool {
        false
    }
}

/// What the keyboard, or the list of commands, asks for wherever the focus is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// Ctrl+F.
    Search,
    /// Ctrl+N.
    New,
    /// Ctrl+Shift+N.
    NewNote,
    /// Ctrl+O.
    AddFiles,
    /// Ctrl+B.
    CopyUser,
    /// Ctrl+C, where no field took it.
    CopyMain,
    /// Ctrl+E.
    Edit,
    /// Ctrl+S.
    Save,
    /// Escape, where no dialog took it.
    Back,
    /// Enter, where nothing has the focus.
    Open,
    /// Into the favourites, or out of them.
    Favourite,
    /// The selected item's versions.
    Versions,
    /// A copy of the selected document outside the vault.
    SaveAs,
    /// A sealed file of the selected item, for somebody else.
    SealItem,
    /// New keys for the selected item.
    NewKeys,
    /// New keys for the items that the list shows.
    NewKeysListed,
    /// The selected item to the trash.
    Trash,
    /// The selected item out of the trash.
    Restore,
    /// The selected item away for good, after a question.
    Purge,
    /// Close the selected item.
    Close,
}

/// The views.
pub enum Route {
    /// Before the worker is ready.
    Starting,
    /// The worker can't begin.
    Unready(Unready),
    /// The vaults that were opened here.
    Picker(Picker),
    /// A new vault.
    Create(Box<Create>),
    /// A locked vault.
    Unlock(Box<Unlock>),
    /// A damaged vault, what is intact of it being copied.
    Salvage(Box<Salvage>),
    /// An open vault.
    Vault(Box<Vault>),
}

impl Route {
    /// The view, if there is one yet.
    pub fn view(&mut self) -> Option<&mut dyn View> {
        match self {
            Self::Starting => None,
            Self::Unready(view) => Some(view),
            Self::Picker(view) => Some(view),
            Self::Create(view) => Some(view.as_mut()),
            Self::Unlock(view) => Some(view.as_mut()),
            Self::Salvage(view) => Some(view.as_mut()),
            Self::Vault(view) => Some(view.as_mut()),
        }
    }
}
