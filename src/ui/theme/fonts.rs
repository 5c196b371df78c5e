//! The fonts: Inter for the window, Hack for passwords and code, Noto Emoji for emoji (egui brings none), Lucide for icons.
//!
//! Owns: which font files there are and which family each serves. Scripts that Inter lacks come from the system's fonts.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontId, FontTweak};

use super::tokens::type_size;

const INTER: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");
const INTER_STRONG: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");

const EMOJI: &[u8] = include_bytes!("../../../assets/fonts/NotoEmoji-Regular.ttf");

const STRONG: &str = "strong";
const ICONS: &str = "icons";

/// The fonts to install.
pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let mut add = |name: &str, bytes: &'static [u8], tweak: FontTweak| {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes).tweak(tweak)));
    };
    add("Inter", INTER, FontTweak::default());
    add("Inter Strong", INTER_STRONG, FontTweak::default());
    add("Noto Emoji", EMOJI, FontTweak::default());
    add("Lucide", lucide_icons::LUCIDE_FONT_BYTES, FontTweak::default());
    let usual = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let last = || std::iter::once("Noto Emoji".to_owned());
    let led_by =
        |name: &str| std::iter::once(name.to_owned()).chain(usual.iter().cloned()).chain(last()).collect::<Vec<_>>();
    fonts.families.insert(FontFamily::Proportional, led_by("Inter"));
    fonts.families.insert(FontFamily::Name(STRONG.into()), led_by("Inter Strong"));
    fonts.families.entry(FontFamily::Monospace).or_default().extend(last());
    fonts.families.insert(FontFamily::Name(ICONS.into()), vec!["Lucide".to_owned()]);
    fonts
}

/// Text of this size.
pub fn text(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Text of this size that stands out.
pub fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG.into()))
}

/// Text of this size in columns: passwords, code, keys.
pub fn mono(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// Icons of this size.
pub fn icons(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICONS.into()))
}

/// Text as most of the window has it.
pub fn body() -> FontId {
    text(type_size::BODY)
}
