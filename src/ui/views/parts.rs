//! What several views have in common: heads of pages, problems with a button, the secret in a form.

use egui::{Align, Layout, Sense, Ui, vec2};
use lucide_icons::Icon;

use crate::secret::SecretString;
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{Button, SecretEdit, SecretField, button, icon, notice, text};
use crate::ui::wording::{self, Fix};
use crate::worker::{Command, Problem};

/// Shows a problem; returns the fix whose button was pressed.
pub fn problem(ui: &mut Ui, problem: &Problem) -> Option<Fix> {
    say(ui, &wording::of(problem))
}

/// The same where no vault is open.
pub fn problem_while_locked(ui: &mut Ui, problem: &Problem) -> Option<Fix> {
    say(ui, &wording::of(problem).while_locked())
}

/// Shows a problem that is in words already; returns the fix whose button was pressed.
pub fn say(ui: &mut Ui, words: &wording::Words) -> Option<Fix> {
    notice::show(ui, notice::Tone::Problem, &words.happened, &words.to_do, |ui| {
        let first = words.fix.as_ref()?;
        ui.add_space(space::XS);
        let mut pressed = None;
        ui.horizontal_wrapped(|ui| {
            for fix in [Some(first), words.also.as_ref()].into_iter().flatten() {
                if Button::new(fix.label()).small().show(ui).clicked() {
                    pressed = Some(fix.clone());
                }
            }
        });
        pressed
    })
}

/// Does what a fix means everywhere; returns one that only the view can do.
pub fn apply(fix: Option<Fix>, out: &mut Actions) -> Option<Fix> {
    match fix? {
        Fix::CopyStatement(statement) => {
            out.copy_plain(statement, "Statement");
            None
        }
        Fix::CopyCommand(command) => {
            out.copy_plain(command, "Command");
            None
        }
        Fix::Profiles => {
            out.go(Place::Profiles);
            None
        }
        Fix::Check => {
            out.go(Place::Check);
            None
        }
        Fix::SignIn(profile) => {
            out.send(Command::SignIn { profile }, Purpose::SignIn);
            None
        }
        Fix::Lock => {
            out.push(Action::Lock);
            None
        }
        other => Some(other),
    }
}

/// Gives a button that is one of several alike a name of its own, which a screen reader calls it by.
pub fn named(ui: &Ui, response: egui::Response, name: &str) -> egui::Response {
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(name));
    response
}

/// The head of a page with a way back; returns whether that was pressed.
pub fn page_head(ui: &mut Ui, title: &str, second: &str) -> bool {
    ui.add_space(space::L);
    let mut back = false;
    ui.horizontal_top(|ui| {
        back = button::icon_button(ui, Icon::ArrowLeft, "Back").clicked();
        ui.add_space(space::XS);
        // In lines of its own where the window is too narrow for one.
        ui.vertical(|ui| text::title(ui, title));
    });
    if !second.is_empty() {
        text::weak(ui, second);
    }
    ui.add_space(space::L);
    back
}

/// The settings and the profiles, above every page that has no status bar of a vault. What scrolls, scrolls below it.
pub fn corner(ui: &mut Ui, out: &mut Actions) {
    ui.add_space(space::M);
    let row = vec2(ui.available_width() - space::L, size::CONTROL_SMALL);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        if Button::quiet("Settings").small().icon(Icon::Settings).show(ui).clicked() {
            out.go(Place::Settings);
        }
        if Button::quiet("AWS profiles").small().icon(Icon::Cloud).show(ui).clicked() {
            out.go(Place::Profiles);
        }
    });
}

/// Room above what stands alone on a page: a part of what is left when it is so high, in points.
pub fn above(ui: &mut Ui, height: f32) {
    let free = (ui.ctx().content_rect().height() - height) * 0.38 - size::CONTROL_SMALL;
    ui.add_space(free.clamp(space::M, 168.0));
}

/// The mark and the program's name.
pub fn mark(ui: &mut Ui) {
    ui.horizontal(|ui| {
        let (tile, _) = ui.allocate_exact_size(vec2(44.0, 44.0), Sense::hover());
        icon::mark(ui, tile);
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
    // The name belongs to the field: nearer to it than to what is above.
    let usual = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, space::XS);
    text::label(ui, label);
    ui.spacing_mut().item_spacing.y = usual;
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

/// An ARN in full, which can be copied; `name` says of what.
pub fn arn(ui: &mut Ui, name: &str, arn: &str, out: &mut Actions) {
    ui.push_id(arn, |ui| {
        ui.horizontal_top(|ui| {
            let room = ui.available_width() - size::CONTROL_SMALL - ui.spacing().item_spacing.x;
            ui.vertical(|ui| {
                ui.set_width(room);
                ui.add_space(space::XS);
                text::wrapped_mono(ui, arn);
            });
            if button::icon_button(ui, Icon::Copy, &format!("Copy {name}")).clicked() {
                out.copy_plain(arn, "ARN");
            }
        });
    });
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
