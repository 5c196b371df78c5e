//! The page where the worker can't begin: why, what to do, and the same once more. It stays until that works.

use egui::Ui;

use super::parts;
use crate::ui::action::{Actions, Purpose};
use crate::ui::route::View;
use crate::ui::shared::Shared;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{card, text};
use crate::ui::wording::{self, Fix};
use crate::worker::{Command, Problem, What};

/// The page where the worker can't begin.
#[derive(Debug)]
pub struct Unready {
    problem: Problem,
    trying: bool,
}

impl Unready {
    /// Says why.
    pub fn new(problem: Problem) -> Self {
        Self { problem, trying: false }
    }
}

impl View for Unready {
    fn show(&mut self, ui: &mut Ui, _shared: &Shared, out: &mut Actions) {
        card::column(ui, size::FORM + 40.0, |ui| {
            parts::above(ui, 240.0);
            parts::mark(ui);
            ui.add_space(space::L);
            text::body(ui, "Sealkeep can't begin: it has no place for its settings.");
            ui.add_space(space::S);
            let pressed =
                ui.add_enabled_ui(!self.trying, |ui| parts::say(ui, &wording::beginning(&self.problem))).inner;
            if pressed == Some(Fix::TryAgain) {
                self.trying = true;
                out.send(Command::Start, Purpose::Start);
            }
        });
    }

    fn told(&mut self, _purpose: Option<Purpose>, _what: What, _shared: &Shared, _out: &mut Actions) {}

    fn failed(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem> {
        if purpose != Purpose::Start {
            return Some(problem);
        }
        *self = Self::new(problem);
        None
    }
}
