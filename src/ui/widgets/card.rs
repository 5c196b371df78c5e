//! Cards, and the column that a page stands in.

use egui::{CornerRadius, Frame, Margin, ScrollArea, Stroke, Ui, UiBuilder, vec2};

use crate::ui::theme::{self, tokens::radius, tokens::space};

/// A card across the available width.
pub fn show<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let p = theme::palette(ui);
    Frame::NONE
        .fill(p.card)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(CornerRadius::same(radius::LARGE))
        .inner_margin(Margin::same(space::L as i8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            content(ui)
        })
        .inner
}

/// A column in the middle of the available width, at most `width` wide, which scrolls when it is too long.
pub fn column<R>(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui) -> R) -> R {
    ScrollArea::vertical()
        .auto_shrink(false)
        .show(ui, |ui| {
            let width = width.min(ui.available_width() - 2.0 * space::L);
            let left = ((ui.available_width() - width) / 2.0).max(0.0);
            let mut rect = ui.available_rect_before_wrap();
            rect.min.x += left;
            rect.set_width(width);
            let inner = ui.scope_builder(UiBuilder::new().max_rect(rect), content);
            ui.allocate_space(vec2(0.0, space::XL));
            inner.inner
        })
        .inner
}

/// The same where nothing scrolls: what stands in it is as high as it is.
pub fn centred<R>(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui) -> R) -> R {
    let width = width.min(ui.available_width() - 2.0 * space::L);
    let left = ((ui.available_width() - width) / 2.0).max(0.0);
    ui.horizontal_top(|ui| {
        let usual = std::mem::replace(&mut ui.spacing_mut().item_spacing.x, 0.0);
        ui.add_space(left);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.x = usual;
            ui.set_width(width);
            content(ui)
        })
        .inner
    })
    .inner
}

/// What scrolls inside a pane. The bar stands in the pane's margin of `gutter` points beside it, never on the content.
pub fn scroll<R>(ui: &mut Ui, area: ScrollArea, gutter: f32, content: impl FnOnce(&mut Ui) -> R) -> R {
    let room = ui.available_rect_before_wrap();
    let mut wider = room;
    wider.max.x += gutter;
    let mut outer = ui.new_child(UiBuilder::new().max_rect(wider));
    outer.set_clip_rect(outer.clip_rect().union(wider).intersect(ui.ctx().content_rect()));
    let inner = area.show(&mut outer, |ui| {
        ui.set_max_width(room.width());
        content(ui)
    });
    let mut used = outer.min_rect();
    used.max.x = used.max.x.min(room.max.x);
    ui.advance_cursor_after_rect(used);
    inner.inner
}

/// How high a list that scrolls is at most, in points: as many rows of `step` points as there is room for beside `rest` points of the
/// window, and half of one, which says that there are more; between `fewest` and `most` rows.
pub fn rows_in_sight(ui: &Ui, step: f32, rest: f32, (fewest, most): (f32, f32)) -> f32 {
    let room = (ui.ctx().content_rect().height() - rest) / step;
    ((room - 0.5).floor() + 0.5).clamp(fewest, most) * step
}

/// A thin line across the available width.
pub fn rule(ui: &mut Ui) {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), egui::Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, p.line));
}
