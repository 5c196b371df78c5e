//! A drill: proof that one slot alone opens everything that is there.

use std::sync::Arc;

use crate::crypto::{CryptoError, IndexKey, NoWatch, Watch, random};
use crate::format::v1::{CollectionId, ItemId, SlotId, VaultId};
use crate::format::{Commitment, EncryptedDataKey, EncryptionContext, MessageId};
use crate::providers::{BoxFuture, ErrorClass, KeyProvider, ProviderError};

use super::context::{body_context, index_context};
use super::every_key::{RevisionWithWraps, is_wrapped};
use super::manifest::digest_of_wraps;
use super::unlock::wrap_of;
use super::{Finding, UnlockedVault, VaultError};

/// What a drill proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrillReport {
    /// How many revisions' data keys the slot opened, history and trash included.
    pub opened: u64,
    /// The revisions whose wraps are still owed to it.
    pub owed: Vec<(ItemId, u32)>,
    /// The revisions that have a wrap for it which does not open them, and those whose wraps were changed outside Sealkeep.
    pub failed: Vec<(ItemId, u32)>,
}

impl DrillReport {
    /// Whether everything opened.
    pub fn is_whole(&self) -> bool {
        self.owed.is_empty() && self.failed.is_empty()
    }
}

/// A wrap that has to be tried.
struct Trial {
    item: ItemId,
    revision: u32,
    edk: EncryptedDataKey,
    context: EncryptionContext,
    id: MessageId,
    commitment: Commitment,
}

struct Plan {
    index: Vec<(CollectionId, u32, [u8; 32], EncryptedDataKey, EncryptionContext)>,
    trials: Vec<Trial>,
    report: DrillReport,
}

impl UnlockedVault {
    /// Unwraps every index key and every data key with `provider`, which is `slot`'s, and holds each against its commitment.
    /// Nothing is changed, and no body is read. The future borrows nothing.
    ///
    /// # Errors
    /// [`VaultError::NotWrapped`] where not even the vault itself would open; [`VaultError::SlotsForged`] where its rows are not
    /// those that were sealed; [`VaultError::Provider`] where nobody answers; [`VaultError::Crypto`] where `watch` cancels;
    /// [`VaultError::Damaged`].
    pub fn drill(
        &mut self,
        slot: SlotId,
        provider: Arc<dyn KeyProvider>,
        watch: Arc<dyn Watch + Send + Sync>,
    ) -> BoxFuture<'static, Result<DrillReport, VaultError>> {
        let plan = self.refresh().and_then(|_| self.plan(slot, &*watch));
        Box::pin(async move { plan?.run(&*provider, &*watch).await })
    }

    /// The same of the index keys and of `at_most` data keys, picked at random: before anything depends on what `provider` wrapped alone.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::drill`]; [`ProviderError::WrongKey`] where one does not open.
    pub fn drill_sample(
        &mut self,
        slot: SlotId,
        provider: Arc<dyn KeyProvider>,
        at_most: usize,
    ) -> BoxFuture<'static, Result<(), VaultError>> {
        let plan = self.refresh().and_then(|_| self.plan(slot, &NoWatch)).and_then(|plan| plan.sampled(at_most));
        Box::pin(async move {
            let report = plan?.run(&*provider, &NoWatch).await?;
            if report.failed.is_empty() { Ok(()) } else { Err(ProviderError::WrongKey.into()) }
        })
    }

    /// What is to be tried. It is held against the keys of this session, not against rows, which could be a stranger's.
    fn plan(&self, slot: SlotId, watch: &(dyn Watch + Send + Sync)) -> Result<Plan, VaultError> {
        let mut index = Vec::new();
        {
            let snapshot = self.store.snapshot()?;
            let rows = snapshot.rows();
            // Whoever opens the vault with this slot one day goes by them.
            self.contents.check_slot_rows(&rows)?;
            for known in &self.contents.collections {
                let wraps = rows.index_wraps(known.id, known.epoch)?;
                if digest_of_wraps(&wraps) != known.head.index_wraps {
                    return Err(VaultError::Damaged(Finding::IndexWraps.to_string()));
                }
                let context = index_context(self.id(), known.id)?;
                index.push((known.id, known.epoch, known.commitment()?, wrap_of(&wraps, slot)?, context));
            }
        }
        let mut plan = Plan { index, trials: Vec::new(), report: DrillReport::default() };
        let unreadable = self.each_revision(Some(watch), |gathered| plan.add(self.id(), slot, gathered))?;
        match unreadable.into_iter().next() {
            Some(what) => Err(VaultError::Damaged(what)),
            None => Ok(plan),
        }
    }
}

impl Plan {
    fn add(&mut self, vault: VaultId, slot: SlotId, gathered: RevisionWithWraps<'_>) -> Result<(), VaultError> {
        let RevisionWithWraps { collection, item, revision, wraps, .. } = gathered;
        let Ok(wraps) = wraps else {
            self.report.failed.push((item, revision.number));
            return Ok(());
        };
        if !is_wrapped(&wraps, slot) {
            self.report.owed.push((item, revision.number));
            return Ok(());
        }
        self.trials.push(Trial {
            item,
            revision: revision.number,
            edk: wrap_of(&wraps, slot)?,
            context: body_context(vault, collection, item, revision.id)?,
            id: revision.message_id,
            commitment: revision.commitment,
        });
        Ok(())
    }

    /// `at_most` of the trials: the first ones after a shuffle that goes as far.
    fn sampled(mut self, at_most: usize) -> Result<Self, VaultError> {
        let count = self.trials.len();
        for at in 0..at_most.min(count) {
            let left = (count - at) as u64;
            let picked = u64::from_be_bytes(random::make_bytes()?) % left;
            self.trials.swap(at, at + usize::try_from(picked).unwrap_or_default());
        }
        self.trials.truncate(at_most);
        Ok(self)
    }

    async fn run(
        mut self,
        provider: &dyn KeyProvider,
        watch: &(dyn Watch + Send + Sync),
    ) -> Result<DrillReport, VaultError> {
        for (collection, epoch, commitment, edk, context) in self.index {
            let key = provider.unwrap(&edk, &context).await?;
            IndexKey::verify(key, collection, epoch, &commitment)
                .map_err(|_| VaultError::Damaged("the index key is not the one that was sealed with".to_owned()))?;
        }
        for trial in self.trials {
            if watch.is_cancelled() {
                return Err(CryptoError::Cancelled.into());
            }
            match provider.unwrap(&trial.edk, &trial.context).await {
                Ok(key) if key.verify(&trial.id, &trial.commitment).is_ok() => self.report.opened += 1,
                Err(error) if error.class() == ErrorClass::Unreachable => return Err(error.into()),
                Ok(_) | Err(_) => self.report.failed.push((trial.item, trial.revision)),
            }
            watch.advanced(1);
        }
        Ok(self.report)
    }
}
