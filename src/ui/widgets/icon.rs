//! Icons from the icon font.

use egui::{
    Align2, Color32, ColorImage, Context, Id, Mesh, Painter, Rect, TextureFilter, TextureHandle, TextureOptions, Ui,
    Vec2, pos2, vec2,
};
use lucide_icons::Icon;

use crate::ui::theme::{self, fonts, tokens::radius};

/// Paints an icon in the middle of `rect`.
pub fn paint(painter: &Painter, rect: Rect, icon: Icon, points: f32, colour: Color32) {
    painter.text(rect.center(), Align2::CENTER_CENTER, char::from(icon), fonts::icons(points), colour);
}

/// A star that is full, in the size and place of the icon font's, which has only its outline.
pub fn filled_star(painter: &Painter, rect: Rect, points: f32, colour: Color32) {
    let centre = rect.center();
    let mut mesh = Mesh::default();
    mesh.colored_vertex(centre, colour);
    for corner in 0..10_u16 {
        let radius = points * if corner % 2 == 0 { 0.42 } else { 0.19 };
        let angle = std::f32::consts::PI * (f32::from(corner) / 5.0 - 0.5);
        mesh.colored_vertex(centre + radius * Vec2::angled(angle), colour);
    }
    for corner in 0..10 {
        mesh.add_triangle(0, corner + 1, (corner + 1) % 10 + 1);
    }
    painter.add(mesh);
    // Its edge, which is smooth and round.
    paint(painter, rect, Icon::Star, points, colour);
}

/// An icon of its own size in the layout. It has no name: the text beside it says what it means.
pub fn show(ui: &mut Ui, icon: Icon, points: f32, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(points, points), egui::Sense::hover());
    paint(ui.painter(), rect, icon, points, colour);
}

/// The program's own mark, which has its own ground and stands on light and dark.
pub fn mark(ui: &Ui, rect: Rect) {
    let pixels = rect.height() * ui.ctx().pixels_per_point();
    let Some(texture) = mark_texture(ui.ctx(), pixels) else { return };
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), rect, whole, Color32::WHITE);
}

/// The drawing that is nearest above so many pixels, loaded once.
fn mark_texture(ctx: &Context, pixels: f32) -> Option<TextureHandle> {
    let (size, bytes) = MARKS.iter().find(|(size, _)| *size >= pixels).or(MARKS.last())?;
    let id = Id::unique(("the mark", *size as u32));
    if let Some(texture) = ctx.data(|data| data.get_temp::<TextureHandle>(id)) {
        return Some(texture);
    }
    let picture = image::load_from_memory(bytes).ok()?.into_rgba8();
    let size = [picture.width() as usize, picture.height() as usize];
    let picture = ColorImage::from_rgba_unmultiplied(size, picture.as_raw());
    let smooth = TextureOptions { mipmap_mode: Some(TextureFilter::Linear), ..TextureOptions::LINEAR };
    let texture = ctx.load_texture("mark", picture, smooth);
    ctx.data_mut(|data| data.insert_temp(id, texture.clone()));
    Some(texture)
}

/// The mark in its sizes, in pixels.
const MARKS: [(f32, &[u8]); 4] = [
    (32.0, include_bytes!("../../../assets/icon-32.png")),
    (64.0, include_bytes!("../../../assets/icon-64.png")),
    (128.0, include_bytes!("../../../assets/icon-128.png")),
    (256.0, include_bytes!("../../../assets/icon-256.png")),
];

/// An icon on a tile, as rows and headers have it.
pub fn tile(ui: &Ui, rect: Rect, icon: Icon, selected: bool) {
    let p = theme::palette(ui);
    let (fill, colour) = if selected { (p.card, p.selected_text) } else { (p.accent_soft, p.accent_text) };
    ui.painter().rect_filled(rect, f32::from(radius::MEDIUM + 1), fill);
    paint(ui.painter(), rect, icon, rect.height() * 0.5, colour);
}
