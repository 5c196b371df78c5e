//! What there is, being ticked, and what it is sealed under.

use std::collections::HashSet;

use egui::{Align, Layout, ScrollArea, Ui};

use super::Pressed;
use crate::secret::SecretString;
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::views::parts;
use crate::ui::views::protection::Protection;
use crate::ui::widgets::{Button, SecretEdit, button, card, notice, progress, text, tick};
use crate::ui::wording::import;
use crate::worker::{AwsProfiles, Found, NotOffered};

/// How many rows of profiles are shown at once, at most and at least: see [`card::rows_in_sight`].
const MOST: f32 = 4.5;
const FEWEST: f32 = 2.5;
/// What the page needs beside the list of profiles, in points, for the passphrase to be in sight as well.
const REST: f32 = 560.0;
/// How high the list of what can't be had is at most, in points.
const MOST_REFUSED: f32 = 110.0;

/// Profiles being chosen.
#[derive(Debug)]
pub(super) struct Choosing {
    there: AwsProfiles,
    chosen: Vec<bool>,
    protection: Protection,
    region: SecretEdit,
    storing: Option<(usize, usize)>,
}

impl Choosing {
    /// Everything is ticked that replaces nothing, and asks nobody but AWS.
    pub fn of(there: AwsProfiles, region: Option<&str>) -> Self {
        let known = known(&there);
        let mut fresh: HashSet<&str> = HashSet::new();
        let mut chosen = Vec::with_capacity(there.found.len());
        for found in &there.found {
            // Sources stand before those that take their credentials.
            let is_fresh = !known.contains(found.name.as_str())
                && !found.is_elsewhere
                && found.source.as_ref().is_none_or(|source| fresh.contains(source.as_str()));
            if is_fresh {
                fresh.insert(&found.name);
            }
            chosen.push(is_fresh);
        }
        let region = region.map(parts::edit_of).unwrap_or_default();
        Self { there, chosen, protection: Protection::default(), region, storing: None }
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui) -> Pressed {
        let mut pressed = Pressed::Nothing;
        ui.add_enabled_ui(self.storing.is_none(), |ui| {
            if self.there.found.is_empty() {
                if let Some(way_on) = self.nothing(ui) {
                    pressed = way_on;
                }
            } else {
                card::show(ui, |ui| self.list(ui));
            }
            // Beside what is ticked: the button at the foot is in view all the time.
            self.remarks(ui);
            if !self.there.refused.is_empty() {
                ui.add_space(space::M);
                if let Some(region) = card::show(ui, |ui| refused(ui, &self.there.refused, &mut self.region)) {
                    pressed = Pressed::Look(Some(region));
                }
            }
            if self.has_protectable() {
                ui.add_space(space::M);
                let seals = self.seals();
                if card::show(ui, |ui| self.protection.show(ui, seals)) && self.is_ready() {
                    pressed = Pressed::Store;
                }
            }
        });
        pressed
    }

    /// How far it has come, where it stores.
    pub fn progress(&self, ui: &mut Ui) {
        let Some((done, total)) = self.storing else { return };
        parts::waiting(ui, &format!("{} of {} in the keyring…", show::grouped(done as u64), count(total)));
        ui.add_space(space::XS);
        progress::bar(ui, "Storing profiles", done as f32 / total.max(1) as f32);
        ui.add_space(space::M);
    }

    /// Whether there is anything to be imported.
    pub fn is_empty(&self) -> bool {
        self.there.found.is_empty()
    }

    /// Says what was looked at, and what to do.
    fn nothing(&self, ui: &mut Ui) -> Option<Pressed> {
        let needs_region = self.there.refused.iter().any(|one| one.needs_region);
        let words = import::nothing_found(&self.there.files, !self.there.refused.is_empty(), needs_region);
        // Where a region is missing, the button beside it looks again.
        super::nothing(ui, &words, !needs_region)
    }

    fn list(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            text::strong(ui, format!("{} found", count(self.there.found.len())));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if button::link(ui, "None").clicked() {
                    self.chosen.fill(false);
                }
                if button::link(ui, "All").clicked() {
                    self.chosen.fill(true);
                }
            });
        });
        text::small_elided(ui, &format!("In {}", import::listed(&self.there.files)));
        ui.add_space(space::S);
        let known = known(&self.there);
        let mut toggled = None;
        let most = card::rows_in_sight(ui, tick::ROW, REST, (FEWEST, MOST));
        let area = ScrollArea::vertical().id_salt("found").max_height(most).auto_shrink([false, true]);
        card::scroll(ui, area, space::M, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for (number, (found, on)) in self.there.found.iter().zip(&self.chosen).enumerate() {
                let second = import::found(found, known.contains(found.name.as_str()));
                let row = ui.push_id(number, |ui| tick::row(ui, *on, &found.name, &second));
                if row.inner.clicked() {
                    toggled = Some(number);
                }
            }
        });
        if let Some(number) = toggled {
            self.toggle(number);
        }
    }

    /// Whose credentials one takes comes along; without it, those that take its credentials stay behind.
    fn toggle(&mut self, number: usize) {
        let found = &self.there.found;
        let on = !self.chosen[number];
        self.chosen[number] = on;
        if on {
            let mut source = found[number].source.as_deref();
            while let Some(at) = source.and_then(|name| found.iter().position(|one| one.name == name)) {
                self.chosen[at] = true;
                source = found[at].source.as_deref().filter(|_| at != number);
            }
        } else {
            let mut without: HashSet<&str> = HashSet::from([found[number].name.as_str()]);
            // Sources stand before those that take their credentials.
            for (one, chosen) in found.iter().zip(&mut self.chosen) {
                if one.source.as_ref().is_some_and(|source| without.contains(source.as_str())) {
                    *chosen = false;
                    without.insert(&one.name);
                }
            }
        }
    }

    /// What is worth knowing of those that are ticked.
    fn remarks(&self, ui: &mut Ui) {
        let known = known(&self.there);
        let replaced: Vec<&str> =
            self.ticked().map(|found| found.name.as_str()).filter(|name| known.contains(name)).collect();
        if !replaced.is_empty() {
            ui.add_space(space::M);
            let happened = format!("{} here already", if replaced.len() == 1 { "One is" } else { "Some are" });
            let to_do = format!("The credentials of {} are replaced, and what protects them.", replaced.join(", "));
            notice::plain(ui, notice::Tone::Warning, &happened, &to_do);
        }
        let elsewhere: Vec<String> = self.ticked().filter(|found| found.is_elsewhere).filter_map(asks).collect();
        if !elsewhere.is_empty() {
            ui.add_space(space::M);
            let to_do = format!(
                "{} Whoever answers there gets what is meant for AWS. Import only what you know.",
                elsewhere.join(" ")
            );
            notice::plain(ui, notice::Tone::Warning, "Not everything here asks AWS", &to_do);
        }
        let notes: Vec<String> = self
            .ticked()
            .flat_map(|found| found.notes.iter().map(move |note| format!("{}: {note}", found.name)))
            .collect();
        if !notes.is_empty() {
            ui.add_space(space::M);
            notice::plain(ui, notice::Tone::Plain, "Not everything comes along", &notes.join("\n"));
        }
    }

    fn ticked(&self) -> impl Iterator<Item = &Found> {
        self.there.found.iter().zip(&self.chosen).filter(|(_, chosen)| **chosen).map(|(found, _)| found)
    }

    /// What a passphrase would seal.
    fn seals(&self) -> &'static str {
        match self.ticked().filter(|found| found.protectable).count() {
            1 => "this profile's key",
            _ => "the keys of these profiles",
        }
    }

    fn has_protectable(&self) -> bool {
        self.ticked().any(|found| found.protectable)
    }

    /// Whether what has something to seal is sealed.
    pub fn protects(&self) -> bool {
        self.has_protectable() && self.protection.chosen().is_some()
    }

    /// What the button says.
    pub fn words(&self) -> String {
        match (self.storing, self.ticked().count()) {
            (Some(_), _) => "Importing…".to_owned(),
            (None, 0) => "Import".to_owned(),
            (None, ticked) => format!("Import {}", count(ticked)),
        }
    }

    pub fn is_ready(&self) -> bool {
        let sealed = !self.has_protectable() || self.protection.is_ready();
        self.storing.is_none() && sealed && self.ticked().next().is_some()
    }

    pub fn is_storing(&self) -> bool {
        self.storing.is_some()
    }

    /// What is wanted, and the passphrase, once everything is there; from now on nothing can be changed.
    pub fn begin(&mut self) -> Option<(Vec<String>, Option<SecretString>)> {
        if !self.is_ready() {
            return None;
        }
        let names: Vec<String> = self.ticked().map(|found| found.name.clone()).collect();
        let protect = self.protection.chosen().filter(|_| self.has_protectable());
        self.storing = Some((0, names.len()));
        Some((names, protect))
    }

    pub fn stored(&mut self, done: usize, total: usize) {
        self.storing = Some((done, total));
    }

    pub fn stopped(&mut self) {
        self.storing = None;
    }
}

/// What can't be had, and why; a region, where somebody said one to look with.
fn refused(ui: &mut Ui, refused: &[NotOffered], region: &mut SecretEdit) -> Option<String> {
    text::strong(ui, format!("{} can't be imported", count(refused.len())));
    ui.add_space(space::XS);
    let area = ScrollArea::vertical().id_salt("refused").max_height(MOST_REFUSED).auto_shrink([false, true]);
    card::scroll(ui, area, space::M, |ui| {
        for one in refused {
            text::small(ui, format!("{}: {}.", one.name, one.why));
        }
    });
    if !refused.iter().any(|one| one.needs_region) {
        return None;
    }
    ui.add_space(space::S);
    let submitted =
        parts::field(ui, "Region of profiles that name none", region, |f| f.placeholder("eu-west-1")).submitted;
    let said = Some(parts::plain(region)).filter(|region| !region.is_empty());
    let pressed = Button::new("Look again").small().enabled(said.is_some()).show(ui).clicked();
    said.filter(|_| pressed || submitted)
}

fn asks(found: &Found) -> Option<String> {
    Some(format!("{} asks {}.", found.name, found.endpoint.as_ref()?))
}

fn count(profiles: usize) -> String {
    show::count(profiles as u64, "profile")
}

/// The names that were taken when the files were read.
fn known(there: &AwsProfiles) -> HashSet<&str> {
    there.profiles.iter().map(|profile| profile.name.as_str()).collect()
}
