//! The head of an item: its picture, title, tags and dates, and what can be done with it.

use egui::{Align, Key, Layout, Modifiers, Response, Sense, Ui, vec2};
use lucide_icons::Icon;

use crate::ui::icons;
use crate::ui::shared::Shared;
use crate::ui::show;
use crate::ui::theme::{self, fonts, tokens::radius, tokens::size, tokens::space, tokens::type_size};
use crate::ui::widgets::{Button, button, describe, icon, menu, notice, secret_text, text};
use crate::ui::wording::{self, keeping};
use crate::vault::{ItemState, ItemSummary, Kind, Retention};

/// What was pressed in the head of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// The star.
    Favourite,
    /// Edit.
    Edit,
    /// Into the trash.
    Trash,
    /// Out of the trash.
    Restore,
    /// Away for good.
    Purge,
    /// Its earlier versions.
    History,
    /// New keys for all of its versions.
    NewKeys,
    /// Another file becomes its next version.
    NewVersion,
    /// A copy outside the vault.
    SaveAs,
    /// A sealed file of its own.
    Seal,
    /// Close it.
    Close,
}

/// Draws it. `open` says whether the item's content is there to be edited.
pub fn show(ui: &mut Ui, item: &ItemSummary, open: bool, retention: Retention, shared: &Shared) -> Option<Pressed> {
    let mut pressed = None;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let (tile, _) = ui.allocate_exact_size(vec2(44.0, 44.0), Sense::hover());
        let picture = if item.is_intact() { icons::of_item(item) } else { Icon::ShieldAlert };
        icon::tile(ui, tile, picture, false);
        ui.add_space(space::S);
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            let close = button::icon_button(ui, Icon::X, "Close the item");
            let mut focused = close.has_focus();
            if close.clicked() {
                pressed = Some(Pressed::Close);
            }
            if !item.is_trashed() && item.is_intact() {
                focused |= more(ui, item, &mut pressed).has_focus();
                let star = if item.favourite { "Remove from favourites" } else { "Add to favourites" };
                let star = button::star(ui, star, item.favourite);
                focused |= star.has_focus();
                if star.clicked() {
                    pressed = Some(Pressed::Favourite);
                }
                let editable = item.kind == Kind::Document || open;
                if !matches!(item.kind, Kind::Other(_)) {
                    let edit = Button::quiet("Edit").small().icon(Icon::Pencil).tip("Ctrl+E").enabled(editable);
                    let edit = edit.show(ui);
                    focused |= edit.has_focus();
                    if edit.clicked() {
                        pressed = Some(Pressed::Edit);
                    }
                }
            }
            // As in the list: the menu says so.
            if focused && !egui::Popup::is_any_open(ui.ctx()) && delete(ui) {
                pressed = Some(Pressed::Trash);
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| title(ui, item, shared));
        });
    });
    ui.add_space(space::S);
    if !item.tags.is_empty() {
        tags(ui, item);
    }
    if item.is_trashed() {
        if let Some(open) = &shared.open {
            text::small(ui, keeping::in_trash(item, retention, open.now(ui.ctx()), &shared.zone));
        }
        trashed(ui, item, &mut pressed);
    }
    if let ItemState::Damaged(what) = &item.state {
        ui.add_space(space::S);
        let happened = "This item was changed outside Sealkeep and can't be trusted.";
        let found = format!("{} A backup of the vault may still have it.", wording::finding(what));
        notice::show(ui, notice::Tone::Problem, happened, &found, |ui| {
            if !item.is_trashed() {
                ui.add_space(space::XS);
                for_good(ui, Button::new("Delete for good"), &mut pressed);
            }
        });
    }
    pressed
}

/// A title that is longer ends in an ellipsis; the pointer on the list's row shows more of it.
const LINES_OF_TITLE: usize = 3;

fn title(ui: &mut Ui, item: &ItemSummary, shared: &Shared) {
    let p = theme::palette(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    // One line stands in the middle of the picture's height, more begin at its top.
    let shown = secret_text::rows(ui, &item.title, fonts::strong(type_size::TITLE), LINES_OF_TITLE);
    let response = ui.interact(shown, ui.scope_id().with("title"), Sense::hover());
    describe(ui, &response, egui::accesskit::Role::Heading, |node| {
        node.set_label(secret_text::spoken_line(&item.title));
    });
    let (second, _) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    let mut words = icons::name_of(&item.kind).to_owned();
    if item.kind == Kind::Document {
        words = format!("{} · {words}", show::bytes(item.size));
    }
    let mut words = format!("{words} · changed {}", show::day(item.modified, &shared.zone));
    if item.revision > 1 {
        words.push_str(&format!(" · version {}", item.revision));
    }
    text::line(ui.painter(), second, &words, fonts::text(type_size::SMALL), p.weak);
    if response.hovered() {
        let made = show::moment(item.created, &shared.zone);
        let changed = show::moment(item.modified, &shared.zone);
        response.on_hover_text(format!("Made {made}\nChanged {changed}"));
    }
}

fn tags(ui: &mut Ui, item: &ItemSummary) {
    let p = theme::palette(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
        for tag in &item.tags {
            let font = fonts::text(type_size::SMALL);
            let width = secret_text::width(ui, tag, font.clone()).min(200.0);
            let (rect, response) = ui.allocate_exact_size(vec2(width + 2.0 * space::S, 22.0), Sense::hover());
            describe(ui, &response, egui::accesskit::Role::Label, |node| {
                // EXPOSE: the tag is on the screen; only while somebody listens.
                node.set_value(tag.expose());
            });
            ui.painter().rect_filled(rect, f32::from(radius::LARGE), p.accent_soft);
            let inner = rect.shrink2(vec2(space::S, 0.0)).expand2(vec2(1.0, 0.0));
            secret_text::line(ui.painter(), inner, tag, font, p.accent_text);
        }
    });
    ui.add_space(space::XS);
}

/// Whether the Delete key was pressed.
fn delete(ui: &Ui) -> bool {
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Delete))
}

/// Draws the button with the menu.
fn more(ui: &mut Ui, item: &ItemSummary, pressed: &mut Option<Pressed>) -> Response {
    let button = button::icon_button(ui, Icon::Ellipsis, "More");
    menu::below(&button, |ui| {
        if item.kind == Kind::Document && menu::entry(ui, Icon::Download, "Save a copy as…", "") {
            *pressed = Some(Pressed::SaveAs);
        }
        if item.kind == Kind::Document && menu::entry(ui, Icon::FileUp, "New version from a file…", "") {
            *pressed = Some(Pressed::NewVersion);
        }
        if menu::entry(ui, Icon::History, "Versions", "") {
            *pressed = Some(Pressed::History);
        }
        if !matches!(item.kind, Kind::Other(_)) && menu::entry(ui, Icon::FileLock2, "Save as encrypted copy…", "") {
            *pressed = Some(Pressed::Seal);
        }
        if menu::entry(ui, Icon::RefreshCw, "New keys for this item…", "") {
            *pressed = Some(Pressed::NewKeys);
        }
        menu::rule(ui);
        if menu::entry(ui, Icon::Trash2, "Move to trash", "Delete") {
            *pressed = Some(Pressed::Trash);
        }
    });
    button
}

fn trashed(ui: &mut Ui, item: &ItemSummary, pressed: &mut Option<Pressed>) {
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL_SMALL);
        // What can't be trusted can't be written over: out of the trash is a change like others.
        if item.is_intact() && Button::new("Restore").small().icon(Icon::Undo2).show(ui).clicked() {
            *pressed = Some(Pressed::Restore);
        }
        for_good(ui, Button::quiet("Delete for good"), pressed);
    });
}

fn for_good(ui: &mut Ui, button: Button<'_>, pressed: &mut Option<Pressed>) {
    if button.small().icon(Icon::Trash2).show(ui).clicked() {
        *pressed = Some(Pressed::Purge);
    }
}
