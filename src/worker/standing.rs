//! How the open vault's ways in stand: whether something is owed, and whether recovery is there and was tried.
//!
//! Owns: what the window was told of that last, so that it is told only what changes.

use jiff::{SignedDuration, Timestamp};

use super::desk::Desk;
use super::outbox::Reply;
use super::{RecoveryHint, Settings, Standing, What};
use crate::session::{KeyDescription, Session};
use crate::vault::{SlotConfig, SlotRecord, SlotState};

/// After so long a recovery key should be tried again.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// What was told last.
#[derive(Default)]
pub(super) struct StandingTold {
    vault: String,
    /// The vault's state then.
    generation: u64,
    standing: Standing,
}

impl Desk {
    /// Tells the window how the ways in stand, where that has changed. Without an open vault it does nothing.
    pub(super) async fn tell_standing(&self, reply: &Reply) {
        // Where somebody changes the vault meanwhile, what was counted is older than what they tell: it is counted again.
        while !reply.is_late() {
            let Ok((vault, generation, several)) = self.seat.with(identify).await else { return };
            let known = {
                let told = self.standing.borrow();
                (told.vault == vault && told.generation == generation).then_some(told.standing)
            };
            let owed = match known {
                Some(known) => known.owed,
                // Whatever is saved is wrapped for the one slot that there is.
                None if !several => 0,
                None => match self.seat.on_thread(|session| session.vault.count_waiting()).await {
                    Ok(Ok(owed)) => owed,
                    Ok(Err(_)) | Err(_) => return,
                },
            };
            let settings = self.settings();
            let now = |session: &mut Session| {
                let is_same = identify(session) == (vault.clone(), generation, several);
                is_same.then(|| standing(session, &settings, owed, Timestamp::now()))
            };
            let Ok(found) = self.seat.with(now).await else { return };
            let Some(standing) = found else { continue };
            let told = self.standing.replace(StandingTold { vault: vault.clone(), generation, standing });
            if (told.vault != vault || told.standing != standing) && !reply.is_late() {
                reply.tell(What::Standing(standing));
            }
            return;
        }
    }
}

fn identify(session: &mut Session) -> (String, u64, bool) {
    let vault = &session.vault;
    (vault.id().to_string(), vault.generation(), vault.slots().len() > 1)
}

fn standing(session: &Session, settings: &Settings, owed: u64, now: Timestamp) -> Standing {
    let slots = session.vault.slots();
    let adding = slots.iter().any(|slot| slot.state == SlotState::Pending);
    let drilled = drills(slots, settings);
    let put_aside = settings.recovery_hints_put_aside.get(&session.vault.id().to_string()).copied();
    // Recovery has just opened the vault: nobody has to be told to try it.
    let is_used = session.key_description() == KeyDescription::Recovery;
    Standing { owed, adding, hint: hint(&drilled, put_aside, now).filter(|_| !is_used) }
}

/// When each of the recovery keys was last tried that open what is saved now: a retired one is none.
fn drills(slots: &[SlotRecord], settings: &Settings) -> Vec<Option<i64>> {
    let is_recovery = |slot: &&SlotRecord| matches!(slot.config, SlotConfig::Recovery { .. });
    let used = slots.iter().filter(is_recovery).filter(|slot| slot.state != SlotState::UnwrapOnly);
    used.map(|slot| settings.slots.get(&slot.id.to_string()).and_then(|memory| memory.drilled)).collect()
}

/// What to say of recovery keys that were last tried at these moments, to somebody who put the last hint aside at `put_aside`.
fn hint(drilled: &[Option<i64>], put_aside: Option<i64>, now: Timestamp) -> Option<RecoveryHint> {
    let is_old = |seconds: i64| {
        Timestamp::from_second(seconds).is_ok_and(|then| now.duration_since(then).unsigned_abs() > YEAR.unsigned_abs())
    };
    let hint = match drilled.iter().flatten().max() {
        _ if drilled.is_empty() => RecoveryHint::None,
        None => RecoveryHint::NeverTried,
        Some(last) if is_old(*last) => RecoveryHint::TriedLongAgo,
        Some(_) => return None,
    };
    // Who wants no recovery is asked once; who has one is reminded once a year.
    let quiet = put_aside.is_some_and(|then| hint == RecoveryHint::None || !is_old(then));
    (!quiet).then_some(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::SlotMemory;
    use crate::vault::SlotId;

    fn tried(seconds: i64) -> SlotMemory {
        SlotMemory { drilled: Some(seconds), ..SlotMemory::default() }
    }

    #[test]
    fn a_recovery_key_that_is_retired_is_none_for_a_hint() {
        let slot = |id, state, config| SlotRecord { id: SlotId([id; 16]), state, config };
        let recovery = || SlotConfig::Recovery { record: Vec::new() };
        let settings = Settings {
            slots: [1, 2].map(|id| (SlotId([id; 16]).to_string(), tried(i64::from(id)))).into(),
            ..Settings::default()
        };
        let slots = [
            slot(1, SlotState::UnwrapOnly, recovery()),
            slot(2, SlotState::Active, recovery()),
            slot(3, SlotState::Pending, recovery()),
            slot(4, SlotState::Active, SlotConfig::Passphrase { record: Vec::new() }),
        ];
        assert_eq!(drills(&slots, &settings), [Some(2), None]);
        assert_eq!(drills(&slots[..1], &settings), []);
        assert_eq!(hint(&[], None, Timestamp::UNIX_EPOCH), Some(RecoveryHint::None));
    }

    #[test]
    fn a_hint_is_given_where_it_helps_and_stays_away_for_a_year() {
        let day = 24 * 60 * 60;
        let now = Timestamp::from_second(1000 * day).unwrap();
        let told =
            |drilled: &[Option<i64>], put_aside: Option<i64>| hint(drilled, put_aside.map(|day_| day_ * day), now);
        assert_eq!(told(&[], None), Some(RecoveryHint::None));
        assert_eq!(told(&[], Some(1)), None, "said once");
        assert_eq!(told(&[None], None), Some(RecoveryHint::NeverTried));
        assert_eq!(told(&[None], Some(900)), None);
        assert_eq!(told(&[None], Some(600)), Some(RecoveryHint::NeverTried));
        assert_eq!(told(&[None, Some(900 * day)], None), None);
        assert_eq!(told(&[None, Some(600 * day)], None), Some(RecoveryHint::TriedLongAgo));
        assert_eq!(told(&[Some(600 * day)], Some(999)), None);
    }
}
