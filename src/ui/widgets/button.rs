//! Buttons: with text, or an icon alone.

use egui::{Color32, CursorIcon, Rect, Response, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};
use lucide_icons::Icon;

use super::{frame, icon};
use crate::ui::theme::{self, fonts, tokens::radius, tokens::size, tokens::space, tokens::type_size};

/// How much a button asks for attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The one thing to do here.
    Primary,
    /// Another thing to do.
    Plain,
    /// Something at the side, without a surface.
    Quiet,
    /// Something that can't be undone.
    Danger,
}

/// A button with text.
#[derive(Debug)]
pub struct Button<'a> {
    text: &'a str,
    icon: Option<Icon>,
    weight: Weight,
    small: bool,
    enabled: bool,
    wide: bool,
    tip: &'a str,
}

impl<'a> Button<'a> {
    /// A plain button.
    pub fn new(text: &'a str) -> Self {
        Self { text, icon: None, weight: Weight::Plain, small: false, enabled: true, wide: false, tip: "" }
    }

    /// The one thing to do here.
    pub fn primary(text: &'a str) -> Self {
        Self { weight: Weight::Primary, ..Self::new(text) }
    }

    /// Something at the side.
    pub fn quiet(text: &'a str) -> Self {
        Self { weight: Weight::Quiet, ..Self::new(text) }
    }

    /// Something that can't be undone.
    pub fn danger(text: &'a str) -> Self {
        Self { weight: Weight::Danger, ..Self::new(text) }
    }

    /// Puts an icon before the text.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Makes it fit a row.
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// Makes it as wide as the layout.
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// Says what it does, or how to do it without the mouse.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    /// Lets it be pressed, or not.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// How wide it is, where the layout does not widen it.
    pub fn width(&self, ui: &Ui) -> f32 {
        let points = if self.small { type_size::SMALL } else { type_size::BODY };
        let padding = if self.small { space::S + 2.0 } else { space::L };
        let font = fonts::strong(points);
        let text = ui.fonts_mut(|fonts| fonts.layout_no_wrap(self.text.to_owned(), font, Color32::PLACEHOLDER));
        let icon = if self.icon.is_some() { points + 2.0 + space::S - 1.0 } else { 0.0 };
        icon + text.size().x + 2.0 * padding
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let points = if self.small { type_size::SMALL } else { type_size::BODY };
        let height = if self.small { size::CONTROL_SMALL } else { size::CONTROL };
        let padding = if self.small { space::S + 2.0 } else { space::L };
        let font = fonts::strong(points);
        let galley = ui.fonts_mut(|fonts| fonts.layout_no_wrap(self.text.to_owned(), font, Color32::PLACEHOLDER));
        let icon_width = if self.icon.is_some() { points + 2.0 + space::S - 1.0 } else { 0.0 };
        let content = icon_width + galley.size().x;
        let width = if self.wide { ui.available_width() } else { content + 2.0 * padding };
        let sense = if self.enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), sense);
        response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, self.enabled, self.text));

        let colour = self.surface(ui, rect, &response);
        let left = rect.center().x - content / 2.0;
        if let Some(picture) = self.icon {
            let place = Rect::from_min_size(pos2(left, rect.min.y), vec2(points + 2.0, height));
            icon::paint(ui.painter(), place, picture, points + 2.0, colour);
        }
        let top = rect.center().y - galley.size().y / 2.0;
        ui.painter().galley_with_override_text_color(pos2(left + icon_width, top), galley, colour);
        finish(ui, response, self.tip)
    }

    /// Paints the surface; returns the colour of what stands on it.
    fn surface(&self, ui: &Ui, rect: Rect, response: &Response) -> Color32 {
        let p = theme::palette(ui);
        let (over, down) = (response.hovered(), response.is_pointer_button_down_on());
        let rounded = f32::from(radius::MEDIUM);
        let quiet_fill = if down { p.pressed } else { p.hover };
        if !self.enabled {
            if self.weight != Weight::Quiet {
                ui.painter().rect_filled(rect, rounded, p.hover);
            }
            return p.faint;
        }
        let colour = match self.weight {
            Weight::Primary => {
                ui.painter().rect_filled(rect, rounded, if over || down { p.accent_hover } else { p.accent });
                p.on_accent
            }
            Weight::Danger => {
                ui.painter().rect_filled(rect, rounded, p.danger_fill);
                p.on_danger
            }
            Weight::Plain => {
                let fill = if over || down { quiet_fill } else { p.field };
                frame::control(ui, rect, fill, p.outline.gamma_multiply(0.6), false);
                p.text
            }
            Weight::Quiet => {
                if over || down {
                    ui.painter().rect_filled(rect, rounded, quiet_fill);
                }
                p.accent_text
            }
        };
        if response.has_focus() {
            ring(ui, rect);
        }
        colour
    }
}

/// An icon that can be pressed; `name` says what it does, to a screen reader and as its tip.
pub fn icon_button(ui: &mut Ui, picture: Icon, name: &str) -> Response {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::CONTROL_SMALL), Sense::hover());
    icon_at(ui, rect, picture, name)
}

/// An icon that can be pressed and stays pressed: a star.
pub fn star(ui: &mut Ui, name: &str, on: bool) -> Response {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::CONTROL_SMALL), Sense::hover());
    let p = theme::palette(ui);
    let response = bare(ui, rect, name, on.then_some(()));
    if on {
        icon::filled_star(ui.painter(), rect, size::ICON, p.accent_text);
    } else {
        icon::paint(ui.painter(), rect, Icon::Star, size::ICON, p.weak);
    }
    finish(ui, response, name)
}

/// As [`icon_button`], at a place that the caller has.
pub fn icon_at(ui: &mut Ui, rect: Rect, picture: Icon, name: &str) -> Response {
    let response = bare(ui, rect, name, None);
    icon::paint(ui.painter(), rect, picture, size::ICON, theme::palette(ui).weak);
    finish(ui, response, name)
}

fn bare(ui: &Ui, rect: Rect, name: &str, on: Option<()>) -> Response {
    let p = theme::palette(ui);
    let response = ui.interact(rect, ui.scope_id().with(("icon button", name)), Sense::click());
    let role = egui::accesskit::Role::Button;
    response.widget_info(|| match on {
        Some(()) => WidgetInfo::selected(role, true, true, name),
        None => WidgetInfo::labeled(role, true, name),
    });
    if response.hovered() || response.is_pointer_button_down_on() {
        let fill = if response.is_pointer_button_down_on() { p.pressed } else { p.hover };
        ui.painter().rect_filled(rect, f32::from(radius::MEDIUM), fill);
    }
    if response.has_focus() {
        frame::focus_ring(ui, rect);
    }
    response
}

/// A large card that can be pressed: a picture, a title, and what it means.
pub fn tile(ui: &mut Ui, picture: Icon, title: &str, second: &str) -> Response {
    let p = theme::palette(ui);
    let width = ui.available_width();
    let wrap = width - 2.0 * space::L;
    let small = fonts::text(type_size::SMALL + 0.5);
    let words = ui.fonts_mut(|fonts| fonts.layout(second.to_owned(), small, p.weak, wrap));
    let (rect, response) = ui.allocate_exact_size(vec2(width, 168.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, true, title));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(second));
    let over = response.hovered() || response.has_focus();
    let (fill, line) = if over { (p.accent_soft, p.accent_text) } else { (p.card, p.outline.gamma_multiply(0.6)) };
    ui.painter().rect(rect, f32::from(radius::LARGE), fill, Stroke::new(1.0, line), egui::StrokeKind::Inside);
    if response.has_focus() {
        ring(ui, rect);
    }
    let square = Rect::from_min_size(rect.min + Vec2::splat(space::L), Vec2::splat(44.0));
    icon::tile(ui, square, picture, over);
    let left = rect.min.x + space::L;
    let heading = fonts::strong(type_size::HEADING);
    ui.painter().text(pos2(left, square.max.y + 22.0), egui::Align2::LEFT_CENTER, title, heading, p.text);
    ui.painter().galley(pos2(left, square.max.y + 38.0), words, p.weak);
    finish(ui, response, "")
}

/// The same across the layout, with what it means beside the picture.
pub fn wide_tile(ui: &mut Ui, picture: Icon, title: &str, second: &str) -> Response {
    let p = theme::palette(ui);
    let width = ui.available_width();
    let left = space::L + 44.0 + space::L;
    let small = fonts::text(type_size::SMALL + 0.5);
    let words = ui.fonts_mut(|fonts| fonts.layout(second.to_owned(), small, p.weak, width - left - space::L));
    let height = (words.size().y + 22.0).max(44.0) + 2.0 * space::L;
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, true, title));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(second));
    let over = response.hovered() || response.has_focus();
    let (fill, line) = if over { (p.accent_soft, p.accent_text) } else { (p.card, p.outline.gamma_multiply(0.6)) };
    ui.painter().rect(rect, f32::from(radius::LARGE), fill, Stroke::new(1.0, line), egui::StrokeKind::Inside);
    if response.has_focus() {
        ring(ui, rect);
    }
    let square = Rect::from_min_size(rect.min + Vec2::splat(space::L), Vec2::splat(44.0));
    icon::tile(ui, square, picture, over);
    let at = rect.min + vec2(left, space::L);
    let heading = fonts::strong(type_size::HEADING);
    ui.painter().text(at, egui::Align2::LEFT_TOP, title, heading, p.text);
    ui.painter().galley(at + vec2(0.0, 22.0), words, p.weak);
    finish(ui, response, "")
}

/// Text that can be pressed, in the accent colour.
pub fn link(ui: &mut Ui, text: &str) -> Response {
    let p = theme::palette(ui);
    let font = fonts::strong(type_size::SMALL);
    let galley = ui.fonts_mut(|fonts| fonts.layout_no_wrap(text.to_owned(), font, p.accent_text));
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(4.0, 4.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, true, text));
    let at = rect.min + vec2(2.0, 2.0);
    if response.hovered() {
        let line = Stroke::new(1.0, p.accent_text);
        ui.painter().hline(at.x..=at.x + galley.size().x, rect.max.y - 1.0, line);
    }
    if response.has_focus() {
        frame::focus_ring(ui, rect.expand(2.0));
    }
    ui.painter().galley(at, galley, p.accent_text);
    finish(ui, response, "")
}

fn ring(ui: &Ui, rect: Rect) {
    let p = theme::palette(ui);
    let rounded = egui::CornerRadius::same(radius::MEDIUM + 2);
    let ring = Stroke::new(size::FOCUS_RING, p.accent_text);
    ui.painter().rect_stroke(rect.expand(2.0), rounded, ring, egui::StrokeKind::Outside);
}

fn finish(ui: &Ui, response: Response, tip: &str) -> Response {
    if response.hovered() && response.sense.senses_click() {
        ui.set_cursor_icon(CursorIcon::PointingHand);
    }
    if tip.is_empty() { response } else { response.on_hover_text(tip) }
}
