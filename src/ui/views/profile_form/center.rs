//! A portal of IAM Identity Center being typed, and what one may be there being chosen.

use egui::Ui;
use lucide_icons::Icon;

use crate::ui::theme::tokens::space;
use crate::ui::views::parts;
use crate::ui::widgets::{SecretEdit, choice, text};
use crate::worker::{IdentityCenter, ListedSeat, ProfileKind, Seat};

/// Rows that are shown at once, at most.
const SEATS_SHOWN: usize = 200;

/// A portal being typed.
#[derive(Debug, Default)]
pub(super) struct CenterForm {
    start_url: SecretEdit,
    region: SecretEdit,
    seats: Option<Vec<ListedSeat>>,
    chosen: Option<Seat>,
}

impl CenterForm {
    /// Draws it; whether Enter was pressed in it.
    pub(super) fn show(&mut self, ui: &mut Ui) -> bool {
        let url = parts::field(ui, "Start URL", &mut self.start_url, |f| {
            f.placeholder("https://d-0123456789.awsapps.com/start").mono()
        });
        let region = parts::field(ui, "Identity Center's region", &mut self.region, |f| f.placeholder("eu-west-1"));
        if url.changed || region.changed {
            self.stopped();
        }
        self.choose(ui);
        url.submitted || region.submitted
    }

    fn choose(&mut self, ui: &mut Ui) {
        let Some(seats) = &self.seats else {
            text::small(ui, "You sign in with your browser, and choose the account and role then.");
            ui.add_space(space::S);
            return;
        };
        text::label(ui, "Account and role");
        if seats.is_empty() {
            text::weak(ui, "None is yours there. Ask whoever runs Identity Center for one.");
        }
        for listed in seats.iter().take(SEATS_SHOWN) {
            let ListedSeat { seat, account_name } = listed;
            let chosen = self.chosen.as_ref() == Some(seat);
            let second = format!("{account_name} · {}", seat.account);
            if choice::row(ui, chosen, Icon::UserRound, &seat.role, &second).clicked() {
                self.chosen = Some(seat.clone());
            }
        }
        if seats.len() > SEATS_SHOWN {
            text::small(ui, "There are more: the command line takes them by number and name.");
        }
        ui.add_space(space::S);
    }

    /// What one may be.
    pub(super) fn choose_from(&mut self, seats: Vec<ListedSeat>) {
        self.chosen = match seats.as_slice() {
            [only] => Some(only.seat.clone()),
            _ => None,
        };
        self.seats = Some(seats);
    }

    /// Nobody signed in, or somewhere else.
    pub(super) fn stopped(&mut self) {
        (self.seats, self.chosen) = (None, None);
    }

    /// What was chosen.
    pub(super) fn seat(&self) -> Option<&Seat> {
        self.chosen.as_ref()
    }

    pub(super) fn is_complete(&self) -> bool {
        let chosen = self.seats.is_none() || self.chosen.is_some();
        !self.start_url.is_empty() && !self.region.is_empty() && chosen
    }

    pub(super) fn kind(&self) -> ProfileKind {
        ProfileKind::IdentityCenter(IdentityCenter {
            start_url: parts::plain(&self.start_url),
            region: parts::plain(&self.region),
            seat: self.chosen.clone(),
        })
    }
}
