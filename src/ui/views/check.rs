//! Checking everything that the vault has, and what was found.
//!
//! Owns: the report, with the titles that are in it. Invariant: it goes with the lock.

use egui::{Align, Layout, Ui};
use lucide_icons::Icon;

use super::named_rows::{self, NamedRow};
use super::parts;
use super::slots::good;
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::jobs::Jobs;
use crate::ui::shared::Shared;
use crate::ui::show;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::toasts::Toast;
use crate::ui::widgets::{Button, card, notice, progress, text};
use crate::ui::wording::{self, salvage::SALVAGE};
use crate::worker::{Checked, Command, JobKind, KeyDescription, Problem, ProblemNamed, What};

/// The page that checks the vault.
#[derive(Debug, Default)]
pub struct CheckPage {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ready,
    Running,
    Failed(Problem),
    Done(Box<Checked>),
}

impl CheckPage {
    /// Whether there is something that stays when the page is left: a check that runs, or what one found.
    pub fn is_busy(&self) -> bool {
        matches!(self.state, State::Running | State::Done(_))
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, shared: &Shared, jobs: &Jobs, out: &mut Actions) {
        card::column(ui, size::FORM + 200.0, |ui| {
            let second =
                "Opens every version of every item, and holds it against what was written. Nothing is changed.";
            if parts::page_head(ui, "Check this vault", second) {
                out.go(Place::Back);
            }
            match &self.state {
                State::Ready => self.ready(ui, shared, out),
                State::Running => running(ui, jobs, out),
                State::Failed(problem) => {
                    let fix = parts::problem(ui, problem);
                    ui.add_space(space::M);
                    if parts::apply(fix, out).is_some() {
                        self.begin(out);
                        return;
                    }
                    self.ready(ui, shared, out);
                }
                State::Done(report) => {
                    done(ui, report, shared, out);
                    ui.add_space(space::L);
                    if Button::new("Check again").icon(Icon::RefreshCw).show(ui).clicked() {
                        self.begin(out);
                    }
                }
            }
        });
    }

    fn ready(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        card::show(ui, |ui| {
            text::weak(ui, "It runs beside everything else: you can go on working, and stop it at any time.");
            if let Some(KeyDescription::Kms { .. }) = shared.open.as_ref().map(|open| &open.key) {
                ui.add_space(space::XS);
                text::weak(
                    ui,
                    "AWS KMS is asked once for each version. AWS bills those calls, and CloudTrail lists them.",
                );
            }
            ui.add_space(space::M);
            if Button::primary("Check everything").icon(Icon::ShieldCheck).show(ui).clicked() {
                self.begin(out);
            }
        });
    }

    fn begin(&mut self, out: &mut Actions) {
        self.state = State::Running;
        out.send(Command::CheckVault, Purpose::Check);
    }

    /// Something happened.
    pub fn told(&mut self, what: What) {
        if let What::Checked(report) = what {
            self.state = State::Done(Box::new(report));
        }
    }

    /// The check failed.
    pub fn failed(&mut self, problem: Problem) {
        self.state = if problem == Problem::Cancelled { State::Ready } else { State::Failed(problem) };
    }

    /// What is said in passing where nobody looks.
    pub fn said(&self) -> Option<Toast> {
        match &self.state {
            State::Done(report) if report.problems.is_empty() && report.unopened == 0 => {
                Some(Toast::done("The vault was checked: all is well"))
            }
            State::Done(report) if report.problems.is_empty() => {
                let what = show::count(report.unopened, "version");
                Some(Toast::problem(format!("The check could not look at {what}."), "“Check this vault” says why."))
            }
            State::Done(report) => {
                let found = show::count(report.found, "problem");
                Some(Toast::problem(format!("The check found {found}."), "“Check this vault” lists them."))
            }
            State::Failed(problem) => {
                let words = wording::of(problem);
                Some(Toast::problem(words.happened, words.to_do))
            }
            State::Ready | State::Running => None,
        }
    }
}

fn running(ui: &mut Ui, jobs: &Jobs, out: &mut Actions) {
    card::show(ui, |ui| {
        ui.horizontal(|ui| {
            parts::waiting(ui, "Checking…");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if Button::new("Cancel").small().show(ui).clicked() {
                    out.push(Action::Cancel(Purpose::Check));
                }
            });
        });
        if let Some(job) = jobs.of(JobKind::Check).filter(|job| job.files_total > 0) {
            ui.add_space(space::S);
            progress::bar(ui, "Checking", job.part());
            ui.add_space(space::XS);
            text::small(ui, crate::ui::jobs::numbers(job));
        }
    });
}

fn done(ui: &mut Ui, report: &Checked, shared: &Shared, out: &mut Actions) {
    let extent = format!(
        "{} · {} · {} · {}",
        show::count(report.items, "item"),
        show::count(report.revisions, "version"),
        show::bytes(report.bytes),
        took(report.time)
    );
    let day = show::moment(report.at, &shared.zone);
    if report.problems.is_empty() && report.unopened == 0 {
        good(ui, "Everything is as it was written", &format!("{extent} · {day}"));
        return;
    }
    if report.unopened > 0 {
        unopened(ui, report.unopened, out);
        ui.add_space(space::M);
    }
    if report.problems.is_empty() {
        text::small(ui, format!("The others are as they were written · {extent} · {day}"));
        return;
    }
    let happened = format!("{} found", show::count(report.found, "problem"));
    let to_do = "What is intact still opens. Look at each item: another version of it may be whole. What is lost here may be in a \
                 backup of the vault.";
    notice::plain(ui, notice::Tone::Problem, &happened, to_do);
    ui.add_space(space::M);
    if Button::new(SALVAGE).icon(Icon::LifeBuoy).show(ui).clicked() {
        out.go(Place::SalvageThis);
    }
    ui.add_space(space::M);
    let listed = report.problems.len() as u64;
    if listed < report.found {
        text::small(ui, format!("The first {}:", show::grouped(listed)));
        ui.add_space(space::S);
    }
    let rows: Vec<NamedRow<'_>> = report.problems.iter().map(row).collect();
    card::show(ui, |ui| {
        if let Some(item) = named_rows::show(ui, &rows) {
            out.go(Place::Item(item));
        }
    });
    ui.add_space(space::S);
    text::small(ui, format!("{extent} · {day}"));
}

/// What the way in that opened the vault does not open, and the way on.
fn unopened(ui: &mut Ui, versions: u64, out: &mut Actions) {
    let were = if versions == 1 { "was" } else { "were" };
    let happened = format!("{} could not be looked at", show::count(versions, "version"));
    let to_do = format!(
        "The vault was opened by a retired way in, which does not open what {were} saved since. Lock the vault, open it in another \
         way, and check again."
    );
    notice::plain(ui, notice::Tone::Warning, &happened, &to_do);
    ui.add_space(space::S);
    if Button::new("Lock").small().icon(Icon::Lock).tip("Ctrl+L").show(ui).clicked() {
        out.push(Action::Lock);
    }
}

fn row(problem: &ProblemNamed) -> NamedRow<'_> {
    NamedRow { item: problem.item, title: problem.title.as_ref(), words: wording::finding(&problem.what), leads: true }
}

fn took(time: std::time::Duration) -> String {
    match time.as_secs() {
        0 => "under a second".to_owned(),
        seconds @ 1..=119 => show::count(seconds, "second"),
        seconds => show::count(seconds / 60, "minute"),
    }
}
