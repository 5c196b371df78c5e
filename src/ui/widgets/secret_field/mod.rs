//! The field that everything typed goes through: passphrases and passwords, but titles, searches and notes too.
//!
//! Owns: [`SecretField`] and the text it edits, [`SecretEdit`]. egui's own text field keeps what was typed in an undo history,
//! in its state and in the accessibility tree; this one keeps it in one place, where it is wiped.
//! Invariants: a masked value never reaches the accessibility tree; nothing is copied but by the worker's clipboard; the caret
//! does not blink, so a field that waits costs no frame.

mod boundaries;
mod edit;
mod input;
mod layout;
mod lines;
mod many;
mod single;

pub use edit::{Reach, SecretEdit};

use egui::accesskit::{Action, Role};
use egui::{Color32, EventFilter, Id, Rect, Response, Sense, Ui};
use lucide_icons::Icon;

use super::frame;
use crate::ui::theme::{self, fonts, tokens::size, tokens::type_size};
use layout::Look;

/// Text that is longer than this is not given to a screen reader as one value.
const SPOKEN_LIMIT: usize = 64 * 1024;

/// A text field over a [`SecretEdit`].
pub struct SecretField<'a> {
    edit: &'a mut SecretEdit,
    label: &'a str,
    placeholder: &'a str,
    icon: Option<Icon>,
    role: Role,
    hidden: bool,
    rows: Option<(usize, usize)>,
    read_only: bool,
    mono: bool,
    bare: bool,
    wrong: bool,
    focus: bool,
    large: bool,
}

/// What a field's frame brought.
pub struct FieldResponse {
    /// egui's view of the field.
    pub response: Response,
    /// Whether the text changed.
    pub changed: bool,
    /// Whether Enter was pressed, in a field of one line.
    pub submitted: bool,
}

impl<'a> SecretField<'a> {
    /// A field of one line. `label` is its name for a screen reader; draw it above where it is to be seen.
    pub fn new(edit: &'a mut SecretEdit, label: &'a str) -> Self {
        Self {
            edit,
            label,
            placeholder: "",
            icon: None,
            role: Role::TextInput,
            hidden: false,
            rows: None,
            read_only: false,
            mono: false,
            bare: false,
            wrong: false,
            focus: false,
            large: false,
        }
    }

    /// Hides the text behind bullets, with a button that shows it. A screen reader gets bullets, too, until then.
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Shows this while there is no text.
    pub fn placeholder(mut self, text: &'a str) -> Self {
        self.placeholder = text;
        self
    }

    /// Shows an icon before the text.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Says that it searches.
    pub fn search(mut self) -> Self {
        self.role = Role::SearchInput;
        self.icon(Icon::Search)
    }

    /// Gives it lines: at least and at most so many on the screen.
    pub fn lines(mut self, least: usize, most: usize) -> Self {
        self.rows = Some((least, most));
        self.role = Role::MultilineTextInput;
        self
    }

    /// Lets the text be selected and copied, not changed.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Sets the text in columns.
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// Draws no frame and no background.
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Sets the text as large as a title.
    pub fn large(mut self) -> Self {
        self.large = true;
        self
    }

    /// Marks it as the field that is wrong.
    pub fn wrong(mut self, wrong: bool) -> Self {
        self.wrong = wrong;
        self
    }

    /// Takes the focus, if `take` says so. Say so once, when the view opens.
    pub fn focus(mut self, take: bool) -> Self {
        self.focus = take;
        self
    }

    /// Draws the field across the available width.
    pub fn show(self, ui: &mut Ui) -> FieldResponse {
        let id = ui.make_persistent_id(("secret field", self.label));
        if let Some(value) = input::value_set_by_assistive_technology(ui.ctx(), id).filter(|_| !self.read_only) {
            self.edit.set(value);
            return FieldResponse { changed: true, ..self.draw(ui, id) };
        }
        self.draw(ui, id)
    }

    fn draw(self, ui: &mut Ui, id: Id) -> FieldResponse {
        match self.rows {
            Some(rows) => many::show(self, ui, id, rows),
            None => single::show(self, ui, id),
        }
    }

    fn look(&self, ui: &Ui) -> Look {
        let masked = self.hidden && !self.edit.revealed;
        let points = if self.large { type_size::TITLE } else { type_size::BODY };
        let font = if self.large {
            fonts::strong(points)
        } else if self.mono || self.hidden {
            fonts::mono(points - 0.5)
        } else {
            fonts::text(points)
        };
        Look { font, colour: theme::palette(ui).text, masked }
    }

    /// Focus, keys and the node for assistive technologies: what both shapes of the field share.
    fn interact(&mut self, ui: &Ui, response: &Response, rules: input::Rules) -> input::Outcome {
        if self.focus {
            response.request_focus();
        }
        let mut outcome = input::Outcome::default();
        if response.has_focus() && response.enabled() {
            // Up and down stay here too: in a search they move through the list, not to another widget.
            let filter = EventFilter { tab: false, escape: false, horizontal_arrows: true, vertical_arrows: true };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
            outcome = input::take(ui.ctx(), self.edit, rules);
        } else if !self.edit.composing.is_empty() {
            self.edit.composing = crate::secret::SecretString::default();
        }
        self.describe(ui, response);
        outcome
    }

    fn describe(&self, ui: &Ui, response: &Response) {
        let masked = self.hidden && !self.edit.revealed;
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_role(match self.role {
                // A field that can't be changed counts as one that can't be used; a text to be read does not.
                _ if self.read_only => Role::Document,
                _ if masked => Role::PasswordInput,
                role => role,
            });
            node.set_label(self.label);
            if !self.placeholder.is_empty() {
                node.set_placeholder(self.placeholder);
            }
            if !response.enabled() {
                node.set_disabled();
            } else if self.read_only {
                node.set_read_only();
            } else {
                node.add_action(Action::SetValue);
            }
            if self.wrong {
                node.set_invalid(egui::accesskit::Invalid::True);
            }
            if !masked && self.edit.text().len() <= SPOKEN_LIMIT {
                // EXPOSE: what stands on the screen in the open can be read aloud too; only while somebody listens.
                node.set_value(self.edit.text().expose());
            }
        });
    }

    fn paint_frame(&self, ui: &Ui, rect: Rect, response: &Response) {
        if self.bare {
            if response.has_focus() {
                frame::focus_ring(ui, rect.expand(4.0));
            }
            return;
        }
        let p = theme::palette(ui);
        let outline = if self.wrong { p.danger } else { p.outline };
        let fill = if self.read_only { p.list } else { p.field };
        frame::control(ui, rect, fill, outline, response.has_focus());
    }
}

/// Asks the input method to write at the caret.
fn place_input_method(ui: &Ui, field: Rect, caret: Rect, hidden: bool) {
    let to_screen = ui.ctx().layer_transform_to_global(ui.layer_id()).unwrap_or_default();
    let purpose = if hidden { egui::IMEPurpose::Password } else { egui::IMEPurpose::Normal };
    ui.output_mut(|output| {
        output.ime = Some(egui::output::IMEOutput {
            purpose,
            rect: to_screen * field,
            cursor_rect: to_screen * caret,
            should_interrupt_composition: false,
        });
        output.mutable_text_under_cursor = true;
    });
}

/// Click, double click and drag over text.
fn point(ui: &Ui, edit: &mut SecretEdit, response: &Response, at: impl FnOnce(egui::Pos2) -> usize) {
    if response.hovered() {
        ui.set_cursor_icon(egui::CursorIcon::Text);
    }
    let Some(position) = response.interact_pointer_pos() else { return };
    let (pressed, shift) = ui.input(|input| (input.pointer.primary_pressed(), input.modifiers.shift));
    if response.triple_clicked() {
        edit.select_all();
    } else if response.double_clicked() {
        edit.select_word(at(position));
    } else if pressed {
        edit.place(at(position), shift && response.has_focus());
    } else if response.dragged() {
        edit.place(at(position), true);
    }
    if pressed || response.clicked() {
        response.request_focus();
    }
}

fn sense() -> Sense {
    Sense::click_and_drag()
}

const CARET: f32 = 1.5;

fn paint_caret(ui: &Ui, painter: &egui::Painter, top: egui::Pos2, height: f32) -> Rect {
    let caret = Rect::from_min_size(top, egui::vec2(CARET, height));
    if ui.input(|input| input.focused) {
        painter.rect_filled(caret, 0.0, theme::palette(ui).accent_text);
    }
    caret
}

fn selection_colour(ui: &Ui) -> Color32 {
    let p = theme::palette(ui);
    if ui.visuals().dark_mode { p.selected.gamma_multiply(1.6) } else { p.selected }
}

const PADDING: f32 = 10.0;
const TOGGLE: f32 = size::CONTROL_SMALL;
