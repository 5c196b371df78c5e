//! How the window looks: tokens, fonts, and egui's own parts dressed in them.
//!
//! Owns: [`tokens`], [`fonts`], and egui's styles. Touches no state of the program.
//! Invariant: a view takes every colour, size and distance from [`tokens`]; there is no other place with a literal one.

pub mod fonts;
mod style;
pub mod tokens;

pub use tokens::Palette;
use tokens::{DARK, LIGHT};

use crate::worker::Theme as Chosen;

/// Dresses `ctx` in the theme; call it once, before the first frame.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts::definitions());
    ctx.set_style_of(egui::Theme::Light, style::of(&LIGHT, false));
    ctx.set_style_of(egui::Theme::Dark, style::of(&DARK, true));
    ctx.options_mut(|options| {
        options.zoom_with_keyboard = false;
        options.fallback_theme = egui::Theme::Light;
    });
}

/// Takes the person's choice of colours and scale.
pub fn choose(ctx: &egui::Context, theme: Chosen, scale_percent: u16) {
    ctx.set_theme(match theme {
        Chosen::System => egui::ThemePreference::System,
        Chosen::Light => egui::ThemePreference::Light,
        Chosen::Dark => egui::ThemePreference::Dark,
    });
    ctx.set_zoom_factor(f32::from(scale_percent.clamp(50, 300)) / 100.0);
}

/// The colours of the theme that `ui` is drawn in.
pub fn palette(ui: &egui::Ui) -> &'static Palette {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}
