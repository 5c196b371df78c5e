//! A field of one line, which scrolls sideways under its caret.

use egui::{Id, Pos2, Rect, Ui, pos2, vec2};
use lucide_icons::Icon;

use super::{FieldResponse, PADDING, SecretField, TOGGLE, input, layout};
use crate::ui::theme::{self, fonts, tokens::size, tokens::space};
use crate::ui::widgets::{button, icon, speech, visible};

pub(super) fn show(mut field: SecretField<'_>, ui: &mut Ui, id: Id) -> FieldResponse {
    let height = if field.large { size::CONTROL + space::S } else { size::CONTROL };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), egui::Sense::hover());
    let mut text_rect = rect.shrink2(vec2(if field.bare { 0.0 } else { PADDING }, 0.0));
    if field.icon.is_some() {
        text_rect.min.x += size::ICON + space::S;
    }
    let toggles = field.hidden && !field.read_only;
    if toggles {
        text_rect.max.x -= TOGGLE;
    }
    let mut interactive = rect;
    interactive.max.x = if toggles { text_rect.max.x } else { rect.max.x };
    let response = ui.interact(interactive, id, super::sense());

    let visible = !field.hidden || field.edit.revealed;
    let rules = input::Rules { multiline: false, read_only: field.read_only, visible };
    let outcome = field.interact(ui, &response, rules);
    field.paint_frame(ui, rect, &response);
    if let Some(picture) = field.icon {
        let place =
            Rect::from_min_size(pos2(text_rect.min.x - size::ICON - space::S, rect.min.y), vec2(size::ICON, height));
        icon::paint(ui.painter(), place, picture, size::ICON, theme::palette(ui).faint);
    }
    if toggles {
        toggle(&mut field, ui, Rect::from_min_max(pos2(text_rect.max.x, rect.min.y), rect.max));
    }
    text(&mut field, ui, text_rect, &response);
    FieldResponse { response, changed: outcome.changed, submitted: outcome.submitted }
}

fn text(field: &mut SecretField<'_>, ui: &mut Ui, rect: Rect, response: &egui::Response) {
    let look = field.look(ui);
    let p = theme::palette(ui);
    let painter = ui.painter_at(rect.expand2(vec2(1.0, 0.0)));
    let edit = &mut *field.edit;
    // EXPOSE: laid out for this frame; egui forgets the glyphs once they are not painted any more.
    let text = edit.text().expose();
    if text.is_empty() && edit.composing.is_empty() && !field.placeholder.is_empty() {
        let galley = painter.layout_no_wrap(field.placeholder.to_owned(), fonts::body(), p.faint);
        painter.galley(pos2(rect.min.x, rect.center().y - galley.size().y / 2.0), galley, p.faint);
    }

    // Of a long line only what is around the caret, or each frame would lay out all of it.
    let part = visible::around(text, edit.caret());
    let (text, begin) = (&text[part.clone()], part.start);
    let inside = |at: usize| at.clamp(part.start, part.end) - begin;
    let caret = inside(edit.caret());
    let galley = layout::row(ui, &look, text);
    // EXPOSE: as above.
    let composing = layout::row(ui, &look, edit.composing.expose());
    let more = |there: bool| if there { layout::more(ui, &look) } else { 0.0 };
    let (lead, trail) = (more(part.start > 0), more(part.end < edit.text().len()));
    let caret_x = layout::x_of(&galley, text, caret, look.masked);
    let caret_end = caret_x + composing.size().x;
    let widest = (lead + galley.size().x + composing.size().x + trail + 2.0 - rect.width()).max(0.0);
    let mut scroll = edit.scroll;
    if response.has_focus() {
        scroll = scroll.min(lead + caret_x).max(lead + caret_end + 2.0 - rect.width());
    }
    let scroll = scroll.clamp(0.0, widest);
    let origin = pos2(rect.min.x - scroll + lead, rect.center().y - galley.size().y / 2.0);
    let (top, bottom) = (rect.center().y - 10.0, rect.center().y + 10.0);

    let range = edit.selection();
    if response.has_focus() && !range.is_empty() {
        let x = |at| origin.x + layout::x_of(&galley, text, inside(at), look.masked);
        let marked = Rect::from_min_max(pos2(x(range.start), top), pos2(x(range.end), bottom));
        painter.rect_filled(marked, 2.0, super::selection_colour(ui));
    }
    if edit.composing.is_empty() {
        painter.galley(origin, galley.clone(), look.colour);
    } else {
        // What is being composed stands between the two halves of the text.
        let before = layout::row(ui, &look, &text[..caret]);
        let after = layout::row(ui, &look, &text[caret..]);
        let y = origin.y;
        painter.galley(origin, before, look.colour);
        painter.galley(pos2(origin.x + caret_x, y), composing.clone(), p.accent_text);
        painter.hline(origin.x + caret_x..=origin.x + caret_end, bottom - 2.0, egui::Stroke::new(1.0, p.accent_text));
        painter.galley(pos2(origin.x + caret_end, y), after, look.colour);
    }
    let ends = response.has_focus().then(|| {
        let column = |at| layout::column_of(text, inside(at), look.masked);
        (column(edit.anchor()), column(edit.caret()))
    });
    speech::say(ui, response.id, &galley, origin, ends);
    let end = origin.x + galley.size().x + composing.size().x;
    for (there, x) in [(lead > 0.0, origin.x - lead), (trail > 0.0, end)] {
        if there {
            painter.text(pos2(x, rect.center().y), egui::Align2::LEFT_CENTER, layout::MORE, look.font.clone(), p.faint);
        }
    }
    if response.has_focus() && !field.read_only {
        let caret = super::paint_caret(ui, &painter, pos2(origin.x + caret_end, top), bottom - top);
        super::place_input_method(ui, rect, caret, field.hidden);
    }
    let masked = look.masked;
    let at = |position: Pos2| begin + layout::at_x(&galley, text, position.x - origin.x, masked);
    let target = response.interact_pointer_pos().map(at).unwrap_or_default();
    edit.scroll = scroll;
    super::point(ui, edit, response, |_| target);
}

fn toggle(field: &mut SecretField<'_>, ui: &mut Ui, rect: Rect) {
    let shown = field.edit.revealed;
    let (picture, does) = if shown { (Icon::EyeOff, "Hide") } else { (Icon::Eye, "Show") };
    let place = Rect::from_center_size(rect.center(), vec2(TOGGLE, TOGGLE));
    let name = format!("{does} {}", field.label.to_lowercase());
    if button::icon_at(ui, place, picture, &name).clicked() {
        field.edit.revealed = !shown;
    }
}
