//! A field of many lines: rows are found by number and laid out only while they are on the screen.

use std::ops::Range;
use std::sync::Arc;

use egui::{Galley, Id, Rect, ScrollArea, Ui, pos2, vec2};

use super::input::{Outcome, Rows, Rules};
use super::layout::{self, Look};
use super::{FieldResponse, PADDING, SecretEdit, SecretField};
use crate::ui::theme::{self, tokens::space};
use crate::ui::widgets::{speech, visible};

pub(super) fn show(mut field: SecretField<'_>, ui: &mut Ui, id: Id, rows: (usize, usize)) -> FieldResponse {
    let look = field.look(ui);
    let row_height = ui.fonts_mut(|fonts| fonts.row_height(&look.font)).ceil() + 3.0;
    let inset = if field.bare { 0.0 } else { PADDING };
    let width = ui.available_width();
    let wrap = width - 2.0 * inset - space::M;
    index(&mut field, ui, &look, wrap);

    let shown = field.edit.lines.count().clamp(rows.0, rows.1.max(rows.0));
    let height = shown as f32 * row_height + if field.bare { 0.0 } else { 2.0 * space::S };
    let (rect, _) =
        ui.allocate_exact_size(vec2(width, height.min(ui.available_height().max(row_height))), egui::Sense::hover());
    let mut response = ui.interact(rect, id, super::sense());
    let visible = !field.hidden || field.edit.revealed;
    let rules = Rules { multiline: true, read_only: field.read_only, visible };
    let outcome = field.interact(ui, &response, rules);
    index(&mut field, ui, &look, wrap);
    move_by_rows(field.edit, ui, &look, &outcome, (rect.height() / row_height) as usize);
    field.paint_frame(ui, rect, &response);

    let inner = rect.shrink2(vec2(inset, if field.bare { 0.0 } else { space::S }));
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inner).id_salt(id));
    ScrollArea::vertical().id_salt(id).auto_shrink(false).show_viewport(&mut child, |ui, viewport| {
        let total = field.edit.lines.count() as f32 * row_height;
        let (content, _) = ui.allocate_exact_size(vec2(wrap, total), egui::Sense::hover());
        // Over the scroll area's own sense, or a drag would scroll instead of selecting.
        response = ui.interact(inner.intersect(rect), id.with("text"), egui::Sense::CLICK | egui::Sense::DRAG);
        let focused = ui.memory(|memory| memory.has_focus(id));
        body(&mut field, ui, &look, Body { id, content, viewport, row_height, focused });
        let target =
            response.interact_pointer_pos().map(|at| byte_at(field.edit, ui, &look, at - content.min, row_height));
        let before = field.edit.caret();
        super::point(ui, field.edit, &response, |_| target.unwrap_or(before));
        if response.is_pointer_button_down_on() || response.clicked() {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
    });
    FieldResponse { response, changed: outcome.changed, submitted: false }
}

/// Does the next piece of the row index; another frame follows where there is more.
fn index(field: &mut SecretField<'_>, ui: &Ui, look: &Look, width: f32) {
    if field.edit.lines.is_current(field.edit.text().len(), width) {
        return;
    }
    let mut ascii = [0.0_f32; 128];
    // A font takes its time to look a character up, and a text has few different ones.
    let mut others = vec![('\0', 0.0_f32); 1024];
    let mut lines = std::mem::take(&mut field.edit.lines);
    let complete = ui.fonts_mut(|fonts| {
        for (character, advance) in (0_u8..128).zip(&mut ascii) {
            *advance = fonts.glyph_width(&look.font, visible::glyph(char::from(character)));
        }
        ascii[usize::from(b'\t')] = 4.0 * ascii[usize::from(b' ')];
        // Before a line break it is not drawn.
        ascii[usize::from(b'\r')] = 0.0;
        // EXPOSE: measured, character by character.
        lines.build(field.edit.text().expose(), width, |character| match ascii.get(character as usize) {
            Some(advance) => *advance,
            None => match &mut others[character as usize % 1024] {
                (known, advance) if *known == character => *advance,
                slot => {
                    *slot = (character, fonts.glyph_width(&look.font, visible::glyph(character)));
                    slot.1
                }
            },
        })
    });
    field.edit.lines = lines;
    if !complete {
        ui.ctx().request_repaint();
    }
}

/// A row without the line break at its end.
fn without_break(row: &str) -> &str {
    row.strip_suffix("\r\n").or_else(|| row.strip_suffix('\n')).unwrap_or(row)
}

struct Body {
    id: Id,
    content: Rect,
    viewport: Rect,
    row_height: f32,
    focused: bool,
}

fn body(field: &mut SecretField<'_>, ui: &mut Ui, look: &Look, part: Body) {
    let Body { id, content, viewport, row_height, focused } = part;
    let p = theme::palette(ui);
    let painter = ui.painter().clone();
    let edit = &mut *field.edit;
    // EXPOSE: the rows on the screen are laid out for this frame.
    let text = edit.text().expose();
    let first = (viewport.min.y / row_height).max(0.0) as usize;
    let last = ((viewport.max.y / row_height).ceil() as usize).min(edit.lines.count());
    let (range, caret) = (edit.selection(), edit.caret());
    let caret_row = edit.lines.row_of(caret);
    if text.is_empty() && edit.composing.is_empty() && !field.placeholder.is_empty() {
        painter.text(content.min, egui::Align2::LEFT_TOP, field.placeholder, look.font.clone(), p.faint);
    }
    let mut spoken = speech::is_heard(ui, id).then(|| Spoken::new(row_height));
    for index in first..last {
        let bytes = edit.lines.row(index);
        let Some(row) = text.get(bytes.clone()) else { continue };
        let visible = without_break(row);
        let galley = layout::row(ui, look, visible);
        let top = pos2(content.min.x, content.min.y + index as f32 * row_height);
        if let Some(spoken) = &mut spoken {
            spoken.row(&galley, bytes.clone(), row, visible, look.masked, (edit.anchor(), caret));
        }
        if focused && range.start < bytes.end && range.end > bytes.start {
            let x = |at: usize| {
                layout::x_of(&galley, visible, at.saturating_sub(bytes.start).min(visible.len()), look.masked)
            };
            // A selected line break shows as a little more.
            let over = if range.end >= bytes.end && visible.len() < row.len() { 6.0 } else { 0.0 };
            let marked = Rect::from_min_max(
                top + vec2(x(range.start.max(bytes.start)), 0.0),
                top + vec2(x(range.end) + over, row_height),
            );
            painter.rect_filled(marked, 0.0, super::selection_colour(ui));
        }
        if focused && index == caret_row {
            let x = layout::x_of(&galley, visible, (caret - bytes.start).min(visible.len()), look.masked);
            // EXPOSE: as above.
            let composing = layout::row(ui, look, edit.composing.expose());
            let end = x + composing.size().x;
            painter.galley(top + vec2(x, 1.0), composing, p.accent_text);
            if !field.read_only {
                let rect = super::paint_caret(ui, &painter, top + vec2(end, 1.0), row_height - 2.0);
                super::place_input_method(ui, content, rect, field.hidden);
            }
        }
        painter.galley(top + vec2(0.0, 1.5), galley, look.colour);
    }
    if let Some(spoken) = spoken {
        let at = pos2(content.min.x, content.min.y + first as f32 * row_height + 1.5);
        spoken.rows.say(ui, id, at, focused.then_some((spoken.anchor, spoken.caret)));
    }
    if std::mem::take(&mut edit.follow_caret) && focused {
        let top = content.min.y + caret_row as f32 * row_height;
        ui.scroll_to_rect(Rect::from_min_size(pos2(content.min.x, top), vec2(1.0, row_height)), None);
    }
}

/// What a screen reader gets: the rows on the screen, and where the selection ends among them.
struct Spoken {
    rows: speech::Rows,
    characters: usize,
    anchor: usize,
    caret: usize,
}

impl Spoken {
    fn new(row_height: f32) -> Self {
        Self { rows: speech::Rows::new(row_height), characters: 0, anchor: 0, caret: 0 }
    }

    /// One more row: its bytes, its text with and without its line break. What is selected beyond the screen ends at its edge.
    fn row(
        &mut self,
        drawn: &Arc<Galley>,
        bytes: Range<usize>,
        row: &str,
        visible: &str,
        masked: bool,
        (anchor, caret): (usize, usize),
    ) {
        let breaks = visible.len() < row.len();
        self.rows.push(drawn, breaks);
        let column = |at: usize| layout::column_of(visible, (at - bytes.start).min(visible.len()), masked);
        for (end, at) in [(&mut self.anchor, anchor), (&mut self.caret, caret)] {
            if at >= bytes.start {
                *end = self.characters + column(at);
            }
        }
        self.characters += column(bytes.end) + usize::from(breaks);
    }
}

fn byte_at(edit: &SecretEdit, ui: &Ui, look: &Look, at: egui::Vec2, row_height: f32) -> usize {
    let row = ((at.y / row_height).max(0.0) as usize).min(edit.lines.count() - 1);
    byte_in_row(edit, ui, look, row, at.x)
}

fn byte_in_row(edit: &SecretEdit, ui: &Ui, look: &Look, row: usize, x: f32) -> usize {
    let bytes = edit.lines.row(row);
    // EXPOSE: one row, laid out to find a place in it.
    let row = edit.text().expose().get(bytes.clone()).unwrap_or_default();
    let visible = without_break(row);
    bytes.start + layout::at_x(&layout::row(ui, look, visible), visible, x, look.masked)
}

fn move_by_rows(edit: &mut SecretEdit, ui: &Ui, look: &Look, outcome: &Outcome, page: usize) {
    for &(rows, extend) in &outcome.rows {
        let current = edit.lines.row_of(edit.caret());
        let x = edit.column.unwrap_or_else(|| caret_x(edit, ui, look, current));
        let page = page.saturating_sub(1).max(1);
        let target = match rows {
            Rows::Up => current.checked_sub(1),
            Rows::Down => Some(current + 1),
            Rows::PageUp => Some(current.saturating_sub(page)),
            Rows::PageDown => Some((current + page).min(edit.lines.count() - 1)),
        };
        let place = match target {
            None => 0,
            Some(row) if row >= edit.lines.count() => edit.text().len(),
            Some(row) => byte_in_row(edit, ui, look, row, x),
        };
        edit.place(place, extend);
        edit.column = Some(x);
    }
}

fn caret_x(edit: &SecretEdit, ui: &Ui, look: &Look, row: usize) -> f32 {
    let bytes = edit.lines.row(row);
    // EXPOSE: one row, laid out to find the caret in it.
    let text = edit.text().expose().get(bytes.clone()).unwrap_or_default();
    let visible = without_break(text);
    let galley = layout::row(ui, look, visible);
    layout::x_of(&galley, visible, (edit.caret() - bytes.start).min(visible.len()), look.masked)
}
