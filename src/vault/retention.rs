//! For how long a vault keeps what nobody needs: what is in the trash, and old revisions.
//!
//! Owns: what is past its time, and changing the limits. Invariant: nothing goes by itself. What is past its time in the trash is
//! only named here, and goes when a person says so; old revisions go when the next one is saved, by a limit that was set and shown
//! before. A clock that can't be right makes nothing old.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::format::v1::{ItemId, Retention};

use super::draft::Draft;
use super::{ItemSummary, Kind, UnlockedVault, VaultError};

/// Two machines' clocks may be so far apart.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// Where nothing was changed for longer, the clock is more likely to be wrong than the vault to be unused.
const LONGEST_REST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The clock can't be believed about what is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockDoubt {
    /// It says a time before the last change.
    #[error("this machine's clock is behind the vault's last change, of {0}")]
    Behind(Timestamp),
    /// It says a time long after the last change.
    #[error("by this machine's clock, the vault's last change, of {0}, was more than a year ago")]
    FarAhead(Timestamp),
}

impl Retention {
    /// How many revisions an item of this kind keeps; `None`: all.
    pub fn keeps(&self, kind: &Kind) -> Option<u32> {
        match kind {
            Kind::Document => self.document_revisions,
            _ => self.revisions,
        }
    }

    /// How many of the oldest go when one more is saved of an item of this kind, which has `count`.
    pub fn goes_with_the_next(&self, kind: &Kind, count: usize) -> usize {
        let keeps = self.keeps(kind).and_then(|keeps| usize::try_from(keeps).ok());
        keeps.map_or(0, |keeps| (count + 1).saturating_sub(keeps))
    }

    /// When the time of an item in the trash is over; `None` where it is not in the trash, or stays there.
    pub fn due(&self, item: &ItemSummary) -> Option<Timestamp> {
        let days = SignedDuration::from_hours(24 * i64::from(self.trash_days?));
        item.trashed?.checked_add(days).ok()
    }

    /// In how many days the time of an item in the trash is over, a part of a day counted as one; 0 where it is.
    pub fn days_left(&self, item: &ItemSummary, now: Timestamp) -> Option<u64> {
        let left = self.due(item)?.duration_since(now).as_secs();
        Some(u64::try_from(left).unwrap_or(0).div_ceil(86_400))
    }

    /// Those of `items` whose time in the trash is over `now`.
    ///
    /// # Errors
    /// [`ClockDoubt`].
    pub fn past_their_time<'a>(
        &self,
        items: impl Iterator<Item = &'a ItemSummary> + Clone,
        now: Timestamp,
    ) -> Result<Vec<ItemId>, ClockDoubt> {
        // What was never changed was made.
        let last = |item: &ItemSummary| item.modified.max(item.trashed.unwrap_or_default());
        let Some(last) = items.clone().map(last).max() else { return Ok(Vec::new()) };
        if now.duration_since(last) < -TOLERANCE {
            return Err(ClockDoubt::Behind(last));
        }
        if now.duration_since(last) > LONGEST_REST {
            return Err(ClockDoubt::FarAhead(last));
        }
        Ok(items.filter(|item| self.due(item).is_some_and(|due| due <= now)).map(|item| item.id).collect())
    }
}

impl UnlockedVault {
    /// For how long the vault keeps what nobody needs.
    pub fn retention(&self) -> Retention {
        self.contents.collections.first().map(|collection| collection.head.retention).unwrap_or_default()
    }

    /// The items whose time in the trash is over. They stay until somebody purges them.
    ///
    /// # Errors
    /// [`ClockDoubt`].
    pub fn past_their_time(&self) -> Result<Vec<ItemId>, ClockDoubt> {
        let items = self.contents.items.iter().map(AsRef::as_ref);
        self.retention().past_their_time(items, self.access.clock.now())
    }

    /// The time, by the clock that the session brought.
    pub fn now(&self) -> Timestamp {
        self.access.clock.now()
    }

    /// Sets for how long the vault keeps what nobody needs, for everybody. Nothing is removed by that alone. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Unaccepted`], [`VaultError::Store`]. Nothing has happened then.
    pub fn set_retention(&mut self, retention: Retention) -> Result<(), VaultError> {
        self.contents.check_writable()?;
        let bodies = Arc::clone(self.store.bodies());
        let store = self.store.change()?;
        self.contents.take_in(&store.rows(), &bodies, &|| false)?;
        self.contents.check_writable()?;
        let mut draft = Draft::new(&self.contents, self.access.device, self.access.clock.now());
        draft.put_retention(retention);
        let drafted = draft.finish(&store)?;
        store.commit()?;
        self.show(drafted);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::v1::{CollectionId, SummaryRecord};
    use crate::secret::SecretString;

    const DAY: i64 = 86_400;
    const START: i64 = 1_778_600_000;

    fn item(id: u8, modified: i64, trashed: Option<i64>) -> ItemSummary {
        let record = SummaryRecord {
            kind: "note".to_owned(),
            title: SecretString::default(),
            tags: vec![],
            subtitle: SecretString::default(),
            media_type: String::new(),
            size: 0,
            favourite: false,
            trashed: trashed.map(|day| START + day * DAY),
            created: 0,
            modified: START + modified * DAY,
            revision: 1,
        };
        ItemSummary::from_record(ItemId([id; 16]), CollectionId([0; 16]), record)
    }

    fn past(items: &[ItemSummary], retention: Retention, day: i64) -> Result<Vec<u8>, ClockDoubt> {
        let now = Timestamp::from_second(START + day * DAY).unwrap();
        retention.past_their_time(items.iter(), now).map(|items| items.iter().map(|item| item.0[0]).collect())
    }

    #[test]
    fn the_time_in_the_trash_is_over_after_its_days_and_not_before() {
        let items = [item(1, 0, Some(1)), item(2, 0, Some(20)), item(3, 0, None)];
        let of = |day| past(&items, Retention::default(), day).unwrap();
        assert_eq!((of(30), of(31), of(50)), (vec![], vec![1], vec![1, 2]));
        let never = Retention { trash_days: None, ..Retention::default() };
        assert_eq!(past(&items, never, 300).unwrap(), [0; 0]);
    }

    #[test]
    fn a_clock_that_cannot_be_right_makes_nothing_old() {
        let items = [item(1, 0, Some(1)), item(2, 100, None)];
        let of = |day| past(&items, Retention::default(), day);
        assert_eq!(of(99), Ok(vec![1]), "two machines differ by a few hours");
        assert!(matches!(of(98), Err(ClockDoubt::Behind(_))));
        assert_eq!(of(466), Ok(vec![1]));
        assert!(matches!(of(467), Err(ClockDoubt::FarAhead(_))));
        assert_eq!(past(&[], Retention::default(), 10_000), Ok(vec![]));
    }

    #[test]
    fn what_goes_with_the_next_revision_is_what_is_past_the_limit() {
        let retention = Retention { revisions: Some(3), document_revisions: None, ..Retention::default() };
        let goes = |kind, count| retention.goes_with_the_next(&kind, count);
        assert_eq!([2, 3, 7].map(|count| goes(Kind::Note, count)), [0, 1, 5]);
        assert_eq!(goes(Kind::Document, 100), 0);
    }
}
