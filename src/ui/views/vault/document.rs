//! An open document, from memory: text with its lines, a picture with its zoom. It is never written to the disk to be seen.

use egui::{Align, ColorImage, Layout, Rect, ScrollArea, Sense, TextureOptions, Ui, pos2, vec2};
use lucide_icons::Icon;

use crate::secret::{SecretBytes, SecretString};
use crate::ui::theme::{self, tokens::radius, tokens::space};
use crate::ui::widgets::{Button, SecretEdit, SecretField, button, card, text};
use crate::ui::wipe::Picture as Texture;
use crate::worker::{Picture, Preview};

/// An open document.
pub struct DocumentPane {
    /// The version that was asked for; `None` is the current one.
    pub revision: Option<u32>,
    content: Content,
}

enum Content {
    Text(SecretEdit),
    /// Decoded, and not on the graphics card yet.
    Arrived(Picture),
    Picture(Shown),
    /// It can't be shown here; why.
    Other(String),
}

struct Shown {
    texture: Texture,
    original: (u32, u32),
    zoom: Zoom,
}

#[derive(Clone, Copy, PartialEq)]
enum Zoom {
    Fit,
    Times(f32),
}

impl DocumentPane {
    /// A document's bytes, or the picture that they are.
    pub fn new(revision: Option<u32>, media_type: &str, bytes: SecretBytes, preview: Preview) -> Self {
        let content = match preview {
            Preview::Image(picture) => Content::Arrived(picture),
            Preview::TooLarge { width, height } => {
                Content::Other(format!("This picture has too many pixels to be shown here ({width} × {height})."))
            }
            Preview::Unreadable => {
                Content::Other("This says that it is a picture, and can't be read as one.".to_owned())
            }
            Preview::None if bytes.is_empty() => Content::Other("This document is empty.".to_owned()),
            Preview::None => match is_text(&bytes).then(|| SecretString::from_bytes(bytes)) {
                Some(Ok(text)) => {
                    let mut edit = SecretEdit::of(text);
                    edit.place(0, false);
                    Content::Text(edit)
                }
                _ => {
                    let kind = if media_type.is_empty() { "This kind of file" } else { media_type };
                    Content::Other(format!("{kind} can't be shown here yet."))
                }
            },
        };
        Self { revision, content }
    }

    /// The document as text, if it is.
    pub fn text(&self) -> Option<&SecretString> {
        match &self.content {
            Content::Text(edit) => Some(edit.text()),
            _ => None,
        }
    }

    /// Draws it; returns whether a copy should be saved.
    pub fn show(&mut self, ui: &mut Ui) -> bool {
        if let Content::Arrived(picture) = &self.content {
            let original = picture.original;
            let size = [picture.width as usize, picture.height as usize];
            // EXPOSE: on its way to the graphics card; this copy is wiped when egui frees it.
            let image = ColorImage::from_rgba_unmultiplied(size, picture.rgba.expose());
            let texture = Texture::new(ui.ctx().load_texture("document", image, TextureOptions::LINEAR));
            self.content = Content::Picture(Shown { texture, original, zoom: Zoom::Fit });
        }
        match &mut self.content {
            Content::Text(edit) => {
                // A page to be read, not a field to be filled in.
                card::show(ui, |ui| {
                    let rows = ((ui.available_height() - space::XL) / 21.0) as usize;
                    SecretField::new(edit, "Document").lines(rows, rows).read_only().mono().bare().show(ui);
                });
                false
            }
            Content::Picture(shown) => {
                shown.show(ui);
                false
            }
            Content::Arrived(_) => false,
            Content::Other(why) => other(ui, why),
        }
    }
}

fn other(ui: &mut Ui, why: &str) -> bool {
    super::blank(ui, Icon::FileQuestionMark, why, "Save a copy to open it with another program.");
    let mut pressed = false;
    ui.vertical_centered(|ui| {
        pressed = Button::new("Save a copy as…").icon(Icon::Download).show(ui).clicked();
    });
    pressed
}

/// UTF-8 without bytes that no text has.
fn is_text(bytes: &SecretBytes) -> bool {
    // EXPOSE: looked at, to tell text from other bytes.
    let bytes = bytes.expose();
    !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok()
}

impl Shown {
    fn show(&mut self, ui: &mut Ui) {
        let foot = 40.0;
        let room = vec2(ui.available_width(), (ui.available_height() - foot).max(40.0));
        let fit = (room / self.texture.size()).min_elem().min(1.0);
        let scale = match self.zoom {
            Zoom::Fit => fit,
            Zoom::Times(times) => times,
        };
        let (rect, response) = ui.allocate_exact_size(room, Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Image, true, "Picture"));
        let p = theme::palette(ui);
        ui.painter().rect_filled(rect, f32::from(radius::MEDIUM), p.list);
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt("picture"));
        ScrollArea::both().auto_shrink(false).show(&mut inner, |ui| {
            let size = self.texture.size() * scale;
            let (space, _) = ui.allocate_exact_size(size.max(ui.available_size()), Sense::drag());
            let place = Rect::from_center_size(space.center(), size);
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            ui.painter().image(self.texture.id(), place, whole, egui::Color32::WHITE);
        });
        if response.contains_pointer() {
            let factor = ui.input(|input| input.zoom_delta());
            if factor != 1.0 {
                self.zoom = Zoom::Times((scale * factor).clamp(0.05, 8.0));
            }
        }
        ui.add_space(space::S);
        self.controls(ui, scale);
    }

    fn controls(&mut self, ui: &mut Ui, scale: f32) {
        ui.horizontal(|ui| {
            text::small(ui, format!("{} × {} · {:.0} %", self.original.0, self.original.1, scale * 100.0));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if button::icon_button(ui, Icon::ZoomIn, "Larger").clicked() {
                    self.zoom = Zoom::Times((scale * 1.25).min(8.0));
                }
                if button::icon_button(ui, Icon::ZoomOut, "Smaller").clicked() {
                    self.zoom = Zoom::Times((scale / 1.25).max(0.05));
                }
                if Button::quiet("Actual size").small().show(ui).clicked() {
                    self.zoom = Zoom::Times(1.0);
                }
                if Button::quiet("Fit").small().show(ui).clicked() {
                    self.zoom = Zoom::Fit;
                }
            });
        });
    }
}

impl std::fmt::Debug for DocumentPane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DocumentPane(…)")
    }
}
