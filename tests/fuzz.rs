//! What fuzzing found worth keeping, once more: see `tests/fuzz/`. What crashed once is among it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::fuzzed::{self, sealed_frames};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(name)
}

/// Gives each kept input to `target`.
fn replay(name: &str, target: fn(&[u8])) {
    let mut count = 0;
    for entry in fs::read_dir(folder("corpus").join(name)).unwrap() {
        let path = entry.unwrap().path();
        let input = fs::read(&path).unwrap();
        let replayed = std::panic::catch_unwind(|| target(&input));
        assert!(replayed.is_ok(), "{}", path.display());
        count += 1;
    }
    assert!(count > 5, "{name}: {count}");
}

#[test]
fn headers() {
    replay("header", fuzzed::header);
}

#[test]
fn frames() {
    replay("frames", fuzzed::frames);
}

#[test]
fn records() {
    replay("records", fuzzed::records);
}

#[test]
fn databases() {
    replay("database", fuzzed::database);
    fuzzed::remove_database();
}

/// Writes what fuzzing begins with anew: inputs that are right, and the vault that is written over.
#[test]
#[ignore = "writes tests/fuzz/"]
fn make_seeds() {
    base();
    let put = |target: &str, name: &str, bytes: &[u8]| {
        let folder = folder("corpus").join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), bytes).unwrap();
    };
    for (name, length, frame_length) in [("empty", 0, 64), ("one", 10, 64), ("full", 128, 64), ("more", 200, 64)] {
        put("frames", name, &sealed_frames(&vec![7; length], frame_length));
        let mut cut = sealed_frames(&vec![7; length], frame_length);
        cut.truncate(cut.len() - 1);
        put("frames", &format!("{name}-cut"), &cut);
    }
    // Of a copy: whoever closes a database last takes its log away.
    let copy = tempfile::tempdir().unwrap();
    for name in ["vault.db", "vault.db-wal"] {
        fs::copy(folder("base").join(name), copy.path().join(name)).unwrap();
    }
    let database = rusqlite::Connection::open(copy.path().join("vault.db")).unwrap();
    let blobs = |sql: &str| -> Vec<Vec<u8>> {
        let mut query = database.prepare(sql).unwrap();
        let rows = query.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    for (at, header) in blobs("SELECT header FROM revision").iter().enumerate() {
        put("header", &format!("header-{at}"), header);
        put("header", &format!("header-{at}-cut"), &header[..header.len() - 20]);
        let mut other = header.clone();
        other[40] ^= 0x10;
        put("header", &format!("header-{at}-other"), &other);
    }
    let of_kind = |kind: u8, bytes: &[u8]| [&[kind][..], bytes].concat();
    for (at, config) in blobs("SELECT config FROM slot").iter().enumerate() {
        put("records", &format!("slot-{at}"), &of_kind(5, config));
    }
    for (at, wrapped) in blobs("SELECT edk FROM revision_wrap").iter().enumerate() {
        put("records", &format!("wrapped-{at}"), &of_kind(9, wrapped));
    }
    for (name, bytes) in fuzzed::plain_records() {
        put("records", name, &bytes);
    }
    for mode in 0..16_u8 {
        if mode & 2 == 0 {
            put("database", &format!("whole-{mode}"), &[mode]);
            put("database", &format!("patched-{mode}"), &[mode, 0, 0, 0x10, 0x20, 2, 0xFF, 0xFF]);
            put("database", &format!("log-{mode}"), &[mode, 1, 0, 0x10, 0x20, 2, 0xFF, 0xFF]);
            put("database", &format!("index-{mode}"), &[mode, 2, 0, 0, 0x20, 2, 0xFF, 0xFF]);
            put("database", &format!("cut-{mode}"), &[mode, 4, 0, 0x20, 0x20, 0]);
        }
    }
    put("database", "no-database", b"\x02SQLite format 3\0");
    put("database", "empty", b"\x02");
    let typed = [
        "new\n--passphrase\n--vault\nv.sealkeep",
        "ls\nquery\n--json",
        "add\nlogin\nTitle\n--set\nusername=a\n--tag\nx",
        "put\na\nb\n--title\nt",
        "get\nx\n-o\n-\n--force",
        "show\nx\n--field\npassword\n--revision\n3",
        "check\n--quick",
        "salvage\nx\n--new-passphrase-file\n-",
        "slot\nadd\n--recovery",
        "slot\nrm\nabcd\n--yes",
        "encrypt\n-\n--kms\narn:x",
        "decrypt\nx.sealed\n--key\narn",
        "profile\nadd\nn\n--region\nr\n--access-key-id\nA",
        "generate\n--words\n9",
        "--help",
        "--version",
        "lock\n--quiet",
        "nonsense",
        "add",
        "rm\n\u{1F600}",
        "ls\n--=\n--json",
    ];
    for (at, typed) in typed.iter().enumerate() {
        put("arguments", &format!("typed-{at:02}"), typed.as_bytes());
    }
    put("arguments", "not-utf-8", b"ls\n\xFF\xFE\n--vault\n\xC0");
}

/// The vault that is written over, with a log that a reader kept from being emptied.
fn base() {
    use sealkeep::vault::Kind;

    use crate::support::vaults::{Bench, adding, note, revise_note};

    let (bench, mut vault) = Bench::with_passphrase(fuzzed::PASSPHRASE);
    let change = adding(&vault, Kind::Note, "first", &note("one"));
    let first = vault.commit(vec![change]).unwrap()[0];
    let reader = bench.database();
    reader.execute_batch("BEGIN; SELECT count(*) FROM item").unwrap();
    revise_note(&mut vault, first, "two").unwrap();
    let change = adding(&vault, Kind::Note, "second", &note("three"));
    vault.commit(vec![change]).unwrap();
    fs::create_dir_all(folder("base")).unwrap();
    for name in ["vault.db", "vault.db-wal", "vault.db-shm"] {
        fs::copy(bench.folder().join(name), folder("base").join(name)).unwrap();
    }
}
