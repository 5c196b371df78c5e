//! Everything that is meant gets another key, by whoever holds the session.
//!
//! Invariant: what is done is saved a few revisions at a time, so that whoever begins again goes on with the rest; the index keys come last,
//! once nothing is under the key of a retired way in any more.

use futures_util::StreamExt;
use futures_util::stream;

use crate::crypto::{CryptoError, Watch};
use crate::session::holder::{Alone, Holder};
use crate::session::repair::{IN_FLIGHT, is_about_one_key};
use crate::session::ways::forget_slot;
use crate::session::{Home, Session, SessionError};
use crate::vault::{ItemId, RekeyScope, Resealed, Resealing, SlotId, ToRekey, VaultError};

use super::unfinished::Begun;
use super::{ListKept, NotRekeyed, Rekey, Rekeyed, Resume};

/// So many revisions are saved in one transaction: what an interruption costs at most.
const MOST: usize = 64;
/// A longer one, in bytes of ciphertext, is saved by itself: no other key waits in memory until it is sealed.
const LARGE: u64 = 1024 * 1024;

impl Session {
    /// Gives everything that `rekey` means another key: content is opened and sealed again, as a new revision under the old number.
    /// Where it is ended at any moment, what was done stays and everything opens, and the same again goes on. `watch` counts bytes
    /// of plaintext.
    ///
    /// # Errors
    /// [`SessionError::Provider`], [`SessionError::Vault`], [`SessionError::Cancelled`]. What was done stays.
    pub async fn rekey(
        &mut self,
        home: &Home,
        rekey: Rekey,
        watch: &(dyn Watch + Send + Sync),
    ) -> Result<Rekeyed, SessionError> {
        rekey.drive(&mut Alone { session: self, home, watch }).await
    }
}

impl Rekey {
    /// What [`Session::rekey`] does, for whoever holds the session.
    ///
    /// # Errors
    /// Those of [`Session::rekey`], and the holder's own.
    pub(crate) async fn drive<H: Holder>(self, holder: &mut H) -> Result<Rekeyed, H::Error> {
        let Self { scope, resume, providers } = self;
        let bring = |session: &mut Session| {
            let mut brought = Vec::new();
            for (slot, provider) in providers {
                if session.vault.bring(slot, provider) {
                    brought.push(slot);
                }
            }
            brought
        };
        let brought = holder.with(bring).await?;
        let done = run(holder, scope, resume).await;
        // What somebody typed opened a key that nothing else needs. Where there is no session any more, it went with that.
        let dismiss = |session: &mut Session| brought.into_iter().for_each(|slot| session.vault.dismiss(slot));
        let _ = holder.with(dismiss).await;
        done
    }
}

async fn run<H: Holder>(holder: &mut H, scope: RekeyScope, resume: Resume) -> Result<Rekeyed, H::Error> {
    let (home, meant) = (holder.home()?.clone(), scope.clone());
    let begin = move |session: &mut Session| {
        let (rekeying, begun) = session.rekeying(&home, &meant, resume)?;
        if let Some(missing) = session.missing_for(&rekeying)?.first() {
            return Err(VaultError::SlotAway(missing.id).into());
        }
        if begun.is_none() {
            Begun::begin(&home, &session.vault, &meant, &rekeying)?;
        }
        Ok::<_, SessionError>(rekeying)
    };
    let rekeying = holder.blocking(begin).await??;
    let mut done = Rekeyed { pages: rekeying.pages, ..Rekeyed::default() };
    done.not_rekeyed.extend(rekeying.damaged.into_iter().map(NotRekeyed::damaged));
    let meter = holder.meter(rekeying.revisions.iter().map(|revision| revision.length).sum());
    for batch in batches(&rekeying.revisions) {
        holder.check()?;
        reseal(holder, &meter, batch, &mut done).await?;
    }
    if rekeying.index {
        let making = holder.with(|session| session.vault.make_index_keys()).await?;
        let made = holder.unless_stopped(making).await??;
        match holder.save(move |vault| list_kept(vault.put_index_keys(made))).await? {
            Ok(removed) => (done.removed, done.index) = (removed, true),
            Err(kept) => done.list_kept = Some(kept),
        }
    }
    let home = holder.home()?.clone();
    for slot in &done.removed {
        // What this machine remembers of a slot that is gone does no harm.
        let _ = forget_slot(&home, *slot).await;
    }
    // What could not be sealed again is told, and the next time all is meant again: also where the note can't be removed, because
    // nothing that it names is left.
    let _ = holder.blocking(move |session| Begun::end(&home, &session.vault, &scope)).await?;
    Ok(done)
}

/// In the order that they have: a few small ones together, a large one by itself.
fn batches(mut revisions: &[ToRekey]) -> impl Iterator<Item = &[ToRekey]> {
    std::iter::from_fn(move || {
        let first = revisions.first()?;
        let small = revisions.iter().take(MOST).take_while(|revision| revision.length <= LARGE).count();
        let (batch, rest) = revisions.split_at(if first.length > LARGE { 1 } else { small });
        revisions = rest;
        Some(batch)
    })
}

async fn reseal<H: Holder>(
    holder: &mut H,
    meter: &H::Meter,
    batch: &[ToRekey],
    done: &mut Rekeyed,
) -> Result<(), H::Error> {
    let keys = batch.to_vec();
    let begin = move |session: &mut Session| {
        keys.into_iter().map(|key| (key, session.vault.rekey_revision(key))).collect::<Vec<_>>()
    };
    let begun = holder.blocking(begin).await?;
    let begun = begun.into_iter().map(|(key, making)| async move { (key, making.await) });
    let ready: Vec<_> = holder.unless_stopped(stream::iter(begun).buffered(IN_FLIGHT).collect()).await?;
    let mut resealing = Vec::with_capacity(ready.len());
    let mut stopped = None;
    for (key, made) in ready {
        match made {
            Ok(made) => resealing.push((key, made)),
            Err(error) => done.note(key, error).unwrap_or_else(|error| stopped = stopped.take().or(Some(error))),
        }
    }
    let seal = move |watch: &dyn Watch| {
        let seal = |(key, resealing): (ToRekey, Resealing)| (key, resealing.seal(watch));
        resealing.into_iter().map(seal).collect::<Vec<_>>()
    };
    let mut sealed: Vec<Resealed> = Vec::with_capacity(batch.len());
    for (key, resealed) in holder.apart(meter, seal).await? {
        match resealed {
            Ok(resealed) => {
                if let Some(flush) = resealed.unflushed()? {
                    holder.make_durable(flush).await?;
                }
                sealed.push(resealed);
            }
            Err(error) => done.note(key, error).unwrap_or_else(|error| stopped = stopped.take().or(Some(error))),
        }
    }
    let put = holder.save_arrived(move |vault| vault.put_resealed(sealed)).await?;
    done.revisions += put.len() as u64;
    done.bytes += put.iter().map(|key| key.length).sum::<u64>();
    stopped.map_or(Ok(()), |error| Err(error.into()))
}

impl Rekeyed {
    /// Takes note that one revision has its old key still; gives the error back where it concerns the others as well.
    fn note(&mut self, key: ToRekey, error: VaultError) -> Result<(), VaultError> {
        match error {
            // Removed since it was listed, or under another key already.
            VaultError::NoSuchItem(_) | VaultError::NoSuchRevision(_) => Ok(()),
            error if is_about_one(&error) => {
                self.not_rekeyed.push(NotRekeyed { item: key.item, revision: key.revision, why: error.to_string() });
                Ok(())
            }
            error => Err(error),
        }
    }
}

/// What came of replacing the index keys: the slots that went, or why they stay, where that is no reason to say that nothing was done.
fn list_kept(put: Result<Vec<SlotId>, VaultError>) -> Result<Result<Vec<SlotId>, ListKept>, VaultError> {
    match put {
        Err(VaultError::SlotRetired(slot)) => Ok(Err(ListKept::Retired(slot))),
        Err(VaultError::Damaged(what)) => Ok(Err(ListKept::Damaged(what))),
        put => put.map(Ok),
    }
}

fn is_about_one(error: &VaultError) -> bool {
    let content =
        matches!(error, VaultError::Crypto(CryptoError::NotAuthentic | CryptoError::TooLong | CryptoError::Source(_)));
    content || is_about_one_key(error)
}

impl NotRekeyed {
    /// A revision that is not what was written.
    fn damaged((item, revision): (ItemId, u32)) -> Self {
        Self { item, revision, why: "it is not what was written".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::RevisionId;

    #[test]
    fn small_ones_go_together_and_a_large_one_alone() {
        let revision = |length| ToRekey { item: ItemId([0; 16]), revision: 1, id: RevisionId([0; 16]), length };
        let of = |lengths: &[u64]| -> Vec<usize> {
            let revisions: Vec<_> = lengths.iter().copied().map(revision).collect();
            batches(&revisions).map(<[ToRekey]>::len).collect()
        };
        assert_eq!(of(&[]), [0; 0]);
        assert_eq!(of(&[1, 2, LARGE, LARGE + 1, LARGE + 1, 3]), [3, 1, 1, 1]);
        assert_eq!(of(&[1; MOST + 1]), [MOST, 1]);
    }
}
