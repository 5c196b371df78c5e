//! The open vault's ways in: listed, added, retired, taken away, made good, tried.
//!
//! The session is used for moments only, so that items open and save meanwhile: what asks AWS or takes Argon2's second is prepared from
//! [`Ways`] without it, and keys are wrapped a few at a time. Stopping keeps what was wrapped.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::Asked;
use super::holding::Holding;
use super::saving::save_by;
use super::system::{change_settings, load_settings, tell_settings};
use crate::platform::{OutFile, Replace};
use crate::secret::SecretString;
use crate::session::{
    self, EmergencySheet, MadeSlot, NewKey, SessionError, SlotKind, SlotView, Ways, Wrapped, make_good, remember_drill,
};
use crate::vault::{DrillReport, ItemId, SlotId, Watch};
use crate::worker::meter::JobMeter;
use crate::worker::thread::{block_on, on_thread};
use crate::worker::{Drilled, JobKind, NewWay, Problem, RevisionNamed, WayIn, WaysIn, What};

/// So many of the keys that a drill could not open are named.
const NAMED: usize = 200;

pub(super) async fn list(asked: &Asked) -> Result<(), Problem> {
    let home = asked.desk.home()?.clone();
    let look =
        move |session: &mut session::Session| Ok::<_, SessionError>((session.slots()?, session.begun_rekey(&home)?));
    let ((views, keys), begun) = asked.desk.seat.on_thread(look).await??;
    let settings = load_settings(asked).await?.settings;
    let moment = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let way = |view: SlotView| {
        let SlotView { slot, kind, owed, opened } = view;
        let id = slot.id.to_string();
        let memory = settings.slots.get(&id);
        WayIn {
            slot: slot.id,
            kind,
            state: slot.state,
            owed,
            opened,
            profile: settings.slot_profiles.get(&id).cloned(),
            added: moment(memory.and_then(|memory| memory.added)),
            drilled: moment(memory.and_then(|memory| memory.drilled)),
        }
    };
    let ways = views.into_iter().map(way).collect();
    asked.reply.tell(What::Ways(WaysIn { ways, keys, begun }));
    Ok(())
}

async fn ways(asked: &Asked) -> Result<Ways, Problem> {
    asked.desk.seat.with(|session| session.ways()).await
}

pub(super) async fn make_sheet(asked: &Asked) -> Result<(), Problem> {
    let sheet = ways(asked).await?.make_sheet()?;
    asked.reply.tell(What::SheetMade(Arc::new(sheet)));
    Ok(())
}

/// Writes the page to print, readable by its owner alone.
pub(super) async fn save_sheet(
    asked: &Asked,
    sheet: Arc<EmergencySheet>,
    path: PathBuf,
    replace: bool,
) -> Result<(), Problem> {
    let written = path.clone();
    let replace = if replace { Replace::Yes } else { Replace::No };
    let write = move || {
        let mut out = OutFile::create(&path, replace)?;
        let page = sheet.to_page();
        drop(sheet);
        // EXPOSE: written out, which is what the person asked for.
        out.write_all(page.expose().as_bytes()).map_err(|error| out.explain(error))?;
        out.commit()
    };
    on_thread("write", write).await??;
    asked.reply.tell(What::SheetSaved { path: written });
    Ok(())
}

pub(super) async fn add(asked: &Asked, new: NewWay) -> Result<(), Problem> {
    let key = match new {
        NewWay::Kms { profile, key } => NewKey::Kms { profile, key: key.parse()? },
        NewWay::Passphrase(passphrase) => NewKey::Passphrase(passphrase),
        NewWay::Sheet(sheet) => NewKey::Sheet(sheet),
    };
    let (home, seat) = (asked.desk.home()?, &asked.desk.seat);
    let ways = ways(asked).await?;
    let MadeSlot { new, memory } = asked.stop.or(ways.make(home, key)).await??;
    let wrapping = seat.with(|session| session.vault.wrap_for_slot(new)).await?;
    let added = asked.stop.or(wrapping).await??;
    let of = home.clone();
    seat.on_thread(move |session| session.forget_rekey(&of)).await??;
    let slot = {
        let _turn = asked.stop.or(seat.turn()).await??;
        save_by(asked, |vault| vault.add_slot(added)).await?
    };
    // From here on it is there, and whatever stops this is made good by a repair.
    asked.reply.tell(What::WayBegun { slot });
    if let Err(error) = memory.keep(home).await {
        asked.desk.outbox.tell(What::Failed(error.into()));
    }
    tell_settings(asked).await?;
    let made = make_good(&mut Holding::new(asked, JobKind::WrapKeys), Some(slot)).await?;
    asked.reply.tell(What::WayAdded { slot, passed_over: made.passed_over });
    Ok(())
}

pub(super) async fn repair(asked: &Asked) -> Result<(), Problem> {
    let Wrapped { keys, passed_over } = session::repair(&mut Holding::new(asked, JobKind::WrapKeys)).await?;
    asked.reply.tell(What::Repaired { made: keys, passed_over });
    Ok(())
}

/// What is in use for the session itself stays: without it nothing that is saved from then on could be opened before the next unlock.
async fn refuse_own(asked: &Asked, slot: SlotId) -> Result<(), Problem> {
    if ways(asked).await?.opened() == slot { Err(Problem::OwnWay) } else { Ok(()) }
}

pub(super) async fn retire(asked: &Asked, slot: SlotId) -> Result<(), Problem> {
    refuse_own(asked, slot).await?;
    let _turn = asked.stop.or(asked.desk.seat.turn()).await??;
    save_by(asked, move |vault| vault.retire_slot(slot)).await?;
    list(asked).await
}

pub(super) async fn remove(asked: &Asked, slot: SlotId) -> Result<(), Problem> {
    refuse_own(asked, slot).await?;
    {
        let _turn = asked.stop.or(asked.desk.seat.turn()).await??;
        save_by(asked, move |vault| vault.remove_slot(slot)).await?;
    }
    change_settings(asked, move |settings| settings.forget_slot(&slot.to_string())).await?;
    list(asked).await
}

pub(super) async fn change_passphrase(
    asked: &Asked,
    slot: SlotId,
    old: SecretString,
    new: SecretString,
) -> Result<(), Problem> {
    let ways = ways(asked).await?;
    let (slot, config) = asked.stop.or(ways.changed_passphrase(Some(slot), old, new)).await??;
    let _turn = asked.stop.or(asked.desk.seat.turn()).await??;
    save_by(asked, move |vault| vault.change_slot(slot, config)).await?;
    asked.reply.tell(What::PassphraseChanged { slot });
    Ok(())
}

pub(super) async fn drill(asked: &Asked, secret: SecretString) -> Result<(), Problem> {
    let seat = &asked.desk.seat;
    let (slot, provider) = asked.stop.or(ways(asked).await?.open_typed(secret)).await??;
    let total = seat.on_thread(|session| session.vault.count_keys()).await??;
    let meter = JobMeter::new(asked.reply.clone(), asked.stop.clone(), JobKind::Drill, 1, total);
    let meter: Arc<dyn Watch + Send + Sync> = meter.file(String::new(), total);
    let trying = seat.on_thread(move |session| session.vault.drill(slot, provider, meter)).await?;
    // Not `or`: it ends by itself within one key, and holds the recovery key until then.
    let report = on_thread("drill", move || block_on(trying)).await???;
    asked.stop.check()?;
    if report.is_whole() {
        remember_drill(asked.desk.home()?, slot).await?;
        tell_settings(asked).await?;
    }
    let drilled = seat.with(|session| named(session, slot, &report)).await??;
    asked.reply.tell(What::Drilled(drilled));
    Ok(())
}

fn named(session: &session::Session, slot: SlotId, report: &DrillReport) -> Result<Drilled, Problem> {
    let config = session.vault.slots().iter().find(|known| known.id == slot).map(|known| &known.config);
    let kind = config.map_or(Ok::<_, SessionError>(SlotKind::Passphrase), SlotKind::of)?;
    let name = |(item, revision): &(ItemId, u32)| RevisionNamed {
        item: *item,
        title: session.vault.summary(*item).ok().map(|summary| summary.title.duplicate()),
        revision: *revision,
    };
    Ok(Drilled {
        slot,
        kind,
        opened: report.opened,
        owed: report.owed.len() as u64,
        failed: report.failed.len() as u64,
        missing: report.failed.iter().chain(&report.owed).take(NAMED).map(name).collect(),
        at: Timestamp::now(),
    })
}

pub(super) async fn put_hint_aside(asked: &Asked) -> Result<(), Problem> {
    let vault = asked.desk.seat.with(|session| session.vault.id().to_string()).await?;
    let now = Timestamp::now().as_second();
    change_settings(asked, move |settings| {
        settings.recovery_hints_put_aside.insert(vault, now);
    })
    .await
}
