//! KMS keys: listed with what they are fit for, made, rotated; and whether one of the open vault's will be gone.

use futures_util::future::join_all;

use super::Asked;
use super::system::load_settings;
use crate::session::{KeyPlan, ListedKey, Session, SlotKind, SurveyedKey, Unfit, keys, opens_without};
use crate::vault::SlotId;
use crate::worker::{Command, KeyAlarm, KeyChoice, KeyLooked, KeyMade, KeyRotation, KeyState, Problem, What};

/// A KMS key of the open vault, and the profile that this machine uses for it.
struct OwnKey {
    slot: SlotId,
    arn: String,
    profile: Option<String>,
}

pub(super) async fn list(asked: &Asked, profile: String) -> Result<(), Problem> {
    let tell = |keys: Vec<KeyChoice>| asked.reply.tell(What::Keys { profile: profile.clone(), keys });
    let names = |listed: &[ListedKey]| tell(listed.iter().map(|key| choice(key, None)).collect());
    let surveyed = asked.stop.or(keys::list(asked.desk.home()?, &profile, names)).await??;
    tell(surveyed.iter().map(|key| choice(&key.key, Some(key))).collect());
    asked.reply.tell(What::KeysListed);
    Ok(())
}

fn choice(key: &ListedKey, surveyed: Option<&SurveyedKey>) -> KeyChoice {
    KeyChoice {
        arn: key.arn.to_string(),
        alias: key.aliases.first().cloned(),
        state: surveyed.and_then(|key| key.description.as_ref()).map(KeyState::from),
        rotates: surveyed.and_then(|key| key.rotates),
    }
}

pub(super) async fn plan(
    asked: &Asked,
    profile: String,
    region: Option<String>,
    alias: String,
    description: String,
) -> Result<(), Problem> {
    let planning = keys::plan(asked.desk.home()?, &profile, region.as_deref(), &alias, &description);
    let plan = asked.stop.or(planning).await??;
    asked.reply.tell(What::KeyPlanned { profile, plan });
    Ok(())
}

pub(super) async fn make(asked: &Asked, profile: String, plan: KeyPlan) -> Result<(), Problem> {
    let made = asked.stop.or(keys::make(asked.desk.home()?, &profile, &plan)).await??;
    let missing = made.missing.into_iter().map(|(step, error)| (step, Problem::from(error))).collect();
    asked.reply.tell(What::KeyMade(KeyMade { profile, arn: made.key.to_string(), missing }));
    Ok(())
}

/// Asks about every KMS key of the open vault, and tells of each; an alarm that is over is taken back.
pub(super) async fn look(asked: &Asked) -> Result<(), Problem> {
    let looked = asked.stop.or(look_at(asked, own(asked).await?)).await??;
    asked.reply.tell(What::KeysLooked(looked));
    Ok(())
}

pub(super) async fn enable_rotation(asked: &Asked, slot: SlotId) -> Result<(), Problem> {
    let (profile, arn) = as_whom(asked, slot).await?;
    asked.stop.or(keys::enable_rotation(asked.desk.home()?, &profile, &arn.parse()?)).await??;
    look(asked).await
}

pub(super) async fn rotate_now(asked: &Asked, slot: SlotId) -> Result<(), Problem> {
    let (profile, arn) = as_whom(asked, slot).await?;
    asked.stop.or(keys::rotate_now(asked.desk.home()?, &profile, &arn.parse()?)).await??;
    look(asked).await
}

/// Whether another way in opens the vault once this was done, or opens more of it.
pub(super) fn changes_ways(command: &Command) -> bool {
    matches!(
        command,
        Command::AddWay(_)
            | Command::RetireWay { .. }
            | Command::RemoveWay { .. }
            | Command::RepairWays
            | Command::MoveKeys(_)
    )
}

/// Says so where a KMS key of the open vault will be gone: one call for each key. Who may not know is told nothing, and nobody waits for
/// it or is asked for anything.
pub(super) async fn watch(asked: &Asked) {
    let Ok(own) = own(asked).await else { return };
    // What fails says nothing of the key.
    let _ = asked.stop.or(watch_all(asked, own)).await;
}

async fn watch_all(asked: &Asked, own: Vec<OwnKey>) -> Result<(), Problem> {
    let home = asked.desk.home()?;
    let states = join_all(own.iter().map(async |own| {
        let profile = own.profile.as_ref()?;
        let described = keys::state(home, profile, &own.arn.parse().ok()?).await.ok()?;
        Some(KeyState::from(&described))
    }));
    tell_alarms(asked, &own, &states.await).await
}

async fn as_whom(asked: &Asked, slot: SlotId) -> Result<(String, String), Problem> {
    let own = own(asked).await?.into_iter().find(|own| own.slot == slot).ok_or(Problem::WaysChanged)?;
    let profile = own.profile.ok_or(Problem::NoProfile { name: String::new() })?;
    Ok((profile, own.arn))
}

async fn own(asked: &Asked) -> Result<Vec<OwnKey>, Problem> {
    let slots = asked.desk.seat.with(|session| session.vault.slots().to_vec()).await?;
    let settings = load_settings(asked).await?.settings;
    let mut own = Vec::new();
    for slot in &slots {
        if let SlotKind::Kms { arn } = SlotKind::of(&slot.config)? {
            let profile = settings.slot_profiles.get(&slot.id.to_string()).cloned();
            own.push(OwnKey { slot: slot.id, arn, profile });
        }
    }
    Ok(own)
}

async fn look_at(asked: &Asked, own: Vec<OwnKey>) -> Result<Vec<KeyLooked>, Problem> {
    let home = asked.desk.home()?;
    let look = |own: &OwnKey| {
        let (slot, arn, profile) = (own.slot, own.arn.clone(), own.profile.clone());
        async move {
            let looked = async {
                let profile = profile.ok_or(Problem::NoProfile { name: String::new() })?;
                Ok::<_, Problem>(keys::look(home, &profile, &arn.parse()?).await?)
            };
            let (state, rotation) = match looked.await {
                Ok(look) => (
                    look.description.map(|described| KeyState::from(&described)).map_err(Problem::from),
                    look.rotation.map_err(Problem::from).map(|rotation| KeyRotation {
                        enabled: rotation.enabled,
                        next: rotation.next,
                        every_days: rotation.every_days,
                        last: rotation.last,
                        tells_past: rotation.on_demand.is_some(),
                        running: rotation.running.is_some(),
                    }),
                ),
                Err(problem) => (Err(problem.clone()), Err(problem)),
            };
            KeyLooked { slot, arn, state, rotation }
        }
    };
    let looked = join_all(own.iter().map(look)).await;
    let states: Vec<_> = looked.iter().map(|looked| looked.state.as_ref().ok().cloned()).collect();
    tell_alarms(asked, &own, &states).await?;
    Ok(looked)
}

/// Tells of every key that will be gone, where that has changed. One that AWS says nothing of stays as it was told last.
async fn tell_alarms(asked: &Asked, own: &[OwnKey], states: &[Option<KeyState>]) -> Result<(), Problem> {
    let before = asked.desk.alarms.borrow().clone();
    let is_doomed = |state: &KeyState| state.unfit == Some(Unfit::PendingDeletion);
    // What is owed is counted only where it is to be told.
    let (slots, owed) = if states.iter().flatten().any(is_doomed) {
        // The alarm is told, whether or not that works.
        let count = |session: &mut Session| {
            (session.vault.slots().to_vec(), session.vault.count_owed_to_all().ok().map(|counted| counted.owed))
        };
        asked.desk.seat.on_thread(count).await?
    } else {
        Default::default()
    };
    // Whether a KMS key of the vault is well, where AWS says.
    let fit = |slot: SlotId| {
        let (_, state) = own.iter().zip(states).find(|(own, _)| own.slot == slot)?;
        state.as_ref().map(|state| state.unfit.is_none())
    };
    let alarm = |(own, state): (&OwnKey, &Option<KeyState>)| match state {
        Some(state) if is_doomed(state) => {
            let without = opens_without(&slots, own.slot, fit, owed.as_deref());
            Some(KeyAlarm { slot: own.slot, arn: own.arn.clone(), days: state.days, without })
        }
        Some(_) => None,
        None => before.iter().find(|alarm| alarm.slot == own.slot).cloned(),
    };
    let alarms: Vec<KeyAlarm> = own.iter().zip(states).filter_map(alarm).collect();
    if alarms != before && !asked.reply.is_late() {
        asked.desk.alarms.replace(alarms.clone());
        asked.reply.tell(What::KeyAlarms(alarms));
    }
    Ok(())
}
