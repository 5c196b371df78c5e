//! The summaries of an item that was copied: those that it had, and one more where the last of them does not fit any longer.

use std::collections::BTreeMap;

use crate::format::v1::{FieldRecord, ItemId, SummaryRecord};
use crate::secret::SecretString;
use crate::vault::Kind;

use super::Alteration;

const SECONDS_A_DAY: i64 = 86_400;
/// No item was saved so often. What has a number that goes further is numbered anew, so that there is one for the next.
pub(super) const LAST_NUMBER: u32 = u32::MAX / 2;

/// What a summary says of a body.
pub(super) struct Content {
    kind: Kind,
    subtitle: SecretString,
    /// A document's length in bytes.
    document: Option<u64>,
    /// When it was saved, as days since 1970-01-01.
    day: u32,
}

impl Content {
    /// Of a document.
    pub(super) fn of_document(size: u64, day: u32) -> Self {
        Self { kind: Kind::Document, subtitle: SecretString::default(), document: Some(size), day }
    }

    /// Of fields: which kind has such fields, if nothing else tells.
    pub(super) fn of_fields(fields: &[FieldRecord], day: u32) -> Self {
        let value = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.value.duplicate());
        let kind = if fields.iter().any(|field| field.name == "text") { Kind::Note } else { Kind::Login };
        Self { kind, subtitle: value("username").unwrap_or_default(), document: None, day }
    }
}

/// The revisions of an item that were copied.
#[derive(Default)]
pub(super) struct Copied(BTreeMap<u32, Content>);

impl Copied {
    pub(super) fn add(&mut self, number: u32, content: Content) {
        self.0.insert(number, content);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What an item's summaries are in the new vault.
pub(super) struct Rebuilt {
    pub(super) summaries: Vec<(u32, SummaryRecord)>,
    pub(super) altered: Vec<Alteration>,
}

/// The summaries of `item` for what was `copied` of it. Those that verified are kept; the numbers of those that a page lists and
/// that did not verify are not used again. `last_summary` and `last_revision` are the highest numbers that there were.
pub(super) fn rebuild(
    item: ItemId,
    mut summaries: Vec<(u32, SummaryRecord)>,
    last_summary: u32,
    last_revision: u32,
    copied: &Copied,
) -> Rebuilt {
    let mut altered = Vec::new();
    let Some((newest, content)) = copied.0.last_key_value().map(|(number, content)| (*number, content)) else {
        return Rebuilt { summaries, altered };
    };
    let (was, now, record) = match summaries.last() {
        None => {
            altered.push(Alteration::NoSummary);
            (last_revision, newest, Some(stand_in(item, content)))
        }
        Some((number, record)) if *number == last_summary && copied.0.contains_key(&record.revision) => {
            (record.revision, record.revision, None)
        }
        Some((number, record)) if *number == last_summary => (record.revision, newest, Some(copy_of(record))),
        Some((_, record)) => {
            altered.push(Alteration::OlderSummary);
            (last_revision, newest, (record.revision != newest).then(|| copy_of(record)))
        }
    };
    if was != now {
        altered.push(Alteration::OlderContent { was, now });
    }
    if let Some(mut record) = record {
        record.revision = now;
        record.size = content.document.unwrap_or(0);
        record.subtitle = content.subtitle.duplicate();
        if content.document.is_some() != (Kind::from_name(&record.kind) == Kind::Document) {
            record.kind = content.kind.name().to_owned();
        }
        summaries.push((last_summary.saturating_add(1), record));
    }
    if last_summary > LAST_NUMBER {
        (1..).zip(&mut summaries).for_each(|(number, summary)| summary.0 = number);
    }
    Rebuilt { summaries, altered }
}

fn stand_in(item: ItemId, content: &Content) -> SummaryRecord {
    let saved = i64::from(content.day) * SECONDS_A_DAY;
    let id = item.to_string();
    SummaryRecord {
        kind: content.kind.name().to_owned(),
        title: SecretString::new(format!("Salvaged {}", id.get(..8).unwrap_or(&id))),
        tags: Vec::new(),
        subtitle: SecretString::default(),
        media_type: String::new(),
        size: 0,
        favourite: false,
        trashed: None,
        created: saved,
        modified: saved,
        revision: 0,
    }
}

fn copy_of(record: &SummaryRecord) -> SummaryRecord {
    SummaryRecord {
        kind: record.kind.clone(),
        title: record.title.duplicate(),
        tags: record.tags.iter().map(SecretString::duplicate).collect(),
        subtitle: record.subtitle.duplicate(),
        media_type: record.media_type.clone(),
        ..*record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(numbers: &[u32]) -> Copied {
        let mut copied = Copied::default();
        numbers.iter().for_each(|number| copied.add(*number, Content::of_document(u64::from(*number) * 10, 3)));
        copied
    }

    fn summary(title: &str, revision: u32) -> SummaryRecord {
        let content = Content::of_document(0, 3);
        SummaryRecord { title: SecretString::copy_of(title), revision, ..stand_in(ItemId([1; 16]), &content) }
    }

    /// A summary as number, title, revision and size.
    type Told = (u32, String, u32, u64);

    fn rebuilt(
        good: &[(u32, &str, u32)],
        last_summary: u32,
        last_revision: u32,
        numbers: &[u32],
    ) -> (Vec<Told>, Vec<Alteration>) {
        let good = good.iter().map(|(number, title, revision)| (*number, summary(title, *revision))).collect();
        let made = rebuild(ItemId([1; 16]), good, last_summary, last_revision, &copied(numbers));
        let told = |(number, record): (u32, SummaryRecord)| {
            (number, record.title.expose().to_owned(), record.revision, record.size)
        };
        (made.summaries.into_iter().map(told).collect(), made.altered)
    }

    #[test]
    fn what_is_whole_stays_as_it_was() {
        let (summaries, altered) = rebuilt(&[(1, "a", 1), (2, "b", 2), (3, "c", 1)], 3, 2, &[1, 2]);
        assert_eq!(summaries.last().unwrap(), &(3, "c".to_owned(), 1, 0), "one that went back to revision 1, too");
        assert_eq!((summaries.len(), altered), (3, vec![]));
    }

    #[test]
    fn the_newest_good_content_takes_the_place_of_a_damaged_one_under_the_last_title() {
        let (summaries, altered) = rebuilt(&[(1, "a", 1), (2, "b", 2), (3, "c", 3)], 3, 3, &[1, 2]);
        assert_eq!(summaries.last().unwrap(), &(4, "c".to_owned(), 2, 20));
        assert_eq!(altered, [Alteration::OlderContent { was: 3, now: 2 }]);
    }

    #[test]
    fn a_lost_summary_leaves_the_title_before_it_over_the_last_content() {
        let (summaries, altered) = rebuilt(&[(1, "a", 1)], 2, 2, &[1, 2]);
        assert_eq!(summaries.last().unwrap(), &(3, "a".to_owned(), 2, 20));
        assert_eq!(altered, [Alteration::OlderSummary]);
        let (summaries, altered) = rebuilt(&[(1, "a", 1)], 2, 2, &[1]);
        assert_eq!(summaries, [(1, "a".to_owned(), 1, 0)]);
        assert_eq!(altered, [Alteration::OlderSummary, Alteration::OlderContent { was: 2, now: 1 }]);
    }

    #[test]
    fn numbers_that_leave_no_room_for_another_save_are_given_anew() {
        let (summaries, altered) = rebuilt(&[(1, "a", 1), (u32::MAX, "b", 2)], u32::MAX, 2, &[1]);
        let told: Vec<_> = summaries.iter().map(|(number, title, ..)| (*number, title.as_str())).collect();
        assert_eq!(told, [(1, "a"), (2, "b"), (3, "b")]);
        assert_eq!(altered, [Alteration::OlderContent { was: 2, now: 1 }]);
    }

    #[test]
    fn without_any_summary_there_is_a_title_of_ours() {
        let (summaries, altered) = rebuilt(&[], 4, 1, &[1]);
        assert_eq!(summaries, [(5, "Salvaged 01010101".to_owned(), 1, 10)]);
        assert_eq!(altered, [Alteration::NoSummary]);
    }
}
