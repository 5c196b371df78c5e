//! Another KMS key in the place of one of the vault's: planned, and done a batch at a time.
//!
//! The session is used for moments only, as for wrapping what is owed. Stopping keeps what was moved, and the vault opens as before.

use super::Asked;
use super::holding::Holding;
use super::system::tell_settings;
use crate::session::{NotMoved, Rewrap, Rewrapped, Session};
use crate::worker::stop::StopReason;
use crate::worker::{JobKind, MoveTo, MovedKeys, PlannedMove, Problem, RevisionNamed, What};

/// So many of the keys that could not be moved are named.
const NAMED: usize = 200;

async fn prepare(asked: &Asked, to: MoveTo) -> Result<Rewrap, Problem> {
    let MoveTo { slot, profile, key } = to;
    let (home, key) = (asked.desk.home()?, key.parse()?);
    let ways = asked.desk.seat.with(|session| session.ways()).await?;
    Ok(asked.stop.or(ways.prepare_rewrap(home, Some(slot), &profile, &key)).await??)
}

fn arns(rewrap: &Rewrap) -> (String, String) {
    (rewrap.from.as_ref().map(|(_, old)| old.to_string()).unwrap_or_default(), rewrap.new.to_string())
}

pub(super) async fn plan(asked: &Asked, to: MoveTo) -> Result<(), Problem> {
    let rewrap = prepare(asked, to).await?;
    let (old, new) = arns(&rewrap);
    let plan = asked.desk.seat.on_thread(move |session| session.plan_rewrap(&rewrap)).await??;
    asked.reply.tell(What::MovePlanned(Box::new(PlannedMove { old, new, plan })));
    Ok(())
}

pub(super) async fn run(asked: &Asked, to: MoveTo) -> Result<(), Problem> {
    let rewrap = prepare(asked, to).await?;
    let moved = rewrap.drive(&mut Holding::new(asked, JobKind::MoveKeys)).await;
    // However it ended, another profile may be remembered. A lock does not wait for that.
    let told = match asked.stop.reason() {
        Some(StopReason::Locked) => Ok(()),
        _ => tell_settings(asked).await,
    };
    let done = moved?;
    told?;
    let (old, new) = arns(&rewrap);
    let moved = asked.desk.seat.with(|session| named(session, old, new, done)).await?;
    asked.reply.tell(What::KeysMoved(Box::new(moved)));
    Ok(())
}

fn named(session: &Session, old: String, new: String, done: Rewrapped) -> MovedKeys {
    let name = |key: &NotMoved| RevisionNamed {
        item: key.item,
        title: session.vault.summary(key.item).ok().map(|summary| summary.title.duplicate()),
        revision: key.revision,
    };
    let missing = done.not_moved.iter().take(NAMED).map(name).collect();
    MovedKeys { old, new, done, missing, key: session.key_description() }
}
