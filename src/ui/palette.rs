//! Everything that can be done, by name: Ctrl+K.
//!
//! Owns: what was typed into it. It searches commands, never items: those have their own search.

use egui::{
    Align2, Context, CornerRadius, Frame, Id, Key, Margin, Modal, Modifiers, Sense, Shadow, Stroke, Ui, pos2, vec2,
};
use lucide_icons::Icon;

use super::route::Shortcut;
use super::theme::{self, fonts, tokens::radius, tokens::size, tokens::space, tokens::type_size};
use super::widgets::frame::{self, RowState};
use super::widgets::{SecretEdit, SecretField, card, describe, icon, text};
use super::wording::import::IMPORT;
use super::wording::salvage::SALVAGE;
use crate::worker::Theme;

/// The list of commands.
#[derive(Debug, Default)]
pub struct Palette {
    typed: SecretEdit,
    row: usize,
    drawn: bool,
}

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// What the view can do with what is open or selected.
    Do(Shortcut),
    /// Encrypted copies of files that are chosen now.
    Encrypt,
    /// Lock.
    Lock,
    /// The settings.
    Settings,
    /// The AWS profiles.
    Profiles,
    /// Taking over profiles of the AWS command line.
    Import,
    /// The open vault's ways in.
    Ways,
    /// Moving the open vault to another KMS key.
    Move,
    /// New keys for the open vault.
    NewKeys,
    /// Checking the open vault.
    Check,
    /// Copying what is intact of the open vault into a new one.
    Salvage,
    /// The vault picker.
    Vaults,
    /// A new vault.
    Create,
    /// Other colours.
    Theme(Theme),
}

struct Entry {
    chosen: Chosen,
    picture: Icon,
    words: &'static str,
    keys: &'static str,
}

const fn of_view(shortcut: Shortcut, picture: Icon, words: &'static str, keys: &'static str) -> Entry {
    entry(Chosen::Do(shortcut), picture, words, keys)
}

const fn entry(chosen: Chosen, picture: Icon, words: &'static str, keys: &'static str) -> Entry {
    Entry { chosen, picture, words, keys }
}

const ENTRIES: &[Entry] = &[
    of_view(Shortcut::New, Icon::KeyRound, "New login", "Ctrl+N"),
    of_view(Shortcut::NewNote, Icon::StickyNote, "New note", "Ctrl+Shift+N"),
    of_view(Shortcut::AddFiles, Icon::Upload, "Add files", "Ctrl+O"),
    of_view(Shortcut::Search, Icon::Search, "Search the list", "Ctrl+F"),
    of_view(Shortcut::Open, Icon::LockOpen, "Open the item", "Enter"),
    of_view(Shortcut::CopyMain, Icon::Copy, "Copy the password or text", "Ctrl+C"),
    of_view(Shortcut::CopyUser, Icon::User, "Copy the user name", "Ctrl+B"),
    of_view(Shortcut::Edit, Icon::Pencil, "Edit the item", "Ctrl+E"),
    of_view(Shortcut::Save, Icon::Check, "Save the item", "Ctrl+S"),
    of_view(Shortcut::Favourite, Icon::Star, "Add to the favourites, or take out", ""),
    of_view(Shortcut::SaveAs, Icon::Download, "Save a copy of the document as…", ""),
    of_view(Shortcut::SealItem, Icon::FileLock2, "Save the item as an encrypted copy…", ""),
    of_view(Shortcut::Versions, Icon::History, "Versions of the item", ""),
    of_view(Shortcut::NewKeys, Icon::RefreshCw, "New keys for the item", ""),
    of_view(Shortcut::NewKeysListed, Icon::RefreshCw, "New keys for the items that the list shows", ""),
    of_view(Shortcut::Trash, Icon::Trash2, "Move the item to the trash", "Delete"),
    of_view(Shortcut::Restore, Icon::Undo2, "Restore the item from the trash", ""),
    of_view(Shortcut::Purge, Icon::Trash2, "Delete the item for good", "Delete"),
    of_view(Shortcut::Close, Icon::X, "Close the item", "Esc"),
    entry(Chosen::Encrypt, Icon::FileLock2, "Encrypted copy of a file", ""),
    entry(Chosen::Ways, Icon::LifeBuoy, "Ways in: keys, recovery, emergency sheet", ""),
    entry(Chosen::Move, Icon::KeyRound, "Move to another KMS key", ""),
    entry(Chosen::NewKeys, Icon::RefreshCw, "New keys for everything, or for what is old", ""),
    entry(Chosen::Check, Icon::ShieldCheck, "Check this vault", ""),
    entry(Chosen::Salvage, Icon::LifeBuoy, SALVAGE, ""),
    entry(Chosen::Lock, Icon::Lock, "Lock", "Ctrl+L"),
    entry(Chosen::Vaults, Icon::FolderOpen, "Another vault", ""),
    entry(Chosen::Create, Icon::Plus, "New vault", ""),
    entry(Chosen::Settings, Icon::Settings, "Settings", ""),
    entry(Chosen::Profiles, Icon::Cloud, "AWS profiles", ""),
    entry(Chosen::Import, Icon::Download, IMPORT, ""),
    entry(Chosen::Theme(Theme::Light), Icon::Sun, "Light colours", ""),
    entry(Chosen::Theme(Theme::Dark), Icon::Moon, "Dark colours", ""),
    entry(Chosen::Theme(Theme::System), Icon::Monitor, "Colours of the desktop", ""),
];

impl Palette {
    /// Draws it: `None` while it is open, then what was chosen, if anything was. It lists what makes sense now: `can` says what
    /// the view can do.
    pub fn show(
        &mut self,
        ctx: &Context,
        vault_is_open: bool,
        can: &mut dyn FnMut(Shortcut) -> bool,
    ) -> Option<Option<Chosen>> {
        let dark = ctx.global_style().visuals.dark_mode;
        let p = if dark { &theme::tokens::DARK } else { &theme::tokens::LIGHT };
        let first = !std::mem::replace(&mut self.drawn, true);
        let frame = Frame::NONE
            .fill(p.raised)
            .stroke(Stroke::new(1.0, p.line))
            .corner_radius(CornerRadius::same(radius::LARGE))
            .inner_margin(Margin::same(space::M as i8))
            .shadow(Shadow { offset: [0, 12], blur: 40, spread: 0, color: p.shadow });
        let area = Modal::default_area(Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, 96.0));
        let modal = Modal::new(Id::unique("palette")).area(area).frame(frame).backdrop_color(p.scrim);
        let response = modal.show(ctx, |ui| {
            ui.set_width(480.0);
            self.content(ui, vault_is_open, can, first)
        });
        if let Some(chosen) = response.inner {
            return Some(Some(chosen));
        }
        let escaped = ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        (escaped || response.backdrop_response.clicked()).then_some(None)
    }

    fn content(
        &mut self,
        ui: &mut Ui,
        vault_is_open: bool,
        can: &mut dyn FnMut(Shortcut) -> bool,
        first: bool,
    ) -> Option<Chosen> {
        let field =
            SecretField::new(&mut self.typed, "Command").placeholder("What would you like to do?").icon(Icon::Command);
        let field = field.focus(first).show(ui);
        if field.changed {
            self.row = 0;
        }
        // EXPOSE: compared with the commands' names.
        let typed = self.typed.text().expose().to_lowercase();
        let mut makes_sense = |chosen: Chosen| match chosen {
            Chosen::Do(shortcut) => can(shortcut),
            Chosen::Lock | Chosen::Ways | Chosen::Move | Chosen::NewKeys | Chosen::Check | Chosen::Salvage => {
                vault_is_open
            }
            _ => true,
        };
        let fits = |entry: &&Entry| {
            makes_sense(entry.chosen) && typed.split_whitespace().all(|word| entry.words.to_lowercase().contains(word))
        };
        let entries: Vec<&Entry> = ENTRIES.iter().filter(fits).collect();
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let before = self.row;
        if pressed(Key::ArrowDown) {
            self.row += 1;
        }
        if pressed(Key::ArrowUp) {
            self.row = self.row.saturating_sub(1);
        }
        let moved = self.row != before;
        self.row = self.row.min(entries.len().saturating_sub(1));
        if entries.is_empty() {
            ui.add_space(space::S);
            text::weak(ui, "No command has this name.");
        }
        ui.spacing_mut().item_spacing.y = 2.0;
        let mut chosen = None;
        let room = (ui.ctx().content_rect().height() - 180.0).max(120.0);
        card::scroll(
            ui,
            egui::ScrollArea::vertical().max_height(room).min_scrolled_height(room),
            size::GUTTER - 2.0,
            |ui| {
                for (index, entry) in entries.iter().enumerate() {
                    let on = index == self.row;
                    if row(ui, entry, on, on && moved) || (field.submitted && on) {
                        chosen = Some(entry.chosen);
                    }
                }
            },
        );
        chosen
    }
}

fn row(ui: &mut Ui, entry: &Entry, on: bool, into_view: bool) -> bool {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::CLICK);
    describe(ui, &response, egui::accesskit::Role::ListBoxOption, |node| {
        node.set_label(entry.words);
        node.set_selected(on);
    });
    let state = match (on, response.hovered()) {
        (true, _) => RowState::Selected,
        (false, true) => RowState::Hovered,
        _ => RowState::Idle,
    };
    frame::row(ui, rect, state);
    if into_view {
        response.scroll_to_me(None);
    }
    let colour = if on { p.selected_text } else { p.text };
    let place = egui::Rect::from_min_size(pos2(rect.min.x + space::S, rect.min.y), vec2(18.0, rect.height()));
    icon::paint(ui.painter(), place, entry.picture, 16.0, colour);
    let painter = ui.painter();
    let left = pos2(place.max.x + space::S, rect.center().y);
    painter.text(left, Align2::LEFT_CENTER, entry.words, fonts::body(), colour);
    let right = pos2(rect.max.x - space::S, rect.center().y);
    painter.text(right, Align2::RIGHT_CENTER, entry.keys, fonts::text(type_size::SMALL), p.weak);
    response.clicked()
}
