//! Every byte of a small vault, changed in turn: what opens is what was written, what is not is named, and nothing ends in a
//! panic or not at all.
//!
//! The suite takes bytes at a distance; `make flips` takes each of them, and writes its counts into docs/integrity.md.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use sealkeep::crypto::{CryptoError, NoWatch};
use sealkeep::vault::{
    Change, Depth, Finding, ItemId, Kind, LockedVault, Pin, PinError, Pins, SummaryEdit, UnlockedVault, VaultError,
    VaultId,
};

use crate::support::published::{publish_in, thousands};
use crate::support::vaults::{
    Bench, add_document, add_login, add_note, block_on, bytes, read_document, revise_note, secret,
};

/// One byte more than a row takes.
const LARGE: usize = 256 * 1024 + 1;
/// No trial takes longer.
const LIMIT: Duration = Duration::from_secs(60);
/// Of so many changes, one is followed by a reading of the large document, and a check of every frame, too.
const THOROUGH: usize = 16;
/// The same for changes of the large document's own file, which is read after each.
const CHECKED: usize = 64;

/// What a vault shows of an item: its summary, and each revision's content.
type Seen = BTreeMap<ItemId, (String, Vec<(u32, Vec<u8>)>)>;

/// A vault, as it is before anything is changed.
struct Original {
    bench: Bench,
    files: BTreeMap<PathBuf, Vec<u8>>,
    seen: Seen,
    /// The document whose frames are a file.
    large: ItemId,
}

/// A folder that it is laid out in again and again.
struct Table<'a> {
    original: &'a Original,
    folder: tempfile::TempDir,
}

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The vault was refused, with a reason.
    Refused,
    /// It opened, and something was named at once.
    NamedAtUnlock,
    /// A check named it.
    NamedByCheck,
    /// The check itself came to no end, with a reason.
    CheckFailed,
    /// The content was refused when it was read; the check says so too.
    Unread,
    /// Everything was as it was written.
    Harmless,
}

type Outcomes = BTreeMap<Outcome, usize>;

fn original(with_log: bool) -> Original {
    let (bench, mut vault) = Bench::new();
    add_login(&mut vault, "GitHub", "hunter2");
    let note = add_note(&mut vault, "Note", "first");
    revise_note(&mut vault, note, "second").unwrap();
    add_document(&mut vault, "Small", b"a few bytes");
    let large = add_document(&mut vault, "Large", &bytes(LARGE));
    let trashed = add_note(&mut vault, "Trashed", "text");
    let gone = add_note(&mut vault, "Gone", "for good");
    let edit = SummaryEdit { trashed: Some(true), tags: Some(vec![secret("work")]), ..SummaryEdit::default() };
    vault.commit(vec![Change::Describe { item: trashed, edit }, Change::Purge { item: gone }]).unwrap();
    let mut files = BTreeMap::new();
    let mut take = |from: &Path| {
        for name in ["vault.db", "vault.db-wal"] {
            if let Ok(content) = fs::read(from.join(name)) {
                files.insert(PathBuf::from(name), content);
            }
        }
    };
    if with_log {
        // Somebody who reads keeps the log from being emptied.
        let reader = bench.database();
        reader.execute_batch("BEGIN; SELECT count(*) FROM item").unwrap();
        revise_note(&mut vault, note, "third").unwrap();
        take(&bench.folder());
        drop(vault);
    } else {
        drop(vault);
        take(&bench.folder());
    }
    for name in bench.body_files() {
        let content = fs::read(bench.folder().join("bodies").join(&name)).unwrap();
        files.insert(Path::new("bodies").join(name), content);
    }
    assert_eq!(files.get(Path::new("vault.db-wal")).is_some_and(|log| !log.is_empty()), with_log);
    let mut original = Original { bench, files, seen: Seen::new(), large };
    let table = Table::lay(&original);
    let mut vault = table.unlock().unwrap();
    let seen = see(&mut vault, None, |error| panic!("nothing was changed yet: {error}"));
    assert_eq!(seen.len(), 5);
    drop((vault, table));
    original.seen = seen;
    original
}

impl<'a> Table<'a> {
    fn lay(original: &'a Original) -> Self {
        // In memory where there is such a place: a disk would wait for each trial.
        let place = if Path::new("/dev/shm").is_dir() { Path::new("/dev/shm") } else { Path::new("/tmp") };
        let folder = tempfile::Builder::new().prefix("sealkeep-flips-").tempdir_in(place).unwrap();
        fs::create_dir(folder.path().join("bodies")).unwrap();
        let table = Self { original, folder };
        table.put_back();
        for (name, content) in original.files.iter().filter(|(name, _)| name.starts_with("bodies")) {
            let path = table.folder.path().join(name);
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        }
        table
    }

    /// Database and log, as they were.
    fn put_back(&self) {
        for name in ["vault.db-wal", "vault.db-shm"] {
            let _ = fs::remove_file(self.folder.path().join(name));
        }
        for (name, content) in self.original.files.iter().filter(|(name, _)| !name.starts_with("bodies")) {
            fs::write(self.folder.path().join(name), content).unwrap();
        }
    }

    fn unlock(&self) -> Result<UnlockedVault, VaultError> {
        self.original.bench.unlock_at(self.folder.path())
    }

    /// Changes one byte of the database or its log and looks at all that the vault has; where not `thorough`, at the large
    /// document's rows alone.
    fn trial(&self, name: &Path, (at, mask): (usize, u8), thorough: bool) -> Outcome {
        self.put_back();
        let mut content = self.original.files[name].clone();
        content[at] ^= mask;
        fs::write(self.folder.path().join(name), content).unwrap();
        let mut vault = match self.unlock() {
            Ok(vault) => vault,
            Err(error) => {
                assert!(is_of_damage(&error), "{error:?}");
                return Outcome::Refused;
            }
        };
        let at_unlock = !vault.problems().is_empty();
        let older = |what: &Finding| matches!(what, Finding::OlderCopy { .. } | Finding::OtherHistory);
        let is_older = vault.problems().iter().any(|problem| older(&problem.what));
        let large = self.original.large;
        let now = see(&mut vault, (!thorough).then_some(large), |_| {});
        // Whatever is shown as intact, or opens, was written.
        for (item, (summary, contents)) in &now {
            let known = self.original.seen.get(item);
            let is_intact = vault.summary(*item).unwrap().is_intact();
            assert!(known.is_some() || !is_intact, "an item that nobody saved");
            let Some((was, had)) = known else { continue };
            assert!(was == summary || !is_intact || is_older, "{was} became {summary}");
            assert!(contents.iter().all(|content| had.contains(content)), "content that nobody saved: {was}");
        }
        if at_unlock {
            return Outcome::NamedAtUnlock;
        }
        let depth = if thorough { Depth::Full } else { Depth::Quick };
        let report = block_on(vault.check(depth, Arc::new(NoWatch)));
        match report {
            Ok(report) if report.problems.is_empty() => {
                let same = |(item, seen): (&ItemId, &(String, _))| {
                    now.get(item).is_some_and(|now| now == seen || !thorough && *item == large && now.0 == seen.0)
                };
                let all = now.len() == self.original.seen.len() && self.original.seen.iter().all(same);
                assert!(all, "something is not as it was, and nobody says so");
                Outcome::Harmless
            }
            Ok(_) => Outcome::NamedByCheck,
            Err(error) => {
                assert!(is_of_damage(&error), "{error:?}");
                Outcome::CheckFailed
            }
        }
    }
}

/// Whether a changed byte may end in this: not with a thread that panicked, nor with a read that went on for ever.
fn is_of_damage(error: &VaultError) -> bool {
    !matches!(
        error,
        VaultError::Thread(_)
            | VaultError::Stalled(_)
            | VaultError::Pins(_)
            | VaultError::Crypto(CryptoError::Cancelled)
    )
}

/// All that the vault shows, but for what `unread` has; `failed` hears why something does not open.
fn see(vault: &mut UnlockedVault, unread: Option<ItemId>, mut failed: impl FnMut(VaultError)) -> Seen {
    let mut seen = Seen::new();
    for summary in vault.summaries().to_vec() {
        let tags: Vec<_> = summary.tags.iter().map(|tag| tag.expose()).collect();
        let told = format!(
            "{:?} {} {tags:?} {} {} {:?} {} {} {}",
            summary.kind,
            summary.title.expose(),
            summary.subtitle.expose(),
            summary.size,
            summary.trashed,
            summary.created,
            summary.modified,
            summary.revision
        );
        let mut contents = Vec::new();
        let history = vault.history(summary.id).map_err(&mut failed).unwrap_or_default();
        for revision in history.into_iter().filter(|_| unread != Some(summary.id)) {
            let read = block_on(vault.body_reader(summary.id, Some(revision.number))).and_then(|reader| {
                let mut content = Vec::new();
                if summary.kind == Kind::Document {
                    reader.copy_to(&mut content, &NoWatch)?;
                } else {
                    for field in reader.fields()?.0 {
                        content.extend(format!("{}={}\n", field.name, field.value.expose()).bytes());
                    }
                }
                Ok(content)
            });
            contents.extend(read.map_err(&mut failed).ok().map(|content| (revision.number, content)));
        }
        seen.insert(summary.id, (told, contents));
    }
    seen
}

/// Which bytes of a file are changed, and how.
#[derive(Clone, Copy)]
enum Bytes {
    /// Those at this distance, and the first ones: each once inverted, and once a bit of it.
    Sample(usize),
    /// All: a bit of each, another one of the next.
    All,
}

impl Bytes {
    fn of(self, length: usize) -> Vec<(usize, u8)> {
        match self {
            Self::Sample(step) => {
                let chosen = (0..length).filter(|at| at % step == 0 || *at < 64.min(length / step));
                chosen.flat_map(|at| [(at, 0xFF), (at, 1)]).collect()
            }
            Self::All => (0..length).map(|at| (at, 1 << (at % 8))).collect(),
        }
    }
}

/// What was tried of a file, and what came of it.
struct Sweep {
    name: &'static str,
    length: usize,
    outcomes: Outcomes,
}

/// Tries the bytes of the file whose name begins with `prefix`, on all cores. A trial that does not end is a failure.
fn sweep(with_log: bool, name: &'static str, prefix: &str, bytes: Bytes) -> Sweep {
    let original = Arc::new(original(with_log));
    let file = original.files.keys().find(|file| file.to_string_lossy().starts_with(prefix)).unwrap().clone();
    let length = original.files[&file].len();
    let (told, hears) = channel();
    // A trial waits for threads of its own most of the time.
    let workers = 2 * thread::available_parallelism().map_or(1, usize::from);
    let works: Vec<_> = (0..workers)
        .map(|worker| {
            let (original, file, told) = (Arc::clone(&original), file.clone(), told.clone());
            let mine: Vec<_> = bytes.of(length).into_iter().skip(worker).step_by(workers).collect();
            thread::spawn(move || {
                let table = Table::lay(&original);
                if file.starts_with("bodies") {
                    try_body(&table, &file, worker, &mine, &told);
                } else {
                    for (number, (at, mask)) in mine.into_iter().enumerate() {
                        told.send((worker, at, mask, None)).unwrap();
                        let outcome = table.trial(&file, (at, mask), number % THOROUGH == 0);
                        told.send((worker, at, mask, Some(outcome))).unwrap();
                    }
                }
            })
        })
        .collect();
    drop(told);
    let mut outcomes = Outcomes::new();
    let mut last = BTreeMap::new();
    loop {
        match hears.recv_timeout(LIMIT) {
            Ok((worker, at, mask, outcome)) => {
                last.insert(worker, (at, mask));
                if let Some(outcome) = outcome {
                    *outcomes.entry(outcome).or_default() += 1;
                }
            }
            Err(RecvTimeoutError::Timeout) => panic!("{file:?}, bytes and masks {last:?}: no end"),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    for work in works {
        if let Err(panic) = work.join() {
            tell(&format!("{file:?}, bytes and masks {last:?}"));
            std::panic::resume_unwind(panic);
        }
    }
    tell(&format!("{name}: {length} bytes: {outcomes:?}"));
    Sweep { name, length, outcomes }
}

/// For whoever looks at how far it has come.
#[allow(clippy::print_stderr)]
fn tell(text: &str) {
    eprintln!("{text}");
}

type Told = (usize, usize, u8, Option<Outcome>);

/// Changes bytes of the large document's file under an open vault: what is read of it is refused, and a check names it.
fn try_body(table: &Table<'_>, name: &Path, worker: usize, bytes: &[(usize, u8)], told: &Sender<Told>) {
    let path = table.folder.path().join(name);
    let large = table.original.large;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    let mut vault = table.unlock().unwrap();
    assert_eq!(vault.problems(), []);
    let content = &table.original.files[name];
    for (number, (at, mask)) in bytes.iter().enumerate() {
        told.send((worker, *at, *mask, None)).unwrap();
        file.write_all_at(&[content[*at] ^ mask], *at as u64).unwrap();
        let read = read_document(&mut vault, large).map(|_| ());
        assert!(matches!(read, Err(VaultError::Crypto(CryptoError::NotAuthentic))), "byte {at}: {read:?}");
        if number % CHECKED == 0 {
            let report = block_on(vault.check(Depth::Full, Arc::new(NoWatch))).unwrap();
            let found: Vec<_> = report.problems.iter().map(|found| (found.item, found.what.clone())).collect();
            assert_eq!(found, [(Some(large), Finding::BodyChanged(1))], "byte {at}");
        }
        file.write_all_at(&content[*at..=*at], *at as u64).unwrap();
        told.send((worker, *at, *mask, Some(Outcome::Unread))).unwrap();
    }
    assert!(read_document(&mut vault, large).is_ok());
}

fn count(outcomes: &Outcomes, outcome: Outcome) -> usize {
    outcomes.get(&outcome).copied().unwrap_or_default()
}

fn of_database(bytes: Bytes) -> Sweep {
    let sweep = sweep(false, "database", "vault.db", bytes);
    let outcomes = &sweep.outcomes;
    assert!(count(outcomes, Outcome::Refused) > 0 && count(outcomes, Outcome::NamedAtUnlock) > 0, "{outcomes:?}");
    sweep
}

fn of_log(bytes: Bytes) -> Sweep {
    let sweep = sweep(true, "write-ahead log", "vault.db-wal", bytes);
    assert!(count(&sweep.outcomes, Outcome::NamedAtUnlock) > 0, "{:?}", sweep.outcomes);
    sweep
}

fn of_body(bytes: Bytes) -> Sweep {
    let sweep = sweep(false, "body file", "bodies", bytes);
    assert_eq!(sweep.outcomes.keys().collect::<Vec<_>>(), [&Outcome::Unread], "there is no byte that does not matter");
    sweep
}

#[test]
fn a_changed_byte_of_the_database_shows_nothing_that_was_not_written() {
    of_database(Bytes::Sample(601));
}

#[test]
fn a_changed_byte_of_the_log_shows_nothing_that_was_not_written() {
    of_log(Bytes::Sample(1201));
}

#[test]
fn a_changed_byte_of_a_body_is_found_wherever_it_is() {
    of_body(Bytes::Sample(8191));
}

/// Each byte, and not those at a distance.
#[test]
#[ignore = "takes long; `make flips` runs it, and publishes the counts"]
fn in_full() {
    let columns = [
        (Outcome::Refused, "vault refused"),
        (Outcome::NamedAtUnlock, "named at unlock"),
        (Outcome::NamedByCheck, "named by `check`"),
        (Outcome::CheckFailed, "`check` failed"),
        (Outcome::Unread, "content refused, named by `check`"),
        (Outcome::Harmless, "nothing was different"),
    ];
    let names = columns.map(|(_, name)| name).join(" | ");
    let mut table =
        format!("| file | bytes changed, each in turn | {names} |\n|---|--:|{}\n", "--:|".repeat(columns.len()));
    for sweep in [of_database(Bytes::All), of_log(Bytes::All), of_body(Bytes::All)] {
        let counts: Vec<_> = columns.iter().map(|(outcome, _)| thousands(count(&sweep.outcomes, *outcome))).collect();
        assert_eq!(sweep.outcomes.values().sum::<usize>(), sweep.length);
        table += &format!("| {} | {} | {} |\n", sweep.name, thousands(sweep.length), counts.join(" | "));
    }
    publish_in("docs/integrity.md", "make flips", "flips", &table);
}

/// Pins as a machine keeps them, in a file somebody has changed.
struct Flipped(Vec<u8>);

impl Flipped {
    fn pin(&self, vault: VaultId) -> Pin {
        Pin::from_bytes(&self.0).unwrap_or_else(|_| Pin::unreadable(vault))
    }
}

impl Pins for Flipped {
    fn load(&self, vault: VaultId, _: &Path) -> Result<Option<Pin>, PinError> {
        Ok(Some(self.pin(vault)))
    }

    fn load_all(&self, vault: VaultId) -> Result<Vec<Pin>, PinError> {
        Ok(vec![self.pin(vault)])
    }

    fn other_vault_at(&self, _: VaultId, _: &Path) -> Result<Option<VaultId>, PinError> {
        Ok(None)
    }

    fn store(&self, _: &Pin, _: &Path) -> Result<(), PinError> {
        Ok(())
    }

    fn replace(&self, _: &Pin, _: &Path) -> Result<(), PinError> {
        Ok(())
    }
}

#[test]
fn a_changed_byte_of_what_is_remembered_outside_costs_a_question_and_no_content() {
    let original = original(false);
    let table = Table::lay(&original);
    let (folder, bench) = (table.folder.path(), &original.bench);
    let kept = Pins::load_all(&*bench.pins, table.unlock().unwrap().id()).unwrap();
    let bytes = kept[0].to_bytes().unwrap();
    let mut asked = 0;
    for (at, mask) in (0..bytes.len()).map(|at| (at, if at % 2 == 0 { 0xFF } else { 1 })) {
        let mut changed = bytes.clone();
        changed[at] ^= mask;
        let pins = Arc::new(Flipped(changed));
        let locked = LockedVault::open(folder).unwrap();
        let settled = locked.trust(&*pins).is_ok_and(|trust| trust.is_settled());
        let confirmed = locked.confirm();
        let mut opening = bench.opening(Arc::clone(&bench.asked) as _);
        opening.pins = pins;
        let Ok(mut vault) = block_on(locked.unlock(opening, confirmed)) else { continue };
        asked += usize::from(!settled || !vault.problems().is_empty());
        if at % 64 == 0 {
            assert!(see(&mut vault, None, |error| panic!("{error}")) == original.seen, "byte {at}");
        }
    }
    assert!(asked > bytes.len() / 2, "{asked} of {}", bytes.len());
}
