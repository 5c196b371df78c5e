//! A role being typed.

use egui::Ui;

use crate::ui::views::parts;
use crate::ui::widgets::{SecretEdit, button, text};
use crate::worker::{AssumeRole, ProfileKind};

/// A role being typed.
#[derive(Debug)]
pub(super) struct RoleForm {
    source: SecretEdit,
    arn: SecretEdit,
    mfa_serial: SecretEdit,
    external_id: SecretEdit,
    more: bool,
}

impl RoleForm {
    /// An empty one, taken as `source`.
    pub(super) fn new(source: Option<&str>) -> Self {
        Self {
            source: parts::edit_of(source.unwrap_or_default()),
            arn: SecretEdit::default(),
            mfa_serial: SecretEdit::default(),
            external_id: SecretEdit::default(),
            more: false,
        }
    }

    /// Draws it; whether Enter was pressed in it.
    pub(super) fn show(&mut self, ui: &mut Ui) -> bool {
        let source = parts::field(ui, "Taken as the profile", &mut self.source, |f| f.placeholder("user"));
        let arn = parts::field(ui, "Role ARN", &mut self.arn, |f| {
            f.placeholder("arn:aws:iam::123456789012:role/vault").mono()
        });
        let mfa = parts::field(ui, "MFA device", &mut self.mfa_serial, |f| {
            f.placeholder("only where the role wants a code: arn:aws:iam::…:mfa/anna").mono()
        });
        let mut submitted = source.submitted || arn.submitted || mfa.submitted;
        if self.more {
            let id = parts::field(ui, "External ID", &mut self.external_id, |f| {
                f.placeholder("only where the role's owner agreed on one")
            });
            submitted |= id.submitted;
        } else if button::link(ui, "External ID").clicked() {
            self.more = true;
        }
        if self.mfa_serial.is_empty() {
            text::small(
                ui,
                "To be asked after each lock, protect the profile that it is taken as, or name an MFA device.",
            );
        } else {
            text::small(ui, "The device's code is asked for after each lock.");
        }
        submitted
    }

    pub(super) fn is_complete(&self) -> bool {
        !self.source.is_empty() && !self.arn.is_empty()
    }

    pub(super) fn kind(&self) -> ProfileKind {
        let given = |edit| Some(parts::plain(edit)).filter(|text| !text.is_empty());
        ProfileKind::AssumeRole(AssumeRole {
            source: parts::plain(&self.source),
            role_arn: parts::plain(&self.arn),
            external_id: given(&self.external_id),
            mfa_serial: given(&self.mfa_serial),
            duration_seconds: None,
        })
    }
}
