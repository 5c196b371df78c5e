//! New keys for the open vault: planned, and made a batch at a time.
//!
//! The session is used for moments only, so that items open and save meanwhile. Stopping keeps what was sealed again, and everything opens
//! as before. What was typed is used up before the first revision is opened.

use super::Asked;
use super::holding::Holding;
use super::system::tell_settings;
use crate::secret::SecretString;
use crate::session::{RekeyPlan, Rekeyed, Resume, Session, SessionError, SlotKind};
use crate::vault::{ItemId, RekeyScope, SlotId};
use crate::worker::stop::StopReason;
use crate::worker::{JobKind, PlannedRekey, Problem, RekeyRun, RekeyStep, RekeyedKeys, RevisionNamed, What};

/// So many of what can't be sealed again are named.
const NAMED: usize = 200;

pub(super) async fn step(asked: &Asked, step: RekeyStep) -> Result<(), Problem> {
    match step {
        RekeyStep::Plan(scope, resume) => plan(asked, scope, resume).await,
        RekeyStep::Run(run) => make(asked, run).await,
    }
}

async fn plan(asked: &Asked, scope: RekeyScope, resume: Resume) -> Result<(), Problem> {
    let (home, of) = (asked.desk.home()?.clone(), scope.clone());
    let planning = move |session: &mut Session| session.plan_rekey(&home, &of, resume);
    let plan = asked.desk.seat.on_thread(planning).await??;
    let planned = asked.desk.seat.with(|session| planned(session, scope, plan)).await?;
    asked.reply.tell(What::RekeyPlanned(Box::new(planned)));
    Ok(())
}

async fn make(asked: &Asked, run: RekeyRun) -> Result<(), Problem> {
    let RekeyRun { scope, resume, missing, typed } = run;
    let (ways, kinds) = asked.desk.seat.with(|session| (session.ways(), kinds(session))).await?;
    let kinds = kinds?;
    let rekey = asked.stop.or(ways.prepare_rekey(asked.desk.home()?, (scope, resume), &missing, typed)).await??;
    let rekeyed = rekey.drive(&mut Holding::new(asked, JobKind::Rekey)).await;
    // However it ended, a way in may be remembered no more. A lock does not wait for that.
    let told = match asked.stop.reason() {
        Some(StopReason::Locked) => Ok(()),
        _ => tell_settings(asked).await,
    };
    let done = rekeyed?;
    told?;
    let rekeyed = asked.desk.seat.with(|session| rekeyed_keys(session, done, &kinds)).await?;
    asked.reply.tell(What::Rekeyed(Box::new(rekeyed)));
    Ok(())
}

/// What each way in is: one that goes can't be asked any more.
fn kinds(session: &Session) -> Result<Vec<(SlotId, SlotKind)>, SessionError> {
    session.vault.slots().iter().map(|slot| Ok((slot.id, SlotKind::of(&slot.config)?))).collect()
}

fn planned(session: &Session, scope: RekeyScope, plan: RekeyPlan) -> PlannedRekey {
    let title = match scope.items.as_deref() {
        Some([item]) => title_of(session, *item),
        _ => None,
    };
    let name = |(item, revision): &(ItemId, u32)| named(session, *item, *revision);
    let damaged = plan.rekeying.damaged.iter().take(NAMED).map(name).collect();
    PlannedRekey { scope, plan, title, damaged }
}

fn rekeyed_keys(session: &Session, done: Rekeyed, kinds: &[(SlotId, SlotKind)]) -> RekeyedKeys {
    let missing = done.not_rekeyed.iter().take(NAMED).map(|key| named(session, key.item, key.revision)).collect();
    let removed = kinds.iter().filter(|(slot, _)| done.removed.contains(slot)).map(|(_, kind)| kind.clone()).collect();
    RekeyedKeys { done, missing, removed, ways: kinds.to_vec() }
}

fn named(session: &Session, item: ItemId, revision: u32) -> RevisionNamed {
    RevisionNamed { item, title: title_of(session, item), revision }
}

fn title_of(session: &Session, item: ItemId) -> Option<SecretString> {
    session.vault.summary(item).ok().map(|summary| summary.title.duplicate())
}
