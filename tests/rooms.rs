//! Who may use whom: holds every path in `src/` against the tables of `docs/rooms.md`.

mod rules;
mod source;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rules::File;
use source::Source;
use table::Table;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table() -> Table {
    Table::read(&fs::read_to_string(root().join("docs/rooms.md")).unwrap())
}

/// Every `.rs` under `folder`, in order.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The room of `path` (relative to `src/`), and how many modules stand between the file's and the room's.
fn place(path: &Path) -> (String, usize) {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let room_parts = if parts[0] == "bin" { 2 } else { 1 };
    let room = parts[..room_parts.min(parts.len())].join("/");
    let inside = &parts[room_parts.min(parts.len())..];
    let depth = match inside {
        [] => 0,
        [folders @ .., file] => folders.len() + usize::from(file != "mod.rs" && file != "main.rs"),
    };
    (room, depth)
}

/// Whether a parent declares the module of `path` under `#[cfg(test)]`.
fn is_test_only(path: &Path) -> bool {
    let mut module = path.to_owned();
    if module.ends_with("mod.rs") {
        module.pop();
    }
    let Some(name) = module.file_stem().map(|name| name.to_string_lossy().into_owned()) else { return false };
    let Some(folder) = module.parent() else { return false };
    [folder.join("mod.rs"), folder.with_extension("rs"), folder.join("lib.rs"), folder.join("main.rs")].iter().any(
        |parent| {
            fs::read_to_string(parent).is_ok_and(|text| Source::read(&text).test_modules().contains(&name.as_str()))
        },
    )
}

#[test]
fn every_room_uses_only_what_the_table_gives_it() {
    let table = table();
    let mut found = Vec::new();
    let mut files = 0;
    for path in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let (room, depth) = place(path.strip_prefix(root().join("src")).unwrap());
        if room == "lib.rs" {
            continue;
        }
        files += 1;
        let file = File { path: &name, room: &room, depth, test_only: is_test_only(&path), text: &text };
        found.extend(rules::findings(&file, &table));
    }
    assert!(files > 20, "only {files} files were read");
    assert!(found.is_empty(), "{} findings against docs/rooms.md:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_table_names_the_rooms_that_exist_and_no_others() {
    let source = root().join("src");
    let mut rooms: BTreeSet<String> = rust_files(&source)
        .iter()
        .map(|path| place(path.strip_prefix(&source).unwrap()).0)
        .filter(|room| room != "lib.rs")
        .collect();
    let listed: BTreeSet<String> = table().rooms.into_keys().collect();
    assert_eq!(listed, rooms);
    rooms.retain(|room| !room.ends_with(".rs") && !room.starts_with("bin/"));
    let library = fs::read_to_string(source.join("lib.rs")).unwrap();
    for room in rooms {
        assert!(library.contains(&format!("pub mod {room};")), "src/lib.rs does not declare {room}");
    }
}

#[test]
fn the_table_names_rooms_and_crates_that_exist() {
    let table = table();
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let crates: BTreeSet<String> = manifest
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.trim().replace('-', "_"))
        .collect();
    for (pattern, rooms) in &table.crates {
        assert!(crates.iter().any(|name| table::matches(pattern, name)), "no dependency is called {pattern}");
        for room in rooms {
            assert!(table.rooms.contains_key(room), "{room}, in the row of {pattern}, is no room");
        }
    }
    for (room, uses) in &table.rooms {
        for used in uses.iter().flatten() {
            assert!(table.rooms.contains_key(used), "{used}, in the row of {room}, is no room");
        }
    }
}

#[test]
fn a_file_is_placed_by_its_folder() {
    let cases = [
        ("vault/mod.rs", "vault", 0),
        ("vault/open.rs", "vault", 1),
        ("platform/outfile/tests.rs", "platform", 2),
        ("main.rs", "main.rs", 0),
        ("bin/sealkeep-cli/main.rs", "bin/sealkeep-cli", 0),
        ("bin/sealkeep-cli/show.rs", "bin/sealkeep-cli", 1),
    ];
    for (path, room, depth) in cases {
        assert_eq!(place(Path::new(path)), (room.to_owned(), depth), "{path}");
    }
}
