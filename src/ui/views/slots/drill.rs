//! The drill: what somebody has on paper, or in mind, is typed as if all else were gone.

use egui::{Align, Layout, Ui};
use lucide_icons::Icon;

use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::jobs::Jobs;
use crate::ui::shared::Shared;
use crate::ui::show;
use crate::ui::theme::{self, tokens::space};
use crate::ui::toasts::Toast;
use crate::ui::views::named_rows::{self, NamedRow};
use crate::ui::views::parts;
use crate::ui::widgets::{Button, SecretEdit, card, icon, notice, progress, text};
use crate::ui::wording::ways;
use crate::vault::ItemId;
use crate::worker::{Command, Drilled, JobKind, Problem};

/// A drill.
#[derive(Debug)]
pub(super) struct Drill {
    typed: SecretEdit,
    state: State,
    focus: bool,
}

#[derive(Debug)]
enum State {
    Typing,
    Running,
    Failed(Problem),
    Done(Drilled),
}

/// What was pressed.
pub(super) enum Pressed {
    Repair,
    Item(ItemId),
    Close,
}

impl Default for Drill {
    fn default() -> Self {
        Self { typed: SecretEdit::default(), state: State::Typing, focus: true }
    }
}

impl Drill {
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running)
    }

    pub fn told(&mut self, report: Drilled) {
        self.typed = SecretEdit::default();
        self.state = State::Done(report);
    }

    pub fn failed(&mut self, problem: Problem) {
        self.focus = true;
        self.typed.select_all();
        self.state = if problem == Problem::Cancelled { State::Typing } else { State::Failed(problem) };
    }

    /// What is said in passing where nobody looks any more.
    pub fn said(&self) -> Option<Toast> {
        match &self.state {
            State::Done(report) if report.owed + report.failed == 0 => Some(Toast::done("Recovery opens everything")),
            State::Done(report) => {
                let missing = show::count(report.owed + report.failed, "key");
                Some(Toast::problem(format!("Recovery does not open {missing}."), "Ways in says which."))
            }
            State::Failed(problem) => {
                let words = ways::typed(problem);
                Some(Toast::problem(words.happened, words.to_do))
            }
            State::Typing | State::Running => None,
        }
    }

    pub fn show(&mut self, ui: &mut Ui, shared: &Shared, jobs: &Jobs, out: &mut Actions) -> Option<Pressed> {
        if let State::Done(report) = &self.state {
            return result(ui, report, shared);
        }
        let running = self.is_running();
        let wrong = matches!(self.state, State::Failed(Problem::WrongPassphrase | Problem::MistypedCode));
        let focus = !running && std::mem::take(&mut self.focus);
        let label = "Recovery passphrase or code";
        let field = ui.add_enabled_ui(!running, |ui| {
            parts::field(ui, label, &mut self.typed, |field| field.hidden().wrong(wrong).focus(focus))
        });
        if field.inner.changed && wrong {
            self.state = State::Typing;
        }
        let mut again = false;
        if let State::Failed(problem) = &self.state {
            again = parts::apply(parts::say(ui, &ways::typed(problem)), out).is_some();
            ui.add_space(space::M);
        }
        if running {
            ui.horizontal(|ui| {
                parts::waiting(ui, "Trying every key…");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if Button::new("Cancel").small().show(ui).clicked() {
                        out.push(Action::Cancel(Purpose::Drill));
                    }
                });
            });
            if let Some(job) = jobs.of(JobKind::Drill) {
                ui.add_space(space::S);
                progress::bar(ui, "Trying recovery", job.part());
                text::small(ui, format!("{} of {}", show::grouped(job.done), show::count(job.total, "key")));
            }
            return None;
        }
        let ready = !self.typed.is_empty();
        let pressed = Button::primary("Try it").icon(Icon::LifeBuoy).enabled(ready).show(ui).clicked();
        if ready && (pressed || again || field.inner.submitted) {
            self.state = State::Running;
            out.send(Command::Drill { secret: self.typed.text().duplicate() }, Purpose::Drill);
        }
        None
    }
}

fn result(ui: &mut Ui, report: &Drilled, shared: &Shared) -> Option<Pressed> {
    let name = ways::name(&report.kind);
    let day = show::day(report.at, &shared.zone);
    let mut pressed = None;
    if report.owed + report.failed == 0 {
        good(
            ui,
            &format!("{name}: it opens everything"),
            &format!("All {} of this vault opened with it alone, on {day}.", show::count(report.opened, "key")),
        );
    } else {
        let missing = report.owed + report.failed;
        let happened = format!(
            "{name}: it does not open {} of {}",
            show::grouped(missing),
            show::count(report.opened + missing, "key")
        );
        let (tone, to_do) = if report.failed == 0 {
            (
                notice::Tone::Warning,
                "They are not wrapped for it yet. Repair does that, where their key can be reached.",
            )
        } else {
            (notice::Tone::Problem, "Save the items below anew while they open: each save makes a fresh key.")
        };
        notice::show(ui, tone, &happened, to_do, |ui| {
            if report.owed > 0 {
                ui.add_space(space::XS);
                if Button::new("Repair").small().show(ui).clicked() {
                    pressed = Some(Pressed::Repair);
                }
            }
        });
        ui.add_space(space::M);
        let rows: Vec<NamedRow<'_>> = report
            .missing
            .iter()
            .map(|missing| NamedRow {
                item: Some(missing.item),
                title: missing.title.as_ref(),
                words: format!("Version {}", missing.revision),
                leads: true,
            })
            .collect();
        card::show(ui, |ui| {
            if let Some(item) = named_rows::show(ui, &rows) {
                pressed = Some(Pressed::Item(item));
            }
        });
    }
    ui.add_space(space::L);
    if Button::new("Done").show(ui).clicked() {
        pressed = Some(Pressed::Close);
    }
    pressed
}

/// A card that says that all is well.
pub fn good(ui: &mut Ui, happened: &str, more: &str) {
    let p = theme::palette(ui);
    card::show(ui, |ui| {
        ui.horizontal_top(|ui| {
            icon::show(ui, Icon::CircleCheck, 22.0, p.success);
            ui.add_space(space::XS);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                let label = text::strong(ui, happened);
                crate::ui::widgets::speech::announce(ui, &label, happened, false);
                text::small(ui, more);
            });
        });
    });
}
