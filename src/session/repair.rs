//! What slots are owed is wrapped, by whoever holds the session.
//!
//! Invariant: what was wrapped is saved a batch at a time, and where somebody stops it, all but the few that are on their way. So
//! whoever begins again goes on with the rest.

use futures_util::future::join_all;

use crate::crypto::Watch;
use crate::providers::{ErrorClass, ProviderError};
use crate::vault::{NewWraps, Owed, Owing, SlotId, VaultError};

use super::Session;
use super::holder::Holder;
use super::slots::{BATCH, Wrapped};
use super::ways::Reached;

/// As many keys are on their way to AWS KMS at once. Its default quota is thousands a second.
pub(super) const IN_FLIGHT: usize = 16;

/// Wraps what is owed to any slot that this session, or a remembered profile, can reach.
///
/// # Errors
/// Those of [`make_good`]; those of [`super::profiles::load`] where nothing could be wrapped because of it.
pub(crate) async fn repair<H: Holder>(holder: &mut H) -> Result<Wrapped, H::Error> {
    let ways = holder.with(|session| session.ways()).await?;
    let Reached { providers, failed } = holder.unless_stopped(ways.reach(holder.home()?)).await??;
    let bring = |session: &mut Session| {
        for (slot, provider) in providers {
            session.vault.bring(slot, provider);
        }
    };
    holder.with(bring).await?;
    let made = make_good(holder, None).await?;
    if let Some((slot, error)) = failed
        && made.keys == 0
        && holder.blocking(move |session| session.vault.count_owed(slot)).await?? > 0
    {
        return Err(error.into());
    }
    Ok(made)
}

/// Wraps what is owed, to all or to one. For one that is being added, until there is nothing left of what others saved meanwhile.
///
/// # Errors
/// [`super::SessionError::Provider`], [`super::SessionError::Vault`], and the holder's own. What was wrapped stays.
pub(crate) async fn make_good<H: Holder>(holder: &mut H, to: Option<SlotId>) -> Result<Wrapped, H::Error> {
    let mut all = 0;
    loop {
        let (Wrapped { keys, passed_over }, failed) = wrap_owed(holder, to).await?;
        all += keys;
        holder.save_arrived(|vault| vault.settle_slots()).await?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        let is_pending = |session: &mut Session| to.is_some_and(|slot| session.vault.is_pending(slot));
        if keys == 0 || !holder.with(is_pending).await? {
            return Ok(Wrapped { keys: all, passed_over });
        }
    }
}

/// Wraps what is owed now; what came of it, and the first failure that others went on after.
async fn wrap_owed<H: Holder>(holder: &mut H, to: Option<SlotId>) -> Result<(Wrapped, Option<VaultError>), H::Error> {
    let Owing { keys: owed, passed_over } = holder.blocking(move |session| session.vault.owed(to)).await??;
    let meter = holder.meter(owed.len() as u64);
    let (mut made, mut failed) = (0, None);
    for batch in owed.chunks(BATCH) {
        let mut wraps = Vec::with_capacity(batch.len());
        let goes_on = wrap(holder, batch, &mut wraps, &mut failed, &*meter).await;
        made += wraps.len() as u64;
        holder.save_arrived(|vault| vault.put_wraps(wraps)).await?;
        if !goes_on? {
            break;
        }
    }
    Ok((Wrapped { keys: made, passed_over }, failed))
}

/// Wraps one batch, a few at a time; whether it makes sense to go on: not where every key of a few failed.
async fn wrap<H: Holder, W: Watch + ?Sized>(
    holder: &mut H,
    batch: &[Owed],
    wraps: &mut Vec<NewWraps>,
    failed: &mut Option<VaultError>,
    watch: &W,
) -> Result<bool, H::Error> {
    for few in batch.chunks(IN_FLIGHT) {
        holder.check()?;
        let begin =
            |session: &mut Session| few.iter().map(|owed| session.vault.wrap_owed(owed.clone())).collect::<Vec<_>>();
        let wrapping = holder.with(begin).await?;
        let mut goes_on = false;
        for made in holder.unless_stopped(join_all(wrapping)).await? {
            match made {
                Ok(made) => wraps.push(made),
                // Removed since it was listed: nothing is owed of it any more.
                Err(VaultError::NoSuchItem(_) | VaultError::NoSuchRevision(_)) => {}
                // One key that can't be unwrapped stands in no other's way.
                Err(error) => {
                    failed.get_or_insert(error);
                    continue;
                }
            }
            goes_on = true;
        }
        if !goes_on {
            return Ok(false);
        }
        watch.advanced(few.len() as u64);
    }
    Ok(true)
}

/// Whether it is about one revision's key, so that the next may well fare better.
pub(super) fn is_about_one_key(error: &VaultError) -> bool {
    match error {
        VaultError::Provider(ProviderError::ForeignKey { .. }) => true,
        VaultError::Provider(error) => error.class() == ErrorClass::Damaged,
        VaultError::Damaged(_) | VaultError::NotWrapped(_) => true,
        _ => false,
    }
}
