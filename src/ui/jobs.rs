//! The jobs that run and those that just ended, in a panel at the foot of the window.
//!
//! Owns: what is known of each job. Names of files are the person's own and come from outside the vault.

use egui::{Align2, Area, Context, CornerRadius, Frame, Id, Margin, Order, Stroke, Ui, vec2};
use lucide_icons::Icon;

use super::theme::{self, tokens::radius, tokens::size, tokens::space};
use super::widgets::{Button, button, icon, progress, text};
use super::{show, wording};
use crate::worker::{JobEnd, JobKind, JobOutcome, Progress, RequestId};

const WIDTH: f32 = 380.0;

/// The jobs.
#[derive(Debug, Default)]
pub struct Jobs {
    running: Vec<Running>,
    ended: Vec<Ended>,
    folded: bool,
}

#[derive(Debug)]
struct Running {
    request: RequestId,
    progress: Progress,
    cancelling: bool,
}

#[derive(Debug)]
struct Ended {
    request: RequestId,
    kind: JobKind,
    outcome: JobOutcome,
}

impl Jobs {
    /// Notes how far a job has come.
    pub fn progress(&mut self, request: RequestId, progress: Progress) {
        match self.running.iter_mut().find(|job| job.request == request) {
            Some(job) => job.progress = progress,
            None => self.running.push(Running { request, progress, cancelling: false }),
        }
    }

    /// Notes how a job ended; returns what to say in passing, where nothing was left out.
    pub fn ended(&mut self, request: RequestId, fallback: JobKind, outcome: JobOutcome) -> Option<String> {
        let kind = self.drop_running(request).unwrap_or(fallback);
        let said =
            wording::job_ended(kind, outcome.end, outcome.items.len(), outcome.files.len(), outcome.left_out.len());
        if outcome.left_out.is_empty() && outcome.end != JobEnd::Stopped {
            return Some(said);
        }
        self.ended.push(Ended { request, kind, outcome });
        None
    }

    /// Forgets a job that failed, or was answered otherwise.
    pub fn drop_running(&mut self, request: RequestId) -> Option<JobKind> {
        let index = self.running.iter().position(|job| job.request == request)?;
        Some(self.running.remove(index).progress.kind)
    }

    /// Forgets the jobs that ended: names of files that were put into a vault are not for whoever comes after its lock.
    pub fn lock(&mut self) {
        self.ended.clear();
    }

    /// All jobs together, for the status bar: how many, and which part of them is done.
    pub fn total(&self) -> Option<(usize, f32)> {
        if self.running.is_empty() {
            return None;
        }
        let (done, total) = self
            .running
            .iter()
            .fold((0, 0), |(done, total), job| (done + job.progress.done, total + job.progress.total));
        Some((self.running.len(), crate::worker::part(done, total)))
    }

    /// How far the job of this kind is, if one runs.
    pub fn of(&self, kind: JobKind) -> Option<&Progress> {
        self.running.iter().map(|job| &job.progress).find(|progress| progress.kind == kind)
    }

    /// Draws the panel; returns a job to cancel. What a page shows itself is `elsewhere`.
    pub fn show(&mut self, ctx: &Context, elsewhere: impl Fn(JobKind) -> bool) -> Option<RequestId> {
        let hidden = |job: &Running| elsewhere(job.progress.kind);
        if self.running.iter().all(hidden) && self.ended.is_empty() {
            self.folded = false;
            return None;
        }
        let mut cancelled = None;
        let mut closed = None;
        let offset = vec2(-space::L, -(size::STATUS + space::L));
        Area::new(Id::unique("jobs")).anchor(Align2::RIGHT_BOTTOM, offset).order(Order::Middle).show(ctx, |ui| {
            let p = theme::palette(ui);
            Frame::NONE
                .fill(p.raised)
                .stroke(Stroke::new(1.0, p.line))
                .corner_radius(CornerRadius::same(radius::LARGE))
                .inner_margin(Margin::same(space::L as i8))
                .shadow(egui::Shadow { offset: [0, 6], blur: 24, spread: 0, color: p.shadow })
                .show(ui, |ui| {
                    ui.set_width(WIDTH);
                    ui.spacing_mut().item_spacing.y = space::XS;
                    self.head(ui);
                    if self.folded {
                        return;
                    }
                    egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                        for job in self.running.iter_mut().filter(|job| !hidden(job)) {
                            if job.show(ui) {
                                job.cancelling = true;
                                cancelled = Some(job.request);
                            }
                        }
                        for job in &self.ended {
                            if job.show(ui) {
                                closed = Some(job.request);
                            }
                        }
                    });
                });
        });
        if let Some(request) = closed {
            self.ended.retain(|job| job.request != request);
        }
        cancelled
    }

    fn head(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            text::strong(ui, if self.running.is_empty() { "Done" } else { "Working" });
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let (picture, name) =
                    if self.folded { (Icon::ChevronUp, "Show the jobs") } else { (Icon::ChevronDown, "Fold the jobs") };
                if button::icon_button(ui, picture, name).clicked() {
                    self.folded = !self.folded;
                }
            });
        });
    }
}

impl Running {
    /// Draws it; returns whether it should be cancelled.
    fn show(&self, ui: &mut Ui) -> bool {
        let progress = &self.progress;
        let mut cancel = false;
        ui.push_id(("job", self.request.to_string()), |ui| {
            ui.add_space(space::XS);
            ui.horizontal(|ui| {
                let room = ui.available_width() - 80.0;
                ui.vertical(|ui| {
                    ui.set_width(room);
                    ui.spacing_mut().item_spacing.y = 2.0;
                    text::label(ui, wording::job(progress.kind));
                    if !progress.current.is_empty() {
                        text::elided(ui, &progress.current);
                    }
                });
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let words = if self.cancelling { "Cancelling" } else { "Cancel" };
                    cancel = Button::new(words).small().enabled(!self.cancelling).show(ui).clicked();
                });
            });
            progress::bar(ui, wording::job(progress.kind), progress.part());
            text::small(ui, numbers(progress));
        });
        cancel
    }
}

/// How far a job is, in numbers.
pub fn numbers(progress: &Progress) -> String {
    if matches!(progress.kind, JobKind::WrapKeys | JobKind::MoveKeys | JobKind::Drill) {
        return format!("{} of {}", show::grouped(progress.done), show::count(progress.total, "key"));
    }
    let mut parts = Vec::with_capacity(4);
    if progress.files_total > 1 {
        let what = if progress.kind == JobKind::Check { "version" } else { "file" };
        parts.push(format!("{} of {}", show::grouped(progress.files_done), show::count(progress.files_total, what)));
    }
    parts.push(format!("{} of {}", show::bytes(progress.done), show::bytes(progress.total)));
    if let Some(speed) = progress.per_second {
        parts.push(format!("{}/s", show::bytes(speed)));
    }
    if let Some(left) = progress.left {
        parts.push(show::left(left));
    }
    parts.join(" · ")
}

impl Ended {
    /// Draws what was left out, and why; returns whether it was read.
    fn show(&self, ui: &mut Ui) -> bool {
        let p = theme::palette(ui);
        let outcome = &self.outcome;
        let mut read = false;
        ui.push_id(("ended", self.request.to_string()), |ui| {
            ui.add_space(space::XS);
            ui.horizontal(|ui| {
                icon::show(ui, Icon::TriangleAlert, size::ICON, p.warning);
                let said = wording::job_ended(
                    self.kind,
                    outcome.end,
                    outcome.items.len(),
                    outcome.files.len(),
                    outcome.left_out.len(),
                );
                text::strong(ui, said);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    read = button::icon_button(ui, Icon::X, "Dismiss").clicked();
                });
            });
            for (path, problem) in outcome.left_out.iter().take(50) {
                let words = wording::of(problem);
                text::elided(ui, &show::file_name(path)).on_hover_text(path.to_string_lossy());
                text::small(ui, format!("{} {}", words.happened, words.to_do));
            }
            if outcome.left_out.len() > 50 {
                text::small(ui, format!("and {} more", outcome.left_out.len() - 50));
            }
        });
        read
    }
}
