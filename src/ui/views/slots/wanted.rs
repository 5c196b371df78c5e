//! Coming to the page in order to move to another KMS key: the one that the vault has is not asked for.

use super::moving::MoveStep;
use super::{End, Step, WaysPage};
use crate::ui::action::Actions;
use crate::vault::SlotState;
use crate::worker::{SlotKind, WayIn};

impl WaysPage {
    /// Somebody wants to move to another KMS key: at once, or when the list is there. Nothing that goes on is left for it.
    pub fn wants_move(&mut self, out: &mut Actions) {
        self.wants_move = true;
        self.go_to_move(out);
    }

    pub(super) fn go_to_move(&mut self, out: &mut Actions) {
        let Some(list) = self.ways.ready().filter(|_| self.wants_move) else { return };
        let active = |way: &&WayIn| matches!(way.kind, SlotKind::Kms { .. }) && way.state == SlotState::Active;
        let keys: Vec<_> = list.ways.iter().filter(active).map(|way| way.slot).collect();
        self.wants_move = false;
        if self.is_busy() || !matches!(self.step, Step::List) {
            return;
        }
        match keys.as_slice() {
            [slot] => self.go(Step::Move(Box::new(MoveStep::of(*slot))), out),
            [] => {
                let more = "There is nothing to move. To use one, add it as a way in.";
                self.end = Some(End::Done("This vault has no KMS key that is in use".to_owned(), more.to_owned()));
            }
            _ => {
                let more = "Choose the one that is to be replaced.";
                self.end = Some(End::Done("This vault has several KMS keys".to_owned(), more.to_owned()));
            }
        }
    }
}
