//! The tables of `docs/rooms.md`, which are at once what people read and what the test holds the source against.

use std::collections::{BTreeMap, BTreeSet};

/// What the page allows.
#[derive(Debug, Default)]
pub struct Table {
    /// A room and the rooms it may use; `None`: any of them.
    pub rooms: BTreeMap<String, Option<BTreeSet<String>>>,
    /// A crate (or, with a `*` at its end, the start of crates' names) and the rooms that may use it.
    pub crates: BTreeMap<String, BTreeSet<String>>,
}

impl Table {
    /// Reads the two tables: the one whose first column is headed *room*, and the one headed *crates*.
    pub fn read(page: &str) -> Self {
        let mut table = Self::default();
        let mut heading = String::new();
        for line in page.lines() {
            let Some(cells) = cells(line) else {
                heading.clear();
                continue;
            };
            if heading.is_empty() {
                heading = cells.first().copied().unwrap_or_default().to_owned();
                continue;
            }
            match heading.as_str() {
                "room" => table.add_room(&cells),
                "crates" => table.add_crates(&cells),
                _ => {}
            }
        }
        table
    }

    /// The rooms that may use the crate `name`; `None` where every room may. The pattern that says most decides.
    pub fn rooms_of_crate(&self, name: &str) -> Option<&BTreeSet<String>> {
        let matching = self.crates.iter().filter(|(pattern, _)| matches(pattern, name));
        matching.max_by_key(|(pattern, _)| pattern.len()).map(|(_, rooms)| rooms)
    }

    fn add_room(&mut self, cells: &[&str]) {
        let [room, _, uses, ..] = cells else { return };
        let Some(room) = quoted(room).into_iter().next() else { return };
        let uses = (*uses != "anything").then(|| quoted(uses).into_iter().collect());
        self.rooms.insert(room, uses);
    }

    fn add_crates(&mut self, cells: &[&str]) {
        let [crates, rooms, ..] = cells else { return };
        for name in quoted(crates) {
            self.crates.insert(name, quoted(rooms).into_iter().collect());
        }
    }
}

/// Whether a crate's name stands for `pattern`.
pub fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

fn cells(line: &str) -> Option<Vec<&str>> {
    let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<_> = inside.split('|').map(str::trim).collect();
    // The ruler under the heading.
    let ruler = cells.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':')));
    Some(if ruler { vec![""] } else { cells })
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/').to_owned()).collect()
}

#[test]
fn reads_rooms_and_crates() {
    let page = "\
| room | owns | may use | why |
|---|---|---|---|
| `one/` | things | | |
| `two/` | `x` | `one` | y |
| `main.rs` | wiring | anything | |

| crates | only in |
|---|---|
| `sql`, `aws_*` | `one`, `two` |
| `aws_maths` | `one` |
";
    let table = Table::read(page);
    assert_eq!(table.rooms["one"], Some(BTreeSet::new()));
    assert_eq!(table.rooms["two"], Some(BTreeSet::from(["one".to_owned()])));
    assert_eq!(table.rooms["main.rs"], None);
    assert_eq!(table.rooms.len(), 3);
    assert!(table.rooms_of_crate("aws_config").is_some_and(|rooms| rooms.contains("two")));
    assert!(table.rooms_of_crate("aws_maths").is_some_and(|rooms| !rooms.contains("two")));
    assert!(table.rooms_of_crate("serde").is_none());
}
