//! What came of a salvage, in people's words.

use super::{Words, finding, words};
use crate::ui::show;
use crate::vault::{Alteration, Lost, SalvageReport};

/// What it is called, wherever a person meets it: on buttons, in the list of commands, and above its page.
pub const SALVAGE: &str = "Save what still opens into a new vault";

/// The same in the middle of a sentence.
pub const SALVAGING: &str = "save what still opens into a new vault";

/// Whether the new vault has all that the damaged one had.
pub fn is_whole(report: &SalvageReport) -> bool {
    // Whatever was found wrong with the old vault, somebody may have had a hand in it: nobody knows then what it had.
    report.lost.is_empty() && report.changed.is_empty() && report.problems.is_empty()
}

/// What came of one that did not copy everything.
pub fn told(report: &SalvageReport) -> Words {
    let count = |whole: bool| {
        let mut items: Vec<_> =
            report.lost.iter().filter(|lost| lost.whole_item == whole).filter_map(|lost| lost.item).collect();
        items.dedup();
        items.len()
    };
    let mut changed: Vec<_> = report.changed.iter().map(|changed| changed.item).collect();
    changed.dedup();
    let pages = report.lost.iter().filter(|lost| lost.item.is_none()).count();
    let some = |number: usize, words: &str| (number > 0).then(|| format!("{} {words}", show::grouped(number as u64)));
    let parts = [
        some(count(true), "lost"),
        some(count(false), "without some of their versions"),
        some(changed.len(), "not as they were"),
        (pages > 0).then(|| "others may be missing".to_owned()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let copied = format!("{} copied", show::count(report.items, "item"));
    if parts.is_empty() {
        let to_do =
            "Nothing of what it listed was lost, but the vault itself is not as it was written: compare with a backup.";
        return words(copied, to_do, None);
    }
    words(
        format!("{copied}; {}", parts.join(", ")),
        "What is listed here may be in a backup. Keep the damaged vault until you have looked.",
        None,
    )
}

/// Something that was left behind, below the name of its item.
pub fn lost(lost: &Lost) -> String {
    let what = finding(&lost.what);
    if lost.item.is_none() { format!("{what} Items that it listed may be lost.") } else { what }
}

/// How an item is not as it was, below its name.
pub fn altered(how: Alteration) -> String {
    let unproven =
        "Its part of the list is damaged: this may be an older state, or something that was deleted for good.";
    match how {
        Alteration::OlderContent { was, now } => {
            format!("Version {was} is damaged: version {now} is the current one now.")
        }
        Alteration::OlderSummary => "Its title, tags and marks are those of an earlier save.".to_owned(),
        Alteration::NoSummary => "Its title, tags and dates could not be read. It was given a title.".to_owned(),
        Alteration::Unproven => unproven.to_owned(),
        Alteration::UnprovenUnderKms => {
            format!("{unproven} Whoever may encrypt under the KMS key could have written it.")
        }
    }
}

/// That other ways in of the damaged vault do not open the new one.
pub fn ways_left(number: usize) -> String {
    match number {
        1 => "The damaged vault had another way in, which does not open the new one. Add it there: Ways in.".to_owned(),
        many => format!(
            "The damaged vault had {} other ways in, which do not open the new one. Add them there: Ways in.",
            show::grouped(many as u64)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{Altered, Finding, ItemId, VaultId};

    fn report() -> SalvageReport {
        SalvageReport {
            vault: VaultId([1; 16]),
            items: 812,
            revisions: 900,
            bytes: 10,
            lost: Vec::new(),
            changed: Vec::new(),
            problems: Vec::new(),
            slots: Vec::new(),
        }
    }

    fn left(item: u8, whole_item: bool, revision: u32) -> Lost {
        Lost { item: Some(ItemId([item; 16])), title: None, whole_item, what: Finding::BodyChanged(revision) }
    }

    #[test]
    fn items_are_counted_and_not_their_versions() {
        assert!(is_whole(&report()));
        let lost = vec![left(1, true, 1), left(1, true, 2), left(2, false, 1)];
        let changed = vec![Altered { item: ItemId([2; 16]), title: None, how: Alteration::OlderSummary }];
        let told = told(&SalvageReport { lost, changed, ..report() });
        assert_eq!(told.happened, "812 items copied; 1 lost, 1 without some of their versions, 1 not as they were");
    }

    #[test]
    fn a_page_that_is_gone_says_that_items_may_be_missing() {
        let gone = Lost { item: None, title: None, whole_item: false, what: Finding::PageMissing(3) };
        assert!(lost(&gone).ends_with("Items that it listed may be lost."));
        let told = told(&SalvageReport { lost: vec![gone], ..report() });
        assert_eq!(told.happened, "812 items copied; others may be missing");
    }
}
