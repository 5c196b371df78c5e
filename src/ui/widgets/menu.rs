//! Menus that open below what was pressed.

use egui::{Align2, Id, Key, Popup, PopupCloseBehavior, Response, Sense, Ui, WidgetInfo, pos2, vec2};
use lucide_icons::Icon;

use super::frame::{self, RowState};
use super::icon;
use crate::ui::theme::{self, fonts, tokens::space, tokens::type_size};

/// A menu below `button`, which opens and closes it. Opened with the keyboard, its first entry has the focus; Escape gives it
/// back to the button.
pub fn below(button: &Response, content: impl FnOnce(&mut Ui)) {
    let ctx = &button.ctx;
    let id = Popup::default_response_id(button);
    let was_open = Popup::is_id_open(ctx, id);
    let by_keys = !was_open && button.has_focus();
    Popup::menu(button).close_behavior(PopupCloseBehavior::CloseOnClick).gap(4.0).show(|ui| {
        if by_keys {
            ui.data_mut(|data| data.insert_temp(first_entry(), true));
        }
        ui.set_width(220.0);
        ui.spacing_mut().item_spacing.y = 2.0;
        content(ui);
    });
    let closed = was_open && !Popup::is_id_open(ctx, id);
    if closed && ctx.input(|input| input.key_pressed(Key::Escape)) {
        button.request_focus();
    }
}

/// Gives the focus to the first thing of a menu that was opened with the keyboard.
pub fn focus_first(ui: &Ui, response: &Response) {
    if ui.data_mut(|data| data.remove_temp::<bool>(first_entry())).is_some() {
        response.request_focus();
    }
}

fn first_entry() -> Id {
    Id::unique("the first entry of a menu takes the focus")
}

/// One thing to choose, and its shortcut; returns whether it was chosen.
pub fn entry(ui: &mut Ui, picture: Icon, words: &str, shortcut: &str) -> bool {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::MenuItem, true, words));
    focus_first(ui, &response);
    if response.hovered() || response.has_focus() {
        frame::row(ui, rect, RowState::Hovered);
    }
    if response.has_focus() {
        frame::focus_ring(ui, rect);
    }
    let place = egui::Rect::from_min_size(pos2(rect.min.x + space::S, rect.min.y), vec2(16.0, rect.height()));
    icon::paint(ui.painter(), place, picture, 15.0, p.weak);
    let left = pos2(place.max.x + space::S + 2.0, rect.center().y);
    ui.painter().text(left, Align2::LEFT_CENTER, words, fonts::body(), p.text);
    let right = pos2(rect.max.x - space::S, rect.center().y);
    ui.painter().text(right, Align2::RIGHT_CENTER, shortcut, fonts::text(type_size::SMALL), p.faint);
    let chosen = response.clicked();
    if chosen {
        ui.close();
    }
    chosen
}

/// A line between groups.
pub fn rule(ui: &mut Ui) {
    ui.add_space(2.0);
    super::card::rule(ui);
    ui.add_space(2.0);
}
