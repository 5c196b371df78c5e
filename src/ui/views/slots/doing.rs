//! Sending off what is done with the ways in, and what the page shows meanwhile.

use super::moving::MoveStep;
use super::{Doing, Step, WaysPage};
use crate::ui::action::{Actions, Purpose};
use crate::ui::shared::Later;
use crate::vault::SlotId;
use crate::worker::{Command, NewWay, SlotKind, WayIn};

impl WaysPage {
    pub(super) fn add(&mut self, new: NewWay, out: &mut Actions) {
        out.send(Command::AddWay(new), Purpose::AddWay);
        // A sheet stays until its slot is there: what is on paper by then should not be for nothing.
        if !matches!(self.step, Step::Sheet(_)) {
            self.go(Step::List, out);
        }
        self.end = None;
        self.doing = Some(Doing::Adding { begun: false });
    }

    pub(super) fn repair(&mut self, out: &mut Actions) {
        self.go(Step::List, out);
        self.doing = Some(Doing::Repairing);
        out.send(Command::RepairWays, Purpose::Repair);
    }

    pub(super) fn rotate(&mut self, command: Command, out: &mut Actions) {
        self.end = None;
        self.keys = Later::Pending;
        out.send(command, Purpose::Rotate);
    }

    /// Begins to move from this way in's KMS key to another.
    pub(super) fn move_from(&mut self, slot: SlotId, out: &mut Actions) {
        let kind = self.way(slot).map(|way| &way.kind);
        let Some(SlotKind::Kms { arn }) = kind else { return };
        let step = MoveStep::of(slot, arn.clone());
        self.go(Step::Move(Box::new(step)), out);
    }

    /// The way in of this slot, as it was told last.
    pub(super) fn way(&self, slot: SlotId) -> Option<&WayIn> {
        self.ways.ready()?.ways.iter().find(|way| way.slot == slot)
    }
}
