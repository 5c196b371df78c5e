//! Coming to the page in order to move to another KMS key: where the vault has one alone, it is not asked for.

use super::{End, Step, WaysPage};
use crate::ui::action::Actions;
use crate::vault::{SlotId, SlotState};
use crate::worker::{SlotKind, WayIn};

/// What somebody came to the page for, until the list is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wanted {
    /// To see it.
    List,
    /// To move from this way in's KMS key to another, or from the only one in use.
    Move(Option<SlotId>),
}

impl WaysPage {
    /// Somebody wants to move to another KMS key, away from that of `from` or from the only one: at once, or when the list is there.
    /// Nothing that goes on is left for it.
    pub fn wants_move(&mut self, from: Option<SlotId>, out: &mut Actions) {
        self.wanted = Wanted::Move(from);
        self.go_to_move(out);
    }

    pub(super) fn go_to_move(&mut self, out: &mut Actions) {
        let (Some(list), Wanted::Move(from)) = (self.ways.ready(), self.wanted) else { return };
        let active = |way: &&WayIn| matches!(way.kind, SlotKind::Kms { .. }) && way.state == SlotState::Active;
        let meant = |way: &&WayIn| from.is_none_or(|from| way.slot == from);
        let keys: Vec<_> = list.ways.iter().filter(active).filter(meant).map(|way| way.slot).collect();
        self.wanted = Wanted::List;
        if self.is_busy() || !matches!(self.step, Step::List) {
            return;
        }
        let (happened, more) = match keys.as_slice() {
            [slot] => return self.move_from(*slot, out),
            [] if from.is_some() => {
                let more =
                    "Nothing new is saved for it, so that there is nothing to move. It opens what it opened before.";
                ("This KMS key is not in use any more", more)
            }
            [] => (
                "This vault has no KMS key that is in use",
                "There is nothing to move. To use one, add it as a way in.",
            ),
            _ => ("This vault has several KMS keys", "Choose the one that is to be replaced."),
        };
        self.end = Some(End::Done(happened.to_owned(), more.to_owned()));
    }
}
