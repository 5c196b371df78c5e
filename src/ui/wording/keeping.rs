//! For how long things are kept, in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::ui::show;
use crate::vault::{ItemSummary, Kind, Retention};

/// Since when an item is in the trash, and for how much longer.
pub fn in_trash(item: &ItemSummary, retention: Retention, now: Timestamp, zone: &TimeZone) -> String {
    let since = item.trashed.map(|since| show::day(since, zone)).unwrap_or_default();
    let stays = match retention.days_left(item, now) {
        None => "stays until you delete it for good".to_owned(),
        Some(0) => "its time there is over; it stays until you delete it for good".to_owned(),
        Some(1) => "stays one more day".to_owned(),
        Some(days) => format!("stays {} more days", show::grouped(days)),
    };
    format!("In the trash since {since} · {stays}")
}

/// The same in a row of the list; empty where it stays for ever.
pub fn left_in_trash(item: &ItemSummary, retention: Retention, now: Timestamp) -> String {
    match retention.days_left(item, now) {
        None => String::new(),
        Some(0) => "time is over".to_owned(),
        Some(days) => format!("{} left", show::count(days, "day")),
    }
}

/// What the vault's limit means for an item of this kind that has these versions, oldest first.
pub fn limit(retention: Retention, kind: &Kind, versions: &[u32]) -> String {
    let Some(keeps) = retention.keeps(kind) else { return "The vault keeps every version.".to_owned() };
    let keeps = match keeps {
        1 => "The vault keeps the newest version alone.".to_owned(),
        keeps => format!("The vault keeps the {keeps} newest versions."),
    };
    match &versions[..retention.goes_with_the_next(kind, versions.len())] {
        [] => keeps,
        goes => format!("{keeps} Saving removes {}.", versions_named(goes)),
    }
}

/// `version 1`, `versions 1 to 3`, `versions 1, 4 and 7`.
pub fn versions_named(numbers: &[u32]) -> String {
    match numbers {
        [] => "no version".to_owned(),
        [one] => format!("version {one}"),
        [first, .., last] if (last - first) as usize == numbers.len() - 1 && numbers.len() > 2 => {
            format!("versions {first} to {last}")
        }
        [rest @ .., last] => {
            let rest: Vec<String> = rest.iter().map(u32::to_string).collect();
            format!("versions {} and {last}", rest.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_says_what_saving_removes_and_nothing_where_it_removes_nothing() {
        let retention = Retention { revisions: Some(3), ..Retention::default() };
        let of = |versions: &[u32]| limit(retention, &Kind::Login, versions);
        assert_eq!(of(&[1, 2]), "The vault keeps the 3 newest versions.");
        assert_eq!(of(&[4, 5, 6]), "The vault keeps the 3 newest versions. Saving removes version 4.");
        assert_eq!(of(&[1, 2, 3, 4, 5]), "The vault keeps the 3 newest versions. Saving removes versions 1 to 3.");
        assert_eq!(limit(retention, &Kind::Document, &[1, 2, 3, 4]), "The vault keeps every version.");
        assert_eq!(versions_named(&[1, 4]), "versions 1 and 4");
        assert_eq!(versions_named(&[1, 4, 7]), "versions 1, 4 and 7");
    }
}
