//! An open login or note: its fields, to be read, shown and copied.
//!
//! Owns: the plaintext of one revision, until it is dropped. Invariant: a hidden value is painted, and told to a screen reader,
//! only between Show and Hide.

use egui::{Align, Layout, Rect, Sense, Ui, UiBuilder, vec2};
use lucide_icons::Icon;

use crate::secret::SecretString;
use crate::ui::action::Actions;
use crate::ui::theme::{fonts, tokens::size, tokens::space, tokens::type_size};
use crate::ui::widgets::{Button, SecretEdit, SecretField, button, card, describe, secret_text, text};
use crate::vault::{Field, FieldSpec, Fields, Kind, fields_of};

/// An open login or note.
#[derive(Debug)]
pub struct FieldsPane {
    /// The revision that was asked for; `None` is the current one.
    pub revision: Option<u32>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    label: String,
    /// What a toast calls it: never a name out of a vault.
    said: &'static str,
    hidden: bool,
    shown: bool,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Line(SecretString),
    Lines(SecretEdit),
}

impl Value {
    fn text(&self) -> &SecretString {
        match self {
            Self::Line(text) => text,
            Self::Lines(edit) => edit.text(),
        }
    }
}

impl FieldsPane {
    /// A revision's fields, in the order of the kind; fields that it does not know come last.
    pub fn new(kind: &Kind, revision: Option<u32>, fields: Fields) -> Self {
        let specs = fields_of(kind);
        let mut fields: Vec<Field> = fields.0;
        let mut rows = Vec::with_capacity(fields.len());
        for spec in specs {
            if let Some(index) = fields.iter().position(|field| field.name == spec.name) {
                rows.push(Row::new(fields.remove(index), Some(spec)));
            }
        }
        rows.extend(fields.into_iter().map(|field| Row::new(field, None)));
        Self { revision, rows }
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&SecretString> {
        self.rows.iter().find(|row| row.name == name).map(|row| row.value.text())
    }

    /// Every field once more, for the editor or for a save.
    pub fn fields(&self) -> Fields {
        let copy =
            |row: &Row| Field { name: row.name.clone(), value: row.value.text().duplicate(), hidden: row.hidden };
        Fields(self.rows.iter().map(copy).collect())
    }

    /// Draws them.
    pub fn show(&mut self, ui: &mut Ui, kind: &Kind, out: &mut Actions) {
        if *kind == Kind::Note {
            self.note(ui, out);
            return;
        }
        card::scroll(ui, egui::ScrollArea::vertical().auto_shrink(false), size::GUTTER, |ui| {
            let lines = |row: &&mut Row| !row.value.text().is_empty() && matches!(row.value, Value::Line(_));
            if self.rows.iter().all(|row| row.value.text().is_empty()) {
                text::weak(ui, "Nothing was filled in. Press Edit to begin.");
                return;
            }
            let mut first = true;
            if self.rows.iter_mut().any(|row| lines(&row)) {
                card::show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = space::XS;
                    for row in self.rows.iter_mut().filter(lines) {
                        if !std::mem::replace(&mut first, false) {
                            card::rule(ui);
                        }
                        row.show(ui, out);
                    }
                });
            }
            for row in
                self.rows.iter_mut().filter(|row| matches!(row.value, Value::Lines(_)) && !row.value.text().is_empty())
            {
                ui.add_space(space::M);
                card::show(ui, |ui| row.show_lines(ui, 1, 24, out));
            }
            ui.add_space(space::XL);
        });
    }

    fn note(&mut self, ui: &mut Ui, out: &mut Actions) {
        let Some(row) = self.rows.iter_mut().find(|row| matches!(row.value, Value::Lines(_))) else {
            text::weak(ui, "This note is empty.");
            return;
        };
        let rows = (ui.available_height() / 22.0) as usize;
        card::show(ui, |ui| row.show_lines(ui, 4, rows.saturating_sub(4).max(4), out));
    }
}

impl Row {
    fn new(field: Field, spec: Option<&FieldSpec>) -> Self {
        let many = spec.map_or_else(
            // EXPOSE: looked at for line breaks, to choose how it is drawn.
            || field.value.expose().contains('\n'),
            |spec| spec.multiline,
        );
        Self {
            label: spec.map_or_else(|| field.name.clone(), |spec| spec.label.to_owned()),
            said: spec.map_or("Value", |spec| spec.label),
            name: field.name,
            hidden: field.hidden || spec.is_some_and(|spec| spec.hidden),
            shown: false,
            value: if many { Value::Lines(SecretEdit::of(field.value)) } else { Value::Line(field.value) },
        }
    }

    fn show(&mut self, ui: &mut Ui, out: &mut Actions) {
        let Self { label, said, hidden, shown, value, .. } = self;
        let text_of = value.text();
        ui.push_id(label.as_str(), |ui| {
            let buttons = if *hidden { 2.0 } else { 1.0 } * (size::CONTROL_SMALL + space::XS);
            let whole = ui.available_rect_before_wrap();
            // In a narrow pane the value needs the room more than its name.
            let name_width = (whole.width() * 0.3).clamp(76.0, 156.0);
            let masked = *hidden && !*shown;
            // On one line with the name: bullets stand higher in theirs than letters do.
            let top = if masked { 8.0 } else { 6.0 };
            let room = Rect::from_min_size(
                whole.min + vec2(name_width, top),
                vec2(whole.width() - name_width - buttons - space::S, 24.0),
            );
            let mut middle = ui.new_child(UiBuilder::new().max_rect(room).layout(Layout::top_down(Align::Min)));
            let painted = if masked {
                secret_text::bullets(&mut middle)
            } else if *hidden {
                secret_text::password(&mut middle, text_of)
            } else {
                secret_text::value(&mut middle, text_of, fonts::text(type_size::BODY))
            };
            let height = (middle.min_rect().height() + 10.0).max(size::CONTROL_SMALL + space::S);
            let (row, response) = ui.allocate_exact_size(vec2(whole.width(), height), Sense::hover());
            let name = Rect::from_min_size(row.min + vec2(0.0, 5.0), vec2(name_width - space::S, 20.0));
            let named = ui.interact(name, response.id.with("name"), Sense::hover());
            describe(ui, &named, egui::accesskit::Role::Label, |node| node.set_value(label.as_str()));
            describe(ui, &response, egui::accesskit::Role::Label, |node| {
                node.set_description(label.as_str());
                node.set_value(if masked { "hidden" } else { secret_text::spoken_value(text_of) });
            });
            if !masked {
                painted.say(ui, response.id);
            }
            let p = crate::ui::theme::palette(ui);
            text::line(ui.painter(), name, label, fonts::strong(type_size::SMALL), p.weak);
            let corner = row.right_top() + vec2(-size::CONTROL_SMALL, 2.0);
            let square = Rect::from_min_size(corner, vec2(size::CONTROL_SMALL, size::CONTROL_SMALL));
            let lower = label.to_lowercase();
            if *hidden {
                let square = square.translate(vec2(-size::CONTROL_SMALL - space::XS, 0.0));
                let (picture, does) = if *shown { (Icon::EyeOff, "Hide") } else { (Icon::Eye, "Show") };
                if button::icon_at(ui, square, picture, &format!("{does} {lower}")).clicked() {
                    *shown = !*shown;
                }
            }
            if button::icon_at(ui, square, Icon::Copy, &format!("Copy {lower}")).clicked() {
                out.copy_named(text_of.duplicate(), said);
            }
        });
    }

    fn show_lines(&mut self, ui: &mut Ui, least: usize, most: usize, out: &mut Actions) {
        let label = self.label.clone();
        ui.horizontal(|ui| {
            text::label(ui, label.as_str());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let name = format!("Copy {}", label.to_lowercase());
                if button::icon_button(ui, Icon::Copy, &name).clicked() {
                    out.copy_named(self.value.text().duplicate(), self.said);
                }
                if self.hidden {
                    let does = if self.shown { "Hide" } else { "Show" };
                    if Button::quiet(does).small().show(ui).clicked() {
                        self.shown = !self.shown;
                    }
                }
            });
        });
        if self.hidden && !self.shown {
            secret_text::bullets(ui);
        } else if let Value::Lines(edit) = &mut self.value {
            SecretField::new(edit, &label).lines(least, most).read_only().bare().show(ui);
        }
    }
}
