//! Numbers, dates and paths as people read them.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A number of bytes, in units of 1000: `1.2 MB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if count < 1000 {
        return if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") };
    }
    let mut value = count as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if value < 9.95 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

/// A number of things: `1 item`, `2 items`.
pub fn count(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {one}s", grouped(count)) }
}

/// A number with its thousands apart.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202F}');
        }
        text.push(digit);
    }
    text
}

/// The day of a moment: `12 May 2026`.
pub fn day(moment: Timestamp, zone: &TimeZone) -> String {
    date(moment.to_zoned(zone.clone()).date())
}

/// A day: `12 May 2026`.
pub fn date(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// A moment: `12 May 2026, 14:05`.
pub fn moment(moment: Timestamp, zone: &TimeZone) -> String {
    moment.to_zoned(zone.clone()).strftime("%-d %B %Y, %H:%M").to_string()
}

/// How long something still takes.
pub fn left(time: Duration) -> String {
    match time.as_secs() {
        0..=1 => "a second left".to_owned(),
        seconds @ 2..=59 => format!("{seconds} seconds left"),
        seconds if seconds < 3600 => format!("{} min left", seconds.div_ceil(60)),
        seconds => format!("{} h {} min left", seconds / 3600, seconds % 3600 / 60),
    }
}

/// How long a call took.
pub fn latency(time: Duration) -> String {
    match time.as_millis() {
        0 => "under 1 ms".to_owned(),
        millis if millis < 10_000 => format!("{millis} ms"),
        millis => format!("{} s", millis / 1000),
    }
}

/// A file's name.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A vault's name: its folder's, without `.sealkeep`.
pub fn vault_name(folder: &Path) -> String {
    let name = file_name(folder);
    name.strip_suffix(".sealkeep").map(str::to_owned).unwrap_or(name)
}

/// The end of a KMS key's ARN that people tell apart: `alias/team`, or the last part of an id.
pub fn key_name(arn: &str) -> String {
    let resource = arn.rsplit(':').next().unwrap_or(arn);
    match resource.strip_prefix("key/") {
        Some(id) => id.rsplit('-').next().map_or_else(|| id.to_owned(), |end| format!("key …{end}")),
        None => resource.to_owned(),
    }
}

/// The same in a sentence: "KMS key …38" or "KMS key alias/team".
pub fn kms_key(arn: &str) -> String {
    let name = key_name(arn);
    format!("KMS key {}", name.strip_prefix("key ").unwrap_or(&name))
}

/// What AWS asks for so many calls to KMS, in a plan.
pub fn cost_of_calls(calls: u64, dollars: f64) -> String {
    let price = match dollars {
        cheap if cheap < 0.01 => "less than a US cent".to_owned(),
        dollars => format!("about {dollars:.2} US dollars"),
    };
    format!("{} to AWS KMS, {price}", count(calls, "call"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_short() {
        for (number, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (1_234_567, "1.2 MB"),
            (999_600, "1.0 MB"),
            (40_000_000_000, "40 GB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn counts_and_groups() {
        assert_eq!(count(1, "item"), "1 item");
        assert_eq!(count(0, "item"), "0 items");
        assert_eq!(grouped(1_234_567), "1\u{202F}234\u{202F}567");
        assert_eq!(grouped(999), "999");
    }

    #[test]
    fn keys_are_named_by_what_differs() {
        assert_eq!(key_name("arn:aws:kms:eu-west-1:111122223333:alias/team"), "alias/team");
        assert_eq!(
            key_name("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
            "key …1234567890ab"
        );
        assert_eq!(vault_name(Path::new("/v/Family vault.sealkeep")), "Family vault");
    }

    #[test]
    fn days_are_written_out() {
        assert_eq!(day(Timestamp::UNIX_EPOCH, &TimeZone::UTC), "1 January 1970");
        assert_eq!(left(Duration::from_secs(61)), "2 min left");
    }
}
