//! The form for an AWS profile: on the profiles page, and while a vault is made.

use egui::Ui;

use super::network_form::NetworkForm;
use super::parts;
use crate::secret::SecretString;
use crate::ui::action::{Actions, Purpose};
use crate::ui::theme::tokens::space;
use crate::ui::widgets::{Button, SecretEdit, button, text};
use crate::ui::wording::Fix;
use crate::worker::{Command, NewProfile, Problem, ProfileKind};

/// A profile being typed.
#[derive(Debug, Default)]
pub struct ProfileForm {
    name: SecretEdit,
    region: SecretEdit,
    access_key_id: SecretEdit,
    secret_access_key: SecretEdit,
    session_token: SecretEdit,
    token: bool,
    network: NetworkForm,
    pending: bool,
    problem: Option<Problem>,
    drawn: bool,
}

/// What the form's frame brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormEnd {
    /// Nothing yet.
    Open,
    /// It was closed.
    Closed,
}

impl ProfileForm {
    /// The name that was typed.
    pub fn name(&self) -> String {
        parts::plain(&self.name)
    }

    /// The profile was not stored.
    pub fn failed(&mut self, problem: Problem) {
        self.pending = false;
        self.problem = Some(problem);
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, out: &mut Actions) -> FormEnd {
        let first = !std::mem::replace(&mut self.drawn, true);
        text::heading(ui, "Add an AWS profile");
        text::small(ui, "Its credentials go to the system's keyring and nowhere else.");
        ui.add_space(space::S);
        let mut submitted = false;
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            submitted |= parts::field(left, "Name", &mut self.name, |f| f.placeholder("work").focus(first)).submitted;
            submitted |= parts::field(right, "Region", &mut self.region, |f| f.placeholder("eu-west-1")).submitted;
        });
        submitted |=
            parts::field(ui, "Access key ID", &mut self.access_key_id, |f| f.placeholder("AKIA…").mono()).submitted;
        submitted |= parts::field(ui, "Secret access key", &mut self.secret_access_key, |f| f.hidden()).submitted;
        if self.token {
            let token = parts::field(ui, "Session token", &mut self.session_token, |f| {
                f.hidden().placeholder("only with temporary credentials")
            });
            submitted |= token.submitted;
        } else if button::link(ui, "Session token").clicked() {
            self.token = true;
        }
        submitted |= self.network.show(ui);
        if let Some(problem) = &self.problem {
            ui.add_space(space::XS);
            let fix = parts::problem(ui, problem);
            submitted |= parts::apply(fix, out) == Some(Fix::TryAgain);
        }
        ui.add_space(space::S);
        let mut end = FormEnd::Open;
        ui.horizontal(|ui| {
            let words = if self.pending { "Storing…" } else { "Store profile" };
            submitted |= Button::primary(words).enabled(self.is_complete()).show(ui).clicked();
            if Button::quiet("Cancel").show(ui).clicked() {
                end = FormEnd::Closed;
            }
        });
        if submitted && self.is_complete() {
            self.send(out);
        }
        end
    }

    fn is_complete(&self) -> bool {
        let filled = [&self.name, &self.region, &self.access_key_id, &self.secret_access_key];
        !self.pending && filled.iter().all(|edit| !edit.is_empty())
    }

    fn send(&mut self, out: &mut Actions) {
        self.pending = true;
        self.problem = None;
        let profile = NewProfile {
            name: self.name(),
            region: parts::plain(&self.region),
            network: self.network.fields(),
            kind: ProfileKind::Static {
                access_key_id: parts::plain(&self.access_key_id),
                secret_access_key: trimmed(&self.secret_access_key),
                session_token: (!self.session_token.is_empty()).then(|| trimmed(&self.session_token)),
            },
            protect: None,
        };
        out.send(Command::AddProfile(profile), Purpose::AddProfile);
    }
}

/// What was typed or pasted, without blanks around it.
fn trimmed(edit: &SecretEdit) -> SecretString {
    // EXPOSE: copied into a secret for the worker.
    SecretString::copy_of(edit.text().expose().trim())
}
