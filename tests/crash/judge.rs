//! Opens what a crash has left, and says whether it is what was promised.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sealkeep::crypto::NoWatch;
use sealkeep::providers::{
    AwsProfile, KeyProvider, KmsProvider, PassphraseProvider, PassphraseRecord, RecoveryProvider, RecoveryRecord,
};
use sealkeep::vault::{
    Depth, DeviceId, ItemId, Kind, LockedVault, Opening, Pin, Pins, Retention, SlotConfig, SlotId, SlotRecord,
    SlotState, Trust, UnlockedVault, VaultId,
};
use sha2::{Digest, Sha256};

use super::script::{HOME, PASSPHRASES, RECOVERY, SALVAGED, VAULT, WORK};
use crate::support::disk::{Tree, lay_out};
use crate::support::vaults::{DayClock, MemoryPins, add_note, read_field, secret};

/// All that a person sees of a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// By identifier: state, and a digest of the configuration.
    pub slots: BTreeMap<String, (SlotState, String)>,
    /// By identifier: everything of the item, old revisions too.
    pub items: BTreeMap<String, Item>,
    /// For how long it keeps things.
    pub retention: Retention,
    /// What was salvaged of it, once that has its name.
    pub salvaged: Option<Box<Seen>>,
}

/// An item, as it is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it would be on any day, wherever it was made.
    pub shape: Vec<String>,
    /// The rest: days, and who made it.
    pub made: Vec<String>,
}

impl Seen {
    /// Whether it is on the way from `before` to `after`, by changes that are promised to happen one after the other: a slot is
    /// there, and opens nothing yet; the one in whose place it comes has not gone.
    pub fn is_between(&self, before: &Self, after: &Self) -> bool {
        let new = after.slots.iter().filter(|(id, _)| !before.slots.contains_key(*id));
        let pending = new.map(|(id, (_, config))| (id.clone(), (SlotState::Pending, config.clone())));
        let adding = before.slots.clone().into_iter().chain(pending).collect();
        self.has_what(before) && self.has_what(after) && self.slots == adding
    }

    /// The same where nobody knows which identifier the new slot got.
    pub fn is_adding_to(&self, before: &Self) -> bool {
        let mut new = self.slots.iter().filter(|(id, slot)| before.slots.get(*id) != Some(slot));
        let is_pending =
            new.next().is_some_and(|(id, slot)| !before.slots.contains_key(id) && slot.0 == SlotState::Pending);
        self.has_what(before) && is_pending && new.next().is_none() && self.slots.len() == before.slots.len() + 1
    }

    fn has_what(&self, other: &Self) -> bool {
        (&self.items, self.retention, &self.salvaged) == (&other.items, other.retention, &other.salvaged)
    }

    /// Whether it is `other`, but for what chance and the time of day make different each time: identifiers, days.
    pub fn is_like(&self, other: &Self) -> bool {
        let shape = |seen: &Self| {
            let mut items: Vec<_> = seen.items.values().map(|item| item.shape.clone()).collect();
            items.sort();
            let mut slots: Vec<_> = seen.slots.values().map(|(state, _)| format!("{state:?}")).collect();
            slots.sort();
            (items, slots)
        };
        shape(self) == shape(other)
    }
}

/// Knows the keys of the vaults that were recorded: what Argon2 said of a passphrase is asked once.
#[derive(Default)]
pub struct Judge {
    /// Who may use the vaults' KMS keys, where they have any.
    kms: Option<AwsProfile>,
    keys: Mutex<HashMap<Vec<u8>, Option<Provider>>>,
    /// What large documents were found to be: by the item, its revision, and every byte of every body file.
    documents: Mutex<HashMap<(String, u32, String), String>>,
}

/// A vault that was laid out, and what the machine knew of it.
struct Laid {
    folder: PathBuf,
    pins: Arc<MemoryPins>,
    /// What was salvaged of it.
    salvaged: Option<Box<Laid>>,
}

type Provider = Arc<dyn KeyProvider>;
type Outcome<T> = Result<T, String>;

/// With what a call to a KMS needs.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn said(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

impl Judge {
    /// One who may use KMS keys as `profile`.
    pub fn with_kms(profile: AwsProfile) -> Self {
        Self { kms: Some(profile), ..Self::default() }
    }

    /// What is in the vault of `tree`; `None` where there is none.
    pub fn see(&self, tree: &Tree) -> Outcome<Option<Seen>> {
        let place = place();
        match self.lay_out(tree, place.path())? {
            None => Ok(None),
            Some(laid) => self.see_laid(&laid).map(|(_, seen)| Some(seen)),
        }
    }

    /// Opens what is there, and looks at all of it.
    fn see_laid(&self, laid: &Laid) -> Outcome<(UnlockedVault, Seen)> {
        let mut vault = self.open(laid)?;
        let mut seen = self.look(&mut vault)?;
        if let Some(salvaged) = &laid.salvaged {
            seen.salvaged = Some(Box::new(self.see_laid(salvaged)?.1));
            nothing_is_left_over(&salvaged.folder)?;
        }
        Ok((vault, seen))
    }

    /// Lays `tree` out and opens it; holds it against what it may be, and goes on working with it.
    pub fn judge(&self, tree: &Tree, is_allowed: &dyn Fn(Option<&Seen>) -> bool) -> Outcome<()> {
        let place = place();
        let Some(laid) = self.lay_out(tree, place.path())? else {
            return if is_allowed(None) { Ok(()) } else { Err("the vault is gone".to_owned()) };
        };
        let (mut vault, seen) = self.see_laid(&laid)?;
        if !is_allowed(Some(&seen)) {
            return Err(format!("neither what was there before nor what was to be: {seen:#?}"));
        }
        // Quick: every frame of every revision was opened just now.
        let report = block_on(vault.check(Depth::Quick, Arc::new(NoWatch))).map_err(said)?;
        if !report.problems.is_empty() {
            return Err(format!("check: {:?}", report.problems));
        }
        nothing_is_left_over(&laid.folder)?;
        let owed = vault.owed(None).map_err(said)?.keys;
        if !owed.is_empty() {
            let made = owed.into_iter().map(|owed| block_on(vault.wrap_owed(owed)).map_err(said));
            let made = made.collect::<Outcome<Vec<_>>>()?;
            vault.put_wraps(made).map_err(said)?;
        }
        vault.settle_slots().map_err(said)?;
        let new = add_note(&mut vault, "After", "saved after the crash");
        drop(vault);
        let mut vault = self.open(&laid)?;
        if read_field(&mut vault, new, "text").map_err(said)? != "saved after the crash" {
            return Err("what was saved after it reads otherwise".to_owned());
        }
        drop(vault);
        self.every_way_in_opens(&laid, seen.items.len() + 1)?;
        let names: Vec<_> = names_in(&laid.folder).into_iter().collect();
        if names == ["bodies", "vault.db"] { Ok(()) } else { Err(format!("{names:?} are left once it is closed")) }
    }

    fn lay_out(&self, tree: &Tree, place: &Path) -> Outcome<Option<Laid>> {
        let work = Path::new(WORK);
        let pins_at = Path::new(HOME).join("state/pins");
        let is_of_vault =
            |path: &Path| [VAULT, SALVAGED].iter().any(|vault| path.starts_with(work.join(vault))) || path == work;
        let inside = tree.iter().filter(|(path, _)| is_of_vault(path));
        let mut inside: Tree = inside.map(|(path, content)| (path.clone(), content.clone())).collect();
        for (path, content) in &mut inside {
            // The index of the log is made anew by whoever comes first, whatever is in it.
            if let (true, Some((_, bytes))) = (path.to_string_lossy().ends_with("-shm"), content) {
                *bytes = Arc::new((0..bytes.len()).map(|at| (at * 37 % 251) as u8).collect());
            }
        }
        // Only what has not begun yet, or was never finished, may stand beside the vault: and under no name that anybody opens.
        for path in tree.keys().filter(|path| path.parent() == Some(work) && !is_of_vault(path)) {
            let name = path.file_name().unwrap().to_string_lossy();
            let is_making = |vault: &&str| name.starts_with(&format!(".{vault}.making-"));
            let known = super::script::FILES.contains(&&*name) || [VAULT, SALVAGED].iter().any(is_making);
            if !known {
                return Err(format!("{name} stands beside the vault"));
            }
        }
        if !inside.contains_key(&work.join(VAULT)) {
            return Ok(None);
        }
        lay_out(&inside, place);
        let seen = tree.iter().filter(|(path, _)| path.parent() == Some(&pins_at));
        let seen = seen.filter(|(path, _)| path.extension().is_some_and(|end| end == "json"));
        let pins =
            seen.filter_map(|(_, content)| content.as_ref()).map(|(_, bytes)| Pin::from_bytes(bytes).map_err(said));
        let pins = pins.collect::<Outcome<Vec<_>>>()?;
        let vault = place.join(WORK).join(VAULT);
        if !inside.contains_key(&work.join(SALVAGED)) {
            return Ok(Some(laid(&vault, pins)));
        }
        let (vault, salvaged) = (laid_of_two(&vault, &pins)?, laid_of_two(&place.join(WORK).join(SALVAGED), &pins)?);
        Ok(Some(Laid { salvaged: Some(Box::new(salvaged)), ..vault }))
    }

    /// Opens it as the programs do: nobody has to be asked, and nothing is wrong.
    fn open(&self, laid: &Laid) -> Outcome<UnlockedVault> {
        let locked = LockedVault::open(&laid.folder).map_err(said)?;
        let slot = locked.slots().iter().find(|slot| matches!(slot.config, SlotConfig::Passphrase { .. }));
        let slot = slot.ok_or("no passphrase")?.clone();
        self.open_with(laid, locked, &slot)
    }

    fn open_with(&self, laid: &Laid, locked: LockedVault, slot: &SlotRecord) -> Outcome<UnlockedVault> {
        let trust = locked.trust(&*laid.pins).map_err(said)?;
        let known = match &trust {
            Trust::Known => true,
            Trust::FirstUse { key_arns } => key_arns.is_empty(),
            Trust::SlotsChanged { .. } | Trust::AnotherVault { .. } => false,
        };
        if !known {
            return Err(format!("the person is asked whether to trust it: {trust:?}"));
        }
        let provider = self.provider(locked.id(), slot).ok_or("no passphrase opens it")?;
        let opening = Opening {
            slot: slot.id,
            provider,
            others: vec![],
            device: DeviceId([7; 16]),
            clock: Arc::<DayClock>::default(),
            pins: Arc::clone(&laid.pins) as _,
            reading: Arc::new(()),
        };
        let confirmed = locked.confirm();
        let vault = block_on(locked.unlock(opening, confirmed)).map_err(|failed| said(failed.error))?;
        match vault.problems() {
            [] => Ok(vault),
            problems => Err(format!("opened with problems: {problems:?}")),
        }
    }

    /// What opens `slot`: any of the passphrases that were ever used.
    fn provider(&self, vault: VaultId, slot: &SlotRecord) -> Option<Provider> {
        if let SlotConfig::Kms { key_arn } = &slot.config {
            return Some(Arc::new(KmsProvider::new(self.kms.as_ref()?, key_arn.parse().ok()?)));
        }
        let (SlotConfig::Passphrase { record } | SlotConfig::Recovery { record }) = &slot.config else { return None };
        let mut keys = self.keys.lock().unwrap();
        keys.entry(record.clone()).or_insert_with(|| unlock(vault, slot.id, &slot.config)).clone()
    }

    /// Everything that is seen of an open vault; every revision is opened.
    fn look(&self, vault: &mut UnlockedVault) -> Outcome<Seen> {
        let of_slot = |slot: &SlotRecord| {
            let config = slot.config.to_bytes().map_err(said)?;
            Ok((slot.id.to_string(), (slot.state, digest(&config))))
        };
        let slots = vault.slots().iter().map(of_slot).collect::<Outcome<_>>()?;
        let bodies = digest_of_folder(&vault.folder().join("bodies"));
        let mut items = BTreeMap::new();
        for item in vault.summaries().to_vec() {
            let tags: Vec<_> = item.tags.iter().map(|tag| tag.expose().to_owned()).collect();
            let mut shape = vec![format!(
                "{:?} {} {tags:?} {:?} {} {} trashed: {} revision {} {:?}",
                item.title.expose(),
                item.kind.name(),
                item.subtitle.expose(),
                item.media_type,
                item.size,
                item.trashed.is_some(),
                item.revision,
                item.state
            )];
            let mut made = vec![format!("{} {} {:?}", item.created, item.modified, item.trashed)];
            for revision in vault.history(item.id).map_err(said)? {
                let number = revision.number;
                let key = (item.id.to_string(), number, bodies.clone());
                let known = self.documents.lock().unwrap().get(&key).cloned();
                // Whatever is the same to the last byte opens as it did before.
                let content = match known.filter(|_| item.kind == Kind::Document) {
                    Some(known) => known,
                    None => read(vault, item.id, number, &item.kind)?,
                };
                self.documents.lock().unwrap().insert(key, content.clone());
                shape.push(format!("{number}: {content}"));
                made.push(format!("{number} of {} by {}", revision.created, revision.author));
            }
            items.insert(item.id.to_string(), Item { shape, made });
        }
        Ok(Seen { slots, items, retention: vault.retention(), salvaged: None })
    }

    /// Each slot alone opens everything.
    fn every_way_in_opens(&self, laid: &Laid, items: usize) -> Outcome<()> {
        let locked = LockedVault::open(&laid.folder).map_err(said)?;
        let slots = locked.slots().to_vec();
        drop(locked);
        let is_other = |slot: &&SlotRecord| match slot.config {
            SlotConfig::Recovery { .. } => true,
            SlotConfig::Kms { .. } => slot.state != SlotState::Pending,
            SlotConfig::Passphrase { .. } => false,
        };
        for slot in slots.iter().filter(is_other) {
            let locked = LockedVault::open(&laid.folder).map_err(said)?;
            let seen = self.look(&mut self.open_with(laid, locked, slot)?)?;
            if seen.items.len() != items {
                let (kind, found) = (kind_of(slot), seen.items.len());
                return Err(format!("the {kind} opens {found} items instead of {items}"));
            }
        }
        Ok(())
    }
}

/// The vault in `folder`, which `pins` are about.
fn laid(folder: &Path, pins: Vec<Pin>) -> Laid {
    let folder = folder.canonicalize().unwrap();
    let known = Arc::<MemoryPins>::default();
    pins.iter().for_each(|pin| known.replace(pin, &folder).unwrap());
    Laid { folder, pins: known, salvaged: None }
}

/// The same, with those of `pins` that are about this vault.
fn laid_of_two(folder: &Path, pins: &[Pin]) -> Outcome<Laid> {
    // As it is: opening it for more would clear up first.
    let id = LockedVault::open_to_salvage(folder).map_err(said)?.id();
    let about_it = pins.iter().filter(|pin| pin.vault() == Ok(id));
    Ok(laid(folder, about_it.cloned().collect()))
}

fn unlock(vault: VaultId, slot: SlotId, config: &SlotConfig) -> Option<Provider> {
    let binding = [vault.0, slot.0].concat();
    match config {
        SlotConfig::Passphrase { record } => {
            let record = PassphraseRecord::from_bytes(record).ok()?;
            let key = PASSPHRASES.iter().find_map(|passphrase| record.unlock(&secret(passphrase), &binding).ok())?;
            Some(Arc::new(PassphraseProvider::for_slot(key, slot.0)))
        }
        SlotConfig::Recovery { record } => {
            let key = RecoveryRecord::from_bytes(record).ok()?.unlock(&secret(RECOVERY), &binding).ok()?;
            Some(Arc::new(RecoveryProvider::with_key(key, slot).ok()?))
        }
        SlotConfig::Kms { .. } => None,
    }
}

fn kind_of(slot: &SlotRecord) -> &'static str {
    match slot.config {
        SlotConfig::Passphrase { .. } => "passphrase",
        SlotConfig::Recovery { .. } => "recovery key",
        SlotConfig::Kms { .. } => "KMS key",
    }
}

/// What a revision is, as a digest.
fn read(vault: &mut UnlockedVault, item: ItemId, number: u32, kind: &Kind) -> Outcome<String> {
    let reader = block_on(vault.body_reader(item, Some(number))).map_err(said)?;
    let mut content = Vec::new();
    if *kind == Kind::Document {
        reader.copy_to(&mut content, &NoWatch).map_err(said)?;
    } else {
        for field in reader.fields().map_err(said)?.0 {
            content.extend(format!("{}={}\n", field.name, field.value.expose()).bytes());
        }
    }
    Ok(digest(&content))
}

fn digest_of_folder(folder: &Path) -> String {
    let mut all = Sha256::new();
    for name in names_in(folder) {
        all.update(fs::read(folder.join(&name)).unwrap());
        all.update(name);
    }
    all.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// No file that is still being written, and none that nothing names: `check` names those as well, and this does not ask it.
fn nothing_is_left_over(folder: &Path) -> Outcome<()> {
    let database = rusqlite::Connection::open(folder.join("vault.db")).map_err(said)?;
    let sql = "SELECT lower(hex(revision_id)) FROM revision WHERE frames IS NULL ORDER BY 1";
    let mut query = database.prepare(sql).map_err(said)?;
    let named = query.query_map([], |row| row.get::<_, String>(0)).map_err(said)?;
    let named: Vec<String> = named.collect::<Result<_, _>>().map_err(said)?;
    let mut there: Vec<String> = names_in(&folder.join("bodies")).iter().map(|name| name.replace('-', "")).collect();
    there.sort();
    if there == named { Ok(()) } else { Err(format!("the body files are {there:?}, and the rows name {named:?}")) }
}

fn names_in(folder: &Path) -> Vec<String> {
    crate::support::cli::names_in(folder)
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A folder in memory, where there is such a file system: hundreds of thousands of vaults are laid out.
fn place() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let in_memory = fs::metadata(memory).is_ok_and(|found| found.is_dir());
    let builder = tempfile::Builder::new().prefix("sealkeep-crash-").to_owned();
    if in_memory { builder.tempdir_in(memory).unwrap() } else { builder.tempdir().unwrap() }
}
