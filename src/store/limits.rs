//! How long a column may be for a query to give it: what no row of ours is longer than. A row of a hostile host that is longer costs no
//! memory; its column is NULL there, which no row of ours has, so that it is damage.

/// A column of a row that has one short value: a wrapped key, a sealed summary, a slot's configuration, a name. At most 256 KiB.
macro_rules! short {
    ($column:literal) => {
        concat!("CASE WHEN length(", $column, ") <= 262144 THEN ", $column, " END")
    };
}

/// The header of a message, at most 2 MiB.
macro_rules! header {
    () => {
        "CASE WHEN length(header) <= 2097152 THEN header END"
    };
}

/// The same, where one that is too long is to be told from none, which a revision may well have: an empty one, which no message has.
macro_rules! header_or_empty {
    () => {
        "CASE WHEN header IS NULL THEN NULL WHEN length(header) <= 2097152 THEN header ELSE x'' END"
    };
}

/// Frames that are short enough to be digested at every unlock, 4 KiB: long ones are not damage, and read when they are asked for.
macro_rules! small_frames {
    () => {
        "CASE WHEN length(frames) <= 4096 THEN frames END"
    };
}

pub(super) use {header, header_or_empty, short, small_frames};
