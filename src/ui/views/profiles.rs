//! The page of AWS profiles: what is stored, try one, add one, remove one.

use egui::{Align, Layout, Ui};
use lucide_icons::Icon;

use super::import::{ImportEnd, ImportView};
use super::new_passphrase::NewPassphrase;
use super::parts;
use super::profile_form::{FormEnd, ProfileForm};
use super::seen_keys;
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::{self, tokens::size, tokens::space};
use crate::ui::toasts::Toast;
use crate::ui::widgets::{Button, button, card, dialog, icon, menu, notice, text};
use crate::ui::wording::{self, Fix, import};
use crate::worker::{Command, Problem, ProfileEntry, ProfileReport, What};

/// How wide the page is at most, in points: what a profile is fits into a line, beside its buttons.
const WIDTH: f32 = size::FORM + 320.0;
/// How wide the columns of buttons are, in points.
const TEST: f32 = 76.0;
const PROTECT: f32 = 124.0;
/// All of them, and what is between them.
const BUTTONS: f32 = TEST + PROTECT + size::CONTROL_SMALL + 4.0 * space::S;

/// The page of AWS profiles.
#[derive(Debug, Default)]
pub struct ProfilesPage {
    import: Option<Importing>,
    form: Option<ProfileForm>,
    tested: Option<(String, Later<ProfileReport>)>,
    /// Who the profile is whose test failed.
    known: Option<ProfileReport>,
    removing: Option<String>,
    protecting: Option<Protecting>,
    problem: Option<Problem>,
}

/// Profiles of the AWS command line being taken over, in the place of the list.
#[derive(Debug)]
struct Importing {
    view: ImportView,
    /// Whether it was come to from elsewhere, and leads back there.
    from_elsewhere: bool,
}

/// A profile whose protection is about to change.
#[derive(Debug)]
struct Protecting {
    name: String,
    /// Whether it is protected already.
    before: bool,
    passphrase: NewPassphrase,
    drawn: bool,
}

impl ProfilesPage {
    /// The page, with an import that was come to from elsewhere.
    pub fn importing(out: &mut Actions) -> Self {
        let import = Importing { view: ImportView::begin(out), from_elsewhere: true };
        Self { import: Some(import), ..Self::default() }
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        if let Some(import) = &mut self.import {
            match import.view.show(ui, out) {
                ImportEnd::Open => {}
                ImportEnd::Closed if import.from_elsewhere => out.go(Place::Back),
                ImportEnd::Closed => self.end_import(out),
                ImportEnd::ByHand => {
                    self.end_import(out);
                    self.form = Some(ProfileForm::new(likely_source(shared)));
                }
            }
            return;
        }
        card::column(ui, WIDTH, |ui| {
            if parts::page_head(ui, "AWS profiles", "Who you are to AWS. Credentials are kept in the system's keyring.")
            {
                out.go(Place::Back);
            }
            if let Some(problem) = &self.problem {
                let fix = parts::problem(ui, problem);
                ui.add_space(space::M);
                if parts::apply(fix, out) == Some(Fix::TryAgain) {
                    self.problem = None;
                    out.send(Command::ListProfiles, Purpose::Profiles);
                }
            }
            // A form that is being filled in stands alone: below a long list its button would be out of sight.
            let rows = if self.form.is_some() { &[] } else { shared.settings.profiles.as_slice() };
            for profile in rows {
                self.row(ui, profile, out);
                ui.add_space(space::S);
            }
            if shared.settings.profiles.is_empty() && self.form.is_none() {
                card::show(ui, |ui| {
                    text::strong(ui, "No profile yet");
                    text::weak(
                        ui,
                        "A profile says who you are to AWS: an access key, a role, or a sign-in with your browser.",
                    );
                });
                ui.add_space(space::M);
            }
            match &mut self.form {
                Some(form) => {
                    if card::show(ui, |ui| form.show(ui, out)) == FormEnd::Closed {
                        self.form = None;
                    }
                }
                None => {
                    ui.horizontal_wrapped(|ui| {
                        if Button::primary("Add a profile").icon(Icon::Plus).show(ui).clicked() {
                            self.form = Some(ProfileForm::new(likely_source(shared)));
                        }
                        if Button::new(import::IMPORT).icon(Icon::Download).show(ui).clicked() {
                            self.import = Some(Importing { view: ImportView::begin(out), from_elsewhere: false });
                        }
                    });
                }
            }
        });
        self.confirm(ui, out);
        self.protect(ui, out);
    }

    /// Ends the import: in its place the list again, with what was added meanwhile.
    fn end_import(&mut self, out: &mut Actions) {
        self.import = None;
        out.send(Command::ListProfiles, Purpose::Profiles);
    }

    fn protect_button(&mut self, ui: &mut Ui, profile: &ProfileEntry) {
        // The others have nothing that a passphrase could seal.
        if !matches!(profile.kind.as_str(), "static" | "identity-center") {
            return;
        }
        let words = if profile.protected { "Protection…" } else { "Protect…" };
        let button = Button::quiet(words).small().icon(Icon::ShieldCheck).show(ui);
        if parts::named(ui, button, &format!("Protect {}", profile.name)).clicked() {
            self.protecting = Some(Protecting {
                name: profile.name.clone(),
                before: profile.protected,
                passphrase: NewPassphrase::default(),
                drawn: false,
            });
        }
    }

    fn protect(&mut self, ui: &Ui, out: &mut Actions) {
        let Some(protecting) = &mut self.protecting else { return };
        let Protecting { name, before, passphrase, drawn } = protecting;
        let first = !std::mem::replace(drawn, true);
        let title = format!("Protect the profile “{name}”");
        let answer = dialog::show(ui.ctx(), &title, None, |ui| {
            text::weak(
                ui,
                "Its credentials are sealed in the keyring under this passphrase, which is asked for after each lock.",
            );
            text::small(ui, "A short PIN is casual protection: what reads the keyring can guess it.");
            ui.add_space(space::M);
            let submitted = passphrase.show(ui, "New passphrase", first);
            let ready = passphrase.is_ready();
            if *before && button::link(ui, "Remove the protection").clicked() {
                return Some(Some(None));
            }
            match dialog::answer(ui, "Cancel", Button::primary("Protect").enabled(ready), false) {
                Some(true) => Some(Some(passphrase.chosen())),
                Some(false) => Some(None),
                None => (ready && submitted).then(|| Some(passphrase.chosen())),
            }
        });
        let Some(decided) = answer else { return };
        if let Some(passphrase) = decided {
            out.send(Command::ProtectProfile { name: name.clone(), passphrase }, Purpose::ProtectProfile);
        }
        self.protecting = None;
        out.push(Action::Forget);
    }

    fn row(&mut self, ui: &mut Ui, profile: &ProfileEntry, out: &mut Actions) {
        let p = theme::palette(ui);
        ui.push_id(&profile.name, |ui| {
            card::show(ui, |ui| {
                ui.horizontal(|ui| {
                    icon::show(ui, Icon::Cloud, 20.0, p.accent_text);
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.y = 2.0;
                        ui.set_width((ui.available_width() - BUTTONS).max(0.0));
                        text::strong(ui, profile.name.as_str());
                        text::small(ui, wording::profiles::about(profile));
                    });
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        self.more(ui, profile);
                        let busy = matches!(&self.tested, Some((name, Later::Pending)) if *name == profile.name);
                        let test = Button::new(if busy { "Testing…" } else { "Test" }).small().enabled(!busy);
                        let test = in_column(ui, TEST, |ui| test.show(ui));
                        if parts::named(ui, test, &format!("Test {}", profile.name)).clicked() {
                            self.tested = Some((profile.name.clone(), Later::Pending));
                            self.known = None;
                            let command = Command::TestProfile { name: profile.name.clone(), key: None };
                            out.send(command, Purpose::TestProfile);
                        }
                        in_column(ui, PROTECT, |ui| self.protect_button(ui, profile));
                    });
                });
                match &self.tested {
                    Some((name, Later::Ready(answer))) if *name == profile.name => {
                        ui.add_space(space::S);
                        full_report(ui, answer, out);
                    }
                    Some((name, Later::Failed(problem))) if *name == profile.name => {
                        ui.add_space(space::S);
                        if let Some(known) = &self.known {
                            self::known(ui, known, out);
                        }
                        parts::apply(parts::problem(ui, problem), out);
                    }
                    _ => {}
                }
            });
        });
    }

    /// What is seldom done, and can't be taken back: not beside what is often done.
    fn more(&mut self, ui: &mut Ui, profile: &ProfileEntry) {
        let more = button::icon_button(ui, Icon::Ellipsis, &format!("More about {}", profile.name));
        menu::below(&more, |ui| {
            if menu::entry(ui, Icon::Trash2, &format!("Remove {}…", profile.name), "") {
                self.removing = Some(profile.name.clone());
            }
        });
    }

    fn confirm(&mut self, ui: &Ui, out: &mut Actions) {
        let Some(name) = &self.removing else { return };
        let title = format!("Remove the profile “{name}”?");
        let answer = dialog::show(ui.ctx(), &title, false, |ui| {
            text::weak(
                ui,
                "Its credentials are deleted from the keyring. Vaults that use it need another profile then.",
            );
            dialog::answer(ui, "Keep", Button::danger("Remove"), true)
        });
        match answer {
            Some(true) => {
                out.send(Command::RemoveProfile { name: name.clone() }, Purpose::RemoveProfile);
                self.removing = None;
            }
            Some(false) => self.removing = None,
            None => {}
        }
    }

    /// Goes back by one step; whether there was one.
    pub fn back(&mut self, out: &mut Actions) -> bool {
        let Some(import) = &mut self.import else { return false };
        if import.view.back(out) {
            return true;
        }
        if import.from_elsewhere {
            return false;
        }
        self.end_import(out);
        out.push(Action::Forget);
        true
    }

    /// Whether it shows an import.
    pub fn is_importing(&self) -> bool {
        self.import.is_some()
    }

    /// Whether an import goes on that nobody has to look at.
    pub fn is_busy(&self) -> bool {
        self.import.as_ref().is_some_and(|import| import.view.is_busy())
    }

    /// What is said in passing of an import that nobody looks at any more.
    pub fn said(&self) -> Option<Toast> {
        self.import.as_ref()?.view.said()
    }

    /// Something happened.
    pub fn told(&mut self, purpose: Option<Purpose>, what: What) {
        match (purpose, what) {
            (Some(Purpose::Import), What::Import(told)) => {
                if let Some(import) = &mut self.import {
                    import.view.told(*told);
                }
            }
            (Some(Purpose::AddProfile), What::Profiles(_)) => self.form = None,
            (Some(Purpose::Seats), What::Seats(seats)) => {
                if let Some(form) = &mut self.form {
                    form.seats(seats);
                }
            }
            (Some(Purpose::ProtectProfile), What::Profiles(_)) => self.problem = None,
            (Some(Purpose::TestProfile), What::ProfileTested(report)) => {
                self.tested = Some((report.profile.clone(), Later::Ready(report)));
            }
            (Some(Purpose::TestProfile), What::ProfileKnown(report)) => self.known = Some(report),
            (Some(Purpose::Profiles | Purpose::CameBack), What::Profiles(_)) => self.problem = None,
            _ => {}
        }
    }

    /// A step of an import failed: what it stored until then is there.
    pub fn import_failed(&mut self, problem: Problem, out: &mut Actions) {
        if let Some(import) = &mut self.import {
            import.view.failed(problem);
            out.send(Command::ListProfiles, Purpose::Profiles);
        }
    }

    /// A command failed.
    pub fn failed(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem> {
        match (purpose, &mut self.form, &mut self.tested) {
            (Purpose::AddProfile | Purpose::Seats, Some(form), _) => form.failed(problem),
            // Who gave no answer to a question knows that it came to nothing.
            (Purpose::TestProfile, ..) if matches!(problem, Problem::Cancelled) => self.tested = None,
            (Purpose::TestProfile, _, Some((_, state))) => *state = Later::Failed(problem),
            (Purpose::Profiles | Purpose::RemoveProfile | Purpose::ProtectProfile, ..) => self.problem = Some(problem),
            _ => return Some(problem),
        }
        None
    }
}

/// Whose credentials a role would probably be taken with: those of the first profile, by name.
fn likely_source(shared: &Shared) -> Option<&str> {
    shared.settings.profiles.first().map(|profile| profile.name.as_str())
}

/// A column of a row: its content at the left, and its room also where there is none.
fn in_column<R>(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui) -> R) -> R {
    let room = egui::vec2(width, size::CONTROL_SMALL);
    ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(room);
        content(ui)
    })
    .inner
}

/// What AWS says about a profile and a key.
pub fn report(ui: &mut Ui, report: &ProfileReport, out: &mut Actions) {
    notice::show(ui, notice::Tone::Plain, "AWS answered", "", |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.add_space(space::XS);
        if let Some(account) = &report.account {
            line(ui, "Account", account);
        }
        if let Some(principal) = &report.principal {
            line(ui, "Signed in as", principal);
        }
        line(ui, "Region", &report.region);
        if let Some(key) = &report.key {
            if let Some(alias) = &key.alias {
                line(ui, "Key", alias);
            }
            named_line(ui, "Key ARN", |ui| parts::arn(ui, "the key's ARN", &key.arn, out));
            line(ui, "Round trip", &format!("a data key was made and opened in {}", show::latency(key.latency)));
        }
    });
}

/// The same above what failed, where AWS said anything of who it is.
pub fn known(ui: &mut Ui, known: &ProfileReport, out: &mut Actions) {
    if known.account.is_some() || known.principal.is_some() {
        report(ui, known, out);
        ui.add_space(space::S);
    }
}

/// The same, and the keys that it sees.
fn full_report(ui: &mut Ui, answer: &ProfileReport, out: &mut Actions) {
    report(ui, answer, out);
    ui.add_space(space::S);
    seen_keys::show(ui, &answer.seen, out);
}

fn line(ui: &mut Ui, name: &str, value: &str) {
    named_line(ui, name, |ui| {
        text::wrapped_mono(ui, value);
    });
}

fn named_line(ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(92.0, 18.0), egui::Sense::hover());
        let mut left = ui.new_child(egui::UiBuilder::new().max_rect(rect));
        text::label(&mut left, name);
        ui.vertical(value);
    });
}
