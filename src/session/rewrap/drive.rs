//! Everything that is wrapped under the old KMS key is moved to the new one, by whoever holds the session.
//!
//! Invariant: the old slot goes last, in one transaction, once the new key has opened a sample of what it got. A new key that does not
//! open what it got loses its slot again: what was moved can't be told from what was not.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::crypto::{CryptoError, Watch};
use crate::providers::{ProviderError, Rewrapper};
use crate::session::holder::{Alone, Holder};
use crate::session::repair::is_about_one_key;
use crate::session::slots::BATCH;
use crate::session::ways::forget_slot;
use crate::session::{Home, Session, SessionError};
use crate::vault::{ItemId, Moving, MovingWrap, NewWraps, SlotId, ToMove, VaultError};

use super::{MovesBy, NotMoved, Rewrap, Rewrapped};

/// So many data keys are opened with the new key before the old one's wraps go: what AWS KMS moved inside itself nobody has seen.
pub(super) const SAMPLE: usize = 16;

impl Session {
    /// Moves everything that is wrapped under the old KMS key to the new one, takes the old slot away, and proves that nothing
    /// names its key any more. Where it is ended at any moment, the vault opens as before, and the same again goes on. `watch`
    /// counts keys.
    ///
    /// # Errors
    /// [`SessionError::Provider`], [`SessionError::Vault`], [`SessionError::Cancelled`]. What was moved stays.
    pub async fn rewrap(
        &mut self,
        home: &Home,
        rewrap: &Rewrap,
        watch: &(dyn Watch + Send + Sync),
    ) -> Result<Rewrapped, SessionError> {
        rewrap.drive(&mut Alone { session: self, home, watch }).await
    }

    /// The new key is in the old one's place in this session; the vault's id, where the old one had opened it.
    fn take_over(&mut self, rewrap: &Rewrap, from: SlotId) -> Option<String> {
        if self.slot != from {
            return None;
        }
        self.opened_by(rewrap.to, Arc::clone(&rewrap.provider), rewrap.profile.clone());
        Some(self.vault.id().to_string())
    }
}

impl Rewrap {
    /// What [`Session::rewrap`] does, for whoever holds the session. Where it is stopped, what arrived is kept; where the vault is
    /// locked meanwhile, what is on its way is lost, and nothing else.
    ///
    /// # Errors
    /// Those of [`Session::rewrap`], and the holder's own.
    pub(crate) async fn drive<H: Holder>(&self, holder: &mut H) -> Result<Rewrapped, H::Error> {
        let Some((from, _)) = self.from else { return self.proved(holder, Rewrapped::default()).await };
        let to = self.to;
        let (by, mover) = self.begin(holder, from).await?;
        let mut done = Rewrapped { by: Some(by), ..Rewrapped::default() };
        while !done.is_replaced {
            let Moving { keys, damaged, pages, .. } =
                holder.blocking(move |session| session.vault.moving(from, Some(to))).await??;
            let keys: Vec<ToMove> = keys.into_iter().filter(|key| !done.has_tried(key)).collect();
            done.pages = pages;
            if !keys.is_empty() {
                self.move_all(holder, (from, &mover), &keys, &mut done).await?;
                continue;
            }
            done.not_moved.extend(damaged.into_iter().map(NotMoved::damaged));
            if !done.not_moved.is_empty() || pages > 0 {
                break;
            }
            let provider = self.provider();
            let proving = holder.blocking(move |session| session.vault.drill_sample(to, provider, SAMPLE)).await?;
            if let Err(error) = holder.unless_stopped(proving).await? {
                return Err(self.given_up(holder, error).await);
            }
            done.is_replaced = holder.save(move |vault| vault.replace_slot(from, to)).await?;
        }
        if done.is_replaced {
            let vault = holder.with(|session| session.take_over(self, from)).await?;
            self.remember_replaced(holder.home()?, from, vault).await;
        }
        self.proved(holder, done).await
    }

    /// Sees to it that the new slot is there, and has what the old one has of the index key, proved by opening it.
    async fn begin<H: Holder>(&self, holder: &mut H, from: SlotId) -> Result<(MovesBy, Arc<dyn Rewrapper>), H::Error> {
        let mut refused = None;
        for (by, mover) in &self.movers {
            let moving =
                holder.with(|session| session.vault.move_index(from, self.new_slot(), Arc::clone(mover))).await?;
            let added = match holder.unless_stopped(moving).await? {
                Err(error) if may_go_otherwise(&error) => {
                    refused.get_or_insert(error);
                    continue;
                }
                added => added?,
            };
            if self.is_begun {
                holder.with(|session| session.vault.bring(self.to, self.provider())).await?;
            } else {
                holder.save(|vault| vault.add_slot(added)).await?;
                self.memory().keep(holder.home()?).await?;
            }
            return Ok((by.clone(), Arc::clone(mover)));
        }
        Err(refused.map_or_else(|| SessionError::NoSlot("KMS key").into(), H::Error::from))
    }

    /// Moves `keys`, and keeps them a batch at a time.
    async fn move_all<H: Holder>(
        &self,
        holder: &mut H,
        (from, mover): (SlotId, &Arc<dyn Rewrapper>),
        keys: &[ToMove],
        done: &mut Rewrapped,
    ) -> Result<(), H::Error> {
        let meter = holder.meter(keys.len() as u64);
        let slots = (from, self.to);
        for batch in keys.chunks(BATCH) {
            holder.check()?;
            // The first one says whether the new key opens what it gets at all.
            let (batch, proven) = (batch.to_vec(), done.moved == 0);
            let (mover, new) = (Arc::clone(mover), Arc::clone(&self.paceful));
            let begin = move |session: &mut Session| session.vault.move_wraps(&batch, slots, &mover, &new, proven);
            let moves = holder.blocking(begin).await??;
            let mut on_the_way = OnTheWay::default();
            let goes_on = holder.unless_stopped(on_the_way.drive(moves, &*meter)).await;
            let OnTheWay { wraps, not_moved, stopped } = on_the_way;
            done.moved += wraps.len() as u64;
            done.not_moved.extend(not_moved);
            holder.save_arrived(|vault| vault.put_wraps(wraps)).await?;
            if let Some(error) = stopped {
                return Err(self.given_up(holder, error).await);
            }
            goes_on?;
        }
        Ok(())
    }

    /// Why it stopped. Where the new key does not open what it got, what was begun is taken back, and the next time begins anew.
    async fn given_up<H: Holder>(&self, holder: &mut H, error: VaultError) -> H::Error {
        let to = self.to;
        if matches!(error, VaultError::Provider(ProviderError::WrongKey))
            // Where that fails, the next time meets the same, and takes it back.
            && holder.save(move |vault| vault.remove_slot(to)).await.is_ok()
            && let Ok(home) = holder.home()
        {
            // What this machine remembers of a slot that is gone does no harm.
            let _ = forget_slot(home, to).await;
        }
        error.into()
    }

    /// This machine remembers the new key in the place of the old one, and that it opens `vault`, where that is given. What is not
    /// remembered is asked for again.
    async fn remember_replaced(&self, home: &Home, from: SlotId, vault: Option<String>) {
        let _ = forget_slot(home, from).await;
        let _ = self.memory().replace(home, vault).await;
    }

    /// What was done, with the proof.
    async fn proved<H: Holder>(&self, holder: &mut H, done: Rewrapped) -> Result<Rewrapped, H::Error> {
        // Where nothing is left to move, a retired way in may well have another key.
        let old = self.from.as_ref().map(|(_, old)| old.clone());
        let is_old = move |arn: &str| old.as_ref().is_some_and(|old| arn == old.as_str());
        let proof = holder.blocking(move |session| session.vault.prove_unnamed(&is_old)).await??;
        Ok(Rewrapped { proof, paced: self.pace.seen(), ..done })
    }
}

/// Whether another way of moving may do what this one was refused.
fn may_go_otherwise(error: &VaultError) -> bool {
    matches!(error, VaultError::Provider(ProviderError::AccessDenied { .. }))
}

/// Keys that are on their way.
#[derive(Default)]
struct OnTheWay {
    /// Those that arrived.
    wraps: Vec<NewWraps>,
    /// Those that can't be moved; it stands in no other's way.
    not_moved: Vec<NotMoved>,
    /// What concerns all that are left.
    stopped: Option<VaultError>,
}

impl OnTheWay {
    /// Awaits `moves`, all at once, until there is none left, or one meets what the others would meet too. What arrived stays in
    /// `self` where nobody waits any longer.
    async fn drive<W: Watch + ?Sized>(&mut self, moves: Vec<(ToMove, MovingWrap)>, watch: &W) {
        let moves = moves.into_iter().map(|(key, moving)| async move { (key, moving.await) });
        let mut moves: FuturesUnordered<_> = moves.collect();
        while let Some((key, moved)) = moves.next().await {
            match moved {
                Ok(wraps) => self.wraps.push(wraps),
                // Removed since it was listed.
                Err(VaultError::NoSuchItem(_) | VaultError::NoSuchRevision(_)) => {}
                Err(error) if is_about_one_key(&error) => {
                    self.not_moved.push(NotMoved { item: key.item, revision: key.revision, why: error.to_string() });
                }
                Err(error) => {
                    self.stopped = Some(error);
                    return;
                }
            }
            watch.advanced(1);
            if watch.is_cancelled() {
                self.stopped = Some(CryptoError::Cancelled.into());
                return;
            }
        }
    }
}

impl NotMoved {
    /// A revision whose wraps are not those that were written.
    fn damaged((item, revision): (ItemId, u32)) -> Self {
        Self { item, revision, why: "its wrapped keys are not those that were written".to_owned() }
    }
}
