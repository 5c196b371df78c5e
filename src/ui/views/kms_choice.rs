//! Choosing an AWS profile and a KMS key for a new vault, and trying both before anything is encrypted.

use egui::Ui;
use lucide_icons::Icon;

use super::new_key::{Made, NewKey};
use super::parts;
use super::profile_form::{FormEnd, ProfileForm};
use super::{profile_rows, profiles};
use crate::ui::action::{Actions, Place, Purpose};
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::widgets::{Button, SecretEdit, SecretField, button, card, choice, notice, text};
use crate::ui::wording::{Fix, import, kms, ways};
use crate::worker::{Command, KeyChoice, Problem, ProfileEntry, ProfileReport, What};

/// A profile and a key being chosen.
#[derive(Debug, Default)]
pub struct KmsChoice {
    profile: Option<String>,
    form: Option<ProfileForm>,
    keys: Later<Vec<KeyChoice>>,
    typed: SecretEdit,
    chosen: Option<String>,
    test: Later<ProfileReport>,
    /// Who the profile is whose test failed.
    known: Option<ProfileReport>,
    /// A key that is being made.
    new: Option<NewKey>,
    /// A key that was made, while it is the one that is chosen.
    made: Option<Made>,
    taken: Taken,
}

/// The keys that are no choice, because the vault has them.
#[derive(Debug, Default)]
struct Taken {
    arns: Vec<String>,
    /// What they are: `in use now`.
    what: &'static str,
}

/// What a page needs beside a list of profiles, in points.
const REST: f32 = 360.0;
/// Rows of keys that are shown at once, at most.
const KEYS_SHOWN: usize = 60;

impl KmsChoice {
    /// A choice in which the keys of these ARNs are shown and can't be chosen; `what` says what they are: `in use now`.
    pub fn besides(arns: Vec<String>, what: &'static str) -> Self {
        Self { taken: Taken { arns, what }, ..Self::default() }
    }

    /// The profile and the key's ARN, once AWS has answered for both.
    pub fn tested(&self) -> Option<(String, String)> {
        let report = self.test.ready()?;
        let key = report.key.as_ref().filter(|key| !self.is_taken(&key.arn))?;
        Some((report.profile.clone(), key.arn.clone()))
    }

    /// What the key of this ARN is called, as far as AWS has said so here: `alias/team`.
    pub fn alias(&self, arn: &str) -> Option<&str> {
        let tested = self.test.ready().and_then(|report| report.key.as_ref()).filter(|key| key.arn == arn);
        let listed = self.keys.ready().and_then(|keys| keys.iter().find(|key| key.arn == arn));
        // A list that was asked for before it was made does not have it.
        let made = self.made.as_ref().filter(|made| made.arn == arn);
        let aliases = [
            listed.and_then(|key| key.alias.as_deref()),
            tested.and_then(|key| key.alias.as_deref()),
            made.and_then(|made| made.alias.as_deref()),
        ];
        aliases.into_iter().flatten().next()
    }

    fn is_taken(&self, arn: &str) -> bool {
        self.taken.arns.iter().any(|taken| taken == arn)
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        self.profiles(ui, shared, out);
        if self.profile.is_some() && self.form.is_none() {
            ui.add_space(space::L);
            match &mut self.new {
                Some(new) => {
                    if card::show(ui, |ui| new.show(ui, out)) {
                        self.new = None;
                    }
                    return;
                }
                None => self.keys(ui, shared, out),
            }
        }
        if let Some(made) = &self.made {
            ui.add_space(space::M);
            made.show(ui);
        }
        match &self.test {
            Later::Idle => {}
            Later::Pending => {
                ui.add_space(space::M);
                parts::waiting(ui, "Making and opening a data key with this key…");
            }
            Later::Ready(report) => {
                ui.add_space(space::M);
                profiles::report(ui, report, out);
                foreign(ui, report);
                if report.key.as_ref().is_some_and(|key| self.is_taken(&key.arn)) {
                    ui.add_space(space::S);
                    let happened = format!("This key is {}", self.taken.what);
                    notice::plain(ui, notice::Tone::Warning, &happened, "Choose another one.");
                }
            }
            Later::Failed(problem) => {
                ui.add_space(space::M);
                // Below a list of keys there is little room: what failed comes first.
                let fix = parts::problem(ui, problem);
                if let Some(known) = &self.known {
                    ui.add_space(space::S);
                    profiles::known(ui, known, out);
                }
                if parts::apply(fix, out) == Some(Fix::TryAgain) {
                    self.try_key(out);
                }
            }
        }
    }

    fn profiles(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        if let Some(form) = &mut self.form {
            if card::show(ui, |ui| form.show(ui, out)) == FormEnd::Closed {
                self.form = None;
            }
            return;
        }
        text::label(ui, "AWS profile");
        if shared.settings.profiles.is_empty() {
            text::weak(ui, "A profile says who you are to AWS: an access key, a role, or a sign-in with your browser.");
            ui.add_space(space::XS);
        }
        // What was chosen stands alone, so that what comes next is in sight.
        let all = self.profile.is_none();
        let profiles = &shared.settings.profiles;
        let is_shown = |profile: &&ProfileEntry| all || self.profile.as_ref() == Some(&profile.name);
        let shown: Vec<ProfileEntry> = profiles.iter().filter(is_shown).cloned().collect();
        let height = profile_rows::height(ui, shown.len(), REST);
        if let Some(name) = profile_rows::show(ui, &shown, self.profile.as_deref(), height, false)
            && all
        {
            self.choose_profile(name, out);
        }
        ui.add_space(space::XS);
        if !all {
            if button::link(ui, "Another profile").clicked() {
                *self = Self { taken: std::mem::take(&mut self.taken), ..Self::default() };
            }
            return;
        }
        let (add, take_over) = if shared.settings.profiles.is_empty() {
            (Button::new("Add a profile"), Button::new(import::IMPORT))
        } else {
            (Button::quiet("Add a profile").small(), Button::quiet(import::IMPORT).small())
        };
        ui.horizontal_wrapped(|ui| {
            if add.icon(Icon::Plus).show(ui).clicked() {
                let source = shared.settings.profiles.first().map(|profile| profile.name.as_str());
                self.form = Some(ProfileForm::new(source));
            }
            if take_over.icon(Icon::Download).show(ui).clicked() {
                out.go(Place::Import);
            }
        });
    }

    fn keys(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        text::label(ui, "KMS key");
        if let (Later::Ready(_), Some(chosen)) = (&self.test, &self.chosen) {
            let name = self.alias(chosen).map_or_else(|| show::key_name(chosen), str::to_owned);
            choice::row(ui, true, Icon::KeyRound, &name, chosen);
            ui.add_space(space::XS);
            if button::link(ui, "Another key").clicked() {
                self.chosen = None;
                self.made = None;
                self.test = Later::Idle;
            }
            return;
        }
        let field = SecretField::new(&mut self.typed, "KMS key ARN or alias").mono();
        let field = field.placeholder("Paste an ARN, or choose below").show(ui);
        if field.changed {
            self.test = Later::Idle;
            self.chosen = None;
        }
        let typed = parts::plain(&self.typed);
        if field.submitted && !typed.is_empty() {
            self.chosen = Some(typed.clone());
            self.try_key(out);
        }
        ui.add_space(space::XS);
        let mut pressed = None;
        match &self.keys {
            Later::Idle => {}
            Later::Pending => parts::waiting(ui, "Listing the keys of this profile…"),
            Later::Failed(problem) => {
                let words = crate::ui::wording::of(problem);
                text::small(ui, format!("The keys can't be listed. {} An ARN works all the same.", words.happened));
                if button::link(ui, "List them again").clicked() {
                    pressed = Some(None);
                }
            }
            Later::Ready(keys) if keys.is_empty() => {
                text::small(ui, "This profile sees no keys in its region. Make one, or paste an ARN.");
                if button::link(ui, "List them again").clicked() {
                    pressed = Some(None);
                }
            }
            Later::Ready(keys) => {
                let shown = keys.iter().filter(|key| matches(key, &typed)).take(KEYS_SHOWN);
                for key in shown {
                    ui.push_id(&key.arn, |ui| {
                        let chosen = self.chosen.as_deref() == Some(key.arn.as_str());
                        let name = key.alias.clone().unwrap_or_else(|| show::key_name(&key.arn));
                        let taken = self.is_taken(&key.arn);
                        let fit = !taken && key.state.as_ref().is_none_or(|state| state.unfit.is_none());
                        let second = kms::choice(key);
                        let second = if taken { format!("{} · {second}", self.taken.what) } else { second };
                        // What can't be chosen says why, and is no choice.
                        let row = ui.add_enabled_ui(fit, |ui| {
                            if taken {
                                // To be read all the same.
                                ui.set_opacity(0.8);
                            }
                            choice::row(ui, chosen, Icon::KeyRound, &name, &second).on_hover_text(key.arn.as_str())
                        });
                        if row.inner.clicked() && fit && !chosen {
                            pressed = Some(Some(key.arn.clone()));
                        }
                    });
                }
            }
        }
        match pressed {
            Some(Some(arn)) => {
                self.chosen = Some(arn);
                self.made = None;
                self.try_key(out);
            }
            Some(None) => self.list_keys(out),
            None => {}
        }
        ui.add_space(space::XS);
        if Button::quiet("New key…").small().icon(Icon::Plus).show(ui).clicked()
            && let Some(profile) = &self.profile
        {
            let known = shared.settings.profiles.iter().find(|known| known.name == *profile);
            self.new = Some(NewKey::new(profile.clone(), known.map_or("", |known| known.region.as_str())));
            self.made = None;
        }
        if typed.starts_with("arn:") && self.chosen.is_none() && Button::new("Test this key").show(ui).clicked() {
            self.chosen = Some(typed);
            self.try_key(out);
        }
    }

    fn choose_profile(&mut self, name: String, out: &mut Actions) {
        self.profile = Some(name);
        self.chosen = None;
        self.test = Later::Idle;
        self.list_keys(out);
    }

    /// Asks for the list of keys once more, where there is one.
    pub fn list_again(&mut self, out: &mut Actions) {
        if self.keys.ready().is_some() && self.chosen.is_none() {
            self.list_keys(out);
        }
    }

    fn list_keys(&mut self, out: &mut Actions) {
        let Some(profile) = self.profile.clone() else { return };
        self.keys = Later::Pending;
        out.send(Command::ListKeys { profile }, Purpose::Keys);
    }

    fn try_key(&mut self, out: &mut Actions) {
        let Some(name) = self.profile.clone() else { return };
        (self.test, self.known) = (Later::Pending, None);
        out.send(Command::TestProfile { name, key: self.chosen.clone() }, Purpose::TestProfile);
    }

    /// Something happened.
    pub fn told(&mut self, purpose: Option<Purpose>, what: What, out: &mut Actions) {
        match (purpose, what) {
            (Some(Purpose::Seats), What::Seats(seats)) => {
                if let Some(form) = &mut self.form {
                    form.seats(seats);
                }
            }
            (Some(Purpose::AddProfile), What::Profiles(_)) => {
                if let Some(form) = self.form.take() {
                    self.choose_profile(form.name(), out);
                }
            }
            (_, What::Keys { profile, keys }) if self.profile.as_deref() == Some(profile.as_str()) => {
                self.keys = Later::Ready(keys);
            }
            (_, What::KeyPlanned { profile, plan }) if self.profile.as_deref() == Some(profile.as_str()) => {
                if let Some(new) = &mut self.new {
                    new.planned_as(plan);
                }
            }
            (_, What::KeyMade(made)) if self.profile.as_deref() == Some(made.profile.as_str()) => {
                // Nothing depends on it before a round trip has shown that it works.
                self.made = Some(Made::of(&made, self.new.take().as_ref()));
                self.chosen = Some(made.arn);
                self.try_key(out);
                self.list_keys(out);
            }
            (_, What::ProfileTested(report)) if self.profile.as_deref() == Some(report.profile.as_str()) => {
                self.test = Later::Ready(report);
            }
            (_, What::ProfileKnown(report)) if self.profile.as_deref() == Some(report.profile.as_str()) => {
                self.known = Some(report);
            }
            _ => {}
        }
    }

    /// A command failed.
    pub fn failed(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem> {
        match (purpose, &mut self.form) {
            (Purpose::AddProfile | Purpose::Seats, Some(form)) => form.failed(problem),
            (Purpose::PlanKey | Purpose::MakeKey, _) => match &mut self.new {
                Some(new) => new.failed(purpose, problem),
                None => return Some(problem),
            },
            (Purpose::Keys, _) => self.keys = Later::Failed(problem),
            (Purpose::TestProfile, _) => self.test = Later::Failed(problem),
            _ => return Some(problem),
        }
        None
    }
}

/// Warns where the key is not of the profile's own account: somebody else decides over it.
fn foreign(ui: &mut Ui, report: &ProfileReport) {
    let own = report.principal.as_ref().and(report.account.as_deref());
    let Some(key) = &report.key else { return };
    let of = key.arn.split(':').nth(4);
    if let (Some(own), Some(of)) = (own, of)
        && own != of
    {
        let account = ways::account(&key.arn).unwrap_or_else(|| of.to_owned());
        ui.add_space(space::S);
        let more = "Whoever runs that account can withdraw it, disable it or delete it. Choose it if that is how it should be.";
        notice::plain(ui, notice::Tone::Warning, &format!("This key is another account's: {account}"), more);
    }
}

fn matches(key: &KeyChoice, typed: &str) -> bool {
    let typed = typed.to_lowercase();
    key.arn.to_lowercase().contains(&typed)
        || key.alias.as_ref().is_some_and(|alias| alias.to_lowercase().contains(&typed))
}
