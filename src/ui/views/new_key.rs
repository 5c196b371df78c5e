//! Making a KMS key: what it is called and where, then exactly what will be done, and then it is done.
//!
//! Invariant: what is made is what was shown, word for word.

use egui::{ScrollArea, Ui};

use super::parts;
use crate::ui::action::{Actions, Purpose};
use crate::ui::shared::Later;
use crate::ui::theme::tokens::space;
use crate::ui::widgets::{Button, SecretEdit, text};
use crate::ui::wording::{self, Fix, ways};
use crate::worker::{Command, KeyMade, KeyPlan, Problem};

const POLICY_HEIGHT: f32 = 220.0;

/// A KMS key that is to be made.
#[derive(Debug)]
pub struct NewKey {
    profile: String,
    alias: SecretEdit,
    description: SecretEdit,
    region: SecretEdit,
    plan: Later<KeyPlan>,
    making: bool,
    failed: Option<Problem>,
}

impl NewKey {
    /// The form for a key that `profile` makes, in its `region` unless another is typed.
    pub fn new(profile: String, region: &str) -> Self {
        Self {
            profile,
            alias: parts::edit_of("sealkeep"),
            description: parts::edit_of("Made by Sealkeep, for vaults"),
            region: parts::edit_of(region),
            plan: Later::Idle,
            making: false,
            failed: None,
        }
    }

    /// Draws it; whether it is given up.
    pub fn show(&mut self, ui: &mut Ui, out: &mut Actions) -> bool {
        text::strong(ui, "A new KMS key");
        ui.add_space(space::XS);
        if matches!(self.plan, Later::Ready(_)) { self.planned(ui, out) } else { self.form(ui, out) }
    }

    fn form(&mut self, ui: &mut Ui, out: &mut Actions) -> bool {
        let waiting = matches!(self.plan, Later::Pending);
        let mut submitted = false;
        ui.add_enabled_ui(!waiting, |ui| {
            submitted |= parts::field(ui, "Alias", &mut self.alias, |field| field.mono()).submitted;
            submitted |= parts::field(ui, "What it is for", &mut self.description, |field| field).submitted;
            submitted |= parts::field(ui, "Region", &mut self.region, |field| field.mono()).submitted;
        });
        if waiting {
            parts::waiting(ui, "Asking AWS who this profile is, and whether the name is free…");
        }
        if let Later::Failed(problem) = &self.plan {
            submitted |= parts::apply(parts::problem(ui, problem), out) == Some(Fix::TryAgain);
            ui.add_space(space::S);
        }
        let mut left = false;
        ui.horizontal_wrapped(|ui| {
            let ready = !waiting && !parts::plain(&self.alias).is_empty();
            submitted |= Button::primary("Show what will be made").enabled(ready).show(ui).clicked();
            left = Button::quiet("Not now").show(ui).clicked();
        });
        if submitted && !waiting {
            self.plan = Later::Pending;
            let region = parts::plain(&self.region);
            let command = Command::PlanKey {
                profile: self.profile.clone(),
                region: (!region.is_empty()).then_some(region),
                alias: parts::plain(&self.alias),
                description: parts::plain(&self.description),
            };
            out.send(command, Purpose::PlanKey);
        }
        left
    }

    fn planned(&mut self, ui: &mut Ui, out: &mut Actions) -> bool {
        let Later::Ready(plan) = &self.plan else { return false };
        let account =
            ways::account(&format!("arn:aws:kms:r:{}:k", plan.account)).unwrap_or_else(|| plan.account.clone());
        text::weak(
            ui,
            format!(
                "A symmetric key {} in {}, account {account}, whose material AWS replaces every year. It costs about a dollar a month. This user or \
                 role wraps and unwraps with it, and whoever IAM lets in this account, for Sealkeep alone:",
                plan.alias, plan.region
            ),
        );
        text::wrapped_mono(ui, &plan.principal);
        ui.add_space(space::XS);
        text::label(ui, "Its key policy, as it is sent. Nobody can delete the key in less than 30 days.");
        ScrollArea::vertical().id_salt("key policy").max_height(POLICY_HEIGHT).show(ui, |ui| {
            text::wrapped_mono(ui, &plan.policy);
        });
        ui.add_space(space::S);
        if self.making {
            parts::waiting(ui, "Making the key, its alias, and its rotation…");
            return false;
        }
        let mut make = false;
        if let Some(problem) = &self.failed {
            make |= parts::apply(parts::problem(ui, problem), out) == Some(Fix::TryAgain);
            ui.add_space(space::S);
        }
        let mut back = false;
        ui.horizontal_wrapped(|ui| {
            make |= Button::primary("Make this key").show(ui).clicked();
            back = Button::quiet("Change it").show(ui).clicked();
        });
        if make {
            self.making = true;
            self.failed = None;
            out.send(Command::MakeKey { profile: self.profile.clone(), plan: plan.clone() }, Purpose::MakeKey);
        } else if back {
            self.plan = Later::Idle;
            self.failed = None;
        }
        false
    }

    /// What it would take is known.
    pub fn planned_as(&mut self, plan: KeyPlan) {
        self.plan = Later::Ready(plan);
    }

    /// It could not be planned, or not be made.
    pub fn failed(&mut self, purpose: Purpose, problem: Problem) {
        if purpose == Purpose::PlanKey {
            self.plan = Later::Failed(problem);
        } else {
            self.making = false;
            self.failed = Some(problem);
        }
    }
}

/// What is missing of a key that was made; nothing where all of it is there.
pub fn missing(made: &KeyMade) -> Option<String> {
    let said: Vec<String> = made
        .missing
        .iter()
        .map(|(step, problem)| format!("{} {}", wording::kms::missing(*step), wording::of(problem).happened))
        .collect();
    (!said.is_empty()).then(|| said.join(" "))
}
