//! A vault's folder whose database, log or log's index somebody has written over, or made up.

use std::collections::HashMap;
use std::fs;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};
use sealkeep::crypto::NoWatch;
use sealkeep::providers::{KeyProvider, PassphraseProvider, PassphraseRecord};
use sealkeep::secret::SecretString;
use sealkeep::vault::{
    Clock, Depth, DeviceId, LockedVault, Opening, Pin, PinError, Pins, SlotConfig, SlotId, UnlockedVault, VaultId,
};

/// What opens the vault that is written over.
pub const PASSPHRASE: &str = "fuzz";
/// The notes that it has, by title; each text is also that of its history, with a number.
pub const TEXTS: [(&str, &[&str]); 2] = [("first", &["one", "two"]), ("second", &["three"])];

const FILES: [&str; 3] = ["vault.db", "vault.db-wal", "vault.db-shm"];
/// The longest file that comes of an input: no use in writing more.
const LONGEST: usize = 1 << 20;

/// The vault, as it stands in `tests/fuzz/base/`, and its key.
pub struct Base {
    files: [Vec<u8>; 3],
    slot: SlotId,
    provider: Arc<dyn KeyProvider>,
    place: PathBuf,
}

static BASE: LazyLock<Base> = LazyLock::new(|| {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"));
    let from = if from.ends_with("tests/fuzz") { from.join("base") } else { from.join("tests/fuzz/base") };
    let files = FILES.map(|name| fs::read(from.join(name)).unwrap());
    // In memory where there is such a place: a disk would wait for each trial.
    let memory = Path::new("/dev/shm");
    let place = tempfile::tempdir_in(if memory.is_dir() { memory } else { Path::new("/tmp") }).unwrap().keep();
    write(&place, &files);
    let locked = LockedVault::open(&place).unwrap();
    let [slot] = locked.slots() else { panic!("one slot") };
    let SlotConfig::Passphrase { record } = &slot.config else { panic!("a passphrase") };
    let binding = [&locked.id().0[..], &slot.id.0].concat();
    let record = PassphraseRecord::from_bytes(record).unwrap();
    let key = record.unlock(&SecretString::copy_of(PASSPHRASE), &binding).unwrap();
    let provider = Arc::new(PassphraseProvider::for_slot(key, slot.id.0));
    Base { files, slot: slot.id, provider, place }
});

fn write(place: &Path, files: &[Vec<u8>; 3]) {
    let _ = fs::set_permissions(place, fs::Permissions::from_mode(0o700));
    let bodies = place.join("bodies");
    if !bodies.is_dir() {
        fs::create_dir(&bodies).unwrap();
    }
    for (name, content) in FILES.iter().zip(files) {
        let path = place.join(name);
        let _ = fs::remove_file(&path);
        if !content.is_empty() {
            fs::write(&path, content).unwrap();
        }
    }
}

/// The first byte: 1 the folder can't be written, 2 what follows is a whole database, 4 to be salvaged, 8 without a log. Else
/// patches follow, each a file (or 3 and its number: cut there), where, how many bytes, and these.
pub fn database(bytes: &[u8]) {
    let Some((mode, rest)) = bytes.split_first() else { return };
    let base = &*BASE;
    let mut files = base.files.clone();
    if mode & 8 != 0 {
        files[1].clear();
        files[2].clear();
    }
    if mode & 2 != 0 {
        files = [rest[..rest.len().min(LONGEST)].to_vec(), Vec::new(), Vec::new()];
    } else {
        patch(&mut files, rest);
    }
    write(&base.place, &files);
    let read_only = mode & 1 != 0;
    if read_only {
        set_mode(&base.place, 0o500);
        without_privileges(|| look(base, mode & 4 != 0));
        set_mode(&base.place, 0o700);
    } else {
        look(base, mode & 4 != 0);
    }
}

/// Removes the folder that [`database`] writes to; for when nobody calls it any more.
pub fn remove_database() {
    let _ = fs::remove_dir_all(&BASE.place);
}

fn patch(files: &mut [Vec<u8>; 3], mut patches: &[u8]) {
    while let Some(([file, a, b, c, count], rest)) = patches.split_first_chunk::<5>() {
        let cuts = file % 8 >= 3;
        let content = &mut files[usize::from(*file % 3)];
        let at = u32::from_be_bytes([0, *a, *b, *c]) as usize % (content.len() + 1);
        let (new, rest) = rest.split_at(usize::from(*count).min(rest.len()));
        patches = rest;
        if cuts {
            content.truncate(at);
        }
        for (place, byte) in content.iter_mut().skip(at).zip(new) {
            *place = *byte;
        }
    }
}

fn set_mode(place: &Path, mode: u32) {
    fs::set_permissions(place, fs::Permissions::from_mode(mode)).unwrap();
}

/// Root may write everywhere, unless it lets go of that.
fn without_privileges(act: impl FnOnce()) {
    let Ok(before) = capabilities(None) else { return act() };
    let effective = before.effective - CapabilitySet::DAC_OVERRIDE - CapabilitySet::DAC_READ_SEARCH;
    let _ = set_capabilities(None, CapabilitySets { effective, ..before });
    act();
    let _ = set_capabilities(None, before);
}

/// Opens the folder as a session does, and sees that nothing is shown as intact that was not written.
fn look(base: &Base, to_salvage: bool) {
    let open = if to_salvage { LockedVault::open_to_salvage } else { LockedVault::open };
    let Ok(locked) = open(&base.place) else { return };
    let _ = locked.status();
    let confirmed = locked.confirm();
    let opening = Opening {
        slot: base.slot,
        provider: Arc::clone(&base.provider),
        others: vec![],
        device: DeviceId([1; 16]),
        clock: Arc::new(Never),
        pins: Arc::new(Nothing),
        reading: Arc::new(()),
    };
    let Ok(mut vault) = block_on(locked.unlock(opening, confirmed)) else { return };
    let texts: HashMap<_, _> = TEXTS.into_iter().collect();
    let items = vault.summaries().to_vec();
    let as_written = vault.problems().is_empty();
    for item in items {
        let read = block_on(vault.body_reader(item.id, None)).and_then(|reader| reader.fields());
        let known = texts.get(item.title.expose());
        assert!(known.is_some() || !item.is_intact(), "a title that nobody wrote");
        if let (Ok(fields), Some(known)) = (read, known) {
            let text = fields.value("text").unwrap();
            assert!(known.contains(&text.expose()), "a text that nobody wrote");
        }
        let _ = vault.history(item.id);
    }
    if let Ok(report) = block_on(vault.check(Depth::Full, Arc::new(NoWatch)))
        && as_written
        && report.problems.is_empty()
    {
        // The log may have been cut at a commit: an older state is whole, and who was here before notices it.
        assert!(vault.summaries().len() <= TEXTS.len());
        read_all(&mut vault);
    }
}

fn read_all(vault: &mut UnlockedVault) {
    for item in vault.summaries().to_vec() {
        for revision in vault.history(item.id).unwrap() {
            block_on(vault.body_reader(item.id, Some(revision.number))).unwrap().fields().unwrap();
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

struct Never;

impl Clock for Never {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// A machine that never saw a vault.
struct Nothing;

impl Pins for Nothing {
    fn load(&self, _: VaultId, _: &Path) -> Result<Option<Pin>, PinError> {
        Ok(None)
    }

    fn load_all(&self, _: VaultId) -> Result<Vec<Pin>, PinError> {
        Ok(Vec::new())
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
