//! Vaults on a passphrase, made and unlocked as a session does it, with everything outside them in memory.

use std::collections::HashMap;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use sealkeep::crypto::{DataKey, NoWatch, random};
use sealkeep::format::{EncryptedDataKey, EncryptionContext};
use sealkeep::providers::{
    BoxFuture, KdfParams, KeyProvider, PassphraseProvider, PassphraseRecord, ProviderError, SlotKey, Wrapped,
};
use sealkeep::secret::SecretString;
use sealkeep::vault::{
    Change, Clock, DeviceId, Fields, ItemId, Kind, LockedVault, NewSlot, NewVault, Opening, Pin, PinError, Pins,
    SlotConfig, SlotId, SummaryEdit, UnlockedVault, VaultError, VaultId, create_vault,
};

pub const PASSPHRASE: &str = "correct horse battery staple";

/// Runs a future that says nothing of its runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Lets its owner write to a committed body file, which is read-only: only root would not notice.
pub fn make_writable(body: &Path) {
    std::fs::set_permissions(body, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Copies a folder with all that it has, as it is.
pub fn copy_folder(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-aT").arg(from).arg(to).status().unwrap().success());
}

pub fn secret(text: &str) -> SecretString {
    SecretString::copy_of(text)
}

/// A clock that goes a day further each time it is asked.
#[derive(Default)]
pub struct DayClock(AtomicUsize);

impl Clock for DayClock {
    fn now(&self) -> Timestamp {
        let day = self.0.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_second(1_760_000_000 + day as i64 * 86_400).unwrap()
    }
}

/// What is kept outside vaults, in memory.
#[derive(Default)]
pub struct MemoryPins(Mutex<HashMap<(VaultId, PathBuf), Pin>>);

impl Pins for MemoryPins {
    fn load(&self, vault: VaultId, place: &Path) -> Result<Option<Pin>, PinError> {
        Ok(self.0.lock().unwrap().get(&(vault, place.to_owned())).cloned())
    }

    fn load_all(&self, vault: VaultId) -> Result<Vec<Pin>, PinError> {
        let pins = self.0.lock().unwrap();
        Ok(pins.iter().filter(|((id, _), _)| *id == vault).map(|(_, pin)| pin.clone()).collect())
    }

    fn other_vault_at(&self, vault: VaultId, place: &Path) -> Result<Option<VaultId>, PinError> {
        let pins = self.0.lock().unwrap();
        Ok(pins.keys().find(|(other, there)| *other != vault && there == place).map(|(other, _)| *other))
    }

    fn store(&self, pin: &Pin, place: &Path) -> Result<(), PinError> {
        let mut pins = self.0.lock().unwrap();
        let key = (pin.vault()?, place.to_owned());
        let newer = match pins.remove(&key) {
            Some(known) => known.later(pin.clone()),
            None => pin.clone(),
        };
        pins.insert(key, newer);
        Ok(())
    }

    fn replace(&self, pin: &Pin, place: &Path) -> Result<(), PinError> {
        self.0.lock().unwrap().insert((pin.vault()?, place.to_owned()), pin.clone());
        Ok(())
    }
}

/// Counts what is asked of a provider.
pub struct Counting {
    inner: PassphraseProvider,
    pub wraps: AtomicUsize,
    pub unwraps: AtomicUsize,
}

impl KeyProvider for Counting {
    fn wrap<'a>(
        &'a self,
        key: Option<&'a DataKey>,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<Wrapped, ProviderError>> {
        self.wraps.fetch_add(1, Ordering::Relaxed);
        self.inner.wrap(key, context)
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<DataKey, ProviderError>> {
        self.unwraps.fetch_add(1, Ordering::Relaxed);
        self.inner.unwrap(wrapped, context)
    }

    fn recognises(&self, wrapped: &EncryptedDataKey) -> bool {
        self.inner.recognises(wrapped)
    }
}

/// A place for one vault, and what a person's machine knows of it.
pub struct Bench {
    pub place: tempfile::TempDir,
    pub pins: Arc<MemoryPins>,
    pub clock: Arc<DayClock>,
    pub device: DeviceId,
    pub asked: Arc<Counting>,
    vault: VaultId,
    slot: SlotId,
    record: Vec<u8>,
}

impl Bench {
    /// A new vault, open.
    pub fn new() -> (Self, UnlockedVault) {
        Self::with_passphrase(PASSPHRASE)
    }

    /// The same under another passphrase.
    pub fn with_passphrase(passphrase: &str) -> (Self, UnlockedVault) {
        Self::with_params(passphrase, KdfParams::FLOOR)
    }

    /// The same with another amount of work for each guess.
    pub fn with_params(passphrase: &str, params: KdfParams) -> (Self, UnlockedVault) {
        let place = tempfile::tempdir().unwrap();
        let (vault, slot) = (VaultId::from_random(random::make_bytes().unwrap()), make_slot());
        let binding = [&vault.0[..], &slot.0].concat();
        let (record, key) = PassphraseRecord::make(&secret(passphrase), params, &binding).unwrap();
        let asked = counting(key, slot);
        let device = DeviceId([7; 16]);
        let record = record.to_bytes();
        let bench = Self { place, pins: Arc::default(), clock: Arc::default(), device, asked, vault, slot, record };
        let open = bench.create_at(&bench.folder()).unwrap();
        (bench, open)
    }

    /// Makes the vault in `folder`.
    pub fn create_at(&self, folder: &Path) -> Result<UnlockedVault, VaultError> {
        block_on(create_vault(self.new_vault(folder)))
    }

    /// A vault to be made in `folder`: of this one's identifier and slot.
    pub fn new_vault(&self, folder: &Path) -> NewVault {
        let config = SlotConfig::Passphrase { record: self.record.clone() };
        NewVault {
            folder: folder.to_owned(),
            id: self.vault,
            slots: vec![NewSlot { id: self.slot, config, provider: Arc::clone(&self.asked) as _ }],
            device: self.device,
            clock: Arc::clone(&self.clock) as _,
            pins: Arc::clone(&self.pins) as _,
        }
    }

    pub fn folder(&self) -> PathBuf {
        self.place.path().join("Family.sealkeep")
    }

    pub fn database(&self) -> rusqlite::Connection {
        let database = rusqlite::Connection::open(self.folder().join("vault.db")).unwrap();
        // A hostile host is not bound by what the schema asks for.
        database.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").unwrap();
        database
    }

    /// Names in the folder of bodies, sorted.
    pub fn body_files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder().join("bodies")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Unlocks the vault; whoever asks has confirmed what is there.
    pub fn unlock(&self) -> Result<UnlockedVault, VaultError> {
        self.unlock_at(&self.folder())
    }

    /// Unlocks a copy of it.
    pub fn unlock_at(&self, folder: &Path) -> Result<UnlockedVault, VaultError> {
        let locked = LockedVault::open(folder)?;
        let confirmed = locked.confirm();
        Ok(block_on(locked.unlock(self.opening(Arc::clone(&self.asked) as _), confirmed))?)
    }

    /// Unlocks the vault with the passphrase, from what the folder has alone.
    pub fn unlock_with(&self, passphrase: &str) -> Result<UnlockedVault, VaultError> {
        let locked = LockedVault::open(&self.folder())?;
        let [slot] = locked.slots() else { panic!("one slot") };
        let SlotConfig::Passphrase { record } = &slot.config else { panic!("a passphrase") };
        let binding = [&locked.id().0[..], &slot.id.0].concat();
        let key = PassphraseRecord::from_bytes(record)?.unlock(&secret(passphrase), &binding)?;
        let (provider, confirmed) = (counting(key, slot.id), locked.confirm());
        Ok(block_on(locked.unlock(self.opening(provider), confirmed))?)
    }

    pub fn opening(&self, provider: Arc<dyn KeyProvider>) -> Opening {
        Opening {
            slot: self.slot,
            provider,
            others: vec![],
            device: self.device,
            clock: Arc::clone(&self.clock) as _,
            pins: Arc::clone(&self.pins) as _,
            reading: Arc::new(()),
        }
    }
}

/// A clock that stands still.
struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Unlocks the vault in `folder`, on [`PASSPHRASE`], as somebody whose clock says `now` and who never saw it before.
pub fn unlock_on(folder: &Path, now: Timestamp) -> UnlockedVault {
    let locked = LockedVault::open(folder).unwrap();
    let [slot] = locked.slots() else { panic!("one slot") };
    let SlotConfig::Passphrase { record } = &slot.config else { panic!("a passphrase") };
    let (binding, id) = ([&locked.id().0[..], &slot.id.0].concat(), slot.id);
    let key = PassphraseRecord::from_bytes(record).unwrap().unlock(&secret(PASSPHRASE), &binding).unwrap();
    let confirmed = locked.confirm();
    let opening = Opening {
        slot: id,
        provider: counting(key, id),
        others: vec![],
        device: DeviceId([9; 16]),
        clock: Arc::new(Standing(now)),
        pins: Arc::<MemoryPins>::default(),
        reading: Arc::new(()),
    };
    block_on(locked.unlock(opening, confirmed)).unwrap()
}

fn make_slot() -> SlotId {
    SlotId::from_random(random::make_bytes().unwrap())
}

fn counting(key: SlotKey, slot: SlotId) -> Arc<Counting> {
    let inner = PassphraseProvider::for_slot(key, slot.0);
    Arc::new(Counting { inner, wraps: AtomicUsize::new(0), unwraps: AtomicUsize::new(0) })
}

pub fn login(user: &str, password: &str) -> Fields {
    let mut fields = Fields::default();
    fields.set(&Kind::Login, "username", secret(user));
    fields.set(&Kind::Login, "password", secret(password));
    fields
}

pub fn note(text: &str) -> Fields {
    let mut fields = Fields::default();
    fields.set(&Kind::Note, "text", secret(text));
    fields
}

/// The change that adds an item of fields.
pub fn adding(vault: &UnlockedVault, kind: Kind, title: &str, fields: &Fields) -> Change {
    let body = block_on(vault.new_body(None)).unwrap().seal_fields(fields).unwrap();
    let (subtitle, title) = (fields.subtitle(&kind), secret(title));
    Change::Add { kind, title, tags: vec![], subtitle, media_type: String::new(), body }
}

pub fn add_login(vault: &mut UnlockedVault, title: &str, password: &str) -> ItemId {
    let change = adding(vault, Kind::Login, title, &login("anna", password));
    vault.commit(vec![change]).unwrap()[0]
}

pub fn add_note(vault: &mut UnlockedVault, title: &str, text: &str) -> ItemId {
    let change = adding(vault, Kind::Note, title, &note(text));
    vault.commit(vec![change]).unwrap()[0]
}

pub fn add_document(vault: &mut UnlockedVault, title: &str, bytes: &[u8]) -> ItemId {
    let body = block_on(vault.new_body(None)).unwrap().seal_document(bytes, &NoWatch).unwrap();
    let change = Change::Add {
        kind: Kind::Document,
        title: secret(title),
        tags: vec![secret("travel")],
        subtitle: SecretString::default(),
        media_type: "application/octet-stream".to_owned(),
        body,
    };
    vault.commit(vec![change]).unwrap()[0]
}

/// Saves another text of a note.
pub fn revise_note(vault: &mut UnlockedVault, item: ItemId, text: &str) -> Result<(), VaultError> {
    let body = block_on(vault.new_body(Some(item)))?.seal_fields(&note(text))?;
    vault.commit(vec![Change::Revise { item, body, edit: SummaryEdit::default() }]).map(|_| ())
}

/// One field of an item, as the vault gives it now.
pub fn read_field(vault: &mut UnlockedVault, item: ItemId, name: &str) -> Result<String, VaultError> {
    let fields = block_on(vault.body_reader(item, None))?.fields()?;
    Ok(fields.value(name).unwrap().expose().to_owned())
}

pub fn read_document(vault: &mut UnlockedVault, item: ItemId) -> Result<Vec<u8>, VaultError> {
    let mut bytes = Vec::new();
    block_on(vault.body_reader(item, None))?.copy_to(&mut bytes, &NoWatch)?;
    Ok(bytes)
}

/// Different at every position of a megabyte and more.
pub fn bytes(length: usize) -> Vec<u8> {
    (0..length as u32).flat_map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()).take(length).collect()
}
