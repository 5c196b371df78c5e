//! The design tokens: every colour, size and distance of the window.
//!
//! Owns: the two palettes, the type scale, the 4-point spacing, radii and sizes. Touches nothing else.
//! Invariant: text stands on its background with a contrast of at least 4.5 to 1, and what outlines a control or shows the
//! focus with at least 3 to 1 (WCAG 2.2 AA); the tests below compute it.

use egui::Color32;

/// The colours of one theme. Names say the role, not the hue.
#[derive(Debug)]
pub struct Palette {
    /// Behind the item and every page.
    pub page: Color32,
    /// Behind the list.
    pub list: Color32,
    /// Behind the sidebar and the status bar.
    pub sidebar: Color32,
    /// A card on the page.
    pub card: Color32,
    /// What floats: menus, dialogs, toasts.
    pub raised: Color32,
    /// Inside a field.
    pub field: Color32,
    /// A hovered row or quiet button.
    pub hover: Color32,
    /// A pressed row or quiet button.
    pub pressed: Color32,
    /// A selected row.
    pub selected: Color32,
    /// Text on a selected row that stands out.
    pub selected_text: Color32,
    /// Lines between things.
    pub line: Color32,
    /// The outline of a field or of a quiet button.
    pub outline: Color32,
    /// Text.
    pub text: Color32,
    /// Text of second rank.
    pub weak: Color32,
    /// Placeholders and captions.
    pub faint: Color32,
    /// The accent, as a surface.
    pub accent: Color32,
    /// The accent surface, hovered.
    pub accent_hover: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// The accent as text, an icon or a focus ring.
    pub accent_text: Color32,
    /// A tint of the accent behind text.
    pub accent_soft: Color32,
    /// Something went wrong, or will be gone: as text.
    pub danger: Color32,
    /// The same, as a surface for `on_danger`.
    pub danger_fill: Color32,
    /// Text on `danger_fill`.
    pub on_danger: Color32,
    /// A tint of it behind text.
    pub danger_soft: Color32,
    /// Needs attention: as text.
    pub warning: Color32,
    /// A tint of it behind text.
    pub warning_soft: Color32,
    /// It worked: as text.
    pub success: Color32,
    /// Over the window while something modal is shown.
    pub scrim: Color32,
    /// Shadows of what floats.
    pub shadow: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// Dark on light.
pub const LIGHT: Palette = Palette {
    page: rgb(0xFF_FFFF),
    list: rgb(0xF9_FAFB),
    sidebar: rgb(0xF1_F4F5),
    card: rgb(0xFF_FFFF),
    raised: rgb(0xFF_FFFF),
    field: rgb(0xFF_FFFF),
    hover: rgb(0xE9_EEF0),
    pressed: rgb(0xDF_E6E8),
    selected: rgb(0xDA_F0EC),
    selected_text: rgb(0x0A_554E),
    line: rgb(0xE0_E6E9),
    outline: rgb(0x85_9299),
    text: rgb(0x16_2025),
    weak: rgb(0x4F_5D65),
    faint: rgb(0x5B_6A72),
    accent: rgb(0x0D_7269),
    accent_hover: rgb(0x0A_625A),
    on_accent: rgb(0xFF_FFFF),
    accent_text: rgb(0x0B_6A61),
    accent_soft: rgb(0xE3_F4F1),
    danger: rgb(0xB2_2A1E),
    danger_fill: rgb(0xB8_3227),
    on_danger: rgb(0xFF_FFFF),
    danger_soft: rgb(0xFC_EDEB),
    warning: rgb(0x85_5200),
    warning_soft: rgb(0xFD_F3DF),
    success: rgb(0x17_6B3F),
    scrim: Color32::from_black_alpha(110),
    shadow: Color32::from_black_alpha(38),
};

/// Light on dark.
pub const DARK: Palette = Palette {
    page: rgb(0x16_1A1D),
    list: rgb(0x12_1619),
    sidebar: rgb(0x0E_1114),
    card: rgb(0x1C_2125),
    raised: rgb(0x23_292E),
    field: rgb(0x12_1619),
    hover: rgb(0x20_272B),
    pressed: rgb(0x2A_3237),
    selected: rgb(0x13_3A36),
    selected_text: rgb(0xA6_EFE3),
    line: rgb(0x2A_3237),
    outline: rgb(0x6A_7880),
    text: rgb(0xE7_ECEE),
    weak: rgb(0xA9_B5BB),
    faint: rgb(0x93_A1A8),
    accent: rgb(0x35_B7A6),
    accent_hover: rgb(0x4C_C8B8),
    on_accent: rgb(0x05_201C),
    accent_text: rgb(0x58_D2C1),
    accent_soft: rgb(0x14_302D),
    danger: rgb(0xFF_9387),
    danger_fill: rgb(0xF0_8277),
    on_danger: rgb(0x2B_0602),
    danger_soft: rgb(0x3A_1D1A),
    warning: rgb(0xF3_BD59),
    warning_soft: rgb(0x36_2A13),
    success: rgb(0x63_D194),
    scrim: Color32::from_black_alpha(165),
    shadow: Color32::from_black_alpha(120),
};

/// The type scale, in points.
pub mod type_size {
    /// Captions and section heads.
    pub const CAPTION: f32 = 11.5;
    /// Second lines, hints, badges.
    pub const SMALL: f32 = 12.5;
    /// Everything else.
    pub const BODY: f32 = 14.0;
    /// Heads of cards and dialogs.
    pub const HEADING: f32 = 16.0;
    /// An item's title.
    pub const TITLE: f32 = 21.0;
    /// A page's title.
    pub const DISPLAY: f32 = 27.0;
}

/// Distances, in points: multiples of 4.
pub mod space {
    /// Between things that belong together.
    pub const XS: f32 = 4.0;
    /// Inside controls.
    pub const S: f32 = 8.0;
    /// Between rows of a card.
    pub const M: f32 = 12.0;
    /// Inside cards, around panes.
    pub const L: f32 = 16.0;
    /// Between cards.
    pub const XL: f32 = 24.0;
    /// Between sections.
    pub const XXL: f32 = 32.0;
    /// Above a page's head.
    pub const HUGE: f32 = 48.0;
}

/// Corner radii, in points.
pub mod radius {
    /// Badges and bullets.
    pub const SMALL: u8 = 4;
    /// Buttons, fields and rows.
    pub const MEDIUM: u8 = 7;
    /// Cards and dialogs.
    pub const LARGE: u8 = 12;
}

/// Sizes of parts, in points.
pub mod size {
    /// The sidebar.
    pub const SIDEBAR: f32 = 220.0;
    /// The sidebar when it shows icons only.
    pub const SIDEBAR_FOLDED: f32 = 56.0;
    /// Below this window width the sidebar folds.
    pub const FOLD_BELOW: f32 = 1000.0;
    /// Below this width an open item stands in the list's place.
    pub const ONE_PANE_BELOW: f32 = 720.0;
    /// The list of items.
    pub const LIST: f32 = 340.0;
    /// The list in a small window.
    pub const LIST_NARROW: f32 = 300.0;
    /// A row of the list.
    pub const ROW: f32 = 58.0;
    /// How high a row is that can be chosen in a form.
    pub const CHOICE_ROW: f32 = 52.0;
    /// A row of the sidebar.
    pub const NAV_ROW: f32 = 32.0;
    /// The status bar.
    pub const STATUS: f32 = 34.0;
    /// Buttons and fields.
    pub const CONTROL: f32 = 36.0;
    /// Buttons in rows.
    pub const CONTROL_SMALL: f32 = 28.0;
    /// An icon in a row or button.
    pub const ICON: f32 = 16.0;
    /// The tile behind a row's icon.
    pub const TILE: f32 = 36.0;
    /// A form on a page of its own.
    pub const FORM: f32 = 440.0;
    /// An item's fields, at most.
    pub const READING: f32 = 720.0;
    /// A dialog.
    pub const DIALOG: f32 = 420.0;
    /// What a scroll bar takes of a pane's margin.
    pub const GUTTER: f32 = 12.0;
    /// The ring around what has the focus.
    pub const FOCUS_RING: f32 = 2.0;
    /// The window when it first opens.
    pub const WINDOW: [f32; 2] = [1180.0, 760.0];
    /// The smallest window.
    pub const WINDOW_MIN: [f32; 2] = [860.0, 560.0];
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2's relative luminance.
    fn luminance(colour: Color32) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn the_contrast_formula_agrees_with_wcag() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
        assert!((contrast(rgb(0x77_7777), Color32::WHITE) - 4.48).abs() < 0.01);
    }

    #[test]
    fn text_is_readable_on_every_surface_it_stands_on() {
        for (name, p) in [("light", &LIGHT), ("dark", &DARK)] {
            let surfaces = [p.page, p.list, p.sidebar, p.card, p.raised, p.field, p.hover, p.selected];
            let mut pairs: Vec<(&str, Color32, Color32)> = Vec::new();
            for surface in surfaces {
                pairs.extend([("text", p.text, surface), ("weak", p.weak, surface), ("faint", p.faint, surface)]);
                pairs.push(("accent", p.accent_text, surface));
            }
            for surface in [p.page, p.list, p.card, p.raised, p.field, p.sidebar] {
                pairs.extend([("danger", p.danger, surface), ("warning", p.warning, surface)]);
                pairs.push(("success", p.success, surface));
            }
            pairs.extend([
                ("pressed", p.text, p.pressed),
                ("selected", p.selected_text, p.selected),
                ("on accent", p.on_accent, p.accent),
                ("on hovered accent", p.on_accent, p.accent_hover),
                ("on danger", p.on_danger, p.danger_fill),
                ("text on soft", p.text, p.accent_soft),
                ("accent on soft", p.accent_text, p.accent_soft),
                ("danger on soft", p.danger, p.danger_soft),
                ("text on danger soft", p.text, p.danger_soft),
                ("weak on danger soft", p.weak, p.danger_soft),
                ("warning on soft", p.warning, p.warning_soft),
                ("text on warning soft", p.text, p.warning_soft),
                ("weak on warning soft", p.weak, p.warning_soft),
            ]);
            for (what, text, surface) in pairs {
                let ratio = contrast(text, surface);
                assert!(ratio >= 4.5, "{name}: {what} {text:?} on {surface:?} has {ratio:.2}");
            }
        }
    }

    #[test]
    fn controls_and_the_focus_ring_can_be_seen() {
        for (name, p) in [("light", &LIGHT), ("dark", &DARK)] {
            for (what, line, surface) in [
                ("outline", p.outline, p.page),
                ("outline", p.outline, p.field),
                ("outline", p.outline, p.card),
                ("outline", p.outline, p.list),
                ("ring", p.accent_text, p.page),
                ("ring", p.accent_text, p.sidebar),
                ("ring", p.accent_text, p.selected),
                ("button", p.accent, p.page),
            ] {
                let ratio = contrast(line, surface);
                assert!(ratio >= 3.0, "{name}: {what} {line:?} on {surface:?} has {ratio:.2}");
            }
        }
    }

    #[test]
    fn distances_stand_on_the_grid() {
        use space::{HUGE, L, M, S, XL, XS, XXL};
        assert!([XS, S, M, L, XL, XXL, HUGE].iter().all(|distance| distance % 4.0 == 0.0));
    }
}
