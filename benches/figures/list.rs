//! Unlocking a large vault and listing it, beside `keepassxc-cli` on the same entries and beside a bare loop.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Extent;
use super::bare::Bare;
use super::entries::{make_vault, write_keepass_xml};
use super::memory::peak_with;
use super::people::{PASSPHRASE, Person, run};
use super::sample::Sample;

pub fn measure(person: &Person, folder: &Path, extent: Extent) -> String {
    let folder = folder.join("list");
    std::fs::create_dir(&folder).unwrap();
    let at = |name: &str| folder.join(name);
    let count = extent.items;
    let (vault, empty) = (at("Large.sealkeep"), at("Empty.sealkeep"));
    make_vault(person, &vault, count);
    make_vault(person, &empty, 0);
    let (other, other_empty) = (make_keepass(&at("large"), count), make_keepass(&at("empty"), 0));
    std::fs::write(at("password"), format!("{PASSPHRASE}\n")).unwrap();

    let ours = |vault: &Path| {
        let mut cli = person.cli(["ls", "--vault"]);
        cli.arg(vault).args(person.with_passphrase());
        cli
    };
    let theirs = |database: &Path| {
        let mut cli = Command::new("keepassxc-cli");
        cli.args(["ls", "--quiet", "--recursive"]).arg(database);
        cli.stdin(std::fs::File::open(at("password")).unwrap());
        cli
    };
    // What is compared does the same: a line for every entry.
    assert_eq!(lines(&mut ours(&vault)), count);
    assert_eq!(lines(&mut theirs(&other)), count);

    let bare = Bare::open(&vault, PASSPHRASE);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut times: [Sample; 7] = Default::default();
    for _ in 0..extent.rounds {
        let [large, small, their_large, their_small, one, all, all_rows] = &mut times;
        large.time(|| run(&mut ours(&vault)));
        small.time(|| run(&mut ours(&empty)));
        their_large.time(|| run(&mut theirs(&other)));
        their_small.time(|| run(&mut theirs(&other_empty)));
        one.add(bare.run(1, count));
        all.add(bare.run(cores, count));
        all_rows.add(bare.run_over_all(cores, count));
    }
    let password = std::fs::File::open(at("password")).unwrap();
    let memory = (peak_with(&ours(&vault), Stdio::null()), peak_with(&theirs(&other), password.into()));
    drop(bare);
    std::fs::remove_dir_all(&folder).unwrap();
    table(&times, memory, count, cores)
}

fn table(times: &[Sample; 7], memory: (f64, f64), count: usize, cores: usize) -> String {
    let [large, small, their_large, their_small, one, all, all_rows] = times;
    let (ours, theirs) = (large.median() - small.median(), their_large.median() - their_small.median());
    let (our_memory, their_memory) = memory;
    let bare = |threads: &str, time: &Sample| {
        let time = time.median();
        format!("| the bare loop, {threads} | | | {:.2} s | 1 : {:.2} | |\n", time, ours / time)
    };
    format!(
        "A vault of {count} logins, and a KDBX 4 of the same entries that `keepassxc-cli import` made. Each makes its key from \
         a passphrase; what that and the start take is measured on an empty vault and an empty database with the same parameters, \
         and taken off. The bare loop reads the summaries' rows with SQLite, one thread, and opens each with aes-gcm under its \
         own key of HKDF-SHA512, as docs/format.md says, and does nothing else; Sealkeep opens them on all cores, so \
         that its like is the loop on {cores} threads. Sealkeep reads all the other rows of items besides, as the last line's loop \
         does, and holds every one against the manifest, which no loop does.\n\n\
         | what | time | on an empty one | less that | Sealkeep to it | memory |\n|---|---|---|---|---|---|\n\
         | `sealkeep-cli ls` | {large} | {small} | {ours:.2} s | | {our_memory:.0} MiB |\n\
         | `keepassxc-cli ls -R` | {their_large} | {their_small} | {theirs:.2} s | {:.0} × as fast | {their_memory:.0} MiB |\n\
         {}{}{}",
        theirs / ours,
        bare("one thread", one),
        bare("all cores", all),
        bare("all cores, all rows", all_rows),
    )
}

/// A KDBX 4 with the entries.
fn make_keepass(name: &Path, count: usize) -> PathBuf {
    let (xml, database) = (name.with_extension("xml"), name.with_extension("kdbx"));
    write_keepass_xml(&xml, count);
    let mut import = Command::new("keepassxc-cli");
    import.args(["import", "--set-password"]).args([&xml, &database]).stdin(Stdio::piped());
    let mut import = import.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // It asks, and asks again.
    write!(import.stdin.take().unwrap(), "{PASSPHRASE}\n{PASSPHRASE}\n").unwrap();
    assert!(import.wait().unwrap().success(), "keepassxc-cli import");
    let head = std::fs::read(&database).unwrap();
    assert_eq!(head[10], 4, "the version of the KDBX format");
    database
}

fn lines(command: &mut Command) -> usize {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    output.stdout.iter().filter(|byte| **byte == b'\n').count()
}
