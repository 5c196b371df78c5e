//! egui's own parts (menus, scroll bars, tooltips, the few plain text fields) in the tokens' colours.

use std::collections::BTreeMap;

use egui::style::{ScrollStyle, Selection, Spacing, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, Margin, Shadow, Stroke, Style, TextStyle, Vec2, Visuals};

use super::fonts;
use super::tokens::{Palette, radius, size, space, type_size};

/// egui's style for one palette.
pub(super) fn of(p: &Palette, dark: bool) -> Style {
    let mut style = Style {
        text_styles: BTreeMap::from([
            (TextStyle::Small, fonts::text(type_size::SMALL)),
            (TextStyle::Body, fonts::body()),
            (TextStyle::Button, fonts::body()),
            (TextStyle::Monospace, fonts::mono(type_size::BODY - 1.0)),
            (TextStyle::Heading, fonts::strong(type_size::TITLE)),
        ]),
        spacing: spacing(),
        visuals: visuals(p, dark),
        // Nothing moves by itself: what changes, changes at once, and an idle window costs no frame.
        animation_time: 0.0,
        scroll_animation: egui::style::ScrollAnimation::none(),
        ..Style::default()
    };
    // Selecting text in egui offers it to the whole desktop (X11's PRIMARY): labels can't be selected.
    style.interaction.selectable_labels = false;
    style.interaction.multi_widget_text_select = false;
    style.interaction.tooltip_delay = 0.45;
    style.url_in_tooltip = false;
    style
}

fn spacing() -> Spacing {
    Spacing {
        item_spacing: Vec2::splat(space::S),
        button_padding: Vec2::new(space::M, 7.0),
        menu_margin: Margin::same(6),
        window_margin: Margin::same(20),
        interact_size: Vec2::new(size::CONTROL, size::CONTROL_SMALL),
        combo_width: 160.0,
        menu_width: 220.0,
        tooltip_width: 320.0,
        text_edit_width: size::FORM,
        scroll: ScrollStyle { bar_width: 9.0, floating_width: 5.0, ..ScrollStyle::floating() },
        ..Spacing::default()
    }
}

fn visuals(p: &Palette, dark: bool) -> Visuals {
    let rounded = CornerRadius::same(radius::MEDIUM);
    let state = |fill: Color32, text: Color32, line: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: rounded,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let shadow = Shadow { offset: [0, 6], blur: 24, spread: 0, color: p.shadow };
    let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
    visuals.widgets = Widgets {
        noninteractive: state(p.page, p.text, p.line),
        inactive: state(p.field, p.text, p.outline),
        hovered: state(p.hover, p.text, p.outline),
        active: state(p.pressed, p.text, p.accent_text),
        open: state(p.hover, p.text, p.outline),
    };
    visuals.selection = Selection { bg_fill: p.selected, stroke: Stroke::new(size::FOCUS_RING, p.accent_text) };
    visuals.weak_text_color = Some(p.weak);
    visuals.hyperlink_color = p.accent_text;
    visuals.faint_bg_color = p.list;
    visuals.extreme_bg_color = p.field;
    visuals.text_edit_bg_color = Some(p.field);
    visuals.code_bg_color = p.list;
    visuals.warn_fg_color = p.warning;
    visuals.error_fg_color = p.danger;
    visuals.window_corner_radius = CornerRadius::same(radius::LARGE);
    visuals.window_shadow = shadow;
    visuals.window_fill = p.raised;
    visuals.window_stroke = Stroke::new(1.0, p.line);
    visuals.menu_corner_radius = CornerRadius::same(radius::MEDIUM + 2);
    visuals.panel_fill = p.page;
    visuals.popup_shadow = shadow;
    visuals.text_cursor.stroke = Stroke::new(1.5, p.accent_text);
    // A blinking cursor would cost two frames a second.
    visuals.text_cursor.blink = false;
    visuals.button_frame = true;
    visuals.striped = false;
    visuals
}
