//! Which icon stands for what: one place, so that one meaning has one picture.

use crate::vault::{ItemSummary, Kind};
use lucide_icons::Icon;

/// The picture of a kind of item.
pub fn of_kind(kind: &Kind) -> Icon {
    match kind {
        Kind::Login => Icon::KeyRound,
        Kind::Note => Icon::StickyNote,
        Kind::Document => Icon::FileText,
        Kind::Other(_) => Icon::Box,
    }
}

/// The picture of a document of this media type.
pub fn of_media(media_type: &str) -> Icon {
    match media_type.split('/').next() {
        Some("image") => Icon::Image,
        Some("audio") => Icon::Music,
        Some("video") => Icon::Video,
        _ => Icon::FileText,
    }
}

/// The picture of an item.
pub fn of_item(item: &ItemSummary) -> Icon {
    match item.kind {
        Kind::Document => of_media(&item.media_type),
        _ => of_kind(&item.kind),
    }
}

/// What a kind of item is called.
pub fn name_of(kind: &Kind) -> &str {
    match kind {
        Kind::Login => "Login",
        Kind::Note => "Note",
        Kind::Document => "Document",
        Kind::Other(name) => name,
    }
}
