//! The rules, each a function from one file to what is wrong with it.

use super::source::{Region, Source, Word};
use super::table::Table;

/// A file is split before it is longer than this, its tests aside.
const LONGEST: usize = 500;
/// What a view asks the worker for.
const SYSTEM: [&str; 5] = ["env", "fs", "net", "process", "thread"];
/// What opens a vault or makes one, which the worker does.
const OPENERS: [&str; 4] = ["LockedVault", "UnlockedVault", "create_vault", "on_thread"];
/// How far above its call a reason may stand.
const REASON_ABOVE: usize = 3;
/// How far above its block a safety note may stand.
const SAFETY_ABOVE: usize = 6;

/// One source file, placed.
pub struct File<'a> {
    /// As a person names it: `src/vault/open.rs`.
    pub path: &'a str,
    /// `vault`, `main.rs`, `bin/sealkeep-cli`; `lib.rs` belongs to nobody and declares only.
    pub room: &'a str,
    /// How many modules stand between this file's and the room's: 0 for `vault/mod.rs`, 1 for `vault/open.rs`.
    pub depth: usize,
    /// Declared under `#[cfg(test)]` by its parent.
    pub test_only: bool,
    pub text: &'a str,
}

/// Everything that is wrong with `file`, as `path:line: what`.
pub fn findings(file: &File<'_>, table: &Table) -> Vec<String> {
    let source = Source::read(file.text);
    let tests = source.test_regions();
    let check = Check { file, table, source: &source, tests: &tests };
    let mut found = check.unsafe_blocks();
    if !file.test_only {
        found.extend(check.rooms());
        found.extend(check.crates());
        found.extend(check.views());
        found.extend(check.exposures());
        found.extend(check.length());
    }
    found
}

struct Check<'a> {
    file: &'a File<'a>,
    table: &'a Table,
    source: &'a Source<'a>,
    tests: &'a [Region],
}

impl<'a> Check<'a> {
    fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.file.path)
    }

    fn word(&self, index: usize) -> Option<Word<'a>> {
        self.source.words.get(index).map(|(word, _)| *word)
    }

    /// Whether the name at `index` is the first of its path.
    fn starts(&self, index: usize) -> bool {
        let before = |n: usize| index.checked_sub(n).and_then(|at| self.word(at));
        before(1) != Some(Word::Path)
            || !matches!(before(2), Some(Word::Name(_) | Word::Mark('>' | ']' | ')')))
            || before(2) == Some(Word::Name("use"))
    }

    fn in_tests(&self, index: usize) -> bool {
        self.tests.iter().any(|region| region.words.contains(&index))
    }

    /// Every room that a path starts from: `crate::room`, `crate::{room, …}`, `sealkeep::room`, and `super::` that
    /// leaves the room.
    fn rooms(&self) -> Vec<String> {
        let mut found = Vec::new();
        let Some(allowed) = self.table.rooms.get(self.file.room) else {
            return vec![self.at(1, &format!("`{}` has no row in docs/rooms.md", self.file.room))];
        };
        let mut inside = InlineModules::default();
        for (index, (word, line)) in self.source.words.iter().enumerate() {
            inside.step(self, index);
            if self.in_tests(index) {
                continue;
            }
            let starts = self.starts(index);
            match word {
                // A binary's `crate::` is itself; the library is `sealkeep::` to it.
                Word::Name("crate") if allowed.is_none() => {}
                Word::Name("crate" | "sealkeep") if starts && self.word(index + 1) == Some(Word::Path) => {
                    for room in self.first_names(index + 2) {
                        let known = self.table.rooms.contains_key(room);
                        let fine = room == self.file.room || allowed.as_ref().is_none_or(|rooms| rooms.contains(room));
                        if !known {
                            found.push(self.at(*line, &format!("`crate::{room}` names no room of docs/rooms.md")));
                        } else if !fine {
                            found.push(self.at(*line, &format!("`{}` may not use `{room}`", self.file.room)));
                        }
                    }
                }
                Word::Name("super") if starts => {
                    let up = (0..).take_while(|n| self.word(index + 2 * n) == Some(Word::Name("super"))).count();
                    if up > self.file.depth + inside.depth() {
                        found.push(self.at(*line, "`super::` leaves the room: say `crate::` and the room's name"));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The first names of the path or group of paths that starts at `index`.
    fn first_names(&self, index: usize) -> Vec<&'a str> {
        match self.word(index) {
            Some(Word::Name(name)) => vec![name],
            Some(Word::Mark('{')) => {
                let mut names = Vec::new();
                let mut depth = 0;
                for at in index..self.source.words.len() {
                    match self.word(at) {
                        Some(Word::Mark('{')) => depth += 1,
                        Some(Word::Mark('}')) => depth -= 1,
                        Some(Word::Name(name)) if depth == 1 => {
                            if matches!(self.word(at - 1), Some(Word::Mark('{' | ','))) {
                                names.push(name);
                            }
                        }
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
                names
            }
            // `crate::*` is every room at once.
            _ => vec!["*"],
        }
    }

    fn crates(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (index, (word, line)) in self.source.words.iter().enumerate() {
            let Word::Name(name) = word else { continue };
            let before = index.checked_sub(1).and_then(|before| self.word(before));
            let used = match self.word(index + 1) {
                Some(Word::Path) => self.starts(index),
                Some(Word::Mark(';') | Word::Name("as")) => before == Some(Word::Name("use")),
                _ => false,
            };
            if !used || self.in_tests(index) {
                continue;
            }
            if let Some(rooms) = self.table.rooms_of_crate(name)
                && !rooms.contains(self.file.room)
            {
                found.push(self.at(*line, &format!("`{}` may not use the crate `{name}`", self.file.room)));
            }
        }
        found
    }

    /// A view draws, and asks the worker.
    fn views(&self) -> Vec<String> {
        if self.file.room != "ui" {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (index, (word, line)) in self.source.words.iter().enumerate() {
            let Word::Name(name) = word else { continue };
            if self.in_tests(index) {
                continue;
            }
            if *name == "std" && self.starts(index) {
                let names = self.first_names(index + 2);
                let system = names.into_iter().filter(|name| SYSTEM.contains(name));
                found.extend(system.map(|name| self.at(*line, &format!("a view asks the worker, not `std::{name}`"))));
            } else if OPENERS.contains(name) {
                found.push(self.at(*line, &format!("a view opens no vault: `{name}` is the worker's")));
            }
        }
        found
    }

    fn exposures(&self) -> Vec<String> {
        if self.file.room == "secret" {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (index, (word, line)) in self.source.words.iter().enumerate() {
            let call = matches!(word, Word::Name("expose" | "expose_mut"))
                && !matches!(index.checked_sub(1).and_then(|before| self.word(before)), Some(Word::Name("fn")));
            if call && !self.in_tests(index) && !self.source.has_reason("EXPOSE:", *line, REASON_ABOVE) {
                found.push(self.at(*line, "`expose` without an `// EXPOSE:` reason beside it"));
            }
            if matches!(word, Word::Name("fn"))
                && matches!(self.word(index + 1), Some(Word::Name(name)) if name.starts_with("expose"))
            {
                found.push(self.at(*line, "only `secret` has an `expose`"));
            }
        }
        found
    }

    fn unsafe_blocks(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (word, line) in &self.source.words {
            if *word != Word::Name("unsafe") {
                continue;
            }
            if self.file.room != "platform" {
                found.push(self.at(*line, "`unsafe` outside `platform`"));
            } else if !self.source.has_reason("SAFETY", *line, SAFETY_ABOVE) {
                found.push(self.at(*line, "`unsafe` without a SAFETY note"));
            }
        }
        found
    }

    fn length(&self) -> Vec<String> {
        let of_tests: usize = self.tests.iter().map(|region| region.lines.end() - region.lines.start() + 1).sum();
        let length = self.source.lines - of_tests;
        if length > LONGEST {
            return vec![self.at(1, &format!("{length} lines, its tests aside: split it before {LONGEST}"))];
        }
        Vec::new()
    }
}

/// How many `mod name { … }` are open.
#[derive(Default)]
struct InlineModules {
    braces: usize,
    opened_at: Vec<usize>,
}

impl InlineModules {
    fn step(&mut self, check: &Check<'_>, index: usize) {
        match check.word(index) {
            Some(Word::Mark('{')) => {
                let module = index >= 2 && check.word(index - 2) == Some(Word::Name("mod"));
                if module {
                    self.opened_at.push(self.braces);
                }
                self.braces += 1;
            }
            Some(Word::Mark('}')) => {
                self.braces = self.braces.saturating_sub(1);
                if self.opened_at.last() == Some(&self.braces) {
                    self.opened_at.pop();
                }
            }
            _ => {}
        }
    }

    fn depth(&self) -> usize {
        self.opened_at.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
| room | owns | may use |
|---|---|---|
| `vault/` | x | `secret` |
| `secret/` | x | |
| `store/` | x | |
| `platform/` | x | `secret` |
| `main.rs` | x | anything |

| crates | only in |
|---|---|
| `rusqlite` | `store` |
| `aws_*` | `platform` |
";

    fn check(room: &str, depth: usize, text: &str) -> Vec<String> {
        let path = format!("src/{room}/x.rs");
        findings(&File { path: &path, room, depth, test_only: false, text }, &Table::read(PAGE))
    }

    #[track_caller]
    fn finds(room: &str, text: &str, what: &str) {
        let found = check(room, 1, text);
        assert!(found.len() == 1 && found[0].contains(what), "{text}: {found:?}");
    }

    #[track_caller]
    fn accepts(room: &str, text: &str) {
        let found = check(room, 1, text);
        assert!(found.is_empty(), "{text}: {found:?}");
    }

    #[test]
    fn a_room_that_is_not_allowed_is_found_however_it_is_named() {
        for text in [
            "use crate::store::Row;",
            "use crate::{secret::Key, store};",
            "use crate::{secret::{Key, Other}, store::{Row}};",
            "fn f() { crate::store::rows() }",
            "use sealkeep::store::Row;",
            "use ::sealkeep::store::Row;",
            "pub use crate::store as other;",
        ] {
            finds("vault", text, "may not use `store`");
        }
        finds("vault", "use crate::*;", "names no room");
        finds("vault", "use super::super::store::Row;", "leaves the room");
        finds("vault", "use crate::unknown::Row;", "names no room");
        finds("main.rs", "use sealkeep::unknown::Row;", "names no room");
        finds("unlisted", "", "has no row");
    }

    #[test]
    fn allowed_paths_pass() {
        accepts(
            "vault",
            "use crate::secret::Key; use crate::vault::open::x; use super::other; mod a { use super::super::y; }",
        );
        accepts("main.rs", "use sealkeep::store::Row; use sealkeep::vault::X; use crate::own;");
        accepts("vault", "pub(crate) fn f() {} // crate::store\n#[cfg(test)]\nmod tests { use crate::store::Row; }");
    }

    #[test]
    fn a_view_that_does_the_workers_work_is_found() {
        let page =
            PAGE.replace("| `main.rs` | x | anything |", "| `main.rs` | x | anything |\n| `ui/` | x | `vault` |");
        let check = |text| {
            findings(&File { path: "src/ui/x.rs", room: "ui", depth: 1, test_only: false, text }, &Table::read(&page))
        };
        for (text, what) in [
            ("use std::fs;", "std::fs"),
            ("use std::{fmt, thread};", "std::thread"),
            ("fn f() { std::process::exit(1) }", "std::process"),
            ("use crate::vault::LockedVault;", "LockedVault"),
        ] {
            let found = check(text);
            assert!(found.len() == 1 && found[0].contains(what), "{text}: {found:?}");
        }
        assert_eq!(check("use std::fmt; use crate::vault::ItemId;\n#[cfg(test)]\nmod tests { use std::fs; }"), [""; 0]);
        accepts("vault", "use std::fs; fn f() { LockedVault::open() }");
    }

    #[test]
    fn a_crate_outside_its_room_is_found() {
        finds("vault", "use rusqlite::Row;", "crate `rusqlite`");
        finds("vault", "use rusqlite;", "crate `rusqlite`");
        finds("vault", "fn f() -> aws_config::Region {}", "crate `aws_config`");
        finds("vault", "use ::aws_config::Region;", "crate `aws_config`");
        accepts("store", "use rusqlite::Row;");
        accepts("vault", "use other::rusqlite::Row; let rusqlite = 1;\n#[cfg(test)]\nmod tests { use rusqlite::Row; }");
    }

    #[test]
    fn an_exposure_needs_its_reason() {
        finds("vault", "fn f() { key.expose() }", "EXPOSE");
        finds("vault", "// EXPOSE: too far away\n\n\n\nfn f() { key.expose_mut() }", "EXPOSE");
        finds("vault", "let x = \"// EXPOSE: in a string\"; key.expose();", "EXPOSE");
        finds("vault", "fn expose_all() {}", "only `secret`");
        accepts("vault", "// EXPOSE: it is sealed here\nfn f() { key.expose() }");
        accepts("vault", "#[cfg(test)]\nmod tests { fn f() { key.expose() } }");
        accepts("secret", "pub fn expose(&self) {} fn f(x: X) { x.expose() }");
    }

    #[test]
    fn unsafe_stays_in_platform_and_says_why() {
        finds("vault", "// SAFETY: none\nunsafe { }", "outside");
        finds("vault", "#[cfg(test)]\nmod tests { fn f() { unsafe { } } }", "outside");
        finds("platform", "unsafe { }", "SAFETY");
        accepts("platform", "// SAFETY: the pointer is ours\nunsafe { }");
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_are_not_counted() {
        finds("vault", &"fn f() {}\n".repeat(LONGEST + 1), "split it");
        accepts("vault", &"fn f() {}\n".repeat(LONGEST));
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(LONGEST));
        accepts("vault", &format!("{}{tests}", "fn f() {}\n".repeat(LONGEST)));
    }
}
