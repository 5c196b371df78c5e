//! An open vault: the sidebar, the list, and the item that is open.
//!
//! Owns: every plaintext that is on the screen. Invariant: what an item's pane holds is dropped when another item is selected,
//! and all of it when the vault is locked.

mod banner;
mod catalogue;
mod commands;
mod dialogs;
mod document;
mod editor;
mod events;
mod fields;
mod header;
mod history;
mod key_alarm;
mod leaving;
mod list;
mod overdue;
mod panes;
mod sealed_copy;
mod sidebar;
mod tags;

use egui::{Ui, vec2};
use lucide_icons::Icon;

use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::route::{Shortcut, View};
use crate::ui::shared::Shared;
use crate::ui::theme::{self, tokens::space};
use crate::ui::views::parts;
use crate::ui::widgets::{Button, icon, notice, text};
use crate::ui::wording::{self, Fix};
use crate::vault::{FileForm, ItemId, ItemSummary, Kind, RekeyScope, Retention, SummaryEdit, fields_of};
use crate::worker::{Command, KeyDescription, OpenedVault, Problem, Warning, What};
use banner::Banner;
use catalogue::Catalogue;
use dialogs::Dialog;
use document::DocumentPane;
use editor::{Editor, EditorEnd};
use fields::FieldsPane;
use header::Pressed;
use history::History;
use leaving::Next;
use list::{ListState, Picked};
use sealed_copy::SealedCopy;

/// An open vault.
#[derive(Debug)]
pub struct Vault {
    name: String,
    banner: Banner,
    warnings: Vec<Warning>,
    catalogue: Catalogue,
    list: ListState,
    pane: Pane,
    history: Option<History>,
    dialog: Option<Dialog>,
    /// For how long the vault keeps the trash and old versions.
    retention: Retention,
    /// The items whose time in the trash was over when the vault was opened.
    overdue: Vec<ItemId>,
    /// By which limits they were looked at last; `None` where items have changed since.
    overdue_by: Option<Retention>,
    /// What opened the vault: whether others can use it.
    key: KeyDescription,
    /// The sealed file that is being written, or whose place is being chosen.
    sealed_copy: Option<Box<SealedCopy>>,
    /// Where a document is being written, to ask before a file is replaced.
    target: Option<(ItemId, Option<u32>, std::path::PathBuf)>,
    /// The version that is being brought back.
    restoring: Option<u32>,
    /// An item that was saved and is not in the list yet.
    open_later: Option<ItemId>,
    /// Counts the contents that were opened: each gets widgets of its own, so that none inherits another's.
    opened: u64,
    /// Whether egui has to forget what was on the screen.
    pub forget: bool,
}

/// What stands beside the list.
#[derive(Debug)]
enum Pane {
    /// What the list has of the selected item, and no more; why it did not open.
    Closed(Option<Problem>),
    /// It is being opened.
    Opening,
    /// A login or a note.
    Fields(FieldsPane),
    /// A document.
    Document(DocumentPane),
    /// A draft.
    Editor(Box<Editor>),
}

impl Vault {
    /// A vault that was just opened.
    pub fn new(opened: OpenedVault) -> Self {
        Self {
            name: opened.name,
            banner: Banner::new(opened.doubts),
            warnings: opened.warnings,
            catalogue: Catalogue::new(*opened.items),
            list: ListState::fresh(),
            pane: Pane::Closed(None),
            history: None,
            dialog: None,
            key: opened.key,
            sealed_copy: None,
            retention: opened.retention,
            overdue: opened.overdue,
            overdue_by: None,
            target: None,
            restoring: None,
            open_later: None,
            opened: 0,
            forget: false,
        }
    }

    fn selected(&self) -> Option<&ItemSummary> {
        self.list.selected.and_then(|item| self.catalogue.find(item)).map(AsRef::as_ref)
    }

    /// Replaces the pane; what it held is gone.
    fn set_pane(&mut self, pane: Pane) {
        let held = matches!(self.pane, Pane::Fields(_) | Pane::Document(_) | Pane::Editor(_));
        self.forget |= held;
        self.opened += 1;
        self.pane = pane;
        self.history = None;
    }

    /// The same, where what comes is another version of the item that is listed there.
    fn fill_pane(&mut self, pane: Pane) {
        let history = self.history.take();
        self.set_pane(pane);
        self.history = history;
    }

    /// The version that is shown, where it is not the current one.
    fn shown_version(&self) -> Option<u32> {
        match &self.pane {
            Pane::Fields(pane) => pane.revision,
            Pane::Document(pane) => pane.revision,
            _ => None,
        }
    }

    fn list_versions(&mut self, item: ItemId, out: &mut Actions) {
        self.history = Some(History::default());
        out.send(Command::OpenHistory { item }, Purpose::History(item));
    }

    fn restore_version(&mut self, item: ItemId, revision: u32, out: &mut Actions) {
        self.restoring = Some(revision);
        out.send(Command::RestoreRevision { item, revision }, Purpose::RestoreVersion(item));
    }

    /// Goes on, unless a draft would be lost: then it asks.
    fn leave(&mut self, next: Next, out: &mut Actions) {
        if self.has_draft() {
            self.dialog = Some(Dialog::Discard(next));
        } else {
            self.go(next, out);
        }
    }

    fn open(&mut self, item: ItemId, revision: Option<u32>, out: &mut Actions) {
        self.list.selected = Some(item);
        let Some(summary) = self.catalogue.find(item) else { return };
        let command = match summary.kind {
            _ if !summary.is_intact() => None,
            Kind::Login | Kind::Note => Some(Command::OpenItem { item, revision }),
            Kind::Document => Some(Command::OpenDocument { item, revision }),
            Kind::Other(_) => None,
        };
        match command {
            Some(command) => {
                self.set_pane(Pane::Opening);
                out.send(command, Purpose::Open(item));
            }
            None => self.set_pane(Pane::Closed(None)),
        }
    }

    fn describe(&self, item: ItemId, edit: SummaryEdit, purpose: Purpose, out: &mut Actions) {
        out.send(Command::Describe { edits: vec![(item, edit)] }, purpose);
    }

    fn delete(&mut self, item: ItemId, out: &mut Actions) {
        let Some(summary) = self.catalogue.find(item) else { return };
        // One that can't be trusted can't be changed, and so not put into the trash.
        if summary.is_trashed() || !summary.is_intact() {
            self.dialog = Some(Dialog::Purge(vec![(item, summary.trashed)]));
            return;
        }
        let row = self.catalogue.row_of(item);
        let edit = SummaryEdit { trashed: Some(true), ..SummaryEdit::default() };
        self.describe(item, edit, Purpose::Trash(item), out);
        let neighbour =
            row.and_then(|row| self.catalogue.row(row + 1).or_else(|| self.catalogue.row(row.checked_sub(1)?)));
        let next = neighbour.map(|item| item.id);
        self.list.select(next);
        self.set_pane(Pane::Closed(None));
    }

    fn edit(&mut self, out: &mut Actions) {
        if matches!(self.pane, Pane::Editor(_)) {
            return;
        }
        let Some(summary) = self.selected() else { return };
        let (item, limited) = (summary.id, self.retention.keeps(&summary.kind).is_some());
        let editor = match (&self.pane, &summary.kind) {
            (_, Kind::Document) => Editor::of(summary, crate::vault::Fields::default()),
            (Pane::Fields(pane), _) => Editor::of(summary, pane.fields()),
            _ => return,
        };
        self.set_pane(Pane::Editor(Box::new(editor)));
        if limited {
            out.send(Command::OpenHistory { item }, Purpose::Limit(item));
        }
    }

    fn copy_main(&self, out: &mut Actions) -> bool {
        let Some(summary) = self.selected() else { return false };
        let field = match summary.kind {
            Kind::Login => "password",
            Kind::Note => "text",
            _ => {
                let Pane::Document(pane) = &self.pane else { return false };
                let Some(text) = pane.text() else { return false };
                out.copy_named(text.duplicate(), "Text");
                return true;
            }
        };
        self.copy_field(summary, field, out);
        true
    }

    fn copy_field(&self, summary: &ItemSummary, field: &str, out: &mut Actions) {
        let what = fields_of(&summary.kind).iter().find(|spec| spec.name == field).map_or("Value", |spec| spec.label);
        match &self.pane {
            Pane::Fields(pane) => {
                if let Some(value) = pane.value(field) {
                    out.copy_named(value.duplicate(), what);
                }
            }
            _ => out.send(Command::CopyField { item: summary.id, field: field.to_owned() }, Purpose::CopyNamed(what)),
        }
    }

    fn pressed(&mut self, pressed: Pressed, out: &mut Actions) {
        let Some(summary) = self.selected() else { return };
        let item = summary.id;
        match pressed {
            Pressed::Favourite => {
                let edit = SummaryEdit { favourite: Some(!summary.favourite), ..SummaryEdit::default() };
                self.describe(item, edit, Purpose::Describe, out);
            }
            Pressed::Restore => {
                let edit = SummaryEdit { trashed: Some(false), ..SummaryEdit::default() };
                self.describe(item, edit, Purpose::Restore, out);
            }
            Pressed::Edit => self.edit(out),
            Pressed::Trash | Pressed::Purge => self.delete(item, out),
            Pressed::History => self.list_versions(item, out),
            Pressed::NewKeys => new_keys(vec![item], out),
            Pressed::NewVersion => {
                out.send(Command::PickFiles { title: "Choose the new version" }, Purpose::PickVersion(item));
            }
            Pressed::SaveAs => {
                let version = self.shown_version();
                let name = summary.file_name(FileForm::Plain, version);
                out.send(Command::PickSaveAs { title: "Save as", name }, Purpose::PickTarget(item, version));
            }
            Pressed::Seal => {
                let copy = SealedCopy::of(summary, self.shown_version(), &self.key);
                self.dialog = Some(Dialog::SealedCopy(Box::new(copy)));
            }
            Pressed::Close => self.leave(Next::Close, out),
        }
    }

    fn item(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        if let Pane::Editor(editor) = &mut self.pane {
            if editor.show(ui, self.catalogue.tags(), out) == EditorEnd::Leave {
                self.leave(Next::Close, out);
            }
            return;
        }
        let Some(summary) = self.list.selected.and_then(|item| self.catalogue.find(item)).cloned() else {
            self.welcome(ui, out);
            return;
        };
        let open = matches!(self.pane, Pane::Fields(_));
        let pressed = header::show(ui, &summary, open, self.retention, shared);
        ui.add_space(space::M);
        let shown = self.shown_version();
        let mut chosen = None;
        if let Some(history) = &mut self.history {
            let now = history::Now { shown, restoring: self.restoring, retention: self.retention };
            chosen = history.show(ui, &summary.kind, now, shared, out);
            ui.add_space(space::M);
        }
        if let Some(number) = shown {
            chosen = chosen.or(earlier(ui, number, self.restoring.is_some()));
            ui.add_space(space::M);
        }
        match chosen {
            Some(history::Chosen::Version(number)) => {
                let history = self.history.take();
                self.open(summary.id, number, out);
                self.history = history;
                return;
            }
            Some(history::Chosen::Restore(number)) => self.restore_version(summary.id, number, out),
            Some(history::Chosen::NewKeys) => self.pressed(Pressed::NewKeys, out),
            Some(history::Chosen::Close) => self.history = None,
            None => {}
        }
        self.body(ui, &summary, out);
        if let Some(pressed) = pressed {
            self.pressed(pressed, out);
        }
    }

    fn body(&mut self, ui: &mut Ui, summary: &ItemSummary, out: &mut Actions) {
        match &mut self.pane {
            Pane::Closed(problem) => {
                let fix = problem.as_ref().and_then(|problem| parts::problem(ui, problem));
                let again = parts::apply(fix, out) == Some(Fix::TryAgain);
                if let Some(Problem::Unreachable { .. }) = problem {
                    ui.add_space(space::XS);
                    text::small(ui, "Opening needs AWS; the list works without it.");
                }
                if problem.is_some() {
                    ui.add_space(space::M);
                }
                if let Kind::Other(_) = summary.kind {
                    text::weak(ui, "A newer Sealkeep made this kind of item. Update to open it.");
                } else if summary.is_intact() {
                    let button = Button::primary("Open").icon(Icon::LockOpen).tip("Enter");
                    if button.show(ui).clicked() || again {
                        self.open(summary.id, None, out);
                    }
                }
            }
            Pane::Opening => {
                ui.horizontal(|ui| {
                    parts::waiting(ui, "Opening…");
                    if Button::quiet("Cancel").small().show(ui).clicked() {
                        out.push(Action::Cancel(Purpose::Open(summary.id)));
                    }
                });
            }
            Pane::Fields(pane) => pane.show(ui, &summary.kind, out),
            Pane::Document(pane) => {
                if pane.show(ui) {
                    self.pressed(Pressed::SaveAs, out);
                }
            }
            Pane::Editor(_) => {}
        }
    }

    fn welcome(&mut self, ui: &mut Ui, out: &mut Actions) {
        for warning in &self.warnings {
            let words = wording::warning(warning);
            notice::plain(ui, notice::Tone::Warning, &words.happened, &words.to_do);
            ui.add_space(space::S);
        }
        let empty = self.catalogue.counts().all == 0;
        let (title, second) = if empty {
            ("Your vault is open, and empty", "Drop a file onto this window, or begin with a login or a note.")
        } else {
            ("Choose an item", "Nothing is decrypted until you open it.")
        };
        blank(ui, Icon::ShieldCheck, title, second);
        ui.add_space(space::S);
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            if empty {
                if Button::primary("New login").icon(Icon::KeyRound).show(ui).clicked() {
                    self.leave(Next::New(Kind::Login), out);
                }
                if Button::new("New note").icon(Icon::StickyNote).show(ui).clicked() {
                    self.leave(Next::New(Kind::Note), out);
                }
                if Button::new("Add files").icon(Icon::Upload).show(ui).clicked() {
                    pick_files(out);
                }
            } else {
                text::small(ui, "↑ ↓ walk through the list · Enter opens · Ctrl+C copies the password");
            }
        });
    }

    fn picked(&mut self, picked: Picked, out: &mut Actions) {
        match picked {
            Picked::Selected(item) => self.leave(Next::Select(item), out),
            Picked::Opened(item) => self.leave(Next::Open(item), out),
            // The key was meant for the draft.
            Picked::Deleted(_) if matches!(self.pane, Pane::Editor(_)) => {}
            Picked::Deleted(item) => self.delete(item, out),
            Picked::New => self.leave(Next::New(Kind::Login), out),
            Picked::AddFiles => pick_files(out),
            Picked::EmptyTrash => self.leave(Next::EmptyTrash, out),
        }
    }
}

impl View for Vault {
    fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        // What the worker says of it reaches the state that all views share.
        if let Some(open) = &shared.open {
            self.retention = open.retention;
        }
        self.panes(ui, shared, out);
    }

    fn told(&mut self, purpose: Option<Purpose>, what: What, _shared: &Shared, out: &mut Actions) {
        self.happened(purpose, what, out);
    }

    fn failed(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem> {
        self.went_wrong(purpose, problem)
    }

    fn can(&self, shortcut: Shortcut) -> bool {
        self.offers(shortcut)
    }

    fn shortcut(&mut self, shortcut: Shortcut, out: &mut Actions) -> bool {
        if self.dialog.is_some() || self.banner.asks() {
            return false;
        }
        self.take_shortcut(shortcut, out)
    }
}

/// Says that what is shown is an earlier version.
fn earlier(ui: &mut Ui, number: u32, busy: bool) -> Option<history::Chosen> {
    let words = format!("This is version {number}");
    let second =
        "Restoring it saves it once more, as the newest version. The others stay. Title and tags are those of now.";
    let mut chosen = None;
    notice::show(ui, notice::Tone::Plain, &words, second, |ui| {
        ui.add_space(space::XS);
        ui.horizontal(|ui| {
            let restore = Button::new("Restore this version").small().icon(Icon::Undo2).enabled(!busy);
            if restore.show(ui).clicked() {
                chosen = Some(history::Chosen::Restore(number));
            }
            if Button::quiet("Back to the current version").small().show(ui).clicked() {
                chosen = Some(history::Chosen::Version(None));
            }
        });
    });
    chosen
}

fn new_keys(items: Vec<ItemId>, out: &mut Actions) {
    out.go(Place::NewKeys(RekeyScope { items: Some(items), older_than_days: None }));
}

fn pick_files(out: &mut Actions) {
    out.send(Command::PickFiles { title: "Add files" }, Purpose::PickFiles);
}

/// A picture, a title and a line in the middle: where there is nothing else.
fn blank(ui: &mut Ui, picture: Icon, title: &str, second: &str) {
    let p = theme::palette(ui);
    ui.add_space((ui.available_height() * 0.28).min(160.0));
    ui.vertical_centered(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(56.0, 56.0), egui::Sense::hover());
        ui.painter().circle_filled(rect.center(), 28.0, p.accent_soft);
        icon::paint(ui.painter(), rect, picture, 26.0, p.accent_text);
        ui.add_space(space::S);
        text::heading(ui, title);
        text::weak(ui, second);
    });
}
