//! An item's versions: which there are, and what can be done with each.

use egui::{Align, Layout, Ui};
use lucide_icons::Icon;

use crate::ui::action::Actions;
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::tokens::{size, space};
use crate::ui::views::parts;
use crate::ui::widgets::{Button, button, card, text};
use crate::ui::wording::keeping;
use crate::vault::{Kind, Retention, RevisionView};
use crate::worker::Problem;

/// An item's versions, newest first.
#[derive(Debug)]
pub struct History(Later<Vec<RevisionView>>);

/// What was chosen among the versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Show this one; `None` is the current one.
    Version(Option<u32>),
    /// Make this one the current one again.
    Restore(u32),
    /// New keys for all of them.
    NewKeys,
    /// Show none.
    Close,
}

/// What is going on with the versions.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The earlier one that is shown.
    pub shown: Option<u32>,
    /// The one that is being brought back.
    pub restoring: Option<u32>,
    /// For how long the vault keeps versions.
    pub retention: Retention,
}

impl Default for History {
    fn default() -> Self {
        Self(Later::Pending)
    }
}

impl History {
    /// Here they are.
    pub fn ready(&mut self, revisions: Vec<RevisionView>) {
        self.0 = Later::Ready(revisions);
    }

    /// They can't be listed.
    pub fn failed(&mut self, problem: Problem) {
        self.0 = Later::Failed(problem);
    }

    /// Draws them.
    pub fn show(&mut self, ui: &mut Ui, kind: &Kind, now: Now, shared: &Shared, out: &mut Actions) -> Option<Chosen> {
        let mut chosen = None;
        card::show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            ui.horizontal(|ui| {
                text::heading(ui, "Versions");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if button::icon_button(ui, Icon::X, "Close the versions").clicked() {
                        chosen = Some(Chosen::Close);
                    }
                });
            });
            match &self.0 {
                Later::Idle | Later::Pending => parts::waiting(ui, "Listing the versions…"),
                Later::Failed(problem) => {
                    parts::apply(parts::problem(ui, problem), out);
                }
                Later::Ready(revisions) => {
                    let numbers: Vec<u32> = revisions.iter().rev().map(|revision| revision.number).collect();
                    text::small(ui, keeping::limit(now.retention, kind, &numbers));
                    ui.add_space(space::XS);
                    if now.retention.goes_with_the_next(kind, numbers.len()) > 0 {
                        text::small(ui, "Restoring one removes none.");
                    }
                    egui::ScrollArea::vertical().id_salt("versions").max_height(220.0).show(ui, |ui| {
                        for revision in revisions {
                            chosen = row(ui, revision, now, shared).or(chosen);
                        }
                    });
                    if Button::quiet("New keys for all of them…").small().icon(Icon::RefreshCw).show(ui).clicked() {
                        chosen = Some(Chosen::NewKeys);
                    }
                }
            }
        });
        chosen
    }
}

fn row(ui: &mut Ui, revision: &RevisionView, now: Now, shared: &Shared) -> Option<Chosen> {
    let number = revision.number;
    let mut chosen = None;
    ui.push_id(number, |ui| {
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL_SMALL);
            let name = format!("Version {number}");
            let is_shown = now.shown == Some(number) || (now.shown.is_none() && revision.current);
            if is_shown {
                text::strong(ui, name)
            } else {
                text::body(ui, name)
            };
            // The moment is sealed with the content; in the clear there is only the day.
            let mut words = match revision.saved {
                Some(saved) => show::moment(saved, &shared.zone),
                None => show::date(revision.created),
            };
            if revision.length > 0 {
                words.push_str(&format!(" · {}", show::bytes(revision.length)));
            }
            text::small(ui, words);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if revision.current {
                    ui.add_space(space::S + 2.0);
                    text::small(ui, "current");
                    if now.shown.is_some() && named(ui, Button::quiet("Show"), "Show the current version") {
                        chosen = Some(Chosen::Version(None));
                    }
                    return;
                }
                let words = if now.restoring == Some(number) { "Restoring…" } else { "Restore" };
                let restore = Button::quiet(words).enabled(now.restoring.is_none());
                if named(ui, restore, &format!("Restore version {number}")) {
                    chosen = Some(Chosen::Restore(number));
                }
                if is_shown {
                    text::small(ui, "shown");
                } else if named(ui, Button::quiet("Show"), &format!("Show version {number}")) {
                    chosen = Some(Chosen::Version(Some(number)));
                }
            });
        });
    });
    chosen
}

/// A button that a screen reader calls `name`; whether it was pressed.
fn named(ui: &mut Ui, button: Button<'_>, name: &str) -> bool {
    let response = button.small().show(ui);
    parts::named(ui, response, name).clicked()
}
