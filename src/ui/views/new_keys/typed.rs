//! What has to be typed before the list gets a new key: that goes to every way in, and each has to be here for it.

use egui::Ui;

use crate::secret::SecretString;
use crate::ui::action::{Actions, Place};
use crate::ui::shared::Shared;
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::views::parts;
use crate::ui::widgets::{SecretEdit, button, card, text};
use crate::ui::wording::ways;
use crate::vault::SlotId;
use crate::worker::{Problem, SlotKind};

/// A passphrase or a code for each way in that takes one.
#[derive(Debug, Default)]
pub(super) struct Typed {
    edits: Vec<SecretEdit>,
    /// Why what was typed was refused.
    problem: Option<Problem>,
    focus: bool,
}

/// Whether it is about what was typed.
pub(super) fn is_wrong(problem: &Problem) -> bool {
    matches!(problem, Problem::WrongPassphrase | Problem::MistypedCode)
}

fn by_hand(missing: &[(SlotId, SlotKind)]) -> impl Iterator<Item = &(SlotId, SlotKind)> {
    missing.iter().filter(|(_, kind)| !matches!(kind, SlotKind::Kms { .. }))
}

impl Typed {
    /// Empty fields for these ways in.
    pub fn of(missing: &[(SlotId, SlotKind)]) -> Self {
        Self { edits: by_hand(missing).map(|_| SecretEdit::default()).collect(), problem: None, focus: true }
    }

    /// Whether there is something in every field.
    pub fn is_complete(&self) -> bool {
        self.edits.iter().all(|edit| !edit.is_empty())
    }

    /// What is in the fields.
    pub fn texts(&self) -> Vec<SecretString> {
        self.edits.iter().map(|edit| edit.text().duplicate()).collect()
    }

    /// Forgets what was typed; whether there was any.
    pub fn clear(&mut self) -> bool {
        !std::mem::take(&mut self.edits).is_empty()
    }

    /// Why what was typed was refused, if it was.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// One of them opens nothing.
    pub fn refused(&mut self, missing: &[(SlotId, SlotKind)], problem: Problem) {
        if self.edits.is_empty() {
            *self = Self::of(missing);
        }
        self.edits.iter_mut().for_each(SecretEdit::select_all);
        (self.problem, self.focus) = (Some(problem), true);
    }

    /// Draws the fields; whether Enter was pressed in one.
    pub fn show(&mut self, ui: &mut Ui, missing: &[(SlotId, SlotKind)], shared: &Shared, out: &mut Actions) -> bool {
        if missing.is_empty() {
            return false;
        }
        let mut submitted = false;
        ui.add_space(space::M);
        card::show(ui, |ui| {
            text::heading(ui, "Every way in is needed once");
            text::weak(ui, "New keys go to each of them, and these did not open the vault this time.");
            ui.add_space(space::S);
            for (_, kind) in missing.iter().filter(|(_, kind)| matches!(kind, SlotKind::Kms { .. })) {
                let words = "It is asked by the AWS profile that this computer knows for it.";
                text::label(ui, ways::full_name(kind));
                text::small(ui, words);
                ui.add_space(space::S);
            }
            let mut first = std::mem::take(&mut self.focus);
            let mut changed = false;
            for (edit, way) in self.edits.iter_mut().zip(by_hand(missing)) {
                let (label, wrong, focus) = (label(way, missing, shared), self.problem.is_some(), first);
                let field = ui.push_id(way.0, |ui| {
                    parts::field(ui, &label, edit, |field| field.hidden().wrong(wrong).focus(focus))
                });
                submitted |= field.inner.submitted;
                changed |= field.inner.changed;
                first = false;
            }
            if changed {
                self.problem = None;
            }
            if let Some(problem) = &self.problem {
                let mut words = ways::typed(problem);
                if self.edits.len() > 1 {
                    words.happened = "One of these opens nothing here.".to_owned();
                }
                parts::say(ui, &words);
                ui.add_space(space::S);
            }
            let lost = "Is one of them lost? Remove it first";
            if button::link(ui, lost).clicked() {
                out.go(Place::Ways);
            }
        });
        submitted
    }
}

/// What a field is called: by what the way in is, and where there are several of these, by when it was added here.
fn label(way: &(SlotId, SlotKind), missing: &[(SlotId, SlotKind)], shared: &Shared) -> String {
    let (slot, kind) = way;
    let name = match kind {
        SlotKind::Sheet => "Code on the emergency sheet",
        kind => ways::name(kind),
    };
    let alike: Vec<SlotId> = missing.iter().filter(|(_, other)| other == kind).map(|(slot, _)| *slot).collect();
    let Some(place) = alike.iter().position(|other| other == slot).filter(|_| alike.len() > 1) else {
        return name.to_owned();
    };
    let added = shared.settings.slots.get(&slot.to_string()).and_then(|memory| memory.added);
    let added = added.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    match added {
        Some(added) => format!("{name} {}, added {}", place + 1, show::day(added, &shared.zone)),
        None => format!("{name} {}", place + 1),
    }
}
