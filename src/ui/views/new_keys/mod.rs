//! New keys for the vault, for what is old in it, or for one item: for what, what that takes, what has to be typed, how far it is, and what
//! came of it.
//!
//! Owns: what is typed for ways in that this session does not have, and the titles in the plan and the report. Invariant: both go with the
//! lock; what was typed goes as soon as it was used.

mod plan;
mod report;
mod typed;

use egui::{Align, Layout, Ui};
use lucide_icons::Icon;

use super::parts;
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::jobs::{self, Jobs};
use crate::ui::shared::Shared;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::toasts::Toast;
use crate::ui::widgets::{Button, SecretEdit, card, choice, progress, text};
use crate::ui::wording::{self, Fix, ways};
use crate::vault::RekeyScope;
use crate::worker::{Command, JobKind, PlannedRekey, Problem, RekeyRun, RekeyStep, RekeyedKeys, Resume, What};
use typed::Typed;

/// Keys that are older than this many days, unless the person says otherwise.
const DAYS: u32 = 365;

/// What stopping means.
const STOPS: &str = "You can go on working meanwhile, and stop it at any time: what is done stays done, everything opens, and it goes on with \
                     the rest later.";

/// The page that makes new keys.
#[derive(Debug)]
pub struct NewKeysPage {
    scope: RekeyScope,
    /// The age in days, as it is typed.
    days: SecretEdit,
    typed: Typed,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The age is being typed.
    Choosing,
    Planning,
    Planned(Box<PlannedRekey>),
    /// The plan comes back where what was typed opens nothing.
    Running(Box<PlannedRekey>),
    Failed(Problem),
    Done(Box<RekeyedKeys>),
}

impl NewKeysPage {
    /// The page for this, where the person chooses no other; it asks the worker what that takes.
    pub fn new(scope: RekeyScope, out: &mut Actions) -> Self {
        let days = parts::edit_of(&scope.older_than_days.unwrap_or(DAYS).to_string());
        let mut page = Self { scope, days, typed: Typed::default(), state: State::Planning };
        page.plan(out);
        page
    }

    /// Whether there is something that stays when the page is left: new keys that are being made, or what came of it.
    pub fn is_busy(&self) -> bool {
        matches!(self.state, State::Running(_) | State::Done(_))
    }

    /// Whether somebody who wants this is shown this page, which was left: there is one such work at a time.
    pub fn stays_for(&self, scope: &RekeyScope) -> bool {
        matches!(self.state, State::Running(_)) || (self.is_busy() && self.scope == *scope)
    }

    /// It is left: what was typed goes, and is typed again where it turns out to open nothing.
    pub fn leave(&mut self) {
        self.typed.clear();
    }

    /// Where it goes back to.
    pub fn back(&self) -> Place {
        if self.scope.items.is_some() { Place::Back } else { Place::Ways }
    }

    fn plan(&mut self, out: &mut Actions) {
        self.plan_to(Resume::GoOn, out);
    }

    fn plan_to(&mut self, resume: Resume, out: &mut Actions) {
        let step = RekeyStep::Plan(self.scope.clone(), resume);
        self.typed = Typed::default();
        self.state = State::Planning;
        out.send(Command::Rekey(step), Purpose::PlanNewKeys);
        out.push(Action::Forget);
    }

    fn begin(&mut self, planned: Box<PlannedRekey>, out: &mut Actions) {
        let missing = planned.plan.missing.iter().map(|(slot, _)| *slot).collect();
        let run =
            RekeyRun { scope: planned.scope.clone(), resume: planned.plan.resume, missing, typed: self.typed.texts() };
        self.state = State::Running(planned);
        out.send(Command::Rekey(RekeyStep::Run(run)), Purpose::NewKeys);
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, shared: &Shared, jobs: &Jobs, out: &mut Actions) {
        card::column(ui, size::FORM + 200.0, |ui| {
            if parts::page_head(ui, self.title(), "For when somebody who had the keys is not to read what comes next.")
            {
                out.go(self.back());
            }
            if !self.is_busy() && self.scope.items.is_none() {
                self.choose(ui, out);
                ui.add_space(space::L);
            }
            match &self.state {
                State::Choosing => {}
                State::Planning => parts::waiting(ui, "Counting the keys…"),
                State::Planned(_) => self.planned(ui, shared, out),
                State::Running(_) => self.running(ui, jobs, out),
                State::Failed(problem) => {
                    let words = wording::of(problem);
                    let again = words.fix == Some(Fix::TryAgain);
                    let fix = parts::say(ui, &words);
                    ui.add_space(space::M);
                    text::small(ui, "Everything opens. What was sealed again stays so, and the rest has its old keys.");
                    ui.add_space(space::L);
                    // One of the two is enough.
                    let left = !again && Button::new("See what is left").icon(Icon::RefreshCw).show(ui).clicked();
                    if parts::apply(fix, out).is_some() || left {
                        self.plan(out);
                    }
                }
                State::Done(done) => {
                    if report::show(ui, done, out) {
                        // It was read.
                        self.state = State::Choosing;
                        out.go(self.back());
                    }
                }
            }
        });
    }

    fn title(&self) -> &'static str {
        match self.scope.items.as_deref() {
            None => "New keys",
            Some([_]) => "New keys for this item",
            Some(_) => "New keys for some items",
        }
    }

    fn choose(&mut self, ui: &mut Ui, out: &mut Actions) {
        let old = self.scope.older_than_days.is_some();
        if let Some(old) = choice::bar(ui, "For", old, &[(false, "Everything"), (true, "Only what is older than…")]) {
            self.scope.older_than_days = old.then_some(DAYS);
            self.days = parts::edit_of(&DAYS.to_string());
            self.plan(out);
            return;
        }
        if !old {
            return;
        }
        ui.add_space(space::M);
        let typed = parts::plain(&self.days).parse::<u32>().ok();
        let field = ui.scope(|ui| {
            ui.set_max_width(size::FORM / 2.0);
            parts::field(ui, "Older than so many days", &mut self.days, |field| field.wrong(typed.is_none()))
        });
        if field.inner.changed {
            self.state = State::Choosing;
        }
        if !matches!(self.state, State::Choosing) {
            return;
        }
        let typed = parts::plain(&self.days).parse::<u32>().ok();
        let pressed = Button::primary("See what it takes").enabled(typed.is_some()).show(ui).clicked();
        if let Some(days) = typed.filter(|_| pressed || field.inner.submitted) {
            self.scope.older_than_days = Some(days);
            self.plan(out);
        }
    }

    fn planned(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let State::Planned(planned) = &self.state else { return };
        plan::show(ui, planned, shared);
        if plan::is_empty(planned) {
            return;
        }
        let submitted = self.typed.show(ui, &planned.plan.missing, shared, out);
        ui.add_space(space::M);
        plan::meaning(ui, planned);
        ui.add_space(space::L);
        let ready = self.typed.is_complete();
        let begun = planned.plan.begun.is_some();
        let words = if begun { "Go on" } else { "Make new keys" };
        let (mut pressed, mut anew) = (false, false);
        ui.horizontal_wrapped(|ui| {
            pressed = Button::primary(words).icon(Icon::KeyRound).enabled(ready).show(ui).clicked();
            anew = begun && Button::quiet("Begin anew").icon(Icon::RotateCcw).show(ui).clicked();
        });
        if begun {
            ui.add_space(space::XS);
            text::small(
                ui,
                "Begin anew to give new keys also to what has got one since then. Nothing that was done is lost.",
            );
        }
        if anew {
            self.plan_to(Resume::Anew, out);
        } else if ready
            && (pressed || submitted)
            && let State::Planned(planned) = std::mem::replace(&mut self.state, State::Planning)
        {
            self.begin(planned, out);
        }
    }

    fn running(&mut self, ui: &mut Ui, jobs: &Jobs, out: &mut Actions) {
        let job = jobs.of(JobKind::Rekey);
        if job.is_some() && self.typed.clear() {
            // It was used.
            out.push(Action::Forget);
        }
        card::show(ui, |ui| {
            ui.horizontal(|ui| {
                let words = if job.is_none() { "Preparing the new keys…" } else { "Opening and sealing again…" };
                parts::waiting(ui, words);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if Button::new("Stop").small().show(ui).clicked() {
                        out.push(Action::Cancel(Purpose::NewKeys));
                    }
                });
            });
            if let Some(job) = job {
                ui.add_space(space::S);
                progress::bar(ui, "Making new keys", job.part());
                ui.add_space(space::XS);
                text::small(ui, jobs::numbers(job));
            }
        });
        ui.add_space(space::S);
        text::small(ui, STOPS);
    }

    /// Something happened.
    pub fn told(&mut self, what: What, out: &mut Actions) {
        match what {
            // One that was asked for before another was wanted is of no use.
            What::RekeyPlanned(planned) if matches!(self.state, State::Planning) && planned.scope == self.scope => {
                self.typed = Typed::of(&planned.plan.missing);
                self.state = State::Planned(planned);
            }
            What::Rekeyed(done) => {
                self.typed = Typed::default();
                self.state = State::Done(done);
                out.push(Action::Forget);
            }
            _ => {}
        }
    }

    /// A plan, or the work, failed.
    pub fn failed(&mut self, purpose: Purpose, problem: Problem, out: &mut Actions) {
        let was = std::mem::replace(&mut self.state, State::Planning);
        self.state = match (purpose, was, problem) {
            (Purpose::NewKeys, State::Running(_), Problem::Cancelled) => return self.plan(out),
            (Purpose::NewKeys, State::Running(planned), problem) if typed::is_wrong(&problem) => {
                self.typed.refused(&planned.plan.missing, problem);
                out.push(Action::Forget);
                State::Planned(planned)
            }
            (_, _, problem) => {
                self.typed = Typed::default();
                out.push(Action::Forget);
                State::Failed(problem)
            }
        };
    }

    /// What is said in passing where nobody looks.
    pub fn said(&self) -> Option<Toast> {
        match &self.state {
            State::Done(done) if report::is_whole(done) => Some(Toast::done(report::happened(done))),
            State::Done(_) => Some(Toast::problem("Not everything could be sealed again.", "“New keys” says what.")),
            State::Failed(problem) => {
                let words = wording::of(problem);
                Some(Toast::problem(words.happened, words.to_do))
            }
            // Why the work did not begin.
            State::Planned(_) => {
                let words = ways::typed(self.typed.problem()?);
                Some(Toast::problem(words.happened, words.to_do))
            }
            State::Choosing | State::Planning | State::Running(_) => None,
        }
    }
}
