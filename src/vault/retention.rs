//! For how long a vault keeps what nobody needs: what is in the trash, and old revisions.
//!
//! Owns: what is past its time, and changing the limits. Invariant: nothing goes by itself. What is past its time in the trash is
//! only named here, and goes when a person says so; old revisions go when the next one is saved, by a limit that was set and shown
//! before. A clock that can't be right makes nothing old.

use jiff::{SignedDuration, Timestamp};

use crate::format::v1::{ItemId, Retention};

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

    /// How many of the oldest are too many, of an item of this kind that has `count`. The newest one never is.
    pub fn past_the_limit(&self, kind: &Kind, count: usize) -> usize {
        let keeps = self.keeps(kind).and_then(|keeps| usize::try_from(keeps).ok());
        keeps.map_or(0, |keeps| count.saturating_sub(keeps.max(1)))
    }

    /// How many of the oldest go when one more is saved of an item of this kind, which has `count`.
    pub fn goes_with_the_next(&self, kind: &Kind, count: usize) -> usize {
        self.past_the_limit(kind, count + 1)
    }

    /// When the time of an item in the trash is over; `None` where it is not in the trash, or stays there.
    pub fn due(&self, item: &ItemSummary) -> Option<Timestamp> {
        let days = SignedDuration::from_hours(24 * i64::from(self.trash_days?));
        // A machine whose clock was behind may have put it there.
        item.trashed?.max(item.modified).checked_add(days).ok()
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
        check_clock(items.clone(), now)?;
        Ok(items.filter(|item| self.due(item).is_some_and(|due| due <= now)).map(|item| item.id).collect())
    }
}

/// Whether `now` can be believed, by when `items` were changed. Some of their times may be those of a machine whose clock was wrong:
/// one of them proves nothing, and neither do those of the last day, which may have been told by this very clock.
pub(super) fn check_clock<'a>(items: impl Iterator<Item = &'a ItemSummary>, now: Timestamp) -> Result<(), ClockDoubt> {
    // What was never changed was made.
    let mut times: Vec<_> = items.map(|item| item.modified.max(item.trashed.unwrap_or_default())).collect();
    times.sort_unstable();
    let before = |limit: SignedDuration| times.partition_point(|time| now.duration_since(*time) >= limit);
    let (Some(last), not_ahead) = (times.last(), before(-TOLERANCE)) else { return Ok(()) };
    if times.len() - not_ahead > not_ahead {
        return Err(ClockDoubt::Behind(*last));
    }
    let settled = &times[..before(TOLERANCE)];
    match settled.last() {
        Some(last) if now.duration_since(*last) > LONGEST_REST => Err(ClockDoubt::FarAhead(*last)),
        _ => Ok(()),
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

    /// Sees to it that the clock can be believed about what is old.
    pub(super) fn check_clock(&self, now: Timestamp) -> Result<(), ClockDoubt> {
        check_clock(self.contents.items.iter().map(AsRef::as_ref), now)
    }

    /// The time, by the clock that the session brought.
    pub fn now(&self) -> Timestamp {
        self.access.clock.now()
    }

    /// Sets for how long the vault keeps what nobody needs, for everybody. Nothing is removed by that alone. Blocks.
    ///
    /// # Errors
    /// Those of [`UnlockedVault::refresh`]; [`VaultError::Unaccepted`]. Nothing has happened then.
    pub fn set_retention(&mut self, retention: Retention) -> Result<(), VaultError> {
        self.rewrite(|_, draft| {
            draft.put_retention(retention);
            Ok(())
        })
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
        let items = [item(1, 0, Some(1)), item(2, 100, None), item(3, 100, None)];
        let of = |day| past(&items, Retention::default(), day);
        assert_eq!(of(99), Ok(vec![1]), "two machines differ by a few hours");
        assert!(matches!(of(98), Err(ClockDoubt::Behind(_))));
        assert_eq!(of(466), Ok(vec![1]));
        assert!(matches!(of(467), Err(ClockDoubt::FarAhead(_))));
        assert_eq!(past(&[], Retention::default(), 10_000), Ok(vec![]));
    }

    #[test]
    fn one_time_that_cannot_be_right_neither_keeps_everything_nor_lets_it_go() {
        // A machine whose clock was years ahead.
        let ahead = [item(1, 0, Some(1)), item(2, 100, None), item(3, 9000, None)];
        assert_eq!(past(&ahead, Retention::default(), 110), Ok(vec![1]));
        // It saved something just now: that does not make it right.
        assert!(matches!(past(&ahead, Retention::default(), 9000), Err(ClockDoubt::FarAhead(_))));
        let trashed_ahead = [item(1, 0, Some(1)), item(2, 100, Some(9000)), item(3, 100, None)];
        assert_eq!(past(&trashed_ahead, Retention::default(), 110), Ok(vec![1]));
    }

    #[test]
    fn what_goes_with_the_next_revision_is_what_is_past_the_limit() {
        let retention = Retention { revisions: Some(3), document_revisions: None, ..Retention::default() };
        let goes = |kind, count| retention.goes_with_the_next(&kind, count);
        assert_eq!([2, 3, 7].map(|count| goes(Kind::Note, count)), [0, 1, 5]);
        assert_eq!(goes(Kind::Document, 100), 0);
    }
}
