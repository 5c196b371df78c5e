//! Another KMS key in the place of one of the vault's: what is prepared for it without the open session, and the whole of it for
//! somebody who has the session to themselves.
//!
//! Invariant: nothing is asked of the new key, and nothing is written, by a plan. What was moved is saved a batch at a time, so that
//! whoever begins again goes on with the rest.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::crypto::{Watch, random};
use crate::providers::kms::resolve;
use crate::providers::{
    AwsProfile, ErrorClass as ProviderClass, KeyArn, KeyName, KeyProvider, KmsProvider, KmsReEncrypt, Pace, Paced,
    Paceful, Patience, ProviderError, Rewrapper, ThroughHere,
};
use crate::vault::{
    ItemId, Moving, MovingWrap, NewSlot, NewWraps, SlotConfig, SlotId, SlotRecord, SlotState, ToMove, VaultError,
    WrapProof,
};

use super::slots::BATCH;
use super::ways::{NewSlotMemory, Ways, forget_slot, load_settings};
use super::{Home, Session, SessionError, profiles};

/// Dollars that AWS asks for one request to KMS, in most regions.
const DOLLARS_A_CALL: f64 = 0.03 / 10_000.0;

/// How a key gets from the old KMS key to the new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MovesBy {
    /// Inside AWS KMS, by its `ReEncrypt`, as this profile.
    ReEncrypt {
        /// The AWS profile.
        profile: String,
    },
    /// Unwrapped here and wrapped again, because AWS KMS can't move it.
    ThroughHere {
        /// Why it can't.
        why: &'static str,
    },
}

/// Everything that moving needs and that can be had without the open session.
pub struct Rewrap {
    /// The slot that is to be replaced; `None` where the vault has no other KMS key than the new one.
    pub from: Option<(SlotId, KeyArn)>,
    /// The new key's slot.
    pub to: SlotId,
    /// The new key.
    pub new: KeyArn,
    /// Whether the vault has the new slot already: an earlier run began.
    pub is_begun: bool,
    profile: String,
    provider: Arc<KmsProvider>,
    paceful: Arc<dyn KeyProvider>,
    pace: Arc<Pace>,
    /// Tried in this order.
    movers: Vec<(MovesBy, Arc<dyn Rewrapper>)>,
}

/// What a rewrap is going to do.
#[derive(Clone, Debug, PartialEq)]
pub struct RewrapPlan {
    /// How it will be tried first.
    pub by: Option<MovesBy>,
    /// What moves.
    pub moving: Moving,
    /// The calls that it makes to AWS KMS, by action.
    pub calls: Vec<(&'static str, u64)>,
    /// Whether the vault has the new key's slot, retired: it would be in use again.
    pub reactivates: bool,
}

/// A key that could not be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMoved {
    /// The item.
    pub item: ItemId,
    /// The revision.
    pub revision: u32,
    /// Why.
    pub why: String,
}

/// What came of a rewrap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many data keys were moved this time.
    pub moved: u64,
    /// How; `None` where nothing had to be.
    pub by: Option<MovesBy>,
    /// What could not be.
    pub not_moved: Vec<NotMoved>,
    /// Pages of the manifest that can't be read.
    pub pages: u64,
    /// Whether the old slot is gone.
    pub is_replaced: bool,
    /// What stands under which key now.
    pub proof: WrapProof,
    /// The calls that were on their way at once, and those that were refused for being too many.
    pub paced: Paced,
}

impl RewrapPlan {
    /// What AWS asks for these calls, in dollars, in most regions.
    pub fn dollars(&self) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        self.calls.iter().map(|(_, count)| *count as f64 * DOLLARS_A_CALL).sum()
    }
}

impl Ways {
    /// Prepares to move what is under a KMS key of the vault, `from` or the only one, to `key`, asked as `profile`. An alias is
    /// resolved now, and never stored.
    ///
    /// # Errors
    /// [`SessionError::WhichSlot`], [`SessionError::NotAKmsSlot`], [`SessionError::SameKey`], [`SessionError::NoSlot`]; those of
    /// [`profiles::load`]; [`SessionError::Provider`].
    pub async fn prepare_rewrap(
        &self,
        home: &Home,
        from: Option<SlotId>,
        profile: &str,
        key: &KeyName,
    ) -> Result<Rewrap, SessionError> {
        let loaded = profiles::load(home, profile).await?;
        let new = resolve(&loaded, key).await?;
        let from = self.choose_old(from, &new)?;
        let existing = self.slots.iter().find(|slot| slot.config.key_arn() == Some(new.as_str()));
        let fresh = || random::make_bytes().map(SlotId::from_random).map_err(|_| SessionError::Random);
        let to = existing.map_or_else(fresh, |slot| Ok(slot.id))?;
        let pace: Arc<Pace> = Arc::default();
        let provider = Arc::new(KmsProvider::new(&loaded, new.clone()));
        let paced = |profile: &AwsProfile, key: &KeyArn| -> Arc<dyn KeyProvider> {
            let provider = KmsProvider::with_patience(profile, key.clone(), Patience::ONE_ATTEMPT);
            Arc::new(Paceful::new(Arc::new(provider), Arc::clone(&pace)))
        };
        let paceful = paced(&loaded, &new);
        let mut movers: Vec<(MovesBy, Arc<dyn Rewrapper>)> = Vec::new();
        if let Some((id, old)) = &from {
            let remembered = load_settings(home).await?.slot_profiles.get(&id.to_string()).cloned();
            let other = match remembered.filter(|name| name != profile) {
                // Where it is gone, the new key's profile may do.
                Some(name) => profiles::load(home, &name).await.ok(),
                None => None,
            };
            let is_elsewhere = !KmsReEncrypt::is_possible(old, &new);
            let same_place =
                other.as_ref().is_none_or(|other| other.network().endpoint() == loaded.network().endpoint());
            if !is_elsewhere && same_place {
                for profile in std::iter::once(&loaded).chain(&other) {
                    let by = MovesBy::ReEncrypt { profile: profile.name().to_owned() };
                    movers.push((by, Arc::new(KmsReEncrypt::new(profile, old.clone(), new.clone(), &pace))));
                }
            }
            let why = match (is_elsewhere, &other) {
                (true, _) => Some("the two keys are in different regions, and AWS KMS moves keys within one"),
                (false, Some(_)) if !same_place => Some("the two keys are asked at different places"),
                (false, Some(_)) => Some("no profile may use both keys"),
                (false, None) => None,
            };
            if let Some(why) = why {
                let from = paced(other.as_ref().unwrap_or(&loaded), old);
                let through = ThroughHere::new(from, Arc::clone(&paceful));
                movers.push((MovesBy::ThroughHere { why }, Arc::new(through)));
            }
        }
        let is_begun = existing.is_some();
        Ok(Rewrap { from, to, new, is_begun, profile: profile.to_owned(), provider, paceful, pace, movers })
    }

    fn choose_old(&self, named: Option<SlotId>, new: &KeyArn) -> Result<Option<(SlotId, KeyArn)>, SessionError> {
        let arn_of = |slot: &SlotRecord| slot.config.key_arn().map(str::parse::<KeyArn>);
        let mut old = Vec::new();
        for slot in self.slots.iter().filter(|slot| slot.state == SlotState::Active) {
            if let Some(arn) = arn_of(slot) {
                old.push((slot.id, arn?));
            }
        }
        if let Some(named) = named {
            let found = old.into_iter().find(|(slot, _)| *slot == named).ok_or(SessionError::NotAKmsSlot)?;
            return if found.1 == *new { Err(SessionError::SameKey(new.to_string())) } else { Ok(Some(found)) };
        }
        let has_new = old.iter().any(|(_, arn)| arn == new);
        old.retain(|(_, arn)| arn != new);
        match old.len() {
            0 if has_new => Ok(None),
            0 => Err(SessionError::NoSlot("KMS key")),
            1 => Ok(old.pop()),
            _ => Err(SessionError::WhichSlot),
        }
    }
}

/// So many data keys are opened with the new key before the old one's wraps go: what AWS KMS moved inside itself nobody has seen.
pub(crate) const SAMPLE: usize = 16;

impl Rewrap {
    /// What the vault's `moving` takes, of a vault with one collection.
    pub fn plan(&self, moving: Moving) -> RewrapPlan {
        let by = self.movers.first().map(|(by, _)| by.clone());
        let owed = moving.keys.iter().filter(|key| key.owed).count() as u64;
        // And the index key.
        let wrapped = moving.keys.len() as u64 - owed + 1;
        // The index key and the first data key as they are moved; once all are, the index key as it is stored, and a sample.
        let proofs = 2 + u64::from(wrapped > 1) + (moving.keys.len() as u64).min(SAMPLE as u64);
        let mut calls = match by {
            None => Vec::new(),
            Some(MovesBy::ReEncrypt { .. }) => vec![("ReEncrypt", wrapped), ("Encrypt", owed), ("Decrypt", proofs)],
            Some(MovesBy::ThroughHere { .. }) => vec![("Encrypt", wrapped + owed), ("Decrypt", wrapped + proofs)],
        };
        calls.retain(|(_, count)| *count > 0);
        RewrapPlan { by, moving, calls, reactivates: false }
    }

    /// The new slot, for [`crate::vault::UnlockedVault::move_index`].
    pub(crate) fn new_slot(&self) -> NewSlot {
        let config = SlotConfig::Kms { key_arn: self.new.to_string() };
        NewSlot { id: self.to, config, provider: Arc::clone(&self.provider) as Arc<dyn KeyProvider> }
    }

    /// What wraps for the new key in this session.
    pub(crate) fn provider(&self) -> Arc<dyn KeyProvider> {
        Arc::clone(&self.provider) as Arc<dyn KeyProvider>
    }

    /// The same, paced.
    pub(crate) fn paceful(&self) -> &Arc<dyn KeyProvider> {
        &self.paceful
    }

    pub(crate) fn movers(&self) -> &[(MovesBy, Arc<dyn Rewrapper>)] {
        &self.movers
    }

    /// What to remember once the vault has the new slot.
    pub(crate) fn memory(&self) -> NewSlotMemory {
        NewSlotMemory::of_kms(self.to, self.profile.clone())
    }

    /// This machine remembers the new key in the place of the old one, and that it opens `vault`, where that is given. What is not
    /// remembered is asked for again.
    pub(crate) async fn remember_replaced(&self, home: &Home, from: SlotId, vault: Option<String>) {
        let _ = forget_slot(home, from).await;
        let _ = self.memory().replace(home, vault).await;
    }

    fn paced(&self) -> Paced {
        self.pace.seen()
    }

    /// Whether a KMS key of this ARN is one that nothing is to be wrapped under any more.
    pub(crate) fn is_old(&self, arn: &str) -> bool {
        // Where nothing is left to move, a retired way in may well have another key.
        self.from.as_ref().is_some_and(|(_, old)| arn == old.as_str())
    }
}

impl Rewrapped {
    /// Whether it was tried to move this one, and in vain.
    pub(crate) fn has_tried(&self, key: &ToMove) -> bool {
        self.not_moved.iter().any(|known| (known.item, known.revision) == (key.item, key.revision))
    }
}

/// Whether another way of moving may do what this one was refused.
pub(crate) fn may_go_otherwise(error: &VaultError) -> bool {
    matches!(error, VaultError::Provider(ProviderError::AccessDenied { .. }))
}

/// Keys that are on their way.
#[derive(Default)]
pub(crate) struct OnTheWay {
    /// Those that arrived.
    pub(crate) wraps: Vec<NewWraps>,
    /// Those that can't be moved; it stands in no other's way.
    pub(crate) not_moved: Vec<NotMoved>,
    /// What concerns all that are left.
    pub(crate) stopped: Option<VaultError>,
}

/// A key, and what moves it.
pub(crate) type Move = (ToMove, MovingWrap);

impl OnTheWay {
    /// Awaits `moves`, all at once, until there is none left, or one meets what the others would meet too. What arrived stays in
    /// `self` where nobody waits any longer.
    pub(crate) async fn drive(&mut self, moves: Vec<Move>, watch: &dyn Watch) {
        let moves = moves.into_iter().map(|(key, moving)| async move { (key, moving.await) });
        let mut moves: FuturesUnordered<_> = moves.collect();
        while let Some((key, moved)) = moves.next().await {
            match moved {
                Ok(wraps) => self.wraps.push(wraps),
                // Removed since it was listed.
                Err(VaultError::NoSuchItem(_) | VaultError::NoSuchRevision(_)) => {}
                Err(error) if is_about_one(&error) => {
                    self.not_moved.push(NotMoved { item: key.item, revision: key.revision, why: error.to_string() });
                }
                Err(error) => {
                    self.stopped = Some(error);
                    return;
                }
            }
            watch.advanced(1);
            if watch.is_cancelled() {
                self.stopped = Some(crate::crypto::CryptoError::Cancelled.into());
                return;
            }
        }
    }
}

fn is_about_one(error: &VaultError) -> bool {
    match error {
        VaultError::Provider(ProviderError::ForeignKey { .. }) => true,
        VaultError::Provider(error) => error.class() == ProviderClass::Damaged,
        VaultError::Damaged(_) | VaultError::NotWrapped(_) => true,
        _ => false,
    }
}

impl Session {
    /// What `rewrap` is going to do. Asks nobody, and changes nothing. Blocks: on reading every row.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub fn plan_rewrap(&mut self, rewrap: &Rewrap) -> Result<RewrapPlan, SessionError> {
        let moving = match &rewrap.from {
            Some((from, _)) => self.vault.moving(*from, rewrap.is_begun.then_some(rewrap.to))?,
            None => Moving::default(),
        };
        Ok(RewrapPlan { reactivates: self.reactivates(rewrap), ..rewrap.plan(moving) })
    }

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
        let Some((from, _)) = rewrap.from else { return self.proved(rewrap, Rewrapped::default()) };
        let (by, mover) = self.begin_rewrap(home, rewrap, from).await?;
        let mut done = Rewrapped { by: Some(by), ..Rewrapped::default() };
        let slots = (from, rewrap.to);
        while !done.is_replaced {
            let Moving { keys, damaged, pages, .. } = self.vault.moving(from, Some(rewrap.to))?;
            let keys: Vec<ToMove> = keys.into_iter().filter(|key| !done.has_tried(key)).collect();
            done.pages = pages;
            for batch in keys.chunks(BATCH) {
                let mut on_the_way = OnTheWay::default();
                let proven = done.moved == 0;
                let moves = self.vault.move_wraps(batch, slots, &mover, rewrap.paceful(), proven)?;
                on_the_way.drive(moves, watch).await;
                let OnTheWay { wraps, not_moved, stopped } = on_the_way;
                done.moved += wraps.len() as u64;
                done.not_moved.extend(not_moved);
                self.vault.put_wraps(wraps)?;
                if let Some(error) = stopped {
                    return Err(self.given_up(home, rewrap, error).await);
                }
            }
            if !keys.is_empty() {
                continue;
            }
            done.not_moved.extend(damaged.into_iter().map(NotMoved::damaged));
            if !done.not_moved.is_empty() || pages > 0 {
                break;
            }
            if let Err(error) = self.vault.drill_sample(rewrap.to, rewrap.provider(), SAMPLE).await {
                return Err(self.given_up(home, rewrap, error).await);
            }
            done.is_replaced = self.vault.replace_slot(from, rewrap.to)?;
        }
        if done.is_replaced {
            let vault = self.take_over(rewrap, from);
            rewrap.remember_replaced(home, from, vault).await;
        }
        self.proved(rewrap, done)
    }

    /// Why it stopped. Where the new key does not open what it got, what was begun is taken back: what was moved can't be told from what
    /// was not, and the next time begins anew.
    async fn given_up(&mut self, home: &Home, rewrap: &Rewrap, error: VaultError) -> SessionError {
        let lies = matches!(error, VaultError::Provider(ProviderError::WrongKey));
        if lies && self.vault.remove_slot(rewrap.to).is_ok() {
            // What this machine remembers of a slot that is gone does no harm.
            let _ = forget_slot(home, rewrap.to).await;
        }
        error.into()
    }

    /// Sees to it that the new slot is there, and has what the old one has of the index key, proved by opening it.
    async fn begin_rewrap(
        &mut self,
        home: &Home,
        rewrap: &Rewrap,
        from: SlotId,
    ) -> Result<(MovesBy, Arc<dyn Rewrapper>), SessionError> {
        let mut refused = None;
        for (by, mover) in rewrap.movers() {
            let added = match self.vault.move_index(from, rewrap.new_slot(), Arc::clone(mover)).await {
                Err(error) if may_go_otherwise(&error) => {
                    refused.get_or_insert(error);
                    continue;
                }
                added => added?,
            };
            if rewrap.is_begun {
                self.vault.bring(rewrap.to, rewrap.provider());
            } else {
                self.vault.add_slot(added)?;
                rewrap.memory().keep(home).await?;
            }
            return Ok((by.clone(), Arc::clone(mover)));
        }
        Err(refused.map_or(SessionError::NoSlot("KMS key"), SessionError::from))
    }

    /// The new key is in the old one's place in this session; the vault, where the old one had opened it.
    pub(crate) fn take_over(&mut self, rewrap: &Rewrap, from: SlotId) -> Option<String> {
        if self.slot != from {
            return None;
        }
        self.opened_by(rewrap.to, Arc::clone(&rewrap.provider), rewrap.profile.clone());
        Some(self.vault.id().to_string())
    }

    /// What was done, with the proof. Blocks: on reading every row.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub(crate) fn proved(&mut self, rewrap: &Rewrap, done: Rewrapped) -> Result<Rewrapped, SessionError> {
        let proof = self.vault.prove_unnamed(&|arn| rewrap.is_old(arn))?;
        Ok(Rewrapped { proof, paced: rewrap.paced(), ..done })
    }
}

impl NotMoved {
    /// A revision whose wraps are not those that were written.
    pub(crate) fn damaged((item, revision): (ItemId, u32)) -> Self {
        Self { item, revision, why: "its wrapped keys are not those that were written".to_owned() }
    }
}
