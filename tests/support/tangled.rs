//! Databases whose trees have no end: inner pages that name one page many times, as no program would write them. SQLite reads them
//! without a word, and gives the same rows again for longer than anybody waits.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// So many inner pages, one above the other: SQLite goes down twenty at most.
const DEPTH: usize = 15;
/// How often each of them names the one below it.
const TIMES: usize = 8;

const TABLE_LEAF: u8 = 0x0D;
const TABLE_INNER: u8 = 0x05;
const INDEX_LEAF: u8 = 0x0A;
const INDEX_INNER: u8 = 0x02;

/// Makes the tree of `name`, a table or an index, one without an end: `sqlite_schema` for that of the tables themselves. Whoever has the
/// database open sees it with the next look.
pub fn tangle(file: &Path, name: &str) {
    let (root, spare) = prepare(file, name);
    let file = OpenOptions::new().read(true).write(true).open(file).unwrap();
    let length = usize::from(u16::from_be_bytes(read(&file, 16)));
    let page = |number: u32| (u64::from(number) - 1) * length as u64;
    let start = if root == 1 { 100 } else { 0 };
    let mut whole = vec![0; length];
    file.read_exact_at(&mut whole, page(root)).unwrap();
    let inner = match whole[start] {
        TABLE_LEAF | TABLE_INNER => TABLE_INNER,
        INDEX_LEAF => INDEX_INNER,
        other => panic!("{name} has a root of kind {other}"),
    };
    let row = if inner == INDEX_INNER { first_row(&whole) } else { vec![1] };

    // What was the root moves down, and keeps its rows.
    let [bottom, between @ ..] = spare.as_slice() else { panic!("pages to spare") };
    let mut moved = whole.clone();
    let pointers = 2 * usize::from(u16::from_be_bytes([whole[start + 3], whole[start + 4]]));
    let header = if whole[start] == TABLE_INNER { 12 } else { 8 };
    moved.copy_within(start..start + header + pointers, 0);
    file.write_all_at(&moved, page(*bottom)).unwrap();
    let mut below = *bottom;
    for number in &between[..DEPTH] {
        file.write_all_at(&inner_page(inner, below, &row, length, 0), page(*number)).unwrap();
        below = *number;
    }
    let top = inner_page(inner, below, &row, length, start);
    file.write_all_at(&top[start..], page(root) + start as u64).unwrap();
}

/// The root of `name`, and pages that nothing uses.
fn prepare(file: &Path, name: &str) -> (u32, Vec<u32>) {
    let database = rusqlite::Connection::open(file).unwrap();
    let number = |sql: &str| database.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    let root = match name {
        "sqlite_schema" => 1,
        name => number(&format!("SELECT rootpage FROM sqlite_schema WHERE name = '{name}'")),
    };
    let fill = "PRAGMA foreign_keys = OFF; INSERT INTO page VALUES (zeroblob(16), 4000000000, zeroblob(100000)); \
                DELETE FROM page WHERE page = 4000000000;";
    database.execute_batch(fill).unwrap();
    if root == 1 {
        // Who has it open reads the tables' own table again only where that has changed.
        database.pragma_update(None, "schema_version", number("PRAGMA schema_version") + 1).unwrap();
    }
    assert_eq!(number("PRAGMA wal_checkpoint(TRUNCATE)"), 0, "nobody else is reading");
    drop(database);
    let file = File::open(file).unwrap();
    let length = u64::from(u16::from_be_bytes(read(&file, 16)));
    let trunk = (u64::from(u32::from_be_bytes(read(&file, 32))) - 1) * length;
    let count = u64::from(u32::from_be_bytes(read(&file, trunk + 4)));
    let spare: Vec<_> = (0..count).map(|at| u32::from_be_bytes(read(&file, trunk + 8 + 4 * at))).collect();
    assert!(spare.len() > DEPTH, "{} pages to spare", spare.len());
    (root, spare)
}

/// An inner page that names `below` in all of its cells; its header is at `start`.
fn inner_page(kind: u8, below: u32, row: &[u8], length: usize, start: usize) -> Vec<u8> {
    let mut page = vec![0; length];
    let cell = [&below.to_be_bytes(), row].concat();
    let mut at = length;
    for number in 0..TIMES {
        at -= cell.len();
        page[at..at + cell.len()].copy_from_slice(&cell);
        page[start + 12 + 2 * number..][..2].copy_from_slice(&(at as u16).to_be_bytes());
    }
    page[start] = kind;
    page[start + 3..start + 5].copy_from_slice(&(TIMES as u16).to_be_bytes());
    page[start + 5..start + 7].copy_from_slice(&(at as u16).to_be_bytes());
    page[start + 8..start + 12].copy_from_slice(&below.to_be_bytes());
    page
}

/// The first row of an index's leaf, as it stands there: its length, and as many bytes, all of which are in the page.
fn first_row(leaf: &[u8]) -> Vec<u8> {
    let at = usize::from(u16::from_be_bytes([leaf[8], leaf[9]]));
    let (length, prefix) = match leaf[at] {
        short @ 0..0x80 => (usize::from(short), 1),
        high => ((usize::from(high & 0x7F) << 7) | usize::from(leaf[at + 1]), 2),
    };
    assert!(length < leaf.len() / 8, "a row of {length} bytes");
    leaf[at..at + prefix + length].to_vec()
}

fn read<const LENGTH: usize>(file: &File, at: u64) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    file.read_exact_at(&mut bytes, at).unwrap();
    bytes
}
