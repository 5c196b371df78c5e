//! `make bench`: measures what the README promises, in one run, and writes `docs/figures.md`.
//!
//! What can be is measured from outside, on the programs as they are given out: times by the clock, memory by the kernel, KMS
//! calls at the wire, frames by whether the window's thread ran at all. Saving, locking and the window's passes are measured
//! in this process, which is built as they are. `cargo bench --bench figures -- --quick` measures small
//! files once and writes nothing: to try a change of this program, not to tell anything. A part's name (`files`, `memory`,
//! `list`, `saves`, `passes`, `calls`, `moves`, `locks`, `window`) measures that part alone, and writes nothing either.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

mod bare;
mod calls;
mod entries;
mod files;
mod list;
mod locks;
mod machine;
mod memory;
mod moves;
mod passes;
mod people;
mod sample;
mod saves;
mod script;
mod window;

// What the tests start for themselves serves here, too; not all of it.
#[allow(dead_code, unused_imports)]
#[path = "../../tests/support/mod.rs"]
mod support;

use std::fmt::Write;
use std::path::Path;

use people::Person;

const RESULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/figures.md");
const MIB: u64 = 1024 * 1024;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Extent {
    /// How often each thing is done.
    pub rounds: usize,
    /// The file that is timed, in bytes.
    pub file: u64,
    /// The smaller of the files whose peak memory is compared, in bytes.
    pub small: u64,
    /// The larger one.
    pub large: u64,
    /// How many items a large vault has.
    pub items: usize,
    /// How often an item is saved.
    pub saves: usize,
    /// How often the window's passes are run through.
    pub passes: usize,
    /// How long the idle window is watched, in seconds.
    pub idle: u64,
}

/// What is measured in this process is measured as in the programs, whose memory is wiped as it is freed.
#[global_allocator]
static ALLOCATOR: sealkeep::platform::Allocator = sealkeep::platform::WIPING_ALLOCATOR;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if locks::measure_inside(&arguments) {
        return;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let only: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with("--")).collect();
    let extent = if quick {
        Extent {
            rounds: 1,
            file: 64 * MIB,
            small: 16 * MIB,
            large: 64 * MIB,
            items: 100_000,
            saves: 21,
            passes: 2,
            idle: 3,
        }
    } else {
        Extent {
            rounds: 5,
            file: 1024 * MIB,
            small: 64 * MIB,
            large: 4096 * MIB,
            items: 100_000,
            saves: 201,
            passes: 5,
            idle: 20,
        }
    };
    // On the disk that the target folder is on, and not in a /tmp of memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let report = measure(folder.path(), extent, &only);
    println!("{report}");
    if arguments.is_empty() {
        std::fs::write(RESULT, report).unwrap();
        println!("Written to {RESULT}");
    }
}

fn measure(folder: &Path, extent: Extent, only: &[&str]) -> String {
    let person = Person::new(folder);
    std::fs::create_dir(folder.join("out")).unwrap();
    let mut report = machine::describe(extent);
    for (name, title, part) in [
        ("files", "Files", files::measure as fn(&Person, &Path, Extent) -> String),
        ("memory", "Memory", memory::measure),
        ("list", "A large vault: unlocking and listing", list::measure),
        ("saves", "A large vault: saving", saves::measure),
        ("passes", "A large vault: the window", passes::measure),
        ("calls", "KMS calls", calls::measure),
        ("moves", "Many keys at once", moves::measure),
        ("locks", "Locking", locks::measure),
        ("window", "The window", window::measure),
    ] {
        if !only.is_empty() && !only.contains(&name) {
            continue;
        }
        eprintln!("Measuring: {title}");
        write!(report, "\n## {title}\n\n{}", part(&person, folder, extent)).unwrap();
    }
    report
}
