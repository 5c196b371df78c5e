//! Two sessions on one vault: both work, and no write is lost.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use sealkeep::vault::{
    Change, LockedVault, Opening, Pin, PinError, Pins, SummaryEdit, UnlockedVault, VaultError, VaultId,
};

use crate::support::vaults::{
    Bench, MemoryPins, add_document, add_login, add_note, block_on, bytes, read_document, read_field, revise_note,
    secret,
};

#[test]
fn each_sees_what_the_other_saved() {
    let (bench, mut one) = Bench::new();
    let mut two = bench.unlock().unwrap();
    let from_one = add_login(&mut one, "From one", "1");
    assert!(two.refresh().unwrap());
    assert!(!two.refresh().unwrap(), "nothing new the second time");
    assert_eq!(read_field(&mut two, from_one, "password").unwrap(), "1");
    let from_two = add_document(&mut two, "From two", &bytes(400_000));
    // Without asking for it: opening takes in what is new.
    one.refresh().unwrap();
    assert!(read_document(&mut one, from_two).unwrap() == bytes(400_000));
    assert!(one.problems().is_empty() && two.problems().is_empty());
}

#[test]
fn saves_at_the_same_time_are_all_there() {
    let (bench, mut one) = Bench::new();
    let mut two = bench.unlock().unwrap();
    thread::scope(|scope| {
        for (name, vault) in [("one", &mut one), ("two", &mut two)] {
            scope.spawn(move || {
                for number in 0..40 {
                    add_note(vault, &format!("{name} {number}"), "text");
                }
            });
        }
    });
    drop((one, two));
    let vault = bench.unlock().unwrap();
    assert_eq!((vault.summaries().len(), vault.problems()), (80, &[][..]));
    for name in ["one", "two"] {
        for number in 0..40 {
            vault.find(&format!("{name} {number}"), None).unwrap();
        }
    }
}

#[test]
fn both_revisions_of_one_item_stay() {
    let (bench, mut one) = Bench::new();
    let item = add_note(&mut one, "Note", "first");
    let mut two = bench.unlock().unwrap();
    revise_note(&mut one, item, "from one").unwrap();
    revise_note(&mut two, item, "from two").unwrap();
    let title = Some(secret("Renamed by one"));
    one.commit(vec![Change::Describe { item, edit: SummaryEdit { title, ..SummaryEdit::default() } }]).unwrap();
    assert_eq!(read_field(&mut one, item, "text").unwrap(), "from two", "a title does not bring an old body back");
    assert_eq!(one.history(item).unwrap().len(), 3);
}

#[test]
fn an_edit_of_what_the_other_purged_fails_and_loses_nothing_else() {
    let (bench, mut one) = Bench::new();
    let item = add_note(&mut one, "Note", "text");
    let mut two = bench.unlock().unwrap();
    one.commit(vec![Change::Purge { item }]).unwrap();
    let lost = revise_note(&mut two, item, "edit");
    assert!(matches!(lost, Err(VaultError::NoSuchItem(gone)) if gone == item));
    assert!(two.summaries().is_empty());
    add_note(&mut two, "Another", "text");
    drop((one, two));
    assert!(bench.unlock().unwrap().problems().is_empty());
}

#[test]
fn changes_of_one_commit_happen_together_or_not_at_all() {
    let (bench, mut vault) = Bench::new();
    let item = add_note(&mut vault, "Note", "text");
    let edit = |title: &str| SummaryEdit { title: Some(secret(title)), ..SummaryEdit::default() };
    let too_long = "x".repeat(5_000);
    let refused = vault.commit(vec![
        Change::Describe { item, edit: edit("Changed") },
        Change::Describe { item, edit: edit(&too_long) },
    ]);
    assert!(matches!(refused, Err(VaultError::TooLong("title"))));
    assert_eq!(vault.summary(item).unwrap().title.expose(), "Note");
    drop(vault);
    assert_eq!(bench.unlock().unwrap().summary(item).unwrap().title.expose(), "Note");
}

/// Pins during whose reading somebody else saves.
struct Meanwhile {
    pins: Arc<MemoryPins>,
    other: Mutex<Option<UnlockedVault>>,
}

impl Pins for Meanwhile {
    fn load(&self, vault: VaultId, place: &Path) -> Result<Option<Pin>, PinError> {
        if let Some(mut other) = self.other.lock().unwrap().take() {
            add_note(&mut other, "Meanwhile", "text");
        }
        self.pins.load(vault, place)
    }

    fn load_all(&self, vault: VaultId) -> Result<Vec<Pin>, PinError> {
        self.pins.load_all(vault)
    }

    fn other_vault_at(&self, vault: VaultId, place: &Path) -> Result<Option<VaultId>, PinError> {
        self.pins.other_vault_at(vault, place)
    }

    fn store(&self, pin: &Pin, place: &Path) -> Result<(), PinError> {
        self.pins.store(pin, place)
    }

    fn replace(&self, pin: &Pin, place: &Path) -> Result<(), PinError> {
        self.pins.replace(pin, place)
    }
}

#[test]
fn a_save_while_another_session_unlocks_is_not_taken_for_a_missing_one() {
    let (bench, one) = Bench::new();
    let pins = Arc::new(Meanwhile { pins: Arc::clone(&bench.pins), other: Mutex::new(Some(one)) });
    let locked = LockedVault::open(&bench.folder()).unwrap();
    let confirmed = locked.confirm();
    let opening = Opening { pins, ..bench.opening(bench.asked.clone()) };
    let mut two = block_on(locked.unlock(opening, confirmed)).unwrap();
    assert_eq!(two.problems(), []);
    two.find("Meanwhile", None).unwrap();
    add_note(&mut two, "Afterwards", "text");
}
