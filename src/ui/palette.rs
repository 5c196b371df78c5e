//! Everything that can be done, by name: Ctrl+K.
//!
//! Owns: what was typed into it. It searches commands, never items: those have their own search.

use egui::{
    Align2, Context, CornerRadius, Frame, Id, Key, Margin, Modal, Modifiers, Sense, Shadow, Stroke, Ui, pos2, vec2,
};
use lucide_icons::Icon;

use super::theme::{self, fonts, tokens::radius, tokens::space, tokens::type_size};
use super::widgets::frame::{self, RowState};
use super::widgets::{SecretEdit, SecretField, describe, icon, text};
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
    /// A new login.
    NewLogin,
    /// A new note.
    NewNote,
    /// Add files.
    AddFiles,
    /// Search.
    Search,
    /// Copy the main secret of the selected item.
    CopyMain,
    /// Copy its user name.
    CopyUser,
    /// Edit it.
    Edit,
    /// Lock.
    Lock,
    /// The settings.
    Settings,
    /// The AWS profiles.
    Profiles,
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
    /// Whether it needs an open vault.
    open: bool,
}

const fn entry(chosen: Chosen, picture: Icon, words: &'static str, keys: &'static str, open: bool) -> Entry {
    Entry { chosen, picture, words, keys, open }
}

const ENTRIES: &[Entry] = &[
    entry(Chosen::NewLogin, Icon::KeyRound, "New login", "Ctrl+N", true),
    entry(Chosen::NewNote, Icon::StickyNote, "New note", "Ctrl+Shift+N", true),
    entry(Chosen::AddFiles, Icon::Upload, "Add files", "Ctrl+O", true),
    entry(Chosen::Search, Icon::Search, "Search the list", "Ctrl+F", true),
    entry(Chosen::CopyMain, Icon::Copy, "Copy the password or text", "Ctrl+C", true),
    entry(Chosen::CopyUser, Icon::User, "Copy the user name", "Ctrl+B", true),
    entry(Chosen::Edit, Icon::Pencil, "Edit the item", "Ctrl+E", true),
    entry(Chosen::Lock, Icon::Lock, "Lock", "Ctrl+L", true),
    entry(Chosen::Vaults, Icon::FolderOpen, "Another vault", "", false),
    entry(Chosen::Create, Icon::Plus, "New vault", "", false),
    entry(Chosen::Settings, Icon::Settings, "Settings", "", false),
    entry(Chosen::Profiles, Icon::Cloud, "AWS profiles", "", false),
    entry(Chosen::Theme(Theme::Light), Icon::Sun, "Light colours", "", false),
    entry(Chosen::Theme(Theme::Dark), Icon::Moon, "Dark colours", "", false),
    entry(Chosen::Theme(Theme::System), Icon::Monitor, "Colours of the desktop", "", false),
];

impl Palette {
    /// Draws it: `None` while it is open, then what was chosen, if anything was.
    pub fn show(&mut self, ctx: &Context, vault_is_open: bool) -> Option<Option<Chosen>> {
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
            self.content(ui, vault_is_open, first)
        });
        if let Some(chosen) = response.inner {
            return Some(Some(chosen));
        }
        let escaped = ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        (escaped || response.backdrop_response.clicked()).then_some(None)
    }

    fn content(&mut self, ui: &mut Ui, vault_is_open: bool, first: bool) -> Option<Chosen> {
        let field =
            SecretField::new(&mut self.typed, "Command").placeholder("What would you like to do?").icon(Icon::Command);
        let field = field.focus(first).show(ui);
        if field.changed {
            self.row = 0;
        }
        // EXPOSE: compared with the commands' names.
        let typed = self.typed.text().expose().to_lowercase();
        let fits = |entry: &&Entry| {
            (vault_is_open || !entry.open)
                && typed.split_whitespace().all(|word| entry.words.to_lowercase().contains(word))
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
        egui::ScrollArea::vertical().max_height(room).show(ui, |ui| {
            for (index, entry) in entries.iter().enumerate() {
                let on = index == self.row;
                if row(ui, entry, on, on && moved) || (field.submitted && on) {
                    chosen = Some(entry.chosen);
                }
            }
        });
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
