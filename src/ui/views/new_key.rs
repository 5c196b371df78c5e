//! Making a KMS key: what it is called and where, then exactly what will be done, and then it is done.
//!
//! Invariant: what is made is what was shown, word for word.

use egui::{Align, CornerRadius, Frame, Layout, Margin, ScrollArea, Stroke, Ui};
use lucide_icons::Icon;

use super::parts;
use crate::ui::action::{Actions, Purpose};
use crate::ui::shared::Later;
use crate::ui::show;
use crate::ui::theme::{self, tokens::radius, tokens::space};
use crate::ui::widgets::{Button, SecretEdit, facts, notice, text};
use crate::ui::wording::{self, Fix, ways};
use crate::worker::{Command, KeyMade, KeyPlan, MakingStep, Problem};

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
        rows(ui, plan, out);
        ui.add_space(space::M);
        policy(ui, &plan.policy, out);
        ui.add_space(space::M);
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

/// What will be made, word by word.
fn rows(ui: &mut Ui, plan: &KeyPlan, out: &mut Actions) {
    facts::row(ui, "Alias", plan.alias.as_str());
    if !plan.description.is_empty() {
        facts::row(ui, "What it is for", plan.description.as_str());
    }
    facts::row(ui, "Where", format!("{}, account {}", plan.region, ways::grouped(&plan.account)));
    facts::beside(ui, "Who may use it", |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        parts::arn(ui, "who may use it", &plan.principal, out);
        text::small(ui, "And whoever IAM lets in this account, for Sealkeep alone.");
    });
    facts::row(ui, "Rotation", "On: AWS replaces its material every year, and keeps the old");
    facts::row(ui, "Deletion", "Nobody can delete it in less than 30 days");
    facts::row(ui, "Cost", "About 1 US dollar a month; each of its first two rotations adds about another");
}

/// The key policy in a box of its own, which scrolls, and can be copied.
fn policy(ui: &mut Ui, policy: &str, out: &mut Actions) {
    let p = theme::palette(ui);
    ui.horizontal(|ui| {
        text::label(ui, "Its key policy, as it is sent");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let button = Button::quiet("Copy").small().icon(Icon::Copy).show(ui);
            if parts::named(ui, button, "Copy the key policy").clicked() {
                out.copy_plain(policy, "Key policy");
            }
        });
    });
    Frame::NONE
        .fill(p.field)
        .stroke(Stroke::new(1.0, p.outline))
        .corner_radius(CornerRadius::same(radius::MEDIUM))
        .inner_margin(Margin::same(space::M as i8))
        .show(ui, |ui| {
            ScrollArea::vertical()
                .id_salt("key policy")
                .max_height(POLICY_HEIGHT)
                .min_scrolled_height(POLICY_HEIGHT)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    text::wrapped_mono(ui, policy);
                });
        });
}

/// A key that was made, and what it has not.
#[derive(Debug)]
pub struct Made {
    /// Its ARN.
    pub arn: String,
    /// What it is called: `alias/team`; nothing where it did not get its name.
    pub alias: Option<String>,
    missing: Option<String>,
}

impl Made {
    /// What came of `form`, where that is still there.
    pub fn of(made: &KeyMade, form: Option<&NewKey>) -> Self {
        let has_alias = made.missing.iter().all(|(step, _)| *step != MakingStep::Alias);
        let planned = form.and_then(|form| form.plan.ready()).filter(|_| has_alias);
        let said: Vec<String> = made
            .missing
            .iter()
            .map(|(step, problem)| format!("{} {}", wording::kms::missing(*step), wording::of(problem).happened))
            .collect();
        let missing = (!said.is_empty()).then(|| said.join(" "));
        Self { arn: made.arn.clone(), alias: planned.map(|plan| plan.alias.clone()), missing }
    }

    /// Says so.
    pub fn show(&self, ui: &mut Ui) {
        let name = self.alias.clone().unwrap_or_else(|| format!("The {}", show::kms_key(&self.arn)));
        match &self.missing {
            None => {
                let more = "AWS replaces its material every year, and nobody can delete it in less than 30 days.";
                notice::plain(ui, notice::Tone::Good, &format!("{name} was made"), more);
            }
            Some(missing) => {
                let happened = format!("{name} was made, and not everything could be done");
                notice::plain(ui, notice::Tone::Warning, &happened, missing);
            }
        }
    }
}
