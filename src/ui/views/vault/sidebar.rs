//! The sidebar: the vault's name and menu, and what the list can be narrowed to.

use egui::{Align2, Rect, Response, Sense, Ui, pos2, vec2};
use lucide_icons::Icon;

use super::catalogue::{Catalogue, Filter};
use crate::secret::SecretString;
use crate::ui::action::{Action, Actions, Place};
use crate::ui::show;
use crate::ui::theme::{self, fonts, tokens::size, tokens::space, tokens::type_size};
use crate::ui::widgets::frame::{self, RowState};
use crate::ui::widgets::{describe, icon, menu, secret_text, text};
use crate::vault::Kind;

/// Draws it; returns a filter that was chosen.
pub fn show(ui: &mut Ui, name: &str, catalogue: &Catalogue, folded: bool, out: &mut Actions) -> Option<Filter> {
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.add_space(space::S);
    head(ui, name, folded, out);
    ui.add_space(space::S);
    let counts = catalogue.counts();
    let mut chosen = None;
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let rows = [
            (Filter::All, Icon::LayoutGrid, "All items", counts.all),
            (Filter::Favourites, Icon::Star, "Favourites", counts.favourites),
            (Filter::Kind(Kind::Login), Icon::KeyRound, "Logins", counts.logins),
            (Filter::Kind(Kind::Note), Icon::StickyNote, "Notes", counts.notes),
            (Filter::Kind(Kind::Document), Icon::FileText, "Documents", counts.documents),
            (Filter::Trash, Icon::Trash2, "Trash", counts.trash),
        ];
        for (filter, picture, words, count) in rows {
            let on = catalogue.filter().is(&filter);
            if nav(ui, on, picture, Words::Plain(words), count, folded).clicked() {
                chosen = Some(filter);
            }
        }
        if catalogue.tags().is_empty() {
            return;
        }
        if folded {
            let on = matches!(catalogue.filter(), Filter::Tag(_));
            let button = nav(ui, on, Icon::Tags, Words::Plain("Tags"), catalogue.tags().len(), true);
            menu::below(&button, |ui| {
                egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| tags(ui, catalogue, &mut chosen));
            });
            return;
        }
        ui.add_space(space::M);
        ui.horizontal(|ui| {
            ui.add_space(space::M);
            text::caption(ui, "TAGS");
        });
        tags(ui, catalogue, &mut chosen);
    });
    chosen
}

/// The tags that are in view, and one on either side for the keyboard.
fn tags(ui: &mut Ui, catalogue: &Catalogue, chosen: &mut Option<Filter>) {
    let all = catalogue.tags();
    let pitch = size::NAV_ROW + ui.spacing().item_spacing.y;
    let (top, view) = (ui.cursor().min.y, ui.clip_rect());
    let row = |y: f32| ((y - top) / pitch).floor().max(0.0) as usize;
    let last = row(view.max.y).saturating_add(2).min(all.len());
    let first = row(view.min.y).saturating_sub(1).min(last);
    ui.add_space(first as f32 * pitch);
    for (index, (tag, count)) in all.iter().enumerate().take(last).skip(first) {
        ui.push_id(index, |ui| {
            let on = matches!(catalogue.filter(), Filter::Tag(own) if own.same_as(tag));
            let row = nav(ui, on, Icon::Tag, Words::Secret(tag), *count, false);
            menu::focus_first(ui, &row);
            if row.gained_focus() {
                row.scroll_to_me(None);
            }
            if row.clicked() {
                *chosen = Some(Filter::Tag(tag.duplicate()));
            }
        });
    }
    ui.add_space((all.len() - last) as f32 * pitch);
}

fn head(ui: &mut Ui, name: &str, folded: bool, out: &mut Actions) {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::click());
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, format!("Vault menu: {name}")));
    if response.hovered() {
        frame::row(ui, rect, RowState::Hovered);
    }
    if response.has_focus() {
        frame::focus_ring(ui, rect);
    }
    let tile = Rect::from_min_size(rect.min + vec2(if folded { 6.0 } else { space::S }, 6.0), vec2(28.0, 28.0));
    icon::mark(ui, tile);
    if !folded {
        let end = Rect::from_min_max(pos2(rect.max.x - 24.0, rect.min.y), rect.max);
        icon::paint(ui.painter(), end, Icon::ChevronDown, 14.0, p.weak);
        let words = Rect::from_min_max(pos2(tile.max.x + space::S, rect.min.y), pos2(end.min.x, rect.max.y));
        text::line(ui.painter(), words, name, fonts::strong(type_size::BODY), p.text);
    }
    menu::below(&response, |ui| {
        if menu::entry(ui, Icon::Command, "All commands", "Ctrl+K") {
            out.push(Action::Palette);
        }
        if menu::entry(ui, Icon::LifeBuoy, "Ways in", "") {
            out.go(Place::Ways);
        }
        if menu::entry(ui, Icon::ShieldCheck, "Check this vault…", "") {
            out.go(Place::Check);
        }
        menu::rule(ui);
        if menu::entry(ui, Icon::Settings, "Settings", "") {
            out.go(Place::Settings);
        }
        if menu::entry(ui, Icon::Cloud, "AWS profiles", "") {
            out.go(Place::Profiles);
        }
        menu::rule(ui);
        if menu::entry(ui, Icon::FolderOpen, "Another vault…", "") {
            out.go(Place::Picker);
        }
        if menu::entry(ui, Icon::Lock, "Lock", "Ctrl+L") {
            out.push(Action::Lock);
        }
    });
}

enum Words<'a> {
    Plain(&'a str),
    Secret(&'a SecretString),
}

fn nav(ui: &mut Ui, on: bool, picture: Icon, words: Words<'_>, count: usize, folded: bool) -> Response {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::NAV_ROW), Sense::click());
    let state = match (on, response.hovered()) {
        (true, _) => RowState::Selected,
        (false, true) => RowState::Hovered,
        (false, false) => RowState::Idle,
    };
    frame::row(ui, rect, state);
    if response.has_focus() {
        frame::focus_ring(ui, rect);
    }
    describe(ui, &response, egui::accesskit::Role::Tab, |node| {
        match &words {
            Words::Plain(words) => node.set_label(*words),
            // EXPOSE: a tag is on the screen; only while somebody listens.
            Words::Secret(words) => node.set_label(words.expose()),
        }
        node.set_description(show::count(count as u64, "item"));
        node.set_selected(on);
    });
    let (strong, weak) = if on { (p.selected_text, p.selected_text) } else { (p.text, p.weak) };
    let left = if folded { rect.center().x - 8.0 } else { rect.min.x + space::M };
    let place = Rect::from_min_size(pos2(left, rect.min.y), vec2(size::ICON, rect.height()));
    icon::paint(ui.painter(), place, picture, size::ICON, weak);
    if folded {
        return match words {
            Words::Plain(words) => response.on_hover_text(words),
            Words::Secret(_) => response,
        };
    }
    let number = if count == 0 { String::new() } else { show::grouped(count as u64) };
    let right = pos2(rect.max.x - space::M, rect.center().y);
    let shown = ui.painter().text(right, Align2::RIGHT_CENTER, number, fonts::text(type_size::SMALL), weak);
    let room =
        Rect::from_min_max(pos2(place.max.x + space::S + 2.0, rect.min.y), pos2(shown.min.x - space::S, rect.max.y));
    let font = if on { fonts::strong(type_size::BODY) } else { fonts::body() };
    match words {
        Words::Plain(words) => text::line(ui.painter(), room, words, font, strong),
        Words::Secret(words) => {
            secret_text::line(ui.painter(), room, words, font, strong);
        }
    }
    response
}
