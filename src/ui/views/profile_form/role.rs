//! A role being typed.

use egui::Ui;

use crate::ui::theme::{self, tokens::space};
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
    lasts: SecretEdit,
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
            lasts: SecretEdit::default(),
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
            let lasts = parts::field(ui, "Session length", &mut self.lasts, |f| {
                f.placeholder("1 hour, or as long as the role allows: 30 min, 8 h")
            });
            if self.seconds().is_err() {
                text::coloured(ui, "Say it in minutes or hours, from 15 min to 12 h.", theme::palette(ui).danger);
                ui.add_space(space::S);
            }
            submitted |= id.submitted || lasts.submitted;
        } else if button::link(ui, "External ID, session length").clicked() {
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
        !self.source.is_empty() && !self.arn.is_empty() && self.seconds().is_ok()
    }

    pub(super) fn kind(&self) -> ProfileKind {
        let given = |edit| Some(parts::plain(edit)).filter(|text| !text.is_empty());
        ProfileKind::AssumeRole(AssumeRole {
            source: parts::plain(&self.source),
            role_arn: parts::plain(&self.arn),
            external_id: given(&self.external_id),
            mfa_serial: given(&self.mfa_serial),
            duration_seconds: self.seconds().ok().flatten(),
        })
    }

    /// For how long a session of the role lasts; `None`: for as long as AWS gives by itself.
    fn seconds(&self) -> Result<Option<u32>, NotALength> {
        seconds(&parts::plain(&self.lasts))
    }
}

/// No length that AWS takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NotALength;

/// The seconds of `30 min`, `8 h` or `1 h 30 min`; `None` where nothing is written.
fn seconds(text: &str) -> Result<Option<u32>, NotALength> {
    const LENGTHS: std::ops::RangeInclusive<u32> = 15 * 60..=12 * 3600;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Ok(None);
    }
    let mut seconds = 0_u32;
    while !rest.is_empty() {
        let unit = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or(NotALength)?;
        let (number, after) = rest.split_at(unit);
        let number: u32 = number.parse().map_err(|_| NotALength)?;
        let after = after.trim_start();
        let end = after.find(|letter: char| !letter.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let each = match unit.to_lowercase().as_str() {
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
            _ => return Err(NotALength),
        };
        seconds = number.checked_mul(each).and_then(|more| seconds.checked_add(more)).ok_or(NotALength)?;
        rest = after.trim_start();
    }
    if LENGTHS.contains(&seconds) { Ok(Some(seconds)) } else { Err(NotALength) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_minutes_and_hours_that_aws_takes() {
        for (text, length) in [
            ("", None),
            ("  ", None),
            ("15 min", Some(900)),
            ("90m", Some(5400)),
            ("1 h 30 min", Some(5400)),
            ("1h30m", Some(5400)),
            ("12 Hours", Some(43_200)),
        ] {
            assert_eq!(seconds(text), Ok(length), "{text:?}");
        }
        for text in
            ["14 min", "13 h", "12 h 1 min", "1", "h", "1 day", "-1 h", "1.5 h", "99999999999 h", "4294967295 h"]
        {
            assert_eq!(seconds(text), Err(NotALength), "{text:?}");
        }
    }
}
