//! What several views have in common: heads of pages, problems with a button, the secret in a form.

use egui::{Align, Layout, Rect, Sense, Ui, vec2};
use lucide_icons::Icon;

use crate::secret::SecretString;
use crate::ui::action::{Actions, Place};
use crate::ui::theme::{self, tokens::size, tokens::space};
use crate::ui::widgets::{Button, SecretEdit, SecretField, button, icon, notice, text};
use crate::ui::wording::{self, Fix};
use crate::worker::Problem;

/// Shows a problem; returns the fix whose button was pressed.
pub fn problem(ui: &mut Ui, problem: &Problem) -> Option<Fix> {
    say(ui, &wording::of(problem))
}

/// Shows a problem that is in words already; returns the fix whose button was pressed.
pub fn say(ui: &mut Ui, words: &wording::Words) -> Option<Fix> {
    notice::show(ui, notice::Tone::Problem, &words.happened, &words.to_do, |ui| {
        let fix = words.fix.clone()?;
        ui.add_space(space::XS);
        Button::new(fix.label()).small().show(ui).clicked().then_some(fix)
    })
}

/// Does what a fix means everywhere; returns one that only the view can do.
pub fn apply(fix: Option<Fix>, out: &mut Actions) -> Option<Fix> {
    match fix? {
        Fix::CopyStatement(statement) => {
            out.copy(SecretString::new(statement));
            None
        }
        Fix::Profiles => {
            out.go(Place::Profiles);
            None
        }
        other => Some(other),
    }
}

/// The head of a page with a way back; returns whether that was pressed.
pub fn page_head(ui: &mut Ui, title: &str, second: &str) -> bool {
    ui.add_space(space::XL);
    let mut back = false;
    ui.horizontal(|ui| {
        back = button::icon_button(ui, Icon::ArrowLeft, "Back").clicked();
        ui.add_space(space::XS);
        text::title(ui, title);
    });
    if !second.is_empty() {
        text::weak(ui, second);
    }
    ui.add_space(space::L);
    back
}

/// The settings and the profiles, in the corner of every page that has no status bar of a vault.
pub fn corner(ui: &mut Ui, out: &mut Actions) {
    let right = ui.max_rect();
    let rect =
        Rect::from_min_size(right.min + vec2(0.0, space::M), vec2(right.width() - space::L, size::CONTROL_SMALL));
    let builder = egui::UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, |ui| {
        if Button::quiet("Settings").small().icon(Icon::Settings).show(ui).clicked() {
            out.go(Place::Settings);
        }
        if Button::quiet("AWS profiles").small().icon(Icon::Cloud).show(ui).clicked() {
            out.go(Place::Profiles);
        }
    });
}

/// The mark: the icon's shape and the program's name.
pub fn mark(ui: &mut Ui) {
    let p = theme::palette(ui);
    ui.horizontal(|ui| {
        let (tile, _) = ui.allocate_exact_size(vec2(40.0, 40.0), Sense::hover());
        ui.painter().rect_filled(tile, 10.0, p.accent);
        icon::paint(ui.painter(), tile, Icon::ShieldCheck, 24.0, p.on_accent);
        ui.add_space(space::XS);
        text::title(ui, "Sealkeep");
    });
}

/// A label above a field.
pub fn field<'a>(
    ui: &mut Ui,
    label: &'a str,
    edit: &'a mut SecretEdit,
    dress: impl FnOnce(SecretField<'a>) -> SecretField<'a>,
) -> FieldEnd {
    text::label(ui, label);
    let shown = dress(SecretField::new(edit, label)).show(ui);
    ui.add_space(space::S);
    FieldEnd { changed: shown.changed, submitted: shown.submitted }
}

/// What a labelled field's frame brought.
pub struct FieldEnd {
    /// Whether the text changed.
    pub changed: bool,
    /// Whether Enter was pressed.
    pub submitted: bool,
}

/// What a field holds that is no secret: a name, a region, an ARN; trimmed.
pub fn plain(edit: &SecretEdit) -> String {
    // EXPOSE: a form's plain value, on its way to the worker as such.
    edit.text().expose().trim().to_owned()
}

/// A field that begins with text that is no secret.
pub fn edit_of(text: &str) -> SecretEdit {
    SecretEdit::of(SecretString::copy_of(text))
}

/// A turning arc with words beside it; a screen reader hears them.
pub fn waiting(ui: &mut Ui, words: &str) {
    ui.horizontal(|ui| {
        crate::ui::widgets::progress::spinner(ui, 16.0);
        let label = text::weak(ui, words);
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
    });
}
