//! An item's versions.

use egui::{Align, Layout, Ui};
use lucide_icons::Icon;

use crate::ui::action::Actions;
use crate::ui::shared::Later;
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::views::parts;
use crate::ui::widgets::{Button, button, card, text};
use crate::vault::RevisionView;
use crate::worker::Problem;

/// An item's versions, newest first.
#[derive(Debug)]
pub struct History(Later<Vec<RevisionView>>);

/// What was chosen among the versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Show this one.
    Revision(u32),
    /// Show none.
    Close,
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
    pub fn show(&mut self, ui: &mut Ui, out: &mut Actions) -> Option<Chosen> {
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
                    egui::ScrollArea::vertical().max_height(220.0).show(ui, |ui| {
                        for revision in revisions {
                            if row(ui, revision) {
                                chosen = Some(Chosen::Revision(revision.number));
                            }
                        }
                    });
                }
            }
        });
        chosen
    }
}

fn row(ui: &mut Ui, revision: &RevisionView) -> bool {
    let mut shown = false;
    ui.push_id(revision.number, |ui| {
        ui.horizontal(|ui| {
            ui.set_min_height(30.0);
            text::body(ui, format!("Version {}", revision.number));
            let day = show::date(revision.created);
            text::small(ui, format!("{day} · {} encrypted", show::bytes(revision.size)));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if revision.current {
                    text::small(ui, "current");
                } else {
                    let response = Button::quiet("Show").small().show(ui);
                    ui.ctx().accesskit_node_builder(response.id, |node| {
                        node.set_label(format!("Show version {}", revision.number));
                    });
                    shown = response.clicked();
                }
            });
        });
    });
    shown
}
