//! Another KMS key in the place of one of the vault's: planned, and done a batch at a time.
//!
//! The session is used for moments only, as for wrapping what is owed. Stopping keeps what was moved, and the vault opens as before.

use std::sync::Arc;

use super::Asked;
use super::saving::save_by;
use super::system::tell_settings;
use crate::session::{
    BATCH, MovesBy, NotMoved, OnTheWay, ProviderError, Rewrap, Rewrapped, Rewrapper, SAMPLE, Session, SessionError,
    may_go_otherwise,
};
use crate::vault::{Moving, SlotId, ToMove, VaultError};
use crate::worker::meter::{FileMeter, JobMeter};
use crate::worker::stop::StopReason;
use crate::worker::{JobKind, MoveTo, MovedKeys, PlannedMove, Problem, RevisionNamed, What};

/// So many of the keys that could not be moved are named.
const NAMED: usize = 200;

async fn prepare(asked: &Asked, to: MoveTo) -> Result<Arc<Rewrap>, Problem> {
    let MoveTo { slot, profile, key } = to;
    let (home, key) = (asked.desk.home()?, key.parse()?);
    let ways = asked.desk.seat.with(|session| session.ways()).await?;
    Ok(Arc::new(asked.stop.or(ways.prepare_rewrap(home, Some(slot), &profile, &key)).await??))
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
    let Some((from, _)) = rewrap.from else { return Err(SessionError::NotAKmsSlot.into()) };
    let (by, mover) = begin(asked, &rewrap, from).await?;
    let mut done = Rewrapped { by: Some(by), ..Rewrapped::default() };
    let seat = &asked.desk.seat;
    let to = rewrap.to;
    while !done.is_replaced {
        let Moving { keys, damaged, pages, .. } =
            seat.on_thread(move |session| session.vault.moving(from, Some(to))).await??;
        let keys: Vec<ToMove> = keys.into_iter().filter(|key| !done.has_tried(key)).collect();
        done.pages = pages;
        if !keys.is_empty() {
            move_all(asked, &rewrap, (from, &mover), keys, &mut done).await?;
            continue;
        }
        done.not_moved.extend(damaged.into_iter().map(NotMoved::damaged));
        if !done.not_moved.is_empty() || pages > 0 {
            break;
        }
        let provider = rewrap.provider();
        let proving = seat.on_thread(move |session| session.vault.drill_sample(to, provider, SAMPLE)).await?;
        if let Err(error) = asked.stop.or(proving).await? {
            if matches!(error, VaultError::Provider(ProviderError::WrongKey)) {
                // What was moved can't be told from what was not: the next time begins anew.
                let _turn = asked.stop.or(seat.turn()).await??;
                save_by(asked, move |vault| vault.remove_slot(to)).await?;
            }
            return Err(error.into());
        }
        let _turn = asked.stop.or(seat.turn()).await??;
        done.is_replaced = save_by(asked, move |vault| vault.replace_slot(from, to)).await?;
    }
    if done.is_replaced {
        let taken = Arc::clone(&rewrap);
        let vault = seat.with(|session| session.take_over(&taken, from)).await?;
        rewrap.remember_replaced(asked.desk.home()?, from, vault).await;
        tell_settings(asked).await?;
    }
    let proven = Arc::clone(&rewrap);
    let done = seat.on_thread(move |session| session.proved(&proven, done)).await??;
    let (old, new) = arns(&rewrap);
    let moved = seat.with(|session| named(session, old, new, done)).await?;
    asked.reply.tell(What::KeysMoved(Box::new(moved)));
    Ok(())
}

/// Sees to it that the new slot is there, proved by opening the list's key with it.
async fn begin(asked: &Asked, rewrap: &Arc<Rewrap>, from: SlotId) -> Result<(MovesBy, Arc<dyn Rewrapper>), Problem> {
    let seat = &asked.desk.seat;
    let mut refused = None;
    for (by, mover) in rewrap.movers() {
        let begun = |session: &mut Session| session.vault.move_index(from, rewrap.new_slot(), Arc::clone(mover));
        let moving = seat.with(begun).await?;
        let added = match asked.stop.or(moving).await? {
            Err(error) if may_go_otherwise(&error) => {
                refused.get_or_insert(error);
                continue;
            }
            added => added?,
        };
        if rewrap.is_begun {
            seat.with(|session| session.vault.bring(rewrap.to, rewrap.provider())).await?;
        } else {
            let _turn = asked.stop.or(seat.turn()).await??;
            save_by(asked, |vault| vault.add_slot(added)).await?;
            rewrap.memory().keep(asked.desk.home()?).await?;
        }
        return Ok((by.clone(), Arc::clone(mover)));
    }
    Err(refused.map_or(SessionError::NotAKmsSlot.into(), Problem::from))
}

async fn move_all(
    asked: &Asked,
    rewrap: &Arc<Rewrap>,
    (from, mover): (SlotId, &Arc<dyn Rewrapper>),
    keys: Vec<ToMove>,
    done: &mut Rewrapped,
) -> Result<(), Problem> {
    let seat = &asked.desk.seat;
    let total = keys.len() as u64;
    let meter = JobMeter::new(asked.reply.clone(), asked.stop.clone(), JobKind::MoveKeys, 1, total);
    let meter: Arc<FileMeter> = meter.file(String::new(), total);
    for batch in keys.chunks(BATCH) {
        let (batch, first) = (batch.to_vec(), done.moved == 0);
        let (rewrap, mover) = (Arc::clone(rewrap), Arc::clone(mover));
        let begin = move |session: &mut Session| {
            session.vault.move_wraps(&batch, (from, rewrap.to), &mover, rewrap.paceful(), first)
        };
        let moves = seat.on_thread(begin).await??;
        let mut on_the_way = OnTheWay::default();
        let stopped = asked.stop.or(on_the_way.drive(moves, &*meter)).await;
        if asked.stop.reason() == Some(StopReason::Locked) {
            return Err(Problem::Locked);
        }
        let OnTheWay { wraps, not_moved, stopped: failed } = on_the_way;
        done.moved += wraps.len() as u64;
        done.not_moved.extend(not_moved);
        let turn = seat.turn().await?;
        save_by(asked, |vault| vault.put_wraps(wraps)).await?;
        drop(turn);
        stopped?;
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
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
