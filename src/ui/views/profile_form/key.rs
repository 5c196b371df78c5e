//! An access key being typed.

use egui::Ui;

use crate::secret::SecretString;
use crate::ui::views::parts;
use crate::ui::widgets::{SecretEdit, button};
use crate::worker::ProfileKind;

/// An access key being typed.
#[derive(Debug, Default)]
pub(super) struct KeyForm {
    id: SecretEdit,
    secret: SecretEdit,
    token: SecretEdit,
    has_token: bool,
}

impl KeyForm {
    /// Draws it; whether Enter was pressed in it.
    pub(super) fn show(&mut self, ui: &mut Ui) -> bool {
        let mut submitted =
            parts::field(ui, "Access key ID", &mut self.id, |f| f.placeholder("AKIA…").mono()).submitted;
        submitted |= parts::field(ui, "Secret access key", &mut self.secret, |f| f.hidden()).submitted;
        if self.has_token {
            let token = parts::field(ui, "Session token", &mut self.token, |f| {
                f.hidden().placeholder("only with temporary credentials")
            });
            submitted |= token.submitted;
        } else if button::link(ui, "Session token").clicked() {
            self.has_token = true;
        }
        submitted
    }

    pub(super) fn is_complete(&self) -> bool {
        !self.id.is_empty() && !self.secret.is_empty()
    }

    pub(super) fn kind(&self) -> ProfileKind {
        ProfileKind::Static {
            access_key_id: parts::plain(&self.id),
            secret_access_key: trimmed(&self.secret),
            session_token: (!self.token.is_empty()).then(|| trimmed(&self.token)),
        }
    }
}

/// What was typed or pasted, without blanks around it.
fn trimmed(edit: &SecretEdit) -> SecretString {
    // EXPOSE: copied into a secret for the worker.
    SecretString::copy_of(edit.text().expose().trim())
}
