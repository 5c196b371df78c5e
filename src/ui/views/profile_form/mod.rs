//! The form for an AWS profile: on the profiles page, and while a vault is made.

mod center;
mod key;
mod replacing;
mod role;

use egui::Ui;

use super::network_form::NetworkForm;
use super::parts;
use super::protection::Protection;
use crate::ui::action::{Actions, Purpose};
use crate::ui::theme::tokens::space;
use crate::ui::widgets::{Button, SecretEdit, choice, text};
use crate::ui::wording::Fix;
use crate::worker::{Command, ListedSeat, MachineRole, NewProfile, Problem, ProfileEntry, ProfileKind};
use center::CenterForm;
use key::KeyForm;
use role::RoleForm;

/// A profile being typed.
#[derive(Debug)]
pub struct ProfileForm {
    name: SecretEdit,
    region: SecretEdit,
    from: From,
    key: KeyForm,
    role: RoleForm,
    center: CenterForm,
    machine: MachineRole,
    protection: Protection,
    network: NetworkForm,
    pending: bool,
    /// What it would replace, as long as that is asked.
    replacing: Option<Box<ProfileEntry>>,
    problem: Option<Problem>,
    drawn: bool,
}

/// Where the credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Key,
    Role,
    Center,
    Machine,
}

const FROM: &[(From, &str)] = &[
    (From::Key, "Access key"),
    (From::Role, "Role"),
    (From::Center, "Identity Center"),
    (From::Machine, "This machine"),
];

const MACHINES: &[(MachineRole, &str)] = &[
    (MachineRole::Instance, "Instance"),
    (MachineRole::Container, "Container"),
    (MachineRole::WebIdentity, "Web identity"),
];

/// What the form's frame brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormEnd {
    /// Nothing yet.
    Open,
    /// It was closed.
    Closed,
}

impl ProfileForm {
    /// An empty form; `source` is the profile that a role would probably be taken as.
    pub fn new(source: Option<&str>) -> Self {
        Self {
            name: SecretEdit::default(),
            region: SecretEdit::default(),
            from: From::Key,
            key: KeyForm::default(),
            role: RoleForm::new(source),
            center: CenterForm::default(),
            machine: MachineRole::Instance,
            protection: Protection::default(),
            network: NetworkForm::default(),
            pending: false,
            replacing: None,
            problem: None,
            drawn: false,
        }
    }

    /// The name that was typed.
    pub fn name(&self) -> String {
        parts::plain(&self.name)
    }

    /// The profile was not stored, or nobody signed in.
    pub fn failed(&mut self, problem: Problem) {
        self.pending = false;
        if let Problem::ProfileExists(there) = problem {
            self.replacing = Some(there);
            return;
        }
        self.center.stopped();
        self.problem = Some(problem);
    }

    /// What one may be at the portal.
    pub fn seats(&mut self, seats: Vec<ListedSeat>) {
        self.pending = false;
        self.center.choose_from(seats);
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, out: &mut Actions) -> FormEnd {
        let first = !std::mem::replace(&mut self.drawn, true);
        text::heading(ui, "Add an AWS profile");
        text::small(ui, "Its credentials go to the system's keyring and nowhere else.");
        ui.add_space(space::S);
        if let Some(from) = choice::bar(ui, "Credentials", self.from, FROM) {
            self.from = from;
            self.problem = None;
        }
        ui.add_space(space::S);
        let mut submitted = false;
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            submitted |= parts::field(left, "Name", &mut self.name, |f| f.placeholder("work").focus(first)).submitted;
            submitted |= parts::field(right, "Region", &mut self.region, |f| f.placeholder("eu-west-1")).submitted;
        });
        submitted |= match self.from {
            From::Key => self.key.show(ui),
            From::Role => self.role.show(ui),
            From::Center => self.center.show(ui),
            From::Machine => {
                text::weak(ui, "For servers: the role that AWS gives to what this program runs on.");
                ui.add_space(space::XS);
                if let Some(machine) = choice::bar(ui, "Machine", self.machine, MACHINES) {
                    self.machine = machine;
                }
                ui.add_space(space::S);
                false
            }
        };
        if self.is_protectable() {
            ui.add_space(space::S);
            let seals = if self.from == From::Center { "this profile's sign-in" } else { "this profile's key" };
            submitted |= self.protection.show(ui, seals);
        }
        submitted |= self.network.show(ui);
        if let Some(problem) = &self.problem {
            ui.add_space(space::XS);
            let fix = parts::problem(ui, problem);
            submitted |= parts::apply(fix, out) == Some(Fix::TryAgain);
        }
        ui.add_space(space::S);
        let end = self.buttons(ui, &mut submitted, out);
        if submitted && self.is_complete() {
            self.send(None, out);
        }
        self.ask_to_replace(ui, out);
        end
    }

    fn buttons(&mut self, ui: &mut Ui, submitted: &mut bool, out: &mut Actions) -> FormEnd {
        let mut end = FormEnd::Open;
        ui.horizontal(|ui| {
            let words = match (self.pending, self.signs_in()) {
                (true, true) => "Signing in…",
                (true, false) => "Storing…",
                (false, true) => "Sign in",
                (false, false) => "Store profile",
            };
            *submitted |= Button::primary(words).enabled(self.is_complete()).show(ui).clicked();
            if Button::quiet("Cancel").show(ui).clicked() {
                if self.pending {
                    out.push(crate::ui::action::Action::Cancel(Purpose::Seats));
                }
                end = FormEnd::Closed;
            }
        });
        end
    }

    fn is_protectable(&self) -> bool {
        matches!(self.from, From::Key | From::Center)
    }

    /// Whether the next step is to sign in, and to choose what to be.
    fn signs_in(&self) -> bool {
        self.from == From::Center && self.center.seat().is_none()
    }

    fn is_complete(&self) -> bool {
        let typed = match self.from {
            From::Key => self.key.is_complete(),
            From::Role => self.role.is_complete(),
            From::Center => self.center.is_complete(),
            From::Machine => true,
        };
        let sealed = !self.is_protectable() || self.protection.is_ready();
        !self.pending && !self.name.is_empty() && !self.region.is_empty() && typed && sealed
    }

    /// Asks before something is replaced.
    fn ask_to_replace(&mut self, ui: &Ui, out: &mut Actions) {
        let Some(there) = &self.replacing else { return };
        let seals = self.is_protectable() && self.protection.chosen().is_some();
        match replacing::ask(ui.ctx(), there, seals) {
            Some(true) => {
                let there = self.replacing.take();
                self.send(there, out);
            }
            Some(false) => self.replacing = None,
            None => {}
        }
    }

    fn send(&mut self, old: Option<Box<ProfileEntry>>, out: &mut Actions) {
        self.pending = true;
        self.problem = None;
        let kind = match self.from {
            From::Key => self.key.kind(),
            From::Role => self.role.kind(),
            From::Center => self.center.kind(),
            From::Machine => ProfileKind::Machine(self.machine),
        };
        let profile = NewProfile {
            name: self.name(),
            region: parts::plain(&self.region),
            network: self.network.fields(),
            kind,
            protect: self.protection.chosen().filter(|_| self.is_protectable()),
        };
        if self.signs_in() {
            out.send(Command::ListSeats(profile), Purpose::Seats);
            return;
        }
        let command = match old {
            Some(old) => Command::ReplaceProfile { new: profile, old },
            None => Command::AddProfile(profile),
        };
        out.send(command, Purpose::AddProfile);
    }
}
